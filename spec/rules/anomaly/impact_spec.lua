local anomaly = require "support.anomaly"

anomaly.twins("Impact", "rules/anomaly",
  { does = "Microsoft.Compute/snapshots/delete", on = "snap1" },
  { does = "Microsoft.Authorization/locks/delete", on = "lock1" })
