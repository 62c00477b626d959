-- A webhook on a runbook is a door that opens without a login: whoever has its address runs the runbook as the
-- Automation account. NetSPI's way to build one: new account or runbook, a directory module, rights for the account.
local name = require "armrun.name"
local automation = "Microsoft.Automation/automationAccounts/"
local directory_module = { azuread = true, msonline = true, ["microsoft.graph"] = true }
local owner_roles = { -- Owner, Contributor, User Access Administrator
  ["8e3af657-a8ff-443c-a75c-2fe8c4bcb635"] = true, ["b24988ac-6180-42a0-ab88-20f7382dd24c"] = true,
  ["18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"] = true,
}

rule "ARM_NetSPI.MaintainPersistence" {
  title       = "Usage of NetSPI techniques to maintain persistence in your Azure environment",
  severity    = "high",
  confidence  = "medium",
  techniques  = { "T1546", "T1136.003" },
  needs       = { "activity" },
  better_with = { "directory", "audit" },
  params      = { within = "24h", quiet = "60m" },

  on = any_of { operation "Microsoft.Automation/*", operation "Microsoft.Authorization/roleAssignments/write" },
  state = {
    door = sequence {
      by = { "principal", "parent" }, within = param "within", quiet = param "quiet",
      steps = {
        step "written" { operation(automation .. "runbooks/write") },
        step "published" {
          operation { automation .. "runbooks/publish/action", automation .. "runbooks/draft/publish/action" } },
        never "ran" { operation(automation .. "jobs/write") },
        step "webhook" { operation(automation .. "webhooks/write") },
        never "ran",
        never "deleted" { operation(automation .. "runbooks/delete") },
      },
    },
    account = first_seen { by = { "principal", "parent" }, within = param "within" },
    module  = first_seen { by = { "principal", "parent" }, within = param "within" },
    grant   = first_seen { by = { "principal", "subscription" }, within = param "within" },
  },
  burst     = { by = { "principal", "subscription" }, quiet = "24h" },

  about = {
    means   = "Somebody built a webhook backdoor into an Automation account: it survives every password change.",
    numbers = "A runbook written, published and given a webhook within a day, not run and not deleted for an hour after: "
      .. "plain automation does that too, so one more sign is asked for: a new account, a directory module, or an Owner grant.",
    false_positives = { "infrastructure code that sets up an account with a webhook runbook from nothing" },
    evasion = { "a webhook on a runbook that exists", "a Logic App or a function as the door" },
  },

  detect = function(act, state)
    if act.operation == "microsoft.authorization/roleassignments/write" then
      local role = act:body "properties.roleDefinitionId"
      if type(role) == "string" and owner_roles[role:sub(-36):lower()] then state.grant:add(act) end
    else
      if act.operation == "microsoft.automation/automationaccounts/write" then state.account:add(act) end
      if suffix(act.operation, "/modules/write") and directory_module[act.name] then state.module:add(act) end
      state.door:add(act)
    end
  end,

  due = function(match, state)
    local hook = match.steps.webhook
    local new, module, grant = state.account:look(hook).known, state.module:look(hook).known, state.grant:look(hook).known
    if name.powerzure[hook.name] or not (new or module or grant) then return end
    return alert {
      reason("webhook_door", "a runbook was written, published and got the webhook {webhook}, all within {seconds:span}",
        { webhook = hook.resource_name, seconds = match.span }),
      new and reason("new_account", "its Automation account is new"),
      module and reason("directory_module", "a module that manages the directory was added to the account"),
      grant and reason("owner_grant", "the same principal granted a role that owns the subscription"),
    }
  end,
}
