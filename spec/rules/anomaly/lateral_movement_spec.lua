local anomaly = require "support.anomaly"

anomaly.twins("LateralMovement", "rules/anomaly",
  { does = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write", on = "net/peer" },
  { does = "Microsoft.Compute/virtualMachines/runCommand/action", on = "vm1" })
