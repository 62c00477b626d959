-- PowerZure imports a runbook under a name that never changes, starts it, waits for its output and deletes it.
local name = require "armrun.name"
local automation = "Microsoft.Automation/automationAccounts/"
local any = { status = { "succeeded", "failed" } }

rule "ARM_PowerZure.RunCodeOnBehalf" {
  title = "Usage of PowerZure exploitation toolkit to run an arbitrary code or exfiltrate Azure Automation account "
    .. "credentials",
  severity   = "high",
  confidence = "high",
  techniques = { "T1648", "T1552" },
  needs      = { "activity" },
  params     = { modules = 2, within = "10m" },

  on = any_of {
    operation { automation .. "runbooks/write", automation .. "runbooks/delete" } (any),
    operation { automation .. "runbooks/publish/action", automation .. "runbooks/draft/publish/action" } (any),
    operation(automation .. "modules/write"),
  },
  state = {
    runbooks = tally { by = { "principal", "parent" }, of = "operation", within = "60m" },
    modules  = distinct { by = { "principal", "parent" }, of = "name", within = param "within" },
  },
  burst     = { by = { "principal", "parent" }, quiet = "60m" },
  yields_to = { "ARM_PowerZure.MaintainPersistence" },

  about = {
    means   = "Code ran on a machine, or a certificate was taken, through an Automation account and in its name.",
    numbers = "The runbook's name is enough, also when the call failed: the tool's Linux branch publishes and deletes "
      .. "a runbook that it could not write. Else the two modules that it loads for its runbook, within ten minutes.",
    false_positives = { "a responder who deletes the runbook that was left behind: confidence is then low" },
    evasion = { "another name for the runbook, in an account that has the modules" },
  },

  detect = function(act, state, params)
    if suffix(act.operation, "/modules/write") then
      if act.name == "azurerm.compute" or act.name == "azurerm.profile" then state.modules:add(act) end
    elseif name.powerzure[act.name] then
      local seen = state.runbooks:add(act)
      local cleaned = act.status == "succeeded" and seen.total == 1 and suffix(act.operation, "/delete")
      return alert {
        confidence = cleaned and "low" or "high",
        reason("tool_name", "runbook {runbook}: the name that PowerZure gives", { runbook = act.resource_name }),
        cleaned and reason("only_deleted", "it was only deleted, maybe by somebody who found it"),
      }
    elseif act.status == "succeeded" and act.operation == "microsoft.automation/automationaccounts/runbooks/write" then
      local modules = state.modules:look(act)
      if modules.distinct < params.modules then return end
      return alert {
        confidence = "low",
        reason("tool_modules", "{modules} modules that PowerZure loads came {took:span} before runbook {runbook}",
          { modules = modules.distinct, took = act.time - modules.last, runbook = act.resource_name }),
      }
    end
  end,
}
