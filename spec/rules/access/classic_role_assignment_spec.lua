-- ARM_AnomalousClassicRoleAssignment: no habit of it, no warm-up.
local testing = require "armrun.testing"

local ID <const> = "ARM_AnomalousClassicRoleAssignment"
local WRITE <const> = "Microsoft.Authorization/classicAdministrators/write"
local BODY <const> = { properties = { emailAddress = "eve@fabrikam.com", role = "CoAdministrator" } }

local function story()
  return testing.story "rules/access/classic_role_assignment.lua"
end

local function assign(s, at, extra)
  local act = { at = at, by = "mallory", does = WRITE, on = "ca1", body = BODY }
  for key, value in pairs(extra or {}) do act[key] = value end
  return s:act(act)
end

describe(ID, function()
  it("fires at the first assignment, from the first event", function()
    local s = assign(story(), "3s")
    assert.alert(s, ID, { severity = "high", confidence = "high", principal = "mallory", resource = "ca1", count = 1,
      reasons = { classic_role = { grantee = "eve@fabrikam.com", role = "CoAdministrator" }, rare = { times = 0 } } })
  end)

  it("is the same shuffled, doubled, in any shape, among ordinary acts", function()
    for _, shape in ipairs { "rest", "eventhub", "loganalytics", "mixed" } do
      local s = story():days(2)
      assign(s, "3h")
      s:ordinary(1000):shape(shape):shuffle(7):duplicate()
      assert.alert(s, ID, { principal = "mallory", resource = "ca1", count = 1 })
    end
  end)

  it("does without a body, with less confidence", function()
    local s = assign(story(), "3s", { body = false })
    assert.alert(s, ID, { severity = "high", confidence = "medium", reasons = { classic_role = { grantee = "ca1" } } })
  end)

  it("is silent from the third time in 90 days on, of that principal", function()
    local s = story()
    for day = 0, 2 do assign(s, day * 2 .. "d", { on = "ca" .. day }) end
    assert.alert(s, ID, { count = 2, resource = "ca1", reasons = { rare = { times = 1 } } })
    assign(s, "5d", { by = "trent", on = "ca9" })
    assert.alert(s, ID, { count = 3, principal = "trent", resource = "ca9", reasons = { rare = { times = 0 } } })
  end)

  it("forgets the habit after 90 days", function()
    for days, count in pairs { [92] = 2, [90] = 2, [92.5] = 3, [94] = 3 } do
      local s = story()
      for day = 0, 1 do assign(s, day * 2 .. "d") end
      assign(s, days .. "d")
      assert.alert(s, ID, { count = count })
    end
  end)

  it("can have its habit tuned", function()
    local s = story():tune [[tune "ARM_AnomalousClassicRoleAssignment" { times = 1 }]]
    for day = 0, 1 do assign(s, day * 2 .. "d") end
    assert.alert(s, ID, { count = 1 })
  end)

  it("tells attempts only with a success within a day, or when asked to", function()
    local s = assign(assign(story(), "1h", { status = "failed" }), "2h", { status = "failed" })
    assert.quiet(s)
    assign(s, "25h")
    assert.alert(s, ID, { count = 1, reasons = { tried = { n = 1 }, rare = { times = 0 } } })
    assert.equal(2, #assign(story(), "1h"):alerts(ID)[1].reasons) -- without attempts, not a word of them
    local asked = assign(story(), "1h", { status = "failed" })
    asked:tune [[tune "ARM_AnomalousClassicRoleAssignment" { attempts = true }]]
    assert.alert(asked, ID, { count = 1, confidence = "low" })
  end)

  it("makes one alert of one principal in one subscription and day", function()
    local s = assign(assign(story(), "1h"), "2h", { on = "ca2" })
    assert.alert(s, ID, { count = 1, resource = "ca1" })
    assign(s, "2h", { sub = "other" })
    assert.alert(s, ID, { count = 1 }) -- the third by mallory is a habit
    assert.alert(assign(assign(story(), "1h"), "2h", { sub = "other" }), ID, { count = 2 })
    assert.alert(assign(assign(story(), "1h"), "26h"), ID, { count = 2 })
    assert.alert(assign(assign(story(), "1h"), "24h30m"), ID, { count = 1 })
    assert.alert(assign(assign(story(), "1h"), "2h", { by = "trent" }), ID, { count = 2 })
  end)

  it("is silent at look-alikes: removal, an ordinary assignment, nobody", function()
    local s = story()
    s:act { at = "1h", by = "mallory", does = "Microsoft.Authorization/classicAdministrators/delete", on = "ca1" }
    s:act { at = "2h", by = "mallory", does = "Microsoft.Authorization/roleAssignments/write", on = "ra1" }
    assign(s, "3h", { by = false })
    s:ordinary(1000)
    assert.quiet(s)
  end)
end)
