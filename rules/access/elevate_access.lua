-- A Global Administrator takes over all of Azure: elevateAccess makes them User Access Administrator at the root.
rule "ARM_AnomalousElevateAccess" {
  title      = "Suspicious elevate access operation",
  severity   = "medium",
  confidence = "medium",
  tactics    = { "PrivilegeEscalation" },
  techniques = { "T1098.003" },
  preview    = true,
  needs      = { any_of { "directory", "audit" } },
  params     = { days = 3, within = "180d", same = "10m" },

  on = operation {
    "Microsoft.Authorization/elevateAccess/action",
    "User has elevated their access to User Access Administrator for their Azure Resources", -- the audit log's
  },
  state = { habit = first_seen { by = { "principal" }, within = param "within" } },
  burst = { by = { "principal" }, quiet = "10m", max = "1h" },
  yields_to = { "ARM_PowerZure.AzureElevatedPrivileges" },

  about = {
    means   = "An account of the directory gave itself access to every subscription of the tenant.",
    numbers = "On three days within half a year is a habit; anything less is told, with low confidence if it was done "
      .. "before. The act shows in the Directory activity and in the Entra audit log: within ten minutes they are one.",
    false_positives = { "a break-glass drill", "the yearly clean-up of orphaned subscriptions" },
    evasion = { "none known: the call cannot be made without these records" },
  },

  detect = function(act, state, params)
    local before, who = state.habit:look(act), act.principal
    state.habit:add(act)
    if before.days >= params.days then return end
    local same = before.known and act.time - before.last <= params.same
    return alert {
      confidence = before.known and "low" or "medium",
      same and reason("told_again", "the {source} log tells it too", { source = act.source }),
      not same and reason("rare", before.known and "took access to all subscriptions, as on {days} days before"
        or "took access to all subscriptions, never before", { days = before.days, threshold = params.days }),
      who.mfa == false and reason("no_mfa", "signed in without a second factor"),
      who.app_name and reason("client", "through {app}", { app = who.app_name }),
    }
  end,
}
