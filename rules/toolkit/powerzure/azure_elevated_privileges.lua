-- Set-AzureElevatedPrivileges: one call that makes a Global Administrator the master of all subscriptions. Only the
-- client tells it from the switch in the portal.
local roles = require "armrun.catalog.roles"

local function agent_of(act) -- Entra keeps it among the additional details
  for _, detail in ipairs(act:record "properties.additionalDetails" or act:record "additionalDetails" or {}) do
    if detail.key == "User-Agent" then return detail.value end
  end
end

rule "ARM_PowerZure.AzureElevatedPrivileges" {
  title      = "PowerZure exploitation toolkit used to elevate access from Azure AD to Azure",
  severity   = "high",
  confidence = "medium",
  techniques = { "T1098.003" },
  needs      = { any_of { "directory", "audit" } },
  better_with = { "activity" },
  params     = { within = "60m", cli = false },

  on = any_of {
    operation "Microsoft.Authorization/elevateAccess/action",
    operation "User has elevated their access to User Access Administrator for their Azure Resources" {
      source = "audit",
    },
    operation "Microsoft.Authorization/roleAssignments/write" { kind = { "user", "unknown" } },
  },
  state = { elevated = tally { by = { "principal" }, of = "resource", within = param "within" } },
  burst = { by = { "principal" }, quiet = "60m" },

  about = {
    means   = "An account of the directory gave itself access to every subscription, and used PowerShell for it.",
    numbers = "The client decides: the portal's switch is left to ARM_AnomalousElevateAccess, as is a record that "
      .. "names no client. A role that owns a subscription, or more, granted within the hour, makes it sure.",
    false_positives = { "a break-glass drill by script: Microsoft's own documentation shows this very call" },
    evasion = { "the portal", "Azure CLI, unless cli = true", "an own application" },
  },

  detect = function(act, state, params)
    local who = act.principal
    if act.operation == "microsoft.authorization/roleassignments/write" then
      local elevated = state.elevated:look(act)
      if elevated.total == 0 or act.group or not roles.rules(act:body "properties.roleDefinitionId") then return end
      return alert { confidence = "high",
        reason("owner_grant", "{seconds:span} later the account granted a role over {scope}",
          { seconds = act.time - elevated.first, scope = act.subscription and "a subscription" or "the tenant" }) }
    end
    local app, agent = who.app_name, agent_of(act)
    if not (app == "Azure PowerShell" or contains(agent, "PowerShell", "i") or params.cli and app == "Azure CLI") then
      return
    end
    state.elevated:add(act)
    return alert { reason("scripted", "access was elevated through {client}", { client = app or agent }) }
  end,
}
