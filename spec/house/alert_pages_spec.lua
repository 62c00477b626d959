-- docs/alerts/ says what the rules say: a page each, made by docs/alerts/make.lua.
local make = dofile "docs/alerts/make.lua"

local function page_of(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

describe("docs/alerts", function()
  it("is what docs/alerts/make.lua makes of the rules", function()
    assert.same({}, make.stale())
  end)

  it("follows every part of a head", function()
    local heads = make.heads "rules/toolkit"
    local entry = heads[1]
    local before = make.page(entry)
    for _, key in ipairs { "title", "severity", "tactics", "techniques", "needs" } do
      local kept = entry.head[key]
      entry.head[key] = type(kept) == "table" and { "changed" } or "changed"
      assert.not_equal(before, make.page(entry), key .. " does not show")
      entry.head[key] = kept
    end
    assert.truthy(page_of("docs/alerts/" .. entry.id .. ".md"):find(entry.head.title, 1, true))
  end)
end)
