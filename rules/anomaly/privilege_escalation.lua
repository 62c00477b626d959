-- Rights are raised by somebody who does not do that, or not from there.
local anomaly = require "armrun.anomaly"
local about = anomaly.about(
  "An account changed roles, administrators or the policies of roles in a way that departs from its "
    .. "habits.",
  { "a new administrator at work", "a database that gets its first directory administrator" })

rule "ARM_AnomalousOperation.PrivilegeEscalation" {
  title      = "Suspicious invocation of a high-risk 'Privilege Escalation' operation detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "PrivilegeEscalation" },
  techniques = { "T1098.003", "T1548.005" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("PrivilegeEscalation", "user"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  yields_to  = {
    "ARM_AnomalousRBACRoleAssignment", "ARM_AnomalousClassicRoleAssignment", "ARM_AnomalousElevateAccess",
  },
  about      = about,
  detect     = anomaly.detect,
}

rule "ARM_AnomalousServiceOperation.PrivilegeEscalation" {
  title      = "Suspicious invocation of a high-risk 'Privilege Escalation' operation by a service principal detected",
  severity   = { "medium", "low" },
  confidence = "medium",
  tactics    = { "PrivilegeEscalation" },
  techniques = { "T1098.003", "T1548.005" },
  preview    = true,
  needs      = { any_of { "activity", "directory" } },
  params     = { threshold = 11, rollout = 3, rollout_within = "7d" },
  learning   = "14d",

  on    = anomaly.candidates("PrivilegeEscalation", "service_principal"),
  state = {
    begun = distinct { by = { "subscription", "operation" }, of = "principal", within = param "rollout_within" },
  },
  burst      = { by = { "principal" }, quiet = "24h", max = "24h" },
  yields_to  = {
    "ARM_AnomalousRBACRoleAssignment", "ARM_AnomalousClassicRoleAssignment", "ARM_AnomalousElevateAccess",
  },
  about      = about,
  detect     = anomaly.detect,
}
