--- Text of records: times, JSON strings, what belongs to an id or an operation. Everything that repeats is kept.
local random = require "armrun.simulate.random"
local json = require "armrun.json"

local text = {}

local guid <const> = random.guid

-- ---- JSON ----

local escapes <const> = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }
for byte = 0, 127 do
  local c = string.char(byte)
  if c:find "%c" and not escapes[c] then escapes[c] = ("\\u%04x"):format(byte) end
end

--- What stands between the quotes of a JSON string.
function text.escape(value)
  if not value:find '[%c"\\]' then return value end
  return (value:gsub('[%c"\\]', escapes))
end

local find <const>, part_of <const> = string.find, string.sub

--- The same for a text that is JSON itself, and so has no bare control characters. Most have no backslash either: then
--- only quotes count, and plain searches find them much faster than a pattern does.
function text.inner(value)
  if find(value, "\\", 1, true) then return (value:gsub('["\\]', escapes)) end
  local out, n, from = {}, 0, 1
  local at = find(value, '"', 1, true)
  while at do
    n = n + 1
    out[n] = part_of(value, from, at - 1)
    from = at + 1
    at = find(value, '"', from, true)
  end
  out[n + 1] = part_of(value, from)
  return table.concat(out, '\\"')
end

--- A body as JSON: a table is encoded, a text is taken as it is.
function text.body(body)
  return type(body) == "table" and json.encode(body) or body
end

-- ---- times ----

local days, clock = {}, {}
local millis <const>, fraction <const> = {}, {}
for i = 0, 999 do millis[i] = ("%03d"):format(i) end
for i = 0, 9999 do fraction[i] = ("%04dZ"):format(i) end

-- The texts of days and of seconds of a day are made once.
local function second_text(second)
  local day, at = second // 86400, second % 86400
  local day_text, clock_text = days[day], clock[at]
  if not day_text then
    day_text = os.date("!%Y-%m-%dT", second)
    days[day] = day_text
  end
  if not clock_text then
    clock_text = ("%02d:%02d:%02d."):format(at // 3600, at // 60 % 60, at % 60)
    clock[at] = clock_text
  end
  return day_text, clock_text
end

--- RFC 3339 with the seven digits Azure writes, of milliseconds and the four digits below them.
function text.time(ms, below)
  local second = ms // 1000
  local day, at = days[second // 86400], clock[second % 86400]
  if not (day and at) then day, at = second_text(second) end
  return day .. at .. millis[ms % 1000] .. fraction[below]
end

--- With three digits, as labels have it.
function text.label_time(ms)
  local day, at = second_text(ms // 1000)
  return day .. at .. millis[ms % 1000] .. "Z"
end

function text.day(ms)
  return os.date("!%Y-%m-%d", ms // 1000)
end

--- .NET ticks of a time, as the ids of activity log records have them.
function text.ticks(ms, below)
  return 621355968000000000 + ms * 10000 + below
end

-- ---- ids ----

--- The n-th GUID that belongs to a key whose bits are mixed already.
function text.guid(key, n)
  return guid(key + n * 0x632BE59BD9B4E019, key * 0x9E6C63D0876A9A47 ~ n)
end

local resources, resource_count = {}, 0

-- Few shapes want an id in capitals or small letters: made when asked for.
local forms <const> = {
  upper = function(where) return where.id:upper() end, lower = function(where) return where.id:lower() end,
  sub_key = function(where) return where.subscription ~= "" and where.subscription:upper() end,
}
local Where <const> = {
  __index = function(where, name)
    local form = forms[name]
    if not form then return nil end
    local made = form(where)
    where[name] = made
    return made
  end,
}

local function read_resource(id)
  local sub = id:match "^/[sS]ubscriptions/([^/]+)"
  local group = sub and id:match("^/[rR]esource[gG]roups/([^/]+)", #sub + 16)
  return setmetatable({ id = text.escape(id), subscription = sub or "", group = group or "" }, Where)
end

--- The parts of an ARM id.
function text.resource(id)
  local found = resources[id]
  if found then return found end
  if resource_count > 50000 then resources, resource_count = {}, 0 end
  found = read_resource(id)
  resources[id], resource_count = found, resource_count + 1
  return found
end

local operations = {}

local METHODS <const> = { write = "PUT", delete = "DELETE", action = "POST", read = "GET" }

--- The parts of an operation's name.
function text.operation(name)
  local found = operations[name]
  if found then return found end
  local type_, verb = name:match "^(.*)/([^/]+)$"
  if verb == "action" then type_ = type_:match "^(.*)/[^/]+$" or type_ end
  found = {
    name = name, upper = name:upper(), type = type_ or name, provider = name:match "^[^/]+",
    method = METHODS[verb] or "POST",
  }
  found.provider_upper = found.provider:upper()
  operations[name] = found
  return found
end

return text
