-- event: Key Vault, sign-ins and the Entra audit log, each as diagnostic record, Log Analytics row and Graph object.
local event = require("armrun.core").T.event

local function fields(json)
  local verdict, f, p = event.read(json)
  assert.equal("event", verdict, f)
  return f, p
end

-- What must be equal in all shapes of one record.
local function identity(json)
  local _, p = fields(json)
  return { act = p.act, order = p.order, object_id = p.object_id, app_id = p.app_id, resource = p.resource, ip = p.ip,
    event_id = p.event_id, status = p.status, kind = p.kind, time = p.time, source = p.source, operation = p.operation }
end

local OID, APP = "a11ce000-2222-4222-8222-00000000bbbb", "1950a258-227b-4e31-a9cf-717495945fc2"

describe("a vault's record", function()
  local url = "https://kv1.vault.azure.net/secrets/s1"
  local agent = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1237"
  local diagnostic = [[{"time":"2026-01-10T11:00:02.5Z","category":"AuditEvent","operationName":"SecretGet","resultType":"Success",
    "correlationId":"c-1","callerIpAddress":"203.0.113.9","identity":{"claim":{"oid":"$OID","appid":"$APP","appidacr":"0",
    "upn":"eve@contoso.com","ipaddr":"198.51.100.7","amr":"pwd"}},"properties":{"id":"$URL","clientInfo":"$AGENT",
    "httpStatusCode":403,"requestUri":"$URL?api-version=7.0"},"resultSignature":"Forbidden","durationMs":"16",
    "resourceId":"/SUBSCRIPTIONS/5AB50000-4444-4444-8444-00000000DDDD/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV1"}]]
  local row = [[{"TimeGenerated":"2026-01-10T11:00:02.5Z","Type":"AzureDiagnostics","Category":"AuditEvent",
    "OperationName":"SecretGet","ResultType":"Success","CorrelationId":"c-1","CallerIPAddress":"203.0.113.9",
    "identity_claim_oid_g":"$OID","identity_claim_appid_g":"$APP","identity_claim_upn_s":"eve@contoso.com",
    "identity_claim_ipaddr_s":"198.51.100.7","identity_claim_appidacr_s":"0","id_s":"$URL","clientInfo_s":"$AGENT",
    "httpStatusCode_d":403,"ResultSignature":"Forbidden","TenantId":"00000000-9999-4999-8999-0000000000ff",
    "ResourceId":"/SUBSCRIPTIONS/5AB50000-4444-4444-8444-00000000DDDD/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV1"}]]
  local own = [[{"TimeGenerated":"2026-01-10T11:00:02.5Z","Type":"AZKVAuditLogs","OperationName":"SecretGet","ResultType":"Success",
    "CorrelationId":"c-1","CallerIpAddress":"203.0.113.9","Identity":"{\"claim\":{\"oid\":\"$OID\",\"appid\":\"$APP\",
    \"upn\":\"eve@contoso.com\",\"appidacr\":\"0\",\"ipaddr\":\"198.51.100.7\"}}","Id":"$URL","ClientInfo":"$AGENT",
    "HttpStatusCode":403,"ResultSignature":"Forbidden",
    "_ResourceId":"/subscriptions/5ab50000-4444-4444-8444-00000000dddd/resourcegroups/rg/providers/microsoft.keyvault/vaults/kv1"}]]
  local words = { OID = OID, APP = APP, URL = url, AGENT = agent }
  local function fill(text) return (text:gsub("%$(%u+)", words):gsub("\n%s+", "")) end

  it("is the same in its three shapes", function()
    assert.same(identity(fill(diagnostic)), identity(fill(row)))
    assert.same(identity(fill(diagnostic)), identity(fill(own)))
  end)

  it("names who, with what, and that it was denied", function()
    for _, text in ipairs { diagnostic, row, own } do
      local f, p = fields(fill(text))
      assert.same({ "keyvault", "failed", "user", "eve@contoso.com", OID, APP }, { f.source, f.status, f.kind, f.name,
        f.object_id, f.app_id })
      assert.equal(agent, f.user_agent)
      assert.equal("Forbidden", f.sub_status)
      assert.equal("0", f.app_auth)
      assert.equal("5ab50000-4444-4444-8444-00000000dddd", f.subscription:lower())
      assert.equal("198.51.100.7", f.token_ip)
      assert.is_nil(f.event_id)
      assert.equal("secretget", p.operation)
      assert.equal(3, p.phase)
    end
    assert.equal("resourcelog", fields(fill(diagnostic)).shape)
    assert.equal("loganalytics", fields(fill(row)).shape)
  end)

  it("may carry the long claims, too", function()
    local text = fill(diagnostic):gsub('"oid"', '"http://schemas.microsoft.com/identity/claims/objectidentifier"')
      :gsub('"upn"', '"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"')
    local f = fields(text)
    assert.same({ OID, "eve@contoso.com", "user" }, { f.object_id, f.name, f.kind })
  end)
end)

describe("a sign-in", function()
  local diagnostic = [[{"time":"2026-01-10T10:05:00Z","resourceId":"/tenants/3f5b1c2a-1111-4111-8111-00000000aaaa/providers/Microsoft.aadiam",
    "operationName":"Sign-in activity","category":"SignInLogs","tenantId":"3f5b1c2a-1111-4111-8111-00000000aaaa","resultType":"0",
    "resultSignature":"None","callerIpAddress":"203.0.113.9","correlationId":"c-2","identity":"Alice Doe","Level":4,
    "properties":{"id":"51e00000-7777-4777-8777-000000000001","createdDateTime":"2026-01-10T10:00:00.25+00:00",
    "userPrincipalName":"alice@contoso.com","userId":"$OID","appId":"$APP","appDisplayName":"Azure PowerShell",
    "ipAddress":"203.0.113.9","status":{"errorCode":0},"userAgent":"PS/7","servicePrincipalId":"",
    "authenticationRequirement":"multiFactorAuthentication","homeTenantId":"0de1e6a7-1111-4111-8111-00000000bbbb"}}]]
  local row = [[{"TimeGenerated":"2026-01-10T10:05:00Z","CreatedDateTime":"2026-01-10T10:00:00.25Z","Type":"SigninLogs",
    "OperationName":"Sign-in activity","Category":"SignInLogs","ResultType":"0","CorrelationId":"c-2","Identity":"Alice Doe",
    "Id":"51e00000-7777-4777-8777-000000000001","UserPrincipalName":"alice@contoso.com","UserId":"$OID","AppId":"$APP",
    "AppDisplayName":"Azure PowerShell","IPAddress":"203.0.113.9","Status":{"errorCode":0},"UserAgent":"PS/7",
    "AuthenticationRequirement":"multiFactorAuthentication","AADTenantId":"3f5b1c2a-1111-4111-8111-00000000aaaa",
    "HomeTenantId":"0de1e6a7-1111-4111-8111-00000000bbbb","TenantId":"00000000-9999-4999-8999-0000000000ff"}]]
  local graph = [[{"id":"51e00000-7777-4777-8777-000000000001","createdDateTime":"2026-01-10T10:00:00.25Z",
    "userDisplayName":"Alice Doe","userPrincipalName":"alice@contoso.com","userId":"$OID","appId":"$APP",
    "appDisplayName":"Azure PowerShell","ipAddress":"203.0.113.9","correlationId":"c-2","userAgent":"PS/7",
    "authenticationRequirement":"multiFactorAuthentication","homeTenantId":"0de1e6a7-1111-4111-8111-00000000bbbb",
    "status":{"errorCode":0,"failureReason":"Other."}}]]
  local words = { OID = OID, APP = APP }
  local function fill(text) return (text:gsub("%$(%u+)", words)) end

  it("is the same in its three shapes", function()
    assert.same(identity(fill(diagnostic)), identity(fill(row)))
    assert.same(identity(fill(diagnostic)), identity(fill(graph)))
  end)

  it("happened when it was made, not when it was delivered", function()
    for _, text in ipairs { diagnostic, row, graph } do
      local f, p = fields(fill(text))
      assert.equal("2026-01-10T10:00:00.25Z", f.time)
      assert.same({ "signin", "succeeded", "user", "alice@contoso.com" }, { f.source, f.status, f.kind, f.name })
      assert.same({ "yes", "PS/7", "0de1e6a7-1111-4111-8111-00000000bbbb" }, { f.mfa, f.user_agent, f.home_tenant })
      assert.is_nil(f.resource)
      assert.equal("sign-in activity", p.operation)
    end
    assert.equal("graph", fields(fill(graph)).shape)
    assert.equal("yes", fields(fill(diagnostic)).delegated)
    assert.equal("yes", fields(fill(row)).delegated)
    assert.equal("unknown", fields(fill(graph)).delegated)
  end)

  it("fails with a number, and then proves no second factor", function()
    local f = fields(fill(diagnostic):gsub('"resultType":"0"', '"resultType":"50158"'))
    assert.same({ "failed", "50158", "unknown" }, { f.status, f.status_text, f.mfa })
    f = fields(fill(graph):gsub('"errorCode":0', '"errorCode":50126'))
    assert.same({ "failed", "50126" }, { f.status, f.status_text })
    f = fields((fill(diagnostic):gsub("multiFactorAuthentication", "singleFactorAuthentication")))
    assert.equal("no", f.mfa)
  end)

  it("of an application has no user, and may have a GUID for an address", function()
    local f, p = fields([[{"time":"2026-01-10T10:05:00Z","operationName":"Sign-in activity","category":"ServicePrincipalSignInLogs",
      "resultType":"0","callerIpAddress":"]] .. OID .. [[","properties":{"id":"s-1","createdDateTime":"2026-01-10T10:00:00Z",
      "userId":null,"appId":"]] .. APP .. [[","servicePrincipalId":"]] .. OID .. [[","servicePrincipalName":"Robot"}}]])
    assert.same({ "service_principal", "Robot", OID, APP }, { f.kind, f.name, f.object_id, f.app_id })
    assert.is_true(f.flags.bad_ip)
    assert.equal(OID, p.object_id)
  end)
end)

describe("an audit record", function()
  local diagnostic = [[{"time":"2026-01-10T10:00:00.25Z","resourceId":"/tenants/3f5b1c2a-1111-4111-8111-00000000aaaa/providers/Microsoft.aadiam",
    "operationName":"$NAME","category":"AuditLogs","tenantId":"3f5b1c2a-1111-4111-8111-00000000aaaa","resultSignature":"None",
    "callerIpAddress":"203.0.113.9","correlationId":"c-3","Level":4,"properties":{"id":"Directory_1","category":
    "AzureRBACRoleManagementElevateAccess","correlationId":"c-3","result":"success","resultReason":"why",
    "activityDisplayName":"$NAME","activityDateTime":"2026-01-10T10:00:00.25+00:00","loggedByService":"Azure RBAC (Elevated Access)",
    "initiatedBy":{"user":{"id":"$OID","displayName":null,"userPrincipalName":"ga@contoso.com","ipAddress":"203.0.113.9"}},
    "additionalDetails":[{"key":"Operation","value":"Microsoft.Authorization/elevateAccess/action"}]}}]]
  local row = [[{"TimeGenerated":"2026-01-10T10:00:00.25Z","Type":"AuditLogs","OperationName":"$NAME","Category":"AzureRBAC",
    "CorrelationId":"c-3","Result":"success","ResultReason":"why","ActivityDisplayName":"$NAME","Id":"Directory_1",
    "ActivityDateTime":"2026-01-10T10:00:00.25Z","AADTenantId":"3f5b1c2a-1111-4111-8111-00000000aaaa",
    "InitiatedBy":"{\"user\":{\"id\":\"$OID\",\"userPrincipalName\":\"ga@contoso.com\",\"ipAddress\":\"203.0.113.9\"}}"}]]
  local graph = [[{"id":"Directory_1","category":"AzureRBAC","correlationId":"c-3","result":"success","resultReason":"why",
    "activityDisplayName":"$NAME","activityDateTime":"2026-01-10T10:00:00.25Z","loggedByService":"Azure RBAC (Elevated Access)",
    "initiatedBy":{"app":null,"user":{"id":"$OID","userPrincipalName":"ga@contoso.com","ipAddress":"203.0.113.9"}}}]]
  local words = { OID = OID, NAME = "User has elevated their access to User Access Administrator for their Azure Resources" }
  local function fill(text) return (text:gsub("%$(%u+)", words)) end

  it("is the same in its three shapes", function()
    assert.same(identity(fill(diagnostic)), identity(fill(row)))
    assert.same(identity(fill(diagnostic)), identity(fill(graph)))
  end)

  it("names who elevated their access", function()
    for _, text in ipairs { diagnostic, row, graph } do
      local f, p = fields(fill(text))
      assert.same({ "audit", "succeeded", "user", "ga@contoso.com", OID, "203.0.113.9" }, { f.source, f.status, f.kind,
        f.name, f.object_id, f.ip })
      assert.equal("Directory_1", f.event_id)
      assert.equal("why", f.description)
      assert.is_nil(f.resource)
      assert.equal(words.NAME:lower(), p.operation)
    end
  end)

  it("may be an application's, or nobody's", function()
    local app = fill(graph):gsub('"initiatedBy":.*$', [["initiatedBy":{"user":null,"app":{"appId":null,"displayName":"Robot",
      "servicePrincipalId":"]] .. OID .. [["}}}]])
    local f = fields(app)
    assert.same({ "service_principal", "Robot", OID }, { f.kind, f.name, f.object_id })
    f = fields((fill(graph):gsub('"initiatedBy":.*$', '"initiatedBy":{}}')))
    assert.equal("unknown", f.kind)
    assert.is_nil(f.object_id)
  end)

  it("fails", function()
    assert.equal("failed", fields((fill(diagnostic):gsub('"success"', '"failure"'))).status)
  end)
end)
