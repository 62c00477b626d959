local anomaly = require "support.anomaly"

anomaly.twins("Persistence", "rules/anomaly",
  { does = "Microsoft.Automation/automationAccounts/webhooks/write", on = "aa/hook" },
  { does = "Microsoft.Automation/automationAccounts/runbooks/write", on = "aa/book" })
