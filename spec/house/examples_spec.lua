-- The examples: each log raises, byte by byte, the alerts stored beside it.
local build <const> = os.getenv "ARMRUN_BUILD" or "build"

local function lines_of(file)
  local lines = {}
  for line in file:lines() do lines[#lines + 1] = line end
  return lines
end

local function stored(name)
  local file <close> = assert(io.open("examples/" .. name .. "/alerts.jsonl"))
  return lines_of(file)
end

-- What the documented command gives, but for the digest of all rules.
local function raised(arguments)
  local pipe = assert(io.popen(build .. "/armrun --format json --quiet rules/ " .. arguments))
  local lines = lines_of(pipe)
  assert.is_true(pipe:close(), "armrun failed on " .. arguments)
  for i, line in ipairs(lines) do lines[i] = line:gsub(',"rule_set":"%x+"', "") end
  return lines
end

-- The commands of examples/README.md by folder.
local function documented()
  local commands = {}
  for line in io.lines "examples/README.md" do
    local arguments = line:match "^    build/armrun (.*examples/[%w_]+/.+)$"
    if arguments then commands[arguments:match "examples/([%w_]+)/[%w_.-]+$"] = arguments:gsub("rules/ ", "") end
  end
  return commands
end

describe("examples", function()
  local commands = documented()

  for _, name in ipairs { "tenant", "automation", "storage_keys", "access", "vaults", "reads", "look_alikes" } do
    it("raise what is stored: " .. name, function()
      assert(commands[name], "examples/README.md has no command for " .. name)
      assert.same(stored(name), raised(commands[name]))
    end)
  end

  -- Which alerts each has to raise, and no other.
  local expected <const> = {
    access = { ["ARM_PowerZure.AzureElevatedPrivileges"] = 1, ["ARM_AnomalousElevateAccess"] = 1,
      ["ARM_AnomalousRBACRoleAssignment"] = 2, ["ARM_AnomalousClassicRoleAssignment"] = 1,
      ["ARM_PrivilegedRoleDefinitionCreation"] = 1, ["ARM_UnusedAppIbizaPersistence"] = 1 },
    vaults = { ["ARM_MicroBurst.AzKeyVaultKeysREST"] = 1, ["ARM_MicroBurst.AzKeyVaultSecretsREST"] = 1 },
    reads = { ["ARM_MicroBurst.AzDomainInfo"] = 1, ["ARM_PowerZure.GetAzureTargets"] = 1,
      ["ARM_PowerZure.AzureRunbookContent"] = 1 },
  }

  for name, rules in pairs(expected) do
    it("raise what their stories are about, and nothing on the rest: " .. name, function()
      local count = {}
      for _, line in ipairs(stored(name)) do
        local id = line:match '"rule":"([^"]+)"'
        count[id] = (count[id] or 0) + 1
      end
      assert.same(rules, count)
    end)
  end

  it("show enough in the first one, and nothing in the look-alikes", function()
    local rules, count = {}, 0
    for _, line in ipairs(stored "tenant") do
      local id = line:match '"rule":"([^"]+)"'
      count = count + (rules[id] and 0 or 1)
      rules[id] = true
    end
    assert(count >= 5, count .. " different alerts")
    assert.same({}, stored "look_alikes")
  end)
end)

assert(loadfile("examples/my_rule_spec.lua", "t", _ENV))()
