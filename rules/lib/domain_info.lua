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

--- Every operation of these kinds, but those that are named.
function domain_info.all_but(...)
  local out, list = {}, {}
  for _, name in ipairs { ... } do out[name:lower()] = true end
  for _, group in ipairs { kinds, extras } do
    for name in pairs(group) do list[#list + 1] = not out[name] and name or nil end
  end
  return list
end

--- For `on`: what either tool reads, by people and applications.
domain_info.calls = operation(domain_info.all_but()) {
  status = "any", kind = { "user", "service_principal", "unknown" },
}

--- Can either tool have sent it? Not the portal, and no client that says it is something else: what takes stock with a
--- kit for Python or with Terraform does so day after day.
function domain_info.is_tool(act)
  return act.principal.app_name ~= "Azure portal" and (not act.user_agent or client.of(act.user_agent) ~= nil)
end

--- The tables that both rules keep, and the rule's own. The client is a key: what the portal asked for is not mixed with
--- what a script did.
function domain_info.state(own)
  local by = { "principal", "subscription", "app" }
  own.seen   = distinct { by = by, of = "operation", within = param "within", fed = domain_info.calls }
  own.parts  = first_seen { by = by, of = "operation", within = param "within", fed = domain_info.calls }
  own.agents = first_seen { by = by, of = "name", within = param "within" }
  own.done   = first_seen { by = { "principal" }, within = param "habit" }
  return own
end

--- When each kind of `group` was first read lately, as `parts`, a first_seen of operations, knows it; and how many.
local function read_of(act, parts, group)
  local first, count = {}, 0
  for name, kind in pairs(group) do
    local seen = parts:look(act, name)
    if seen.known then
      count = count + (first[kind] and 0 or 1)
      first[kind] = math.min(first[kind] or seen.first, seen.first)
    end
  end
  return first, count
end

--- How many kinds other than runbooks were read, as a first_seen of operations knows it.
function domain_info.kinds_in(act, parts)
  local _, count = read_of(act, parts, kinds)
  local more, extra = read_of(act, parts, extras)
  return count + extra - (more.automation and 1 or 0)
end

local function knows_only_az(act, parts)
  for name in pairs(only_az) do
    if parts:look(act, name).known then return true end
  end
  return false
end

--- Once `params.kinds` kinds or more were read, access, network, and disks or deployments among them, by somebody who
--- does not do so day after day: { kinds, extras, client, only_az = was anything else read that only Az knows, in_order
--- = storage before network, network before access }.
function domain_info.find(act, state, params)
  if state.seen:look(act).distinct < params.kinds then return end -- for the evidence too
  local which = client.of(act.user_agent)
  if which then state.agents:add(act, which) end
  local first, count = read_of(act, state.parts, kinds)
  if count < params.kinds or not (first.access and first.network and (first.disks or first.deployments)) then return end
  if habit.is_usual(state.done:add(act), act, params) then return end
  local _, more = read_of(act, state.parts, extras)
  local function told(agent) return state.agents:look(act, agent).known and agent or nil end
  return {
    kinds = count, extras = more, only_az = knows_only_az(act, state.parts),
    in_order = first.storage and first.storage <= first.network and first.network <= first.access,
    client = told "azurerm" or told "az",
  }
end

return domain_info
