-- A rule that calls what it can reach, with odd arguments, as a string of bytes says: one call is the number of a
-- function, how many arguments, and the number of each. What comes back joins the values. The fuzz target `reach` and
-- spec/core/reach_spec.lua put the bytes in; the first error ends the rule.
local bytes <const> = "@BYTES@"

local select_act <const> = act

local function program(act, state, params)
  local text <const> = ("x"):rep(5000)
  local list, itself, holes = {}, {}, { 1, nil, 3, [9] = 9, [-1] = -1, [2.5] = 2, a = 1 }
  for i = 1, 3000 do list[i] = i % 7 end
  itself[1], itself.a = itself, itself

  local functions = {
    -- Lua's own
    "assert", assert, "error", error, "ipairs", ipairs, "pairs", pairs, "rawequal", rawequal, "rawlen", rawlen,
    "select", select, "tonumber", tonumber, "tostring", tostring, "type", type, "require", require,
    "math.abs", math.abs, "math.acos", math.acos, "math.asin", math.asin, "math.atan", math.atan, "math.ceil", math.ceil,
    "math.cos", math.cos, "math.deg", math.deg, "math.exp", math.exp, "math.floor", math.floor, "math.fmod", math.fmod,
    "math.log", math.log, "math.max", math.max, "math.min", math.min, "math.modf", math.modf, "math.rad", math.rad,
    "math.random", math.random, "math.sin", math.sin, "math.sqrt", math.sqrt, "math.tan", math.tan,
    "math.tointeger", math.tointeger, "math.type", math.type, "math.ult", math.ult,
    "string.byte", string.byte, "string.char", string.char, "string.format", string.format, "string.len", string.len,
    "string.lower", string.lower, "string.rep", string.rep, "string.reverse", string.reverse, "string.sub", string.sub,
    "string.upper", string.upper,
    "table.concat", table.concat, "table.insert", table.insert, "table.move", table.move, "table.pack", table.pack,
    "table.remove", table.remove, "table.sort", table.sort, "table.unpack", table.unpack,
    "utf8.char", utf8.char, "utf8.codepoint", utf8.codepoint, "utf8.len", utf8.len,
    "pairs()", (pairs { a = 1 }), "ipairs()", (ipairs {}),
    -- ours
    "contains", contains, "glob", glob, "prefix", prefix, "suffix", suffix, "regex", regex,
    "regex().match", regex "a+b?".match, "alert", alert, "reason", reason,
    "act", select_act, "rule", rule, "operation", operation, "any_of", any_of, "count", count,
    "distinct", distinct, "first_seen", first_seen, "high_risk", high_risk, "ignore", ignore, "intel", intel,
    "lifetime", lifetime, "never", never, "param", param, "sequence", sequence, "step", step, "tally", tally,
    "tombstone", tombstone, "total", total, "tune", tune, "at_least", at_least,
    -- of what a rule is given
    "armrun.act.body", act.body, "armrun.act.has", act.has, "armrun.act.record", act.record,
    "armrun.act.response", act.response, "armrun.intel.tagged", act.intel.tagged,
    "armrun.tally.exactly", state.t:look(act).exactly, "armrun.tally.at_least", state.t:look(act).at_least,
    "armrun.tally.serial", state.t:look(act).serial, "armrun.tally.turns", state.t:look(act).turns,
    "count.add", state.c.add, "count.look", state.c.look, "distinct.add", state.d.add, "distinct.look", state.d.look,
    "tally.add", state.t.add, "tally.look", state.t.look, "first_seen.add", state.f.add,
    "first_seen.look", state.f.look, "lifetime.open", state.l.open, "lifetime.close", state.l.close,
    "lifetime.look", state.l.look, "tombstone.put", state.m.put, "tombstone.look", state.m.look,
    "tombstone.clear", state.m.clear, "total.add", state.n.add, "total.look", state.n.look, "sequence.add", state.q.add,
    -- the same, with what they belong to in its place
    "act:", function(...) return act:body(...) end, "has:", function(...) return act:has(...) end,
    "record:", function(...) return act:record(...) end, "tagged:", function(...) return act.intel:tagged(...) end,
    "exactly:", function(...) return state.t:add(act):exactly(...) end,
    "t:", function(...) return state.t:add(act, ...) end, "c:", function(...) return state.c:add(act, ...) end,
    "d:", function(...) return state.d:add(act, ...) end, "f:", function(...) return state.f:add(act, ...) end,
    "l:", function(...) state.l:open(act, ...) return state.l:close(act, ...) end,
    "m:", function(...) state.m:put(act, ...) return state.m:look(act, ...) end,
    "n:", function(...) return state.n:add(act, ...) end, "q:", function(...) return state.q:add(act, ...) end,
    "match:", function(...) return regex "(a+)(b)?":match(...) end,
    "reason:", function(...) return reason("code", ...) end,
    "values:", function(name, value) return reason("code", "{a}", { [name] = value, a = value }) end,
    "alert:", function(...) return alert { reason("a", "b"), ... } end,
    "options:", function(name, value) return alert { reason("a", "b"), [name] = value } end,
    "rule:", function(name, value) return rule "X" { title = "t", severity = "low", [name] = value } end,
    -- by marks
    "[]", function(a, b) return a[b] end, "[]=", function(a, b, c) a[b] = c end, "#", function(a) return #a end,
    "string:__add", function(a, b) return a + b end, "string:__sub", function(a, b) return a - b end,
    "string:__mul", function(a, b) return a * b end, "string:__div", function(a, b) return a / b end,
    "string:__mod", function(a, b) return a % b end, "string:__pow", function(a, b) return a ^ b end,
    "string:__idiv", function(a, b) return a // b end, "string:__unm", function(a) return -a end,
    "..", function(a, b) return a .. b end, "<", function(a, b) return a < b end, "==", function(a, b) return a == b end,
    "&", function(a, b) return a & b end, "<<", function(a, b) return a << b end, "()", function(a, ...) return a(...) end,
    "for", function(a) for _, v in pairs(a) do a = v end return a end,
  }
  local function add(name, members, deep)
    for key, member in pairs(members) do
      local path = name .. "." .. tostring(key)
      if type(member) == "function" then table.move({ path, member }, 1, 2, #functions + 1, functions) end
      if type(member) == "table" and deep > 0 then add(path, member, deep - 1) end
    end
  end
  for _, name in ipairs { "anomaly", "compute", "member", "name", "permissions", "surprise" } do
    add("armrun." .. name, require("armrun." .. name), 0)
  end
  add("armrun.catalog.everyday", require "armrun.catalog.everyday", 1)
  add("armrun.catalog.roles", require "armrun.catalog.roles", 1)

  local values = {
    false, true, 0, 1, -1, 2, 63, 1 << 31, 1 << 53, math.maxinteger, math.mininteger, 0.5, -0.0, 1 / 0, -1 / 0, 0 / 0,
    1e308, 5e-324, "", "a", "\0", "\255\254", "i", "s", "%s %5.2f %d {a} {a:span}", "%99.99f", ("%d"):rep(300), text,
    text .. "b", ("é"):rep(300), ("("):rep(60), "(a+)+$", "a{1,500}", "[^a]*?(?=b)", "*a?*", ("*a"):rep(200),
    "properties.a[0].b", "properties.roleDefinitionId", ("a."):rep(200), "5m", "-5m", "99999999999d", "tor", "principal",
    "subscription", "time", "principal", "profile", "intel", "records", "count", "evidence", "severity", "score",
    "threshold", "state", "burst", "on", "detect", "at", "needs", "params", "0x1p-3", "1e999", ("9"):rep(300),
    "armrun.name", "armrun.head", "lib.x", "../x", {}, list, itself, holes, { by = { "principal" }, within = "1h" },
    { a = { b = { c = {} } } }, { "a", "b", "c" }, function() end, function(...) return ... end,
    function() error "within" end, function(a, b) return a < b end, error, pairs, string, math, regex "a",
    act, act.principal, act.profile, act.intel, act.coverage, act.peers, act.risk, act.records, state, params,
    state.t, state.d, state.c, state.f, state.l, state.m, state.n, state.q, state.t:add(act), state.f:look(act),
    state.l:look(act), state.m:look(act), state.n:look(act), reason("r", "t"), operation "a/b/c", count {
    by = { "principal" }, within = "1h" },
  }

  local at, answer = 0, nil
  local function take(most)
    at = at + 1
    return (bytes:byte(at) or 0) % most + 1
  end
  while at < #bytes do
    local f, arguments = functions[2 * take(#functions // 2)], take(6) - 1
    local given = {}
    for i = 1, arguments do given[i] = values[take(#values)] end
    local got = table.pack(f(table.unpack(given, 1, arguments)))
    for i = 1, got.n < 3 and got.n or 3 do
      if got[i] ~= nil then values[#values + 1] = got[i] end
      if tostring(got[i]) == "armrun.alert" then answer = got[i] end
    end
  end
  return answer
end

rule "FUZZ" {
  title = "t", severity = { "low", "high" }, on = any_of { operation "a/b/c", operation "a/b/d" },
  params = { x = 3, within = "1h" },
  state = {
    t = tally { by = { "principal" }, of = "resource", within = "1h" },
    d = distinct { by = { "principal" }, of = "operation", within = param "within" },
    c = count { by = { "ip" }, within = "1h", cap = 8 }, f = first_seen { by = { "tenant" }, of = "principal", within = "30d" },
    l = lifetime { by = { "resource" }, within = "1h" }, m = tombstone { by = { "resource" }, within = "1h" },
    n = total { by = { "subscription" }, within = "1d" },
    q = sequence {
      by = { "principal" }, within = "1h",
      steps = { step "one" { operation "a/b/c" }, step "two" { operation "a/b/d" } },
    },
  },
  detect = program,
}
