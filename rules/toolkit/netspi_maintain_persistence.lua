-- A webhook on a runbook is a door that opens without a login: whoever has its address runs the runbook as the
-- Automation account. NetSPI's way to build one: new account or runbook, a directory module, rights for the account.
local name = require "armrun.name"
local automation = "Microsoft.Automation/automationAccounts/"

rule "ARM_NetSPI.MaintainPersistence" {
  title       = "Usage of NetSPI techniques to maintain persistence in your Azure environment",
  severity    = "high",
  confidence  = "medium",
  techniques  = { "T1546", "T1136.003" },
  needs       = { "activity" },
  better_with = { "directory", "audit" },
  params      = { within = "24h", quiet = "60m" },

  on = any_of {
    operation "Microsoft.Automation/automationAccounts/*",
    operation "Microsoft.Authorization/roleAssignments/write",
  },
  state = {
    door = sequence {
      by = { "principal", "parent" }, within = param "within", quiet = param "quiet",
      steps = {
        step "written" { operation(automation .. "runbooks/write") },
        step "published" { operation(automation .. "runbooks/publish/action"),
          operation(automation .. "runbooks/draft/publish/action") },
        never "ran" { operation(automation .. "jobs/write") },
        step "webhook" { operation(automation .. "webhooks/write") },
        never "deleted" { operation(automation .. "runbooks/delete") },
      },
    },
    account = first_seen { by = { "principal", "parent" }, within = param "within" },
    module  = first_seen { by = { "principal", "parent" }, within = param "within" },
    grant   = first_seen { by = { "principal", "subscription" }, within = param "within" },
  },
  burst     = { by = { "principal", "subscription" }, quiet = "24h" },
  yields_to = { "ARM_PowerZure.MaintainPersistence" },

  about = {
    means   = "Somebody built a webhook backdoor into an Automation account: it survives every password change.",
    numbers = "A runbook written, published and given a webhook within a day, not run and not deleted for an hour after: "
      .. "plain automation does that too, so one more sign is asked for: a new account, a directory module, or an Owner grant.",
    false_positives = { "infrastructure code that sets up an account with a webhook runbook from nothing" },
    evasion = { "a webhook on a runbook that exists", "a Logic App or a function as the door" },
  },

  detect = require "toolkit.netspi".watch,
  due    = require "toolkit.netspi".judge,
}
