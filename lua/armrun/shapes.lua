--- Acts written as real logs write them: one function per delivery shape. For specs.
local json = require "armrun.json"

local shapes = {}

local CLAIMS = "http://schemas.microsoft.com/"
local NAMES = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"

-- Event names, status words and what else differs by phase.
local phases = {
  started = { event = "BeginRequest", rest = "Started", sub = "", hub = "Start", signature = "Started." },
  accepted = { event = "EndRequest", rest = "Accepted", sub = "Accepted", hub = "Accept",
               signature = "Accepted.Accepted" },
  succeeded = { event = "EndRequest", rest = "Succeeded", sub = "OK", hub = "Success", signature = "Succeeded.OK" },
  failed = { event = "EndRequest", rest = "Failed", sub = "Forbidden", hub = "Failure",
             signature = "Failed.Forbidden" },
}

--- RFC 3339 with the seven digits Azure writes.
function shapes.time(seconds)
  local whole = math.floor(seconds)
  local ticks = math.floor((seconds - whole) * 1e7 + 0.5)
  if ticks >= 10000000 then whole, ticks = whole + 1, 0 end
  return os.date("!%Y-%m-%dT%H:%M:%S", whole) .. (".%07dZ"):format(ticks)
end

local function value(text)
  return { value = text, localizedValue = text }
end

local function methods(act)
  if act.mfa == nil then return nil end
  return act.mfa and "pwd,mfa" or "pwd"
end

local function claims(act)
  local who = act.who
  if not who then return {} end
  local c = {
    aud = "https://management.core.windows.net/", ver = "1.0", appid = act.app_id, ipaddr = act.token_ip or act.ip,
    appidacr = who.kind == "user" and "0" or "1", idtyp = who.kind == "user" and "user" or "app",
    [CLAIMS .. "identity/claims/objectidentifier"] = who.id,
    [CLAIMS .. "identity/claims/tenantid"] = act.home_tenant or act.tenant,
  }
  if who.kind == "user" then
    c[NAMES .. "upn"], c[NAMES .. "name"], c.name = who.name, who.name, who.short
    c[CLAIMS .. "claims/authnmethodsreferences"] = methods(act)
  end
  return c
end

local function body_text(body)
  if body == nil then return nil end
  return type(body) == "string" and body or json.encode(body)
end

local function properties(act, phase)
  local p = { entity = act.resource, message = act.operation, eventCategory = act.category, hierarchy = act.tenant }
  if phase == "started" then p.requestbody = body_text(act.body) end
  if phase == "succeeded" or phase == "failed" then
    p.responseBody = body_text(act.response)
    p.statusCode = phase == "failed" and "Forbidden" or "OK"
  end
  return p
end

--- REST, as `az monitor activity-log list` gives it.
function shapes.rest(act, phase, at, number)
  local words = phases[phase]
  local event = act.event_id(number)
  return {
    authorization = { action = act.action or act.operation, scope = act.scope or act.resource },
    caller = act.who and act.who.caller, claims = claims(act),
    category = value(act.category), channels = "Operation", description = "",
    correlationId = act.correlation, eventDataId = event, operationId = act.operation_id,
    eventName = value(words.event), level = phase == "failed" and "Error" or "Informational",
    eventTimestamp = shapes.time(at), submissionTimestamp = shapes.time(at + 70),
    id = act.resource .. "/events/" .. event .. "/ticks/" .. ("%d"):format(math.floor(at) * 10000000),
    httpRequest = { clientIpAddress = act.ip, method = act.method, clientRequestId = act.operation_id },
    operationName = value(act.operation), properties = properties(act, phase),
    resourceGroupName = act.group, resourceProviderName = value(act.provider), resourceType = value(act.type),
    resourceId = act.resource, status = value(words.rest), subStatus = value(words.sub),
    subscriptionId = act.subscription, tenantId = act.tenant,
  }
end

--- Event Hub and storage account: names in capitals, the true spelling in properties.entity, no event id.
function shapes.eventhub(act, phase, at)
  local words = phases[phase]
  return {
    time = shapes.time(at), resourceId = act.resource:upper(), operationName = act.operation:upper(),
    category = act.category, resultType = words.hub, resultSignature = words.signature, durationMs = "0",
    callerIpAddress = act.ip, correlationId = act.correlation, tenantId = act.tenant,
    identity = {
      authorization = { scope = act.scope or act.resource, action = act.action or act.operation },
      claims = claims(act),
    },
    level = phase == "failed" and "Error" or "Information", properties = properties(act, phase),
  }
end

--- Log Analytics, AzureActivity, one row an object.
function shapes.loganalytics(act, phase, at, number)
  local words = phases[phase]
  return {
    TimeGenerated = shapes.time(at), Type = "AzureActivity", OperationNameValue = act.operation:upper(),
    ActivityStatusValue = words.hub, ActivitySubstatusValue = words.sub, CategoryValue = act.category,
    Caller = act.who and act.who.caller, CallerIpAddress = act.ip, CorrelationId = act.correlation,
    EventDataId = act.event_id(number), EventSubmissionTimestamp = shapes.time(at + 70), Level = "Information",
    ResourceGroup = act.group, ResourceProviderValue = act.provider:upper(), SubscriptionId = act.subscription,
    _ResourceId = act.resource:lower(), Hierarchy = act.tenant,
    Claims = json.encode(claims(act)),
    Authorization = json.encode { action = act.action or act.operation, scope = act.scope or act.resource },
    HTTPRequest = json.encode { clientIpAddress = act.ip, method = act.method },
    Properties = json.encode(properties(act, phase)),
  }
end

--- Key Vault AuditEvent. Success is told by the HTTP status alone: resultType says Success for a 403 too.
function shapes.keyvault(act, phase, at)
  local who = act.who or {}
  local code = act.http_status or (phase == "failed" and 403 or 200)
  return {
    time = shapes.time(at), category = "AuditEvent", operationName = act.operation, operationVersion = "7.0",
    resultType = "Success", resultSignature = code < 400 and "OK" or "Forbidden", durationMs = "30",
    correlationId = act.correlation, callerIpAddress = act.ip, resourceId = act.resource:upper(),
    identity = { claim = {
      oid = who.id, appid = act.app_id, upn = who.kind == "user" and who.name or nil,
      idtyp = who.kind ~= "user" and "app" or nil, amr = act.mfa and "mfa" or nil,
    } },
    properties = {
      id = act.item, clientInfo = act.user_agent, httpStatusCode = code, isAccessPolicyMatch = true,
      requestUri = act.uri or (act.item or act.resource) .. "?api-version=7.0",
    },
  }
end

--- ARM reads as CloudAuditEvents of Microsoft Defender XDR has them.
function shapes.read(act, phase, at, number)
  return {
    Timestamp = shapes.time(at), ReportId = act.event_id(number), DataSource = "Azure", ActionType = "Read",
    OperationName = act.operation, AzureResourceId = act.resource, IPAddress = act.ip,
    RawEventData = {
      operationName = act.operation, resourceId = act.resource, resultType = phases[phase].hub,
      correlationId = act.correlation, callerIpAddress = act.ip, time = shapes.time(at), tenantId = act.tenant,
      identity = { claims = claims(act) }, properties = { userAgent = act.user_agent },
    },
  }
end

local function initiator(act)
  local who = act.who
  if not who then return { array = nil } end
  if who.kind == "user" then
    return { user = { id = who.id, userPrincipalName = who.name, displayName = who.short, ipAddress = act.ip } }
  end
  return { app = { appId = act.app_id, displayName = who.name, servicePrincipalId = who.id } }
end

--- Entra audit log through a diagnostic setting; `does` is the activity's display name.
function shapes.audit(act, phase, at, number)
  return {
    time = shapes.time(at), category = "AuditLogs", operationName = act.operation, operationVersion = "1.0",
    resourceId = "/tenants/" .. act.tenant .. "/providers/Microsoft.aadiam", tenantId = act.tenant,
    resultSignature = "None", callerIpAddress = act.ip, correlationId = act.correlation, level = "4",
    properties = {
      id = act.event_id(number), activityDisplayName = act.operation, activityDateTime = shapes.time(at),
      category = act.category ~= "Administrative" and act.category or "RoleManagement",
      correlationId = act.correlation, loggedByService = act.service or "Core Directory",
      result = phase == "failed" and "failure" or "success", initiatedBy = initiator(act),
      targetResources = act.targets or { array = true }, additionalDetails = act.details or { array = true },
    },
  }
end

--- Entra sign-in through a diagnostic setting.
function shapes.signin(act, phase, at, number)
  local who = act.who or {}
  local user = who.kind == "user"
  return {
    time = shapes.time(at), operationName = "Sign-in activity", operationVersion = "1.0", tenantId = act.tenant,
    category = user and "SignInLogs" or "ServicePrincipalSignInLogs", correlationId = act.correlation,
    resourceId = "/tenants/" .. act.tenant .. "/providers/Microsoft.aadiam", callerIpAddress = act.ip,
    resultType = phase == "failed" and "50126" or "0", resultSignature = "None", level = "4",
    properties = {
      id = act.event_id(number), createdDateTime = shapes.time(at), appId = act.app_id, ipAddress = act.ip,
      userId = user and who.id or nil, userPrincipalName = user and who.name or nil,
      servicePrincipalId = not user and who.id or nil, servicePrincipalName = not user and who.name or nil,
      authenticationRequirement = act.mfa and "multiFactorAuthentication" or "singleFactorAuthentication",
      status = { errorCode = phase == "failed" and 50126 or 0 }, userAgent = act.user_agent,
    },
  }
end

return shapes
