-- Get-AzDomainInfo and its AzureRM forerunner: which kinds of resources they read, and whether all of it was read.
local client, habit = require "lib.client", require "lib.habit"
local domain_info = {}

-- Twelve kinds that both tools know (containers came late to Az), and four that only Az knows.
local kinds = {
  ["microsoft.storage/storageaccounts/read"] = "storage",
  ["microsoft.storage/storageaccounts/blobservices/containers/read"] = "containers",
  ["microsoft.storage/storageaccounts/listkeys/action"] = "keys",
  ["microsoft.resources/subscriptions/resourcegroups/read"] = "groups",
  ["microsoft.resources/subscriptions/resources/read"] = "resources",
  ["microsoft.resources/resources/read"] = "resources",
  ["microsoft.sql/servers/administrators/read"] = "sql",
  ["microsoft.sql/servers/firewallrules/read"] = "sql",
  ["microsoft.sql/servers/databases/read"] = "sql",
  ["microsoft.web/sites/read"] = "web",
  ["microsoft.compute/disks/read"] = "disks",
  ["microsoft.resources/deployments/read"] = "deployments",
  ["microsoft.compute/virtualmachines/read"] = "machines",
  ["microsoft.compute/virtualmachinescalesets/read"] = "machines",
  ["microsoft.compute/virtualmachines/extensions/read"] = "machines",
  ["microsoft.network/networkinterfaces/read"] = "network",
  ["microsoft.network/publicipaddresses/read"] = "network",
  ["microsoft.network/networksecuritygroups/read"] = "network",
  ["microsoft.authorization/roleassignments/read"] = "access",
  ["microsoft.authorization/roledefinitions/read"] = "access",
}
local extras = {
  ["microsoft.keyvault/vaults/read"] = "vaults",
  ["microsoft.automation/automationaccounts/runbooks/content/read"] = "automation",
  ["microsoft.automation/automationaccounts/variables/read"] = "automation",
  ["microsoft.logic/workflows/read"] = "workflows",
  ["microsoft.authorization/policydefinitions/read"] = "policies",
  ["microsoft.authorization/policyassignments/read"] = "policies",
}

-- Of those twelve, what the forerunner does not read.
local only_az = {
  ["microsoft.storage/storageaccounts/blobservices/containers/read"] = true,
  ["microsoft.compute/virtualmachines/extensions/read"] = true,
}

--- For `on`: every operation of these kinds.
domain_info.operations = {}
for _, list in ipairs { kinds, extras } do
  for name in pairs(list) do domain_info.operations[#domain_info.operations + 1] = name end
end

--- Can either tool have sent it? Not the portal, and no client that says it is something else: what takes stock with a
--- kit for Python or with Terraform does so day after day.
function domain_info.is_tool(act)
  return act.principal.app_name ~= "Azure portal" and (not act.user_agent or client.of(act.user_agent) ~= nil)
end

--- Which of the kinds other than runbooks an operation reads; nil for any other.
function domain_info.kind(operation)
  local extra = extras[operation]
  return kinds[operation] or extra ~= "automation" and extra or nil
end

--- The tables that both rules keep, and the rule's own.
function domain_info.state(own)
  local by = { "principal", "subscription" }
  own.kinds  = distinct { by = by, of = "name", within = param "within" }
  own.extras = distinct { by = by, of = "name", within = param "within" }
  own.seen   = distinct { by = by, of = "operation", within = param "within" } -- for the evidence
  own.parts  = first_seen { by = by, of = "name", within = param "within" }
  own.done   = first_seen { by = { "principal" }, within = param "habit" }
  return own
end

--- Remembers the act. Once `params.kinds` kinds or more were read, access, network, and disks or deployments among
--- them, by somebody who does not do so every day: { kinds, extras, client, only_az = was anything else read that only
--- Az knows, in_order = storage before network, network before access }.
function domain_info.add(act, state, params)
  local kind, extra = kinds[act.operation], extras[act.operation]
  state.seen:add(act)
  if kind then state.kinds:add(act, kind) else state.extras:add(act, extra) end
  state.parts:add(act, kind or extra)
  if only_az[act.operation] then state.parts:add(act, "only az") end
  local which = client.of(act.user_agent)
  if which then state.parts:add(act, which) end
  local function has(part) return state.parts:look(act, part).known end
  local count = state.kinds:look(act).distinct
  if count < params.kinds or not (has "access" and has "network" and (has "disks" or has "deployments")) then return end
  local storage, network = state.parts:look(act, "storage").first, state.parts:look(act, "network").first
  if habit.is_usual(state.done:add(act), act, params) then return end
  return {
    kinds = count, extras = state.extras:look(act).distinct, only_az = has "only az",
    in_order = storage and storage <= network and network <= state.parts:look(act, "access").first,
    client = has "azurerm" and "azurerm" or has "az" and "az" or nil,
  }
end

return domain_info
