-- core.decode: JSON that is not a log, as Lua values.
local decode = require("armrun.core").decode

describe("core.decode", function()
  it("gives objects, lists, texts, numbers and truth", function()
    assert.same({ a = { 1, 2.5, "x", true, false }, b = {}, ["ä"] = "\u{1F600}" },
      decode '{"a":[1,2.5,"x",true,false],"b":{},"\\u00e4":"\\ud83d\\ude00"}')
    assert.equal("integer", math.type(decode "[3]"[1]))
    assert.equal("integer", math.type(decode "[3.0]"[1]))
    assert.equal("float", math.type(decode "[1e300]"[1]))
    assert.equal(7, decode " 7 \n")
  end)

  it("has no null", function()
    assert.same({ b = 1 }, decode '{"a":null,"b":1}')
    assert.is_nil(decode "null")
  end)

  it("says where it stops", function()
    for text, message in pairs {
      ["[1,]"] = "no JSON from byte 4 on", ["1 2"] = "the JSON ends at byte 2, and more follows",
      [""] = "no JSON from byte 1 on", ['{"a" 1}'] = "no JSON from byte 6 on",
    } do
      local value, why = decode(text)
      assert.is_nil(value)
      assert.equal(message, why, text)
    end
  end)

  it("refuses nesting that is too deep", function()
    assert.is_nil(decode(("["):rep(100000)))
    assert.is_table(decode(("["):rep(500) .. ("]"):rep(500)))
  end)
end)
