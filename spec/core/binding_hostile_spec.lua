-- Rule files that mean harm, or nothing: each ends in a problem or a fault with its place, never in a crash.
local core = require "armrun.core"
local testing = require "armrun.testing"
local load = core.T.binding.load

local HEAD = 'title = "t", severity = "low", on = operation "a/b/c"'

local hostile <const> = require "armrun.hostile"
local files <const>, bodies <const> = hostile.files, hostile.detects

local function says(text, wanted)
  for part in wanted:gmatch "[^|]+" do
    if text:find(part, 1, true) then return true end
  end
  return false
end

describe("a hostile rule file", function()
  for i, case in ipairs(files) do
    it(("%d is told: %s"):format(i, case[2]), function()
      local _, problems = load(case[1])
      assert.is_true(#problems > 0 and #problems <= 200, "no problem was told")
      assert.is_true(says(problems[1], case[2]), problems[1])
      assert.matches("^rules/a.lua:", problems[1])
    end)
  end
end)

describe("a hostile detect", function()
  for _, case in ipairs(bodies) do
    it("is stopped: " .. case[1], function()
      local text = 'rule "X" { %s, state = { s = tally { by = { "principal" }, of = "resource", within = "1h" } },\n' ..
        ' detect = function(act, state, params) %s end }'
      local story = testing.story { text = text:format(HEAD, case[1]) }
      story:act { by = "m", does = "a/b/c", on = "x" }
      local told = story:run().rules.X
      assert.equal(1, told.faults)
      assert.is_true(says(told.fault, case[2]), told.fault)
      assert.matches("^rules/text.lua:%d+: ", told.fault)
      assert.equal(0, #story:alerts())
    end)
  end
end)

describe("a hostile record", function()
  local function told(body, act)
    local text = 'rule "X" { %s, state = { s = tally { by = { "principal" }, within = "1h" } },\n' ..
      ' detect = function(act, state, params) %s end }'
    local story = testing.story { text = text:format(HEAD, body) }
    act.by, act.does, act.on = "m", "a/b/c", act.on or "x"
    story:act(act)
    local result = story:run()
    assert.equal(0, result.rules.X.faults, result.rules.X.fault)
    return result.alerts[1].reasons[1]
  end
  local seen <const> = [[local v, cut = act:body "a"
    return alert { reason("seen", "{n} {cut}", { n = v and #v, cut = cut }) }]]

  it("cannot spend a rule's budget with a large body", function()
    local many = {}
    for i = 1, 100000 do many[i] = 1 end
    assert.same({ n = 20000, cut = true }, told(seen, { body = { a = many } }).values)
    local some = { table.unpack(many, 1, 1000) }
    assert.equal("1000 unknown", told(seen, { body = { a = some } }).text)
  end)

  it("cannot with a deep one", function()
    local deep = { }
    for _ = 1, 50 do deep = { deep } end
    assert.equal("1 yes", told(seen, { body = { a = deep } }).text)
  end)

  it("cannot make reasons or members of any length", function()
    local long = ("é"):rep(50000)
    local reason = told('state.s:add(act, act.resource_name) return alert { reason("seen", "{a} {b}", ' ..
      '{ a = act.resource_name, b = act.resource_name }) }', { on = long })
    assert.equal(4096, #reason.text)
    assert.equal(4096, #reason.values.a)
    assert.truthy(utf8.len(reason.text))
  end)
end)
