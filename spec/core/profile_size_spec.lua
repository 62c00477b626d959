-- profile_size_spec.lua — what a principal costs in memory, in a tenant as real ones are: bytes counted by the core.
local core = require "armrun.core"
local T = core.T.state

local DAY <const>, USER <const>, SERVICE <const> = 86400, 1, 2
local DAYS <const>, PRINCIPALS <const>, SUBSCRIPTIONS <const> = 105, 2500, 100

local state = 20261124
local function random(n)
  state = (state * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff
  return (state >> 33) % n + 1
end
local function chance(percent) return random(1000) <= percent * 10 end

-- Operations, subscriptions: the first ones are everybody's, the last ones few people's.
local function skewed(n) return math.min(random(n), random(n), random(n)) end

-- Ways of life: share of the tenant, kind, active days in a hundred, acts on such a day, operations that come up, apps,
-- subscriptions, new networks in a hundred active days.
local LIVES <const> = {
  { 30, USER, 55, 7, 18, 3, 4, 12 }, -- developer
  { 10, USER, 60, 9, 34, 4, 9, 8 }, -- admin
  { 10, USER, 50, 5, 9, 3, 2, 10 }, -- data
  { 15, USER, 8, 3, 7, 2, 2, 25 }, -- occasional
  { 5, USER, 2, 3, 4, 2, 1, 30 }, -- dormant
  { 8, SERVICE, 70, 8, 16, 1, 2, 0 }, -- pipeline
  { 4, SERVICE, 70, 8, 14, 1, 2, 100 }, -- on hosted runners
  { 4, SERVICE, 60, 12, 45, 1, 3, 0 }, -- Terraform
  { 14, SERVICE, 95, 3, 3, 1, 1, 0 }, -- managed identity
}
local SHARE <const>, KIND <const>, ACTIVE <const>, ACTS <const> = 1, 2, 3, 4
local OPERATIONS <const>, APPS <const>, PLACES <const>, ROAMING <const> = 5, 6, 7, 8

local function choose(count, from)
  local chosen = {}
  for i = 1, count do chosen[i] = skewed(from) end
  return chosen
end

local function born()
  local roll, life = random(100), nil
  for _, one in ipairs(LIVES) do
    life = one
    roll = roll - one[SHARE]
    if roll <= 0 then break end
  end
  local subscriptions = choose(life[PLACES], SUBSCRIPTIONS)
  return { life = life, operations = choose(life[OPERATIONS], 400), apps = choose(life[APPS], 12),
    subscriptions = subscriptions, network = random(1 << 40), done = {}, count = 0 }
end

local function live_a_day(profiles, name, one, day)
  local life = one.life
  if chance(life[ROAMING]) then one.network = random(1 << 40) end
  for _ = 1, life[ACTS] do
    -- one in four is an everyday operation
    local operation = chance(25) and 0 or one.operations[skewed(#one.operations)]
    if operation > 0 and not one.done[operation] then one.done[operation], one.count = true, one.count + 1 end
    profiles:learn { principal = name, kind = life[KIND], tenant = "contoso", network = one.network,
      operation = operation, app = "app" .. one.apps[skewed(#one.apps)],
      subscription = "sub" .. one.subscriptions[skewed(#one.subscriptions)], at = day * DAY + random(DAY - 1) }
  end
end

local function tenant()
  local profiles, people = assert(T.profile.new { seed = 11 }), {}
  for i = 1, PRINCIPALS do people[i] = born() end
  for day = 1, DAYS do
    for i, one in ipairs(people) do
      if chance(one.life[ACTIVE]) then live_a_day(profiles, "p" .. i, one, day) end
    end
  end
  return profiles, people
end

local function percentile(values, percent)
  return values[math.max(1, math.ceil(#values * percent / 100))]
end

-- The mix is one that the figures were asked for: 12 to 13 high-risk operations at the median, 33 to 35 at the 95th.
local function assert_real(people)
  local counts = {}
  for i, one in ipairs(people) do counts[i] = one.count end
  table.sort(counts)
  local p50, p95 = percentile(counts, 50), percentile(counts, 95)
  assert.is_true(p50 >= 12 and p95 >= 30, p50 .. " and " .. p95)
end

-- All bytes of the table, in shares that add up to them: a principal's own, and an equal part of what is shared.
local function shares(profiles)
  local told, resident, packed, owned = profiles:tell(), {}, {}, 0
  for i = 1, PRINCIPALS do
    local own, bare = profiles:measure("p" .. i)
    if own > 0 then
      resident[#resident + 1], packed[#packed + 1] = own, bare
      owned = owned + own
    end
  end
  assert.equal(told.principals, #resident)
  local shared = (told.bytes - owned) / told.principals
  for i, own in ipairs(resident) do resident[i] = own + shared end
  table.sort(resident)
  table.sort(packed)
  return resident, packed, told, shared
end

describe("the memory of a principal", function()
  it("is at most 600 bytes at the median, 400 packed, all of it counted", function()
    local profiles, people = tenant()
    local resident, packed, told, shared = shares(profiles)
    assert_real(people)
    print(("bytes a principal, p50 and p95: %.0f and %.0f resident (%.0f of them shared), %d and %d packed; "
      .. "%d principals, %d peers"):format(percentile(resident, 50), percentile(resident, 95), shared,
      percentile(packed, 50), percentile(packed, 95), told.principals, told.peers))
    assert.is_true(percentile(resident, 50) <= 600)
    assert.is_true(percentile(packed, 50) <= 400)
  end)
end)
