-- Create-Backdoor of PowerZure 1: a runbook and a webhook on it, both under a name that never changes. Whoever has the
-- webhook's address runs the runbook without a login.
local name, entra = require "armrun.name", require "lib.entra"
local automation = "Microsoft.Automation/automationAccounts/"

rule "ARM_PowerZure.MaintainPersistence" {
  title       = "Usage of PowerZure function to maintain persistence in your Azure environment",
  severity    = "high",
  confidence  = "high",
  techniques  = { "T1546", "T1136.003" },
  needs       = { any_of { "activity", "audit" } },
  params      = { within = "15m", together = "5m" },

  on = any_of {
    operation { automation .. "runbooks/write", automation .. "runbooks/delete", automation .. "jobs/write" },
    operation { automation .. "runbooks/publish/action", automation .. "runbooks/draft/publish/action" },
    operation(automation .. "webhooks/write"),
    operation { "Add service principal", "Add member to role" } { source = "audit" },
  },
  state = {
    written   = lifetime { by = { "principal", "parent" }, within = param "within" },
    published = lifetime { by = { "principal", "parent" }, within = param "within" },
    runbooks  = tally { by = { "principal", "parent" }, of = "operation", within = param "within" },
    made      = first_seen { by = { "principal" }, within = param "together" },
  },
  burst = { by = { "principal", "parent" }, quiet = "60m" },

  about = {
    means   = "A webhook backdoor stands in an Automation account: it survives every password change.",
    numbers = "The webhook's name is enough: no other software uses it. A webhook of any name counts when the tool's "
      .. "runbook was written and published a quarter of an hour before, and neither run nor deleted since. Version 2 "
      .. "makes an application and puts it into a role of the directory: with medium confidence when that is Global "
      .. "Administrator, within five minutes; for sure when it is the role by whose id its author wrote it.",
    false_positives = { "none known" },
    evasion = { "another name", "an application that gets its role later" },
  },

  detect = function(act, state)
    local ours, operation = name.powerzure[act.name], act.operation
    if act.source == "audit" then
      return entra.new_administrator(act, state.made)
    elseif suffix(operation, "/webhooks/write") then
      local written, published, before = state.written:look(act), state.published:look(act), state.runbooks:look(act)
      local built = written.found and published.found
      if not (ours or built) then return end
      return alert {
        ours and reason("tool_name", "webhook {webhook}: PowerZure's name for it", { webhook = act.resource_name }),
        built and reason("tool_runbook", "runbook {runbook} was written {took:span} before, published and not run",
          { runbook = written.act.resource_name, took = act.time - written.opened, steps = before.total }),
      }
    elseif suffix(operation, "/jobs/write") or suffix(operation, "/delete") and ours then
      state.written:close(act)
      state.published:close(act)
    elseif ours then
      state.runbooks:add(act)
      if suffix(operation, "/runbooks/write") then state.written:open(act) else state.published:open(act) end
    end
  end,
}
