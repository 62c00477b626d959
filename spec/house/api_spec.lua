-- lua/armrun/_meta.lua against the live core, both ways: every type and word is there, and nothing else; every one of
-- them is documented; docs/rule-words.md names every word.
local core = require "armrun.core"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

local meta <const> = read "lua/armrun/_meta.lua"
local views, methods = core.T.binding.api()

-- Which class stands for which type of the core. Its name there is told behind the class's.
local function classes()
  local found, current = {}, nil
  for line in meta:gmatch "[^\n]+" do
    local live = line:match "^%-%-%-@class [%w.]+%s+(armrun%.[%w.]+)$"
    if line:match "^%-%-%-@class" then current = live end
    if live then found[live] = {} end
    local name, kind = line:match "^%-%-%-@field (%w[%w_]*) (.+)$"
    if current and name then found[current][name] = kind:match "^fun%(" and "method" or "field" end
  end
  return found
end

local function fields_of(class)
  local fields = {}
  local block = assert(meta:match("%-%-%-@class " .. class:gsub("%.", "%%.") .. "[^\n]*\n(.-)\n\n"), class)
  for name in block:gmatch "%-%-%-@field (%w[%w_]*) fun%(" do fields[name] = true end
  return fields
end

-- Lua's own names, as the sandbox leaves them.
local lua_names = {}
local kept <const> = "assert error ipairs math pairs rawequal rawlen select string table tonumber tostring type utf8"
for name in kept:gmatch "%w+" do
  lua_names[name] = true
end

local function documented()
  local words = {}
  for name in meta:gmatch "\nfunction ([%w_]+)%(" do words[name] = true end
  return words
end

local function live()
  local words = core.T.binding.words()
  for name in pairs(lua_names) do
    assert(words[name], name .. " is gone from the sandbox")
    words[name] = nil
  end
  return words
end

describe("the types of rules", function()
  it("are those of the core", function()
    assert.same(views, classes())
  end)

  it("know the methods of each kind of state", function()
    assert.same(fields_of "armrun.Table", methods.tally)
    assert.same(methods.tally, methods.count)
    assert.same(methods.tally, methods.distinct)
    assert.same(methods.tally, methods.first_seen)
    assert.same(fields_of "armrun.LifeTable", methods.lifetime)
    assert.same(fields_of "armrun.TombTable", methods.tombstone)
    assert.same(fields_of "armrun.TotalTable", methods.total)
    assert.same(fields_of "armrun.ChainTable", methods.sequence)
  end)
end)

describe("the words of rules", function()
  it("are those of the core", function()
    assert.same(live(), documented())
  end)

  it("are explained, each", function()
    local explained = false
    for line in meta:gmatch "[^\n]*" do
      local name = line:match "^function ([%w_]+)%("
      if name then assert.is_true(explained, name .. " has no sentence above it") end
      if line:match "^%-%-%- %u" then explained = true elseif not line:match "^%-%-%-" then explained = false end
    end
  end)

  it("stand in docs/rule-words.md, and so does every field", function()
    local text = read "docs/rule-words.md"
    for name in pairs(documented()) do
      assert.truthy(text:match("`" .. name .. "[`( ]"), "docs/rule-words.md lacks " .. name)
    end
    for live_name, fields in pairs(views) do
      for name in pairs(fields) do
        assert.truthy(text:match("%f[%w_]" .. name .. "%f[^%w_]"), ("docs/rule-words.md lacks %s of %s"):format(name,
          live_name))
      end
    end
  end)
end)
