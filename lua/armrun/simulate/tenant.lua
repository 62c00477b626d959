--- The simulated tenant: subscriptions, resource groups, resources.
--- What exists at the start is a function of the seed alone, so that stories and everyday life see the same resources
--- without touching each other's.
local random = require "armrun.simulate.random"

local tenant = {}

local Tenant = {}
Tenant.__index = Tenant

local REGIONS <const> = { "westeurope", "northeurope", "germanywestcentral", "eastus", "eastus2", "uksouth" }
local STAGES <const> = { "prd", "prd", "dev", "tst", "acc" }
local TOPICS <const> = {
  "shop", "billing", "claims", "portal", "crm", "orders", "search", "stock", "pricing", "loyalty", "payroll", "fleet",
  "maps", "mobile", "reports", "ledger", "events", "identity", "network", "backup", "logs", "ml", "etl", "lake", "iot",
  "chat", "docs", "media", "risk", "audit", "tax", "hr", "web", "api", "edge", "core",
}

-- How names of a type begin; others begin with the type's first letters.
local PREFIXES <const> = {
  ["Microsoft.Compute/virtualMachines"] = "vm", ["Microsoft.Storage/storageAccounts"] = "st",
  ["Microsoft.KeyVault/vaults"] = "kv", ["Microsoft.Web/sites"] = "app", ["Microsoft.Sql/servers"] = "sql",
  ["Microsoft.Network/virtualNetworks"] = "vnet", ["Microsoft.Network/networkSecurityGroups"] = "nsg",
  ["Microsoft.ContainerService/managedClusters"] = "aks", ["Microsoft.Web/serverfarms"] = "plan",
  ["Microsoft.Network/publicIPAddresses"] = "pip", ["Microsoft.Network/networkInterfaces"] = "nic",
  ["Microsoft.OperationalInsights/workspaces"] = "log", ["Microsoft.Automation/automationAccounts"] = "aa",
  ["Microsoft.ManagedIdentity/userAssignedIdentities"] = "id", ["Microsoft.ContainerRegistry/registries"] = "cr",
  ["Microsoft.DocumentDB/databaseAccounts"] = "cosmos", ["Microsoft.Insights/components"] = "appi",
}

-- Of these there is one, and it has this name.
local SINGLE <const> = {
  blobServices = "default", fileServices = "default", queueServices = "default", tableServices = "default",
  managementPolicies = "default", tags = "default", serialPorts = "0", autoProvisioningSettings = "default",
  networkRuleSets = "default", backupconfig = "vaultconfig", backupstorageconfig = "vaultstorageconfig",
  host = "default",
  azureADOnlyAuthentications = "Default", transparentDataEncryption = "current", accessPolicies = "add",
  throughputSettings = "default", draft = "draft", content = "content", testJob = "testJob",
  auditingSettings = "default",
  extendedAuditingSettings = "Default", securityAlertPolicies = "Default", accessKeys = "default",
  locations = "westeurope",
  advancedThreatProtectionSettings = "current", defenderForStorageSettings = "current", triggers = "manual",
  backupFabrics = "Azure", sourcecontrols = "web", CurrentBillingFeatures = "Basic", revisions = "r1",
}
local CHOICES <const> = {
  config = { "web", "appsettings", "connectionstrings", "slotConfigNames", "logs", "authsettingsV2" },
  slots = { "staging", "blue", "test" }, subnets = { "default", "apps", "data", "endpoints", "aks" },
  agentPools = { "system", "user", "batch", "gpu" }, authorizationRules = { "RootManageSharedAccessKey", "send",
  "listen" },
  pricings = { "VirtualMachines", "StorageAccounts", "SqlServers", "KeyVaults", "AppServices", "Containers", "Arm" },
  extensions = { "AzureMonitorLinuxAgent", "AzureMonitorWindowsAgent", "MDE.Linux", "MDE.Windows", "CustomScript",
    "DependencyAgentLinux", "AADSSHLoginForLinux" },
}

-- Types that lie on something else: on a subscription, a tenant, or another resource.
local ON_SUBSCRIPTION <const> = {
  "Microsoft.Security/pricings", "Microsoft.Security/securityContacts", "Microsoft.Security/settings",
  "Microsoft.Security/autoProvisioningSettings", "Microsoft.Security/alertsSuppressionRules",
  "Microsoft.Security/workspaceSettings", "Microsoft.Security/locations/alerts",
  "Microsoft.KeyVault/locations/deletedVaults",
  "Microsoft.KeyVault/checkNameAvailability", "Microsoft.Support/supportTickets", "Microsoft.Consumption/budgets",
  "Microsoft.Support/supportTickets/communications", "Microsoft.AlertsManagement/alerts",
  "Microsoft.CostManagement/exports",
  "Microsoft.CostManagement/views", "Microsoft.CostManagement/scheduledActions",
  "Microsoft.PolicyInsights/remediations",
  "Microsoft.PolicyInsights/policyStates", "Microsoft.ManagedServices/registrationDefinitions",
  "Microsoft.Security/standards",
  "Microsoft.ManagedServices/registrationAssignments", "Microsoft.Resources/subscriptions/providers",
  "Microsoft.Features/providers/features", "Microsoft.Quota/quotas", "Microsoft.Authorization/roleManagementPolicies",
  "Microsoft.Blueprint/blueprintAssignments", "Microsoft.Authorization/roleDefinitions",
}
local ON_RESOURCE <const> = {
  ["Microsoft.Insights/diagnosticSettings"] = "Microsoft.KeyVault/vaults",
  ["Microsoft.Insights/guestDiagnosticSettings"] = "Microsoft.Compute/virtualMachines",
  ["Microsoft.Insights/dataCollectionRuleAssociations"] = "Microsoft.Compute/virtualMachines",
  ["Microsoft.SerialConsole/serialPorts"] = "Microsoft.Compute/virtualMachines",
  ["Microsoft.Maintenance/configurationAssignments"] = "Microsoft.Compute/virtualMachines",
  ["Microsoft.GuestConfiguration/guestConfigurationAssignments"] = "Microsoft.Compute/virtualMachines",
  ["Microsoft.Security/advancedThreatProtectionSettings"] = "Microsoft.Storage/storageAccounts",
  ["Microsoft.Security/defenderForStorageSettings"] = "Microsoft.Storage/storageAccounts",
  ["Microsoft.Security/assessments"] = "Microsoft.Compute/virtualMachines",
  ["Microsoft.EventGrid/eventSubscriptions"] = "Microsoft.Storage/storageAccounts",
}

local function on_scope(type_, path)
  return function(t, stream, sub, group)
    local scope = stream:chance(0.25) and sub.path or group.path
    return scope .. "/providers/" .. type_ .. "/" .. path(stream, t)
  end
end

local function by_guid(stream) return stream:guid() end
local function by_word(stream) return stream:pick(TOPICS) .. "-" .. stream:word(4) end

-- How ids of a type are made when not `group/providers/type/name`.
local MAKERS <const> = {
  ["Microsoft.Resources/subscriptions/resourceGroups"] = function(_, _, _, group) return group.path end,
  ["Microsoft.Subscription"] = function(_, _, sub) return sub.path end,
  ["Microsoft.Authorization/roleAssignments"] = on_scope("Microsoft.Authorization/roleAssignments", by_guid),
  ["Microsoft.Authorization/roleAssignmentScheduleRequests"] =
    on_scope("Microsoft.Authorization/roleAssignmentScheduleRequests", by_guid),
  ["Microsoft.Authorization/roleEligibilityScheduleRequests"] =
    on_scope("Microsoft.Authorization/roleEligibilityScheduleRequests", by_guid),
  ["Microsoft.Authorization/locks"] = on_scope("Microsoft.Authorization/locks", by_word),
  ["Microsoft.Authorization/policyAssignments"] = on_scope("Microsoft.Authorization/policyAssignments", by_word),
  ["Microsoft.Authorization/policyDefinitions"] = on_scope("Microsoft.Authorization/policyDefinitions", by_guid),
  ["Microsoft.Authorization/policySetDefinitions"] = on_scope("Microsoft.Authorization/policySetDefinitions", by_guid),
  ["Microsoft.Authorization/policyExemptions"] = on_scope("Microsoft.Authorization/policyExemptions", by_word),
  ["Microsoft.Resources/tags"] = function(_, _, _, group) return group.path
    .. "/providers/Microsoft.Resources/tags/default" end,
  ["Microsoft.Management/managementGroups"] = function(_, stream)
    return "/providers/Microsoft.Management/managementGroups/mg-" .. stream:pick(TOPICS)
  end,
  ["Microsoft.Management/managementGroups/subscriptions"] = function(_, stream, sub)
    return "/providers/Microsoft.Management/managementGroups/mg-" .. stream:pick(TOPICS) .. "/subscriptions/" .. sub.id
  end,
  ["Microsoft.Subscription/aliases"] = function(_, stream)
    return "/providers/Microsoft.Subscription/aliases/" .. stream:guid()
  end,
  ["Microsoft.Billing/billingAccounts"] = function(_, stream)
    return "/providers/Microsoft.Billing/billingAccounts/" .. stream:int(10000000, 99999999)
  end,
  ["Microsoft.Resources/subscriptions/providers"] = function(_, stream, sub)
    return sub.path .. "/providers/" .. stream:pick { "Microsoft.Quota", "Microsoft.Maps", "Microsoft.Fabric",
      "Microsoft.App" }
  end,
}
for _, type_ in ipairs(ON_SUBSCRIPTION) do
  MAKERS[type_] = function(t, stream, sub) return t.path_of(sub.path .. "/providers/", type_, stream) end
end
for type_, target in pairs(ON_RESOURCE) do
  MAKERS[type_] = function(t, stream, sub, _, pristine)
    return t.path_of(t:resource(stream, target, sub, pristine) .. "/providers/", type_, stream)
  end
end

-- ---- names ----

local function name_of(last, type_, stream)
  if SINGLE[last] then return SINGLE[last] end
  if CHOICES[last] then return stream:pick(CHOICES[last]) end
  local prefix = PREFIXES[type_] or last:sub(1, 4):lower()
  if prefix == "st" or prefix == "cr" then return prefix .. stream:pick(TOPICS) .. stream:word(6) end
  if prefix == "inci" or prefix == "jobs" or prefix == "book" then return stream:guid() end
  return prefix .. "-" .. stream:pick(TOPICS) .. "-" .. stream:pick(STAGES) .. "-" .. stream:word(3)
end

local kinds = {}

-- What follows from a type's name alone, worked out once.
local function kind_of(type_)
  local kind = kinds[type_]
  if kind then return kind end
  local provider, rest = type_:match "^([^/]+)/(.*)$"
  kind = { provider = provider, parts = {} }
  local so_far = provider
  for part in rest:gmatch "[^/]+" do
    so_far = so_far .. "/" .. part
    kind.parts[#kind.parts + 1] = { part, so_far }
  end
  kind.insight = provider == "Microsoft.SecurityInsights"
  local parent, last = type_:match "^(.+/.+)/([^/]+)$"
  if parent and not type_:find "/locations/" then kind.parent, kind.last = parent, last end
  kinds[type_] = kind
  return kind
end

--- base .. provider/type/name[/type/name…]
function Tenant.path_of(base, type_, stream)
  local kind = kind_of(type_)
  local path = base .. kind.provider
  for _, part in ipairs(kind.parts) do path = path .. "/" .. part[1] .. "/" .. name_of(part[1], part[2], stream) end
  return path
end

-- ---- resources ----

--- An id for a new resource; children lie in an existing parent (`pristine`: one that was there from the start).
function Tenant:new_resource(stream, type_, sub, pristine)
  local group = stream:pick(sub.groups)
  local make = MAKERS[type_]
  if make then return make(self, stream, sub, group, pristine) end
  local kind = kind_of(type_)
  if kind.insight then
    local workspace = self:resource(stream, "Microsoft.OperationalInsights/workspaces", sub, pristine)
    return self.path_of(workspace .. "/providers/", type_, stream)
  end
  local last = kind.last
  if last then
    return self:resource(stream, kind.parent, sub, pristine) .. "/" .. last .. "/" .. name_of(last, type_, stream)
  end
  return self.path_of(group.path .. "/providers/", type_, stream)
end

--- The k-th resource of a type that a subscription has from the start: equal for everyone who asks.
function Tenant:founding(type_, sub, k)
  local of_type = sub.founding[type_]
  if not of_type then
    of_type = {}
    sub.founding[type_] = of_type
  end
  local id = of_type[k]
  if not id then
    id = self:new_resource(random.stream(sub.seed, type_ .. "/" .. k), type_, sub, true)
    of_type[k] = id
  end
  return id
end

local COMMON <const> = {
  ["Microsoft.Compute/virtualMachines"] = 40, ["Microsoft.Storage/storageAccounts"] = 30, ["Microsoft.Web/sites"] = 20,
  ["Microsoft.KeyVault/vaults"] = 12, ["Microsoft.Network/networkInterfaces"] = 40, ["Microsoft.Compute/disks"] = 40,
  ["Microsoft.Sql/servers/databases"] = 15,
}

-- How many of a type a subscription has from the start.
local function founders(type_)
  return COMMON[type_] or 6
end

--- An existing resource, the first ones most often; `pristine`: one that was there from the start.
function Tenant:resource(stream, type_, sub, pristine)
  local r = stream:real()
  local list = not pristine and sub.grown[type_]
  if list and stream:chance(0.3) then return list[1 + math.floor(r * #list)] end
  return self:founding(type_, sub, 1 + math.floor(r * r * founders(type_)))
end

local GROWN <const> = 12

--- A new resource that others may use from now on.
function Tenant:grow(stream, type_, sub)
  local id = self:new_resource(stream, type_, sub)
  local list = sub.grown[type_] or {}
  sub.grown[type_] = list
  if #list < GROWN then list[#list + 1] = id else list[stream:int(1, GROWN)] = id end
  return id
end

-- ---- building ----

local function add_group(sub, stream, i)
  local topic = stream:pick(TOPICS)
  local name = ("rg-%s-%s-%02d"):format(topic, sub.stage, i)
  sub.groups[i] = { name = name, topic = topic, path = sub.path .. "/resourceGroups/" .. name }
end

local function add_subscription(self, stream, index)
  local id, topic = stream:guid(), stream:pick(TOPICS)
  local sub = {
    id = id, index = index, path = "/subscriptions/" .. id, stage = stream:pick(STAGES), groups = {}, grown = {},
    founding = {}, region = stream:pick(REGIONS), seed = stream:bits(), name = "sub-" .. topic .. "-" .. index,
  }
  for i = 1, stream:int(6, 14) do add_group(sub, stream, i) end
  self.subscriptions[index] = sub
end

--- Resource groups that every subscription used from Cloud Shell has.
function tenant.cloud_shell(sub)
  return sub.path .. "/resourceGroups/cloud-shell-storage-westeurope/providers/Microsoft.Storage/storageAccounts/cs"
    .. sub.id:gsub("-", ""):sub(1, 20)
end

---@param seed integer
---@param principals integer
function tenant.new(seed, principals)
  local stream = random.stream(seed, "tenant")
  local self = setmetatable({ id = stream:guid(), subscriptions = {} }, Tenant)
  self.domain = "northwind" .. stream:word(3) .. ".onmicrosoft.com"
  for i = 1, math.max(3, principals // 40) do add_subscription(self, stream, i) end
  return self
end

tenant.REGIONS = REGIONS
return tenant
