-- Somebody is made a classic administrator. Those roles were retired in 2024: hardly anybody has a reason any more, and
-- a look at role assignments does not show them.
rule "ARM_AnomalousClassicRoleAssignment" {
  title      = "Suspicious classic role assignment detected",
  severity   = "high",
  confidence = "medium",
  tactics    = { "LateralMovement", "DefenseEvasion" },
  techniques = { "T1098.003" },
  preview    = true,
  needs      = { "activity" },
  params     = { times = 2, within = "90d", tries = "24h", attempts = false },

  on = operation "Microsoft.Authorization/classicAdministrators/write" { status = { "succeeded", "failed" } },
  state = {
    habit = first_seen { by = { "principal" }, within = param "within" },
    tries = count { by = { "principal" }, within = param "tries" },
  },
  burst = { by = { "principal", "subscription" }, quiet = "24h" },

  about = {
    means   = "An account or application was given a classic administrator role, which is as good as Owner.",
    numbers = "Classic administrators were retired in August 2024, so every success is told, except of who did it "
      .. "twice within 90 days. A failed attempt is only mentioned with a success that follows within 24 hours; with "
      .. "attempts = true it is an alert of its own, of low confidence.",
    false_positives = { "an old subscription whose administrators are still changed by hand" },
    evasion = { "an ordinary role assignment, which another rule watches", "two assignments nobody looks at" },
  },

  detect = function(act, state, params)
    local failed = act.status == "failed"
    local before = failed and state.habit:look(act) or state.habit:add(act)
    local tries = failed and state.tries:add(act) or state.tries:look(act)
    if before.known and before.times >= params.times or failed and not params.attempts then return end
    local role, grantee = act:body "properties.role", act:body "properties.emailAddress"
    return alert {
      confidence = failed and "low" or role and "high" or "medium",
      reason("classic_role", failed and "tried to make {grantee} {role}" or "made {grantee} {role}", {
        grantee = grantee or act.resource_name,
        role = role or "a classic administrator (content unknown)" }),
      reason("rare", before.known and "did this {times} times in the {within:span} before"
        or "never did this in the {within:span} before", { times = before.times, within = params.within }),
      not failed and tries.total > 0 and reason("tried", "failed {n} times in the {within:span} before",
        { n = tries.total, within = params.tries }),
    }
  end,
}
