-- state_flood_spec.lua — somebody floods the log: tables stay in their caps, what is under way is kept, and no choice
-- of keys makes searching slow.
local core = require "armrun.core"
local testing = require "armrun.testing"
local T = core.T.state

local HOUR <const>, DAY <const> = 3600, 86400

local function state(plan)
  plan.seed = plan.seed or 42
  return assert(T.new(plan))
end

describe("a flood of keys", function()
  it("does not push out a burst that is under way: 1,000,000 strangers between its hits", function()
    for kind, strangers in pairs { count = 100000, distinct = 100000, tally = 1000000 } do
      local s = state { kind = kind, within = DAY }
      s:add("mallory", "one", 0)
      s:add("mallory", "two", 60)
      assert(s:flood(strangers, 120))
      assert.equal(3, s:add("mallory", "three", 180).total, kind)
      local told = s:tell()
      assert.same({ 65536, strangers + 1 - 65536, 0 }, { told.keys, told.evicted, told.held_evicted })
    end
  end)

  it("pushes out a key with a single hit, oldest first", function()
    local s = state { kind = "count", cap = 100, within = DAY }
    s:add("once", "", 0)
    s:flood(99, 1)
    assert.equal(1, s:look("once", 2).total)
    s:flood(1, 2, 100)
    assert.equal(0, s:look("once", 2).total)
  end)

  it("of keys that all carry score keeps half of the table's latest at least", function()
    local s = state { kind = "count", cap = 100, within = DAY }
    for i = 1, 60 do
      s:add("k" .. i, "", i)
      s:add("k" .. i, "", i)
    end
    s:flood(1000, 100)
    for i = 1, 60 do assert.equal(i > 10 and 2 or 0, s:look("k" .. i, 101).total, i) end
    assert.same({ 100, 960, 10 }, { s:tell().keys, s:tell().evicted, s:tell().held_evicted })
  end)

  it("spares a key no longer when its hits are out of the window but one", function()
    local s = state { kind = "count", cap = 10, within = 100 }
    s:add("k", "", 0)
    s:add("k", "", 1)
    s:add("k", "", 150) -- alone again
    s:flood(10, 151)
    assert.equal(0, s:look("k", 152).total)
  end)

  it("does not push out a sequence past its first step, nor one that waits", function()
    local s = state { kind = "sequence", cap = 100, within = DAY, steps = 3 }
    s:step("far", 0, 0)
    s:step("far", 1, 1)
    s:step("near", 0, 2)
    for i = 1, 1000 do s:step("stranger" .. i, 0, 3) end
    assert.is_true(s:step("far", 2, 4).complete)
    assert.same({ 1, true }, { s:step("near", 0, 5).done, s:step("near", 1, 6).maybe_missed })
    s = state { kind = "sequence", cap = 100, within = DAY, steps = 2, quiet = HOUR }
    s:step("waits", 0, 0)
    s:step("waits", 1, 1)
    for i = 1, 1000 do s:step("stranger" .. i, 0, 3) end
    assert.is_true(s:due(HOUR + 1).complete)
  end)

  it("pushes out a sequence that was thrown back to its first step", function()
    local s = state { kind = "sequence", cap = 10, within = DAY, steps = 3, forbidden = { 0, 1 } }
    s:step("k", 0, 0)
    s:step("k", 1, 1)
    s:step("k", 0, 2)
    s:mark("k", 0, 3)
    for i = 1, 10 do s:step("stranger" .. i, 0, 4) end
    assert.equal(1, s:step("k", 1, 5).done == 0 and 1 or 0)
  end)

  it("does not push out what was seen on two days, nor amounts of earlier days", function()
    local s = state { kind = "first_seen", cap = 100, within = 90 * DAY }
    s:see("regular", "m", 0)
    s:see("regular", "m", DAY)
    s:see("once", "m", DAY)
    for i = 1, 1000 do s:see("stranger" .. i, "m", DAY + 1) end
    assert.same({ true, false }, { s:seen("regular", "m", DAY + 2).known, s:seen("once", "m", DAY + 2).known })
    s = state { kind = "total", cap = 100, within = 45 * DAY }
    s:total("old", 7, 0)
    s:total("old", 1, 3 * DAY)
    s:total("new", 7, 3 * DAY)
    for i = 1, 1000 do s:total("stranger" .. i, 1, 3 * DAY + 1) end
    assert.same({ 8, 0 }, { s:sum("old", 3 * DAY + 2).sum, s:sum("new", 3 * DAY + 2).sum })
  end)
end)

describe("a flood of principals", function()
  local function act(fields)
    local all = { tenant = "contoso", subscription = "prod", app = "cli", network = 9, operation = 5, kind = 1, at = 0 }
    for name, value in pairs(fields) do all[name] = value end
    return all
  end

  it("does not push out those that have habits, up to half of the table", function()
    local s = assert(T.profile.new { cap = 1000, seed = 3 })
    for day = 0, 16, 4 do
      for i = 1, 500 do s:learn(act { principal = "p" .. i, at = day * DAY }) end
    end
    s:learn(act { principal = "young", at = 16 * DAY })
    s:flood(act { at = 16 * DAY + HOUR }, 1000000)
    local told = s:tell()
    assert.same({ 1000, 999501, 0 }, { told.principals, told.evicted, told.settled_evicted })
    for i = 1, 500 do assert.is_true(s:look(act { principal = "p" .. i, at = 17 * DAY }).settled) end
    assert.is_false(s:look(act { principal = "young", at = 17 * DAY }).found)
  end)

  it("takes the oldest of all when those with habits are more than half", function()
    local s = assert(T.profile.new { cap = 10, seed = 3 })
    for day = 0, 16, 4 do
      for i = 1, 8 do s:learn(act { principal = "p" .. i, at = day * DAY + i }) end
    end
    s:flood(act { at = 16 * DAY + HOUR }, 100)
    local kept = {}
    for i = 1, 8 do kept[i] = s:look(act { principal = "p" .. i, at = 17 * DAY }).found end
    assert.same({ false, false, false, true, true, true, true, true }, kept)
    assert.equal(3, s:tell().settled_evicted)
  end)

  it("stays in its bytes", function()
    local s = assert(T.profile.new { cap = 20000, seed = 3 })
    local most = 0
    for hour = 1, 20 do
      s:flood(act { at = hour * HOUR }, 20000 + hour)
      most = math.max(most, s:tell().bytes)
    end
    -- node 128, block of seven items 64, slots 13, of the ghosts (a quarter as many) 53 each; and chunks that fill up
    assert.is_true(most < 20000 * 230, most)
  end)

  it("has the habits of one principal pressed when they are more in a day than there is room for", function()
    local s = assert(T.profile.new { seed = 3 })
    for i = 1, 24 do s:learn(act { principal = "p", network = i, at = i }) end
    for i = 25, 48 do s:learn(act { principal = "p", network = i, at = DAY + i }) end
    assert.equal(0, s:tell().pressed_habits) -- those of the day before made room
    s:learn(act { principal = "p", network = 49, at = DAY + 49 })
    assert.equal(1, s:tell().pressed_habits)
  end)
end)

describe("keys that were chosen to collide", function()
  local COUNT <const> = 1000000

  local function probes(seed, key_of)
    local s = state { kind = "tombstone", cap = 2 * COUNT, within = DAY, seed = seed }
    for i = 1, COUNT do
      local hi, lo = key_of(i)
      s:bury_raw(hi, lo, 1)
    end
    local told = s:tell()
    assert.equal(COUNT, told.keys)
    return told.probes, told.longest
  end

  local GOLDEN <const> = 0x9E3779B97F4A7C15 -- a constant of the hash
  local patterns = {
    ["a fixed low half"] = function(i) return i, 0x1234567890abcdef end,
    ["a fixed high half"] = function(i) return 0x1234567890abcdef, i end,
    ["a half in its top bits only"] = function(i) return i << 44, 1 end,
    ["equal halves"] = function(i) return i, i end,
    ["halves that cancel a constant out"] = function(i) return GOLDEN ~ i << 20, i * GOLDEN end,
    ["low bits all the same"] = function(i) return i << 21, i << 42 end,
  }

  it("cost no more than twice the probes of random ones", function()
    local random = 88172645463325252
    local function next_random()
      random = random ~ (random << 13)
      random = random ~ (random >> 7)
      random = random ~ (random << 17)
      return random
    end
    local mean, longest = probes(1, function() return next_random(), next_random() end)
    for name, key_of in pairs(patterns) do
      local sum, most = probes(#name * 0x7654321fedcba987, key_of)
      assert.is_true(sum <= 2 * mean, ("%s: %.2f probes a key, random %.2f"):format(name, sum / COUNT, mean / COUNT))
      assert.is_true(most <= 2 * longest, ("%s: up to %d probes, random keys %d"):format(name, most, longest))
    end
  end)
end)

describe("the engine in a flood", function()
  local storage <const> = "Microsoft.Storage/storageAccounts/listKeys/action"

  local function story(cap)
    local one = testing.story "rules/toolkit/microburst/az_storage_keys_rest.lua"
    one:with { state_cap = cap, profile_cap = cap, seed = 5 }
    for i = 1, 3 do one:act { at = (i * 700 / 1000) .. "s", by = "mallory", does = storage, on = "sa" .. i } end
    for i = 1, 1500 do
      one:act { at = (1.4 + i / 2500) .. "s", by = "stranger" .. i, does = storage, on = "sb" .. i }
    end
    return one
  end

  it("finds the burst in its midst, the same one for every order of the records, and tells of the pressure", function()
    local plain = story(50):run()
    assert.equal(1, #plain.alerts)
    assert.equal("mallory", plain.alerts[1].principal.name:match "^%w+")
    assert.is_true(plain.summary.states.evicted > 1000, plain.summary.states.evicted)
    assert.equal("armrun.StatePressure", plain.findings[1].rule)
    local shuffled = story(50):shuffle(9):run()
    assert.equal(plain.alerts[1].id, shuffled.alerts[1].id)
    assert.same(plain.alerts[1].reasons, shuffled.alerts[1].reasons)
    assert.same(plain.findings, shuffled.findings)
  end)
end)
