--- The calls with which a runbook is brought, started, watched and removed.
local runbooks = {}

runbooks.ACCOUNT = "Microsoft.Automation/automationAccounts"
local ACCOUNT = runbooks.ACCOUNT

--- Fifteen of the 52 letters, none twice, as MicroBurst names its runbooks.
function runbooks.lottery_name(random)
  local letters, name = {}, {}
  for i = 0, 25 do
    letters[#letters + 1] = string.char(65 + i)
    letters[#letters + 1] = string.char(97 + i)
  end
  for i = 1, 15 do name[i] = table.remove(letters, random:int(1, #letters)) end
  return table.concat(name)
end

local function account_of(id)
  return id:match("^(.*)/runbooks/[^/]+$")
end

--- Import: the runbook, then its content as a draft.
function runbooks.import(s, id)
  s:read(ACCOUNT .. "/runbooks/read", id)
  s:call(ACCOUNT .. "/runbooks/write", id, { seconds = 1, body = { properties = { runbookType = "PowerShell" } } })
  s:call(ACCOUNT .. "/runbooks/draft/content/write", id, { seconds = 1 })
end

function runbooks.publish(s, id)
  s:call(ACCOUNT .. "/runbooks/publish/action", id, { seconds = 1.5 })
end

--- A job; its id says nothing of the runbook.
function runbooks.start(s, account)
  s:call(ACCOUNT .. "/jobs/write", account .. "/jobs/" .. s.random:guid(), { seconds = 0.8 })
end

--- Looks at a job every so many seconds.
function runbooks.poll(s, account, every, times)
  for _ = 1, times do
    s:read(ACCOUNT .. "/jobs/streams/read", account)
    s:pause(every, every + 0.5)
  end
end

--- Imported, published, run and deleted: minutes in all.
function runbooks.published(s, id)
  runbooks.import(s, id)
  runbooks.publish(s, id)
  s:read(ACCOUNT .. "/runbooks/read", id)
  runbooks.start(s, account_of(id))
  for _ = 1, s.random:int(10, 25) do s:read(ACCOUNT .. "/jobs/read", account_of(id)) end
  s:pause(10, 70)
  s:read(ACCOUNT .. "/jobs/streams/read", account_of(id))
  s:call(ACCOUNT .. "/runbooks/delete", id)
end

--- Run in the test pane: neither published nor a job.
function runbooks.tested(s, id)
  runbooks.import(s, id)
  s:call(ACCOUNT .. "/runbooks/draft/testJob/write", id, { seconds = 1 })
  s:pause(20, 90)
  s:call(ACCOUNT .. "/runbooks/delete", id)
end

return runbooks
