-- armrun.catalog.roles: that the table is sound, and how ids are read.
local testing = require "armrun.testing"

local file <close> = assert(io.open "lua/armrun/catalog/roles.lua")
local text = file:read "a"

-- What an expression over `roles` gives.
local function ask(expression)
  local s = testing.story { text = ([[
local roles = require "armrun.catalog.roles"
rule "X" { title = "t", severity = "low", on = operation "Microsoft.Web/sites/write",
  detect = function() return alert { reason("v", "{v}", { v = %s }) } end }]]):format(expression) }
  return s:act({ does = "Microsoft.Web/sites/write", on = "x" }):alerts()[1].reasons[1].text
end

describe("the catalogue of roles", function()
  it("has each id and each name once, and bits of four kinds", function()
    local ids, names, count = {}, {}, 0
    for id, bits, name in text:gmatch '%["([^"]+)"%] = { bits = (%-?%d), name = "([^"]+)" }' do
      assert.truthy(id:match "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$", id)
      assert.equal(id:lower(), id)
      assert.is_nil(ids[id], id)
      assert.is_nil(names[name], name)
      assert.truthy(({ ["3"] = 1, ["2"] = 1, ["1"] = 1, ["-3"] = 1 })[bits])
      ids[id], names[name], count = true, true, count + 1
    end
    local _, rows = text:gsub("bits = ", "")
    assert.equal(rows, count)
    assert.is_true(count > 40)
  end)

  it("reads ids in all the ways requests have them", function()
    local owner <const> = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
    for _, given in ipairs { owner, owner:upper(), (owner:gsub("%-", "")), "/providers/x/roleDefinitions/" .. owner,
      "/subscriptions/s/roleDefinitions/" .. owner .. "/" } do
      assert.equal(owner, ask(("roles.id %q"):format(given)), given)
    end
    assert.equal("my role", ask "roles.id '/a/My Role'")
    for _, none in ipairs { "7", "nil", "{}", "''", "'/'", "('x'):rep(2000)" } do
      assert.equal("unknown", ask(("roles.id(%s)"):format(none)), none)
    end
  end)

  it("tells who rules a subscription", function()
    for _, id in ipairs { "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
      "f58310d9-a9f6-439a-9e8d-f62e7b41a168", "B24988AC-6180-42A0-AB88-20F7382DD24C" } do
      assert.equal("yes", ask(("roles.rules %q"):format(id)))
    end
    for _, id in ipairs { "'36243c78-bf99-498c-9df9-86d9f8d28608'", "'acdd72a7-3385-48ef-bd42-f606fba81ae7'", "'x'",
      "nil" } do
      assert.equal("no", ask(("roles.rules(%s)"):format(id)))
    end
  end)
end)
