local anomaly = require "support.anomaly"

anomaly.twins("CredentialAccess", "rules/anomaly",
  { does = "Microsoft.Storage/storageAccounts/listKeys/action", on = "sa1" },
  { does = "Microsoft.Network/networkWatchers/packetCaptures/write", on = "watcher/capture" })
