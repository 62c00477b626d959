-- event: what real records do that no schema says. One `it` for each oddity.
local event = require("armrun.core").T.event

local function fields(json)
  local verdict, f, p = event.read(json)
  assert.equal("event", verdict, f)
  return f, p
end

local function hub(members)
  return [[{"time":"2026-01-10T09:00:00Z","operationName":"MICROSOFT.WEB/SITES/WRITE",]] .. members .. "}"
end

local function rest(members)
  return [[{"eventTimestamp":"2026-01-10T09:00:00Z","operationName":{"value":"Microsoft.Web/sites/write"},]] .. members .. "}"
end

describe("times", function()
  local forms = {
    ["2026-01-10T09:00:07.1234567Z"] = "2026-01-10T09:00:07.1234567Z",
    ["2026-01-10T09:00:07.123456Z"] = "2026-01-10T09:00:07.123456Z",
    ["2026-01-10T09:00:07.1234567891Z"] = "2026-01-10T09:00:07.1234567Z",
    ["2026-01-10T09:00:07.5Z"] = "2026-01-10T09:00:07.5Z",
    ["2026-01-10T09:00:07Z"] = "2026-01-10T09:00:07Z",
    ["2026-01-10T11:00:07+02:00"] = "2026-01-10T09:00:07Z",
    ["2026-01-10T09: 00: 07.5Z"] = "2026-01-10T09:00:07.5Z",
    ["1/10/2026 10:00:07 AM +01:00"] = "2026-01-10T09:00:07Z",
  }
  for form, at in pairs(forms) do
    it("may be written " .. form, function()
      local f = fields('{"time":"' .. form .. '","operationName":"X/Y"}')
      assert.equal(at, f.time)
      assert.same({}, f.flags)
    end)
  end

  it("without a zone are UTC, and flagged", function()
    for _, form in ipairs { "2026-01-10T09:00:07", "2026-01-10 09:00:07", "1/10/2026 9:00:07 AM" } do
      local f = fields('{"time":"' .. form .. '","operationName":"X/Y"}')
      assert.equal("2026-01-10T09:00:07Z", f.time)
      assert.is_true(f.flags.no_time_zone, form)
    end
  end)

  it("that nobody can read in one place may be readable in another", function()
    assert.equal("2026-01-10T09:00:00Z", fields([[{"time":"2026-01-10T09:00:00Z","category":"SignInLogs",
      "properties":{"createdDateTime":"soon"}}]]).time)
  end)
end)

describe("operation names", function()
  it("are one operation in any case", function()
    local numbers = {}
    for _, spelling in ipairs { "MICROSOFT.WEB/SITES/WRITE", "Microsoft.Web/sites/write", "microsoft.web/sites/WRITE" } do
      local f, p = fields('{"time":"2026-01-10T09:00:00Z","operationName":"' .. spelling .. '"}')
      assert.equal(spelling, f.operation)
      assert.equal("microsoft.web/sites/write", p.operation)
      numbers[#numbers + 1] = p.operation_hash .. p.act
    end
    assert.same({ numbers[1], numbers[1], numbers[1] }, numbers)
  end)

  it("may be an object in an Event Hub record", function()
    assert.equal("a/b", fields [[{"time":"2026-01-10T09:00:00Z","operationName":{"value":"a/b","localizedValue":"A b"}}]].operation)
  end)

  it("come from the authorization when absent, and only then", function()
    local action = [["authorization":{"action":"Microsoft.Compute/disks/write","scope":"/s"}]]
    assert.equal("Microsoft.Compute/disks/write",
      fields('{"eventTimestamp":"2026-01-10T09:00:00Z","operationName":{"localizedValue":"Create Disk"},' .. action .. "}").operation)
    assert.equal("Microsoft.Compute/disks/write", fields('{"eventTimestamp":"2026-01-10T09:00:00Z",' .. action .. "}").operation)
    assert.equal("Microsoft.Web/sites/write", fields(rest(action)).operation) -- a cascade: the outer request's action
  end)

  it("come from the message of an Event Hub record at last", function()
    assert.equal("a/b/write", fields [[{"time":"2026-01-10T09:00:00Z","properties":{"message":"a/b/write"}}]].operation)
  end)

  it("are prose where there is nothing else", function()
    assert.equal("Create Disk",
      fields [[{"eventTimestamp":"2026-01-10T09:00:00Z","operationName":{"localizedValue":"Create Disk"}}]].operation)
    assert.equal("Create Disk",
      fields [[{"event_timestamp":"2026-01-10T09:00:00Z","operation_name":{"value":null,"localized_value":"Create Disk"}}]].operation)
  end)
end)

describe("resource ids", function()
  local mixed = "/subscriptions/S/resourceGroups/Rg/providers/Microsoft.Web/sites/MyApp"

  it("are one resource in any case, with a slash behind or none", function()
    local ids = {}
    for _, id in ipairs { mixed, mixed:upper(), mixed:lower(), mixed .. "/", (mixed:gsub("resourceGroups", "RESOURCEgroups")) } do
      local _, p = fields(rest('"resourceId":"' .. id .. '"'))
      ids[#ids + 1] = p.resource
      assert.equal(event.id(mixed), p.resource, id)
    end
    assert.equal(5, #ids)
  end)

  it("in capitals are read from a copy in true case, if it is one", function()
    local upper = '"resourceId":"' .. mixed:upper() .. '",'
    assert.equal(mixed, fields(hub(upper .. '"properties":{"entity":"' .. mixed .. '"}')).resource)
    assert.equal(mixed, fields(hub(upper .. '"identity":{"authorization":{"scope":"' .. mixed .. '"}}')).resource)
    assert.equal(mixed:upper(), fields(hub(upper .. '"properties":{"entity":"/other"}')).resource)
    assert.equal(mixed, fields(rest('"resourceId":"' .. mixed .. '","properties":{"entity":"' .. mixed:lower() .. '"}')).resource)
  end)

  it("that are missing stay missing", function()
    local f, p = fields(hub [["level":"x"]])
    assert.is_nil(f.resource)
    assert.is_nil(p.resource)
    assert.is_nil(p.subscription)
  end)

  it("give subscription and group when the record does not", function()
    local f = fields(hub('"resourceId":"' .. mixed:upper() .. '"'))
    assert.same({ "S", "RG" }, { f.subscription, f.resource_group })
    f = fields(rest('"resourceGroupName":"","subscriptionId":"","resourceId":"' .. mixed .. '"'))
    assert.same({ "S", "Rg" }, { f.subscription, f.resource_group })
    f = fields(rest [["resourceGroupName":"","resourceId":"/subscriptions/<subscription ID>"]])
    assert.equal("<subscription ID>", f.subscription)
    assert.is_nil(f.resource_group)
  end)
end)

describe("null, empty and missing", function()
  it("are one and the same", function()
    for _, sub in ipairs { "null", '{"value":""}', '{"value":null}', '""', "{}", "[]" } do
      local f = fields(rest('"status":{"value":"Succeeded"},"subStatus":' .. sub))
      assert.is_nil(f.sub_status, sub)
      assert.equal("succeeded", f.status)
    end
    assert.is_nil(fields(rest [["caller":""]]).caller)
    assert.is_nil(fields(rest [["caller":"  "]]).caller)
    assert.is_nil(fields(rest [["httpRequest":{"clientRequestId":""}]]).client_request_id)
    assert.is_nil(fields(rest [["eventName":{"value":null}]]).status_text)
  end)

  it("hide no other place", function()
    assert.equal("u", fields(hub [["resultSignature":"","properties":{"statusCode":"u"}]]).sub_status)
  end)
end)

describe("identity", function()
  it("may be empty, text, or of a storage account", function()
    for _, identity in ipairs { "{}", '"Alice Doe"', "null", "7", "[]", [[{"type":"OAuth","tokenHash":"x"}]] } do
      assert.equal("unknown", fields(hub('"identity":' .. identity)).kind, identity)
    end
  end)

  it("may hold one claim, claims, or only an authorization", function()
    assert.equal("a", fields(hub [["identity":{"claim":{"appid":"a"}}]]).app_id)
    assert.equal("a", fields(hub [["identity":{"claims":{"appid":"a"}}]]).app_id)
    assert.equal("x", fields(hub [["identity":{"authorization":{"action":"x"}}]]).action)
  end)

  it("may be text that holds all of it", function()
    assert.equal("a", fields(hub [["identity":"{\"claims\":{\"appid\":\"a\"}}"]]).app_id)
  end)
end)

describe("properties", function()
  it("may be text that holds JSON", function()
    local f = fields(hub [["properties":"{\"statusCode\":\"Forbidden\",\"requestbody\":\"{}\"}"]])
    assert.same({ "failed", "{}", 2 }, { f.status, f.request_body, f.properties })
  end)

  it("may be text that only looks like it", function()
    for _, text in ipairs { "{'a':'b'}", "{", "", "  ", "null", "[1]", "{\\\"a\\\":}" } do
      local f = fields(hub('"resultType":"Success","properties":"' .. text .. '"'))
      assert.is_nil(f.properties, text)
      assert.equal("succeeded", f.status)
    end
  end)

  it("hold bodies as text or as objects, under keys of any case", function()
    for _, key in ipairs { "requestbody", "requestBody", "RequestBody" } do
      assert.equal("x", fields(hub('"properties":{"' .. key .. '":"x"}')).request_body)
      assert.equal(1, fields(hub('"properties":{"' .. key .. '":{"a":1}}')).request_body)
    end
    assert.equal("y", fields(hub [["properties":{"responseBody":"y"}]]).response_body)
  end)

  it("may have their values masked and stay readable", function()
    local text = [["properties":{"requestbody":"{\"tags\":\"******\",\"properties\":{\"roleDefinitionId\":\"r\"}}"}]]
    assert.equal("******", event.inner(hub(text), "tags"))
    assert.equal("r", event.inner(hub(text), "properties.roledefinitionid"))
  end)

  it("that are no JSON inside answer nothing", function()
    assert.is_nil(event.inner(hub [["properties":{"requestbody":"{'a':1}"}]], "a"))
    assert.is_nil(event.inner(hub [["level":"x"]], "a"))
    assert.equal("b", event.inner(hub [["properties":{"requestbody":{"a":"b"}}]], "a"))
  end)
end)

describe("keys", function()
  it("may be in any case", function()
    local f = fields [[{"TIME":"2026-01-10T09:00:00Z","OperationName":"a/b","resulttype":"Failure","Level":4,"CORRELATIONID":"c"}]]
    assert.same({ "failed", "4", "c" }, { f.status, f.level, f.correlation })
  end)

  it("that nobody knows are passed over", function()
    local f = fields(hub [["RoleLocation":"x","p_event_time":"2001-01-01T00:00:00Z","princixyzId":"x","durationMs":{"a":[1,{}]},
      "":1,"x":2,"resultType":"Success"]])
    assert.equal("succeeded", f.status)
    assert.same({}, f.flags)
  end)

  it("that stand twice are flagged, and the last one counts", function()
    local f = fields(hub [["callerIpAddress":"203.0.113.1","callerIpAddress":"203.0.113.2"]])
    assert.equal("203.0.113.2", f.ip)
    assert.is_true(f.flags.duplicate_key)
    f = fields(hub [["identity":{"claims":{"appid":"a","appid":"b"}}]])
    assert.equal("b", f.app_id)
    assert.is_true(f.flags.duplicate_key)
    f = fields(hub [["identity":{"claims":{"appid":"a"}},"identity":{"claims":{"oid":"o"}}]])
    assert.is_nil(f.app_id)
    assert.equal("o", f.object_id)
    assert.is_true(f.flags.duplicate_key)
  end)

  it("we do not read may stand twice", function()
    assert.same({}, fields(hub [["foo":1,"foo":2]]).flags)
  end)

  it("with a longer or shorter twin are not taken for it", function()
    local f = fields(hub [["callerIpAddresses":"203.0.113.1","callerIpAddres":"203.0.113.2","xcallerIpAddress":"203.0.113.3"]])
    assert.is_nil(f.ip_text)
    assert.is_nil(fields(hub [["callXXXXAddress":"203.0.113.1"]]).ip_text) -- same length, same ends
  end)
end)

describe("numbers", function()
  it("stand for text and text for numbers", function()
    assert.equal("4", fields(hub [["level":4]]).level)
    assert.equal("4", fields(hub [["level":"4"]]).level)
    assert.equal("-7", fields(hub [["level":-7]]).level)
    assert.equal("-9223372036854775808", fields(hub [["level":-9223372036854775808]]).level)
    assert.is_nil(fields(hub [["level":4.5]]).level)
    assert.equal("409", fields(rest [["properties":{"statusCode":409}]]).sub_status)
  end)
end)

describe("categories", function()
  it("used to be Write, Action and Delete, and the true one stands in properties", function()
    assert.equal("Administrative", fields(hub [["category":"Write","properties":{"eventCategory":"Administrative"}]]).category)
    assert.equal("Write", fields(hub [["category":"Write"]]).category)
    assert.same({ "skipped", "activity log: Alert" },
      { event.read(hub [["category":"Action","properties":{"eventCategory":"Alert"}]]) })
  end)

  it("is called eventSource in records of 2014", function()
    assert.equal("Administrative", fields(rest [["eventSource":{"value":"Administrative"}]]).category)
    assert.same({ "skipped", "activity log: Alert" }, { event.read(rest [["eventSource":{"value":"Alert"}]]) })
  end)
end)

describe("correlation ids", function()
  it("need not be GUIDs, and GUIDs need no hyphens", function()
    local _, a = fields(hub [["correlationId":"c0440000-5555-4555-8555-00000000eeee"]])
    local _, b = fields(hub [["correlationId":"C0440000555545558555 00000000EEEE"]])
    local _, c = fields(hub [["correlationId":"C044000055554555855500000000EEEE"]])
    assert.not_equal(a.act, b.act)
    assert.equal(a.act, c.act)
    assert.equal("elevate-access-001", fields(hub [["correlationId":"elevate-access-001"]]).correlation)
  end)

  it("tell acts apart, as do operations and resources", function()
    local seen = {}
    for _, c in ipairs { "1", "2" } do
      for _, o in ipairs { "a/b", "a/c" } do
        for _, r in ipairs { "/x", "/y" } do
          local _, p = fields(('{"time":"2026-01-10T09:00:00Z","correlationId":"%s","operationName":"%s","resourceId":"%s"}')
            :format(c, o, r))
          assert.is_nil(seen[p.act])
          assert.is_nil(seen[p.order])
          seen[p.act], seen[p.order] = true, true
        end
      end
    end
  end)
end)

describe("event ids", function()
  it("stand in the id of a REST record when nothing else has them", function()
    assert.equal("e-1", fields(rest [["id":"/subscriptions/S/events/e-1/ticks/636306619936266340"]]).event_id)
    assert.equal("e-2", fields(rest [["eventDataId":"e-2","id":"/subscriptions/S/events/e-1/ticks/1"]]).event_id)
    assert.is_nil(fields(rest [["id":"/subscriptions/S"]]).event_id)
    assert.is_nil(fields(rest [["id":"/events/"]]).event_id)
  end)
end)
