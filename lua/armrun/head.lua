--- rule "ID" { … }: checks the head, key by key, and hands it to the core as plain data.
-- Every mistake is told with file and line, all of them, not only the first. Runs inside the sandbox of each rule
-- file, once per file, so it stays small.
local _, core = ...
local words, nearest, tell = core.words, core.nearest, core.problem

-- The rule whose head is read: problems name it, and the line of the key.
local reading = {}

local function problem(text, key, line)
  reading.broken = true
  if reading.id then text = ("rule '%s': %s"):format(reading.id, text) end
  tell(text, key or reading.key, line or reading.line)
end

core.problem = problem
local select = core.part("armrun.select", core)
local states = core.part("armrun.states", core, select)

local keys = {
  "title", "severity", "confidence", "tactics", "techniques", "preview", "needs", "better_with", "params", "on", "at",
  "nobody", "learning", "state", "when", "burst", "yields_to", "about", "detect", "due",
}
local about_keys = { "means", "numbers", "false_positives", "evasion" }

local function has(list, word)
  for _, known in ipairs(list) do
    if known == word then return true end
  end
  return false
end

local function did_you_mean(word, list)
  local near = nearest(tostring(word), list)
  return near and (", did you mean '%s'?"):format(near) or ""
end

-- ---- params -------------------------------------------------------------------------------------------------------

--- param "within": the value of a parameter, inside state, burst or on, so that tuning reaches it.
local function param(name)
  return { what = "param", name = name }
end

-- "5m" is 300.0 in detect; other texts stay.
local function value_of(given)
  return type(given) == "string" and core.span(given) or given
end

local function kind_of(given)
  if type(given) == "string" then return core.span(given) and "span" or "text" end
  return type(given)
end

-- A span may be tuned by a number of seconds too.
local function fits(default, given)
  local want, got = kind_of(default), kind_of(given)
  return want == got or want == "span" and got == "number"
end

local scalars = { string = true, number = true, boolean = true }

local function tune_params(head, id, values)
  for _, tuned in ipairs(core.tuned(id) or {}) do
    local name, value, where = tuned[1], tuned[2], tuned[3]
    if values[name] == nil then
      local names = {}
      for known in pairs(values) do names[#names + 1] = known end
      core.problem_at(where, ("rule '%s' has no parameter '%s'%s"):format(id, name, did_you_mean(name, names)))
    elseif not fits(head.params[name], value) then
      core.problem_at(where, ("rule '%s': parameter '%s' is a %s, as its default '%s'"):format(id, name,
        kind_of(head.params[name]), tostring(head.params[name])))
    else
      values[name] = value_of(value)
    end
  end
end

local function read_params(head, id, fail)
  local values = {}
  for name, value in pairs(type(head.params) == "table" and head.params or {}) do
    if type(name) ~= "string" or not scalars[type(value)] then
      fail("params", "params are name = number, text, span or boolean")
    else
      values[name] = value_of(value)
    end
  end
  tune_params(head, id, values)
  return values
end

-- Replaces param "x" by its value.
local function resolver(values, fail)
  return function(given)
    if type(given) ~= "table" or given.what ~= "param" then return given end
    local names = {}
    for known in pairs(values) do names[#names + 1] = known end
    if values[given.name] == nil then
      fail("params", ("param \"%s\" is not among params%s"):format(tostring(given.name),
        did_you_mean(given.name, names)))
    end
    return values[given.name]
  end
end

-- ---- one function per key: head, normalised head, fail(key, text), resolve -----------------------------------------

local function text(head, _, fail, key)
  if type(head[key]) == "string" and head[key] ~= "" then return head[key] end
  fail(key, key .. ": a text was expected")
end

local function texts(given, fail, key)
  local list = type(given) == "table" and given or { given }
  for _, item in ipairs(list) do
    if type(item) ~= "string" then fail(key, key .. ": a list of texts was expected") end
  end
  return list
end

local read = {}

function read.title(head, out, fail) out.title = text(head, out, fail, "title") end

function read.severity(head, out) out.severity = select.word_list(words.severity, head.severity, "severity") end

function read.confidence(head, out)
  local word = select.check_word(words.confidence, head.confidence, "confidence")
  for i, known in ipairs(words.confidence) do
    if known == word then out.confidence = i - 1 end
  end
end

function read.tactics(head, out) out.tactics = select.word_list(words.tactic, head.tactics, "tactics") end

function read.techniques(head, out, fail) out.techniques = texts(head.techniques, fail, "techniques") end

function read.yields_to(head, out, fail) out.yields_to = texts(head.yields_to, fail, "yields_to") end

function read.preview(head, out, fail)
  if type(head.preview) ~= "boolean" then fail("preview", "preview: true or false was expected") end
  out.preview = head.preview
end

function read.nobody(head, out, fail)
  if type(head.nobody) ~= "boolean" then fail("nobody", "nobody: true or false was expected") end
  out.nobody = head.nobody
end

function read.needs(head, out, fail)
  local list = type(head.needs) == "table" and not head.needs.what and head.needs or { head.needs }
  for _, item in ipairs(list) do
    if type(item) == "table" and item.what == "intel" then
      out.needs_tags = item.tags
    elseif type(item) == "table" and item.what == "any_of" then
      out.needs[#out.needs + 1] = { any = select.word_list(words.source, item.items, "needs") }
    else
      out.needs[#out.needs + 1] = { any = select.word_list(words.source, item, "needs") }
    end
  end
  if #out.needs > 4 then fail("needs", "needs: at most four entries") end
end

function read.better_with(head, out)
  out.better_with = select.word_list(words.source, head.better_with, "better_with")
end

function read.at(head, out, fail)
  if head.at ~= "started" then fail("at", "at: only \"started\" can be said; left out, a rule sees finished acts") end
  out.at_started = true
end

function read.learning(head, out, fail)
  local seconds = select.span(head.learning, "learning")
  if seconds and seconds % 86400 ~= 0 then fail("learning", "learning: whole days were expected, as \"14d\"") end
  out.learning_days = seconds and seconds // 86400
end

function read.on(head, out, _, resolve)
  out.on = select.flatten(head.on, "on", resolve)
  for _, selector in ipairs(out.on) do
    -- Before it has ended an act has no outcome: what was not asked for cannot be demanded.
    if head.at == "started" and not selector.status_given then selector.statuses = {} end
  end
end

function read.state(head, out, fail, resolve)
  local names = {}
  for name in pairs(type(head.state) == "table" and not head.state.what and head.state or {}) do
    names[#names + 1] = tostring(name)
  end
  if #names == 0 then fail("state", "state = { name = count { … } } was expected") end
  table.sort(names)
  for _, name in ipairs(names) do
    out.states[#out.states + 1] = states.normalise(name, head.state[name], resolve)
  end
end

-- ---- when ----------------------------------------------------------------------------------------------------------

local measures = { "total", "distinct", "most" }
local GATES = 4

--- at_least { state = "keys", distinct = 3 }: what a table must have come to before detect is called.
local function at_least(given)
  return { what = "at_least", given = type(given) == "table" and given or {} }
end

local function state_number(out, name, fail)
  local names = {}
  for i, state in ipairs(out.states) do
    if state.name == name and state.fed and state.kind ~= "first_seen" then return i - 1 end
    names[#names + 1] = state.name
  end
  for _, known in ipairs(names) do
    if known == name then
      return fail("when", ("when: state '%s' must be a count, distinct or tally with fed = …"):format(name))
    end
  end
  fail("when", ("when: there is no state '%s'%s"):format(tostring(name), did_you_mean(name, names)))
end

local function read_gate(item, out, fail, resolve)
  if type(item) ~= "table" or item.what ~= "at_least" then
    return fail("when", "when = at_least { state = \"…\", distinct = 3 } was expected, or any_of { at_least { … }, … }")
  end
  local gate, some = { state = state_number(out, item.given.state, fail) }, false
  for key, value in pairs(item.given) do
    if has(measures, key) then
      gate[key], some = resolve(value), true
      if math.type(gate[key]) ~= "integer" or gate[key] < 1 then
        fail("when", ("when: %s: a whole number above 0 was expected"):format(key))
      end
    elseif key ~= "state" then
      fail("when", ("when: unknown key '%s'%s"):format(tostring(key),
        did_you_mean(key, { "state", "total", "distinct", "most" })))
    end
  end
  if not some then fail("when", "when: at_least says none of total, distinct and most") end
  out.gates[#out.gates + 1] = gate
end

function read.when(head, out, fail, resolve)
  local when = head.when
  local list = type(when) == "table" and when.what == "any_of" and when.items or { when }
  for _, item in ipairs(list) do read_gate(item, out, fail, resolve) end
  if #out.gates > GATES then fail("when", ("when: at most %d alternatives"):format(GATES)) end
end

function read.burst(head, out, fail, resolve)
  local burst = head.burst
  if type(burst) ~= "table" then return fail("burst", "burst = { by = { … }, quiet = \"30m\" } was expected") end
  for key in pairs(burst) do
    if not has({ "by", "quiet", "max" }, key) then
      fail("burst", ("burst: unknown key '%s'%s"):format(tostring(key), did_you_mean(key, { "by", "quiet", "max" })))
    end
  end
  out.burst = {
    by = select.word_list(words.field, burst.by or { "principal" }, "burst: by"),
    quiet = burst.quiet and select.span(resolve(burst.quiet), "burst: quiet"),
    max = burst.max and select.span(resolve(burst.max), "burst: max"),
  }
  if #out.burst.by > 4 then fail("burst", "burst: by has at most four fields") end
end

function read.about(head, _, fail)
  for key, value in pairs(type(head.about) == "table" and head.about or {}) do
    if not has(about_keys, key) then
      fail(tostring(key), ("about: unknown key '%s'%s"):format(tostring(key), did_you_mean(key, about_keys)))
    else
      texts(value, fail, key)
    end
  end
end

function read.detect(head, out, fail)
  if type(head.detect) ~= "function" then fail("detect", "detect = function(act, state, params) … end was expected") end
  out.detect = head.detect
end

function read.due(head, out, fail)
  if type(head.due) ~= "function" then fail("due", "due = function(match, state, params) … end was expected") end
  out.due = head.due
end

-- Without `on`, a rule with sequences wants the acts of their steps.
local function on_of_steps(out)
  local list = {}
  for _, state in ipairs(out.states) do
    for _, step in ipairs(state.steps or {}) do list[#list + 1] = step.selector end
  end
  return #list > 0 and list or nil
end

-- The core looks for acts that feed a state along with those of `on`: they stand behind them.
local function append_feeds(out, head, fail)
  out.call_count = #out.on
  for _, state in ipairs(out.states) do
    if state.fed then
      state.feed_from, state.feed_count, out.feeds = #out.on, #state.fed, true
      for _, selector in ipairs(state.fed) do out.on[#out.on + 1] = selector end
    end
  end
  if out.feeds and head.at then fail("at", "at = \"started\": fed states see acts that have ended") end
end

-- ---- what must fit together ----------------------------------------------------------------------------------------

local required = { "title", "severity", "detect" }

local function check_whole(head, out, fail)
  for _, key in ipairs(required) do
    if head[key] == nil then fail(nil, ("'%s' is missing"):format(key)) end
  end
  out.on = out.on or on_of_steps(out)
  if not out.on then fail(nil, "'on' is missing") else append_feeds(out, head, fail) end
  local waits = false
  for _, state in ipairs(out.states) do waits = waits or state.quiet ~= nil end
  if waits and not head.due then fail(nil, "a sequence with quiet needs due = function(match, state, params) … end") end
  if head.due and not waits then fail("due", "due is for a sequence with quiet; there is none") end
end

local function check_keys(head, fail)
  for key in pairs(head) do
    if type(key) ~= "string" then
      fail(nil, "a value without a name stands in the head: write key = value")
    elseif not has(keys, key) then
      fail(key, ("unknown key '%s'%s"):format(key, did_you_mean(key, keys)))
    end
  end
end

local function read_keys(head, out, fail)
  check_keys(head, fail)
  out.params = read_params(head, out.id, fail)
  local resolve = resolver(out.params, fail)
  for _, key in ipairs(keys) do
    if head[key] ~= nil and read[key] then
      reading.key = key
      read[key](head, out, fail, resolve)
    end
  end
  reading.key = nil
  check_whole(head, out, fail)
end

local function register(id, head, line)
  local function fail(key, message) problem(message, key) end
  local out = {
    id = id, line = line, confidence = 1, needs = {}, states = {}, severity = {}, gates = {},
    tactics = {}, techniques = {}, yields_to = {},
  }
  reading = { id = id, line = line }
  read_keys(head, out, fail)
  local broken = reading.broken
  reading = {}
  if not broken then core.register(out) end
end

local function rule(id)
  local line = core.line()
  if core.tuning then
    problem("rule stands in a rule file; this one tunes")
  elseif type(id) ~= "string" or id == "" then
    problem("rule \"ID\" { … }: the id is missing")
  end
  return function(head)
    if type(head) ~= "table" then return problem("rule \"" .. tostring(id) .. "\" { … } was expected") end
    if type(id) == "string" and not core.tuning then register(id, head, line) end
  end
end

-- ---- tuning files --------------------------------------------------------------------------------------------------

local function tune_entry(id, line, given)
  local values, severity, except = {}, given.severity, given.except
  if severity ~= nil then severity = select.check_word(words.severity, severity, "severity") end
  if except ~= nil and type(except) ~= "function" then
    problem("except = function(act) … end was expected", "except", line)
    except = nil
  end
  for name, value in pairs(given) do
    if name ~= "severity" and name ~= "except" then
      if type(name) ~= "string" or not scalars[type(value)] then
        problem(("tune '%s': parameter = number, text or boolean was expected"):format(id), nil, line)
      else
        values[#values + 1] = { name, value, line }
      end
    end
  end
  core.tune(id, line, values, severity, except)
end

local function tune(id)
  local line = core.line()
  if not core.tuning then problem("tune stands in a tuning file (--tune), not in a rule file") end
  if type(id) ~= "string" then problem("tune \"ID\" { … }: the id is missing") end
  return function(given)
    if type(given) ~= "table" then return problem("tune \"ID\" { … } was expected") end
    if core.tuning and type(id) == "string" then tune_entry(id, line, given) end
  end
end

local ignore_keys = { "principal", "rules", "subscription", "ip", "expires", "because" }

local function ignore(given)
  local narrow = false
  if not core.tuning then return problem("ignore stands in a tuning file (--tune), not in a rule file") end
  if type(given) ~= "table" then return problem("ignore { … } was expected") end
  for key, value in pairs(given) do
    if not has(ignore_keys, key) then
      problem(("ignore: unknown key '%s'%s"):format(tostring(key), did_you_mean(key, ignore_keys)), tostring(key))
    elseif type(value) ~= "string" then
      problem(("ignore: %s: a text was expected"):format(key), key)
    end
    narrow = narrow or key ~= "because" and key ~= "expires"
  end
  if not narrow then
    problem("ignore: name a principal, rules, a subscription or an ip; else it would hide everything")
  end
  core.ignore(core.line(), given)
end

return {
  rule = rule, param = param, tune = tune, ignore = ignore,
  operation = select.operation, act = select.act, any_of = select.any_of, high_risk = select.high_risk,
  intel = select.intel, step = states.step, never = states.never,
  count = states.count, distinct = states.distinct, tally = states.tally, sequence = states.sequence,
  lifetime = states.lifetime, first_seen = states.first_seen, tombstone = states.tombstone,
  total = states.total, at_least = at_least,
}
