-- Get-AzureRunbookContent exports every runbook of every Automation account: what it does, and what was written into it
-- that should not have been, passwords for instance.
local runbook = regex [[(/automationaccounts/[^/]+/runbooks/[^/]+)]]
local account = "Microsoft.Automation/automationAccounts/"
local domain_info = require "lib.domain_info"
local reads = { source = "read", status = "any", kind = { "user", "service_principal", "unknown" } }
local others = operation(domain_info.all_but(account .. "runbooks/content/read", account .. "variables/read")) (reads)

rule "ARM_PowerZure.AzureRunbookContent" {
  title      = "PowerZure exploitation toolkit used to extract Runbooks content",
  severity   = "high",
  confidence = "medium",
  tactics    = { "Collection" },
  techniques = { "T1213" },
  needs      = { "read" },
  params     = { runbooks = 3, within = "5m", kinds = 6, around = "15m" },

  on = operation { account .. "runbooks/content/read", account .. "runbooks/draft/content/read",
    account .. "runbooks/readContent/action" } (reads),
  state = {
    contents = tally { by = { "principal", "subscription" }, of = "resource", within = param "within" },
    others   = distinct { by = { "principal", "subscription", "app" }, of = "operation", within = param "around",
      fed = others },
    parts    = first_seen { by = { "principal", "subscription", "app" }, of = "operation", within = param "around",
      fed = others },
  },
  burst     = { by = { "principal", "subscription" }, quiet = "30m" },
  yields_to = { "ARM_MicroBurst.AzDomainInfo" },

  about = {
    means   = "Somebody read the text of several runbooks in one go.",
    numbers = "Three runbooks in five minutes: the portal's editor opens one at a time. Who read six other kinds of "
      .. "resources around it takes stock: confidence is low, and ARM_MicroBurst.AzDomainInfo speaks if it can.",
    false_positives = { "source control and backups of runbooks", "an export of infrastructure code" },
    evasion = { "one runbook, or two", "the portal", "reading from where the runbooks are kept under version control" },
  },

  detect = function(act, state, params)
    if act.principal.app_name == "Azure portal" then return end
    local contents = state.contents:add(act, runbook:match(act.resource))
    if contents.distinct < params.runbooks then return end
    local kinds = state.others:look(act).distinct >= params.kinds and domain_info.kinds_in(act, state.parts) or 0
    local broad = kinds >= params.kinds
    return alert {
      confidence = broad and "low" or "medium",
      reason("contents_read", "the text of {runbooks} runbooks was read within {seconds:span}",
        { runbooks = contents.distinct, seconds = contents.span, threshold = params.runbooks }),
      broad and reason("many_kinds", "and {kinds} other kinds of resources: maybe an inventory", { kinds = kinds }),
    }
  end,
}
