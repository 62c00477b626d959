--- Acts become records: 1 to 3 for one of the activity log (Started, Accepted, Succeeded or Failed), as the resource
--- type does it; 1 for those of the companion logs.
local operations = require "armrun.simulate.operations"
local random = require "armrun.simulate.random"
local text = require "armrun.simulate.text"
local token = require "armrun.simulate.token"

local records = {}

local mix <const> = random.mix

local LEVELS <const> = { started = "Informational", accepted = "Informational", succeeded = "Informational",
  failed = "Error" }
local WARNING <const> = setmetatable({ failed = "Warning" }, { __index = LEVELS })

-- ---- what an act does not say ----

local function default_code(act, what)
  if act.status == "Failed" then return "Forbidden" end
  if what.method == "PUT" then return "Created" end
  return what.method == "DELETE" and act.phases == 2 and "NoContent" or "OK"
end

local function correlation(act)
  return act.correlation or text.guid(act.key, 9)
end

local function caller(p)
  if p.kind == "user" then return p.upn end
  return p.caller or p.object_id
end

--- Fills in what the writers need; idempotent.
---@param act table
---@param tenant_id string
---@param key integer random bits that belong to this act alone
---@param find_token fun(act: table): table
function records.complete(act, tenant_id, key, find_token)
  act.key = act.key or key
  act.log = act.log or (act.resource:find "^/providers/" and "directory" or "activity")
  act.token = act.token or find_token(act)
  act.what, act.where = text.operation(act.operation), text.resource(act.resource or "")
  act.correlation, act.caller, act.tenant = correlation(act), caller(act.principal), tenant_id
  act.category = act.category or "Administrative"
  act.hierarchy = act.where.subscription == "" and tenant_id or tenant_id .. "/" .. act.where.subscription
  act.levels = act.category == "Policy" and WARNING or LEVELS
  act.phases = act.phases or operations.records(act.operation)
  return act
end

-- ---- phases ----

-- How late a record is delivered, in ms: seconds to two minutes, a few up to a quarter of an hour.
local function lateness(key)
  local r = (key >> 20) & 0xFFFF
  if r < 1300 then return 120000 + r * 590 end
  return 12000 + r % 100000
end

local function new_record(act, phase, at, n)
  local key = mix(act.key + n * 0x6A09E667F3BCC909)
  local record = {
    act = act, phase = phase, at = at, key = key, below = (key >> 8) % 10000, arrival = at + lateness(key),
    operation_key = act.key,
  }
  if record.below < 0 then record.below = -record.below end
  return record
end

local function duration(act)
  if act.seconds then return math.max(2, math.floor(act.seconds * 1000)) end
  local r = act.key & 0xFFFF
  return act.phases == 3 and 4000 + r // 3 or 180 + r // 40
end

local function terminal(act, at)
  local failed = act.status == "Failed"
  local record = new_record(act, failed and "failed" or "succeeded", at, 3)
  record.code = act.code or default_code(act, act.what)
  record.response = text.body(act.response)
  return record
end

local function started(act)
  local record = new_record(act, "started", act.time, 1)
  record.request = text.body(act.body)
  return record
end

-- The final record behind an Accepted one has a new operation id, and often no httpRequest.
local function accepted(act, last)
  local record = new_record(act, "accepted", act.time + (last.at - act.time) // 4, 2)
  record.code, record.response = "Accepted", last.response
  last.operation_key = last.key
  last.bare = last.key & 0x100 == 0
  return record
end

--- Calls `emit` with each record of a completed act.
function records.expand(act, emit)
  if act.log ~= "activity" and act.log ~= "directory" then
    local record = new_record(act, act.status == "Failed" and "failed" or "succeeded", act.time, 1)
    record.code = act.code
    return emit(record)
  end
  if act.phases == 1 then return emit(terminal(act, act.time)) end
  local last = terminal(act, act.time + duration(act))
  emit(started(act))
  -- A refusal comes at once; what fails later was accepted first.
  if act.phases == 3 and last.code ~= "Forbidden" and last.code ~= "BadRequest" then emit(accepted(act, last)) end
  emit(last)
end

--- Tokens of acts that come without one: one an hour for each principal, app and address.
function records.tokens(seed)
  local kept, hour = {}, -1
  return function(act)
    local now = act.time // 3600000
    if now ~= hour then kept, hour = {}, now end
    local p = act.principal
    local name = p.id .. "/" .. (act.app or "") .. "/" .. (act.ip or "")
    local found = kept[name]
    if found and not act.claims then return found end
    local key = random.stream(seed, name .. "/" .. now).state
    found = token.new(p, act.app, act.ip, now * 3600000 + (key & 0xFFFFF), key)
    if act.claims then found.amr = act.claims.amr else kept[name] = found end
    return found
  end
end

return records
