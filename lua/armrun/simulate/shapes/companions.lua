--- The logs beside the activity log, as diagnostic settings and downloads deliver them: one record a line, in order of
--- arrival.
local rest = require "armrun.simulate.shapes.rest"
local text = require "armrun.simulate.text"
local token = require "armrun.simulate.token"

local companions = {}

local function by_line(log, record_of)
  return {
    write = function(list, sink, day)
      local file = sink:log(log, text.day(day) .. ".json")
      for _, record in ipairs(list) do file:write(record_of(record.act, record), "\n") end
    end,
  }
end

-- ',"name":"value"' or nothing.
local function member(name, value)
  return value and ',"' .. name .. '":"' .. text.escape(tostring(value)) .. '"' or ""
end

-- ---- directory activity: the tenant's own activity log ----

companions.directory = by_line("directory", rest.record)

-- ---- Key Vault: AuditEvent ----

local SIGNATURES <const> = { [200] = "OK", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found" }

local function vault_claims(act)
  local p, t = act.principal, act.token
  local user = p.kind == "user"
  return '{"claim":{"oid":"' .. p.object_id .. '","appid":"' .. (t.app or "") .. '"'
    .. (user and ',"scp":"user_impersonation","appidacr":"0"' or ',"idtyp":"app","appidacr":"' .. (p.credential or "1")
    .. '"')
    .. ',"xms_az_nwperimid":[]' .. (user and member("upn", p.upn) .. member("unique_name", p.upn)
      .. member("amr", (t.amr or "pwd,mfa"):match "^%w+") or "") .. member("ipaddr", t.ip) .. "}}"
end

-- resultType says Success whatever the HTTP status is.
companions.keyvault = by_line("keyvault", function(act, record)
  local more = act.properties or {}
  local http = more.httpStatusCode or (act.status == "Failed" and 403 or 200)
  return '{"time":"' .. text.time(record.at, record.below) .. '","category":"AuditEvent","operationName":"'
    .. act.operation .. '","resultType":"Success","correlationId":"' .. act.correlation .. '"'
    .. member("callerIpAddress", act.ip) .. ',"identity":' .. vault_claims(act) .. ',"properties":{"id":"'
    .. text.escape(more.id or "") .. '","clientInfo":"' .. text.escape(more.clientInfo or "") .. '","httpStatusCode":'
    .. ("%d"):format(http) .. ',"requestUri":"' .. text.escape(more.requestUri or more.id or "")
    .. '","isAccessPolicyMatch":true,"tlsVersion":"TLS1_3"},"resourceId":"' .. act.where.upper
    .. '","operationVersion":"7.4","resultSignature":"' .. (SIGNATURES[http] or "OK") .. '","durationMs":"'
    .. 8 + record.key % 90 .. '"}'
end)

-- ---- Azure Resource Manager's reads: CloudAuditEvents of Microsoft Defender XDR ----

companions.read = by_line("read", function(act, record)
  local agent = (act.properties or {}).UserAgent
  local at, id = text.time(record.at, record.below), act.where.id
  return '{"Timestamp":"' .. at .. '","ReportId":"' .. text.guid(record.key, 1)
    .. '","DataSource":"Azure","ActionType":"Read","OperationName":"' .. act.what.name .. '","AzureResourceId":"' .. id
    .. '"' .. member("IPAddress", act.ip) .. ',"RawEventData":{"operationName":"' .. act.what.name .. '","resourceId":"'
    .. id .. '","resultType":"' .. (act.status == "Failed" and "Failure" or "Success") .. '","correlationId":"'
    .. act.correlation .. '"' .. member("callerIpAddress", act.ip) .. ',"time":"' .. at .. '","tenantId":"'
    .. act.tenant
    .. '","identity":{"claims":{' .. token.claims(act.token) .. '}},"properties":{"userAgent":"'
    .. text.escape(agent or "") .. '"}}}'
end)

-- ---- Entra ID: audit ----

local function initiator(act)
  local p = act.principal
  if p.kind == "user" then
    return '{"user":{"id":"' .. p.object_id .. '","userPrincipalName":"' .. p.upn .. '","displayName":"' .. p.name
      .. '"'
      .. member("ipAddress", act.ip) .. "}}"
  end
  return '{"app":{"appId":"' .. (p.app_id or "") .. '","displayName":"' .. (p.name or "") .. '","servicePrincipalId":"'
    .. p.object_id .. '"}}'
end

companions.audit = by_line("audit", function(act, record)
  local more, at = act.properties or {}, text.time(record.at, record.below)
  local resource = "/tenants/" .. act.tenant .. "/providers/Microsoft.aadiam"
  local name = text.escape(act.operation)
  return '{"time":"' .. at .. '","resourceId":"' .. resource .. '","operationName":"' .. name
    .. '","operationVersion":"1.0","category":"AuditLogs","tenantId":"' .. act.tenant .. '","resultSignature":"None"'
    .. member("callerIpAddress", act.ip) .. ',"durationMs":0,"correlationId":"' .. act.correlation .. '","Level":4,'
    .. '"properties":{"id":"' .. text.guid(record.key, 1) .. '","category":"' .. (more.category or "RoleManagement")
    .. '","correlationId":"' .. act.correlation .. '","result":"'
    .. (act.status == "Failed" and "failure" or "success") .. '","resultReason":"","activityDisplayName":"' .. name
    .. '","activityDateTime":"' .. at .. '","loggedByService":"' .. (more.loggedByService or "Core Directory")
    .. '","initiatedBy":' .. initiator(act) .. ',"targetResources":[]}}'
end)

-- ---- Entra ID: sign-ins ----

local function who_signs_in(act)
  local p = act.principal
  if p.kind == "user" then
    return '"userId":"' .. p.object_id .. '","userPrincipalName":"' .. p.upn .. '","userDisplayName":"' .. p.name .. '"'
  end
  return '"servicePrincipalId":"' .. p.object_id .. '","servicePrincipalName":"' .. (p.name or "") .. '"'
end

companions.signin = by_line("signin", function(act, record)
  local p, at, more = act.principal, text.time(record.at, record.below), act.properties or {}
  local code = act.status == "Failed" and 50126 or 0
  local factors = (act.token.amr or ""):find "mfa" and "multiFactorAuthentication" or "singleFactorAuthentication"
  return '{"time":"' .. at .. '","resourceId":"/tenants/' .. act.tenant
    .. '/providers/Microsoft.aadiam","operationName":"Sign-in activity","operationVersion":"1.0","category":"'
    .. (p.kind == "user" and "SignInLogs" or p.mirid and "ManagedIdentitySignInLogs" or "ServicePrincipalSignInLogs")
    .. '","tenantId":"' .. act.tenant .. '","resultType":"' .. ("%d"):format(code)
    .. '","resultSignature":"None","durationMs":0'
    .. member("callerIpAddress", act.ip) .. ',"correlationId":"' .. act.correlation .. '","identity":"'
    .. (p.name or "") .. '","Level":4,"location":"DE","properties":{"id":"'
    .. text.guid(record.key, 1) .. '","createdDateTime":"' .. at .. '",' .. who_signs_in(act) .. ',"appId":"'
    .. (act.token.app or "") .. '"' .. member("ipAddress", act.ip) .. ',"status":{"errorCode":' .. ("%d"):format(code)
    .. '},"clientAppUsed":"Browser","userAgent":"' .. text.escape(more.userAgent or "")
    .. '","authenticationRequirement":"'
    .. factors .. '","resourceDisplayName":"Azure Resource Manager","conditionalAccessStatus":"success"'
    .. "}}"
end)

return companions
