-- Data is gathered by somebody who does not do that, or not from there: disks and databases are copied, traffic is
-- captured.
local anomaly = require "armrun.anomaly"
local about = anomaly.about(
  "An account made copies of data, or keys to them (disk and snapshot exports, backups, packet captures), "
    .. "in a way that departs from its habits.",
  { "a disk exported for a support case", "a first backup or migration of a database" })

rule "ARM_AnomalousOperation.Collection" {
  title      = "Suspicious invocation of a high-risk 'Data Collection' operation detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "Collection" },
  techniques = { "T1530", "T1213" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("Collection", "user"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}

rule "ARM_AnomalousServiceOperation.Collection" {
  title      = "Suspicious invocation of a high-risk 'Data Collection' operation by a service principal detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "Collection" },
  techniques = { "T1530", "T1213" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("Collection", "service_principal"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  about      = about,
  detect     = anomaly.detect,
}
