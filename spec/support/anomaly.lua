-- What the specs of anomalous operations share: a team at work, so that there are habits to break; and the tests that
-- hold for every tactic alike.
local testing = require "armrun.testing"
local busted, assert = require "busted", require "luassert"
local describe, it = busted.describe, busted.it

local anomaly = {}

local CHORE <const> = "Microsoft.Web/sites/restart/action" -- no operation of the catalogue

-- The twins of a tactic: who they are about, from how many bits on they tell, and to how many the attacks below come.
-- Of both -log2(0.5 / 11) and 1: none of ten does it, nobody in the tenant ever. In 16 active days since it settled,
-- which are all that the tenant has, mallory began no operation: its kind's rate is (300/40) / 316 a day, its own ten
-- days of that / 26, which is 6.78 bits; with 300/120 for a service principal 8.36, of which 7 count. A network: with
-- 300/20 5.78 bits, with 300/60 7.36, of which 6 count.
local twins = {
  { id = "ARM_AnomalousOperation.", kind = "user", threshold = 11, title = "'%s' operation detected",
    bits = { hard = 12.24, medium = 18.02 } },
  { id = "ARM_AnomalousServiceOperation.", kind = "service_principal", threshold = 11,
    title = "'%s' operation by a service principal detected", bits = { hard = 12.46, medium = 18.46 } },
}

--- A story of `days` days in which `mallory` does a chore at nine each day, and nine others of the same kind do it on
-- the first day of each week; `each(story, day)` adds to a day. At its end the next day begins.
function anomaly.team(rules, kind, days, each)
  local story = testing.story(rules)
  return story:days(days or 30, function(day)
    for i = 1, day % 7 == 1 and 9 or 0 do
      story:act { at = "9h", by = "mate" .. i, kind = kind, does = CHORE, on = "shop" }
    end
    story:act { at = "9h10m", by = "mallory", kind = kind, app = "cli", does = CHORE, on = "shop" }
    if each then each(story, day) end
  end)
end

local function changed(act, by)
  local copy = {}
  for key, value in pairs(act) do copy[key] = value end
  for key, value in pairs(by) do copy[key] = value end
  return copy
end

-- How the same operation comes: at home, from elsewhere, or from elsewhere with another tool in the night.
local hard = { at = "9h20m", by = "mallory", app = "cli" }
local medium = { at = "9h20m", by = "mallory", app = "cli", ip = "51.2.3.4" }
local easy = { at = "2h", by = "mallory", app = "powershell", ip = "51.2.3.4" }

--- The act `given`, changed as `how` says: "hard", "medium" or "easy" to find.
function anomaly.attack(story, how, kind, given)
  local act = changed(({ hard = hard, medium = medium, easy = easy })[how], { kind = kind })
  return story:act(changed(act, given))
end

-- At least two parts with bits and numbers, and the bits come to the score.
local function assert_complete(alert, threshold)
  local sum, parts = 0, 0
  for _, reason in ipairs(alert.reasons) do
    assert.is_truthy(next(reason.values), reason.code)
    sum, parts = sum + (reason.bits or 0), parts + (reason.bits and 1 or 0)
  end
  assert.is_true(parts >= 2)
  assert.equal(threshold, alert.threshold)
  assert.is_true(math.abs(sum - alert.score) < 0.005, ("%s is not %s"):format(sum, alert.score))
end

-- Known to the principal, but not everyday; from the first day on.
local function knows(story, kind, act)
  story:act(changed(act, { by = "mallory", kind = kind, at = "9h15m", app = "cli" }))
end

local function fires(twin, rules, tactic, act)
  local id = twin.id .. tactic

  for _, how in ipairs { "hard", "medium", "easy" } do
    it(("fires when it is %s to find"):format(how), function()
      local story = anomaly.attack(anomaly.team(rules, twin.kind), how, twin.kind, act)
      assert.alert(story, id, { severity = "medium", count = 1, threshold = twin.threshold, score = twin.bits[how],
        principal = how == "hard" and twin.kind == "user" and "mallory" or nil,
        reasons = { new_operation = { days = 16, new = 0 }, rare_here = { doing = 0, principals = 10 } } })
      assert_complete(story:alerts(id)[1], twin.threshold)
      assert.equal(1, #story:alerts())
    end)
  end

  it("tells two principals apart", function()
    local story = anomaly.team(rules, twin.kind)
    anomaly.attack(story, "medium", twin.kind, act)
    anomaly.attack(story, "medium", twin.kind, changed(act, { by = "mate1", at = "10h" }))
    assert.alert(story, id, { count = 2 })
  end)

  it("is one alert a day", function()
    local story = anomaly.team(rules, twin.kind)
    for i = 1, 3 do
      anomaly.attack(story, "medium", twin.kind, changed(act, { at = i * 3600, ip = ("51.2.%d.4"):format(i) }))
    end
    local least = twin.kind == "user" and 4 or 2 -- records: two an act
    assert.alert(story, id, { count = 1, evidence_total = function(n) return n >= least end })
  end)

  it("comes to the same from shuffled and doubled records", function()
    local function run(change)
      local story = anomaly.attack(anomaly.team(rules, twin.kind), "medium", twin.kind, act)
      change(story)
      local alert = story:alerts(id)[1]
      return { alert.id, alert.score, alert.summary }
    end
    assert.same(run(function() end), run(function(story) story:shuffle(7):duplicate():shape "mixed" end))
  end)
end

local function stays_silent(twin, rules, tactic, act)
  local id = twin.id .. tactic

  it("is silent on what the principal does anyway", function()
    local story = anomaly.team(rules, twin.kind, 30, function(s, day)
      if day % 7 == 1 then knows(s, twin.kind, act) end
    end)
    assert.quiet(anomaly.attack(story, "hard", twin.kind, act), id)
    assert.quiet(anomaly.attack(story, "medium", twin.kind, act), id)
  end)

  it("learns for fourteen days", function()
    local function after(days) return anomaly.attack(anomaly.team(rules, twin.kind, days), "easy", twin.kind, act) end
    assert.quiet(after(13))
    -- on the fifteenth day: first seen at 9h10m, it has not settled before then
    local story = anomaly.team(rules, twin.kind, 14)
    anomaly.attack(story, "easy", twin.kind, changed(act, { at = "10h" }))
    assert.alert(story, id, { severity = "medium", count = 1 })
  end)

  it("leaves the other kind of principal to its twin", function()
    local other = twin.kind == "user" and "service_principal" or "user"
    assert.quiet(anomaly.attack(anomaly.team(rules, other), "easy", other, act), id)
    local story = anomaly.team(rules, "user")
    assert.quiet(story:act(changed(act, { at = "2h", by = "backup", kind = "platform", ip = "51.2.3.4" })))
  end)
end

--- What holds for both twins of a tactic. `act` is { does =, on =, … }: an operation that is not everyday; `second` one
-- that has the tactic, but another one before it.
function anomaly.twins(tactic, rules, act, second)
  for _, twin in ipairs(twins) do
    describe(twin.id .. tactic, function()
      fires(twin, rules, tactic, act)
      stays_silent(twin, rules, tactic, act)
      if second then
        it("leaves an operation to the tactic that stands first", function()
          assert.quiet(anomaly.attack(anomaly.team(rules, twin.kind), "easy", twin.kind, second), twin.id .. tactic)
        end)
      end
    end)
  end
end

return anomaly
