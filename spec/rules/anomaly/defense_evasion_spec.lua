local anomaly = require "support.anomaly"

anomaly.twins("DefenseEvasion", "rules/anomaly",
  { does = "Microsoft.Insights/diagnosticSettings/delete", on = "logs" },
  { does = "Microsoft.Authorization/roleAssignments/delete", on = "ra1" })
