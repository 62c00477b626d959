-- MicroBurst borrows an Automation account: it imports a runbook under a random name, runs it, takes the output and
-- deletes it again, all within minutes.
local name = require "armrun.name"
local account = "Microsoft.Automation/automationAccounts/"

rule "ARM_MicroBurst.RunCodeOnBehalf" {
  title = "Usage of MicroBurst exploitation toolkit to run an arbitrary code or exfiltrate Azure Automation account "
    .. "credentials",
  severity   = "high",
  confidence = "medium",
  tactics    = { "Persistence", "CredentialAccess" },
  techniques = { "T1648", "T1552" },
  needs      = { "activity" },
  params     = { within = "30m", again = "60m" },

  on = any_of {
    operation(account .. "runbooks/write") { status = { "succeeded", "failed" } },
    operation { account .. "runbooks/draft/testJob/write", account .. "jobs/write", account .. "runbooks/delete" },
  },
  state = {
    runbooks = lifetime { by = { "principal", "resource" }, within = param "within" },
    jobs     = count { by = { "principal", "parent" }, within = param "within" },
    gone     = distinct { by = { "principal", "subscription" }, of = "resource", within = param "again" },
  },
  burst = { by = { "principal", "subscription" }, quiet = "60m" },
  yields_to = { "ARM_PowerZure.RunCodeOnBehalf" },

  about = {
    means   = "Code ran with the identity or the credentials of an Automation account, and its traces were removed.",
    numbers = "Fifteen letters, all different, is how the tool names runbooks: one, even refused, is enough. Any other "
      .. "name counts when one principal writes, runs and deletes it within half an hour; twice in an hour is sure.",
    false_positives = { "a pipeline that imports, runs and deletes a test runbook" },
    evasion = { "a changed name generator together with a runbook that is left behind or reused" },
  },

  detect = function(act, state)
    if name.powerzure[act.name] then return end -- another tool's, with its own alert
    if suffix(act.operation, "job/write") or suffix(act.operation, "jobs/write") then
      state.jobs:add(act)
    elseif suffix(act.operation, "/delete") then
      local life, jobs = state.runbooks:close(act), state.jobs:look(act)
      if not life.found or not jobs.last or jobs.last < life.opened then return end
      return alert {
        confidence = state.gone:add(act).distinct > 1 and "high" or "medium",
        reason("short_life", "runbook {runbook} was written, run and deleted within {seconds:span}",
          { runbook = act.resource_name, seconds = life.age }),
      }
    else
      if act.status == "succeeded" then state.runbooks:open(act) end
      if not name.is_random_letters(act.resource_name) then return end
      return alert { confidence = "high",
        reason("random_name", "runbook name {runbook}: fifteen letters, none twice", { runbook = act.resource_name }) }
    end
  end,
}
