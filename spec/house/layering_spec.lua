-- The layers of core/ as a test: a file includes only lower layers and its own module.

-- Lower may not include higher. Modules of one layer stand apart, save the pairs named below.
local layers = {
  { "base" },
  { "instant", "json", "reader", "ipset" },
  { "event", "alert" },
  { "order", "state" },
  { "rule" },
  { "burst", "engine" },
  { "sandbox", "binding" },
  { "module", "program" },
}
-- Same-layer includes that are the design: the left stands on the right.
local stands_on = {
  ipset = { instant = true },
  alert = { event = true },
  engine = { burst = true },
  binding = { sandbox = true },
}
-- Which modules may include Lua.
local lua_from = 7

local layer_of = {}
for number, modules in ipairs(layers) do
  for _, name in ipairs(modules) do layer_of[name] = number end
end

local function lines_of(command)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

local function sources()
  return lines_of "find core -name '*.c' -o -name '*.h' -o -name '*.cpp' | sort"
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

local function allowed(from, to)
  if from == to then return true end
  if layer_of[to] < layer_of[from] then return true end
  return layer_of[to] == layer_of[from] and stands_on[from] ~= nil and stands_on[from][to] == true
end

describe("the layers of core/", function()
  it("has a layer for every module", function()
    for _, path in ipairs(sources()) do
      local name = path:match "^core/([^/]+)/"
      assert.truthy(name and layer_of[name], path .. " lies in no module of the list in this spec")
    end
  end)

  it("includes only lower layers", function()
    local wrong = {}
    for _, path in ipairs(sources()) do
      local from = path:match "^core/([^/]+)/"
      for target in read(path):gmatch '#include "([^"]+)"' do
        local to = target:match "^([^/]+)/"
        if not to or not layer_of[to] or not allowed(from, to) then
          wrong[#wrong + 1] = path .. " includes " .. target
        end
      end
    end
    assert.same({}, wrong)
  end)

  it("never includes another module's private headers", function()
    local wrong = {}
    for _, path in ipairs(sources()) do
      local from = path:match "^core/([^/]+)/"
      for to, header in read(path):gmatch '#include "([^/"]+)/([^"]+)"' do
        -- A test library (module/t_X.c) may look inside its own module; what a rule can reach is the binding's.
        local own = from == to or path == "core/module/t_" .. to .. ".c"
          or path == "core/module/t_reach.c" and to == "binding"
        if not own and header:match "private" then wrong[#wrong + 1] = path .. ": " .. to .. "/" .. header end
      end
    end
    assert.same({}, wrong)
  end)

  it("keeps Lua out of the core", function()
    local wrong = {}
    for _, path in ipairs(sources()) do
      local from = path:match "^core/([^/]+)/"
      if layer_of[from] < lua_from and read(path):match "#include <l[ua][ua]" then wrong[#wrong + 1] = path end
    end
    assert.same({}, wrong)
  end)

  it("calls malloc in base only", function()
    local wrong = {}
    for _, path in ipairs(sources()) do
      if not path:match "^core/base/" then
        for call in read(path):gmatch "[%s%(=!]([mcr]e?alloc)%s*%(" do wrong[#wrong + 1] = path .. " calls " .. call end
      end
    end
    assert.same({}, wrong)
  end)

  it("keeps files short", function()
    local long = {}
    for _, path in ipairs(sources()) do
      local _, count = read(path):gsub("\n", "")
      if count > 600 then long[#long + 1] = path .. ": " .. count .. " lines" end
    end
    for _, path in ipairs(lines_of "find rules -name '*.lua' -not -path 'rules/lib/*' 2>/dev/null | sort") do
      local _, count = read(path):gsub("\n", "")
      if count > 60 then long[#long + 1] = path .. ": " .. count .. " lines" end
    end
    assert.same({}, long)
  end)
end)
