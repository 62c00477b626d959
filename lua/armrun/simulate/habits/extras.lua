--- What goes along with work: sign-ins, reads, roles activated for the day, nights on call, Cloud Shell, secrets.
local apps = require "armrun.simulate.apps"
local bodies = require "armrun.simulate.bodies"
local operations = require "armrun.simulate.operations"
local random = require "armrun.simulate.random"
local tenant = require "armrun.simulate.tenant"
local work = require "armrun.simulate.habits.work"

local extras = {}

local by_name <const> = operations.by_name

local AGENTS <const> = {
  [apps.portal] = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
    .. "Safari/537.36 Edg/131.0.0.0",
  [apps.powershell] = "AzurePowershell/v12.4.0 PSVersion/v7.4.6 Az.Resources/7.6.0",
  [apps.cli] = "AZURECLI/2.67.0 (DEB) azsdk-python-core/1.31.0 Python/3.12.7 (Linux-6.8.0-x86_64-with-glibc2.39)",
  [apps.vscode] = "azsdk-js-arm-resources/5.2.0 core-rest-pipeline/1.17.0 Node/20.18.0 OS/(x64-Linux-6.8.0)",
}
local MACHINE_AGENT <const> = "HashiCorp Terraform/1.9.8 (+https://www.terraform.io) terraform-provider-azurerm/4.10.0"

local function agent(place)
  return AGENTS[place.app] or MACHINE_AGENT
end

-- The other logs have a stream of their own, so that the activity log is the same when one of them is withheld.
local function aside(place)
  place.aside = place.aside or random.stream(place.token.key, "aside")
  return place.aside
end

-- An act of another log than the activity log, by the one who works, without moving the time.
local function beside(place, log, operation, resource, properties)
  local s = aside(place)
  place.sim.emit {
    log = log, time = place.time + s:int(0, 400), principal = place.p, operation = operation, resource = resource,
    ip = place.ip, app = place.app, token = place.token, properties = properties, key = s:bits(),
  }
end

--- A sign-in, some time before the first act; cheap to leave out where the log is not wanted.
function extras.sign_in(place)
  if not place.sim.sources.signin then return end
  local s = aside(place)
  place.sim.emit {
    log = "signin", time = math.max(place.sim.from, place.token.issued * 1000 - s:int(1, 30) * 1000),
    principal = place.p,
    operation = "Sign-in activity", resource = "", ip = place.token.ip or place.ip, app = place.app,
    token = place.token,
    properties = { userAgent = agent(place) }, key = s:bits(),
    status = place.p.kind == "user" and s:chance(0.04) and "Failed" or nil,
  }
end

--- Looks at a resource, as the portal does when it opens one and tools do before they change it.
function extras.read(place, type_, resource)
  if not place.sim.sources.read then return end
  place.agent = place.agent or { UserAgent = agent(place) }
  beside(place, "read", type_ .. "/read", resource, place.agent)
end

--- Lists and opens some things of a type in a subscription.
function extras.browse(place, type_)
  if not place.sim.sources.read then return end
  local s = aside(place)
  for _ = 1, s:poisson(1.2) do extras.read(place, type_, place.sim.tenant:resource(s, type_, place.sub)) end
end

-- ---- secrets ----

local VAULT <const> = "Microsoft.KeyVault/vaults"
local SECRETS <const> = { "db-password", "api-key", "storage-key", "client-secret", "smtp", "jwt-signing", "sas" }

--- Reads (or sets) a secret of a vault.
function extras.secret(place, vault, operation, name)
  if not place.sim.sources.keyvault then return end
  local host = "https://" .. vault:match "[^/]+$":lower() .. ".vault.azure.net/secrets"
  local url = operation == "SecretList" and host or host .. "/" .. name
  beside(place, "keyvault", operation, vault, {
    id = url, requestUri = url .. "?api-version=7.4", clientInfo = agent(place),
    httpStatusCode = aside(place):chance(0.01) and 403 or 200,
  })
end

--- The few secrets an application needs when it starts or renews them.
function extras.own_secrets(place, chance)
  local p, s = place.p, aside(place)
  if not s:chance(chance) then return end
  p.vault = p.vault or place.sim.tenant:resource(s, VAULT, p.subscriptions[1], true)
  p.first_secret = p.first_secret or s:int(1, #SECRETS)
  for i = 0, s:int(0, 2) do extras.secret(place, p.vault, "SecretGet", SECRETS[(p.first_secret + i) % #SECRETS + 1]) end
end

--- Somebody looks into a vault in the portal.
function extras.open_vault(place)
  local s = aside(place)
  local vault = place.sim.tenant:resource(s, VAULT, place.sub)
  extras.secret(place, vault, "SecretList", "")
  for _ = 1, s:poisson(0.8) do extras.secret(place, vault, "SecretGet", s:pick(SECRETS)) end
  if s:chance(0.15) then extras.secret(place, vault, "SecretSet", s:pick(SECRETS)) end
end

-- ---- roles for the day (PIM) ----

local REQUEST <const> = by_name["Microsoft.Authorization/roleAssignmentScheduleRequests/write"]
local ASSIGN <const> = by_name["Microsoft.Authorization/roleAssignments/write"]

-- The role someone is eligible for, on the subscription they mostly work in.
local function eligible_role(place)
  local p, s = place.p, place.s
  p.eligible = p.eligible or s:weighted { { "Contributor", 6 }, { "Owner", 2 }, { "Key Vault Administrator", 1 } }
  return bodies.roles[p.eligible]
end

local function pim_assigns(place, scope, role)
  local s, p = place.s, place.p
  local id = scope .. "/providers/Microsoft.Authorization/roleAssignments/" .. s:guid()
  place.sim.emit {
    time = place.time + s:int(2000, 9000), principal = place.sim.pim, operation = ASSIGN.name, resource = id,
    key = s:bits(), body = bodies.role_assignment(s, id, role, p.object_id, "User"),
  }
end

local ACTIVATED <const> = "Add member to role completed (PIM activation)"

--- Activates the role: the request, what the service does about it, and the directory's audit record.
function extras.activate(place)
  local s, p = place.s, place.p
  local scope, role = p.subscriptions[1].path, eligible_role(place)
  local id = scope .. "/providers/" .. REQUEST.type .. "/" .. s:guid()
  local definition = scope .. "/providers/Microsoft.Authorization/roleDefinitions/" .. role
  local body = ('{"properties":{"requestType":"SelfActivate","principalId":"%s","roleDefinitionId":"%s",'
    .. '"justification":"%s","scheduleInfo":{"expiration":{"type":"AfterDuration","duration":"PT8H"}}}}'):format(
    p.object_id, definition, s:pick { "ticket", "daily work", "incident", "change" })
  work.act(place, REQUEST, id, { body = body })
  pim_assigns(place, scope, role)
  beside(place, "audit", ACTIVATED, "", { category = "RoleManagement", loggedByService = "PIM" })
end

-- ---- nights on call ----

local INCIDENT <const> = {
  { "Microsoft.Web/sites/restart/action", 5 }, { "Microsoft.Compute/virtualMachines/restart/action", 4 },
  { "Microsoft.Web/serverfarms/write", 2 }, { "Microsoft.ContainerService/managedClusters/agentPools/write", 2 },
  { "Microsoft.Sql/servers/databases/write", 2 }, { "Microsoft.Compute/virtualMachines/runCommand/action", 1 },
  { "Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action", 1 },
  { "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action", 2 },
  { "Microsoft.Network/networkSecurityGroups/securityRules/write", 1 },
  { "Microsoft.AlertsManagement/alerts/changestate/action", 3 },
  { "Microsoft.Insights/metricAlerts/write", 1 }, { "Microsoft.Cache/redis/forceReboot/action", 0.5 },
}

--- What someone on call does about an incident.
function extras.incident(place)
  local s = place.s
  for _ = 1, 2 + s:poisson(3) do
    local operation = s:chance(0.55) and by_name[s:weighted(INCIDENT)] or work.choose(place.p, s)
    work.on(place, operation, place.sub)
  end
end

-- ---- Cloud Shell ----

local LIST_KEYS <const> = by_name["Microsoft.Storage/storageAccounts/listKeys/action"]
local CONSOLE <const> = { name = "Microsoft.Portal/consoles/write", type = "Microsoft.Portal/consoles", verb = "write",
  records = 2 }

--- Starts Cloud Shell: the console from where the person sits, the rest from an address of Azure.
function extras.cloud_shell(place, from, azure)
  local account = tenant.cloud_shell(place.sub)
  place.ip = from
  work.act(place, CONSOLE, place.sub.path .. "/providers/Microsoft.Portal/consoles/default", { body = '{"properties":'
    .. '{"osType":"Linux"}}' })
  if not place.p.shell then
    place.p.shell = true
    work.act(place, by_name["Microsoft.Storage/storageAccounts/write"], account)
  end
  place.ip = azure
  work.act(place, LIST_KEYS, account)
end

return extras
