--- PowerZure's other commands: elevated access, targets, storage content, runbooks started and read.
local cast = require "armrun.simulate.attacks.cast"
local elevation = require "armrun.simulate.attacks.elevation"
local places = require "armrun.simulate.attacks.places"
local runbooks = require "armrun.simulate.attacks.runbooks"
local script = require "armrun.simulate.attacks.script"

local STORAGE, ACCOUNT = "Microsoft.Storage/storageAccounts", "Microsoft.Automation/automationAccounts"
local ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
local RESOURCES = "Microsoft.Resources/subscriptions/resources/read"

-- Set-AzureElevatedPrivileges; the 1.x version took its token from the Azure CLI.
local function elevated(world, time)
  local who = cast.tool_user(world, world.random:chance(0.85) and "az" or "cli")
  local s = script.start(world, time, who)
  s:signin()
  elevation.elevate(s)
  if world.random:chance(0.6) then
    s:pause(20, 300)
    elevation.grant_root(s)
  end
  return s:finish {}
end

local target_types = {
  "Microsoft.Storage/storageAccounts", "Microsoft.Compute/virtualMachines", "Microsoft.Compute/disks",
  "Microsoft.Network/networkInterfaces", "Microsoft.KeyVault/vaults", "Microsoft.Web/sites",
  "Microsoft.Network/networkSecurityGroups", "Microsoft.Network/publicIPAddresses",
}

-- Get-AzureTarget since 2.2: who has access to each single resource.
local function each_resource(s, sub)
  local path = places.path(sub)
  s:read("Microsoft.Resources/subscriptions/read", path)
  s:read(RESOURCES, path)
  for _, type in ipairs(target_types) do
    for _, id in ipairs(places.some(s.world, type, s.random:int(3, 12), sub)) do
      s:read(ASSIGNMENTS .. "/read", id)
    end
  end
end

-- Get-AzureTargets of 2.0 and 2.1: one's own assignments and their roles, with little to be seen of it.
local function own_roles(s, sub)
  local path = places.path(sub)
  s:read(ASSIGNMENTS .. "/read", path)
  s:read(RESOURCES, path)
  for _ = 1, s.random:int(1, 4) do s:read("Microsoft.Authorization/roleDefinitions/read", path) end
end

local function targets(world, time)
  local s, sub = script.start_inside(world, time, cast.tool_user(world, "az"))
  local new = world.random:chance(0.9)
  s:signin()
  s:pause(5, 60); -- the directory's side: own groups, applications and their owners
  (new and each_resource or own_roles)(s, sub)
  return s:finish { variant = new and "2.2" or "2.0" }
end

-- Each of four cmdlets makes a context of its own, and each context asks for the keys; an account without shared keys
-- is never asked for them.
local function show_account(s, id, alone)
  local shared_key = not s.random:chance(0.08) or alone -- alone without keys it would leave nothing in the log
  for _ = 1, 4 do
    s:read(STORAGE .. "/read", id)
    if shared_key then s:call(STORAGE .. "/listKeys/action", id) end
    s:pause(0.5, 6)
  end
end

local function show_storage(world, time)
  local s, sub = script.start_inside(world, time, cast.tool(world, "az"))
  local all = world.random:chance(0.85)
  s:signin()
  if all then s:read(STORAGE .. "/read", places.path(sub)) end
  for _, id in ipairs(places.some(world, STORAGE, all and world.random:int(3, 12) or 1, sub)) do
    show_account(s, id, not all)
  end
  return s:finish()
end

-- All runbooks of all accounts are listed to start one, and nobody waits for it.
local function start_runbook(world, time)
  local s, sub = script.start_inside(world, time, cast.tool_user(world, "az"))
  s:signin()
  s:read(ACCOUNT .. "/read", places.path(sub))
  local accounts = places.some(world, ACCOUNT, world.random:int(1, 4), sub)
  for _, id in ipairs(accounts) do s:read(ACCOUNT .. "/runbooks/read", id) end
  local account = world.random:pick(accounts)
  s:read(ACCOUNT .. "/runbooks/read", places.below(account, "runbooks", s:name("Runbook")))
  runbooks.start(s, account)
  return s:finish()
end

local function runbook_content(world, time)
  local s, sub = script.start_inside(world, time, cast.tool(world, "az"))
  s:signin()
  s:read(ACCOUNT .. "/read", places.path(sub))
  for _, account in ipairs(places.some(world, ACCOUNT, world.random:int(1, 3), sub)) do
    s:read(ACCOUNT .. "/runbooks/read", account)
    for _ = 1, world.random:int(3, 8) do
      local id = places.below(account, "runbooks", s:name("Runbook"))
      s:read(ACCOUNT .. "/runbooks/read", id)
      s:read(ACCOUNT .. "/runbooks/content/read", id)
    end
  end
  return s:finish()
end

-- The page "Access control" of the portal, of a few resources.
local function access_pages(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, "portal", "admin"))
  for _, id in ipairs(places.some(world, STORAGE, 5, sub)) do
    s:read(ASSIGNMENTS .. "/read", id)
    s:read("Microsoft.Authorization/roleDefinitions/read", id)
    s:minutes(1, 5)
  end
  return s:finish()
end

-- An entitlement tool lists the assignments of a subscription and of its groups.
local function entitlement_review(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "python", "scanner"))
  s:read(ASSIGNMENTS .. "/read", places.path(sub))
  s:read("Microsoft.Authorization/roleDefinitions/read", places.path(sub))
  for i = 1, 8 do s:read(ASSIGNMENTS .. "/read", places.path(sub) .. "/resourceGroups/rg-" .. i) end
  return s:finish()
end

-- A page of the portal that is opened again and again.
local function portal_reloads(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, "portal"))
  local id = places.one(world, STORAGE, sub)
  for _ = 1, 6 do
    s:call(STORAGE .. "/listKeys/action", id)
    s:pause(15, 90)
  end
  return s:finish()
end

-- Terraform applies a change of one account: its provider asks for the keys as often as it has parts.
local function terraform_apply(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "terraform", "ci_fixed"))
  local id = places.one(world, STORAGE, sub)
  for i = 1, 4 do
    s:call(STORAGE .. "/listKeys/action", id)
    s:call(STORAGE .. "/blobServices/containers/write", places.below(id, "blobServices/default/containers/c" .. i))
  end
  return s:finish()
end

-- Functions are deployed: the tool asks once for each app's account.
local function function_deployment(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "cli", "ci_hosted"))
  local site = places.one(world, "Microsoft.Web/sites", sub)
  for _, id in ipairs(places.some(world, STORAGE, 2, sub)) do
    s:call(STORAGE .. "/listKeys/action", id)
    s:call("Microsoft.Web/sites/config/write", places.below(site, "config/web"))
    s:call(STORAGE .. "/listKeys/action", id)
    s:minutes(1, 3)
  end
  return s:finish()
end

-- An operator starts a runbook they know with PowerShell, and waits for what it says.
local function operator_start(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, "powershell", "admin"))
  local account = places.one(world, ACCOUNT, sub)
  s:read(ACCOUNT .. "/runbooks/read", places.below(account, "runbooks/RestartFarm"))
  runbooks.start(s, account)
  for _ = 1, 6 do
    s:read(ACCOUNT .. "/jobs/read", account)
    s:pause(3, 8)
  end
  s:read(ACCOUNT .. "/jobs/output/read", account)
  return s:finish()
end

-- A scheduler outside of Azure starts the same runbook every hour.
local function outer_scheduler(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "python", "app"))
  local account = places.one(world, ACCOUNT, sub)
  for _ = 1, 6 do
    runbooks.start(s, account)
    s:minutes(58, 60)
  end
  return s:finish()
end

-- The portal's editor shows one runbook.
local function portal_editor(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, "portal", "admin"))
  local account = places.one(world, ACCOUNT, sub)
  s:read(ACCOUNT .. "/runbooks/read", account)
  for _ = 1, 2 do
    s:read(ACCOUNT .. "/runbooks/content/read", places.below(account, "runbooks/RestartFarm"))
    s:minutes(2, 9)
  end
  return s:finish()
end

-- Infrastructure as code: what is in the state is compared with what is there, content included.
local function code_refresh(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "terraform", "ci_fixed"))
  local account = places.one(world, ACCOUNT, sub)
  for i = 1, 2 do
    local id = places.below(account, "runbooks/managed-" .. i)
    s:read(ACCOUNT .. "/runbooks/read", id)
    s:read(ACCOUNT .. "/runbooks/content/read", id)
  end
  s:read(ACCOUNT .. "/modules/read", account)
  return s:finish()
end

local function story(id, sources, attack, look_alikes, accepts)
  return { id = "ARM_PowerZure." .. id, accepts = accepts or {}, difficulties = { "plain" }, sources = sources,
    severity = "High", attack = attack, look_alikes = look_alikes }
end

return {
  story("AzureElevatedPrivileges", { "directory" }, elevated, elevation.look_alikes, { "ARM_AnomalousElevateAccess" }),
  story("GetAzureTargets", { "read" }, targets, {
    { name = "access_pages", run = access_pages }, { name = "entitlement_review", run = entitlement_review },
  }),
  story("ShowStorageContent", { "activity" }, show_storage, {
    { name = "portal_reloads", run = portal_reloads }, { name = "terraform_apply", run = terraform_apply },
    { name = "function_deployment", run = function_deployment },
  }),
  story("StartRunbook", { "activity", "read" }, start_runbook, {
    { name = "operator_start", run = operator_start }, { name = "outer_scheduler", run = outer_scheduler },
  }),
  story("AzureRunbookContent", { "read" }, runbook_content, {
    { name = "portal_editor", run = portal_editor }, { name = "code_refresh", run = code_refresh },
  }),
}
