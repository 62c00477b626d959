--- Activity log as the REST API and `az monitor activity-log list` give it: newest first, in pages that overlap.
local text = require "armrun.simulate.text"
local token = require "armrun.simulate.token"

local rest = { name = "rest", by_event_time = true, overlaps = true }

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

local function properties(act, record)
  local out = record.code and '"statusCode":"' .. record.code .. '","serviceRequestId":'
    .. (record.key & 3 == 0 and "null" or '"' .. text.guid(record.key, 4) .. '"') .. "," or ""
  if record.request then out = out .. '"requestbody":"' .. text.escape(record.request) .. '",' end
  if record.response then out = out .. '"responseBody":"' .. text.escape(record.response) .. '",' end
  return out .. '"eventCategory":"' .. act.category .. '","entity":"' .. act.where.id .. '","message":"'
    .. act.what.name
    .. '","hierarchy":"' .. act.hierarchy .. '"'
end

local function http_request(act, record, part)
  if record.bare then return '"id":"' end
  local ip = act.ip and '","clientIpAddress":"' .. act.ip or ""
  return '"httpRequest":{"clientRequestId":"' .. (act.key & 4 == 0 and "" or text.guid(act.key, 2)) .. ip .. part.method
end

--- One record: `record` has phase, at (ms), below, key, code, request, response, bare (no httpRequest: records behind
--- an
--- Accepted one often have none).
function rest.record(act, record)
  local words, where, part = WORDS[record.phase], act.where, operation_part(act.what)
  local event = text.guid(record.key, 1)
  return '{"authorization":{"action":"' .. act.what.name .. '","scope":"' .. where.id .. '"},"caller":"' .. act.caller
    .. '","channels":"Operation","claims":{' .. token.claims(act.token) .. '},"correlationId":"' .. act.correlation
    .. '","description":"","eventDataId":"' .. event .. '","eventName":' .. pair(words[1], words[2])
    .. ',"category":' .. pair(act.category) .. ',"eventTimestamp":"' .. text.time(record.at, record.below) .. '",'
    .. http_request(act, record, part) .. where.id .. "/events/" .. event .. "/ticks/"
    .. text.ticks(record.at, record.below) .. '","level":"' .. act.levels[record.phase] .. '","operationId":"'
    .. text.guid(record.operation_key, 3) .. part.name .. ',"resourceGroupName":"' .. where.group .. '"'
    .. part.provider
    .. part.type .. ',"resourceId":"' .. where.id .. '","status":' .. pair(words[3]) .. ',"subStatus":'
    .. (record.code and pair(record.code, HTTP[record.code]) or pair "") .. ',"submissionTimestamp":"'
    .. text.time(record.arrival, record.below) .. '","subscriptionId":"' .. where.subscription .. '","tenantId":"'
    .. act.tenant .. '","properties":{' .. properties(act, record) .. '},"relatedEvents":[]}'
end

-- A page ends where a record's own bits say so, so that a story added elsewhere moves no page.
local function ends_page(record)
  return record.key & 0xFF0000 == 0
end

local function write_page(file, list, from, to, more)
  file:write '{"value":['
  for i = from, to, -1 do
    file:write(i < from and "," or "", rest.record(list[i].act, list[i]))
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
