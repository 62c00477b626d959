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

--- A body as JSON: a table is encoded, a text is taken as it is.
function text.body(body)
  return type(body) == "table" and json.encode(body) or body
end

-- ---- times ----

local days, clock = {}, {}

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
  return day_text .. clock_text
end

--- RFC 3339 with the seven digits Azure writes, of milliseconds and the four digits below them.
function text.time(ms, below)
  local second = ms // 1000
  local day, at = days[second // 86400], clock[second % 86400]
  if not (day and at) then return second_text(second) .. ("%07dZ"):format(ms % 1000 * 10000 + below) end
  return day .. at .. ("%07dZ"):format(ms % 1000 * 10000 + below)
end

--- With three digits, as labels have it.
function text.label_time(ms)
  return ("%s%03dZ"):format(second_text(ms // 1000), ms % 1000)
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

local function read_resource(id)
  local sub = id:match "^/[sS]ubscriptions/([^/]+)"
  local group = id:match "/[rR]esource[gG]roups/([^/]+)"
  local safe = text.escape(id)
  return {
    id = safe, subscription = sub or "", group = group or "", upper = safe:upper(), lower = safe:lower(),
    sub_key = sub and sub:upper(),
  }
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
    name = name, upper = name:upper(), type = type_ or name, provider = name:match "^[^/]+", method = METHODS[verb]
      or "POST",
    type_upper = (type_ or name):upper(),
  }
  found.provider_upper = found.provider:upper()
  operations[name] = found
  return found
end

return text
