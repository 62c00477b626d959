local anomaly = require "support.anomaly"

anomaly.twins("PrivilegeEscalation", "rules/anomaly",
  { does = "Microsoft.Authorization/roleDefinitions/write", on = "role1" },
  { does = "Microsoft.Authorization/denyAssignments/delete", on = "deny1" })
