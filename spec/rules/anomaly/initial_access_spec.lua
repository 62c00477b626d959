local anomaly = require "support.anomaly"

anomaly.twins("InitialAccess", "rules/anomaly",
  { does = "Microsoft.Network/bastionHosts/createShareableLinks/action", on = "bastion1" },
  { does = "Microsoft.Network/virtualNetworkGateways/generateVpnClientPackage/action", on = "gw1" })
