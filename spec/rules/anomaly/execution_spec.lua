local anomaly = require "support.anomaly"

anomaly.twins("Execution", "rules/anomaly",
  { does = "Microsoft.Compute/virtualMachines/runCommand/action", on = "vm1" },
  { does = "Microsoft.Automation/automationAccounts/webhooks/write", on = "aa/hook" })
