--- Options of a command of armrun written in Lua: read, checked, and told with what was meant.
local options = {}

local function fail(message, ...)
  error({ message = message:format(...), code = 2 }, 0)
end
options.fail = fail

-- Edit distance: how many letters differ.
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local above_left, left = row[0], i
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      left = math.min(row[j] + 1, left + 1, above_left + cost)
      above_left, row[j] = row[j], left
    end
  end
  return row[#b]
end

--- " (did you mean X?)" for the word of the list that is nearest, else "".
function options.suggest(word, list)
  local best, at = nil, math.max(2, #word // 3) + 1
  for _, known in ipairs(list) do
    local d = distance(word:lower(), known:lower())
    if d < at then best, at = known, d end
  end
  return best and (" (did you mean %s?)"):format(best) or ""
end

--- A whole number between lo and hi.
function options.integer(name, value, lo, hi)
  local number = math.tointeger(tonumber(value))
  if number and number >= lo and number <= hi then return number end
  fail("%s: expected a whole number from %d to %d, not '%s'", name, lo, hi, value)
end

--- One of a list.
function options.choice(name, value, list)
  for _, known in ipairs(list) do
    if known == value then return value end
  end
  fail("%s: '%s' is none of %s%s", name, value, table.concat(list, ", "), options.suggest(value, list))
end

--- Words taken apart at commas.
function options.list(value)
  local list = {}
  for word in value:gmatch "[^,%s]+" do list[#list + 1] = word end
  return list
end

local function names_of(known)
  local list = {}
  for name in pairs(known) do list[#list + 1] = name end
  table.sort(list)
  return list
end

--- Reads `--name VALUE`, `--name=VALUE` and flags. `known`: name -> function(value, into), or { flag = function(into)
--- }.
function options.read(args, known, into)
  local i = 1
  while i <= #args do
    local word = args[i]
    local name, value = word:match "^(%-%-?[%w-]+)=(.*)$"
    name = name or word
    local option = known[name]
    if not option then fail("'%s' is no option%s", word, options.suggest(name, names_of(known))) end
    if type(option) == "table" then option.flag(into)
    else
      if not value then
        i = i + 1
        value = args[i]
      end
      if not value then fail("%s needs a value", name) end
      option(value, into)
    end
    i = i + 1
  end
  return into
end

return options
