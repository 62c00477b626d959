-- A baseline to measure against, not to use: every act of the high-risk catalogue is an alert, as rules that match
-- single events have it. The same operation of a principal within an hour is one alert, and Microsoft's own identities
-- are left out, both to its favour.
local every = high_risk("InitialAccess", "Execution", "Persistence", "PrivilegeEscalation", "DefenseEvasion",
  "CredentialAccess", "LateralMovement", "Collection", "Impact")

rule "NAIVE_SingleEvent" {
  title = "An operation of the high-risk catalogue",
  severity = "low", tactics = { "Impact" }, techniques = { "T1078" }, needs = { "activity" },

  on    = every { source = { "activity", "directory" }, kind = { "user", "service_principal" }, everyday = true },
  burst = { by = { "principal", "operation" }, quiet = "1h", max = "24h" },

  detect = function(act)
    return alert { reason("high_risk", "{operation}", { operation = act.operation }) }
  end,
}
