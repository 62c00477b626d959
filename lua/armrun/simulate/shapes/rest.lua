--- Activity log as the REST API and `az monitor activity-log list` give it: newest first, in pages that overlap.
local text = require "armrun.simulate.text"
local token = require "armrun.simulate.token"

local rest = { by_event_time = true, overlaps = true }

local WORDS <const> = {
  started = { "BeginRequest", "Begin request", "Started" }, accepted = { "EndRequest", "End request", "Accepted" },
  succeeded = { "EndRequest", "End request", "Succeeded" }, failed = { "EndRequest", "End request", "Failed" },
}

local HTTP <const> = {
  OK = "OK (HTTP Status Code: 200)", Created = "Created (HTTP Status Code: 201)",
  Accepted = "Accepted (HTTP Status Code: 202)", NoContent = "No Content (HTTP Status Code: 204)",
  Forbidden = "Forbidden (HTTP Status Code: 403)", Conflict = "Conflict (HTTP Status Code: 409)",
  NotFound = "NotFound (HTTP Status Code: 404)", BadRequest = "Bad Request (HTTP Status Code: 400)",
}

local function pair(value, localized)
  return '{"value":"' .. value .. '","localizedValue":"' .. (localized or value) .. '"}'
end

local pairs_of = {}

-- What depends on the operation alone.
local function operation_part(op)
  local part = pairs_of[op]
  if not part then
    part = {
      name = '","operationName":' .. pair(op.name), provider = ',"resourceProviderName":' .. pair(op.provider),
      type = ',"resourceType":' .. pair(op.type), method = '","method":"' .. op.method .. '"},"id":"',
    }
    pairs_of[op] = part
  end
  return part
end

-- What the records of an act share; made for the first of them, let go with the last.
local function shared(act)
  local parts = act.rest
  if not parts then
    local where, part = act.where, operation_part(act.what)
    local ip = act.ip and '","clientIpAddress":"' .. act.ip or ""
    parts = {
      head = '{"authorization":{"action":"' .. act.what.name .. '","scope":"' .. where.id .. '"},"caller":"'
      .. act.caller
        .. '","channels":"Operation","claims":{' .. token.claims(act.token) .. '},"correlationId":"' .. act.correlation
        .. '","description":"","eventDataId":"',
      category = ',"category":' .. pair(act.category) .. ',"eventTimestamp":"',
      request = '","httpRequest":{"clientRequestId":"' .. (act.key & 4 == 0 and "" or text.guid(act.key, 2)) .. ip
        .. part.method .. where.id .. "/events/",
      bare = '","id":"' .. where.id .. "/events/",
      middle = part.name .. ',"resourceGroupName":"' .. where.group .. '"' .. part.provider .. part.type
        .. ',"resourceId":"' .. where.id .. '","status":',
      owner = '","subscriptionId":"' .. where.subscription .. '","tenantId":"' .. act.tenant .. '","properties":{',
      tail = '"eventCategory":"' .. act.category .. '","entity":"' .. where.id .. '","message":"' .. act.what.name
        .. '","hierarchy":"' .. act.hierarchy .. '"},"relatedEvents":[]}',
      operation = text.guid(act.key, 3), used = 0,
    }
    act.rest = parts
  end
  parts.used = parts.used + 1
  if parts.used >= act.phases then act.rest = nil end
  return parts
end

local function codes(record)
  if not record.code then return "" end
  return '"statusCode":"' .. record.code .. '","serviceRequestId":'
    .. (record.key & 3 == 0 and "null" or '"' .. text.guid(record.key, 4) .. '"') .. ","
end

local EVENTS <const>, STATUS <const>, SUBSTATUS <const> = {}, {}, {}
for phase, words in pairs(WORDS) do
  EVENTS[phase] = '","eventName":' .. pair(words[1], words[2])
  STATUS[phase] = pair(words[3]) .. ',"subStatus":'
end
for code, words in pairs(HTTP) do SUBSTATUS[code] = pair(code, words) end

-- A record in pieces: most of it is written from what its act has ready. `record` has phase, at (ms), below, key, code,
-- request, response, bare (no httpRequest: records behind an Accepted one often have none).
local function pieces(act, record)
  local parts, event = shared(act), text.guid(record.key, 1)
  local at, below = record.at, record.below
  return parts.head, event, EVENTS[record.phase], parts.category, text.time(at, below),
    record.bare and parts.bare or parts.request, event, "/ticks/", text.ticks(at, below), '","level":"',
    act.levels[record.phase], '","operationId":"',
    record.operation_key == act.key and parts.operation or text.guid(record.operation_key, 3), parts.middle,
      STATUS[record.phase],
    record.code and (SUBSTATUS[record.code] or pair(record.code)) or pair "", ',"submissionTimestamp":"',
    text.time(record.arrival, below), parts.owner, codes(record),
    record.request and '"requestbody":"' .. text.inner(record.request) .. '",' or "",
    record.response and '"responseBody":"' .. text.inner(record.response) .. '",' or "", parts.tail
end

--- One record as text.
function rest.record(act, record)
  return table.concat { pieces(act, record) }
end

-- A page ends where a record's own bits say so, so that a story added elsewhere moves no page.
local function ends_page(record)
  return record.key & 0xFF0000 == 0
end

local function write_page(file, list, from, to, more)
  file:write '{"value":['
  for i = from, to, -1 do
    file:write(i < from and "," or "", pieces(list[i].act, list[i]))
  end
  file:write(more and '],"nextLink":"https://management.azure.com/subscriptions/providers/microsoft.insights/'
    .. 'eventtypes/management/values?api-version=2015-04-01&$skipToken=' .. to .. '"}\n' or "]}\n")
end

--- Writes a day's records, newest first; the pages of a download follow each other in one file. New events move the
--- pages while they are fetched: the last two records of a page come again on the next.
function rest.write(list, sink, day)
  local file = sink:log("activity", text.day(day) .. ".json")
  local from = #list
  while from >= 1 do
    local to = from
    while to > 1 and not ends_page(list[to]) do to = to - 1 end
    write_page(file, list, from, to, to > 1)
    if to == 1 then break end
    from = math.min(to + 1, from - 1)
  end
end

return rest
