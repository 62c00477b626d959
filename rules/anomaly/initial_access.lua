-- A door into the network or the data is opened by somebody who does not do that, or not from there.
local anomaly = require "armrun.anomaly"
local about = anomaly.about(
  "An account opened resources to the outside (firewalls, gateways, bastions, private endpoints, public "
    .. "addresses) in a way that departs from its habits.",
  { "an administrator who opens a port for a vendor", "a new gateway" })

rule "ARM_AnomalousOperation.InitialAccess" {
  title      = "Suspicious invocation of a high-risk 'Initial Access' operation detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "InitialAccess" },
  techniques = { "T1133", "T1190" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("InitialAccess", "user"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}

rule "ARM_AnomalousServiceOperation.InitialAccess" {
  title      = "Suspicious invocation of a high-risk 'Initial Access' operation by a service principal detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "InitialAccess" },
  techniques = { "T1133", "T1190" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("InitialAccess", "service_principal"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}
