-- event: one act in every delivery shape. What the shapes share comes out equal; what one lacks is absent.
local event = require("armrun.core").T.event
local records = require "core.event_records"

local function read(name)
  local verdict, fields, packed = event.read(records[name])
  assert.equal("event", verdict, fields)
  return fields, packed
end

-- The identities that make twins of two deliveries.
local function ids(name)
  local _, p = read(name)
  return { act = p.act, resource = p.resource, subscription = p.subscription, object_id = p.object_id, app_id = p.app_id,
    caller = p.caller, tenant = p.tenant, order = p.order, operation = p.operation, time = p.time, source = p.source,
    kind = p.kind, ip = p.ip }
end

describe("the shapes of one act", function()
  local shapes = { rest = "rest", legacy = "rest", sdk = "sdk", eventhub = "eventhub", row = "loganalytics", ecs = "ecs",
    webhook = "webhook", grid = "eventgrid", cloudaudit = "cloudaudit" }

  for name, shape in pairs(shapes) do
    describe(name, function()
      it("is told by what it has", function()
        assert.equal(shape, read(name).shape)
      end)

      it("gives the same identities as REST", function()
        assert.same(ids "rest", ids(name))
      end)

      it("names who, from where, with what", function()
        local f = read(name)
        assert.equal("activity", f.source)
        assert.equal("2026-01-10T09:00:07.1234567Z", f.time)
        assert.equal("user", f.kind)
        assert.equal("alice@contoso.com", f.name)
        assert.equal("alice@contoso.com", f.caller)
        assert.equal("a11ce000-2222-4222-8222-00000000bbbb", f.object_id)
        assert.equal("1950a258-227b-4e31-a9cf-717495945fc2", f.app_id)
        assert.equal("0", f.app_auth)
        assert.equal("yes", f.mfa)
        assert.equal("203.0.113.9", f.ip)
        assert.equal("198.51.100.7", f.token_ip)
        assert.equal("3f5b1c2a-1111-4111-8111-00000000aaaa", f.tenant)
        assert.equal("3f5b1c2a-1111-4111-8111-00000000aaaa", f.home_tenant)
        assert.same({}, f.flags)
      end)

      it("keeps the resource as it is written best", function()
        local f = read(name)
        assert.equal(records.resource, f.resource)
        assert.equal("Grant1", event.name(f.resource))
        assert.equal("5ab50000-4444-4444-8444-00000000dddd", f.subscription)
        assert.equal("prod-rg", f.resource_group:lower())
      end)
    end)
  end

  it("started, where the shape tells", function()
    for _, name in ipairs { "rest", "legacy", "sdk", "eventhub", "row", "ecs", "webhook" } do
      local f, p = read(name)
      assert.equal("started", f.status, name)
      assert.equal(1, p.phase, name)
    end
    local f, p = read "grid"
    assert.equal("succeeded", f.status)
    assert.equal(3, p.phase)
    assert.equal("none", (read "cloudaudit").status)
  end)

  it("has an event id where the shape has one, the same one", function()
    for _, name in ipairs { "rest", "legacy", "sdk", "row", "webhook" } do
      local f, p = read(name)
      assert.equal("e0e00000-6666-4666-8666-00000000ffff", f.event_id, name)
      assert.equal("e0e00000-6666-4666-8666-00000000ffff", p.event_id, name)
    end
    for _, name in ipairs { "eventhub", "ecs", "grid", "cloudaudit" } do
      assert.is_nil(read(name).event_id, name)
    end
  end)

  it("has an arrival time, a method and a request id only where they are logged", function()
    for _, name in ipairs { "rest", "legacy", "sdk", "row", "webhook" } do
      local f = read(name)
      assert.equal("2026-01-10T09:00:21.5Z", f.arrival, name)
      assert.equal("PUT", f.method, name)
      assert.equal("9f000000-7777-4777-8777-000000000001", f.client_request_id, name)
      assert.equal("0b000000-8888-4888-8888-000000000002", f.operation_id, name)
    end
    local f = read "eventhub"
    assert.is_nil(f.arrival)
    assert.is_nil(f.method)
    assert.equal("2026-01-10T09:01:00Z", read("ecs").arrival)
  end)

  it("remembers bodies without reading them", function()
    for _, name in ipairs { "rest", "legacy", "sdk", "eventhub", "row", "ecs", "webhook" } do
      local f = read(name)
      assert.matches('^{"Id":"r1"', f.request_body, name)
      assert.equal("b0b00000-3333-4333-8333-00000000cccc", event.inner(records[name], "properties.principalId"), name)
    end
  end)

  it("knows the role that was used only from evidence", function()
    assert.equal("Owner", read("eventhub").role)
    assert.equal("Owner", read("ecs").role)
    assert.is_nil(read("rest").role)
  end)

  it("does not take the workspace of a Log Analytics row for the tenant", function()
    local row = [[{"TenantId":"00000000-9999-4999-8999-0000000000ff","Type":"AzureActivity","Hierarchy":"%s",
      "OperationNameValue":"Microsoft.Web/sites/write","ActivityStatusValue":"Success","TimeGenerated":"2026-01-10T09:00:07Z"}]]
    local _, f = event.read(row:format "")
    assert.is_nil(f.tenant)
    _, f = event.read(row:format "3f5b1c2a-1111-4111-8111-00000000aaaa/group/5ab50000-4444-4444-8444-00000000dddd")
    assert.equal("3f5b1c2a-1111-4111-8111-00000000aaaa", f.tenant)
    _, f = event.read(row:format "mygroup/other")
    assert.is_nil(f.tenant)
  end)

  it("has the user agent only where it is logged", function()
    assert.equal("AzurePowershell/v12.1.0 PSVersion/v7.4", read("cloudaudit").user_agent)
    assert.is_nil(read("rest").user_agent)
  end)

  it("ranks the delivery that knows more above the one that knows less", function()
    local _, rest = read "rest"
    local _, hub = read "eventhub"
    local _, grid = read "grid"
    assert.is_true(rest.content > hub.content)
    assert.is_true(rest.content > grid.content)
  end)

  it("gives other numbers under another seed but the same order", function()
    local _, _, one = event.read(records.rest, 7)
    local _, _, two = event.read(records.rest, 8)
    assert.not_equal(one.act, two.act)
    assert.not_equal(one.resource, two.resource)
    assert.equal(one.object_id, two.object_id)
    assert.equal(one.order, two.order)
    assert.equal(one.content, two.content)
    assert.equal(one.operation_hash, two.operation_hash)
  end)
end)

describe("a document of elastic, exported", function()
  it("may keep sign-ins and audits under names of their own", function()
    local verdict, f = event.read [[{"@timestamp":"2026-01-10T10:00:00Z","azure":{"tenant_id":"t-1","correlation_id":"c-1",
      "signinlogs":{"category":"SignInLogs","operation_name":"Sign-in activity","result_type":"0","properties":{
      "user_id":"u-1","user_principal_name":"alice@contoso.com","app_id":"a-1","ip_address":"203.0.113.9",
      "id":"s-1","authentication_requirement":"multiFactorAuthentication","created_at":"x"}}}}]]
    assert.equal("event", verdict, f)
    assert.equal("signin", f.source)
    assert.equal("alice@contoso.com", f.name)
    assert.equal("u-1", f.object_id)
    assert.equal("s-1", f.event_id)
    assert.equal("yes", f.mfa)
    assert.equal("203.0.113.9", f.ip)
  end)
end)
