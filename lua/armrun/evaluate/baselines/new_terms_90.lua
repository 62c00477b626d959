-- A baseline to measure against, not to use: what public rules call "new terms". Somebody does what they did not do in
-- the last 90 days. One alert per operation of a principal; Microsoft's own identities are left out, in its favour.
rule "NAIVE_NewTerms90" {
  title = "First seen in 90 days: principal and operation",
  severity = "low", tactics = { "InitialAccess" }, techniques = { "T1078" }, needs = { "activity" },
  params = { history = "90d" },

  on    = act { source = { "activity", "directory" }, kind = { "user", "service_principal" } },
  state = { done = first_seen { by = { "principal" }, of = "operation", within = param "history" } },
  burst = { by = { "principal", "operation" }, quiet = "1m", max = "1m" },

  detect = function(act, state)
    if state.done:add(act).known then return end
    return alert { reason("new_term", "{operation} for the first time in 90 days", { operation = act.operation }) }
  end,
}
