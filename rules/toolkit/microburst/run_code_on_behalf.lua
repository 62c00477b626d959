-- MicroBurst borrows an Automation account: it imports a runbook under a random name, runs it, takes the output and
-- deletes it again, all within minutes.
local name, runbook_life, sweep = require "armrun.name", require "lib.runbook_life", require "lib.sweep"

rule "ARM_MicroBurst.RunCodeOnBehalf" {
  title = "Usage of MicroBurst exploitation toolkit to run an arbitrary code or exfiltrate Azure Automation account "
    .. "credentials",
  severity   = "high",
  confidence = "medium",
  tactics    = { "Persistence", "CredentialAccess" },
  techniques = { "T1648", "T1552" },
  needs      = { "activity" },
  params     = { within = "30m", again = "60m", kinds = 4, swept = "15m", habit = "30d", usual = "20h" },

  on = runbook_life.operations,
  state = runbook_life.state {
    gone    = distinct { by = { "principal", "subscription" }, of = "resource", within = param "again" },
    secrets = distinct { by = { "principal", "subscription" }, of = "operation", within = param "swept",
      fed = operation(sweep.operations) },
  },
  burst = { by = { "principal", "subscription" }, quiet = "60m" },
  yields_to = { "ARM_PowerZure.RunCodeOnBehalf" },

  about = {
    means   = "Code ran with the identity or the credentials of an Automation account, and its traces were removed.",
    numbers = "Fifteen letters, all different, is how the tool names runbooks: one, even refused, is enough. Any other "
      .. "name counts when one principal writes, runs and deletes it within half an hour; twice in an hour is sure. So "
      .. "is who listed four kinds of keys and passwords in the quarter of an hour before. A name that it used so on "
      .. "a day before is a test's; so is a single runbook of an application, unless it has fifteen letters too.",
    false_positives = { "the first night of a pipeline that imports, runs and deletes several test runbooks" },
    evasion = { "a changed name generator together with a runbook that is left behind or reused" },
  },

  detect = function(act, state, params)
    if name.powerzure[act.name] then return end -- another tool's, with its own alert
    local lived = runbook_life.add(act, state)
    local random = suffix(act.operation, "runbooks/write") and name.is_random_letters(act.resource_name)
    if not (lived or random) then return end
    local again, kinds = lived and state.gone:add(act).distinct > 1, state.secrets:look(act).distinct
    local swept, app = kinds >= params.kinds, act.principal.kind == "service_principal"
    local before = lived and state.before:add(act)
    local test = before and before.known and act.time - before.first > params.usual
      or app and not again and not runbook_life.may_be_drawn(act.resource_name)
    if test and not (random or swept) then return end
    return alert {
      confidence = (random or again or swept) and "high" or "medium",
      random and reason("random_name", "runbook name {runbook}: fifteen letters, none twice",
        { runbook = act.resource_name }),
      lived and reason("short_life", "runbook {runbook} was written, run and deleted within {seconds:span}",
        { runbook = act.resource_name, seconds = lived }),
      swept and reason("secrets_listed", "{kinds} kinds of keys and passwords were listed just before",
        { kinds = kinds, threshold = params.kinds }),
    }
  end,
}
