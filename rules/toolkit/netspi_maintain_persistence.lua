-- A webhook on a runbook is a door that opens without a login. NetSPI's way to build one: a new Automation account, a
-- runbook, a module that manages the directory, rights for the account; then the webhook.
local tool, roles = require("armrun.name").powerzure, require "armrun.catalog.roles"
local account, grant = "microsoft.automation/automationaccounts", "microsoft.authorization/roleassignments/write"
local directory = regex [[^(?:azuread|msonline|microsoft\.graph)]]

rule "ARM_NetSPI.MaintainPersistence" {
  title = "Usage of NetSPI techniques to maintain persistence in your Azure environment",
  severity = "high", techniques = { "T1546", "T1136.003" }, needs = { "activity" },
  params = { within = "24h", quiet = "60m", rare = "90d" },
  on = operation { account .. "/write", account .. "/*s/write", account .. "/runbooks/*", grant } { source = "activity" },
  burst = { by = { "principal", "subscription" }, quiet = "24h" }, yields_to = { "ARM_PowerZure.MaintainPersistence" },
  state = {
    door = sequence { by = { "principal", "parent" }, within = param "within", quiet = param "quiet", steps = {
      step "written" { operation(account .. "/runbooks/write") },
      step "published" { operation(account .. "/runbooks/*publish/action") },
      never "ran" { operation(account .. "/jobs/write") },
      step "webhook" { operation(account .. "/webhooks/write") },
      never "ran", never "deleted" { operation(account .. "/runbooks/delete") },
    } },
    signs  = first_seen { by = { "principal", "parent" }, of = "operation", within = param "within" },
    grants = first_seen { by = { "principal", "subscription" }, within = param "within" },
    hooks  = first_seen { by = { "principal" }, within = param "rare" },
    firsts = first_seen { by = { "principal", "parent" }, within = param "within" },
  },
  about = {
    means   = "Somebody built a webhook backdoor into an Automation account: it survives every change of passwords.",
    numbers = "A runbook written, published and given a webhook within a day, not run, not deleted for an hour. Plain "
      .. "automation does that too, so one more sign is asked for: a module that manages the directory, an Owner or "
      .. "Contributor grant, a new account made by a person (infrastructure code makes them all the time); or, with "
      .. "low confidence, the first webhook in 90 days of a person whose habits are known.",
    false_positives = { "a person who sets up an account with a webhook runbook from nothing" },
    evasion = { "a webhook on a runbook that exists", "a Logic App or a function as the door" },
  },
  detect = function(act, state)
    if act.operation == grant then
      if roles.rules(act:body "properties.roleDefinitionId") then state.grants:add(act) end
    elseif act.operation ~= account .. "/modules/write" or directory:match(act.name) then
      local first = act.operation == account .. "/webhooks/write" and not state.hooks:add(act).known
      if first and act.profile.settled and act.principal.kind == "user" then state.firsts:add(act) end
      state.signs:add(act)
      state.door:add(act)
    end
  end,
  due = function(match, state, params)
    local hook, runbook = match.steps.webhook, match.steps.written
    local new = hook.principal.kind ~= "service_principal" and state.signs:look(hook, account .. "/write").known
    local module, granted = state.signs:look(hook, account .. "/modules/write").known, state.grants:look(hook).known
    local signs, rare = new or module or granted, state.firsts:look(hook).known
    if tool[runbook.name] or tool[hook.name] or not (signs or rare) then return end
    return alert { confidence = signs and "medium" or "low",
      reason("webhook_door", "runbook {runbook} was written, published and got a webhook, all within {seconds:span}",
        { runbook = runbook.resource_name, webhook = hook.resource_name, seconds = match.span }),
      new and reason("new_account", "its Automation account is new"),
      rare and reason("first_webhook", "made no webhook in {span:span} before", { span = params.rare }),
      module and reason("directory_module", "a module that manages the directory was added to the account"),
      granted and reason("owner_grant", "the same principal granted a role that owns or runs the subscription"),
    }
  end,
}
