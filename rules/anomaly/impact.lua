-- Resources are destroyed, stopped, or made in numbers by somebody who does not do that, or not from there.
local anomaly = require "armrun.anomaly"
local about = anomaly.about(
  "An account deleted or stopped resources, took away access, or built expensive ones, in a way that "
    .. "departs from its habits. The deletion of a resource group is one act, whatever goes with it.",
  { "a project that is wound up", "a first load test" })

rule "ARM_AnomalousOperation.Impact" {
  title      = "Suspicious invocation of a high-risk 'Impact' operation detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "Impact" },
  techniques = { "T1485", "T1496", "T1531" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("Impact", "user"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}

rule "ARM_AnomalousServiceOperation.Impact" {
  title      = "Suspicious invocation of a high-risk 'Impact' operation by a service principal detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "Impact" },
  techniques = { "T1485", "T1496", "T1531" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("Impact", "service_principal"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}
