-- MicroBurst borrows an Automation account: it imports a runbook under a random name, runs it, takes the output and
-- deletes it again, all within minutes.
local name = require "armrun.name"

rule "ARM_MicroBurst.RunCodeOnBehalf" {
  title      = "Usage of MicroBurst exploitation toolkit to run an arbitrary code or exfiltrate Azure Automation account credentials",
  severity   = "high",
  confidence = "medium",
  tactics    = { "Persistence", "CredentialAccess" },
  techniques = { "T1648", "T1552" },
  needs      = { "activity" },
  params     = { within = "30m" },

  on = any_of {
    operation "Microsoft.Automation/automationAccounts/runbooks/write" { status = { "succeeded", "failed" } },
    operation "Microsoft.Automation/automationAccounts/runbooks/delete",
    operation "Microsoft.Automation/automationAccounts/jobs/write",
    operation "Microsoft.Automation/automationAccounts/runbooks/draft/testJob/write",
  },
  state = {
    runbooks = lifetime { by = { "principal", "resource" }, within = param "within" },
    jobs     = tally { by = { "principal", "parent" }, of = "resource", within = param "within" },
  },
  burst     = { by = { "principal", "subscription" }, quiet = "60m" },

  about = {
    means   = "Code ran with the identity or the stored credentials of an Automation account, and its traces were removed.",
    numbers = "Fifteen letters, all different, is how the tool names runbooks: one alone is enough. Any other name counts "
      .. "when it is written, run and deleted by one principal within half an hour.",
    false_positives = { "a pipeline that imports, runs and deletes a test runbook" },
    evasion = { "a changed name generator together with a runbook that is left behind or reused" },
  },

  detect = function(act, state)
    if suffix(act.operation, "/jobs/write") or suffix(act.operation, "/testjob/write") then
      state.jobs:add(act)
    elseif suffix(act.operation, "/delete") then
      local life, jobs = state.runbooks:close(act), state.jobs:look(act)
      if not life.found or jobs.total == 0 or jobs.last < life.opened then return end
      return alert {
        reason("short_life", "runbook {runbook} was written, run and deleted within {seconds:span}",
          { runbook = act.resource_name, seconds = life.age, jobs = jobs.total }),
      }
    else
      if act.status == "succeeded" then state.runbooks:open(act) end
      if name.is_random_letters(act.resource_name) then
        return alert { confidence = "high",
          reason("random_name", "runbook name {runbook}: fifteen letters, none twice", { runbook = act.resource_name }) }
      end
    end
  end,
}
