--- Runbooks that live for minutes: one principal writes, runs and deletes them. In an export that knows no true case of
--- names that is all there is to see of MicroBurst's.
local runbook_life = {}

local letters = regex [[^(?:[a-z]{15}|[A-Z]{15})$]]
local account <const> = "Microsoft.Automation/automationAccounts/"

--- For `on`: what is done to a runbook; writes come as they ended, for a refused one is an attempt.
runbook_life.operations = any_of {
  operation(account .. "runbooks/write") { status = { "succeeded", "failed" } },
  operation { account .. "runbooks/draft/testJob/write", account .. "jobs/write", account .. "runbooks/delete",
    account .. "runbooks/publish/action", account .. "runbooks/draft/publish/action" },
}

--- The tables for it, and the rule's own.
function runbook_life.state(own)
  own.runbooks  = lifetime { by = { "principal", "resource" }, within = param "within" }
  own.published = first_seen { by = { "principal", "resource" }, within = param "within" }
  own.jobs      = count { by = { "principal", "parent" }, within = param "within" }
  own.before    = first_seen { by = { "principal", "resource" }, within = param "habit" }
  own.tests     = count { by = { "principal", "parent" }, within = param "within" }
  return own
end

-- A job runs what was published; a test job, the draft. Their names tell the account only.
local function was_run(act, state, opened)
  local ready, ran, tested = state.published:look(act).last, state.jobs:look(act).last, state.tests:look(act).last
  return ready and ran and ran >= ready and ready >= opened or tested and tested >= opened
end

local function ended(act, state)
  local life = state.runbooks:close(act)
  return life.found and was_run(act, state, life.opened) and act.time - life.opened or nil
end

--- Could it be a name of the tool's in an export that knows one case only, or of its variant in small letters?
function runbook_life.may_be_drawn(text)
  return letters:match(text)
end

--- Remembers the act. When it deletes a runbook that the principal wrote and ran: how long that lived, in seconds.
function runbook_life.add(act, state)
  local does = act.operation
  if suffix(does, "/delete") then return ended(act, state) end
  if suffix(does, "testjob/write") then
    state.tests:add(act)
  elseif suffix(does, "jobs/write") then
    state.jobs:add(act)
  elseif suffix(does, "publish/action") then
    state.published:add(act)
  elseif act.status == "succeeded" then
    state.runbooks:open(act)
  end
end

return runbook_life
