-- json: strict parsing, numbers of any size, look-ups, and what is said about text that is not JSON.
local T = require("armrun.core").T.json

describe("json", function()
  local doc

  before_each(function() doc = T.new() end)

  it("reads a document", function()
    assert(doc:parse '{"a":1,"b":[true,null,"x\\u0000y",1.5,18446744073709551615,{}],"c":{"d":false}}')
    assert.equal("{a:1,b:[true,null,\"x\0y\",1.5d,18446744073709551615u,{}],c:{d:false}}", doc:dump())
  end)

  it("keeps numbers too wide for any type as text, and says so", function()
    assert(doc:parse '[1e400,-9223372036854775809,"1e400",{"a":18446744073709551616}]')
    assert.equal('["1e400","-9223372036854775809","1e400",{a:"18446744073709551616"}]', doc:dump())
    assert.equal(1, doc:flags())
    assert(doc:parse "[1]")
    assert.equal(0, doc:flags())
  end)
end)
