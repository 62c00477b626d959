-- Get-AzureRunbookContent exports every runbook of every Automation account: what it does, and what was written into it
-- that should not have been, passwords for instance.
local runbook = regex [[(/automationaccounts/[^/]+/runbooks/[^/]+)]]
local account = "Microsoft.Automation/automationAccounts/"

rule "ARM_PowerZure.AzureRunbookContent" {
  title      = "PowerZure exploitation toolkit used to extract Runbooks content",
  severity   = "high",
  confidence = "medium",
  tactics    = { "Collection" },
  techniques = { "T1213" },
  needs      = { "read" },
  params     = { runbooks = 3, within = "5m" },

  on = operation {
    account .. "runbooks/content/read", account .. "runbooks/draft/content/read",
  } { source = "read", status = "any", kind = { "user", "service_principal", "unknown" } },
  state     = { contents = tally { by = { "principal", "subscription" }, of = "resource", within = param "within" } },
  burst     = { by = { "principal", "subscription" }, quiet = "30m" },
  yields_to = { "ARM_MicroBurst.AzDomainInfo" },

  about = {
    means   = "Somebody read the text of several runbooks in one go.",
    numbers = "Three runbooks in five minutes: the portal's editor opens one at a time. When most other kinds of "
      .. "resources are read as well, ARM_MicroBurst.AzDomainInfo speaks instead.",
    false_positives = { "source control and backups of runbooks", "an export of infrastructure code" },
    evasion = { "one runbook, or two", "the portal", "reading from where the runbooks are kept under version control" },
  },

  detect = function(act, state, params)
    if act.principal.app_name == "Azure portal" then return end
    local contents = state.contents:add(act, runbook:match(act.resource))
    if contents.distinct < params.runbooks then return end
    return alert {
      reason("contents_read", "the text of {runbooks} runbooks was read within {seconds:span}",
        { runbooks = contents.distinct, seconds = contents.span, threshold = params.runbooks }),
    }
  end,
}
