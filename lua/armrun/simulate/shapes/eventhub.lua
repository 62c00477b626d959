--- Activity log as a diagnostic setting sends it to an Event Hub: batches of records in order of arrival.
local text = require "armrun.simulate.text"
local token = require "armrun.simulate.token"

local eventhub = {}

local WORDS <const> = {
  started = { "Start", "Started." }, accepted = { "Accept", "Accepted.Accepted" },
  succeeded = { "Success", "Succeeded." },
  failed = { "Failure", "Failed." },
}

local EVIDENCE <const> = {
  user = { "Contributor", "User" }, service_principal = { "Contributor", "ServicePrincipal" },
  platform = { "Azure Service Role", "ServicePrincipal" },
}

-- The caller's own role; ids without hyphens.
local function evidence(act)
  local p = act.principal
  if not p.evidence then
    local words = EVIDENCE[p.kind]
    p.evidence = '","evidence":{"role":"' .. words[1]
      .. '","roleAssignmentScope":"/subscriptions/%s","roleAssignmentId":"'
      .. text.guid(act.token.key, 6):gsub("-", "")
      .. '","roleDefinitionId":"b24988ac618042a0ab8820f7382dd24c","principalId":"'
      .. p.object_id:gsub("-", "") .. '","principalType":"' .. words[2] .. '"}},"claims":{'
  end
  return (p.evidence:gsub("%%s", act.where.subscription))
end

local function properties(act, record)
  local out = record.code and '"statusCode":"' .. record.code .. '","serviceRequestId":"' .. text.guid(record.key, 4)
    .. '",'
    or ""
  if record.request then out = out .. '"requestbody":"' .. text.inner(record.request) .. '",' end
  if record.response then out = out .. '"responseBody":"' .. text.inner(record.response) .. '",' end
  return out .. '"eventCategory":"' .. act.category .. '","entity":"' .. act.where.id .. '","message":"'
    .. act.what.name
    .. '","hierarchy":"' .. act.hierarchy .. '"'
end

-- "durationMs" is a number in some records and a text in others.
local function duration(record)
  local ms = record.phase == "started" and 0 or 20 + record.key % 4000
  return record.key & 8 == 0 and ("%d"):format(ms) or '"' .. ("%d"):format(ms) .. '"'
end

--- One record; names in capitals, the true spelling in properties.entity.
function eventhub.record(act, record)
  local words, where = WORDS[record.phase], act.where
  local ip = act.ip and not record.bare and ',"callerIpAddress":"' .. act.ip .. '"' or ""
  local ending = (record.phase == "succeeded" or record.phase == "failed") and record.code or ""
  return '{"RoleLocation":"West Europe","Stamp":"FDWeb","ReleaseVersion":"6.2025.48.5+2f3c1.release_2025w48","time":"'
    .. text.time(record.at, record.below) .. '","resourceId":"' .. where.upper .. '","operationName":"'
    .. act.what.upper
    .. '","category":"' .. act.category .. '","resultType":"' .. words[1] .. '","resultSignature":"' .. words[2]
    .. ending
    .. '","durationMs":' .. duration(record) .. ip .. ',"correlationId":"' .. act.correlation
    .. '","identity":{"authorization":{"scope":"' .. where.id .. '","action":"' .. act.what.name .. evidence(act)
    .. token.claims(act.token) .. '}},"level":"' .. (record.phase == "failed" and act.levels.failed or "Information")
    .. '","properties":{' .. properties(act, record) .. '},"tenantId":"' .. act.tenant .. '"}'
end

-- A batch ends where a record's own bits say so.
local function ends_batch(record)
  return record.key & 0x1F0000 == 0
end

--- Writes records in order of arrival: one message with its records a line.
function eventhub.write(list, sink, day)
  local file = sink:log("activity", text.day(day) .. ".json")
  local open = false
  for i, record in ipairs(list) do
    file:write(open and "," or '{"records":[', eventhub.record(record.act, record))
    open = not ends_batch(record) and i < #list
    if not open then file:write "]}\n" end
  end
end

return eventhub
