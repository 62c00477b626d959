-- Get-AzureTarget: in every subscription it lists all resources, then asks for the role assignments of each of them,
-- one request a resource.
local resource = regex([[^(/subscriptions/[^/]+/resourcegroups/[^/]+/providers/(?!microsoft\.authorization/).+?)]]
  .. [[(?:/providers/microsoft\.authorization/roleassignments.*)?$]])
local assignments = "microsoft.authorization/roleassignments/read"

rule "ARM_PowerZure.GetAzureTargets" {
  title      = "PowerZure exploitation toolkit used to enumerate resources",
  severity   = "high",
  confidence = "medium",
  tactics    = { "Collection" },
  techniques = { "T1069.003", "T1580" },
  needs      = { "read" },
  params     = { scopes = 20, within = "10m" },

  on = operation {
    "Microsoft.Resources/subscriptions/resources/read", "Microsoft.Resources/resources/read", assignments,
  } {
    source = "read", status = "any", kind = { "user", "service_principal", "unknown" },
  },
  state = {
    listed = first_seen { by = { "principal", "subscription" }, within = param "within" },
    scopes = distinct { by = { "principal" }, of = "resource", within = param "within" },
  },
  burst = { by = { "principal" }, quiet = "30m" },

  about = {
    means   = "Somebody looked up who may do what to every single resource.",
    numbers = "Twenty resources in ten minutes, after the list of resources of their subscription: the portal asks for "
      .. "one at a time, other tools ask once a subscription.",
    false_positives = { "tools for reviews of access that ask resource by resource" },
    evasion = { "one request for a whole subscription, as version 2.0 makes", "Resource Graph", "the portal" },
  },

  detect = function(act, state, params)
    if act.principal.app_name == "Azure portal" then return end
    if act.operation ~= assignments then
      state.listed:add(act)
      return
    end
    local scope = resource:match(act.resource)
    if not scope or not state.listed:look(act).known then return end
    local scopes = state.scopes:add(act, scope)
    if scopes.distinct < params.scopes then return end
    return alert {
      reason("assignments_read", "role assignments of {scopes} resources were read one by one within {seconds:span}",
        { scopes = scopes.distinct, seconds = scopes.span, threshold = params.scopes }),
    }
  end,
}
