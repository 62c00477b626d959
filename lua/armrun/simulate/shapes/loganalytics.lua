--- Activity log as Log Analytics has it: the table AzureActivity, one row a line, in order of ingestion.
local text = require "armrun.simulate.text"
local token = require "armrun.simulate.token"

local loganalytics = {}

local WORDS <const> = { started = "Start", accepted = "Accept", succeeded = "Success", failed = "Failure" }

local SUB <const> = {
  OK = "OK (HTTP Status Code: 200)", Created = "Created (HTTP Status Code: 201)",
  Accepted = "Accepted (HTTP Status Code: 202)", NoContent = "No Content (HTTP Status Code: 204)",
}

-- JSON in a text in JSON; bodies once more.
local function properties(act, record)
  local out = record.code and '{\\"statusCode\\":\\"' .. record.code .. '\\",\\"serviceRequestId\\":\\"'
    .. text.guid(record.key, 4) .. '\\",' or "{"
  if record.request then out = out .. '\\"requestbody\\":\\"' .. text.inner(text.inner(record.request)) .. '\\",' end
  if record.response then out = out .. '\\"responseBody\\":\\"' .. text.inner(text.inner(record.response))
    .. '\\",' end
  return out .. '\\"eventCategory\\":\\"' .. act.category .. '\\",\\"entity\\":\\"' .. act.where.id
    .. '\\",\\"message\\":\\"' .. act.what.name .. '\\",\\"hierarchy\\":\\"' .. act.hierarchy .. '\\"}'
end

local function http_request(act, record)
  if record.bare then return "" end
  return ',"HTTPRequest":"{\\"clientRequestId\\":\\"' .. text.guid(act.key, 2) .. '\\",\\"clientIpAddress\\":\\"'
    .. (act.ip or "") .. '\\",\\"method\\":\\"' .. act.what.method .. '\\"}"'
end

--- One row.
function loganalytics.record(act, record)
  local where, what = act.where, act.what
  local ip = act.ip and not record.bare and ',"CallerIpAddress":"' .. act.ip .. '"' or ""
  return '{"TenantId":"' .. text.guid(#act.tenant, 8) .. '","SourceSystem":"Azure","TimeGenerated":"'
    .. text.time(record.at, record.below) .. '","Level":"' .. (act.levels[record.phase]) .. '","OperationNameValue":"'
    .. what.upper .. '","ActivityStatusValue":"' .. WORDS[record.phase] .. '","ActivitySubstatusValue":"'
    .. (record.code and (SUB[record.code] or record.code) or "") .. '","CategoryValue":"' .. act.category
    .. '","Caller":"'
    .. act.caller .. '"' .. ip .. ',"CorrelationId":"' .. act.correlation .. '","EventDataId":"'
    .. text.guid(record.key, 1)
    .. '","EventSubmissionTimestamp":"' .. text.time(record.arrival, record.below) .. '","OperationId":"'
    .. text.guid(record.operation_key, 3) .. '","ResourceGroup":"' .. where.group .. '","ResourceProviderValue":"'
    .. what.provider_upper .. '","SubscriptionId":"' .. where.subscription .. '","_ResourceId":"' .. where.lower
    .. '","Hierarchy":"' .. act.hierarchy .. '","Authorization":"{\\"action\\":\\"' .. what.name
    .. '\\",\\"scope\\":\\"'
    .. where.id .. '\\"}","Claims":"' .. token.escaped(act.token) .. '"' .. http_request(act, record)
    .. ',"Properties":"'
    .. properties(act, record) .. '","Type":"AzureActivity"}'
end

--- Writes rows in order of ingestion.
function loganalytics.write(list, sink, day)
  local file = sink:log("activity", text.day(day) .. ".json")
  for _, record in ipairs(list) do file:write(loganalytics.record(record.act, record), "\n") end
end

return loganalytics
