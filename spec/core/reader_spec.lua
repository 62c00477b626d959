-- What the reader makes of bytes: which records, which rejects, where they lay; and that this depends on nothing else.
local reader = require("armrun.core").T.reader

local function with(options, text)
  local all = { text = text }
  for key, value in pairs(options or {}) do
    all[key] = value
  end
  return reader.read(all)
end

local function texts(result)
  local list = {}
  for i, record in ipairs(result.records) do
    list[i] = record.text
  end
  return list
end

-- "1@0 {...}" for records, "2@8+5 reason" for rejects: all that matters, in one list.
local function outline(result)
  local list = {}
  for _, r in ipairs(result.records) do
    list[#list + 1] = ("%d@%d %s"):format(r.number, r.offset, r.text)
  end
  for _, r in ipairs(result.rejects) do
    list[#list + 1] = ("%d@%d+%d %s"):format(r.record, r.offset, r.len, r.reason)
  end
  for _, f in ipairs(result.files) do
    if f.problem then
      list[#list + 1] = "problem: " .. f.problem
    end
  end
  return list
end

local function frames(text, expected, options)
  assert.same(expected, outline(with(options, text)))
end

local RESTART = "not a whole JSON value: the next line starts another one"
local STRING = "not a whole JSON value: a string does not end on its line"
local PROSE = "not JSON: a record starts with '{'"
local TRUNCATED = "truncated: the file ends inside a record"
local LARGE = "larger than the limit for one record"
local ELEMENT = "not a record: an element of the array is no object"
local ENDLESS = "damaged: an element of the array does not end"
local BEHIND = "text behind a record on its line"

describe("lines", function()
  it("are records, with or without a newline at the end", function()
    frames('{"a":1}\n{"b":2}\n', { '1@0 {"a":1}', '2@8 {"b":2}' })
    frames('{"a":1}\n{"b":2}', { '1@0 {"a":1}', '2@8 {"b":2}' })
  end)

  it("may end with CR LF, be blank, and follow a byte order mark", function()
    frames('\xEF\xBB\xBF{"a":1}\r\n\r\n  \n{"b":2}\r\n', { '1@3 {"a":1}', '2@17 {"b":2}' })
  end)

  it("cost themselves when they are bad, wherever they break", function()
    for _, bad in ipairs { '{"a":{"b":1', '{"a":[1,', '{"a":', '{"a"', "{", '{"a":[{' } do
      local result = with(nil, '{"g":1}\n' .. bad .. '\n{"g":2}\n{"g":3}\n')
      assert.same({ '{"g":1}', '{"g":2}', '{"g":3}' }, texts(result), bad)
      assert.equal(1, #result.rejects, bad)
      assert.equal(8, result.rejects[1].offset)
      assert.equal(#bad, result.rejects[1].len)
      assert.equal(2, result.rejects[1].record)
    end
  end)

  it("cost themselves when a string does not end on them", function()
    frames('{"a":"x\n{"g":2}\n', { '2@8 {"g":2}', "1@0+7 " .. STRING })
  end)

  it("that only their parser can judge are handed on", function()
    frames('{"a":1}}\n{"a" 1}\n{"g":1}\n', { '1@0 {"a":1}}', '2@9 {"a" 1}', '3@17 {"g":1}' })
  end)

  it("of prose are one reject each", function()
    frames('starting up\n[2024-05-01] ready\n{"a":1}\n42\n"text"\nnull\n', {
      '3@31 {"a":1}',
      "1@0+11 " .. PROSE,
      "2@12+18 " .. PROSE,
      "4@39+2 " .. PROSE,
      "5@42+6 " .. PROSE,
      "6@49+4 " .. PROSE,
    })
  end)

  it("of prose behind a bad line are rejects of their own", function()
    frames('{"a":1\nprose\n{"b":2}\n', { '3@13 {"b":2}', "1@0+6 " .. RESTART, "2@7+5 " .. PROSE })
  end)

  it("with NUL bytes neither end early nor vanish", function()
    frames('{"a":"\0"}\nx\0y\n{"b":1}\n', { '1@0 {"a":"\0"}', '3@14 {"b":1}', "2@10+3 " .. PROSE })
  end)

  it("with brackets and quotes in strings are one record", function()
    local line = [[{"a":"}{ \" } {\\","b":"[{"}]]
    frames(line .. "\n" .. line .. line .. "\n", {
      "1@0 " .. line,
      ("2@%d "):format(#line + 1) .. line,
      ("3@%d "):format(2 * #line + 1) .. line,
    })
  end)
end)

describe("values", function()
  it("may be joined by nothing, blanks or commas", function()
    frames('{"a":1}{"b":2} {"c":3}\n{"d":4},{"e":5},\n{"f":6}', {
      '1@0 {"a":1}',
      '2@7 {"b":2}',
      '3@15 {"c":3}',
      '4@23 {"d":4}',
      '5@31 {"e":5}',
      '6@40 {"f":6}',
    })
  end)

  it("may be printed over many lines, indented or not", function()
    local one = '{\n  "a": {\n    "b": [\n      1,\n      {"c": 2}\n    ]\n  }\n}'
    local two = '{\n"a":\n[\n{\n"b": 1\n},\n{\n"c": 2\n}\n]\n}'
    frames(one .. "\n" .. two .. "\n" .. one, {
      "1@0 " .. one,
      ("2@%d "):format(#one + 1) .. two,
      ("3@%d "):format(#one + #two + 2) .. one,
    })
  end)

  it("may have their commas at the start of lines", function()
    local one = '{"a":{"x":1}\n,"b":2}'
    frames(one .. "\n" .. one .. "\n", { "1@0 " .. one, "2@21 " .. one })
  end)

  it("that break cost themselves, as one reject", function()
    frames('{\n  "a": {\n    "b": 1\n}\n{\n  "a": 2\n}\n', { '2@24 {\n  "a": 2\n}', "1@0+23 " .. RESTART })
  end)

  it("are told from text behind them", function()
    frames('{"a":1} x\n{"b":2}\n', { '1@0 {"a":1}', '3@10 {"b":2}', "2@8+1 " .. BEHIND })
  end)

  it("cut off by the end of the file are one reject, with the digest of its bytes", function()
    local result = with(nil, '{"a":1}\n{"b":')
    assert.same({ '1@0 {"a":1}', "2@8+5 " .. TRUNCATED }, outline(result))
    -- printf '{"b":' | sha256sum
    assert.equal("74f76b7769300d5726b24a34b8c3d955742727a3ec1de87eb1d6abc6e661670f", result.rejects[1].sha256)
  end)

  it("cut off over many lines are one reject", function()
    frames('{"a":1}\n{\n  "b": {\n    "c": 1,\n', { '1@0 {"a":1}', "2@8+22 " .. TRUNCATED })
  end)
end)

describe("no records", function()
  it("come of an empty file, which says so", function()
    frames("", { "problem: empty" })
    frames("\n \n", {})
  end)
end)

describe("arrays", function()
  it("give their elements, however they are laid out", function()
    frames('[{"a":1},\n{"b":[{}]}\n,\n  {"c":3}]\n[]\n[\n{"d":4}\n]', {
      '1@1 {"a":1}',
      '2@10 {"b":[{}]}',
      '3@25 {"c":3}',
      '4@39 {"d":4}',
    })
  end)

  it("name elements that are no objects", function()
    frames('[{"a":1},7,"x",null,[{"b":2}]]', {
      '1@1 {"a":1}',
      '5@21 {"b":2}',
      "2@9+1 " .. ELEMENT,
      "3@11+3 " .. ELEMENT,
      "4@15+4 " .. ELEMENT,
    })
  end)

  it("lose only the element that breaks, when the next one starts in the same column", function()
    frames('[\n  {"a":1},\n  {"b":"x\n  {"c":3}\n]\n{"d":4}\n', {
      '1@4 {"a":1}',
      '3@25 {"c":3}',
      '4@35 {"d":4}',
      "2@15+7 " .. ENDLESS,
    })
  end)

  it("cut off are complete up to there, and the file says so", function()
    frames('[{"a":1},{"b":', { '1@1 {"a":1}', "2@9+5 " .. TRUNCATED })
    frames('[{"a":1},', { '1@1 {"a":1}', "problem: truncated: the file ends inside an array or an envelope" })
  end)

  it("may hold pages", function()
    frames('[{"value":[{"a":1}],"nextLink":"u"},{"value":[{"b":2}]}]', { '1@11 {"a":1}', '2@46 {"b":2}' })
  end)
end)

describe("envelopes", function()
  it("of each kind give their elements", function()
    frames('{"records":[{"a":1},{"b":2}]}', { '1@12 {"a":1}', '2@20 {"b":2}' })
    frames('{ "value" : [ {"a":1} ] , "nextLink" : "u" }', { '1@14 {"a":1}' })
    frames('{\n  "records": [\n    {\n      "a": 1\n    }\n  ]\n}\n', { '1@21 {\n      "a": 1\n    }' })
  end)

  it("are told by their keys at the first level, wherever those stand", function()
    frames('{"@odata.context":"u","value":[{"a":1}]}', { '1@31 {"a":1}' })
    frames('{"$schema":"s","x":{"value":[1]},"records":[{"a":1}],"y":[2]}', { '1@44 {"a":1}' })
    frames('{"cost":{"a":[1]},"value":[{"a":1}]}\n{"a":1}', { '1@27 {"a":1}', '2@37 {"a":1}' })
  end)

  it("are not events that have such keys further in, or with other values", function()
    for _, event in ipairs {
      '{"a":{"value":[1]}}',
      '{"operationName":{"value":"x"},"properties":{"records":[{"a":1}]}}',
      '{"value":{"a":1}}',
      '{"records":3,"a":[{"b":1}]}',
      '{"values":[{"a":1}]}',
      '{"a":"\\"value\\":[","b":[1]}',
    } do
      frames(event .. "\n" .. event, { "1@0 " .. event, ("2@%d "):format(#event + 1) .. event })
    end
  end)

  it("follow each other, joined by newlines or nothing", function()
    frames('{"records":[{"a":1}]}{"records":[{"b":2}]}\n{"records":[]}\n{"value":[{"c":3}]}{"d":4}', {
      '1@12 {"a":1}',
      '2@33 {"b":2}',
      '3@68 {"c":3}',
      '4@77 {"d":4}',
    })
  end)

  it("that break give what is whole in them, and the lines behind", function()
    frames('{"records":[{"a":1},{"b":"x\n{"records":[{"c":3}]}\n', {
      '1@12 {"a":1}',
      '3@40 {"c":3}',
      "2@20+7 " .. ENDLESS,
    })
  end)

  it("of many times the largest record are read, when their key comes late too", function()
    local events = {}
    for i = 1, 3000 do
      events[i] = ('{"n":%d,"fill":"%s"}'):format(i, ("x"):rep(50))
    end
    local text = '{"count":3000,"about":"pages","value":[' .. table.concat(events, ",") .. "]}"
    local result = with({ max_record = 1000, batch = 2000 }, text)
    assert.same(events, texts(result))
    assert.same({}, result.rejects)
  end)
end)

describe("tables", function()
  local head = '{"tables":[{"name":"P","columns":[{"name":"T","type":"datetime"},'
    .. '{"type":"string","name":"U V"}],"rows":'

  it("give an object for each row", function()
    local result = with(nil, head .. '[["2024",1],\n[ {"k":[1,"],"]} , null ]]}]}\n{"a":1}')
    assert.same({ '{"T":"2024","U V":1}', '{"T":{"k":[1,"],"]},"U V":null}', '{"a":1}' }, texts(result))
    assert.is_false(result.records[1].seekable)
    assert.is_true(result.records[3].seekable)
    assert.equal(#head + 1, result.records[1].offset)
  end)

  it("reject rows with other numbers of cells", function()
    local result = with(nil, head .. '[["a"],[],["a",1,2],["a",1]]}]}')
    assert.same({ '{"T":"a","U V":1}' }, texts(result))
    assert.equal("a row of 1 cells in a table of 2 columns", result.rejects[1].reason)
    assert.equal("a row of 0 cells in a table of 2 columns", result.rejects[2].reason)
    assert.equal("a row of 3 cells in a table of 2 columns", result.rejects[3].reason)
    assert.equal(4, result.files[1].records)
  end)

  it("give nothing when they have no rows", function()
    frames('{"tables": [{"name": "PrimaryResult", "columns": [], "rows": []}]}', {})
  end)

  it("of more rows than fit in memory are read in batches", function()
    local rows = {}
    for i = 1, 5000 do
      rows[i] = ('["day",%d]'):format(i)
    end
    local result = with({ batch = 1000, max_record = 500 }, head .. "[" .. table.concat(rows, ",") .. "]}]}")
    assert.equal(5000, #result.records)
    assert.equal('{"T":"day","U V":5000}', result.records[5000].text)
    assert.is_true(result.batches > 50)
  end)
end)

describe("large things", function()
  local function filled(n)
    return '{"a":"' .. ("x"):rep(n - 8) .. '"}'
  end

  it("of exactly max_record are read, one byte more are skipped", function()
    frames(filled(100) .. "\n" .. filled(101) .. "\n" .. filled(100), {
      "1@0 " .. filled(100),
      "3@203 " .. filled(100),
      "2@101+101 " .. LARGE,
    }, { max_record = 100 })
  end)

  it("grow the buffer when they are larger than a batch", function()
    local text = filled(5000) .. "\n" .. '{"b":1}\n'
    frames(text, { "1@0 " .. filled(5000), '2@5001 {"b":1}' }, { batch = 300, max_record = 6000 })
  end)

  it("are skipped, and the next record is read", function()
    local text = filled(100000000) .. '\n{"b":1}\n'
    frames(text, { '2@100000001 {"b":1}', "1@0+100000000 " .. LARGE })
  end)

  it("may be nested a million deep", function()
    local n = 1000000
    frames(('{"a":'):rep(n) .. "1" .. ("}"):rep(n) .. '\n{"b":1}\n', {
      ("2@%d "):format(6 * n + 2) .. '{"b":1}',
      ("1@0+%d "):format(6 * n + 1) .. LARGE,
    })
    local result = with(nil, ("["):rep(n) .. ("]"):rep(n) .. '\n{"b":1}\n')
    assert.same({ '{"b":1}' }, texts(result))
  end)

  it("may be prose on one line", function()
    frames(("x"):rep(5000) .. '\n{"b":1}', { '2@5001 {"b":1}', "1@0+5000 " .. PROSE }, { max_record = 100 })
  end)
end)

describe("encodings", function()
  local function utf16(text, big)
    return (text:gsub(".", function(c)
      return big and "\0" .. c or c .. "\0"
    end))
  end

  it("are told by the byte order mark", function()
    for _, big in ipairs { false, true } do
      local mark = big and "\xFE\xFF" or "\xFF\xFE"
      local result = with(nil, mark .. utf16('{"a":1}\r\n{"b":2}\n', big))
      assert.same({ '1@0 {"a":1}', '2@9 {"b":2}' }, outline(result))
      assert.is_false(result.records[1].seekable)
    end
  end)

  it("turn pairs into one character, and halves into U+FFFD", function()
    -- U+00E9, U+6728, U+1F600 as D83D DE00, a lone D83D
    local body = utf16 '{"a":"' .. "\xE9\0" .. "\x28\x67" .. "\x3D\xD8\0\xDE" .. "\x3D\xD8" .. utf16 '"}\n'
    frames("\xFF\xFE" .. body, { '1@0 {"a":"\u{E9}\u{6728}\u{1F600}\u{FFFD}"}' })
  end)

  it("say when a character is cut off", function()
    local result = with(nil, "\xFF\xFE" .. utf16 '{"a":1}\n' .. "x")
    assert.same({ '{"a":1}' }, texts(result))
    assert.equal("truncated: the file ends inside a UTF-16 character", result.files[1].problem)
  end)
end)

describe("compressed input", function()
  for _, pack in ipairs { "gzip", "zstd" } do
    local squeeze = reader[pack]

    it(pack .. " is told by its first bytes, of any number of parts", function()
      local result = with(nil, squeeze '{"a":1}\n{"b"' .. squeeze "" .. squeeze ':2}\n{"c":3}\n')
      assert.same({ '1@0 {"a":1}', '2@8 {"b":2}', '3@16 {"c":3}' }, outline(result))
      assert.is_true(result.files[1].compressed)
      assert.is_false(result.files[1].seekable)
      assert.is_false(result.records[1].seekable)
    end)

    it(pack .. " with bytes behind its end names them", function()
      frames(squeeze '{"a":1}\n' .. "garbage", { '1@0 {"a":1}', "2@8+7 bytes behind the end of the compressed data" })
      frames(squeeze '{"a":1}\n' .. ("\0"):rep(512), { '1@0 {"a":1}' })
    end)

    it(pack .. " cut off gives what came before, and says so", function()
      local lines, state = {}, 1
      for i = 1, 20000 do
        state = state * 1103515245 + 12345
        lines[i] = ('{"n":%d,"r":"%016x"}\n'):format(i, state)
      end
      local packed = squeeze(table.concat(lines))
      local result = with(nil, packed:sub(1, #packed // 2))
      assert.is_true(#result.records > 1000)
      assert.equal('{"n":1000,', result.records[1000].text:sub(1, 10))
      assert.equal(("truncated: the file ends inside its %s data"):format(pack), result.files[1].problem)
    end)

    it(pack .. " that is damaged says so", function()
      local packed = squeeze(('{"a":1}\n'):rep(1000))
      local at = pack == "gzip" and 12 or 5 -- the first block; the second byte of the header
      local result = with(nil, packed:sub(1, at) .. "\xFF\xFF\xFF" .. packed:sub(at + 4))
      assert.matches("^damaged " .. pack .. " data", result.files[1].problem)
    end)

    it(pack .. " around UTF-16 is undone in turn", function()
      frames(squeeze '\xFF\xFE{\0"\0a\0"\0:\0001\0}\0', { '1@0 {"a":1}' })
    end)
  end
end)

describe("the outcome", function()
  local table_text = '{"tables":[{"columns":[{"name":"T"},{"name":"U"}],"rows":[["a",1],["b"],[{"k":[1,2]},null]]}]}\n'
  local x, y = ("x"):rep(300), ("y"):rep(400)
  local nasty = {
    '{"a":1}\n{"b":2}\n',
    '{"a":1}{"b":2} {"c":3} x\n{"d":4}',
    '\xEF\xBB\xBF{"a":1}\r\n\r\n[1]\n{"b":2}\r\n',
    '{"a":\n{"b":1}\n{"c":{"d":\n{"e":2}\n',
    '{\n "a": "x\n}\n{\n "b": {}\n}\nprose\n  {"c":1}\n',
    '[\n  {"a":1},\n  {"b":"x\n  {"c":3}\n]\n{"d":4}\n',
    '[{"a":1},{"b":"x\\"}"},7,"s",[[[{}]]],{"c":',
    '{"x":[1,{"y":"]}"}],"records":[{"a":1},\n{"b":2}],"z":{"q":[1]}}{"value":[{"c":1}]}\n',
    '{"nextLink":"' .. x .. '","value":[{"a":1}]}\n{"b":1}\n',
    table_text .. table_text,
    '{"a":"' .. x .. '"}\n{"b":1}\n{"c":{"d":"' .. y .. '\n{"e":1}\n' .. x .. "\n",
    '[{"a":"' .. x .. '"},{"b":1},{"c":"' .. y .. '\n{"d":1}]\n{"e":1}',
    '{"records":[{"a":1}],"big":[' .. ("[1],"):rep(100) .. '1],"value":[{"b":1}]}',
    ("["):rep(500) .. '\n{"a":1}\n',
    ("{"):rep(500) .. '\n{"a":1}\n',
    ("\\"):rep(131) .. '"\n{"a":"' .. ("\\\\"):rep(90) .. '"}{"b":"\\' .. '"}"}\n{"c":1}',
    '\xFF\xFE{\0"\0a\0"\0:\0001\0}\0\n\0{\0=\0\0\xD8}\0\n',
    reader.gzip '{"a":1}\n{"b":' .. reader.gzip "2}\nx" .. "yz",
    reader.zstd '{"a":1}\n{"b":' .. reader.zstd "2}\nx" .. "yz",
    '{"a":1}\0\n\0\0\n{"b":1}\n',
    "",
    "\n",
    "{",
    "[",
    '"',
    "\xEF",
  }

  local function all_of(result)
    local list = outline(result)
    for _, r in ipairs(result.records) do
      assert.equal(64, #r.behind)
    end
    for _, r in ipairs(result.rejects) do
      list[#list + 1] = r.sha256
    end
    list[#list + 1] = ("%d bytes, %d records"):format(result.files[1].bytes, result.files[1].records)
    return table.concat(list, "\n")
  end

  it("is the same whatever the size of reads and batches", function()
    for _, max in ipairs { 0, 128, 20 } do
      for _, text in ipairs(nasty) do
        local whole = all_of(with({ max_record = max }, text))
        for _, read in ipairs { 1, 2, 3, 7, 64, 4096 } do
          for _, batch in ipairs { 1, 1000, 0 } do
            assert.equal(whole, all_of(with({ max_record = max, read = read, batch = batch }, text)))
          end
        end
      end
    end
  end)

  it("is the same for texts made of random pieces", function()
    local pieces = {
      "{", "}", "[", "]", '"', "\\", "\n", ",", ":", " ", "x", '{"a":1}', '{"value":[', '{"records":[', '"tables":[',
      "\r\n", "]}\n", '{"b":{"c":2}}\n', '"k":', '"rows":[', '"columns":["T"]', "  {", ("z"):rep(70), "\n{", "\n[",
      "\xEF\xBB\xBF", '{"k":"v","value":[', '{"tables":[{"columns":["T"],"rows":[', "[1]", '"s"', "\n  {", "\0",
    }
    local state = tonumber(os.getenv "ARMRUN_SEED" or 12345)
    local function random(n)
      state = (state * 1103515245 + 12345) % 2147483648
      return state // 65536 % n + 1
    end
    for _ = 1, tonumber(os.getenv "ARMRUN_ROUNDS" or 2000) do
      local made = {}
      for i = 1, random(40) do
        made[i] = pieces[random(#pieces)]
      end
      local text = table.concat(made)
      local max, batch = ({ 0, 30, 100 })[random(3)], ({ 1, 100, 400 })[random(3)]
      local whole = all_of(with({ max_record = max }, text))
      for _, read in ipairs { 1, 5, 64 } do
        local result = all_of(with({ max_record = max, read = read, batch = batch }, text))
        assert.equal(whole, result, ("%q max %d read %d"):format(text, max, read))
      end
    end
  end)

  it("is every record, in whatever mixture of shapes it is delivered", function()
    local state = 99
    local function random(n)
      state = (state * 1103515245 + 12345) % 2147483648
      return state // 65536 % n + 1
    end
    local function pick(list)
      return list[random(#list)]
    end
    local scalars = { "1", "-2.5e3", "null", "true", '""', '"}{"',
      '"[\\""', '"\\\\"', '"\\n{\\"a\\":[1"', '"\u{E9}"', '"],["' }
    local function value(depth, nl)
      local kind = depth > 3 and 1 or random(4)
      if kind <= 2 then
        return kind == 1 and pick(scalars) or '"' .. ("x"):rep(random(200)) .. '"'
      end
      local parts = {}
      for i = 1, random(4) - 1 do
        parts[i] = (kind == 3 and pick { '"k":', '"value": ', '"records" :' } or "") .. value(depth + 1, nl)
      end
      local open, close = kind == 3 and "{" or "[", kind == 3 and "}" or "]"
      return open .. nl .. table.concat(parts, nl .. "," .. nl) .. nl .. close
    end
    local function event(nl)
      return '{"time":' .. nl .. value(1, nl) .. "," .. nl .. '"properties":' .. value(0, nl) .. "," .. nl .. '"z":1}'
    end
    local shapes = {
      function(list) return table.concat(list, "\n") .. "\n" end,
      function(list) return table.concat(list) .. "\r\n" end,
      function(list) return table.concat(list, " ") end,
      function(list) return "[" .. table.concat(list, ",") .. "]\n" end,
      function(list) return "[\n" .. table.concat(list, ",\n") .. "\n]" end,
      function(list) return '{"records":[' .. table.concat(list, ",") .. "]}" end,
      function(list) return '{"value":[\n  ' .. table.concat(list, ",\n  ") .. '\n],"nextLink":"https://x?a=]}"}\n' end,
      function(list) return '{ "n":{"value":[1]}, "value" :[' .. table.concat(list, " , ") .. " ] }\n" end,
    }
    for _ = 1, 30 do
      local expected, parts = {}, {}
      for _ = 1, random(6) do
        local nl, list = pick { "", " ", "\n", "\r\n  " }, {}
        for i = 1, random(30) do
          list[i] = event(nl)
          expected[#expected + 1] = list[i]
        end
        parts[#parts + 1] = pick(shapes)(list)
      end
      local text = table.concat(parts)
      for _, pack in ipairs { "text", "gzip", "zstd" } do
        local result = with({ batch = pick { 500, 5000, 0 } }, pack == "text" and text or reader[pack](text))
        assert.same({}, result.rejects)
        assert.same(expected, texts(result))
        for _, r in ipairs(result.records) do
          assert.equal(r.text, text:sub(r.offset + 1, r.offset + #r.text))
        end
      end
    end
  end)

  it("leaves no byte out: what is not in a record or reject is white space, commas or wrapping", function()
    local text = 'a\n{"a":1}{"b":2} x\n{"c":\n{"d":1}\n[{"e":1},2,{"f":\n'
    local result = with(nil, text)
    local left = {}
    for i = 1, #text do
      left[i] = text:sub(i, i)
    end
    local function cross_out(offset, len)
      for i = offset + 1, offset + len do
        assert.not_equal("", left[i])
        left[i] = ""
      end
    end
    for _, r in ipairs(result.records) do
      cross_out(r.offset, #r.text)
    end
    for _, r in ipairs(result.rejects) do
      cross_out(r.offset, r.len)
    end
    assert.matches("^[%s,%[]*$", table.concat(left))
  end)
end)

describe("memory that runs out", function()
  it("fails the call, loses nothing, leaks nothing", function()
    local text = ('{"a":1}\nprose\n'):rep(40) .. '{"tables":[{"columns":["T"],"rows":[[1],[2,3]]}]}\n'
    local whole = outline(with({ batch = 300 }, text))
    local failures = 0
    for n = 1, 60 do
      local live = reader.live()
      local result = with({ batch = 300, fail_at = n }, text)
      assert.equal(live, reader.live())
      if result.failed then
        failures = failures + 1
        assert.matches("^out of memory while ", result.failed)
      end
      if result.batches then
        assert.same(whole, outline(result))
      end
    end
    assert.is_true(failures > 5)
  end)
end)
