-- event: every byte of a record may be an attacker's.
local core = require "armrun.core"
local event = core.T.event
local records = require "core.event_records"

local verdicts = { event = true, skipped = true, rejected = true, envelope = true }

-- Where the values of a JSON text begin and end: strings, numbers and flat literals behind a colon.
local function values(text)
  local spots = {}
  for from, to in text:gmatch '():()' do
    local rest = text:sub(to)
    local stop = rest:match '^"[^"\\]*"()' or rest:match '^%-?%d+()' or rest:match "^null()" or rest:match "^{}()"
      or rest:match "^%b{}()" or rest:match "^%b[]()"
    if stop then spots[#spots + 1] = { to, to + stop - 2, from } end
  end
  return spots
end

describe("a record with a value of another type", function()
  local others = { "7", "null", "true", "[]", "{}", '""', '" "', "-1.5", '["x"]', '{"value":7}', '{"value":{"value":"x"}}',
    '"{\\"a\\":1}"', '"{"', "18446744073709551615", '"\\u0000"', '"/"', '"#@"', '"//////"' }
  for _, name in ipairs { "rest", "sdk", "eventhub", "row", "ecs", "webhook", "grid", "cloudaudit" } do
    it("is read or refused, always alike: " .. name, function()
      local text, count = records[name], 0
      for _, spot in ipairs(values(text)) do
        for _, other in ipairs(others) do
          local changed = text:sub(1, spot[1] - 1) .. other .. text:sub(spot[2] + 1)
          local ok, verdict, f, p = pcall(event.read, changed)
          if ok then
            count = count + 1
            assert.is_true(verdicts[verdict])
            if verdict == "event" then
              local _, f2, p2 = event.read(changed)
              assert.same(f, f2)
              assert.same(p, p2)
            end
          else
            assert.matches("not JSON", verdict, 1, true)
          end
        end
      end
      assert.is_true(count > 300)
    end)
  end
end)

describe("a hostile record", function()
  local function hub(members)
    return [[{"time":"2026-01-10T09:00:00Z","operationName":"A/B",]] .. members .. "}"
  end

  it("may hold NUL in any text", function()
    local _, f, p = event.read(hub [["correlationId":"c\u0000d","resourceId":"/a\u0000b/c","callerIpAddress":"1.2.3.4\u0000"]])
    assert.equal("c\0d", f.correlation)
    assert.equal("/a\0b/c", f.resource)
    assert.is_true(f.flags.bad_ip)
    local _, _, q = event.read(hub [["correlationId":"c","resourceId":"/a"]])
    assert.not_equal(p.act, q.act)
  end)

  it("may hold texts of 256 KiB, which are not confused", function()
    local long = ("x"):rep(256 * 1024)
    local ids = {}
    for _, tail in ipairs { "a", "b", "A" } do
      local _, f, p = event.read(hub('"correlationId":"' .. long .. tail .. '","resourceId":"/' .. long .. tail .. '"'))
      assert.equal(#long + 1, #f.correlation)
      ids[tail] = p
    end
    assert.not_equal(ids.a.act, ids.b.act)
    assert.not_equal(ids.a.order, ids.b.order)
    assert.equal(ids.a.act, ids.A.act)
    assert.equal(ids.a.order, ids.A.order)
  end)

  it("gives an operation that is no name no number", function()
    local long = ("o"):rep(100000)
    local _, f, p = event.read('{"time":"2026-01-10T09:00:00Z","operationName":"' .. long .. '"}')
    assert.equal(100000, #f.operation)
    assert.is_nil(p.operation)
  end)

  it("may repeat a key a hundred thousand times", function()
    local keys = ('"claims":{"appid":"a"},'):rep(100000)
    local _, f = event.read("{" .. keys .. [["time":"2026-01-10T09:00:00Z","operationName":"A/B"}]])
    assert.equal("a", f.app_id)
    assert.is_true(f.flags.duplicate_key)
  end)

  it("may have a hundred thousand keys that nobody knows", function()
    local keys = {}
    for i = 1, 100000 do keys[i] = ('"key%d":%d'):format(i, i) end
    local _, f = event.read(hub(table.concat(keys, ",") .. ',"identity":{' .. table.concat(keys, ",") .. ',"claims":{"oid":"o"}}'))
    assert.equal("o", f.object_id)
    assert.same({}, f.flags)
  end)

  it("may have keys of any length, in any place", function()
    for len = 0, 300 do
      local key = ("k"):rep(len)
      local _, f = event.read(('{"%s":1,"time":"2026-01-10T09:00:00Z","%s":2,"operationName":"A/B","identity":{"%s":{},"claims":{"%s":1,"oid":"o"}}}')
        :format(key, key, key, key))
      assert.equal("o", f.object_id)
      assert.same({}, f.flags)
    end
  end)

  it("is read alike whatever was read before it", function()
    local _, first = event.read(records.eventhub, 4242)
    for _, name in ipairs { "rest", "row", "ecs", "cloudaudit", "sdk", "grid" } do
      event.read(records[name], 4242)
      local _, again = event.read(records.eventhub, 4242)
      assert.same(first, again)
    end
  end)

  it("may be nested deeply, also in its texts", function()
    local deep = ('{"value":'):rep(400) .. "1" .. ("}"):rep(400)
    local verdict, f = event.read(hub('"status":' .. deep .. ',"properties":' .. deep))
    assert.equal("event", verdict)
    assert.equal("none", f.status)
    deep = ("["):rep(2000) .. ("]"):rep(2000)
    assert.equal("event", (event.read(hub('"properties":"{\\"requestbody\\":' .. deep .. '}"'))))
    verdict = event.read(('{"data":{"context":{"activityLog":'):rep(100) .. [[{"schemaId":"x"}]] .. ("}}}"):rep(100))
    assert.equal("rejected", verdict)
  end)

  it("may carry more texts of JSON than are opened", function()
    local text = [["{\"claims\":{\"oid\":\"o\"}}"]]
    local row = '{"TimeGenerated":"2026-01-10T09:00:00Z","OperationNameValue":"A/B"'
    for _, key in ipairs { "Claims", "Claims_d", "Authorization", "Authorization_d", "HTTPRequest", "HTTPRequest_d",
      "Properties", "Properties_d", "Identity" } do
      row = row .. ',"' .. key .. '":' .. text
    end
    assert.equal("event", (event.read(row .. "}")))
  end)

  it("cannot make a wide number of a text in a text unseen", function()
    local _, f = event.read(hub [["properties":"{\"statusCode\":1e400}"]])
    assert.is_true(f.flags.number_as_text)
    assert.equal("1e400", f.sub_status)
  end)

  it("keeps what it says for people free of control characters", function()
    for _, text in ipairs { [[{"category":"\u0000\u001b]0;x\u0007","time":"x"}]], [[{"time":"\u001b","operationName":"A/B"}]],
      [[{"error":{"code":"\u0000","message":"\u202e"}}]] } do
      local _, why = event.read(text)
      assert.is_nil(why:find "[%c\128-\255]", why)
      assert.is_true(#why < 160)
    end
  end)
end)

describe("memory that runs out", function()
  it("costs the record, by name, and nothing else", function()
    local _, _, wanted = event.read(records.row, 99)
    local refused = {}
    for n = 1, 60 do
      core.T.base.alloc_fail_at(n)
      local ok, verdict, why = pcall(event.read, records.row, 1000 + n)
      core.T.base.alloc_fail_at(0)
      if not ok then
        refused[verdict:match "out of memory" or verdict] = true
      elseif verdict ~= "event" then
        refused[verdict .. ": " .. tostring(why)] = true
      end
      local _, _, packed = event.read(records.row, 1000 + n)
      assert.equal(wanted.order, packed.order)
    end
    assert.same({ ["out of memory"] = true, ["rejected: out of memory"] = true }, refused)
  end)
end)
