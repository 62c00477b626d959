-- json: strict parsing, numbers of any size, look-ups, and what is said about text that is not JSON.
local T = require("armrun.core").T.json

-- dump() writes strings raw, keys bare, u behind a uint64 and d behind a double.
local accepted = {
  -- structure
  { "[]", "[]" }, { "{}", "{}" }, { "[[]]", "[[]]" }, { "[{},[]]", "[{},[]]" }, { '{"a":[]}', "{a:[]}" },
  { " \t\r\n[ 1 ,\n2 ] \n", "[1,2]" }, { '{ "a" : 1 , "b" : 2 }', "{a:1,b:2}" }, { '{"":0}', "{:0}" },
  { '{"a":1,"a":2}', "{a:1,a:2}" }, { '{"a":{},"a":[]}', "{a:{},a:[]}" }, { '[null,true,false]', "[null,true,false]" },
  { '{"\\u0061\\u0000":"k"}', '{a\0:"k"}' },
  -- a lone value is a document
  { "0", "0" }, { '""', '""' }, { '"x"', '"x"' }, { "null", "null" }, { "true", "true" }, { "-1", "-1" },
  -- numbers
  { "[0,-0,1,-1]", "[0,0,1,-1]" }, { "[9223372036854775807]", "[9223372036854775807]" },
  { "[-9223372036854775808]", "[-9223372036854775808]" }, { "[9223372036854775808]", "[9223372036854775808u]" },
  { "[18446744073709551615]", "[18446744073709551615u]" }, { "[9007199254740993]", "[9007199254740993]" },
  { "[1.5,-1.5,0.0]", "[1.5d,-1.5d,0d]" }, { "[1e2,1E2,1e+2,1e-2,1.5e0]", "[100d,100d,100d,0.01d,1.5d]" },
  { "[0e0,0E+99999,1e-400,0.0e99999]", "[0d,0d,0d,0d]" }, { "[1.7976931348623157e308]", "[1.7976931348623157e+308d]" },
  { "[4.9e-324]", "[4.9406564584124654e-324d]" }, { "[123456789012345678.0]", "[1.2345678901234568e+17d]" },
  { "[0." .. ("3"):rep(400) .. "]", "[0.33333333333333331d]" },
  -- strings
  { [=["\"\\\/\b\f\n\r\t"]=], '"\"\\/\b\f\n\r\t"' }, { [=["\u0000"]=], '"\0"' }, { [=["a\u0000b"]=], '"a\0b"' },
  { [=["\u00e9\u20ac\uD834\uDD1E"]=], '"é€\u{1D11E}"' }, { '"é€\u{1D11E}"', '"é€\u{1D11E}"' },
  { '"\u{10FFFF}\u{FFFF}\u{FFFE}"', '"\u{10FFFF}\u{FFFF}\u{FFFE}"' }, { '"\x7f"', '"\x7f"' },
  { [=["\uDBFF\uDFFF"]=], '"\u{10FFFF}"' }, { [=["\\u0061"]=], '"\\u0061"' },
  { '"\u{2028}\u{2029}\u{FEFF}"', '"\u{2028}\u{2029}\u{FEFF}"' },
  { '"//* no comment */"', '"//* no comment */"' }, { '"[1,2"', '"[1,2"' },
}

-- text, what the message must contain, the byte it must name
local rejected = {
  { "", "empty", 0 }, { " \n", "empty", 0 }, { "\0", "byte 0x00", 0 },
  -- structure
  { "[", "ends inside an array", 1 }, { "[[", "2 deep", 2 }, { "{", "ends inside an object", 1 },
  { "[1,", "ends inside", 3 },
  { "]", "found ']'", 0 }, { "}", "found '}'", 0 }, { "[}", "found '}'", 1 }, { "{]", "found ']'", 1 },
  { "[1}", "',' or ']'", 2 }, { '{"a":1]', "',' or '}'", 6 }, { "[1 2]", "',' or ']'", 3 }, { "[1,]", "a value", 3 },
  { "[,1]", "a value", 1 }, { "[1,,2]", "a value", 3 }, { "[,]", "a value", 1 }, { "[1:2]", "',' or ']'", 2 },
  { '{"a"}', "':'", 4 }, { '{"a":}', "a value", 5 }, { '{"a"::1}', "a value", 5 }, { '{"a" 1}', "':'", 5 },
  { '{"a":1,}', "a key", 7 }, { "{,}", "a key", 1 }, { '{"a":1,,"b":2}', "a key", 7 }, { "{1:1}", "a key", 1 },
  { "{a:1}", "a key", 1 }, { "{'a':1}", "a key", 1 }, { '{null:1}', "a key", 1 }, { '{"a":1 "b":2}', "',' or '}'", 7 },
  { '{"a","b"}', "':'", 4 }, { '["a":1]', "',' or ']'", 4 }, { '{"a":1', "ends inside an object", 6 },
  { "[1] 2", "behind the first value", 4 }, { "{}{}", "behind the first value", 2 }, { "1 2", "behind", 2 },
  { "[1]]", "behind", 3 }, { "[1]\0", "behind", 3 }, { "[1],", "behind", 3 }, { '"a" x', "behind", 4 },
  { "\239\187\191[]", "byte 0xEF", 0 }, { "[1]\239\187\191", "behind", 3 },
  { "[1/**/]", "',' or ']'", 2 }, { "[1]//", "behind", 3 }, { "#", "a value", 0 }, { "<null>", "found '<'", 0 },
  { "[\v1]", "byte 0x0B", 1 }, { "[\f]", "byte 0x0C", 1 }, { "[\u{A0}1]", "byte 0xC2", 1 },
  { "[\u{2060}]", "byte 0xE2", 1 },
  -- words
  { "nul", "nul", 0 }, { "[tru]", "tru", 1 }, { "[True]", "True", 1 }, { "[NULL]", "NULL", 1 },
  { "[nulll]", "nulll", 1 },
  { "[NaN]", "NaN", 1 }, { "[Infinity]", "Infinity", 1 }, { "[-Infinity]", "number: -Infinity", 1 },
  { "[undefined]", "undefined", 1 },
  { "[truefalse]", "truefalse", 1 }, { "[a]", "word: a", 1 }, { "[true\0]", "byte 0x00", 5 },
  -- numbers
  { "[01]", "number: 01", 1 }, { "[-01]", "number: -01", 1 }, { "[00]", "number: 00", 1 }, { "[1.]", "number: 1.", 1 },
  { "[.1]", "a value", 1 }, { "[-.1]", "number: -.1", 1 }, { "[+1]", "a value", 1 }, { "[-]", "number: -", 1 },
  { "[--1]", "number: --1", 1 }, { "[1e]", "number: 1e", 1 }, { "[1e+]", "number: 1e+", 1 },
  { "[1.e1]", "number: 1.e1", 1 },
  { "[1e1.5]", "number: 1e1.5", 1 }, { "[0x1F]", "number: 0x1F", 1 }, { "[1_000]", "number: 1_000", 1 },
  { "[1a]", "number: 1a", 1 }, { "[1.2.3]", "number: 1.2.3", 1 }, { "[1 000]", "',' or ']'", 3 },
  { "[2e", "number: 2e", 1 },
  { "[1e400, 01]", "number: 01", 8 }, { "[1e400", "ends inside an array", 6 }, { "[\u{FF11}]", "byte 0xEF", 1 },
  { "0123", "number: 0123", 0 }, { "[9999999999999999999999999999999x]", "number: 999999999999999999999999", 1 },
  -- strings
  { '"', "ends inside a string", 0 }, { '["abc', "ends inside a string", 1 }, { '{"a', "ends inside a string", 1 },
  { '["a\\', "ends inside a string", 3 }, { '["\\"]', "ends inside a string", 1 }, { "['a']", "found '''", 1 },
  { '["\\x41"]', "backslash", 2 }, { '["\\a"]', "backslash", 2 }, { '["\\0"]', "backslash", 2 },
  { "[\"\\'\"]", "backslash", 2 },
  { '["\\\0"]', "backslash", 2 }, { '["\\U0041"]', "backslash", 2 }, { "[\\n]", "a value", 1 },
  { '["\\u"]', "four hex digits", 2 }, { '["\\u00"]', "four hex digits", 2 }, { '["\\u00G0"]', "four hex digits", 2 },
  { '["\\u+041"]', "four hex digits", 2 },
  { '["a\nb"]', "\\u000A", 3 }, { '["\t"]', "\\u0009", 2 }, { '["\0"]', "\\u0000", 2 }, { '["\31"]', "\\u001F", 2 },
  { '{"a\0":1}', "\\u0000", 3 },
  -- what is no UTF-8: continuation alone, cut, overlong, surrogates, above U+10FFFF, Latin-1, UTF-16
  { '["\x80"]', "UTF-8", 2 }, { '["\xff"]', "UTF-8", 2 }, { '["\xc3"]', "UTF-8", 2 }, { '["\xe2\x82"]', "UTF-8", 2 },
  { '["\xf0\x9f\x98"]', "UTF-8", 2 }, { '["\xc0\xaf"]', "UTF-8", 2 }, { '["\xc1\xbf"]', "UTF-8", 2 },
  { '["\xe0\x80\xaf"]', "UTF-8", 2 }, { '["\xe0\x9f\xbf"]', "UTF-8", 2 }, { '["\xf0\x80\x80\xaf"]', "UTF-8", 2 },
  { '["\xf0\x8f\xbf\xbf"]', "UTF-8", 2 }, { '["\xed\xa0\x80"]', "UTF-8", 2 }, { '["\xed\xbf\xbf"]', "UTF-8", 2 },
  { '["\xf4\x90\x80\x80"]', "UTF-8", 2 }, { '["\xf5\x80\x80\x80"]', "UTF-8", 2 },
  { '["\xfc\x84\x80\x80\x80\x80"]', "UTF-8", 2 },
  { '["caf\xe9"]', "UTF-8", 5 }, { '{"\xe9":1}', "UTF-8", 2 }, { "[\0001\0]\0", "byte 0x00", 1 },
  -- what RFC 8259 leaves open and we refuse: half surrogates, which have no UTF-8
  { [=["\uD800"]=], "surrogate", 1 }, { [=["\uDC00"]=], "surrogate", 1 }, { [=["\uD800\uD800"]=], "surrogate", 1 },
  { [=["\uD800\u0041"]=], "surrogate", 1 }, { [=["\uD800x"]=], "surrogate", 1 },
  { [=["\uDC00\uD800"]=], "surrogate", 1 },
  { [=["a\uD834\uDD1Eb\udbff"]=], "surrogate", 15 }, { [=["\uD800\"]=], "surrogate", 1 },
}

describe("json", function()
  local doc

  before_each(function() doc = T.new() end)

  describe("accepts", function()
    for _, case in ipairs(accepted) do
      it(("%q"):format(case[1]:sub(1, 60)), function()
        assert(doc:parse(case[1]))
        assert.equal(case[2], doc:dump())
        assert.equal(0, doc:flags())
        assert.is_true(T.check(case[1])) -- the explaining checker agrees
      end)
    end
  end)

  describe("refuses and says where", function()
    for _, case in ipairs(rejected) do
      it(("%q"):format(case[1]:sub(1, 60)), function()
        local ok, message = doc:parse(case[1])
        assert.is_nil(ok)
        assert.matches("^not JSON: ", message)
        assert.is_truthy(message:find(case[2], 1, true), message)
        assert.is_truthy(message:find(("(byte %d)"):format(case[3]), 1, true), message)
        assert(utf8.len(message), "a message is UTF-8 whatever it is about")
      end)
    end
  end)

  describe("numbers wider than any type", function()
    -- 2^64, -2^63 - 1, and the first decimal that rounds to infinity: the largest double is 1.7976931348623157e308,
    -- half a unit above it lies 1.797693134862315807…e308
    local wide = {
      "18446744073709551616", "-9223372036854775809", "99999999999999999999999999", "1e309", "-1e309", "1E+400",
      "1.7976931348623159e308", "17976931348623159e292", "0.00017976931348623159e312", "1e99999999999999999999",
      ("9"):rep(400), "1" .. ("0"):rep(309) .. ".0", "0." .. ("0"):rep(80) .. "1e390",
    }
    for _, number in ipairs(wide) do
      it("become text: " .. number:sub(1, 40), function()
        assert(doc:parse('{"n":' .. number .. ',"i":12345678901234567,"s":"\\"' .. number .. '"}'))
        assert.equal("string", doc:type "n")
        assert.equal(number, doc:get "n")
        assert.equal(12345678901234567, doc:get "i")
        assert.equal('"' .. number, doc:get "s")
        assert.equal(1, doc:flags())
      end)
    end

    it("leave numbers that fit alone, also beside them", function()
      local fitting = { "18446744073709551615", "-9223372036854775808", "1.7976931348623157e308",
        "17976931348623157e292",
                        "0e999999", "1e-999999", "0.0000000000000000000000000001e330", "1" .. ("0"):rep(308) .. ".0" }
      for _, number in ipairs(fitting) do
        assert(doc:parse("[" .. number .. "]"))
        assert.equal(0, doc:flags(), number)
        assert(doc:parse("[1e400," .. number .. "]"))
        assert.not_equal("string", doc:type "[1]", number)
        assert.equal("1e400", doc:get "[0]")
      end
    end)

    it("forgets the flag with the next document", function()
      assert(doc:parse "[1e400]")
      assert.equal(1, doc:flags())
      assert(doc:parse "[1]")
      assert.equal(0, doc:flags())
      assert.is_nil(doc:parse "[1e400,]")
      assert.equal(0, doc:flags())
    end)

    it("cost nothing but their own text when there are thousands", function()
      local list = {}
      for i = 1, 5000 do list[i] = i % 2 == 0 and "1e999" or tostring(i) end
      assert(doc:parse("[" .. table.concat(list, ",") .. "]"))
      assert.equal(5000, doc:count())
      assert.equal(4999, doc:get "[4998]")
      assert.equal("1e999", doc:get "[4999]")
    end)
  end)

  describe("limits", function()
    it("depth: exactly the limit is fine", function()
      local d = T.new(1 << 20, 64)
      assert(d:parse(("["):rep(64) .. "1" .. ("]"):rep(64)))
      assert(d:parse(("["):rep(64) .. "[ ],{}" .. ("]"):rep(64)))
      local ok, message = d:parse(("["):rep(65) .. "1" .. ("]"):rep(65))
      assert.is_nil(ok)
      assert.matches("nested deeper than 64 %(byte 64%)", message)
      assert(d:parse(('{"a":'):rep(64) .. "1" .. ("}"):rep(64)))
      assert.is_nil(d:parse(('{"a":'):rep(65) .. "1" .. ("}"):rep(65)))
      for _, case in ipairs { { 64, "", true }, { 65, "", true }, { 66, "", nil }, { 64, "1", true },
      { 65, "1", nil } } do
        local text = ("["):rep(case[1]) .. case[2] .. ("]"):rep(case[1])
        assert.equal(case[3], d:parse(text), text)
        assert.equal(case[3], T.check(text, 64), text)
      end
      assert.is_nil(T.check(("["):rep(1 << 16), 1024))
      assert.is_true(T.check(("["):rep(1025) .. ("]"):rep(1025), 1024))
      assert(d:parse "[[]]") -- and the parser goes on
    end)

    it("depth: a million brackets cost no stack", function()
      local d = T.new(1 << 22, 1024)
      for _, open in ipairs { "[", '{"a":', "[{\"a\":" } do
        local ok, message = d:parse(open:rep(300000))
        assert.is_nil(ok)
        assert.matches("nested deeper than 1024", message)
      end
      assert(d:parse(("["):rep(1024) .. ("]"):rep(1024)))
    end)

    it("depth can not be asked for beyond what the checker remembers", function()
      assert.is_nil(T.new(1 << 20, 1 << 40):parse(("["):rep(1025) .. "1" .. ("]"):rep(1025)))
    end)

    it("length", function()
      local d = T.new(100, 64)
      assert(d:parse('"' .. ("x"):rep(98) .. '"'))
      local ok, message = d:parse('"' .. ("x"):rep(99) .. '"')
      assert.is_nil(ok)
      assert.equal("too long: 101 bytes, at most 100 are read", message)
      assert(d:parse "[]")
    end)

    it("a long string, and many keys", function()
      local d = T.new(1 << 24, 64)
      local long = ("abcdefghij"):rep(1000000)
      assert(d:parse('{"a":"' .. long .. '"}'))
      assert.equal(long, d:get "a")
      local keys = {}
      for i = 1, 200000 do keys[i] = ('"k%d":%d'):format(i, i) end
      assert(d:parse("{" .. table.concat(keys, ",") .. "}"))
      assert.equal(200000, d:count())
      assert.equal(177777, d:get "k177777")
    end)

    it("counts beyond what the tape can hold", function()
      local d = T.new(1 << 26, 64)
      assert(d:parse("[" .. ("1,"):rep(16777300) .. "1]"))
      assert.equal(16777301, d:count())
      getmetatable(d).__gc(d) -- hundreds of megabytes, not left to the collector
      collectgarbage()
    end)
  end)

  it("reads no byte behind the text", function()
    for _, padding in ipairs { ("]"):rep(64), ('"'):rep(64), ("0"):rep(64), ("\xff"):rep(64), ("}"):rep(64),
      ("\0"):rep(64) } do
      for _, text in ipairs { "[1", "[12", '{"a":1', '["a', "tru" } do
        assert.is_nil(doc:parse_padded(text, padding), text .. padding:sub(1, 1))
      end
      for _, text in ipairs { "[1]", "12", '"a"', "true", '{"a":[1e400]}', "  1 " } do
        assert(doc:parse_padded(text, padding), text .. padding:sub(1, 1))
      end
    end
  end)

  it("fails cleanly where memory runs out, and goes on", function()
    local base = require("armrun.core").T.base
    collectgarbage()
    local before = base.alloc_live()
    for n = 1, 2 do
      base.alloc_fail_at(n)
      assert.is_nil(T.new())
    end
    -- the copy with padding, the tape, its strings, the copy with quotes
    for n, doing in ipairs { "copying", "parsing", "parsing", "copying" } do
      local d = T.new()
      base.alloc_fail_at(n)
      local ok, message = d:parse "[1e400]"
      base.alloc_fail_at(0)
      assert.is_nil(ok)
      assert.equal("out of memory while " .. doing .. " a record", message)
      assert(d:parse "[1e400]")
      assert.equal("1e400", d:get "[0]")
      getmetatable(d).__gc(d)
    end
    assert.equal(before, base.alloc_live())
  end)

  it("parses without allocating once it is warm", function()
    local base = require("armrun.core").T.base
    local text = '{"a":[' .. ("1e400,"):rep(1000) .. "1]}"
    assert(doc:parse(text))
    base.alloc_fail_at(0)
    for _ = 1, 10 do assert(doc:parse(text)) end
    assert.equal(0, base.alloc_fail_at(0))
  end)

  describe("look-ups", function()
    it("ignore ASCII case, take the last, prefer the exact", function()
      assert(doc:parse '{"Level":1,"LEVEL":2}')
      assert.equal(2, doc:member "level")
      assert.equal(1, doc:member "Level")
      assert.equal(2, doc:member "LEVEL")
      assert(doc:parse '{"level":1,"Level":2,"level":3,"LEVEL":4}')
      assert.equal(3, doc:member "level")
      assert.equal(4, doc:member "lEVEL")
      assert(doc:parse '{"É":1}')
      assert.is_nil(doc:member "é")
      assert.equal(1, doc:member "É")
    end)

    it("see the whole key, NUL and all", function()
      assert(doc:parse '{"role\\u0000x":1,"role":2,"":3}')
      assert.equal(2, doc:member "role")
      assert.equal(1, doc:member "role\0x")
      assert.equal(3, doc:member "")
      assert.is_nil(doc:member "rol")
    end)

    it("follow paths", function()
      assert(doc:parse [=[{"a":{"B":[10,{"c":"x"}]},"k.d":{"e\"f":1,"g]":2},"rows":[[1,2],[3,4]],"n":null}]=])
      assert.equal("x", doc:get "a.b[1].c")
      assert.equal("x", doc:get "A.B[1].C")
      assert.equal(4, doc:get "rows[1][1]")
      assert.equal(1, doc:get [=[["k.d"]["e\"f"]]=])
      assert.equal(2, doc:get [=[["k.d"]["g]"]]=])
      assert.equal("object", doc:type [=[["K.D"]]=])
      assert.equal("null", doc:type "n")
      assert.equal("missing", doc:type "m")
      assert.equal("object", doc:type "")
      for _, path in ipairs { "k.d", "a.", ".a", "a..b", "a.b[2]", "a.b[-1]", "a.b[x]", "a.b[]", "a.b[0", "a.b[0]c",
        "a[0]",
                              "rows.x", "n.x", "[0]", "[\"a", "[\"a\"", "[\"a\\", "[", "[\"",
                                "a.b[99999999999999999999]",
                              "[\"" .. ("x"):rep(600) .. "\"]" } do
        assert.equal("missing", doc:type(path), path)
      end
      assert(doc:parse "[[7]]")
      assert.equal(7, doc:get "[0][0]")
      assert.equal(7, doc:get "[00][0]")
    end)

    it("count", function()
      assert(doc:parse '{"a":[1,[2,3],{"x":1,"y":[]}],"b":"text"}')
      assert.equal(2, doc:count())
      assert.equal(3, doc:count "a")
      assert.equal(2, doc:count "a[2]")
      assert.equal(0, doc:count "a[2].y")
      assert.equal(0, doc:count "b")
      assert.equal(0, doc:count "zzz")
    end)
  end)

  local function damaged(base, count, check)
    local seed = 7
    local function random(n) -- the same everywhere: x' = 48271 x mod (2^31 - 1)
      seed = seed * 48271 % 2147483647
      return seed % n + 1
    end
    local parts = { "", "{", "}", "[", "]", ",", ":", '"', "\\", "0", "9", "-", "+", ".", "e", "t", "null", "true",
      "1e999",
                    " ", "\n", "\0", "\xff", "\xc3", "\\u", "\\uD800", "\\uDC00", "é" }
    for _ = 1, count do
      local text = base
      for _ = 1, random(3) do
        local at = random(#text)
        text = text:sub(1, at - 1) .. parts[random(#parts)] .. text:sub(at + random(3) - 1)
      end
      check(text)
    end
  end

  it("checker and parser agree on 6,000 damaged documents", function()
    local good = 0
    damaged([[{"time":"2026-01-10T09:00:07Z","n":[1,-2.5e3,1e400,18446744073709551616,0.1],]]
      .. [["s":"\u00e9\\\"é\uD834\uDD1E","o":{"a":true,"b":false,"c":null,"d":[[],{}]}}]], 6000, function(text)
      local parsed, checked = doc:parse(text), T.check(text)
      assert.equal(parsed, checked, text)
      if parsed then good = good + 1 end
    end)
    assert.is_true(good > 100 and good < 5900, "both answers were tried: " .. good)
  end)

  -- A number that is no short integer leaves the whole text to simdjson.
  it("reads by itself what simdjson reads, on 6,000 damaged documents", function()
    local good = 0
    damaged([[{ "a":"x\\y\"z\n\u0027" ,"":[ ],"n":[-1,0,123456789012345678,{}],"t" : [true,false,null,[ [1] ] ],]]
      .. [["é":{"k":{"k":""},"l":[{"m":7}]}}]], 6000, function(text)
      local parsed = doc:parse(text)
      assert.equal(T.check(text), parsed, text)
      if not parsed then return end
      local alone = doc:dump()
      assert(doc:parse("[0.5," .. text .. "]"))
      assert.equal(doc:dump "[1]", alone, text)
      good = good + 1
    end)
    assert.is_true(good > 100 and good < 5900, "both answers were tried: " .. good)
  end)
end)
