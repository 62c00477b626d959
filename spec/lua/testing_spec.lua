-- Stories: what they write, and what their assertions say when they fail.
local testing = require "armrun.testing"

local LIST_KEYS = "Microsoft.Storage/storageAccounts/listKeys/action"
local always = { text = ([[rule "X" { title = "t", severity = "low", on = operation "%s",
  detect = function(act) return alert { reason("asked", "{n} asked", { n = 1 }) } end }]]):format(LIST_KEYS) }

local function one(extra)
  local act = { at = "1s", by = "mallory", does = LIST_KEYS, on = "sa1" }
  for key, value in pairs(extra or {}) do act[key] = value end
  return testing.story(always):act(act)
end

-- The message a failing call ends with.
local function message(f, ...)
  local good, err = pcall(f, ...)
  assert.is_false(good)
  return tostring(type(err) == "table" and err.message or err)
end

describe("a story", function()
  it("names people and things in full, always alike", function()
    local mallory = testing.principal "mallory"
    assert.equal("mallory@contoso.com", mallory.name)
    assert.equal(testing.guid "mallory", mallory.id)
    assert.not_equal(testing.guid "mallory", testing.guid "alice")
    assert.matches("^%x+%-%x+%-4%x%x%x%-8%x%x%x%-%x+$", testing.guid "mallory")
    assert.equal("eve@fabrikam.com", testing.principal("eve@fabrikam.com").name)
  end)

  it("makes resource ids that the operation implies", function()
    local function resource(does, on)
      return (one { does = does, on = on }:text():match '"resourceId":"/subscriptions/[^/]+(/[^"]+)"')
    end
    assert.equal("/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/sa1", resource(LIST_KEYS, "sa1"))
    assert.equal("/resourceGroups/rg/providers/Microsoft.Automation/automationAccounts/aa/runbooks/rb",
      resource("Microsoft.Automation/automationAccounts/runbooks/draft/content/write", "aa/rb"))
    assert.equal("/resourceGroups/rg/providers/Microsoft.Automation/automationAccounts/automationaccounts1/runbooks/rb",
      resource("Microsoft.Automation/automationAccounts/runbooks/write", "rb"))
  end)

  it("writes the records a real act has", function()
    assert.equal(2, select(2, one():text():gsub("\n", "")))
    assert.equal(3, select(2, one { records = { "started", "accepted", "succeeded" } }:text():gsub("\n", "")))
    assert.equal(4, select(2, one():duplicate():text():gsub("\n", "")))
    local told = one { records = { "started", "accepted", "succeeded" } }:run().summary
    assert.equal(3, told.events)
    assert.equal(1, told.acts)
  end)

  it("is the same in every shape, in any order, twice over", function()
    local function alerts(s)
      local list = s:ordinary(60, 3):alerts()
      for _, alert in ipairs(list) do
        for _, e in ipairs(alert.evidence) do e.origin, e.event_id = nil, nil end
      end
      return list
    end
    local expected = alerts(one())
    assert.equal(1, #expected)
    assert.same(expected, alerts(one():shape "eventhub"))
    assert.same(expected, alerts(one():shape "loganalytics"))
    assert.same(expected, alerts(one():shape "mixed"))
    assert.same(expected, alerts(one():shuffle(5):duplicate()))
    assert.same(expected, alerts(one():with { sorted = true, threads = 2, seed = 99 }))
  end)

  it("lets days pass", function()
    local s = testing.story(always):days(20)
    s:act { at = "1h", by = "mallory", does = LIST_KEYS, on = "sa1" }
    assert.alert(s, "X", { time = "2026-01-21T01:00:00Z" })
    assert.equal(20, s:run().summary.profiles.most_tenant_days - 1)
    local alice = testing.story(always):days(3, function(day) return day end)
    assert.equal(0, #alice.acts)
  end)

  it("says what is wrong in it, or in its rules", function()
    assert.matches("story:act has no 'form'", message(one, { form = 1 }))
    assert.matches("a span such as", message(one, { at = "soon" }))
    assert.matches("rules/text.lua:1: rule 'X': unknown key 'titel', did you mean 'title'?",
      message(function() testing.story({ text = 'rule "X" { titel = 1 }' }):run() end), 1, true)
  end)

  it("knows ip lists", function()
    local s = testing.story { text = [[rule "X" { title = "t", severity = "low", needs = { intel "malicious" },
      on = act { ip = { "malicious" } },
      detect = function(act) return alert { reason("listed", "{tag}", { tag = act.intel.tags[1] }) } end }]] }
    s:act { by = "mallory", does = LIST_KEYS, on = "a", ip = "20.1.2.3" }
    s:act { by = "alice", does = LIST_KEYS, on = "a", ip = "20.1.2.4" }
    s:intel("malicious", { "20.1.2.3" })
    assert.alert(s, "X", { principal = "mallory", reasons = { listed = { tag = "malicious" } }, count = 1 })
  end)
end)

describe("assert.alert and assert.quiet", function()
  it("hold", function()
    assert.alert(one(), "X")
    assert.alert(one(), "X", { severity = "low", principal = "mallory", resource = "sa1", count = 1,
      reasons = { asked = { n = 1 } }, title = function(title) return title == "t" end })
    assert.alert(one(), "X", { reasons = { "asked" } })
    assert.quiet(one { does = "Microsoft.Web/sites/write" }, "X")
    assert.quiet(one(), "Y")
  end)

  it("say what came instead", function()
    assert.matches("^alert X: severity is low, not high\n  low X by mallory@contoso.com at 2026",
      message(assert.alert, one(), "X", { severity = "high" }))
    assert.matches("principal is mallory@contoso.com, not alice", message(assert.alert, one(), "X",
      { principal = "alice" }))
    assert.matches("reason 'asked': n is 1, not 2", message(assert.alert, one(), "X",
      { reasons = { asked = { n = 2 } } }))
    assert.matches("has no reason 'given'", message(assert.alert, one(), "X", { reasons = { "given" } }))
    assert.matches("1 alerts X, not 2:\n  low X by", message(assert.alert, one(), "X", { count = 2 }))
    assert.matches("^no alert Y; there came:\n  low X by", message(assert.alert, one(), "Y"))
    assert.matches("^silence was expected of X; there came:\n  low X by", message(assert.quiet, one(), "X"))
    assert.matches("no alert at all", message(assert.alert, one { status = "failed" }, "X"))
  end)

  it("never take a failed rule for a silent one", function()
    local s = testing.story { text = (always.text:gsub("return alert", "return (act).nme, alert")) }
    s:act { by = "mallory", does = LIST_KEYS }
    assert.matches("X failed: rules/text.lua:2: act has no 'nme', did you mean 'name'", message(assert.quiet, s, "X"),
      1, true)
  end)
end)
