local anomaly = require "support.anomaly"

anomaly.twins("Collection", "rules/anomaly",
  { does = "Microsoft.Compute/disks/beginGetAccess/action", on = "disk1" },
  { does = "Microsoft.Compute/virtualMachines/attachDetachDataDisks/action", on = "vm1" })
