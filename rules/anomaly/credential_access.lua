-- Keys and secrets are read by somebody who does not do that, or not from there.
local anomaly = require "armrun.anomaly"
local about = anomaly.about(
  "An account read or renewed keys, secrets or tokens of resources in a way that departs from its habits.",
  { "a developer who connects to a new kind of resource", "a key rotation that comes round once a year" })

rule "ARM_AnomalousOperation.CredentialAccess" {
  title      = "Suspicious invocation of a high-risk 'Credential Access' operation detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "CredentialAccess" },
  techniques = { "T1552", "T1555.006" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("CredentialAccess", "user"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}

rule "ARM_AnomalousServiceOperation.CredentialAccess" {
  title      = "Suspicious invocation of a high-risk 'Credential Access' operation by a service principal detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "CredentialAccess" },
  techniques = { "T1552", "T1555.006" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("CredentialAccess", "service_principal"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}
