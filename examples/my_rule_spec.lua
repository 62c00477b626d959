-- The spec of my_rule.lua: armrun test examples/my_rule_spec.lua, or busted examples/my_rule_spec.lua
local testing = require "armrun.testing"

local ID = "CONTOSO_DiskExport"
local EXPORT = "Microsoft.Compute/disks/beginGetAccess/action"

-- Mallory asks for links of these disks, ten minutes apart.
local function exports(disks)
  local story = testing.story "examples/my_rule.lua"
  for i, disk in ipairs(disks) do
    story:act { at = i * 600, by = "mallory", does = EXPORT, on = disk }
  end
  return story
end

describe(ID, function()
  it("fires at the third disk", function()
    assert.alert(exports { "disk1", "disk2", "disk3" }, ID, {
      severity = "medium", principal = "mallory", resource = "disk3", count = 1,
      reasons = { disks_exported = { disks = 3, seconds = 1200 } },
    })
  end)

  it("is quiet one disk short, also when asked again", function()
    assert.quiet(exports { "disk1", "disk2" })
    assert.quiet(exports { "disk1", "disk2", "disk1", "disk2" })
  end)

  it("is quiet when the third comes after an hour", function()
    local story = exports { "disk1", "disk2" }
    assert.quiet(story:act { at = "1h30m", by = "mallory", does = EXPORT, on = "disk3" })
  end)

  it("is quiet when two people share the work", function()
    local story = exports { "disk1", "disk2" }
    assert.quiet(story:act { at = "30m", by = "trent", does = EXPORT, on = "disk3" })
  end)

  it("can be tuned", function()
    assert.quiet(exports({ "disk1", "disk2", "disk3" }):tune('tune "CONTOSO_DiskExport" { disks = 4 }'))
  end)
end)
