--- Words for what a rule remembers: count, distinct, tally, sequence, lifetime, first_seen, tombstone, total.
-- They only describe; the tables are the core's, so they are bounded, counted and reset by it.
local core, select = ...
local words, problem, nearest = core.words, core.problem, core.nearest

local states = {}

local STEPS, MARKS = 8, 32

-- What each kind may say besides `by`.
local kinds = {
  count = { "by", "within", "cap", "cap_hits", "fed" },
  distinct = { "by", "of", "within", "cap", "cap_hits", "fed" },
  tally = { "by", "of", "within", "cap", "cap_hits", "fed" },
  sequence = { "by", "within", "steps", "quiet", "cap" },
  lifetime = { "by", "of", "within", "cap" },
  first_seen = { "by", "of", "within", "cap", "fed" },
  tombstone = { "by", "of", "within", "cap" },
  total = { "by", "within", "cap" },
}

for kind in pairs(kinds) do
  states[kind] = function(given)
    if type(given) ~= "table" then problem(kind .. " { by = { … }, within = \"…\" } was expected") end
    return { what = "state", kind = kind, given = type(given) == "table" and given or {} }
  end
end

-- step "name" { … } and never "name" { … }; never "name" alone means the one of that name before it.
local step_meta = {
  __metatable = false,
  __call = function(step, selector)
    local alternatives = type(selector) == "table" and not selector.what
    step.selector = alternatives and { what = "any_of", items = selector } or selector
    return step
  end,
}

local function new_step(name, negative)
  if type(name) ~= "string" then problem("a step needs a name: step \"written\" { operation \"…\" }") end
  return core.setmetatable({ what = "step", name = tostring(name), negative = negative }, step_meta)
end

function states.step(name) return new_step(name, false) end
function states.never(name) return new_step(name, true) end

local function check_keys(decl, what)
  local known = kinds[decl.kind]
  for key in pairs(decl.given) do
    local found = false
    for _, name in ipairs(known) do found = found or name == key end
    if not found then
      local near = nearest(tostring(key), known)
      problem(("%s: %s has no '%s'%s"):format(what, decl.kind, tostring(key),
        near and (", did you mean '%s'?"):format(near) or ""), tostring(key))
    end
  end
end

local function whole(given, what)
  if given == nil then return nil end
  if math.type(given) ~= "integer" or given < 1 then problem(what .. ": a whole number above 0 was expected") end
  return given
end

-- The selector of a step; a never without one takes that of the earlier never of its name.
local function step_selectors(step, earlier, what, resolve)
  if step.negative and step.selector == nil then
    if not earlier[step.name] then problem(("%s: never \"%s\" says nothing to look for"):format(what, step.name)) end
    return {}, earlier[step.name]
  end
  return select.flatten(step.selector, what .. ": step '" .. step.name .. "'", resolve)
end

-- Positive steps are numbered, negative ones have marks; forbidden[i] is the set of marks that end the sequence
-- after positive step i.
local function read_steps(given, what, resolve, quiet)
  local out = { steps = {}, positive = 0, forbidden = {} }
  local earlier, marks = {}, 0
  for _, step in ipairs(type(given) == "table" and given or {}) do
    if type(step) ~= "table" or step.what ~= "step" then
      problem(what .. ": steps are step \"…\" { … } and never \"…\" { … }")
      break
    end
    local selectors, mark = step_selectors(step, earlier, what, resolve)
    if step.negative and out.positive == 0 then problem(what .. ": never cannot stand before the first step") end
    if not step.negative then
      out.positive, mark = out.positive + 1, out.positive
    elseif not mark then
      mark, marks = marks, marks + 1
      earlier[step.name] = mark
    end
    for _, selector in ipairs(selectors) do
      out.steps[#out.steps + 1] = { name = step.name, negative = step.negative, mark = mark, selector = selector }
    end
    if step.negative and out.positive > 0 then
      out.forbidden[out.positive] = (out.forbidden[out.positive] or 0) | (1 << mark)
    end
  end
  for i = 1, out.positive do out.forbidden[i] = out.forbidden[i] or 0 end
  if out.positive < (quiet and 1 or 2) then
    problem(what .. ": a sequence has at least two steps, or one and a quiet time")
  end
  if out.positive > STEPS or marks > MARKS then problem(what .. ": a sequence has at most 8 steps, 32 never") end
  if not quiet and (out.forbidden[out.positive] or 0) ~= 0 then
    problem(what .. ": a never after the last step needs quiet = \"…\": how long to wait for it")
  end
  return out
end

--- A declaration as the core reads it. `resolve` replaces param "…".
function states.normalise(name, decl, resolve)
  local what = "state." .. tostring(name)
  if type(decl) ~= "table" or decl.what ~= "state" then
    problem(what .. ": count { … }, distinct, tally, sequence, lifetime, first_seen, tombstone or total was expected",
      tostring(name))
    return nil
  end
  local given = decl.given
  check_keys(decl, what)
  local out = {
    name = name, kind = decl.kind,
    by = select.word_list(words.field, given.by or {}, what .. ": by"),
    of = given.of and select.word_list(words.field, given.of, what .. ": of"),
    within = select.span(resolve(given.within), what .. ": within"),
    cap = whole(given.cap, what .. ": cap"), cap_hits = whole(given.cap_hits, what .. ": cap_hits"),
    fed = given.fed ~= nil and kinds[decl.kind][#kinds[decl.kind]] == "fed"
      and select.flatten(given.fed, what .. ": fed", resolve) or nil,
    quiet = given.quiet and select.span(resolve(given.quiet), what .. ": quiet"),
  }
  if #out.by == 0 then problem(what .. ": by = { … } is missing: what is counted apart", tostring(name)) end
  if #out.by > 4 then problem(what .. ": by has at most four fields", tostring(name)) end
  if decl.kind == "sequence" then
    local sequence = read_steps(given.steps, what, resolve, out.quiet)
    out.steps, out.positive, out.forbidden = sequence.steps, sequence.positive, sequence.forbidden
  end
  return out
end

return states
