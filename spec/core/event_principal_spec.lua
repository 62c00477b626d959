-- event: who acted. Every record is written by hand.
local event = require("armrun.core").T.event

local function fields(json)
  local verdict, f, p = event.read(json)
  assert.equal("event", verdict, f)
  return f, p
end

local M, X = "http://schemas.microsoft.com/", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
local HOME, OTHER = "3f5b1c2a-1111-4111-8111-00000000aaaa", "0de1e6a7-1111-4111-8111-00000000bbbb"
local OID = "a11ce000-2222-4222-8222-00000000bbbb"

-- A REST record with these claims ({key = value}) and members.
local function rest(claims, members)
  local parts = {}
  for key, value in pairs(claims) do parts[#parts + 1] = ('"%s":"%s"'):format(key, value) end
  return ([[{"eventTimestamp":"2026-01-10T09:00:00Z","operationName":{"value":"Microsoft.Web/sites/write"},"claims":{%s}%s}]])
    :format(table.concat(parts, ","), members and "," .. members or "")
end

local function hub(claims, members)
  return (rest(claims, members):gsub('"eventTimestamp"', '"time"'):gsub('"claims":(%b{})', '"identity":{"claims":%1}'))
end

describe("the kind of a principal", function()
  local provider = M .. "identity/claims/identityprovider"
  local cases = {
    { "user", "idtyp says so", { idtyp = "user", appid = "a" } },
    { "service_principal", "idtyp says so", { idtyp = "app", appid = "a" } },
    { "user", "a upn claim", { [X .. "upn"] = "alice@contoso.com" } },
    { "user", "a short upn claim", { upn = "alice@contoso.com" } },
    { "user", "a scope: somebody lent the token", { [M .. "identity/claims/scope"] = "user_impersonation", appid = "a" } },
    { "user", "a name with @, as guests have", { [X .. "name"] = "live.com#rob@contoso.com" } },
    { "service_principal", "an identity provider and nobody's name", { [provider] = "https://sts.windows.net/x/", appid = "a" } },
    { "service_principal", "an application id and nobody's name", { appid = "a" } },
    { "service_principal", "an application id and an empty upn", { appid = "a", [X .. "upn"] = "", scp = " " } },
    { "unknown", "nothing", {} },
  }
  for _, case in ipairs(cases) do
    it("is " .. case[1] .. " by " .. case[2], function()
      assert.equal(case[1], fields(rest(case[3])).kind)
      assert.equal(case[1], fields(hub(case[3])).kind)
    end)
  end

  it("follows the caller when there are no claims", function()
    assert.equal("user", fields(rest({}, [["caller":"alice@contoso.com"]])).kind)
    assert.equal("service_principal", fields(rest({}, '"caller":"' .. OID .. '"')).kind)
    assert.equal("platform", fields(rest({}, [["caller":"Microsoft.Advisor"]])).kind)
    assert.equal("platform", fields(rest({ [X .. "spn"] = "Microsoft.Insights/alertRules" })).kind)
  end)

  it("is platform for Microsoft's own, unless a person stands behind it", function()
    local pim = "01fc33a7-78ba-4d2f-a4b7-768e336e890e"
    assert.equal("platform", fields(rest { appid = pim, idtyp = "app" }).kind)
    assert.equal("user", fields(rest { appid = pim, upn = "alice@contoso.com" }).kind)
  end)

  it("is the person's who uses a client, never the client's", function()
    for _, client in ipairs { "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
      "1950a258-227b-4e31-a9cf-717495945fc2" } do
      assert.equal("user", fields(rest { appid = client, upn = "alice@contoso.com" }).kind)
      assert.equal("service_principal", fields(rest { appid = client }).kind)
    end
  end)

  it("of a delegated call is the user's, though the role's holder is an application", function()
    local f = fields([[{"time":"2026-01-10T09:00:00Z","operationName":"X/LISTACCOUNTSAS/ACTION","identity":{
      "authorization":{"evidence":{"principalType":"ServicePrincipal","principalId":"5e5e5e5e22224222822200000000cccc"}},
      "claims":{"appid":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","]] .. X .. [[upn":"alice@contoso.com","]] .. M
      .. [[identity/claims/objectidentifier":"]] .. OID .. [["}}}]])
    assert.same({ "user", "alice@contoso.com", OID }, { f.kind, f.name, f.object_id })
  end)

  it("is the role holder's when nothing else tells, but a group holds roles for others", function()
    local evidence = [[{"time":"2026-01-10T09:00:00Z","operationName":"X/Y/WRITE","identity":{"authorization":{"evidence":{
      "principalType":"%s","principalId":"a11ce00022224222822200000000bbbb","role":"Owner"}}}}]]
    local f, p = fields(evidence:format "User")
    assert.same({ "user", OID }, { f.kind, p.object_id })
    f = fields(evidence:format "Group")
    assert.is_nil(f.object_id)
    assert.equal("unknown", f.kind)
  end)
end)

describe("the names of a principal", function()
  it("are trimmed and freed of the identity provider", function()
    assert.equal("rob@contoso.com", fields(hub { [X .. "name"] = "live.com#rob@contoso.com" }).name)
    assert.equal("rob@contoso.com", fields(hub { [X .. "name"] = "live.com#rob@contoso.com" }).caller)
    assert.equal("admin@contoso.com", fields(hub { [X .. "name"] = " admin@contoso.com" }).name)
    assert.equal("admin@contoso.com", fields(rest({}, [["caller":" admin@contoso.com "]])).caller)
    assert.equal("rob_c.com#EXT#@fabrikam.com", fields(rest({}, [["caller":"rob_c.com#EXT#@fabrikam.com"]])).caller)
    assert.equal("#@", fields(rest({}, [["caller":"#@"]])).caller)
  end)

  it("fall back from upn to name to e-mail", function()
    assert.equal("u@c", fields(hub { [X .. "upn"] = "u@c", [X .. "name"] = "n@c", [X .. "emailaddress"] = "e@c" }).name)
    assert.equal("n@c", fields(hub { [X .. "name"] = "n@c", [X .. "emailaddress"] = "e@c" }).name)
    assert.equal("e@c", fields(hub { [X .. "emailaddress"] = "e@c" }).name)
    assert.equal("e@c", fields(hub { [X .. "upn"] = "", [X .. "emailaddress"] = "e@c" }).name)
  end)

  it("of a known application are ours", function()
    assert.equal("MS-PIM", fields(hub { appid = "01fc33a7-78ba-4d2f-a4b7-768e336e890e" }).name)
  end)
end)

describe("the identities of a principal", function()
  local object = M .. "identity/claims/objectidentifier"

  it("do not depend on hyphens or case", function()
    local ids = {}
    for _, spelling in ipairs { OID, OID:upper(), OID:gsub("-", ""), OID:upper():gsub("-", "") } do
      local _, p = fields(rest({ [object] = spelling, appid = spelling }))
      ids[#ids + 1] = { p.object_id, p.app_id, p.flags.object_guid }
    end
    for i = 1, 4 do assert.same({ OID, OID, true }, ids[i]) end
  end)

  it("are GUIDs only when every digit is one", function()
    for at = 1, 36 do
      for _, byte in ipairs { "0", "9", "a", "f", "A", "F", "-", "/", ":", "g", "G", "@", "`", "_", "\\u0010", "\\u0019", "\\u00e1" } do
        local spelling = OID:sub(1, at - 1) .. byte .. OID:sub(at + 1)
        local hyphen = OID:sub(at, at) == "-"
        local valid = hyphen and byte == "-" or not hyphen and byte:find "^[0-9a-fA-F]$" ~= nil
        local _, p = fields(rest { [object] = spelling })
        assert.equal(valid or nil, p.flags.object_guid, spelling)
        if valid then assert.equal(spelling:lower(), p.object_id) end
      end
    end
  end)

  it("are hashes for what is no GUID, and the same in any case", function()
    local _, p = fields(rest { [object] = "user1" })
    local _, q = fields(rest { [object] = "USER1" })
    assert.equal(event.id "user1", p.object_id)
    assert.equal(p.object_id, q.object_id)
    assert.is_nil(p.flags.object_guid)
  end)

  it("name an application by its object id once, whether the shape has a caller or not", function()
    local _, p = fields(rest({ [object] = OID, appid = "a" }, '"caller":"' .. OID .. '"'))
    local _, q = fields(hub { [object] = OID, appid = "a" })
    assert.is_nil(p.caller)
    assert.same({ p.object_id, p.app_id, p.caller }, { q.object_id, q.app_id, q.caller })
  end)

  it("keep a caller that nothing else names", function()
    local _, p = fields(rest({}, [["caller":"Alice@Contoso.com"]]))
    assert.equal(event.id "alice@contoso.com", p.caller)
  end)

  it("of PIM come from the text in CallerInfo", function()
    local f, p = fields([[{"time":"2026-01-10T09:00:00Z","category":"Administrative","resultType":"Succeeded",
      "operationName":"Add member to role completed (PIM activation)","resourceId":"/SUBSCRIPTIONS/S",
      "properties":{"EventID":"e-1","SubjectID":"s-1","CallerInfo":"{\"ObjectID\":\"]] .. OID:upper() .. [[\"}"}}]])
    assert.same({ "activity", "user", "succeeded", "e-1" }, { f.source, f.kind, f.status, f.event_id })
    assert.equal(OID, p.object_id)
  end)
end)

describe("multi-factor authentication", function()
  local methods = M .. "claims/authnmethodsreferences"
  local cases = { ["pwd,mfa"] = "yes", ["rsa,mfa"] = "yes", MFA = "yes", ["pwd"] = "no", ["pwd,rsa"] = "no", ["ngcmfa"] = "yes",
    ["nomfaatall"] = "no", [""] = "unknown" }
  for value, answer in pairs(cases) do
    it(('"%s" is %s'):format(value, answer), function()
      assert.equal(answer, fields(rest { [methods] = value, upn = "a@c" }).mfa)
    end)
  end

  it("is unknown without the claim, and may be an array", function()
    assert.equal("unknown", fields(rest { upn = "a@c" }).mfa)
    local text = rest({}):gsub('"claims":{}', '"claims":{"amr":["pwd","mfa"]}')
    assert.equal("yes", fields(text).mfa)
    assert.equal("no", fields((text:gsub('"mfa"', '"rsa"'))).mfa)
    assert.equal("unknown", fields((text:gsub('%["pwd","mfa"%]', "[]"))).mfa)
  end)

  it("is never denied by a vault, which logs one method of several", function()
    local vault = [[{"time":"2026-01-10T09:00:00Z","category":"AuditEvent","operationName":"KeyGet",
      "resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V","identity":{"claim":{"amr":"%s"}}}]]
    assert.equal("unknown", fields(vault:format "pwd").mfa)
    assert.equal("yes", fields(vault:format "mfa").mfa)
  end)
end)

describe("tenants", function()
  local tenant, provider = M .. "identity/claims/tenantid", M .. "identity/claims/identityprovider"
  local function sts(id) return "https://sts.windows.net/" .. id .. "/" end

  it("agree for one's own people", function()
    local f = fields(rest({ [tenant] = HOME:upper() .. " " }, '"tenantId":"' .. HOME .. '"'))
    assert.equal("no", f.delegated)
  end)

  it("differ for delegated management", function()
    local f = fields(rest({ [tenant] = OTHER }, '"tenantId":"' .. HOME .. '"'))
    assert.same({ "yes", HOME, OTHER }, { f.delegated, f.tenant, f.home_tenant })
    f = fields(hub({ [tenant] = OTHER }, '"properties":{"hierarchy":"' .. HOME .. '/sub"}'))
    assert.same({ "yes", HOME, OTHER }, { f.delegated, f.tenant, f.home_tenant })
  end)

  it("differ for guests, whose provider is another tenant", function()
    local f = fields(rest { [tenant] = HOME, [provider] = sts(OTHER) })
    assert.same({ "yes", HOME, OTHER }, { f.delegated, f.tenant, f.home_tenant })
    f = fields(rest { [tenant] = HOME, [provider] = sts(HOME) })
    assert.equal("no", f.delegated)
  end)

  it("prove nothing when only the token names one", function()
    local f = fields(rest { [tenant] = HOME })
    assert.same({ "unknown", HOME }, { f.delegated, f.tenant })
    f = fields(rest { [tenant] = HOME, [provider] = "live.com" })
    assert.same({ "unknown", HOME }, { f.delegated, f.tenant })
    assert.is_nil(f.home_tenant)
  end)

  it("may stand in the resource", function()
    local f = fields [[{"time":"2026-01-10T09:00:00Z","operationName":"Add user","category":"AuditLogs",
      "resourceId":"/tenants/3f5b1c2a-1111-4111-8111-00000000aaaa/providers/Microsoft.aadiam"}]]
    assert.equal(HOME, f.tenant)
  end)
end)

describe("addresses", function()
  local function http(ip, claims)
    return fields(rest(claims or {}, '"httpRequest":{"clientIpAddress":"' .. ip .. '"}'))
  end

  it("lose port and wrapping", function()
    assert.equal("203.0.113.9", http("203.0.113.9:51234").ip)
    assert.equal("203.0.113.9", http("::ffff:203.0.113.9").ip)
    assert.equal("2001:db8::1", http("2001:DB8:0:0::1").ip)
  end)

  it("that are none are flagged and absent", function()
    for _, text in ipairs { "<Redacted>", "XX.XX.XX.XX", "127.0.0.0/8", "0.0.0.0", OID, "203.0.113.999" } do
      local f, p = http(text)
      assert.is_nil(f.ip, text)
      assert.is_nil(p.ip, text)
      assert.is_true(f.flags.bad_ip, text)
      assert.equal(text, f.ip_text)
    end
  end)

  it("fall back to the token's", function()
    local f = fields(rest { ipaddr = "198.51.100.7" })
    assert.same({ "198.51.100.7", "198.51.100.7", "198.51.100.7" }, { f.ip, f.ip_text, f.token_ip })
    assert.same({}, f.flags)
    f = http("<Redacted>", { ipaddr = "198.51.100.7" })
    assert.equal("198.51.100.7", f.ip)
    assert.is_true(f.flags.bad_ip)
    f = http("203.0.113.9", { ipaddr = "198.51.100.7" })
    assert.same({ "203.0.113.9", "198.51.100.7" }, { f.ip, f.token_ip })
  end)

  it("are not flagged when missing", function()
    assert.same({}, fields(rest {}).flags)
    assert.same({}, http("").flags)
  end)
end)
