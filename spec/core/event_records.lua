-- One act, written by hand as each shape delivers it: alice assigns a role at 2026-01-10T09:00:07.1234567Z.
local records = {}

local claims = [["aud":"https://management.core.windows.net/","iss":"https://sts.windows.net/3f5b1c2a-1111-4111-8111-00000000aaaa/",
  "appid":"1950a258-227b-4e31-a9cf-717495945fc2","appidacr":"0","ipaddr":"198.51.100.7",
  "http://schemas.microsoft.com/claims/authnmethodsreferences":"pwd,mfa",
  "http://schemas.microsoft.com/identity/claims/objectidentifier":"a11ce000-2222-4222-8222-00000000bbbb",
  "http://schemas.microsoft.com/identity/claims/scope":"user_impersonation",
  "http://schemas.microsoft.com/identity/claims/tenantid":"3f5b1c2a-1111-4111-8111-00000000aaaa ",
  "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":"alice@contoso.com",
  "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"alice@contoso.com","ver":"1.0"]]
records.claims = claims

local function text_of(json)
  return '"' .. json:gsub('[\\"]', "\\%0"):gsub("\n%s*", "") .. '"'
end
records.text_of = text_of

local body = [[{"Id":"r1","Properties":{"PrincipalId":"b0b00000-3333-4333-8333-00000000cccc",]]
  .. [["RoleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/8e3af657a8ff443ca75c2fe8c4bcb635"}}]]

local resource = "/subscriptions/5ab50000-4444-4444-8444-00000000dddd/resourceGroups/Prod-RG"
  .. "/providers/Microsoft.Authorization/roleAssignments/Grant1"
records.resource = resource

local words = {
  CLAIMS = claims, CLAIMS_TEXT = text_of("{" .. claims .. "}"),
  ECS_CLAIMS = claims:gsub("schemas%.microsoft%.com", "schemas_microsoft_com"):gsub("schemas%.xmlsoap%.org",
    "schemas_xmlsoap_org"),
  BODY = text_of(body), BODY_OBJECT = body,
  RES = resource, UPPER = resource:upper(), LOWER = resource:lower(),
  SUB = "5ab50000-4444-4444-8444-00000000dddd", TEN = "3f5b1c2a-1111-4111-8111-00000000aaaa",
  COR = "c0440000-5555-4555-8555-00000000eeee", EID = "e0e00000-6666-4666-8666-00000000ffff",
  OP = "Microsoft.Authorization/roleAssignments/write",
  AT = "2026-01-10T09:00:07.1234567Z",
}
words.PROPERTIES = ([[{"requestbody":$BODY,"eventCategory":"Administrative","entity":"$RES","message":"$OP","hierarchy":"$TEN"}]])
words.AUTHORIZATION = [[{"action":"$OP","scope":"$RES"}]]

-- $NAME is replaced by its word; again, for words hold words.
local function fill(text)
  for _ = 1, 3 do
    text = text:gsub("%$([A-Z_]+)", function(name) return words[name] end)
  end
  return text
end
records.fill = fill
words.PROPERTIES_TEXT = text_of(fill(words.PROPERTIES))
words.AUTHORIZATION_TEXT = text_of(fill(words.AUTHORIZATION))

records.rest = fill [[{"authorization":$AUTHORIZATION,"caller":"alice@contoso.com","channels":"Operation",
  "claims":{$CLAIMS},"correlationId":"$COR","description":"","eventDataId":"$EID",
  "eventName":{"value":"BeginRequest","localizedValue":"Begin request"},
  "category":{"value":"Administrative","localizedValue":"Administrative"},
  "httpRequest":{"clientRequestId":"9f000000-7777-4777-8777-000000000001","clientIpAddress":"203.0.113.9","method":"PUT"},
  "id":"$RES/events/$EID/ticks/639036360071234567","level":"Informational","resourceGroupName":"Prod-RG",
  "resourceProviderName":{"value":"Microsoft.Authorization","localizedValue":"Microsoft.Authorization"},
  "resourceId":"$RES","resourceType":{"value":"Microsoft.Authorization/roleAssignments","localizedValue":"x"},
  "operationId":"0b000000-8888-4888-8888-000000000002",
  "operationName":{"value":"$OP","localizedValue":"Create role assignment"},
  "properties":$PROPERTIES,"status":{"value":"Started","localizedValue":"Started"},
  "subStatus":{"value":"","localizedValue":""},"eventTimestamp":"$AT",
  "submissionTimestamp":"2026-01-10T09:00:21.5Z","subscriptionId":"$SUB","tenantId":"$TEN"}]]

-- 2014-04-01: eventSource and resourceUri, no tenant.
records.legacy = records.rest:gsub('"category":', '"eventSource":'):gsub('"resourceId":', '"resourceUri":')
  :gsub(',"tenantId":"[^"]*"', "")

-- The SDK's as_dict: the same in snake_case.
records.sdk = fill [[{"authorization":$AUTHORIZATION,"caller":"alice@contoso.com","claims":{$CLAIMS},"correlation_id":"$COR",
  "event_data_id":"$EID","event_name":{"value":"BeginRequest","localized_value":"Begin request"},
  "category":{"value":"Administrative","localized_value":"Administrative"},
  "http_request":{"client_request_id":"9f000000-7777-4777-8777-000000000001","client_ip_address":"203.0.113.9","method":"PUT"},
  "level":"Informational","resource_group_name":"Prod-RG","resource_id":"$RES",
  "resource_type":{"value":"Microsoft.Authorization/roleAssignments","localized_value":"x"},
  "operation_id":"0b000000-8888-4888-8888-000000000002",
  "operation_name":{"value":"$OP","localized_value":"Create role assignment"},"properties":$PROPERTIES,
  "status":{"value":"Started","localized_value":"Started"},"sub_status":{"value":"","localized_value":""},
  "event_timestamp":"$AT","submission_timestamp":"2026-01-10T09:00:21.5Z","subscription_id":"$SUB","tenant_id":"$TEN"}]]

records.eventhub = fill [[{"RoleLocation":"West Europe","Stamp":"x","ReleaseVersion":"1","time":"$AT","resourceId":"$UPPER",
  "operationName":"MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE","category":"Administrative","resultType":"Start",
  "resultSignature":"Started.","durationMs":"0","callerIpAddress":"203.0.113.9","correlationId":"$COR",
  "identity":{"authorization":{"action":"$OP","scope":"$RES","evidence":{"role":"Owner",
    "roleDefinitionId":"8e3af657a8ff443ca75c2fe8c4bcb635","principalId":"a11ce000222242228222 00000000bbbb",
    "principalType":"User"}},"claims":{$CLAIMS}},
  "level":"Information","properties":$PROPERTIES,"tenantId":"$TEN"}]]

records.row = fill [[{"TenantId":"00000000-9999-4999-8999-0000000000ff","SourceSystem":"Azure","CallerIpAddress":"203.0.113.9",
  "CategoryValue":"Administrative","CorrelationId":"$COR","Authorization":$AUTHORIZATION_TEXT,"Authorization_d":null,
  "Claims":$CLAIMS_TEXT,"Claims_d":null,"Level":"Informational","OperationNameValue":"$OP","Properties":$PROPERTIES_TEXT,
  "Caller":"alice@contoso.com","EventDataId":"$EID","EventSubmissionTimestamp":"2026-01-10T09:00:21.5Z",
  "HTTPRequest":"{\"clientRequestId\":\"9f000000-7777-4777-8777-000000000001\",\"clientIpAddress\":\"203.0.113.9\",\"method\":\"PUT\"}",
  "OperationId":"0b000000-8888-4888-8888-000000000002","ResourceGroup":"PROD-RG","ActivityStatusValue":"Start",
  "ActivitySubstatusValue":"","Hierarchy":"","TimeGenerated":"$AT","SubscriptionId":"$SUB",
  "OperationName":"Create role assignment","Category":"Administrative","Type":"AzureActivity","_ResourceId":"$LOWER"}]]

records.ecs = fill [[{"@timestamp":"$AT","azure":{"activitylogs":{"category":"Administrative","event_category":"Administrative",
  "identity":{"authorization":{"action":"$OP","scope":"$RES","evidence":{"role":"Owner","principal_type":"User",
    "principal_id":"a11ce0002222422282220000 0000bbbb"}},"claims":{$ECS_CLAIMS}},
  "operation_name":"MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE","result_type":"Start","result_signature":"Started.",
  "properties":$PROPERTIES},"correlation_id":"$COR","subscription_id":"$SUB","tenant_id":"$TEN",
  "resource":{"id":"$UPPER","group":"PROD-RG","provider":"MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS"}},
  "event":{"action":"MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE","outcome":"unknown","ingested":"2026-01-10T09:01:00Z"},
  "source":{"ip":"203.0.113.9","address":"203.0.113.9"},"user":{"email":"alice@contoso.com"},"log":{"level":"Information"}}]]

records.webhook = fill [[{"schemaId":"Microsoft.Insights/activityLogs","data":{"status":"Activated","context":{"activityLog":{
  "authorization":$AUTHORIZATION,"channels":"Operation","claims":$CLAIMS_TEXT,"caller":"alice@contoso.com",
  "correlationId":"$COR","description":"","eventSource":"Administrative","eventTimestamp":"2026-01-10T09:00:07.1234567+00:00",
  "httpRequest":"{\"clientRequestId\":\"9f000000-7777-4777-8777-000000000001\",\"clientIpAddress\":\"203.0.113.9\",\"method\":\"PUT\"}",
  "eventDataId":"$EID","level":"Informational","operationName":"$OP","operationId":"0b000000-8888-4888-8888-000000000002",
  "properties":$PROPERTIES,"resourceId":"$RES","resourceGroupName":"Prod-RG","status":"Started","subStatus":"",
  "subscriptionId":"$SUB","tenantId":"$TEN","submissionTimestamp":"2026-01-10T09:00:21.5+00:00"}},"properties":{}}}]]

records.grid = fill [[{"subject":"$RES","eventType":"Microsoft.Resources.ResourceWriteSuccess","eventTime":"$AT",
  "id":"4d000000-aaaa-4aaa-8aaa-000000000003","topic":"/subscriptions/$SUB","dataVersion":"2","metadataVersion":"1",
  "data":{"authorization":$AUTHORIZATION,"claims":{$CLAIMS},"correlationId":"$COR","resourceProvider":"Microsoft.Authorization",
  "httpRequest":{"clientRequestId":"9f000000-7777-4777-8777-000000000001","clientIpAddress":"203.0.113.9","method":"PUT"},
  "resourceUri":"$RES","operationName":"$OP","status":"Succeeded","subscriptionId":"$SUB","tenantId":"$TEN"}}]]

records.cloudaudit = fill [[{"Timestamp":"$AT","ReportId":"r-17","DataSource":"Azure","ActionType":"Create","OperationName":"$OP",
  "ResourceId":"$RES","IPAddress":"203.0.113.9","IsAnonymousProxy":false,"CountryCode":"DE",
  "UserAgent":"AzurePowershell/v12.1.0 PSVersion/v7.4","RawEventData":{"caller":"alice@contoso.com","claims":{$CLAIMS},
  "correlationId":"$COR","tenantId":"$TEN","operationName":{"value":"something else"}}}]]

return records
