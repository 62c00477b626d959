-- A Global Administrator takes over all of Azure: elevateAccess makes them User Access Administrator at the root.
rule "ARM_AnomalousElevateAccess" {
  title      = "Suspicious elevate access operation",
  severity   = "medium",
  confidence = "medium",
  tactics    = { "PrivilegeEscalation" },
  techniques = { "T1098.003" },
  preview    = true,
  needs      = { any_of { "directory", "audit" } },
  params     = { times = 3, days = 3, within = "180d" },

  on = any_of {
    operation "Microsoft.Authorization/elevateAccess/action",
    operation "User has elevated their access to User Access Administrator for their Azure Resources" { source = "audit" },
  },
  state = { habit = first_seen { by = { "principal" }, within = param "within" } },
  burst = { by = { "principal" }, quiet = "10m", max = "1h" },

  about = {
    means   = "An account of the directory gave itself access to every subscription of the tenant.",
    numbers = "Three times on three days within half a year is a habit; anything less is told. The act shows in the "
      .. "Directory activity and in the Entra audit log: within ten minutes they are one alert.",
    false_positives = { "a break-glass drill", "the yearly clean-up of orphaned subscriptions" },
    evasion = { "none known: the call cannot be made without these records" },
  },

  detect = function(act, state, params)
    local before = state.habit:add(act)
    if before.known and before.times >= params.times and before.days >= params.days then return end
    local who = act.principal
    return alert {
      confidence = before.known and "low" or "medium",
      reason("rare", before.known and "{who} did this on {days} days before" or "{who} never did this before",
        { who = who.name or who.key, days = before.days }),
      who.mfa == false and reason("no_mfa", "signed in without a second factor", {}),
      who.app_name and reason("client", "through {app}", { app = who.app_name }),
    }
  end,
}
