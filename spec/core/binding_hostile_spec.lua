-- Rule files that mean harm, or nothing: each ends in a problem or a fault with its place, never in a crash.
local core = require "armrun.core"
local testing = require "armrun.testing"
local load = core.T.binding.load

local HEAD = 'title = "t", severity = "low", on = operation "a/b/c"'

-- At load time: file text, and what its first problem says.
local files = {
  { 'local a = any_of { operation "x" } a.items[2] = a rule "X" { title = "t", severity = "low", on = a, ' ..
    'detect = function() end }', "nested too deep" },
  { 'rule "X" { title = ("x"):rep(1e9) }', "memory|MiB|bytes|instructions" },
  { 'local t = {} for i = 1, 1e9 do t[i] = {} end', "instructions|MiB" },
  { 'for i = 1, 1e6 do rule("R" .. i) { } end', "is missing" },
  { 'rule(5)', "the id is missing" },
  { 'rule "X" (5)', "was expected" },
  { 'rule { }', "the id is missing" },
  { 'rule "" { }', "the id is missing" },
  { 'operation { { } }', "a name such as" },
  { 'operation(nil)', "operation without a name" },
  { 'act(7)', "stand in braces" },
  { 'high_risk(act { })', "high_risk: the list is empty" },
  { 'act { ip = { } }', "ip: the list is empty" },
  { 'any_of(3)', "at least one alternative" },
  { 'step()', "a step needs a name" },
  { 'count(1)', "was expected" },
  { 'tally { by = { tally { } } }; rule "X" { state = { s = tally { by = { { } }, within = { } } } }', "is not known" },
  { 'rule "X" { ' .. HEAD .. ', state = { s = tally { by = { "ip", "ip", "ip", "ip", "ip" }, within = "1h" } }, ' ..
    'detect = function() end }', "at most four" },
  { 'rule "X" { ' .. HEAD .. ', state = { s = count { by = { "ip" }, within = "1h", cap = -1 } }, ' ..
    'detect = function() end }', "whole number" },
  { 'rule "X" { ' .. HEAD .. ', state = { s = count { by = { "ip" }, within = "-5m" } }, detect = function() end }',
    "a span such as" },
  { 'rule "X" { ' .. HEAD .. ', params = { x = { } }, detect = function() end }', "params are" },
  { 'rule "X" { ' .. HEAD .. ', params = 5, burst = 5, needs = 5, about = 5, state = 5, detect = 5 }',
    "was expected|not known" },
  { 'alert { reason("a", "b") }', "while the file is loaded" },
  { 'reason("a", "%n")', "is no format" },
  { 'reason("a", "%99999d", 1)', "a width over 99" },
  { 'reason("a", "%0000000000000000000000d", 1)', "too long" },
  { 'reason("a", ("x"):rep(5000))', "at most 4,096 bytes" },
  { 'reason("a", "%s", function() end)', "is no value" },
  { 'reason("a", "{b:time}", { b = 1 })', "only span can follow" },
  { 'require("lib." .. ("x"):rep(1000))', "at most 100 bytes" },
  { 'local s = {} for i = 1, 2000 do s[i] = operation("x" .. i) end for i = 1, 2000 do any_of(s) end ' ..
    'rule "X" { ' .. HEAD:gsub("operation.*", "any_of(s)") .. ', on = any_of { any_of(s), any_of(s) }, ' ..
    'detect = function() end, at = any_of(s), }', "was expected|used up|only" },
  { 'require "../secret"', "not found" },
  { 'require "armrun.head"', "not found" },
  { 'tune "X" { }', "stands in a tuning file" },
  { '\27Lua', "compiled Lua" },
}

-- In detect: body, and what the fault says.
local bodies = {
  { "act.body({}, 'x')", "act expected, got table" },
  { "act:body(('x'):rep(600))", "at most 512 bytes" },
  { "act:body()", "string expected, got no value" },
  { "state.s.add({}, act)", "armrun.state expected, got table" },
  { "state.s:add()", "act expected, got no value" },
  { "state.s:add(state)", "act expected, got userdata" },
  { "state.s:add(act, {})", "string expected, got table" },
  { "state.s:add(act).exactly(act, 1)", "tally expected, got userdata" },
  { "local t = state.s:add(act) state.s:add(act) return t:exactly(1)", "out of date" },
  { "return state.s:add(act):exactly(-1)", "a count" },
  { "while true do state.s:add(act) end", "used up its" },
  { "local t = {} while true do t[#t + 1] = act.principal end", "used up its|used more than" },
  { "return alert(5)", "table expected, got number" },
  { "return alert { 5 }", "every entry is a reason" },
  { "return alert { { code = 1, text = {}, values = 0 } }", "every entry is a reason" },
  { "return alert { reason('a', 'b'), score = 0/0, threshold = 1 }", "not a finite number" },
  { "return alert { reason('a', 'b'), score = 1 }", "score and threshold go together" },
  { "return alert { reason('a', 'b'), evidence = { 5 } }", "a remembered act expected, got number" },
  { "local first = alert { reason('a', 'b') } alert { reason('a', 'c') } return first", "the alert it made last" },
  { "local r = {} for i = 1, 40 do r[i] = reason('a' .. i, 'b') end return alert(r)", "at most 32 reasons" },
  { "return alert", "must return alert { … } or nothing, not a function" },
  { "error({})", "the error is a table" },
  { "error()", "error without a message" },
  { "return act + 1", "attempt to perform arithmetic" },
  { "return #act", "attempt to get length" },
  { "for _ in pairs(act) do end", "table expected" },
  { "params.x = 1", "attempt to index|cannot be changed|read" },
}

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
