-- What lets one come back is set up by somebody who does not do that, or not from there.
local anomaly = require "armrun.anomaly"
local about = anomaly.about(
  "An account set up what survives a change of its password (automation accounts, webhooks, identities, "
    .. "policies, users) in a way that departs from its habits.",
  { "a first automation account of a team", "a new registry token for a pipeline" })

rule "ARM_AnomalousOperation.Persistence" {
  title      = "Suspicious invocation of a high-risk 'Persistence' operation detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "Persistence" },
  techniques = { "T1098", "T1136.003", "T1546" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("Persistence", "user"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}

rule "ARM_AnomalousServiceOperation.Persistence" {
  title      = "Suspicious invocation of a high-risk 'persistence' operation by a service principal detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "Persistence" },
  techniques = { "T1098", "T1136.003", "T1546" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("Persistence", "service_principal"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}
