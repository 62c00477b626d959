-- The simulator: the same bytes from the same seed, a log the program reads whole in every shape, everyday life that no
-- story touches, and labels that say what is in it.
local decode = require("armrun.core").decode
local build <const> = os.getenv "ARMRUN_BUILD" or "build"
local folder

local function run(words)
  local pipe = io.popen(("%s/armrun %s 2>&1"):format(build, words))
  local out = pipe:read "a"
  local _, _, code = pipe:close()
  return out, code
end

local function simulate(name, words)
  local out, code = run(("simulate --quiet --principals 30 --days 16 -o %s/%s %s"):format(folder, name, words or ""))
  assert.equal("", out)
  assert.equal(0, code)
end

local function sum(name)
  local pipe = io.popen(("cd %s/%s && find . -type f | sort | xargs cat | sha256sum"):format(folder, name))
  local text = pipe:read "a"
  pipe:close()
  return text
end

local function lines_of(path)
  local list = {}
  for line in io.lines(folder .. "/" .. path) do list[#list + 1] = line end
  return list
end

local function labels(name)
  local list = {}
  for i, line in ipairs(lines_of(name .. "/labels.jsonl")) do list[i] = assert(decode(line)) end
  return list
end

-- The alert ids of a log, and the summary.
local function alerts(name)
  local intel = ("--intel tor=%s/%s/intel/tor.txt --intel malicious=%s/%s/intel/malicious.txt"):format(folder, name,
    folder, name)
  local out = run(("builtin %s/%s/log %s --format json -o %s/%s.jsonl"):format(folder, name, intel, folder, name))
  local ids = {}
  for i, line in ipairs(lines_of(name .. ".jsonl")) do ids[i] = decode(line).id end
  return ids, out
end

-- The records of a folder of REST pages by event id.
local function rest_records(name)
  local by_id, count = {}, 0
  local pipe = io.popen(("cat %s/%s/log/activity/*.json"):format(folder, name))
  for line in pipe:lines() do
    for _, record in ipairs(assert(decode(line)).value) do
      if not by_id[record.eventDataId] then count = count + 1 end
      by_id[record.eventDataId] = record
    end
  end
  pipe:close()
  return by_id, count
end

describe("armrun simulate", function()
  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir " .. folder))
    simulate "rest"
    simulate("calm", "--attacks none")
  end)

  teardown(function() os.execute("rm -rf " .. folder) end)

  it("writes the same bytes from the same seed, others from another", function()
    simulate "again"
    assert.equal(sum "rest", sum "again")
    simulate("other", "--seed 2")
    assert.not_equal(sum "rest", sum "other")
  end)

  it("writes what the program reads without a reject, with the same alerts in every shape", function()
    local ids, told = alerts "rest"
    assert.is_true(#ids > 10, #ids .. " alerts")
    assert.is_nil(told:find "rejected")
    for _, shape in ipairs { "eventhub", "storage", "loganalytics" } do
      simulate(shape, "--shape " .. shape)
      local same, summary = alerts(shape)
      assert.is_nil(summary:find "rejected")
      assert.same(ids, same)
    end
  end)

  it("leaves everyday life alone, whatever stories there are", function()
    local calm, calm_count = rest_records "calm"
    local all, all_count = rest_records "rest"
    assert.is_true(all_count > calm_count)
    local changed = {}
    for id, record in pairs(calm) do
      local other = all[id]
      local same = other and other.correlationId == record.correlationId and other.eventTimestamp == record.eventTimestamp
        and other.resourceId == record.resourceId
      if not same then changed[#changed + 1] = id end
    end
    assert.same({}, changed)
  end)

  it("gives an act one to three records, in the order of its phases", function()
    local acts, order = {}, { Started = 1, Accepted = 2, Succeeded = 3, Failed = 3 }
    for _, record in pairs((rest_records "calm")) do
      local key = record.correlationId .. record.operationName.value .. record.resourceId
      acts[key] = acts[key] or {}
      table.insert(acts[key], record)
    end
    local seen = {}
    for _, records in pairs(acts) do
      table.sort(records, function(a, b) return a.eventTimestamp < b.eventTimestamp end)
      seen[#records] = (seen[#records] or 0) + 1
      for i = 2, #records do
        local before, now = order[records[i - 1].status.value], order[records[i].status.value]
        assert.is_true(now > before or before == 3, "phases go back")
      end
    end
    assert.is_true(seen[1] > 0 and seen[2] > seen[1] and seen[3] > 0)
    local many = 0
    for count, n in pairs(seen) do many = many + (count > 3 and n or 0) end
    assert.is_true(many * 100 <= seen[2], "one act in a hundred may be done twice under one correlation")
  end)

  it("tells in labels who there is and what was done, within the judged time", function()
    local all, kinds, known = labels "rest", {}, {}
    local head = all[1]
    assert.equal("simulation", head.kind)
    assert.equal("2026-01-05T00:00:00.000Z", head.from)
    assert.equal("2026-01-13T00:00:00.000Z", head.judged_from)
    assert.equal("2026-01-21T00:00:00.000Z", head["until"])
    for _, label in ipairs(all) do
      kinds[label.kind] = (kinds[label.kind] or 0) + 1
      if label.kind == "principal" then known[label.id] = true end
    end
    assert.equal(head.principals, kinds.principal)
    assert.is_true(kinds.attack >= 5 and kinds.look_alike >= 5 and kinds.switch >= 1)
    for _, label in ipairs(all) do
      if label.session then
        assert.is_true(label.from >= head.judged_from and label.from <= label["until"])
        assert.is_true(#label.principals >= 1)
      end
    end
    assert.equal(1 + kinds.principal, #all - kinds.attack - kinds.look_alike - kinds.switch)
    assert.equal(1 + #labels "calm" - 1, 1 + kinds.principal)
    assert.is_true(next(known) ~= nil)
  end)

  it("gives one principal to one story at a time", function()
    local last, close = {}, 0
    local sessions = {}
    for _, label in ipairs(labels "rest") do
      if label.kind == "attack" and #label.principals == 1 then sessions[#sessions + 1] = label end
    end
    table.sort(sessions, function(a, b) return a.from < b.from end)
    for _, label in ipairs(sessions) do
      local p = label.principals[1]
      if last[p] == label.from then close = close + 1 end
      last[p] = label.from
    end
    assert.equal(0, close)
  end)

  it("withholds a log", function()
    simulate("without", "--without read,signin --without keyvault")
    local pipe = io.popen(("ls %s/without/log"):format(folder))
    assert.equal("activity\naudit\ndirectory\n", pipe:read "a")
    pipe:close()
    assert.same({ "activity", "directory", "audit" }, labels "without"[1].sources)
  end)

  it("streams the activity log, byte for byte that of the file", function()
    local command = "%s/armrun simulate --quiet --principals 30 --days 16 --shape loganalytics -o - --labels %s/l.jsonl "
      .. ">%s/streamed 2>&1"
    assert(os.execute(command:format(build, folder, folder)))
    simulate("filed", "--shape loganalytics")
    assert(os.execute(("cat %s/filed/log/activity/*.json | cmp -s - %s/streamed"):format(folder, folder)))
    assert.equal("simulation", decode(lines_of("l.jsonl")[1]).kind)
  end)

  it("says what was meant", function()
    for words, part in pairs {
      ["--principls 5 -o x"] = "'--principls' is no option (did you mean --principals?)",
      ["--shape evnthub -o x"] = "(did you mean eventhub?)", ["--without reads -o x"] = "(did you mean read?)",
      ["--days zero -o x"] = "expected a whole number", ["--attacks ARM_Azurit -o x"] = "(did you mean ARM_Azurite?)",
      ["--seed 1"] = "-o DIR is missing", ["--from 2026-02-30 -o x"] = "there is no day 2026-02-30",
    } do
      local out, code = run("simulate " .. words)
      assert.truthy(out:find(part, 1, true), words .. " -> " .. out)
      assert.equal(2, code)
    end
    assert.truthy((run "simulate --help"):find("Usage: armrun simulate", 1, true))
  end)
end)

describe("everyday life", function()
  it("is as new to a naive detector as real tenants are", function()
    local simulation = require "armrun.simulate"
    local sim = simulation.build { seed = 3, size = 60, days = 110, shape = "rest", attacks = "none", without = {},
      from = 1767571200000 }
    local counts = require("armrun.simulate.self_check").count(sim, simulation.run)
    assert.is_true(counts.rates[7] >= 150, "7 days: " .. counts.rates[7])
    assert.is_true(counts.rates[14] >= 100, "14 days: " .. counts.rates[14])
    assert.is_true(counts.rates[90] >= 40, "90 days: " .. counts.rates[90])
  end)
end)
