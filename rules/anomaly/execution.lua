-- Code is run on machines by somebody who does not do that, or not from there.
local anomaly = require "armrun.anomaly"
local about = anomaly.about(
  "An account ran code on machines (run command, extensions, runbooks, jobs) in a way that departs from "
    .. "its habits.",
  { "an operator's first run command during an incident", "a new maintenance pipeline" })

rule "ARM_AnomalousOperation.Execution" {
  title      = "Suspicious invocation of a high-risk 'Execution' operation detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "Execution" },
  techniques = { "T1651", "T1059.009" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("Execution", "user"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}

rule "ARM_AnomalousServiceOperation.Execution" {
  title      = "Suspicious invocation of a high-risk 'Execution' operation by a service principal detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "Execution" },
  techniques = { "T1651", "T1059.009" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("Execution", "service_principal"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}
