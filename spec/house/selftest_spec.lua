-- armrun check --sandbox: the program runs hostile rules on itself and says how each ended.
local build <const> = os.getenv "ARMRUN_BUILD" or "build"
local hostile <const> = require "armrun.hostile"

local function armrun(words)
  local pipe = assert(io.popen(("%s/armrun %s 2>&1 </dev/null"):format(build, words)))
  local out = pipe:read "a"
  local _, _, code = pipe:close()
  return code, out
end

describe("armrun check --sandbox", function()
  it("holds every hostile rule, and says with which words", function()
    local all = #hostile.chunks + #hostile.files + #hostile.detects
    assert.is_true(all >= 190)
    local code, out = armrun "check --sandbox"
    assert.equal(0, code, out)
    local held = select(2, out:gsub("%f[^\n\0]held    ", ""))
    assert.equal(all, held)
    assert.truthy(out:find("\nheld    an endless loop: rules/x.lua:1: used up its 500,000 instructions", 1, true)
      or out:find("^held    an endless loop: rules/x.lua:1: used up its 500,000 instructions"))
    assert.truthy(out:find(("\n%d hostile rules held\n"):format(all), 1, true))
  end)

  it("is silent with --quiet, and looks at rules as well when they are named", function()
    local code, out = armrun "check --sandbox --quiet"
    assert.same({ 0, "" }, { code, out })
    code, out = armrun "check --sandbox --quiet none"
    assert.equal(2, code)
    assert.truthy(out:find "none: No such file or directory")
  end)

  it("knows what it looks for: no two attacks have one name, each says how it ends", function()
    local names = {}
    for _, case in ipairs(hostile.chunks) do
      assert.is_nil(names[case[1]], case[1])
      names[case[1]] = true
      assert.truthy(case[3] == "rule" or case[3] == "budget", case[1])
      assert.is_true(#case[4] > 1, case[1])
    end
  end)
end)
