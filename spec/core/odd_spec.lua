-- Records that cannot be read, or are not as Azure writes them, are told as findings: no hiding place, and no flood.
local core = require "armrun.core"

local RULE <const> = [[
rule "R" { title = "r", severity = "low", on = operation "a/b/c", burst = { by = { "principal" }, quiet = "1s" },
  detect = function(act) return alert { reason("seen", "{name}", { name = act.name }) } end }]]

local NOW <const> = "2024-06-01T00:00:00Z"

local function record(number, time, more)
  return ('{"time":"%s","resourceId":"/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/'
    .. 'a/b/x%d","operationName":"A/B/C","category":"Administrative","resultType":"Success",'
    .. '"correlationId":"c0000000-0000-0000-0000-%012d","identity":{"claims":{'
    .. '"http://schemas.microsoft.com/identity/claims/objectidentifier":"a0000000-0000-0000-0000-%012d"}}%s}\n')
    :format(time or ("2024-05-02T10:%02d:00Z"):format(number % 60), number, number, number, more or "")
end

local function run(text)
  local engine = assert(core.engine { text = RULE, now = NOW, seed = 7 })
  local result = engine:run(text, "log.json")
  engine:close()
  return result
end

-- The reasons of one finding by code, and the finding.
local function finding(result, rule)
  for _, one in ipairs(result.findings) do
    if one.rule == rule then
      local by_code = {}
      for _, reason in ipairs(one.reasons) do by_code[reason.code] = reason end
      return by_code, one
    end
  end
end

describe("unreadable records", function()
  it("are no finding when there are none", function()
    assert.same({}, run(record(1) .. record(2)).findings)
  end)

  it("are one finding with a reason for each kind, its count and its first record", function()
    local first = record(1)
    local text = first .. "{broken\n" .. record(2) .. "{broken too\n"
      .. record(3, nil, ',"x":' .. ("["):rep(100) .. ("]"):rep(100))
      .. record(4, "yesterday") .. record(5, nil, ',"x":"' .. ("a"):rep(1 << 20) .. '"') .. record(6):sub(1, 99)
    local result = run(text)
    assert.same({ 2, 6 }, { #result.alerts, result.summary.rejected })
    local by_code, one = finding(result, "armrun.UnreadableRecords")
    assert.same({ "finding", "low", 5 }, { one.kind, one.severity, #one.reasons })
    assert.equal("6 records were rejected as unreadable; --rejects FILE names each", one.summary)
    assert.same({ count = 2, file = "log.json", first_offset = #first, first_record = 2,
      what = "not a whole JSON value" }, by_code.not_json.values)
    assert.equal("log.json: 2 records, the first is record 2: not a whole JSON value", by_code.not_json.text)
    assert.same({ 1, 5 }, { by_code.too_deep.values.count, by_code.too_deep.values.first_record })
    assert.same({ 1, 6 }, { by_code.not_a_record.values.count, by_code.not_a_record.values.first_record })
    assert.same({ 1, 7 }, { by_code.too_large.values.count, by_code.too_large.values.first_record })
    assert.same({ 1, 8 }, { by_code.truncated.values.count, by_code.truncated.values.first_record })
    assert.equal("2024-05-02T10:01:00Z", one.time)
  end)

  -- The code is the kind of the reject, never a word of its reason: that may come from the log.
  local padded <const> = '{"pad":"' .. ("x"):rep(70000) .. '","records":[%s],"z":1}\n'
  local kinds <const> = {
    { "not_json", "not JSON", "prose\n" },
    { "not_json", "not JSON", "[2024-01-01] started\n" },
    { "not_json", "not JSON", '{"a":1,}\n' },
    { "not_json", "not a whole JSON value", '{"a":"b\n' },
    { "not_json", "not a whole JSON value", '{"a":1\n{"b":1}\n' },
    { "not_json", "damaged", '{"records":[{"a":"b\n' },
    { "not_json", "not a JSON object", padded:format "1" },
    { "too_deep", "not JSON", '{"a":' .. ("["):rep(100) .. ("]"):rep(100) .. "}\n" },
    { "too_large", "larger than the limit for one record", '{"a":"' .. ("a"):rep(1 << 20) .. '"}\n' },
    { "truncated", "truncated", '{"a":1' },
    { "not_a_record", "text behind a record on its line", '{"a":1} and more\n' },
    { "not_a_record", "not a record", "[{},1]\n" },
    { "not_a_record", "a row of 2 cells in a table of 1 columns",
      '{"tables":[{"columns":[{"name":"a"}],"rows":[[1,2]]}]}\n' },
    { "not_a_record", "bytes behind the end of the compressed data", core.T.reader.gzip(record(1)) .. "more" },
    { "not_a_record", "a wrapping inside a wrapping", padded:format '{"records":[]}' },
    { "not_a_record", "not an Azure log record", '{"a":1}\n' },
    { "not_a_record", "no time", '{"operationName":"a/b/c","category":"Administrative","resourceId":"/"}\n' },
    { "not_a_record", "not a time", record(1, "truncated JSON") },
    { "not_a_record", "Azure error JSON nested deeper", '{"error":{"code":"JSON nested deeper","message":"no"}}\n' },
    { "not_a_record", "Azure error damaged", '{"error":{"code":"damaged","message":"larger than the limit"}}\n' },
  }

  it("have the code of their kind, whatever the log says", function()
    for _, kind in ipairs(kinds) do
      local code, what, text = table.unpack(kind)
      local _, one = finding(run(text), "armrun.UnreadableRecords")
      local told = {}
      for _, reason in ipairs(one.reasons) do told[reason.values.what] = reason.code end
      assert.equal(code, told[what], what)
    end
  end)

  it("do not flood: ten thousand are one reason, and kinds past the limit are counted", function()
    local lines = { record(1) }
    for i = 1, 10000 do lines[#lines + 1] = "{broken " .. i .. "\n" end
    for i = 1, 100 do lines[#lines + 1] = ('{"error":{"code":"E%d","message":"no"}}\n'):format(i) end
    local result = run(table.concat(lines))
    local by_code, one = finding(result, "armrun.UnreadableRecords")
    assert.equal(33, #one.reasons)
    assert.equal(10000, by_code.not_json.values.count)
    assert.equal(69, by_code.more.values.count)
    assert.equal(1, #result.alerts)
  end)

  it("are counted once when the log is read twice", function()
    local result = run(record(50) .. "{broken\n" .. record(1))
    assert.equal(1, result.summary.rejected)
    assert.equal(1, finding(result, "armrun.UnreadableRecords").not_json.values.count)
  end)
end)

describe("odd records", function()
  local odd <const> = "armrun.OddRecords"

  it("have a key twice, in one case or two", function()
    for _, more in ipairs { ',"time":"2024-05-03T00:00:00Z"', ',"TIME":"2024-05-03T00:00:00Z"',
      ',"OPERATIONNAME":"x/y/z"', ',"identity":{"claims":{"name":"a","Name":"b"}}' } do
      local result = run(record(1) .. record(2, nil, more))
      assert.same({ 0, 1 }, { result.summary.rejected, #result.findings }, more)
      local by_code, one = finding(result, odd)
      assert.same({ 1, 2, "log.json" }, { by_code.duplicate_key.values.count,
        by_code.duplicate_key.values.first_record, by_code.duplicate_key.values.file })
      assert.equal("1 record was read and kept, but not as Azure writes them", one.summary)
    end
  end)

  it("have the last of two spellings of a key count, in either order", function()
    local function of(keys)
      local text = record(1):gsub('"operationName":"A/B/C"', keys)
      local result = run(text)
      assert.equal(1, finding(result, odd).duplicate_key.values.count)
      return #result.alerts
    end
    assert.equal(1, of '"operationname":"x/y/z","operationName":"A/B/C"')
    assert.equal(0, of '"operationName":"A/B/C","operationname":"x/y/z"')
    assert.equal(1, of '"operationName":"x/y/z","operationname":"A/B/C"')
  end)

  it("hold numbers that no type holds, and are read all the same", function()
    for _, number in ipairs { "18446744073709551616", "1e400", "-1e400" } do
      local result = run(record(1, nil, ',"x":' .. number) .. record(2))
      assert.equal(2, #result.alerts)
      assert.equal(1, finding(result, odd).number_as_text.values.first_record)
    end
  end)

  it("lie in the future, and teach nothing", function()
    local plain = run(record(1) .. record(2))
    local result = run(record(1) .. record(9, "2099-01-01T00:00:00Z") .. record(2))
    assert.same({ 1, 2 }, { finding(result, odd).future.values.count, finding(result, odd).future.values.first_record })
    assert.same({ 2, 3 }, { #plain.alerts, #result.alerts })
    for i, alert in ipairs(plain.alerts) do assert.equal(alert.id, result.alerts[i].id) end
  end)

  it("lie before there was Azure, and teach nothing", function()
    for _, time in ipairs { "1601-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2010-01-31T23:59:59Z" } do
      local result = run(record(1) .. record(9, time) .. record(2))
      assert.equal(2, finding(result, odd).ancient.values.first_record)
      assert.equal(3, #result.alerts)
    end
    assert.same({}, run(record(1, "2010-02-01T00:00:00Z")).findings)
  end)

  it("are told apart by file, and behind the alerts", function()
    local result = run(record(1, nil, ',"time":"2024-05-03T00:00:00Z","x":1e400'))
    local _, one = finding(result, odd)
    assert.equal(2, #one.reasons)
    assert.equal(1, #result.findings)
  end)
end)
