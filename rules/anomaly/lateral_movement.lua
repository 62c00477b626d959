-- A way from one resource to the next is built by somebody who does not do that, or not from there.
local anomaly = require "armrun.anomaly"
local about = anomaly.about(
  "An account gave machines, identities or networks a way to each other (serial console, peering, disks, "
    .. "identities, SSH keys) in a way that departs from its habits.",
  { "a network that is connected for the first time", "a disk attached to a rescue machine" })

rule "ARM_AnomalousOperation.LateralMovement" {
  title      = "Suspicious invocation of a high-risk 'Lateral Movement' operation detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "LateralMovement" },
  techniques = { "T1021.007", "T1550" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("LateralMovement", "user"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}

rule "ARM_AnomalousServiceOperation.LateralMovement" {
  title      = "Suspicious invocation of a high-risk 'Lateral Movement Access' operation by a service principal detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "LateralMovement" },
  techniques = { "T1021.007", "T1550" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("LateralMovement", "service_principal"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}
