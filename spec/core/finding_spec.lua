-- finding_spec.lua — what the engine says of its own run: in the stream behind the alerts, and never one of them.
local testing = require "armrun.testing"

local storage <const> = "Microsoft.Storage/storageAccounts/listKeys/action"

-- Alerts at the second act of a principal within a day; remembers `cap` principals.
local RULE <const> = [[
rule "R" {
  title = "r", severity = "high", on = operation "]] .. storage .. [[",
  state = { keys = count { by = { "principal" }, within = "1d", cap = %d } },
  detect = function(act, state)
    if state.keys:add(act).total == 2 then return alert { reason("twice", "twice") } end
  end,
}]]

local function flood(cap, principals)
  local story = testing.story { text = RULE:format(cap) }
  story:with { seed = 7 }
  for i = 1, principals do story:act { at = i .. "s", by = "p" .. i, does = storage, on = "sa" .. i } end
  return story
end

describe("findings", function()
  it("are none when all fitted in", function()
    local result = flood(100, 20):run()
    assert.same({}, result.findings)
  end)

  it("tell which table was full, how large it is, how many left, and since when", function()
    local story = flood(8, 20)
    local result = story:run()
    assert.same({ 0, 1 }, { #result.alerts, #result.findings })
    local finding = result.findings[1]
    assert.same({ "finding", "armrun.StatePressure", "low", 32, 0 },
      { finding.kind, finding.rule, finding.severity, #finding.id, finding.evidence_total })
    assert.equal(1, #finding.reasons)
    local values = finding.reasons[1].values
    assert.same({ "R", "keys", 8, 12, 0 },
      { values.owner, values.table, values.cap, values.evicted, values.evicted_with_score })
    -- the ninth principal is the first without a place
    local ninth = testing.story { text = RULE:format(8):gsub("== 2", "== 1") }
    ninth:act { at = "9s", by = "p9", does = storage, on = "sa9" }
    assert.equal(ninth:run().alerts[1].time, values.first)
    assert.equal(values.first, finding.time)
  end)

  it("follow the alerts, fail nothing, and can be left out", function()
    local build = os.getenv "ARMRUN_BUILD" or "build"
    local rules, log = os.tmpname(), os.tmpname()
    local story = flood(8, 20)
    story:act { at = "30s", by = "p20", does = storage, on = "sa1" }
    for path, text in pairs { [rules] = RULE:format(8), [log] = story:text() } do
      local file <close> = assert(io.open(path, "w"))
      file:write(text)
    end
    os.rename(rules, rules .. ".lua")
    local function run(options)
      local pipe = assert(io.popen(("%s/armrun --format json --quiet %s %s.lua %s; echo $?")
        :format(build, options, rules, log)))
      local seen = {}
      for line in pipe:lines() do seen[#seen + 1] = line:match '"rule":"([^"]+)"' or line end
      pipe:close()
      return seen
    end
    assert.same({ "R", "armrun.StatePressure", "0" }, run "")
    assert.same({ "R", "armrun.StatePressure", "1" }, run "--fail-on high")
    assert.same({ "R", "0" }, run "--except 'armrun.*'")
    assert.same({ "R", "0" }, run "--min-severity medium")
    assert.same({ "armrun.StatePressure", "0" }, run "--fail-on low --only armrun.StatePressure")
    assert.same({ "0" }, run "--fail-on low --only armrun.StatePressure --until 2001-01-01")
    os.remove(rules .. ".lua")
    os.remove(log)
  end)

  it("are the same for every order of the records, every seed, one thread or two", function()
    local one = flood(8, 60):run().findings
    for i, options in ipairs { { seed = 99 }, { seed = 7, threads = 2 }, { seed = 7, sorted = true } } do
      local other = flood(8, 60)
      other:with(options)
      other.shuffled = i
      assert.same(one, other:run().findings)
    end
  end)
end)
