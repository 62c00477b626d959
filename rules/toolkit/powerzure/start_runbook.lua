-- Start-AzureRunbook looks for its runbook in all Automation accounts, starts it and leaves: it writes no runbook and
-- does not wait for the job.
local account = "Microsoft.Automation/automationAccounts/"
local people, reads = { "user", "service_principal", "unknown" }, { source = "read", status = "any" }

rule "ARM_PowerZure.StartRunbook" {
  title      = "PowerZure exploitation toolkit used to execute a Runbook in your subscription",
  severity   = "high", confidence = "low", techniques = { "T1648" },
  needs      = { "activity" }, better_with = { "read" },
  params     = { listed = "60s", polled = "60s", apart = "15m", around = "30m", habit = "30d", told = "7d" },

  on = any_of {
    operation { account .. "jobs/write", account .. "runbooks/*" } { source = "activity", kind = people },
    operation { account .. "jobs/*", account .. "runbooks/read", account .. "read" } (reads),
  },
  state = {
    started = sequence { by = { "principal", "parent" }, within = param "apart", quiet = param "apart",
      steps = { step "job" { operation(account .. "jobs/write") } } },
    habit   = first_seen { by = { "principal", "parent" }, within = param "habit" },
    lists   = distinct { by = { "principal", "subscription" }, of = "operation", within = param "listed" },
    search  = first_seen { by = { "principal", "parent" }, within = param "around" },
    changes = count { by = { "principal" }, within = param "around" },
    told    = first_seen { by = { "subscription" }, within = param "told", fed = operation(account .. "*") (reads) },
    polls   = tally { by = { "principal", "parent" }, of = "resource", within = param "apart" },
  },
  burst = { by = { "principal", "subscription" }, quiet = "60m" },

  about = {
    means   = "Somebody ran a runbook that was there, with the rights of its Automation account.",
    numbers = "The first job in 30 days, by Azure PowerShell, no runbook changed a quarter of an hour around it. "
      .. "Little proof, and none where reads are delivered, which show a search in the minute before, by any client.",
    false_positives = { "an operator who starts a runbook by hand for once" },
    evasion = { "starting it in the portal, by a webhook, or by a request of one's own" },
  },

  detect = function(act, state)
    if act.source == "read" then
      if contains(act.operation, "/jobs/") then state.polls:add(act) else state.lists:add(act) end
    elseif contains(act.operation, "/runbooks/") then
      state.changes:add(act)
    elseif not state.habit:add(act).known then
      local searched = state.lists:look(act).distinct >= 2
      if searched then state.search:add(act) end
      if searched or act.principal.app_name == "Azure PowerShell" then state.started:add(act) end
    end
  end,

  due = function(match, state, params)
    local job = match.steps.job
    local polls, searched = state.polls:look(job), state.search:look(job).known
    if state.changes:look(job).total > 0 or polls.total > 0 and polls.first - job.time <= params.polled then return end
    if not searched and state.told:look(job).known then return end
    return alert {
      confidence = searched and "high" or "low",
      reason("lone_start", "a job was started in {account}, and no runbook was changed", { account = job.parent }),
      searched and reason("searched", "accounts and runbooks were listed just before, the job was not looked at"),
      not searched and reason("partial_evidence", "no reads of this subscription are in the input: it may be an operator"),
    }
  end,
}
