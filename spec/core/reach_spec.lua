-- Everything a rule can reach, called with what nobody expects: each call ends in a value or in an error with its
-- place, within the budget, and the rule beside it raises its alert.
local core = require "armrun.core"
local hostile = require "armrun.hostile"

local INSTRUCTIONS <const>, BYTES <const> = 500000, 4 << 20
local rounds <const> = tonumber(os.getenv "ARMRUN_REACH_ROUNDS") or 2

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local reach <const> = read "spec/fuzz/reach.lua"

-- What reach.lua calls, by name.
local function called()
  local names = {}
  for name in reach:gmatch '"([^"\n]+)", ' do names[name] = true end
  return names
end

-- How the walk's names are called there: libraries cannot be read or changed past their own fields, which the marks do.
local function is_called(names, name)
  if names[name] or name:find ":__index$" or name:find ":__newindex$" then return true end
  local module = name:match "^(armrun%.[%w_.]+)%."
  while module do
    if reach:find('"' .. module:gsub("^armrun%.", "") .. '"', 1, true) or reach:find('"' .. module .. '"', 1, true) then
      return true
    end
    module = module:match "^(.+)%."
  end
  return false
end

describe("all that a rule can reach", function()
  it("is called by spec/fuzz/reach.lua: every word, every function of Lua that is left, every module", function()
    local names, count = called(), 0
    for name in pairs(core.T.reach.lab():walk()) do
      count = count + 1
      assert.is_true(is_called(names, name), name .. " can be reached and is not in spec/fuzz/reach.lua")
    end
    assert.is_true(count > 140)
  end)

  it("has the methods of what detect() is given among them", function()
    local names = called()
    local views, methods = core.T.binding.api()
    for view, fields in pairs(views) do
      for field, kind in pairs(fields) do
        if kind == "method" then assert.is_true(names[view .. "." .. field], view .. "." .. field) end
      end
    end
    for kind, list in pairs(methods) do
      for name in pairs(list) do assert.is_true(names[kind .. "." .. name], kind .. "." .. name) end
    end
  end)

  it("holds no metatable that can be had, and no upvalue that can be changed", function()
    for name in pairs(core.T.reach.lab():walk()) do
      assert.is_nil(name:find "metatable", name)
      assert.is_nil(name:find "^debug", name)
      assert.is_nil(name:find "^io", name)
      assert.is_nil(name:find "^os", name)
    end
  end)
end)

local RECORD <const> = '{"time":"2024-05-02T10:0%d:00Z","resourceId":"/subscriptions/11111111-1111-1111-1111-11111111'
  .. '1111/resourceGroups/rg/providers/a/b/x%d","operationName":"A/B/%s","category":"Administrative",'
  .. '"resultType":"Success","correlationId":"c0000000-0000-0000-0000-00000000000%d","callerIpAddress":"198.51.100.7",'
  .. '"identity":{"claims":{"http://schemas.microsoft.com/identity/claims/objectidentifier":'
  .. '"a0000000-0000-0000-0000-000000000001"}},"properties":{"a":[1,{"b":null}],"requestbody":"{\\"a\\":[[]]}"}}\n'

local NEIGHBOUR <const> = [[
rule "NEIGHBOUR" { title = "t", severity = "low", on = operation "a/b/c",
  detect = function() return alert { reason("seen", "seen") } end }]]

local log <const> = RECORD:format(1, 1, "C", 1) .. RECORD:format(2, 2, "D", 2)

-- Runs the rule with these bytes over two acts: what it said of its failure, or nil.
local function run(bytes)
  local escaped = bytes:gsub(".", function(c) return ("\\%03d"):format(c:byte()) end)
  local text = reach:gsub("@BYTES@", (escaped:gsub("%%", "%%%%")))
  local engine, message = core.engine {
    text = { ["rules/x.lua"] = text, ["rules/y.lua"] = NEIGHBOUR }, now = "2024-06-01T00:00:00Z", seed = 7,
  }
  assert(engine, message)
  local result = engine:run(log, "log.json")
  engine:close()
  assert.equal(1, result.rules.NEIGHBOUR.alerts)
  return result.rules.FUZZ.fault
end

describe("hostile calls", function()
  it("of every function with odd arguments end in a value or in an error with its place", function()
    local seed, faults = 4711, 0
    local function random(n)
      seed = (seed * 6364136223846793005 + 1442695040888963407)
      return (seed >> 33) % n
    end
    for first = 0, 255 do
      for round = 1, rounds do
        local bytes = string.char(first, round % 6, random(256), random(256), random(256), random(256), random(256))
        local fault = run(bytes)
        if fault then
          faults = faults + 1
          assert.matches("^[%w_/]+%.lua:%d+: ", fault)
        end
      end
    end
    assert.is_true(faults > 256 * rounds / 4, "most odd calls are errors")
  end)

  -- A loop ends when the budget does: so whatever a call does is charged to it, or it would go on for hours.
  it("for ever end when the budget does", function()
    local lab = core.T.reach.lab()
    local pool = { "nil", "0", "1e308", "math.maxinteger", "math.mininteger", "''", "s", "t", "{}", "f", "'%99.99f'",
      "'a{1,9}*b'", "'*a*b?'", "u" }
    local seed = 815
    local function pick()
      seed = (seed * 6364136223846793005 + 1442695040888963407)
      return pool[(seed >> 33) % #pool + 1]
    end
    local names = {}
    for name, kind in pairs(lab:walk()) do
      if kind == "c" and not name:find "[:()]" and not name:find "^armrun%." then names[#names + 1] = name end
    end
    table.sort(names)
    assert.is_true(#names > 50, table.concat(names, " "))
    for _, name in ipairs(names) do
      for _ = 1, rounds do
        local text = ("local s, t, u, f = ('a'):rep(100000), {}, ('é'):rep(900), function(a, b) return a end " ..
          "for i = 1, 10000 do t[i] = i end while true do %s(%s, %s, %s) end"):format(name, pick(), pick(), pick())
        local message, code, spent, peak = lab:call(text)
        assert.truthy(message, text)
        assert.truthy(code == "budget" or code == "rule", code .. ": " .. text)
        local what = ("%d instructions, %d bytes, %s: %s"):format(spent, peak, message, text)
        assert.truthy(spent <= INSTRUCTIONS * 1.2 and peak <= BYTES or nil, what)
      end
    end
  end)

  it("are more than the list that check --sandbox runs", function()
    assert.is_true(#hostile.chunks >= 27)
  end)
end)
