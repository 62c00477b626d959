--- Words that say which acts a rule wants: operation, act, any_of, high_risk. Data for the core's index, no code.
-- A selector is { what = "selector", operations = { … }, statuses = { … }, … }; an empty list means any
-- (of statuses: succeeded, or any for a rule that sees acts at their start).
local core = ...
local words, problem, nearest = core.words, core.problem, core.nearest

local select = {}

--- Is `word` one of `list`? Tells it as a problem when not. `what` names it: "status".
function select.check_word(list, word, what)
  for _, known in ipairs(list) do
    if type(word) == "string" and known:lower() == word:lower() then return known end
  end
  local near = type(word) == "string" and nearest(word, list)
  problem(("%s: '%s' is not known%s"):format(what, tostring(word),
    near and (", did you mean '%s'?"):format(near) or "; one of " .. table.concat(list, ", ")))
end

--- One word or a list of words, checked; always a list.
function select.word_list(list, given, what)
  local result = {}
  for _, word in ipairs(type(given) == "table" and given or { given }) do
    result[#result + 1] = select.check_word(list, word, what)
  end
  return result
end

-- The same where an empty list would mean "any", which nobody writes on purpose.
local function some_words(list, given, what)
  if type(given) == "table" and #given == 0 then problem(what .. ": the list is empty") end
  return select.word_list(list, given, what)
end

--- "60d" in seconds.
function select.span(text, what)
  local seconds = type(text) == "number" and text > 0 and text or type(text) == "string" and core.span(text)
  if not seconds then
    problem(("%s: a span such as \"5m\", \"24h\" or \"60d\" was expected, not '%s'"):format(what, tostring(text)))
  end
  return seconds or nil
end

-- Clients that many rules know by name; others go by their GUID.
local apps = {
  ["azure portal"] = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
  ["azure powershell"] = "1950a258-227b-4e31-a9cf-717495945fc2",
  ["azure cli"] = "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
}
local APPS = 4

local dashes = { [9] = true, [14] = true, [19] = true, [24] = true }

local function is_guid(text) -- of small letters
  for i = 1, math.min(#text, 37) do
    local c = text:sub(i, i)
    local digit = c >= "0" and c <= "9" or c >= "a" and c <= "f"
    if dashes[i] and c ~= "-" or not dashes[i] and not digit then return false end
  end
  return #text == 36
end

local function app_id(given)
  local text = tostring(given):lower()
  if apps[text] or is_guid(text) then return apps[text] or text end
  local near = nearest(tostring(given), { "Azure portal", "Azure PowerShell", "Azure CLI" })
  problem(("app: '%s' is neither a GUID nor a client known by name%s"):format(tostring(given),
    near and (", did you mean '%s'?"):format(near) or ""))
end

local function app_ids(given)
  local list = {}
  for _, one in ipairs(type(given) == "table" and given or { given }) do list[#list + 1] = app_id(one) end
  if #list > APPS then problem(("app: at most %d"):format(APPS)) end
  return list
end

local novelty = { "operation", "network", "app", "subscription" }

local function flag(given, what)
  if type(given) ~= "boolean" then problem(what .. ": true or false was expected") end
  return given == true
end

-- Each reads one option into the selector.
local options = {
  status = function(s, given)
    s.status_given = true
    s.statuses = given == "any" and words.status or some_words(words.status, given, "status")
  end,
  source = function(s, given) s.sources = some_words(words.source, given, "source") end,
  kind = function(s, given) s.kinds = some_words(words.kind, given, "kind") end,
  app = function(s, given) s.apps = app_ids(given) end,
  ip = function(s, given) s.ip = some_words(words.tag, given, "ip") end,
  novelty = function(s, given) s.novelty = some_words(novelty, given, "novelty") end,
  dormant = function(s, given) s.dormant_given = given end,
  unused_app = function(s, given) s.unused_app_given = given end,
  settled = function(s, given) s.settled = flag(given, "settled") end,
  everyday = function(s, given) s.everyday = flag(given, "everyday") end,
  first = function(s, given) s.first = flag(given, "first") end,
}
local option_names = { "status", "source", "kind", "app", "ip", "novelty", "dormant", "unused_app", "settled",
  "everyday", "first" }

local function apply(selector, given)
  if type(given) ~= "table" then
    problem("a selector's options stand in braces: { status = \"any\" }")
    return selector
  end
  for name, value in pairs(given) do
    local option = options[name]
    if option then
      option(selector, value)
    else
      local near = nearest(tostring(name), option_names)
      problem(("selector: unknown option '%s'%s"):format(tostring(name),
        near and (", did you mean '%s'?"):format(near) or ""))
    end
  end
  return selector
end

-- operation "x" is a selector already; operation "x" { … } refines it.
local meta = { __metatable = false, __call = apply }

local function new(fields)
  fields.what, fields.statuses = "selector", { "succeeded" }
  return core.setmetatable(fields, meta)
end

local function check_operation(name)
  if type(name) ~= "string" or name == "" then
    problem("operation: a name such as \"Microsoft.Storage/storageAccounts/listKeys/action\" was expected")
    return nil
  end
  local stars = 0
  for i = 1, math.min(#name, 512) do
    if name:sub(i, i) == "*" then stars = stars + 1 end
  end
  if stars > 1 then problem(("operation '%s': one * at most"):format(name)) end
  return name:lower()
end

--- operation "Microsoft.X/y/action" or operation { "a", "b" }.
function select.operation(names)
  local list = {}
  for _, name in ipairs(type(names) == "table" and names or { names }) do
    list[#list + 1] = check_operation(name)
  end
  if #list == 0 then problem("operation without a name") end
  return new { operations = list }
end

--- act { source = "keyvault" }: every operation.
function select.act(given)
  return apply(new {}, given)
end

--- high_risk("Execution") or high_risk("Execution", "Impact"), then maybe { everyday = true, … }.
function select.high_risk(...)
  local given = { ... }
  if type(given[1]) == "table" then given = given[1] end
  return new { tactics = some_words(words.tactic, given, "high_risk") }
end

--- any_of { … }: alternatives, of selectors in `on`, of sources in `needs`.
function select.any_of(list)
  if type(list) ~= "table" or #list == 0 then problem("any_of { … } needs at least one alternative") end
  return { what = "any_of", items = type(list) == "table" and list or {} }
end

--- intel "malicious": the tags of ip lists that a rule needs (`needs`).
function select.intel(tags)
  return { what = "intel", tags = some_words(words.tag, tags, "intel") }
end

--- Selectors in `given` as a flat list; anything else in it is a problem. `resolve` replaces param "…".
function select.flatten(given, what, resolve, list, depth)
  list, depth = list or {}, depth or 0
  if type(given) == "table" and given.what == "selector" then
    local own = {} -- a selector may be used twice
    for key, value in pairs(given) do own[key] = value end
    own.dormant = own.dormant_given and select.span(resolve(own.dormant_given), "dormant")
    own.unused_app = own.unused_app_given and select.span(resolve(own.unused_app_given), "unused_app")
    list[#list + 1] = own
  elseif type(given) == "table" and given.what == "any_of" then
    if depth > 8 then return list, problem(what .. ": any_of is nested too deep") end
    for _, item in ipairs(given.items) do select.flatten(item, what, resolve, list, depth + 1) end
  else
    problem(what .. ": a selector was expected: operation \"…\", act { … }, high_risk(\"…\") or any_of { … }")
  end
  return list
end

return select
