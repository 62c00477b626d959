-- armrun evaluate: a tenant small enough to count by hand. 2,000 principals are judged for 10 days: 20 times 1,000
-- principals and a day; 50 subscriptions: 5 times 100 and a day.
local evaluate = require "armrun.evaluate"
local gate = require "armrun.evaluate.gate"
local instant = require "armrun.evaluate.instant"
local json = require "armrun.json"
local match = require "armrun.evaluate.match"
local measure = require "armrun.evaluate.measure"
local options = require "armrun.evaluate.options"
local problem = require "armrun.evaluate.problem"
local decode = require("armrun.core").decode

local KEYS <const>, STORAGE <const> = "ARM_MicroBurst.AZStorageKeysREST", "ARM_PowerZure.ShowStorageContent"
local IMPACT <const>, RBAC <const> = "ARM_AnomalousOperation.Impact", "ARM_AnomalousRBACRoleAssignment"
local COMPUTE <const>, TOR <const> = "ARM_SuspiciousComputeCreation", "ARM_OperationFromSuspiciousIP"

local folder

local function write(name, lines)
  local path = folder .. "/" .. name
  local file <close> = assert(io.open(path, "w"))
  for _, line in ipairs(lines) do file:write(type(line) == "table" and json.encode(line) or line, "\n") end
  return path
end


before_each(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir " .. folder))
end)

after_each(function() os.execute("rm -r " .. folder) end)

-- "20 10:00" is 2026-02-20T10:00:00Z.
local function at(when)
  local day, rest = when:match "^(%d+) (%S+)$"
  return ("2026-02-%02dT%s%sZ"):format(tonumber(day), rest, #rest == 5 and ":00" or "")
end

local function simulation(extra)
  local label = { kind = "simulation", seed = 1, principals = 2000, days = 55, shape = "rest", subscriptions = 50,
    from = "2026-01-01T00:00:00Z", judged_from = at "15 00:00", ["until"] = at "25 00:00",
    sources = { "activity", "directory" } }
  for key, value in pairs(extra or {}) do label[key] = value end
  return label
end

local sessions
before_each(function() sessions = 0 end)

local function session(kind, id, who, from, to, extra)
  sessions = sessions + 1
  local label = { kind = kind, session = sessions, id = id, from = at(from), ["until"] = at(to),
    principals = who and { who } or { array = true } }
  if kind == "attack" then label.sources, label.severity = { "activity" }, "Low" end
  for key, value in pairs(extra or {}) do label[key] = value end
  return label
end

local function attack(...) return session("attack", ...) end

local function alert(rule, who, time, extra)
  local line = { rule = rule, severity = "low", state = "final", time = at(time), start = at(time), ["end"] = at(time),
    principal = who and { id = who, key = who } or nil, evidence = { { time = at(time) } }, evidence_total = 1 }
  for key, value in pairs(extra or {}) do line[key] = value end
  return line
end

local function report(labels, alerts, beside)
  local paths, names = {}, {}
  for name, list in pairs(beside or {}) do
    names[#names + 1] = name
    paths[name] = { write(name, list) }
  end
  return evaluate.report({ { labels = write("labels.jsonl", labels), alerts = write("alerts.jsonl", alerts) } }, names,
    paths)
end

local function of(list, key, value)
  for _, item in ipairs(list) do
    if item[key] == value then return item end
  end
  error("there is no " .. value)
end

local function id(r, name) return of(r.ids, "id", name) end
local function group(r, key) return of(r.groups, "key", key) end
local function near(expected, value) assert.is_true(math.abs(expected - value) < 1e-4, tostring(value)) end

describe("evaluate: what an alert is about", function()
  it("is the session of its id, of an accepted sibling, or of another id", function()
    local labels = { simulation(), attack(KEYS, "a", "20 10:00", "20 10:05", { accepts = { STORAGE } }),
      attack(KEYS, "b", "20 10:00", "20 10:05", { accepts = { STORAGE } }),
      attack(KEYS, "c", "20 10:00", "20 10:05", { accepts = { STORAGE } }),
      attack(KEYS, "d", "20 10:00", "20 10:05", { accepts = { STORAGE } }) }
    local r = report(labels, { alert(KEYS, "A", "20 10:02"), alert(STORAGE, "b", "20 10:02"),
      alert(IMPACT, "c", "20 10:02") })
    local keys = id(r, KEYS)
    assert.same({ 4, 1, 2, 3, 1, 1 }, { keys.sessions, keys.exact, keys.found, keys.any, keys.collateral,
      keys.collateral_only })
    near(.25, keys.exact_recall)
    near(.5, keys.recall)
    assert.equal(0, group(r, "all").false_alerts)
  end)

  it("needs the principal, and evidence from 5 minutes before to 65 after", function()
    local labels = { simulation(), attack(KEYS, "a", "20 10:00", "20 11:00") }
    for time, found in pairs { ["20 09:54:59"] = 0, ["20 09:55"] = 1, ["20 12:05"] = 1, ["20 12:05:01"] = 0 } do
      assert.equal(found, id(report(labels, { alert(KEYS, "a", time) }), KEYS).found, time)
    end
    local r = report(labels, { alert(KEYS, "b", "20 10:30") })
    assert.same({ 0, 1 }, { id(r, KEYS).found, id(r, KEYS).false_alerts })
  end)

  it("is told by evidence, not by a day-long burst around the attack", function()
    local labels = { simulation(), attack(KEYS, "a", "20 10:00", "20 11:00") }
    local burst = { ["end"] = at "20 18:00", evidence = { { time = at "20 06:00" }, { time = at "20 18:00" } },
      evidence_total = 2 }
    assert.equal(0, id(report(labels, { alert(KEYS, "a", "20 06:00", burst) }), KEYS).found)
    burst.evidence_total = 30 -- some are not shown
    assert.equal(1, id(report(labels, { alert(KEYS, "a", "20 06:00", burst) }), KEYS).found)
    burst.evidence_total, burst.evidence[2].time = 2, at "20 10:30"
    local early = id(report(labels, { alert(KEYS, "a", "20 06:00", burst) }), KEYS)
    assert.same({ 1, 1, 0 }, { early.found, early.early, early.seconds_median })
  end)

  it("is by subscription or address when nobody is named", function()
    local labels = { simulation(), attack(COMPUTE, "a", "20 10:00", "20 11:00", { subscription = "S1" }),
      attack(TOR, "b", "21 10:00", "21 11:00", { ips = { "203.0.113.9" } }),
      attack(COMPUTE, nil, "22 10:00", "22 11:00", { subscription = "S2" }) }
    local r = report(labels, { alert(COMPUTE, nil, "20 10:30", { subscriptions = { "s1" } }),
      alert(TOR, nil, "21 10:30", { ips = { { address = "203.0.113.9" } } }),
      alert(COMPUTE, "z", "22 10:30", { subscriptions = { "s2" } }),
      alert(COMPUTE, "z", "20 10:30", { subscriptions = { "s1" } }) }) -- somebody else: false
    assert.same({ 2, 2, 1 }, { id(r, COMPUTE).sessions, id(r, COMPUTE).found, id(r, COMPUTE).false_alerts })
    assert.equal(1, id(r, TOR).found)
    near(1 / 5, group(r, "compute").false_rate) -- one in 5 times 100 subscriptions and a day
    near(1 / 20, group(r, "compute").false_per_1k_day)
  end)

  it("is the session it fits best when there are two", function()
    local labels = { simulation(), attack(IMPACT, "a", "20 10:00", "20 11:00", { difficulty = "easy" }),
      attack(KEYS, "a", "20 10:10", "20 10:20") }
    local r = report(labels, { alert(KEYS, "a", "20 10:15") })
    assert.same({ 1, 0 }, { id(r, KEYS).found, id(r, IMPACT).any })
  end)

  it("passes over what was superseded, and over what the run says of itself, which is noted", function()
    local r = report({ simulation() }, { alert(KEYS, "a", "20 10:15", { state = "superseded" }),
      { kind = "finding", rule = "armrun.StatePressure", summary = "tables were full" } })
    assert.equal(0, r.alerts)
    assert.same({ "armrun.StatePressure: tables were full" }, r.notes)
  end)
end)

describe("evaluate: how well attacks are found", function()
  it("is told by difficulty, with the interval of so few sessions", function()
    local labels, alerts = { simulation() }, {}
    for i = 1, 10 do
      labels[#labels + 1] = attack(IMPACT, "u" .. i, "20 10:00", "20 11:00", { difficulty = i <= 4 and "easy" or "hard" })
      if i <= 8 then alerts[#alerts + 1] = alert(IMPACT, "u" .. i, "20 10:30") end
    end
    local impact = id(report(labels, alerts), IMPACT)
    near(.8, impact.recall)
    near(1, impact.difficulties.easy.recall)
    near(4 / 6, impact.difficulties.hard.recall)
    near(.4902, impact.recall_low) -- Wilson, 8 of 10: (.8 + .19207 ∓ .31599) / 1.38415 = .4902 and .9433
    near(.9433, impact.recall_high)
  end)

  it("takes the time from the start of the session, median and 90 % by nearest rank", function()
    local labels, alerts = { simulation() }, {}
    for i = 1, 10 do
      labels[#labels + 1] = attack(IMPACT, "u" .. i, "20 10:00", "20 11:00", { difficulty = "easy" })
      alerts[i] = alert(IMPACT, "u" .. i, ("20 10:%02d"):format(i)) -- after 1, 2 … 10 minutes
    end
    local impact = id(report(labels, alerts), IMPACT)
    assert.same({ 300, 540 }, { impact.seconds_median, impact.seconds_p90 })
  end)

  it("counts the records of the session up to the alert", function()
    local evidence = { { time = at "19 10:00" }, { time = at "20 10:01" }, { time = at "20 10:02" },
      { time = at "20 10:30" } }
    local r = report({ simulation(), attack(KEYS, "a", "20 10:00", "20 11:00") },
      { alert(KEYS, "a", "20 10:02", { evidence = evidence, evidence_total = 4 }) })
    assert.equal(2, id(r, KEYS).events_median)
  end)

  it("counts a second alert of one id for one session as a duplicate", function()
    local r = report({ simulation(), attack(KEYS, "a", "20 10:00", "20 11:00") },
      { alert(KEYS, "a", "20 10:10"), alert(KEYS, "a", "20 10:20"), alert(IMPACT, "a", "20 10:20") })
    assert.same({ 1, 1, 1 }, { id(r, KEYS).found, id(r, KEYS).duplicates, id(r, KEYS).collateral })
  end)

  it("compares severities of the same id only", function()
    local labels = { simulation(), attack(RBAC, "a", "20 10:00", "20 11:00", { severity = "High" }),
      attack(RBAC, "b", "20 10:00", "20 11:00", { severity = "Low" }),
      attack(RBAC, "c", "20 10:00", "20 11:00", { severity = "High" }),
      attack(KEYS, "d", "20 10:00", "20 11:00", { severity = "High", accepts = { STORAGE } }) }
    local r = report(labels, { alert(RBAC, "a", "20 10:10"), alert(RBAC, "b", "20 10:10", { severity = "high" }),
      alert(RBAC, "c", "20 10:10", { severity = "high" }), alert(STORAGE, "d", "20 10:10") })
    assert.same({ 1, 1 }, { id(r, RBAC).severity_lower, id(r, RBAC).severity_higher })
    assert.same({ 0, 0 }, { id(r, KEYS).severity_lower, id(r, KEYS).severity_higher })
    assert.equal(1, group(r, "rbac").pim_high) -- labelled low, told high
  end)

  it("does not count as missed what a withheld source keeps from firing", function()
    local labels = { simulation(), attack(KEYS, "a", "20 10:00", "20 11:00", { sources = { "activity", "read" } }),
      attack(KEYS, "b", "20 10:00", "20 11:00"), attack(KEYS, "c", "20 10:00", "20 11:00", { sources = { "read" } }) }
    local keys = id(report(labels, { alert(KEYS, "b", "20 10:10"), alert(KEYS, "c", "20 10:10") }), KEYS)
    assert.same({ 1, 2, 1, 1 }, { keys.sessions, keys.unable, keys.unable_found, keys.recall })
  end)
end)

describe("evaluate: how often it cries wolf", function()
  local function noisy()
    local labels = { simulation(), { kind = "principal", id = "D1", archetype = "dev" },
      { kind = "principal", id = "d2", archetype = "dev" }, { kind = "principal", id = "c1", archetype = "ci" },
      session("look_alike", KEYS, "c1", "20 10:00", "20 11:00", { name = "rotation" }),
      session("look_alike", KEYS, "c1", "22 10:00", "22 11:00", { name = "rotation" }) }
    return report(labels, { alert(KEYS, "c1", "20 10:10"), alert(KEYS, "c1", "20 10:20"), alert(IMPACT, "c1", "22 10:10"),
      alert(IMPACT, "d1", "18 10:00"), alert(IMPACT, "d2", "18 10:00"), alert(IMPACT, "x", "18 10:00"),
      alert(KEYS, nil, "19 10:00"), alert(KEYS, "d1", "10 10:00"), alert(IMPACT, "d1", "14 23:59:59") })
  end

  it("counts what no attack explains, per 1,000 principals and day, in the judged days", function()
    local r = noisy()
    assert.equal(7, group(r, "all").false_alerts)
    near(7 / 20, group(r, "all").false_rate)
    near(3 / 20, group(r, "toolkit").false_rate)
    near(4 / 20, group(r, "anomaly").false_rate)
    assert.same({ 3, 2 }, { id(r, KEYS).false_alerts, id(r, KEYS).false_in_look_alikes })
    assert.same({ 4, 1 }, { id(r, IMPACT).false_alerts, id(r, IMPACT).false_in_look_alikes })
  end)

  it("counts look-alikes that raised the alert they resemble, once each", function()
    local r = noisy()
    assert.same({ 2, 1 }, { id(r, KEYS).look_alikes, id(r, KEYS).violations })
    assert.same({ 0, 0 }, { id(r, IMPACT).look_alikes, id(r, IMPACT).violations })
    assert.is_false(group(r, "toolkit").met.violations)
  end)

  it("sets apart what came while learning, above all about habits", function()
    local r = noisy()
    assert.same({ 1, 1 }, { id(r, KEYS).learning, id(r, IMPACT).learning })
    -- Of two, one is about habits; it comes after the first 14 days, in which such an alert is a defect.
    local all = group(r, "all")
    assert.same({ 2, 0, 1 }, { all.learning, all.learning_anomaly, all.settling_anomaly })
    assert.is_true(all.met.learning_anomaly)
    r = report({ simulation() }, { alert(IMPACT, "d", "14 23:59", { time = "2026-01-14T23:59:59Z" }),
      alert(KEYS, "d", "14 23:59", { time = "2026-01-14T23:59:59Z" }) })
    assert.same({ 1, 0 }, { group(r, "all").learning_anomaly, group(r, "all").settling_anomaly })
    assert.is_false(group(r, "all").met.learning_anomaly)
  end)

  it("says whose they are", function()
    local list = noisy().archetypes
    local ci, dev = of(list, "archetype", "ci"), of(list, "archetype", "dev")
    assert.same({ 1, 3, 2, 2 }, { ci.principals, ci.false_alerts, dev.principals, dev.false_alerts })
    near(1000 * 3 / (1 * 10), ci.per_1k_day)
    near(1000 * 2 / (2 * 10), dev.per_1k_day)
    near(3 / 7, ci.share)
    assert.equal(1, of(list, "archetype", "(unlabelled)").false_alerts)
    assert.equal(1, of(list, "archetype", "(nobody)").false_alerts)
  end)

  it("says which of them as what", function()
    assert.same({ { id = IMPACT, archetype = "dev", false_alerts = 2 }, { id = KEYS, archetype = "ci", false_alerts = 2 } },
      { table.unpack(noisy().habits, 1, 2) })
  end)

  it("splits role assignments by severity, and knows PIM by its look-alike", function()
    local r = report({ simulation(), session("look_alike", RBAC, "p", "20 10:00", "20 11:00", { name = "pim_activation" }) },
      { alert(RBAC, "a", "18 10:00", { severity = "high" }), alert(RBAC, "b", "18 10:00"), alert(RBAC, "c", "18 10:00"),
        alert(RBAC, "p", "20 10:10", { severity = "high" }) })
    local rbac = group(r, "rbac")
    near(2 / 20, rbac.false_high)
    near(2 / 20, rbac.false_low)
    assert.equal(1, rbac.pim_high)
    assert.is_false(rbac.met.pim_high)
    assert.is_true(rbac.met.false_high)
  end)

  it("does not count what identity switching raised, which has its own score", function()
    local labels = { simulation(), session("switch", nil, "a", "20 00:00", "24 00:00", { principals = { "a", "b" } }),
      session("switch", nil, "c", "20 00:00", "24 00:00", { principals = { "c", "d" } }) }
    local r = report(labels, { alert(IMPACT, "b", "20 02:00"), alert(IMPACT, "a", "21 10:00"),
      alert(IMPACT, "c", "19 10:00") }) -- before the switch: false
    assert.same({ 2, 1, 2, 7200 }, { r.switches.pairs, r.switches.found, r.switches.alerts, r.switches.seconds_median })
    assert.equal(1, group(r, "all").false_alerts)
  end)

  it("becomes precision at a stated prevalence", function()
    -- 12 attacks a year per 1,000, .5 found: 6/365 = .016438 right alerts a day beside .1 false ones
    near(.016438 / .116438, measure.precision(.5, .1, 12))
    assert.is_nil(measure.precision(0, 0, 12))
  end)
end)

describe("evaluate: goals", function()
  it("are met, missed, or cannot be told", function()
    local labels = { simulation() }
    for i = 1, 10 do labels[i + 1] = attack(IMPACT, "u" .. i, "20 10:00", "20 11:00", { difficulty = "medium" }) end
    local alerts = {}
    for i = 1, 9 do alerts[i] = alert(IMPACT, "u" .. i, "20 10:10") end
    local anomaly = group(report(labels, alerts), "anomaly")
    assert.is_false(anomaly.met.medium) -- .9 of .92
    assert.is_nil(anomaly.met.easy)
    assert.is_true(anomaly.met.false_rate)
  end)

  it("are those of the issue for every group", function()
    local seen = {}
    for _, rule in ipairs { KEYS, IMPACT, "ARM_AnomalousServiceOperation.Impact", RBAC, COMPUTE, TOR,
      "ARM_UnusedAccountPersistence", "ARM_UnusedAppIbizaPersistence", "ARM_UnusedAppPowershellPersistence",
      "ARM_AnomalousElevateAccess", "RM_MicroBurst.AzureRmVMBulkCMD" } do
      seen[#seen + 1] = require("armrun.evaluate.groups").of(rule)
    end
    assert.same({ "toolkit", "anomaly", "anomaly", "rbac", "compute", "toolkit", "account", "app", "app", "toolkit",
      "toolkit" }, seen)
  end)
end)

describe("evaluate: what stands beside", function()
  local labels, naive
  before_each(function()
    labels = { simulation(), attack(KEYS, "a", "20 10:00", "20 11:00"),
      attack(IMPACT, "b", "20 10:00", "20 11:00", { difficulty = "easy" }),
      attack(IMPACT, "c", "20 10:00", "20 11:00", { difficulty = "easy" }) }
    naive = { alert("NAIVE", "a", "20 10:01"), alert("NAIVE", "b", "20 10:01") }
    for i = 1, 40 do naive[#naive + 1] = alert("NAIVE", "n" .. i, "18 10:00") end
  end)

  it("is measured by any alert about an attack, whatever it is called", function()
    local r = report(labels, { alert(KEYS, "a", "20 10:01") }, { naive = naive })
    local beside = r.beside[1]
    assert.same({ "naive", 42, 40, 2 }, { beside.name, beside.alerts, beside.false_alerts, beside.any })
    near(2 / 3, beside.recall)
    near(.5, beside.difficulties.easy)
    near(2, beside.false_per_1k_day)
    assert.is_nil(beside.groups)
    near(1 / 3, group(r, "all").any_recall)
  end)

  it("has groups of its own when its alerts have the ids of the labels", function()
    local r = report(labels, {}, { precise = { alert(IMPACT, "b", "20 10:01") } })
    near(.5, of(r.beside[1].groups, "key", "anomaly").difficulties.easy.recall)
  end)
end)

describe("evaluate: several simulations", function()
  it("are added up", function()
    local function pair(n, found)
      local labels = { simulation { seed = n }, attack(KEYS, "a", "20 10:00", "20 11:00") }
      return { labels = write("labels" .. n, labels),
        alerts = write("alerts" .. n, { alert(KEYS, found, "20 10:10"), alert(KEYS, "z", "20 10:10") }) }
    end
    local r = evaluate.report { pair(1, "a"), pair(2, "y") }
    assert.same({ 2, 1, 3 }, { id(r, KEYS).sessions, id(r, KEYS).found, id(r, KEYS).false_alerts })
    near(3 / 40, id(r, KEYS).false_per_1k_day)
  end)
end)

describe("evaluate: the gate", function()
  it("lets false alerts rise by 10 %, and few by two", function()
    assert.is_false(gate.rises(100, 110))
    assert.is_true(gate.rises(100, 111))
    assert.is_false(gate.rises(5, 7))
    assert.is_true(gate.rises(5, 8))
    assert.is_false(gate.rises(0, 2))
    assert.is_true(gate.rises(0, 3))
    assert.is_false(gate.rises(20, 22))
    assert.is_true(gate.rises(20, 23))
    assert.is_false(gate.rises(50, 3))
  end)

  it("lets recall drop by .03, and of few sessions lose one, not all", function()
    assert.is_false(gate.drops(100, 90, 87, 1))
    assert.is_true(gate.drops(100, 90, 86, 1))
    assert.is_false(gate.drops(10, 9, 8, 1))
    assert.is_true(gate.drops(10, 9, 7, 1))
    assert.is_true(gate.drops(1, 1, 0, 1))
    assert.is_true(gate.drops(10, 10, 9, 0)) -- a toolkit
    assert.is_false(gate.drops(10, 5, 9, 0))
    assert.is_false(gate.drops(0, 0, 0, 0))
  end)

  local function run(found, wrong)
    local labels, alerts = { simulation() }, {}
    sessions = 0 -- the same labels every time
    for _, rule in ipairs { KEYS, IMPACT } do
      for i = 1, 10 do
        labels[#labels + 1] = attack(rule, rule .. i, "20 10:00", "20 11:00")
        if i <= found[rule] then alerts[#alerts + 1] = alert(rule, rule .. i, "20 10:10") end
      end
    end
    for i = 1, wrong do alerts[#alerts + 1] = alert(IMPACT, "n" .. i, "18 10:00") end
    return report(labels, alerts)
  end

  local function store(before)
    local path = folder .. "/gate.json"
    local file <close> = assert(io.open(path, "w"))
    file:write(json.encode(gate.extract(before)))
    return path
  end

  it("says what is worse", function()
    local stored = gate.read(store(run({ [KEYS] = 10, [IMPACT] = 9 }, 20)))
    assert.same({}, gate.compare(stored, run({ [KEYS] = 10, [IMPACT] = 8 }, 22)))
    -- One lost of 10: too much for a toolkit and its group, and for all only with a second one.
    assert.same({ KEYS .. ": recall fell from 10 to 9 of 10 sessions", "false alerts rose from 20 to 23" },
      gate.compare(stored, run({ [KEYS] = 9, [IMPACT] = 9 }, 23)))
    assert.same({ IMPACT .. ": recall fell from 9 to 7 of 10 sessions",
      "anomalous operations (18): recall fell from 9 to 7 of 10 sessions", "all: recall fell from 19 to 17 of 20 sessions" },
      gate.compare(stored, run({ [KEYS] = 10, [IMPACT] = 7 }, 0)))
  end)

  it("refuses figures of another simulation", function()
    local stored = gate.read(store(run({ [KEYS] = 10, [IMPACT] = 9 }, 20)))
    local good, raised = pcall(gate.compare, stored, report({ simulation { seed = 2 } }, {}))
    assert.is_false(good)
    assert.is_true(problem.is(raised))
    assert.truthy(raised.text:find("another simulation (seed is 2, 1 is stored)", 1, true), raised.text)
    local other = run({ [KEYS] = 10, [IMPACT] = 9 }, 20)
    other.simulations[1].digest = "0"
    good, raised = pcall(gate.compare, stored, other)
    assert.is_false(good)
    assert.truthy(raised.text:find("another simulation (digest is 0, ", 1, true), raised.text)
  end)

  it("tells labels apart that differ in a single character", function()
    local labels = { simulation(), attack(KEYS, "a", "20 10:00", "20 11:00") }
    local one, same = report(labels, {}).simulations[1].digest, report(labels, {}).simulations[1].digest
    labels[2].principals = { "b" }
    assert.equal(one, same)
    assert.not_equal(one, report(labels, {}).simulations[1].digest)
  end)
end)

describe("evaluate: the command", function()
  local said, errors, real_stderr
  before_each(function()
    errors, real_stderr = {}, io.stderr
    io.stderr = { write = function(self, ...) -- luacheck: ignore 122
      errors[#errors + 1] = table.concat { ... }
      return self
    end }
  end)
  after_each(function() io.stderr = real_stderr end) -- luacheck: ignore 122

  local function main(...)
    local out = folder .. "/out"
    local words = { ... }
    table.move({ "-o", out }, 1, 2, #words + 1, words)
    local code = evaluate.main(words)
    local file <close> = io.open(out, "rb")
    said = table.concat(errors)
    errors = {}
    return code, file and file:read "a"
  end

  local function files()
    return write("labels.jsonl", { simulation(), attack(KEYS, "a", "20 10:00", "20 11:00"),
      attack(KEYS, "b", "20 10:00", "20 11:00", { sources = { "read" } }) }),
      write("alerts.jsonl", { alert(KEYS, "a", "20 10:10"), alert("<b>&\"x\"", "z", "20 10:10") })
  end

  it("prints text of 80 columns", function()
    local labels, alerts = files()
    local code, out = main(labels, alerts, "--beside", "naive=" .. alerts)
    assert.equal(0, code, said)
    for line in out:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80, line) end
    assert.truthy(out:find("ARM_MicroBurst.AZStorageKeysREST                     1     1     1     0       -", 1, true), out)
    assert.truthy(out:find("ARM_MicroBurst.AZStorageKeysREST: 1 sessions", 1, true), out)
    assert.truthy(out:find("toolkit and deterministic         1      1", 1, true), out)
  end)

  it("prints JSON that says the same", function()
    local labels, alerts = files()
    local code, out = main("--format=json", labels, alerts)
    assert.equal(0, code)
    local told = decode(out)
    assert.equal(1, id(told, KEYS).found)
    near(1 / 20, group(told, "all").false_rate)
  end)

  it("lists what was missed, and what cried wolf", function()
    local labels = write("labels.jsonl", { simulation(), { kind = "principal", id = "z", archetype = "dev" },
      attack(KEYS, "a", "20 10:00", "20 11:00", { difficulty = "hard" }), attack(KEYS, "b", "20 10:00", "20 11:00") })
    local alerts = write("alerts.jsonl", { alert(KEYS, "b", "20 10:10"), alert(IMPACT, "a", "20 10:10"),
      alert(KEYS, "z", "20 10:10") })
    local _, out = main("--format", "list", labels, alerts)
    assert.equal("missed\t1\t" .. KEYS .. "\thard\t2026-02-20T10:00:00Z\ta\ttold as " .. IMPACT .. "\n"
      .. "false\t1\t" .. KEYS .. "\tdev\t2026-02-20T10:10:00Z\tz\t\n", out)
  end)

  it("prints a page that holds everything and lets nothing in", function()
    local labels, alerts = files()
    local code, out = main("--format", "html", labels, alerts, "--beside", "<i>&=" .. alerts)
    assert.equal(0, code)
    assert.truthy(out:find("<svg", 1, true))
    assert.truthy(out:find("&lt;b&gt;&amp;&quot;x&quot;", 1, true))
    assert.truthy(out:find("&lt;i&gt;&amp;", 1, true))
    assert.is_nil(out:find("<b>", 1, true))
    assert.is_nil(out:find("<i>", 1, true))
    assert.is_nil(out:find "https?:")
    assert.is_nil(out:find "src=" or out:find "href=" or out:find "url%(" or out:find "@import")
  end)

  it("fails at the gate, after printing", function()
    local labels, alerts = files()
    local stored = folder .. "/gate.json"
    assert.equal(0, evaluate.main { labels, alerts, "--format", "gate", "-o", stored })
    assert.equal(0, (main(labels, alerts, "--gate", stored)))
    assert.truthy(said:find("gate: passed", 1, true))
    local code, out = main(labels, write("worse", { alert(KEYS, "c", "20 10:10") }), "--gate", stored)
    assert.equal(1, code)
    assert.truthy(out:find("toolkit and deterministic", 1, true))
    assert.truthy(said:find("gate: " .. KEYS .. ": recall fell from 1 to 0 of 1 sessions", 1, true), said)
    assert.equal(2, (main(labels, alerts, "--gate", folder .. "/none")))
    assert.equal(2, (main(labels, alerts, "--gate", labels)))
  end)

  it("says what is wrong with words and files", function()
    local labels, alerts = files()
    local function refused(message, ...)
      assert.equal(2, (main(...)))
      assert.truthy(said:find("armrun evaluate: " .. message, 1, true), said)
    end
    refused("nothing to do: name the labels and the alerts")
    refused("no alerts after '" .. labels .. "'; expected pairs", labels)
    refused("there is no option '--besdie', did you mean '--beside'?", "--besdie", "x=y", labels, alerts)
    refused("--beside: 'x' is not NAME=ALERTS", labels, alerts, "--beside", "x")
    refused("--beside: 'x' has 2 files for 1 pairs", labels, alerts, "--beside", "x=a", "--beside", "x=b")
    refused("--format: 'xml' is unknown; expected text, json, html, list or gate", labels, alerts, "--format", "xml")
    refused(folder .. "/none cannot be opened", labels, folder .. "/none")
    refused(alerts .. ': no line has "kind":"simulation"', alerts, alerts)
    refused(folder .. "/bad:2: no JSON from byte 1 on; expected one JSON object a line", labels,
      write("bad", { "{\"rule\":\"X\",\"time\":\"2026-02-20T10:00:00Z\"}", "{" }))
    refused(folder .. "/bad:1: an alert without 'rule'", labels, write("bad", { "{}" }))
    refused(folder .. "/bad:1: 'time' is yesterday; expected a time such as", labels,
      write("bad", { { rule = "X", time = "yesterday" } }))
    refused(folder .. "/bad:1: nothing is judged", write("bad", { simulation { ["until"] = at "15 00:00" } }), alerts)
    refused(folder .. "/bad:1: 'principals' is nil; expected how many", write("bad",
      { (json.encode(simulation()):gsub('"principals":2000,', "")) }), alerts)
  end)

  it("writes every format when asked for reports", function()
    local labels, alerts = files()
    local _, out = main(labels, alerts, "--reports", folder .. "/q")
    for _, format in ipairs { "text", "json", "html", "list", "gate" } do
      local file <close> = assert(io.open(folder .. "/q." .. format))
      assert.is_true(format ~= "text" or file:read "a" == out)
    end
    assert.equal(0, (main(labels, alerts, "--gate", folder .. "/q.gate")))
    assert.equal(4, (main(labels, alerts, "--reports", folder .. "/none/q")))
  end)

  it("says so when it cannot write", function()
    local labels, alerts = files()
    assert.equal(4, evaluate.main { labels, alerts, "-o", folder .. "/none/out" })
    assert.truthy(table.concat(errors):find("none/out cannot be written", 1, true))
  end)
end)

describe("evaluate: times", function()
  it("are read to the fraction of a second", function()
    assert.equal(0, instant.parse "1970-01-01T00:00:00Z")
    assert.equal(951782400, instant.parse "2000-02-29T00:00:00Z")
    assert.equal(1767225601.5, instant.parse "2026-01-01T00:00:01.5000000Z")
    for _, bad in ipairs { "2026-01-01", "2026-01-01T00:00:01", "2026-01-01T00:00:01.Z", "2026-01-01T00:00:011Z", "x" } do
      assert.is_nil(instant.parse(bad), bad)
    end
    assert.is_nil(instant.parse(nil))
  end)

  it("are told in the unit people would say", function()
    assert.same({ "-", "41 s", "12 min", "3.5 h", "2.1 d" }, { instant.span(nil), instant.span(41), instant.span(720),
      instant.span(12600), instant.span(181440) })
  end)
end)

describe("evaluate: numbers", function()
  local show = require "armrun.evaluate.show"

  it("never round a share to all or to none", function()
    assert.same({ "-", "0", "<.001", ".001", ".987", ".999", "1" }, { show.share(nil), show.share(0), show.share(.0001),
      show.share(.001), show.share(.987), show.share(.99999), show.share(1) })
  end)

  it("have three places that count", function()
    assert.same({ "0", "<.001", ".033", "1.52", "28.6", "150", "1,253" }, { show.rate(0), show.rate(.0001),
      show.rate(1 / 30), show.rate(1.52), show.rate(28.57), show.rate(150.2), show.rate(1252.9) })
    assert.same({ "7", "1,204", "1,204,331" }, { show.count(7), show.count(1204), show.count(1204331) })
  end)
end)

describe("evaluate: the quantile", function()
  it("is the nearest rank", function()
    assert.equal(3, measure.quantile({ 5, 1, 3, 2, 4 }, .5))
    assert.equal(5, measure.quantile({ 5, 1, 3, 2, 4 }, .9))
    assert.equal(1, measure.quantile({ 1 }, .9))
    assert.is_nil(measure.quantile({}, .5))
  end)

  it("and the slack around a session are what the page says", function()
    assert.same({ 300, 3900 }, { match.BEFORE, match.AFTER })
    assert.is_true(options.parse({ "--help" }).help)
  end)
end)
