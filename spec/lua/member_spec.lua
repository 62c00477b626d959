-- armrun.member: keys in any case.
local member = require "armrun.member"

describe("armrun.member", function()
  it("finds a key in any case", function()
    for _, name in ipairs { "vmsize", "vmSize", "VMSIZE" } do assert.equal(1, member.of({ [name] = 1 }, "vmsize")) end
    assert.is_nil(member.of({ size = 1 }, "vmsize"))
    assert.equal(false, member.of({ Enabled = false }, "enabled"))
  end)

  it("takes the first by spelling of two", function()
    assert.equal("b", member.of({ vmSize = "a", VMSIZE = "b", VmSize = "c" }, "vmsize"))
  end)

  it("goes deeper", function()
    assert.equal(7, member.at({ A = { b = { C = 7 } } }, "a", "b", "c"))
    assert.is_nil(member.at({ a = 3 }, "a", "b"))
    assert.is_nil(member.at(nil, "a"))
  end)

  it("finds nothing in what has no keys", function()
    for _, object in ipairs { "text", 7, true, { 1, 2 } } do assert.is_nil(member.of(object, "a")) end
    assert.is_nil(member.of(nil, "a"))
  end)
end)
