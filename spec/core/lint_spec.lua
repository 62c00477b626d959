-- Names nobody declared, and fields an act does not have: told with file and line when the rules are loaded, before the
-- first event, also in branches that would hardly ever run.
local core = require "armrun.core"

local function problems(body, head)
  local text = (head or "") .. 'rule "X" { title = "x", severity = "low", on = operation "a/b/write",\n'
    .. "detect = function(act, state, params)\n" .. body .. "\nend }"
  local engine, _, list = core.engine { text = { ["x.lua"] = text } }
  return engine and {} or list
end

local wrong = {
  { "if false then return act.principle end", "x.lua:3: act has no 'principle', did you mean 'principal'?" },
  { "local a = 1\nif a > 2 then return act.principal.nam end",
    "x.lua:4: act.principal has no 'nam', did you mean 'name'?" },
  { "return act:boddy 'x'", "x.lua:3: act has no 'boddy', did you mean 'body'?" },
  { "return act.profile.gap_befor", "x.lua:3: act.profile has no 'gap_befor', did you mean 'gap_before'?" },
  { "-- line\n--[[ long\ncomment ]]\nreturn evv", "x.lua:6: undefined name 'evv'" },
  { "return [[\n\n]] .. evv", "x.lua:5: undefined name 'evv'" },
  { "return setmetatable", "x.lua:3: 'setmetatable' is not available in rules: rules use plain tables" },
  { "x = 1", "x.lua:3: undefined name 'x'" },
  { "return suffx(act.operation, '/write')", "x.lua:3: undefined name 'suffx', did you mean 'suffix'?" },
}

local right = {
  "local t = { evv = 1, nested = { a = 2; b = 3 } } return t.evv + t.nested.a",
  "-- evv act.principle\nlocal s = 'evv act.principle' .. [==[ evv ]] act.nothing ]==] return #s",
  "for k, v in pairs { 1 } do local w <const> = k + v if w > 1 then goto done end ::done:: end",
  "local function f(a, ...) return a, select('#', ...) end return f(1)",
  "local t = {} function t.go(x) return x end function t:on() return self end return t.go(1)",
  "local act = { principle = 1 } return act.principle",
  "local function g(act) return act.anything end return g(1)",
  "local a, b = 1, 0x1F a, b = b, a return a .. b .. 1e5 // 3",
  "local s = \"a\\\"evv\" .. 'b\\'evv' return s",
  "if act.principal.name == act.intel.feed then return end return act.risk.first",
}

describe("names in a rule file", function()
  for i, case in ipairs(wrong) do
    it(("%d are told when they do not exist: %s"):format(i, case[2]), function()
      local list = problems(case[1])
      assert.equal(1, #list)
      assert.equal(case[2], (list[1]:gsub("^rules/", "")))
    end)
  end

  for i, body in ipairs(right) do
    it(i .. " are left alone when they do: " .. body:sub(1, 50):gsub("\n", " "), function()
      assert.same({}, problems(body))
    end)
  end

  it("are told together, each with its line", function()
    assert.equal(3, #problems "local a = act.one\nlocal b = two\nreturn act.three, a, b")
  end)

  it("are not looked for in a file that is longer than any person's", function()
    assert.same({}, problems("return evv", "local t = {" .. ("1,"):rep(4200) .. "}\n"))
  end)
end)
