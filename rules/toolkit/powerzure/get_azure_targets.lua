-- Get-AzureTarget: in every subscription it lists all resources, then asks for the role assignments of each of them,
-- one request a resource. Get-AzureTargets of version 2.0 asked once for the assignments of the caller, once for all
-- resources, then for the definitions of the roles.
local client, domain_info = require "lib.client", require "lib.domain_info"
local resource = regex([[^(/subscriptions/[^/]+/resourcegroups/[^/]+/providers/(?!microsoft\.authorization/).+?)]]
  .. [[(?:/providers/microsoft\.authorization/roleassignments.*)?$]])
local assignments, roles = "Microsoft.Authorization/roleAssignments/read", "microsoft.authorization/roledefinitions/read"
local whole, older = "Microsoft.Resources/subscriptions/resources/read", "Microsoft.Resources/resources/read"
local reads = { source = "read", status = "any", kind = { "user", "service_principal", "unknown" } }

rule "ARM_PowerZure.GetAzureTargets" {
  title = "PowerZure exploitation toolkit used to enumerate resources", severity = "high", confidence = "high",
  tactics = { "Collection" }, techniques = { "T1069.003", "T1580" }, needs = { "read" },
  params = { scopes = 20, within = "10m", old = "3m", quiet = "60s" }, burst = { by = { "principal" }, quiet = "30m" },
  on     = operation { whole, older, assignments, roles } (reads),
  state  = {
    listed = first_seen { by = { "principal", "subscription" }, within = param "within" },
    scopes = distinct { by = { "principal" }, of = "resource", within = param "within" },
    calls  = tally { by = { "principal" }, of = "operation", within = param "old" },
    others = count { by = { "principal", "app" }, within = param "old",
      fed = operation(domain_info.all_but(whole, older, assignments, roles)) (reads) },
    roles  = sequence { by = { "principal" }, within = param "quiet", quiet = param "quiet",
      steps = { step "role" { operation(roles) (reads) } } },
  },
  about = {
    means   = "Somebody looked up who may do what to every single resource, or which roles they have over which.",
    numbers = "Twenty resources in ten minutes, after the list of resources of their subscription: the portal asks for "
      .. "one at a time, other tools ask once a subscription. Or, with medium confidence, one list of assignments, one "
      .. "of resources and definitions of roles within three minutes by an Az module, and nothing else around it.",
    false_positives = { "tools for reviews of access that ask resource by resource" },
    evasion = { "one request for a whole subscription among other reads", "Resource Graph", "the portal" },
  },

  detect = function(act, state, params)
    if act.principal.app_name == "Azure portal" then return end
    local is_list = suffix(act.operation, "/resources/read")
    if is_list then state.listed:add(act) end
    if act.operation == roles then
      if client.of(act.user_agent) == "az" then state.roles:add(act) end
      return
    end
    state.calls:add(act, is_list and "list" or "assignments")
    local scope = not is_list and resource:match(act.resource)
    if not scope or not state.listed:look(act).known then return end
    local scopes = state.scopes:add(act, scope)
    if scopes.distinct < params.scopes then return end
    return alert {
      reason("assignments_read", "role assignments of {scopes} resources were read one by one within {seconds:span}",
        { scopes = scopes.distinct, seconds = scopes.span, threshold = params.scopes }),
    }
  end,

  due = function(match, state)
    local calls = state.calls:look(match.steps.role)
    if calls.distinct < 2 or calls.most > 1 or state.others:look(match.steps.role).total > 0 then return end
    return alert { confidence = "medium",
      reason("targets_listed", "assignments, resources and roles were listed within {seconds:span}, and nothing else",
        { seconds = match.steps.role.time - calls.first }) }
  end,
}
