-- A tenant simulated, read and judged, by the program alone: what armrun simulate writes is what armrun evaluate reads.
local build <const> = os.getenv "ARMRUN_BUILD" or "build"
local ID <const> = "ARM_PowerZure.RunCodeOnBehalf"

local folder = ""

local function armrun(words)
  local pipe = assert(io.popen(("%s/armrun %s 2>&1"):format(build, words:gsub("DIR", folder))))
  local out = pipe:read "a"
  local _, _, code = pipe:close()
  return code, out
end

local function count(path, part)
  local n = 0
  for line in io.lines(folder .. path) do n = n + (line:find(part, 1, true) and 1 or 0) end
  return n
end

describe("simulate, detect, evaluate", function()
  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert.equal(0, armrun("simulate --quiet --principals 30 --days 6 --attacks " .. ID .. " -o DIR"))
    assert.equal(0, armrun("--quiet --format json --now 2100-01-01 -o DIR/alerts.jsonl "
      .. "rules/toolkit/powerzure/run_code_on_behalf.lua DIR/log"))
  end)

  teardown(function() os.execute("rm -rf " .. folder) end)

  it("finds every attack of a toolkit, and none that is not there", function()
    local code, out = armrun "evaluate DIR/labels.jsonl DIR/alerts.jsonl --format json"
    assert.equal(0, code, out)
    local report = require("armrun.core").decode(out)
    local attacks = count("/labels.jsonl", '"kind":"attack"')
    assert.is_true(attacks > 0)
    assert.equal(1, #report.ids)
    assert.same({ ID, attacks, attacks, 0 }, { report.ids[1].id, report.ids[1].sessions, report.ids[1].found,
      report.ids[1].false_alerts })
    assert.equal(count("/labels.jsonl", '"kind":"look_alike"'), report.ids[1].look_alikes)
    assert.equal(count("/labels.jsonl", '"kind":"principal"') * 3, report.principal_days)
  end)

  it("misses them all without alerts, and the gate says so", function()
    assert.equal(0, (armrun "evaluate DIR/labels.jsonl DIR/alerts.jsonl --format gate -o DIR/gate.json"))
    assert.equal(0, (armrun "evaluate DIR/labels.jsonl DIR/alerts.jsonl --gate DIR/gate.json -o DIR/out"))
    assert.equal(1, (armrun "evaluate DIR/labels.jsonl /dev/null --gate DIR/gate.json -o DIR/out"))
  end)

  it("says what is wrong", function()
    local code, out = armrun "evaluate DIR/labels.jsonl"
    assert.equal(2, code)
    assert.truthy(out:find("armrun evaluate: no alerts after '" .. folder .. "/labels.jsonl'", 1, true), out)
    assert.equal(0, (armrun "evaluate --help"))
  end)
end)

describe("the tools", function()
  it("have each option of their --help in every completion", function()
    for _, tool in ipairs { "simulate", "evaluate" } do
      local _, help = armrun(tool .. " --help")
      local seen = 0
      for option in help:gmatch "\n  %-%-([a-z-]+)" do
        seen = seen + 1
        for _, name in ipairs { "armrun.bash", "_armrun", "armrun.fish" } do
          local file <close> = assert(io.open("docs/completions/" .. name))
          local wanted = (name == "armrun.fish" and "-l " or "--") .. option
          assert.truthy(file:read "a":find(wanted, 1, true), name .. " lacks " .. wanted)
        end
      end
      assert.is_true(seen >= 5, tool)
    end
  end)
end)
