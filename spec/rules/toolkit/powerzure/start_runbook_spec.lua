local testing = require "armrun.testing"
local toolkit = require "support.toolkit"

local ID = "ARM_PowerZure.StartRunbook"
local FILE = "toolkit/powerzure/start_runbook.lua"
local AA = "Microsoft.Automation/automationAccounts/"
local JOB = "aa1/6a1f0c3e-0000-4000-8000-000000000001"

local function story(...)
  local told = toolkit.story(FILE, ...)
  return told:act { at = "3d", by = "somebody", does = "Microsoft.Resources/tags/write", on = "default" }
end

-- GET accounts, GET the runbooks of each, GET the runbook, PUT the job. An hour after the story's begin.
local function start(extra)
  local acts = {
    { at = "3600s", does = AA .. "read", on = "aa1", source = "read" },
    { at = "3602s", does = AA .. "runbooks/read", on = "aa1", source = "read" },
    { at = "3604s", does = AA .. "runbooks/read", on = "aa2", source = "read" },
    { at = "3606s", does = AA .. "runbooks/read", on = "aa1/Nightly", source = "read" },
    { at = "3608s", does = AA .. "jobs/write", on = JOB },
  }
  return toolkit.with(toolkit.with(acts, { by = "mallory", app = "powershell" }), extra or {})
end

local function job(extra) return toolkit.with({ start()[5] }, extra or {}) end

local function act(at, does, extra) -- one more act of mallory
  local one = { at = at, by = "mallory", does = AA .. does, on = "aa1/Nightly", app = "powershell" }
  return toolkit.with({ one }, extra or {})
end

describe(ID, function()
  it("fires on a search through the accounts and one start", function()
    assert.alert(story(start()), ID, { severity = "high", confidence = "high", principal = "mallory", count = 1,
      resource = "6a1f0c3e-0000-4000-8000-000000000001", reasons = { "lone_start", "searched" } })
    assert.equal(2, #story(start()):alerts(ID)[1].reasons)
  end)

  it("needs no PowerShell for it: stolen tokens have their own client", function()
    assert.alert(story(start { app = "cli" }), ID, { confidence = "high" })
  end)

  it("is unsure with the activity log alone, and says so", function()
    assert.alert(story(job()), ID, { severity = "high", confidence = "low", count = 1,
      reasons = { "lone_start", "partial_evidence" } })
    assert.equal(2, #story(job()):alerts(ID)[1].reasons)
    assert.quiet(story(job { app = "cli" }), ID)
    assert.quiet(story(job { app = "portal" }), ID)
  end)

  it("takes no lone start for the tool where reads are delivered, for seven days", function()
    local function read(at) return act(at, "read", { on = "aa7", source = "read", by = "bob" }) end
    assert.quiet(story(read "10s", job()), ID)
    -- seven days before it is judged, a quarter of an hour after the job
    assert.quiet(story(read "4509s", toolkit.later(job(), 7 * 86400)), ID)
    assert.alert(story(read "4507s", toolkit.later(job(), 7 * 86400)), ID, { confidence = "low" })
    assert.alert(story(read "10s", start()), ID, { confidence = "high" })
  end)

  it("takes half a search for none, and one of more than a minute before", function()
    assert.quiet(story({ start()[1] }, job()), ID)
    assert.quiet(story({ start()[2], start()[3] }, job()), ID)
    assert.quiet(story(toolkit.later(toolkit.without(start(), 5), -53), job()), ID)
    assert.quiet(story(toolkit.later(toolkit.without(start(), 5), -52.5), job()), ID)
    assert.alert(story(toolkit.later(toolkit.without(start(), 5), -51), job()), ID, { confidence = "high" })
    local search = toolkit.without(start(), 5)
    assert.quiet(story(toolkit.with(search, { by = "bob" }), job()), ID)
    assert.alert(story(toolkit.with(search, { sub = "other" }), job()), ID, { confidence = "low" })
  end)

  it("takes no search for another: of another principal, or for a job in another subscription", function()
    local after = toolkit.later(job(), 300) -- five minutes after the start that was searched for
    assert.alert(story(start(), toolkit.with(after, { by = "bob" })), ID, { confidence = "high", count = 1 })
    local alerts = story(start(), toolkit.with(after, { sub = "other" })):alerts(ID)
    assert.same({ "high", "low" }, { alerts[1].confidence, alerts[2].confidence })
  end)

  it("counts reads that were refused", function()
    local refused = toolkit.with(toolkit.without(start(), 5), { status = "failed" })
    assert.alert(story(refused, job()), ID, { confidence = "high" })
  end)

  it("is quiet when the start failed, and without one", function()
    assert.quiet(story(job { status = "failed" }), ID)
    assert.quiet(story(toolkit.without(start(), 5)), ID)
  end)

  it("is quiet when a runbook was changed a quarter of an hour before or after", function()
    for _, does in ipairs { "runbooks/write", "runbooks/draft/write", "runbooks/publish/action", "runbooks/delete" } do
      assert.quiet(story(start(), act("2709s", does)), ID)
      assert.alert(story(start(), act("2707s", does)), ID)
      assert.quiet(story(start(), act("4508s", does)), ID)
      assert.alert(story(start(), act("4509s", does)), ID)
    end
    assert.quiet(story(start(), act("3605s", "runbooks/write", { on = "aa9/other" })), ID)
    assert.alert(story(start(), act("3605s", "runbooks/write", { by = "bob" })), ID)
    assert.alert(story(start(), act("3605s", "runbooks/write", { status = "failed" })), ID)
  end)

  it("is quiet when the job is looked at within a minute", function()
    for does, what in pairs { ["jobs/read"] = "", ["jobs/streams/read"] = "/s1", ["jobs/output/read"] = "/o1" } do
      local function look(at) return act(at, does, { on = JOB .. what, source = "read" }) end
      assert.quiet(story(start(), look "3618s"), ID)
      assert.quiet(story(start(), look "3668s"), ID)
      assert.alert(story(start(), look "3669s"), ID)
    end
    assert.alert(story(start(), act("3600s", "jobs/read", { on = JOB, source = "read" })), ID)
    assert.alert(story(start(), act("3618s", "jobs/read", { on = JOB, source = "read", by = "bob" })), ID)
    assert.alert(story(start(), act("3618s", "jobs/read", { on = "aa2/x", source = "read" })), ID)
  end)

  it("is quiet on who starts jobs in this account, for thirty days", function()
    local function again(days)
      local told = toolkit.story(FILE, act("1s", "runbooks/write"), toolkit.with(job(), { at = "2s" }))
      told:days(days, function() end)
      for _, one in ipairs(start()) do told:act(one) end
      return told:act { at = "20h", by = "somebody", does = "Microsoft.Resources/tags/write", on = "default" }
    end
    assert.quiet(again(29), ID)
    assert.alert(again(30), ID, { count = 1 })
    assert.alert(story(toolkit.with(job(), { at = "1s", by = "bob" }), start()), ID, { principal = "mallory" })
    local elsewhere = toolkit.with(job(), { at = "1s", on = "aa2/x", app = "cli" })
    assert.alert(story(elsewhere, start()), ID, { principal = "mallory" })
  end)

  it("is quiet on Microsoft's own services: schedules and webhooks", function()
    assert.quiet(story(start { by = "automation", kind = "platform", app = "backup" }), ID)
  end)

  it("makes two alerts of two people, two subscriptions, and when an hour passes", function()
    assert.alert(story(start(), start { by = "bob" }), ID, { count = 2 })
    assert.alert(story(start(), start { sub = "other" }), ID, { count = 2 })
    local other = job { on = "aa2/x" }
    assert.alert(story(job(), toolkit.later(other, 3600)), ID, { count = 1 })
    assert.alert(story(job(), toolkit.later(other, 3601)), ID, { count = 2 })
  end)

  it("leaves to the other rules what writes and deletes its runbook", function()
    local told = testing.story { "rules/toolkit/powerzure", "rules/toolkit/microburst" }
    local name = "aa1/AutomationTutorialPowerShell"
    told:act { at = "1s", by = "mallory", does = AA .. "runbooks/write", on = name, app = "powershell" }
    told:act { at = "3s", by = "mallory", does = AA .. "runbooks/publish/action", on = name, app = "powershell" }
    told:act { at = "5s", by = "mallory", does = AA .. "jobs/write", on = JOB, app = "powershell" }
    told:act { at = "75s", by = "mallory", does = AA .. "runbooks/delete", on = name, app = "powershell" }
    told:act { at = "3h", by = "somebody", does = "Microsoft.Resources/tags/write", on = "default" }
    assert.alert(told, "ARM_PowerZure.RunCodeOnBehalf", { count = 1 })
    assert.equal(1, #told:alerts())
  end)

  it("cannot fire without the activity log, and that is told", function()
    assert.equal("activity", toolkit.story(FILE, toolkit.without(start(), 5)):run().rules[ID].lacks)
    assert.is_nil(story(job()):run().rules[ID].lacks)
  end)

  toolkit.bears(it, function() return story(start()) end, ID,
    { severity = "high", confidence = "high", principal = "mallory" })
end)
