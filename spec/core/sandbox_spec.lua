-- What a stranger's rule can and cannot do. Work is bounded in instructions and bytes, never in time.
local run = require("armrun.core").T.sandbox.run

local INSTRUCTIONS, BYTES = 500000, 4 * 1024 * 1024

local function fails(text, code, message, options)
  local result, said, was, stats = run(text, options)
  assert.is_nil(result)
  assert.equal(code, was)
  assert.truthy(said:find(message, 1, true), ("expected %q in %q"):format(message, said))
  return said, stats
end

local function gives(expected, text, options)
  local result, said = run(text, options)
  assert.is_nil(said)
  assert.equal(expected, result)
end

-- The hook looks every 1,000 instructions; one look may cost up to the price of the longest string alive.
local function bounded(stats)
  assert.is_true(stats.instructions <= INSTRUCTIONS * 1.2, "spent " .. stats.instructions)
  assert.is_true(stats.bytes <= BYTES, "used " .. stats.bytes)
end

describe("sandbox: words", function()
  it("runs ordinary Lua", function()
    gives(6, "local n = 0 for _, v in ipairs{1, 2, 3} do n = n + v end return n")
    gives("a-b", "return table.concat({ 'a', 'b' }, '-')")
    gives("007 x", "return ('%03d %s'):format(7, 'x')")
    gives(3, "return select('#', 1, nil, 3)")
    gives("cba", "return ('abc'):reverse()")
    gives(97, "return ('abc'):byte()")
    gives(2, "return utf8.len('éa')")
    gives(7, "return #table.pack(table.unpack({ 1, 2, 3, 4, 5, 6, 7 }))")
    gives(12, "return '5' + 7")
    gives("3|1|2", "local t = { 1, 2 } table.insert(t, 1, 3) return table.concat(t, '|')")
  end)

  it("names an undefined name with file, line and the nearest one", function()
    fails("local ev = 1\nreturn evv", "rule", "rules/x.lua:2: undefined name 'evv', did you mean 'ev'?")
    fails("return tabel", "rule", "undefined name 'tabel', did you mean 'table'?")
    fails("local up = 1\nlocal function f() return up + upp end\nreturn f()", "rule",
      "rules/x.lua:2: undefined name 'upp', did you mean 'up'?")
    fails("return qqqqqq", "rule", "rules/x.lua:1: undefined name 'qqqqqq'")
    fails("return table.consat({})", "rule", "'table' has no 'consat', did you mean 'concat'?")
    fails("return ('x'):uper()", "rule", "'string' has no 'uper', did you mean 'upper'?")
  end)

  it("refuses global variables, also those that exist", function()
    fails("\nx = 1", "rule", "rules/x.lua:2: 'x' is not a local variable")
    fails("pairs = nil", "rule", "rules/x.lua:1: 'pairs' is not a local variable")
    fails("_ENV.x = 1", "rule", "'x' is not a local variable")
  end)

  it("keeps the file's whole name in messages, however long", function()
    local name = ("folder/"):rep(20) .. "rule.lua"
    local said = fails("error('boo')", "rule", ":1: boo", { name = name })
    assert.equal(name .. ":1: boo", said)
    said = fails("local x = = 1", "rule", "unexpected symbol", { name = name })
    assert.equal(name .. ":1: unexpected symbol near '='", said)
  end)

  for _, name in ipairs {
    "pcall", "xpcall", "load", "loadstring", "loadfile", "dofile", "coroutine", "setmetatable", "getmetatable",
    "rawset", "rawget", "next", "collectgarbage", "print", "io", "os", "debug", "package", "_G", "string.find",
    "string.match", "string.gmatch", "string.gsub", "string.dump", "string.pack", "string.unpack", "math.randomseed",
  } do
    it("does not give " .. name .. ", and says so", function()
      fails("return " .. name, "rule", "rules/x.lua:1: '" .. name .. "' is not available in rules: ")
    end)
  end
end)

describe("sandbox: results that repeat", function()
  it("walks tables in one order", function()
    gives("1=10 2=20 -1=5 2.5=3 10=9 B=1 a=2 b=1 false=6 true=4", [[
      local out = {}
      local t = { 10, 20, b = 1, a = 2, B = 1, [2.5] = 3, [true] = 4, [false] = 6, [-1] = 5, [10] = 9 }
      for k, v in pairs(t) do out[#out + 1] = tostring(k) .. "=" .. v end
      return table.concat(out, " ")]])
  end)

  it("orders numbers that differ by less than a float can tell", function()
    gives("9007199254740992 9007199254740993", [[
      local out = {}
      for k in pairs { [9007199254740993] = 1, [9007199254740992] = 1 } do out[#out + 1] = k end
      return table.concat(out, " ")]])
  end)

  it("lets a table change while it is walked", function()
    gives("ac", [[
      local seen, t = "", { c = 1, a = 2, b = 3 }
      for k in pairs(t) do seen = seen .. k; t[k] = nil; t.b = nil; t["z" .. k] = 1 end
      return seen]])
  end)

  it("has no order for keys without one", function()
    fails("for k in pairs { [{}] = 1 } do end", "rule", "the order of keys that are tables is not defined")
    fails("for k in pairs(nil) do end", "rule", "table expected")
  end)

  it("shows no address", function()
    gives("table function", "return tostring({}) .. ' ' .. tostring(type)")
    gives("table function nil", "return ('%s %s %s'):format({}, pairs, nil)")
    gives("regex", "return tostring(regex 'a')")
    fails("return ('%p'):format({})", "rule", "'%p' is not available in rules")
    fails("return ('%-10p'):format({})", "rule", "'%p' is not available in rules")
  end)

  it("draws the same random numbers in each call, by the seed it was given", function()
    local text = "return function() return math.random(1000000) .. ' ' .. math.random(1000000) end"
    local once, thrice = run(text, { calls = 1, seed = 7 }), run(text, { calls = 3, seed = 7 })
    assert.equal(once, thrice)
    assert.not_equal(once, (run(text, { calls = 1, seed = 8 })))
    gives(true, [[
      for i = 1, 1000 do
        local a, b, c = math.random(), math.random(3), math.random(-2, 2)
        if a < 0 or a >= 1 or b < 1 or b > 3 or c < -2 or c > 2 then return false end
      end
      return true]])
    fails("return math.random(0)", "rule", "interval is empty")
  end)

  it("sorts stably, and ends whatever a comparator says", function()
    gives("1a 1b 1c 2d", [[
      local t = { { 2, "d" }, { 1, "a" }, { 1, "b" }, { 1, "c" } }
      table.sort(t, function(a, b) return a[1] < b[1] end)
      for i, v in ipairs(t) do t[i] = v[1] .. v[2] end
      return table.concat(t, " ")]])
    gives("1 2 3 4 5 6 7", "local t = { 7, 3, 5, 1, 6, 2, 4 } table.sort(t) return table.concat(t, ' ')")
    gives(100, "local t = {} for i = 1, 100 do t[i] = i % 7 end table.sort(t, function() return true end) return #t")
    fails("table.sort { 3, 1, 'x' }", "rule", "rules/x.lua:1: attempt to compare")
  end)

  it("spends the same on the same", function()
    local text = "local t = {} for i = 1, 5000 do t['k' .. i % 97] = ('x'):rep(i % 300) end return 1"
    local _, _, _, a = run(text)
    local _, _, _, b = run(text)
    assert.equal(a.instructions, b.instructions)
    assert.is_true(a.instructions > 5000)
  end)
end)

describe("sandbox: text words", function()
  it("contains, prefix, suffix", function()
    gives(true, "return contains('microsoft.compute', 'soft.c')")
    gives(false, "return contains('microsoft.compute', 'Soft.C')")
    gives(true, "return contains('microsoft.compute', 'Soft.C', 'i')")
    gives(true, "return contains('x', '')")
    gives(true, "return prefix('abc', 'ab') and not prefix('abc', 'b') and prefix('ABC', 'ab', 'i')")
    gives(true, "return suffix('abc', 'bc') and not suffix('abc', 'b') and suffix('ABC', 'bc', 'i')")
    gives(false, "return contains(nil, 'x') or prefix(nil, 'x') or suffix(nil, 'x') or glob(nil, '*')")
    gives(false, "return suffix('c', 'abc')")
    gives(false, "return contains({}, '') or prefix(true, 't') or suffix(false, 'e') or glob({ 'x' }, '*')")
    gives(true, "return contains(4711, '71')")
    fails("return contains(contains, 'x')", "rule", "bad argument #1")
    fails("return contains('x')", "rule", "bad argument #2")
    fails("return contains('x', 'y', 'q')", "rule", "the option 'q' is unknown")
  end)

  local cases = {
    { "abc", "abc", true }, { "abc", "ab", false }, { "abc", "a*", true }, { "abc", "*c", true },
    { "abc", "*b*", true }, { "abc", "*", true }, { "", "*", true }, { "", "", true }, { "a", "", false },
    { "abc", "a?c", true }, { "ac", "a?c", false }, { "aéc", "a?c", true }, { "abc", "?*?*?", true },
    { "ab", "?*?*?", false }, { "abab", "*ab", true }, { "aba", "*ab", false }, { "abcbc", "a*bc", true },
    { "aXbXc", "a*b*c", true }, { "acb", "a*b*c", false }, { "aé", "*?", true }, { "aa", "a*a", true },
    { "a", "a*a", false }, { "xaby", "x*a?y", true }, { "mississippi", "m*iss*ip*i", true },
    { "mississippi", "m*iss*iss*iss*", false }, { "abc", "**b**", true },
    { "a.c", "a.c", true }, { "abc", "a.c", false },
  }
  for _, case in ipairs(cases) do
    it(("glob %q on %q is %s"):format(case[2], case[1], case[3]), function()
      gives(case[3], ("return glob(%q, %q)"):format(case[1], case[2]))
    end)
  end

  it("glob ignores case when asked", function()
    gives(true, "return glob('Microsoft.Compute/virtualMachines', 'microsoft.*/VIRTUAL*', 'i')")
    gives(false, "return glob('Microsoft.Compute', 'microsoft.*')")
  end)

  it("regex gives true, groups, or nil", function()
    gives(true, [[return regex "^a+b$":match "aab"]])
    gives(nil, [[return regex "^a+b$":match "aac"]])
    gives("me at there", [[local a, b = regex "(\\w+)@(\\w+)":match "me@there" return a .. " at " .. b]])
    gives(false, [[return (regex "(a)|b":match "b")]])
    gives(nil, [[return regex "a":match(nil)]])
    gives(nil, [[return regex "":match({ "a" }) or regex "":match(true)]])
    gives(true, [[return regex("É", "i"):match "é"]])
    gives(nil, [[return regex "^a$":match "a\n"]])
  end)

  it("regex names what is wrong with a pattern", function()
    fails("\nreturn regex '(a'", "rule", "rules/x.lua:2: regex: missing closing parenthesis, at character 3 of '(a'")
    fails("return regex [[(a)\\1]]", "rule", "references to groups are not available")
    fails("return regex 'a{1001}'", "rule", "a repeat count of 1001 is too large; at most 1000")
    fails("return regex(('a'):rep(5000))", "rule", "longer than 4096 bytes")
    fails("return regex(('(a)'):rep(51))", "rule", "at most 50 groups")
    fails("return regex 'a':find 'a'", "rule", "'regex' has no 'find'")
    fails("return regex [[\\C]]", "rule", "regex: ")
  end)

  it("regex that explodes is named", function()
    fails("return regex '^(a+)+$':match(('a'):rep(40) .. 'b')", "budget",
      "regex '^(a+)+$' tries too many ways on this text (match limit)")
    fails("return regex '(?:ab|c)*d':match(('ab'):rep(5000) .. 'xd')", "budget",
      "tries too many ways on this text (depth limit)")
  end)
end)

-- Each must end in a named error, with bounded work.
local hostile <const> = require("armrun.hostile").chunks

describe("sandbox: hostile rules end", function()
  for _, case in ipairs(hostile) do
    it(case[1], function()
      local _, stats = fails(case[2], case[3], case[4])
      bounded(stats)
    end)
  end

  it("an empty string repeated without end is empty", function()
    gives("", "return (''):rep(math.maxinteger)")
  end)

  it("each call has its own budget", function()
    gives(200000, "return function() for i = 1, 100000 do end return 200000 end", { calls = 20 })
  end)

  it("what is kept between calls has a limit as well", function()
    local text = [[
      local kept = {}
      return function() kept[#kept + 1] = ("x"):rep(100000) .. #kept end]]
    fails(text, "budget", "rules/x.lua:2: used more than 1 MiB in all its calls together",
      { calls = 100, bytes_total = 1 << 20 })
  end)

  it("limits are those that were asked for", function()
    fails("while true do end", "budget", "used up its 1,234 instructions", { instructions = 1234 })
    fails("local t = {} while true do t = { t } end", "budget", "used more than 100 KiB", { bytes = 100 * 1024 })
    gives(true, "for i = 1, 1000000 do end return true", { instructions = 3000000 })
  end)

  it("a long text from a log is searched within the budget", function()
    gives(false, "return contains(..., 'needle')", { arg = ("n"):rep(1000000) })
    gives(nil, "return regex 'needle[0-9]+':match(...)", { arg = ("needl"):rep(200000) })
  end)

  it("bytes that are no text survive", function()
    gives("a\0b\xff", "return (...)", { arg = "a\0b\xff" })
    gives(true, "return contains(..., '\\0')", { arg = "a\0b" })
    gives(nil, "return regex 'é':match(...)", { arg = "\xc3\xff\xe9" })
  end)
end)

describe("sandbox: memory that runs out", function()
  local sandbox = require("armrun.core").T.sandbox
  local fail_at, live = sandbox.fail_at, sandbox.live
  it("at any allocation is a clean failure", function()
    local text = "local t = {} for i = 1, 50 do t[i] = { i .. 'x' } end return regex('(a)b', 'i'):match 'AB'"
    collectgarbage()
    local before = live()
    for n = 1, 2000 do
      fail_at(n)
      local result, said, code = run(text)
      local made = fail_at(0)
      collectgarbage()
      assert.equal(before, live())
      if made < n then assert.equal("A", result) return end
      assert.is_true(result == "A" or code == "nomem", said)
    end
    error "it never succeeded"
  end)
end)
