-- event: verdicts, sources, status, and the parts of a resource id.
local event = require("armrun.core").T.event

local function fields(json)
  local verdict, f, p = event.read(json)
  assert.equal("event", verdict, f)
  return f, p
end

-- A record of the Event Hub shape, with these members besides.
local function hub(members)
  return [[{"time":"2026-01-10T09:00:00Z","operationName":"MICROSOFT.WEB/SITES/WRITE",]] .. members .. "}"
end

local function rest(members)
  return [[{"eventTimestamp":"2026-01-10T09:00:00Z","operationName":{"value":"Microsoft.Web/sites/write"},]] .. members .. "}"
end

describe("a record that is none", function()
  local cases = {
    { "[1,2]", "not a JSON object" },
    { "{}", "not an Azure log record: no time and no operation name" },
    { [[{"a":1}]], "not an Azure log record: no time and no operation name" },
    { [[{"category":"Administrative"}]], "no time" },
    { [[{"operationName":"Microsoft.Web/sites/write"}]], "no time" },
    { [[{"time":"2026-01-10T09:00:00Z","category":"Administrative"}]], "no operation name" },
    { [[{"eventTimestamp":"yesterday","operationName":{"value":"x"}}]], "not a time: yesterday" },
    { [[{"time":"2023-02-30T00:00:00Z","operationName":"x/y","category":"Administrative"}]], "not a time: 2023-02-30T00:00:00Z" },
    { [[{"error":{"code":"AuthorizationFailed","message":"The client has no right"}}]],
      "Azure error AuthorizationFailed: The client has no right" },
    { [[{"Code":"BadRequest","Message":"The filter is wrong."}]], "Azure error BadRequest: The filter is wrong." },
    { [[{"error":{"code":"E\u001b[31m","message":"a\nb"}}]], "Azure error E\\x1B[31m: a\\x0Ab" },
  }
  for _, case in ipairs(cases) do
    it("is rejected: " .. case[2], function()
      assert.same({ "rejected", case[2] }, { event.read(case[1]) })
    end)
  end

  it("names an error with the first 80 characters of its message", function()
    local _, why = event.read([[{"error":{"code":"X","message":"]] .. ("m"):rep(500) .. [["}}]])
    assert.equal("Azure error X: " .. ("m"):rep(80) .. "...", why)
  end)

  it("stays an event when it has a time and an error besides", function()
    assert.equal("event", (event.read(rest [["error":{"code":"X"}]])))
  end)
end)

describe("a wrapping", function()
  it("hands out its array", function()
    assert.same({ "envelope", 2 }, { event.read [[{"records":[{},{}]}]] })
    assert.same({ "envelope", 1 }, { event.read [[{"value":[{}],"nextLink":"x"}]] })
    assert.same({ "envelope", 0 }, { event.read [[{"tables":[]}]] })
  end)

  it("needs an array", function()
    assert.equal("rejected", (event.read [[{"value":1}]]))
    assert.equal("event", (event.read(rest [["value":"x"]])))
  end)
end)

describe("a log that is not used", function()
  it("is skipped by its name", function()
    for _, name in ipairs { "StorageRead", "MicrosoftGraphActivityLogs", "kube-audit", "FunctionAppLogs", "GatewayLogs" } do
      assert.same({ "skipped", name }, { event.read(hub('"category":"' .. name .. '"')) })
    end
  end)

  it("is skipped where nobody acted", function()
    for _, name in ipairs { "ServiceHealth", "ResourceHealth", "Alert", "Autoscale", "Recommendation", "Security" } do
      assert.same({ "skipped", "activity log: " .. name }, { event.read(hub('"category":"' .. name .. '"')) })
      assert.same({ "skipped", "activity log: " .. name }, { event.read(rest('"category":{"value":"' .. name .. '"}')) })
      assert.same({ "skipped", "activity log: " .. name }, { event.read('{"category":"' .. name .. '"}') })
    end
  end)

  it("is skipped by table in Log Analytics", function()
    local row = [[{"TimeGenerated":"2026-01-10T09:00:00Z","Type":"StorageBlobLogs","OperationName":"GetBlob","Category":"StorageRead"}]]
    assert.same({ "skipped", "StorageBlobLogs" }, { event.read(row) })
    row = [[{"TimeGenerated":"2026-01-10T09:00:00Z","Type":"AzureActivity","OperationNameValue":"Microsoft.Advisor/x/action",
      "CategoryValue":"Recommendation"}]]
    assert.same({ "skipped", "activity log: Recommendation" }, { event.read(row) })
  end)

  it("is skipped in other clouds and other grids", function()
    assert.same({ "skipped", "CloudAuditEvents: AWS" },
      { event.read [[{"Timestamp":"2026-01-10T09:00:00Z","ActionType":"Read","DataSource":"AWS","OperationName":"x"}]] })
    assert.same({ "skipped", "Event Grid: Microsoft.Storage.BlobCreated" },
      { event.read [[{"eventType":"Microsoft.Storage.BlobCreated","eventTime":"2026-01-10T09:00:00Z","data":{}}]] })
  end)

  it("is named in plain text, cut", function()
    local _, why = event.read(hub([["category":"]] .. "\\u001b[2J" .. ("x"):rep(300) .. '"'))
    assert.equal("\\x1B[2J" .. ("x"):rep(60) .. "...", why)
  end)

  it("is used after all when it carries an authorization, whatever its category", function()
    local f = fields(hub [["category":"Governance","identity":{"authorization":{"action":"a/b","scope":"/s"}}]])
    assert.equal("activity", f.source)
  end)
end)

describe("the source", function()
  local elevate = [["resourceId":"/providers/Microsoft.Authorization"]]

  it("is directory for what happens to a tenant", function()
    local f = fields([[{"time":"2026-01-10T09:00:00Z","category":"Administrative",
      "operationName":{"value":"Microsoft.Authorization/elevateAccess/action"},]] .. elevate .. "}")
    assert.equal("directory", f.source)
    assert.equal("Microsoft.Authorization/elevateAccess/action", f.operation)
    assert.equal("directory", fields(hub(elevate)).source)
    assert.equal("directory", fields(rest(elevate .. [[,"subscriptionId":""]])).source)
    assert.equal("directory", fields(hub [["resourceId":"/TeNaNtS/t/PrOvIdErS/microsoft.aadiam"]]).source)
  end)

  it("is activity in subscriptions and management groups", function()
    assert.equal("activity", fields(hub [["resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G"]]).source)
    assert.equal("activity", fields(rest(elevate .. [[,"subscriptionId":"S"]])).source)
    assert.equal("activity", fields(hub [["resourceId":"/providers/Microsoft.Management/managementGroups/mg1"]]).source)
    assert.equal("activity", fields(hub [["durationMs":0]]).source)
  end)

  it("is keyvault for a vault's audit events only", function()
    local vault = [["resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV1"]]
    assert.equal("keyvault", fields(hub([["category":"AuditEvent",]] .. vault)).source)
    assert.same({ "skipped", "AuditEvent" },
      { event.read(hub [["category":"AuditEvent","resourceId":"/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.PURVIEW/ACCOUNTS/P"]]) })
  end)

  it("is read or activity for CloudAuditEvents, by what was done", function()
    local line = [[{"Timestamp":"2026-01-10T09:00:00Z","ReportId":"r1","ActionType":"%s","OperationName":"%s"}]]
    assert.equal("read", fields(line:format("Read", "Microsoft.Compute/disks/read")).source)
    assert.equal("read", fields(line:format("Unknown", "Microsoft.Compute/disks/READ")).source)
    assert.equal("activity", fields(line:format("Update", "Microsoft.Compute/disks/write")).source)
    assert.equal("r1", fields(line:format("Read", "x/read")).event_id)
  end)

  it("takes a read without an outcome for one that succeeded, and no other act", function()
    local line = [[{"Timestamp":"2026-01-10T09:00:00Z","ActionType":"%s","OperationName":"%s"%s}]]
    local function status(...) return fields(line:format(...)).status end
    assert.equal("succeeded", status("Read", "Microsoft.Compute/disks/read", ""))
    assert.equal("succeeded", status("Unknown", "Microsoft.Compute/disks/read", ""))
    assert.equal("none", status("Update", "Microsoft.Compute/disks/write", ""))
    assert.equal("failed", status("Read", "Microsoft.Compute/disks/read", [[,"RawEventData":{"resultType":"Failure"}]]))
    assert.equal("failed", status("Read", "x/read", [[,"RawEventData":"{\"properties\":{\"statusCode\":\"403\"}}"]]))
    assert.equal("none", status("Read", "Microsoft.Compute/disks/read", [[,"RawEventData":{"resultType":"Odd"}]]))
  end)

  it("knows who read from the raw event, be it an object or its text", function()
    local line = [[{"Timestamp":"2026-01-10T09:00:00Z","ActionType":"Read","OperationName":"x/read","RawEventData":%s}]]
    local claims = [[{"caller":"eve@contoso.com","claims":{"appid":"1950a258-227b-4e31-a9cf-717495945fc2",]]
      .. [["http://schemas.microsoft.com/identity/claims/objectidentifier":"aaaaaaaa-1111-4111-8111-111111111111"}}]]
    for _, raw in ipairs { claims, ("%q"):format(claims) } do
      local f = fields(line:format(raw))
      assert.equal("aaaaaaaa-1111-4111-8111-111111111111", f.object_id)
      assert.equal("1950a258-227b-4e31-a9cf-717495945fc2", f.app_id)
    end
  end)

  it("is audit or signin for Entra", function()
    assert.equal("audit", fields(hub [["category":"AuditLogs"]]).source)
    for _, name in ipairs { "SignInLogs", "NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs",
      "ManagedIdentitySignInLogs" } do
      assert.equal("signin", fields(hub('"category":"' .. name .. '"')).source)
    end
  end)

  it("keeps Azure Policy among the acts and marks it", function()
    local f = fields(hub [["category":"Policy"]])
    assert.equal("activity", f.source)
    assert.is_true(f.flags.policy)
    f = fields [[{"time":"2026-01-10T09:00:00Z","operationName":"MICROSOFT.AUTHORIZATION/POLICIES/AUDIT/ACTION"}]]
    assert.is_true(f.flags.policy)
    assert.is_nil(fields(hub [["category":"Administrative"]]).flags.policy)
  end)
end)

describe("the status", function()
  local words = { Started = "started", Start = "started", Accepted = "accepted", Accept = "accepted", ["accepted"] = "accepted",
    Succeeded = "succeeded", Success = "succeeded", ["Succeeded."] = "succeeded", Failed = "failed", Failure = "failed",
    FAILED = "failed", Canceled = "failed", Active = "none", Resolved = "none", Updated = "none" }
  local phases = { started = 1, accepted = 2, succeeded = 3, failed = 3, none = 3 }
  for word, status in pairs(words) do
    it(word .. " is " .. status, function()
      local f, p = fields(hub('"resultType":"' .. word .. '"'))
      assert.equal(status, f.status)
      assert.equal(phases[status], p.phase)
      assert.equal(word, f.status_text)
      assert.equal(status, fields(rest('"status":{"value":"' .. word .. '"}')).status)
      assert.equal(status, fields(rest('"status":"' .. word .. '"')).status)
    end)
  end

  it("comes from the HTTP status when there is no word", function()
    local subs = { OK = "succeeded", Created = "succeeded", Accepted = "accepted", Conflict = "failed", ["404"] = "failed",
      ["200"] = "succeeded", ["202"] = "accepted", ["Failed.NotFound"] = "failed", ["Succeeded.Created"] = "succeeded",
      ["Started."] = "started", ["Bad Request"] = "failed", [""] = "none", Whatever = "none" }
    for sub, status in pairs(subs) do
      assert.equal(status, fields(rest('"status":null,"subStatus":{"value":"' .. sub .. '"}')).status, sub)
      assert.equal(status, fields(hub('"resultSignature":"' .. sub .. '"')).status, sub)
    end
    assert.equal("failed", fields(rest [["properties":{"statusCode":"Forbidden"}]]).status)
    assert.equal("failed", fields(rest [["properties":{"statusCode":409}]]).status)
  end)

  it("is not changed by a sub-status when there is a word", function()
    assert.equal("succeeded", fields(hub [["resultType":"Success","resultSignature":"Failed.NotFound"]]).status)
  end)

  it("is started for BeginRequest, and unknown but final for EndRequest", function()
    local f, p = fields(rest [["eventName":{"value":"BeginRequest","localizedValue":"Anfang"}]])
    assert.same({ "started", 1 }, { f.status, p.phase })
    f, p = fields(rest [["eventName":{"value":"EndRequest","localizedValue":"End request"}]])
    assert.same({ "none", 3 }, { f.status, p.phase })
  end)
end)

describe("the key vault's word for success", function()
  local vault = [[{"time":"2026-01-10T09:00:00Z","category":"AuditEvent","operationName":"SecretGet","resultType":"Success",
    "resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV1",%s}]]

  it("is not believed", function()
    for code, status in pairs { [200] = "succeeded", [202] = "succeeded", [400] = "failed", [403] = "failed", [404] = "failed",
      [409] = "failed", [500] = "failed" } do
      local f, p = fields(vault:format('"properties":{"httpStatusCode":' .. code .. "}"))
      assert.same({ status, 3 }, { f.status, p.phase }, code)
    end
    assert.equal("failed", fields(vault:format [["properties":{"httpStatusCode":"403"}]]).status)
    assert.equal("failed", fields(vault:format [["resultSignature":"Forbidden"]]).status)
    assert.equal("succeeded", fields(vault:format [["resultSignature":"OK"]]).status)
    assert.equal("succeeded", fields(vault:format [["durationMs":"16"]]).status)
  end)
end)

describe("a resource id", function()
  local runbook = "/subscriptions/S1/resourceGroups/RG/providers/Microsoft.Automation/automationAccounts/aa/runbooks/lGVeLPZA"

  it("has a name, raw", function()
    assert.equal("lGVeLPZA", event.name(runbook))
    assert.equal("lGVeLPZA", event.name(runbook .. "/"))
    assert.equal("G", event.name "/subscriptions/S/resourceGroups/G")
    assert.equal("plain", event.name "plain")
    assert.is_nil(event.name "")
    assert.is_nil(event.name "///")
  end)

  it("has a parent, the top-level resource", function()
    local account = "/subscriptions/S1/resourceGroups/RG/providers/Microsoft.Automation/automationAccounts/aa"
    assert.equal(account, event.parent(runbook))
    assert.equal(account, event.parent(account))
    assert.equal(account, event.parent(account .. "/"))
    assert.equal("/subscriptions/S1/resourceGroups/RG", event.parent "/subscriptions/S1/resourceGroups/RG")
    assert.equal("/a/PROVIDERS/M/t/n", event.parent "/a/PROVIDERS/M/t/n/u/o")
    assert.equal("/a/providers/M/t", event.parent "/a/providers/M/t")
    assert.equal("", event.parent "")
  end)

  it("of an extension stands for itself", function()
    local grant = runbook .. "/providers/Microsoft.Authorization/roleAssignments/g1"
    assert.equal(grant, event.parent(grant))
  end)

  it("has a subscription and a group in any case", function()
    assert.equal("S1", event.subscription(runbook))
    assert.equal("S1", event.subscription(runbook:upper()))
    assert.equal("RG", event.group(runbook:upper()))
    assert.equal("rg", event.group "/subscriptions/s/resourcegroups/rg")
    assert.is_nil(event.group "/subscriptions/s")
    assert.is_nil(event.group "/subscriptions/s/providers/x")
    assert.is_nil(event.subscription "/providers/Microsoft.Authorization")
    assert.is_nil(event.subscription "/subscriptions/")
    assert.is_nil(event.subscription "")
  end)
end)

describe("applications", function()
  it("of Microsoft are known by id", function()
    assert.same({ "Azure portal", false }, { event.app "c44b4083-3bb0-49c1-b47d-974e53cbdf3c" })
    assert.same({ "Azure PowerShell", false }, { event.app "1950A258227B4E31A9CF717495945FC2" })
    assert.same({ "Azure CLI", false }, { event.app "04b07795-8ddb-461a-bbee-02f9e1bf7b46" })
    assert.same({ "MS-PIM", true }, { event.app "01fc33a7-78ba-4d2f-a4b7-768e336e890e" })
    assert.same({ nil, false }, { event.app "11111111-1111-1111-1111-111111111111" })
    assert.same({ nil, false }, { event.app "portal" })
  end)
end)

describe("a packed event", function()
  local guids = { "11111111-2222-3333-4444-555555555555", "11111111-2222-3333-4444-666666666666" }
  local names = { "Vault-A", "vault-a", "Vault-B" }

  -- Record number n of 2 * 2 * 3 * 2 * 3: every text is one of a few, and texts of one role stand in others too.
  local function record(n)
    local function pick(from)
      local value = from[n % #from + 1]
      n = n // #from
      return value
    end
    local object, subscription, name = pick(guids), pick(guids), pick(names)
    local correlation, verb = pick(guids), pick { "write", "WRITE", "delete" }
    local text = ([[{"eventTimestamp":"2026-01-10T09:00:00Z","claims":{"oid":"%s"},"subscriptionId":"%s",]]
      .. [["resourceId":"/providers/x/%s","correlationId":"%s","authorization":{"action":"Microsoft.Web/sites/%s"}}]])
      :format(object, subscription, name, correlation, verb)
    return text, object, subscription, name:lower(), verb:lower()
  end

  it("is the same whatever came before it", function()
    local first, resources, seed = {}, {}, 7
    for _ = 1, 2000 do
      seed = seed * 48271 % 2147483647
      local n = seed % 72
      local text, object, subscription, name, verb = record(n)
      local _, packed = fields(text)
      assert.equal(object, packed.object_id)
      assert.equal(subscription, packed.subscription)
      assert.equal("microsoft.web/sites/" .. verb, packed.operation)
      first[n] = first[n] or packed
      resources[name] = resources[name] or packed.resource
      assert.same(first[n], packed)
      assert.equal(resources[name], packed.resource)
    end
    assert.not_equal(resources["vault-a"], resources["vault-b"])
    local acts = {}
    for _, packed in pairs(first) do acts[packed.act] = true end
    local count = 0
    for _ in pairs(acts) do count = count + 1 end
    assert.equal(2 * 2 * 2, count) -- resources, correlations, operations, in any case
  end)
end)

describe("members of an object", function()
  -- More of them than are remembered, and longer ones; the same again, and the same in another order.
  it("are found among many that nobody knows, whatever object came before", function()
    local function claims(count, length, at)
      local list = {}
      for i = 1, count do list[i] = ('"%s%d":"x"'):format(("k"):rep(length), i) end
      table.insert(list, at, '"oid":"' .. at .. '"')
      return rest('"claims":{' .. table.concat(list, ",") .. "}")
    end
    for _ = 1, 2 do
      for _, count in ipairs { 1, 38, 39, 40, 41, 100 } do
        for _, length in ipairs { 0, 1, 15, 16, 17, 79, 1300 } do
          for _, at in ipairs { 1, count // 2 + 1, count + 1, count } do
            assert.equal(tostring(at), (fields(claims(count, length, at))).object_id)
          end
        end
      end
    end
  end)
end)
