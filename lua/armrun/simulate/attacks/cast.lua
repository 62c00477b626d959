--- Who acts in a story: identities that were stolen, and how their thief comes in.
---
---   easy    another network, another client, another hour than the owner's
---   medium  another network
---   hard    the owner's network, client and hours: a thief on the owner's machine
---   slow    an operation a day, from either network
local cast = {}

local agents <const> = {
  az = {
    "AzurePowershell/v12.1.0 PSVersion/v5.1.19041.4648 Az.Resources/7.1.0",
    "AzurePowershell/v9.3.0 PSVersion/v7.3.4 Az.Accounts/2.11.1",
    "AzurePowershell/v15.3.0 PSVersion/v7.5.0 Az.Accounts/5.3.2",
  },
  azurerm = {
    "Microsoft.Azure.Management.Compute.ComputeManagementClient/21.0.0.0 AzurePowershell/v6.13.1 PSVersion/v5.1.17763",
    "Microsoft.Azure.Management.Storage.StorageManagementClient/7.0.0.0 AzurePowershell/v5.7.0 PSVersion/v5.1.17134",
  },
  raw = {
    "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1237",
    "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621.2506",
    "Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.22631; en-US) PowerShell/7.4.2",
  },
  cli = { "python/3.11.8 (Windows-10-10.0.22631-SP0) AZURECLI/2.60.0 (MSI)", "AZURECLI/2.57.0 (DEB)" },
  portal = { "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0" },
  terraform = { "HashiCorp Terraform/1.8.2 (+https://www.terraform.io) terraform-provider-azurerm/3.101.0" },
  python = { "azsdk-python-mgmt-resource/23.0.1 Python/3.11.6 (Linux-5.15.0-x86_64-with-glibc2.31)" },
  go = { "azsdk-go-azsecrets/v1.1.0 (go1.21.9; linux)" },
  dotnet = { "azsdk-net-Security.KeyVault.Secrets/4.6.0 (.NET 8.0.4; Debian GNU/Linux 12 (bookworm))" },
}

local function agent(world, kind)
  return world.random:pick(agents[kind])
end

-- The client a principal uses; service principals come with their own.
local function usual_app(world, p)
  if p.kind ~= "user" then return p.app_id end
  return world:usual_app(p)
end

--- A client another than the usual one, as tools bring it along.
local function other_app(world, p)
  if p.kind ~= "user" then return p.app_id end
  local usual = usual_app(world, p)
  return usual == world.app.powershell and world.app.cli or world.app.powershell
end

-- An address of the thief's own: rented by the hour, or of a network nobody keeps a list of.
local function foreign(world)
  return world:network(world.random:chance(0.4) and "hosting" or "clean")
end

local function app_of(world, p, difficulty)
  if difficulty == "easy" or difficulty == "template" then return other_app(world, p) end
  return usual_app(world, p)
end

local function ip_of(world, p, difficulty)
  local inside = difficulty == "hard" or difficulty == "slow" and world.random:chance(0.5)
  return inside and world:usual_ip(p) or foreign(world)
end

-- Sign-in methods in a token that was stolen: its owner's, or those of a password alone.
local function claims_of(world, p, difficulty)
  if p.kind ~= "user" then return nil end
  local passed = difficulty == "hard" or world.random:chance(0.4)
  return { amr = passed and "pwd,mfa" or "pwd" }
end

--- A given identity in the hands of a thief.
function cast.thief_of(world, p, difficulty)
  return {
    principal = p, ip = ip_of(world, p, difficulty), app = app_of(world, p, difficulty),
    claims = claims_of(world, p, difficulty), difficulty = difficulty,
  }
end

--- A stolen identity.
---@param kind "user"|"service_principal"
function cast.thief(world, kind, difficulty)
  return cast.thief_of(world, world:principal { kind = kind, mature = true }, difficulty)
end

--- A stolen user with a toolkit: the app is the client the tool logs in with.
---@param tool string a kind of agent: "az", "azurerm", "raw", "cli"
function cast.tool_user(world, tool)
  local p = world:principal { kind = "user", mature = true }
  local inside = world.random:chance(0.25)
  return {
    principal = p, ip = inside and world:usual_ip(p) or foreign(world),
    app = tool == "cli" and world.app.cli or world.app.powershell,
    agent = agent(world, tool), claims = claims_of(world, p, "easy"),
  }
end

--- A toolkit under a stolen service principal: it carries its own app id.
function cast.tool_service(world, tool)
  local p = world:principal { kind = "service_principal", mature = true }
  return { principal = p, ip = foreign(world), app = p.app_id, agent = agent(world, tool) }
end

--- Either of the two: users are stolen more often.
function cast.tool(world, tool)
  if world.random:chance(0.75) then return cast.tool_user(world, tool) end
  return cast.tool_service(world, tool)
end

--- A given person at their own desk with the client they use.
function cast.honest_of(world, p)
  return { principal = p, ip = world:usual_ip(p), app = usual_app(world, p), honest = true }
end

--- An honest user at their own desk with a client.
---@param client string|nil a kind of agent and a name in world.app; the usual client when nil
function cast.honest(world, client, archetype)
  local using = client and world.app[client]
  local p = world:principal { kind = "user", archetype = archetype, mature = true, using = using }
  return {
    principal = p, ip = world:usual_ip(p), app = using or usual_app(world, p),
    agent = client and agent(world, client == "powershell" and "az" or client), honest = true,
  }
end

--- An honest service principal where it always runs.
---@param tool string|nil a kind of agent
function cast.service(world, tool, archetype)
  local p = world:principal { kind = "service_principal", archetype = archetype, mature = true }
  return { principal = p, ip = world:usual_ip(p), app = p.app_id, agent = tool and agent(world, tool) }
end

--- The platform at work by itself: without an address.
function cast.platform(world)
  local p = world:principal { kind = "platform", mature = true }
  return { principal = p, app = p.app_id }
end

--- Puts a session at the hour that its difficulty asks for: at night for the easy one, at work for those who pass for
--- the owner.
function cast.set_hour(session, difficulty)
  local p = session.who.principal
  if p.kind ~= "user" then return session end
  if difficulty == "easy" then
    session.clock = session.world:at_night(p, session.clock)
  elseif difficulty ~= "slow" and difficulty ~= "template" then
    session.clock = session.world:at_work(p, session.clock)
  end
  return session
end

return cast
