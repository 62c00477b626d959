-- The promise of the engine: the same acts give the same alerts, byte for byte but for where the records lay, whatever
-- the order of the records, their duplication, the mix of delivery shapes, the threads, the seed, the memory.
local core = require "armrun.core"

local records <const> = tonumber(os.getenv "ARMRUN_IDENTICAL_RECORDS") or 100000

-- A small generator of its own: what Lua's math.random gives is the machine's business.
local function generator(seed)
  local state = seed
  return function(n)
    state = (state * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff
    return (state >> 33) % n + 1
  end
end

local function guid(a, b)
  return ("%08x-%04x-4000-8000-%012x"):format(a, b, a * 7919 + b)
end

local rest <const> = '{"eventTimestamp":"%s","operationName":{"value":"%s"},"status":{"value":"%s"},'
  .. '"correlationId":"%s",'
  .. '"caller":"%s","claims":{"appid":"%s","http://schemas.microsoft.com/identity/claims/objectidentifier":"%s",'
  .. '"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"%s"},"httpRequest":{"clientIpAddress":"%s"},'
  .. '"resourceId":"%s","subscriptionId":"%s","tenantId":"%s",'
  .. '"category":{"value":"Administrative"},"level":"Informational"}'
local hub <const> = '{"time":"%s","operationName":"%s","resultType":"%s","correlationId":"%s",'
  .. '"category":"Administrative",'
  .. '"identity":{"claims":{"appid":"%s",'
  .. '"http://schemas.microsoft.com/identity/claims/objectidentifier":"%s",'
  .. '"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"%s"}},"callerIpAddress":"%s","resourceId":"%s",'
  .. '"tenantId":"%s","level":"Information"}'
local hub_status = { Started = "Start", Accepted = "Accept", Succeeded = "Success", Failed = "Failure" }

local operations = {
  "Microsoft.Storage/storageAccounts/listKeys/action", "Microsoft.Compute/virtualMachines/runCommand/action",
  "Microsoft.KeyVault/vaults/delete", "Microsoft.KeyVault/vaults/write", "Microsoft.Network/virtualNetworks/write",
  "Microsoft.Web/sites/restart/action", "Microsoft.Resources/tags/write", "Microsoft.Compute/disks/write",
}
local types = {
  "Microsoft.Storage/storageAccounts", "Microsoft.Compute/virtualMachines", "Microsoft.KeyVault/vaults",
  "Microsoft.KeyVault/vaults", "Microsoft.Network/virtualNetworks", "Microsoft.Web/sites", "Microsoft.Resources/tags",
  "Microsoft.Compute/disks",
}

local tenant <const>, app <const> = guid(1, 1), "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

local function write(shape, r)
  local name = "p" .. r.who .. "@contoso.com"
  local stamp = os.date("!%Y-%m-%dT%H:%M:%S", 1767225600 + r.at) .. (".%03dZ"):format(r.milli)
  local sub = guid(r.who % 9, 3)
  local resource = "/subscriptions/" .. sub .. "/resourceGroups/rg/providers/" .. types[r.op] .. "/n" .. r.on
  local oid, correlation, ip = guid(r.who, 2), guid(r.act, 4), "20.1." .. r.who % 200 .. ".9"
  if shape == "rest" then
    return rest:format(stamp, operations[r.op], r.status, correlation, name, app, oid, name, ip, resource, sub, tenant)
  end
  return hub:format(stamp, operations[r.op]:upper(), hub_status[r.status], correlation, app, oid, name, ip,
    resource:upper(), tenant)
end

-- Acts of one to three records; some principals are busy with operations that the rules below ask for.
local function make_records(count, seed)
  local pick = generator(seed)
  local list, act = {}, 0
  while #list < count do
    act = act + 1
    local who = pick(10) == 1 and pick(40) or 40 + pick(3000)
    local base = { who = who, act = act, on = pick(30), milli = pick(1000) - 1, at = act * 11 + pick(9),
      op = who <= 40 and pick(8) or 4 + pick(4) }
    local phases = pick(4)
    local function add(status, later)
      local r = {}
      for k, v in pairs(base) do r[k] = v end
      r.status, r.at = status, base.at + later
      list[#list + 1] = r
    end
    if phases >= 2 then add("Started", 0) end
    if phases == 3 then add("Accepted", 1) end
    if phases ~= 4 then add(pick(12) == 1 and "Failed" or "Succeeded", phases) end
  end
  return list
end

local function lines_of(list, choose)
  local lines = {}
  for i, r in ipairs(list) do lines[i] = write(choose(i), r) end
  return lines
end

local function shuffled(lines, seed)
  local pick, out = generator(seed), { table.unpack(lines, 1, 0) }
  for i = 1, #lines do out[i] = lines[i] end
  for i = #out, 2, -1 do
    local j = pick(i)
    out[i], out[j] = out[j], out[i]
  end
  return out
end

local rules <const> = [[
rule "T_Tally" {
  title = "t", severity = "low",
  on = operation "Microsoft.Storage/storageAccounts/listKeys/action" { status = "any" },
  state = { keys = tally { by = { "principal" }, of = "resource", within = "6h", cap = 20 } },
  burst = { by = { "principal" }, quiet = "2h" },
  yields_to = { "T_Count" },
  detect = function(act, state)
    local keys = state.keys:add(act)
    if keys.distinct < 3 then return end
    return alert { reason("keys", "{n} accounts in {s:span}, most {most}, gap {gap:span}",
      { n = keys.distinct, s = keys.span, most = keys.most, gap = keys.median_gap }) }
  end,
}
rule "T_Count" {
  title = "t", severity = "medium",
  on = operation "Microsoft.Storage/storageAccounts/listKeys/action",
  state = { keys = count { by = { "principal" }, within = "12h", cap = 25 } },
  burst = { by = { "principal" }, quiet = "30m", max = "3h" },
  detect = function(act, state)
    local keys = state.keys:add(act)
    if keys.total >= 3 then return alert { reason("many", "{n} listings", { n = keys.total }) } end
  end,
}
rule "T_Sequence" {
  title = "t", severity = "high",
  on = any_of { operation "Microsoft.Compute/virtualMachines/runCommand/action", operation "Microsoft.KeyVault/*" },
  state = { chain = sequence { by = { "principal" }, within = "24h", quiet = "30m", cap = 30, steps = {
    step "ran" { operation "Microsoft.Compute/virtualMachines/runCommand/action" },
    never "deleted" { operation "Microsoft.KeyVault/vaults/delete" },
    step "wrote" { operation "Microsoft.KeyVault/vaults/write" },
  } } },
  burst = { by = { "principal", "subscription" }, quiet = "1h" },
  detect = function(act, state) state.chain:add(act) end,
  due = function(match)
    return alert { reason("chain", "ran, then wrote {name}", { name = match.steps.wrote.resource }) }
  end,
}
rule "T_Tombstone" {
  title = "t", severity = "low",
  on = operation "Microsoft.KeyVault/*",
  state = {
    gone = tombstone { by = { "name" }, of = "principal", within = "48h", cap = 12 },
    seen = first_seen { by = { "principal" }, of = "resource", within = "90d", cap = 15 },
  },
  detect = function(act, state)
    if suffix(act.operation, "/delete") then state.gone:put(act) return end
    local tomb, before = state.gone:look(act), state.seen:add(act)
    if tomb.found and not before.known then
      return alert { reason("back", "{name} came back after {age:span}",
        { name = act.name, age = act.time - tomb.at }) }
    end
  end,
}
rule "T_Profile" {
  title = "t", severity = "informational", learning = "1d",
  on = operation "Microsoft.Compute/virtualMachines/runCommand/action",
  state = { lives = lifetime { by = { "principal", "resource" }, within = "48h", cap = 9 } },
  detect = function(act, state)
    local life = state.lives:close(act)
    state.lives:open(act)
    if act.profile.found and life.found then
      return alert { reason("again", "{days} active days, gap {gap:span}, age {age:span}",
        { days = act.profile.active_days, gap = act.profile.gap, age = life.age }) }
    end
  end,
}
]]

local function run(lines, options)
  options = options or {}
  options.text = { ["identical.lua"] = rules }
  options.now = "2027-01-01"
  local result = core.engine(options):run(table.concat(lines, "\n"))
  for _, alert in ipairs(result.alerts) do
    for _, evidence in ipairs(alert.evidence) do evidence.origin = nil end
  end
  return result
end

local function assert_identical(expected, got)
  assert.equal(#expected.alerts, #got.alerts)
  for i = 1, #expected.alerts do assert.same(expected.alerts[i], got.alerts[i]) end
end

describe("identical alerts", function()
  local list, in_order, expected
  setup(function()
    list = make_records(records, 7)
    in_order = lines_of(list, function() return "rest" end)
    expected = run(in_order)
  end)

  it("come from every rule of this spec", function()
    local fired = {}
    for _, alert in ipairs(expected.alerts) do fired[alert.rule] = (fired[alert.rule] or 0) + 1 end
    for _, id in ipairs { "T_Tally", "T_Count", "T_Sequence", "T_Tombstone", "T_Profile" } do
      assert.truthy(fired[id], id .. " raised nothing")
    end
    assert.falsy(expected.summary.sorted)
  end)

  it("evicts, so that eviction is part of what is compared", function()
    assert.truthy(expected.summary.states.evicted > 0)
  end)

  for _, seed in ipairs { 11, 12 } do
    it("whatever the order of the records (shuffle " .. seed .. ")", function()
      local got = run(shuffled(in_order, seed))
      assert.truthy(got.summary.sorted)
      assert_identical(expected, got)
    end)
  end

  it("with memory so small that events spill to disk", function()
    local got = run(shuffled(in_order, 13), { memory = 1 << 20 })
    assert.truthy(got.summary.spilled_bytes > 0)
    assert_identical(expected, got)
  end)

  it("for another hash seed", function()
    assert_identical(expected, run(in_order, { seed = 4711 }))
    assert_identical(expected, run(in_order, { seed = 815 }))
  end)

  it("for one thread and for several", function()
    assert_identical(expected, run(in_order, { threads = 1 }))
    assert_identical(expected, run(shuffled(in_order, 14), { threads = 3 }))
  end)

  it("newest first", function()
    local reversed = {}
    for i = #in_order, 1, -1 do reversed[#reversed + 1] = in_order[i] end
    assert_identical(expected, run(reversed))
  end)

  it("when every record comes twice", function()
    local doubled = {}
    for _, line in ipairs(in_order) do
      doubled[#doubled + 1] = line
      doubled[#doubled + 1] = line
    end
    local got = run(doubled)
    assert.equal(#in_order, got.summary.duplicates)
    assert_identical(expected, got)
  end)

  it("when each record comes in one of two shapes, and some in both", function()
    local pick = generator(5)
    local mixed = lines_of(list, function() return pick(2) == 1 and "rest" or "hub" end)
    for i = 1, #list, 5 do mixed[#mixed + 1] = write(i % 2 == 0 and "rest" or "hub", list[i]) end
    assert_identical(expected, run(shuffled(mixed, 15)))
  end)

  it("when all come from an Event Hub", function()
    assert_identical(expected, run(lines_of(list, function() return "hub" end)))
  end)
end)
