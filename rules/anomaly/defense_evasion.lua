-- Logs, locks, policies or alerts are removed by somebody who does not do that, or not from there.
local anomaly = require "armrun.anomaly"
local about = anomaly.about(
  "An account removed or weakened what watches and protects (diagnostic settings, locks, policies, alerts, "
    .. "agents) in a way that departs from its habits.",
  { "a clean-up of monitoring that moves elsewhere", "a lock that is lifted for a planned change" })

rule "ARM_AnomalousOperation.DefenseEvasion" {
  title      = "Suspicious invocation of a high-risk 'Defense Evasion' operation detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "DefenseEvasion" },
  techniques = { "T1562.008", "T1562.007" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("DefenseEvasion", "user"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}

rule "ARM_AnomalousServiceOperation.DefenseEvasion" {
  title      = "Suspicious invocation of a high-risk 'Defense Evasion' operation by a service principal detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "DefenseEvasion" },
  techniques = { "T1562.008", "T1562.007" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("DefenseEvasion", "service_principal"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}
