-- profile_spec.lua — what the engine knows of principals, scopes and peers, and how it forgets.
local core = require "armrun.core"
local T = core.T.state

local HOUR, DAY = 3600, 86400
local USER, SERVICE = 1, 2

local function profiles(options)
  options = options or {}
  options.seed = options.seed or 7
  return assert(T.profile.new(options))
end

-- An act, filled from a template.
local function act(fields)
  local template = { principal = "alice", tenant = "contoso", subscription = "prod", app = "cli", network = 0x0a000100,
    operation = 5, kind = USER, at = 0 }
  for name, value in pairs(fields or {}) do template[name] = value end
  return template
end

-- Without what is usual in the tenant.
local function peers(s, one)
  local principals, doing, tenant_first = s:peers(one)
  return { principals, doing, tenant_first }
end

local function known(thing) return { thing.known, thing.days, thing.ago } end

describe("a principal", function()
  it("is nobody's before its first act", function()
    local p = profiles():look(act())
    assert.same({ false, false, 0, 0, 0, 0, -1 },
      { p.found, p.forgotten, p.active_days, p.acts, p.gap, p.gap_before, p.hour_share })
    for _, thing in ipairs { "operation", "network", "app", "subscription", "app_in_subscription" } do
      assert.same({ known = false, days = 0 }, p[thing])
    end
  end)

  it("is known by what it did", function()
    local s = profiles()
    s:learn(act { at = 10 })
    local p = s:look(act { at = DAY + 40 })
    assert.same({ true, 10, 10, 1, 1, DAY + 30, 0 },
      { p.found, p.first, p.last, p.active_days, p.acts, p.gap, p.gap_before })
    for _, thing in ipairs { "operation", "network", "app", "subscription", "app_in_subscription" } do
      assert.same({ true, 1, 1 }, known(p[thing]))
    end
    assert.same({ 1, 1, 1, 1 }, { p.operations_new, p.networks_new, p.apps_new, p.subscriptions_new })
    p = s:look(act { at = DAY + 40, operation = 6, app = "portal", network = 0x0a000200, subscription = "test" })
    for _, thing in ipairs { "operation", "network", "app", "subscription", "app_in_subscription" } do
      assert.same({ false, 0 }, known(p[thing]))
    end
    assert.is_false(s:look(act { principal = "bob" }).found)
  end)

  it("tells an app known elsewhere from one known here", function()
    local s = profiles()
    s:learn(act { app = "portal", subscription = "test" })
    s:learn(act { app = "cli", subscription = "prod" })
    local p = s:look(act { app = "portal", subscription = "prod", at = 2 * DAY })
    assert.same({ true, true, false }, { p.app.known, p.subscription.known, p.app_in_subscription.known })
  end)

  it("counts days, acts and gaps", function()
    local s = profiles()
    for _, at in ipairs { 0, 100, 2 * DAY, 2 * DAY + 50, 5 * DAY } do s:learn(act { at = at }) end
    local p = s:look(act { at = 6 * DAY })
    assert.same({ 3, 5, DAY, 3 * DAY - 50 }, { p.active_days, p.acts, p.gap, p.gap_before })
    assert.same({ true, 3, 1 }, known(p.operation))
    assert.equal(1, p.operations_new)
  end)

  it("settles fourteen days after its first act, when it was active on five", function()
    local s = profiles()
    for day = 0, 3 do s:learn(act { at = day * DAY + 50 }) end
    assert.is_false(s:look(act { at = 30 * DAY }).settled) -- four active days
    s:learn(act { at = 4 * DAY })
    assert.is_false(s:look(act { at = 14 * DAY + 49 }).settled)
    assert.is_true(s:look(act { at = 14 * DAY + 50 }).settled)
    assert.is_false(s:look(act { principal = "bob", at = 30 * DAY }).settled)
  end)

  it("counts what is new since it settled, and the active days since", function()
    local s = profiles()
    for day = 0, 5 do s:learn(act { operation = day + 1, network = day + 1, at = day * DAY }) end
    local p = s:look(act { at = 13 * DAY })
    assert.same({ false, 0, 6, 6, 1, 1 },
      { p.settled, p.settled_days, p.operations_new, p.networks_new, p.apps_new, p.subscriptions_new })
    p = s:look(act { at = 14 * DAY })
    assert.same({ true, 0, 0, 0, 0, 0 },
      { p.settled, p.settled_days, p.operations_new, p.networks_new, p.apps_new, p.subscriptions_new })
    s:learn(act { operation = 90, network = 1, at = 14 * DAY })
    s:learn(act { operation = 91, network = 90, app = "portal", at = 14 * DAY + 9 })
    s:learn(act { network = 1, at = 16 * DAY })
    p = s:look(act { at = 17 * DAY })
    assert.same({ true, 2, 2, 1, 1, 0 },
      { p.settled, p.settled_days, p.operations_new, p.networks_new, p.apps_new, p.subscriptions_new })
  end)

  it("counts the days on which an operation was new, before today and since it settled", function()
    local s = profiles()
    local function days(at) return s:look(act { at = at }).operations_new_days end
    for day = 0, 4 do s:learn(act { operation = day + 1, at = day * DAY }) end
    assert.equal(5, days(5 * DAY))
    s:learn(act { operation = 20, at = 14 * DAY }) -- settles, and begins
    assert.same({ 0, 1 }, { days(14 * DAY + 9), days(15 * DAY) })
    s:learn(act { operation = 21, at = 16 * DAY })
    s:learn(act { operation = 22, at = 16 * DAY + 5 * HOUR })
    s:learn(act { operation = 22, at = 17 * DAY })
    assert.same({ 2, 2 }, { days(17 * DAY + 9), days(18 * DAY) })
  end)

  it("counts new operations that come within an hour of each other", function()
    local s = profiles()
    local function lately(at) return s:look(act { at = at }).operations_new_lately end
    s:learn(act { operation = 1, at = 100000 })
    s:learn(act { operation = 2, at = 100000 + HOUR })
    assert.equal(2, lately(100000 + HOUR))
    assert.equal(2, lately(100000 + 2 * HOUR))
    assert.equal(0, lately(100001 + 2 * HOUR))
    s:learn(act { operation = 2, at = 100002 + HOUR }) -- known: no new one
    s:learn(act { operation = 3, failed = true, at = 100003 + HOUR })
    s:learn(act { operation = 0, at = 100004 + HOUR })
    assert.equal(0, lately(100001 + 2 * HOUR))
    s:learn(act { operation = 4, at = 100001 + 2 * HOUR })
    assert.equal(1, lately(100001 + 3 * HOUR))
    assert.equal(0, s:look(act { principal = "bob", at = 100001 + 2 * HOUR }).operations_new_lately)
  end)

  it("learns an everyday operation, an unknown network, no app and no subscription as nothing", function()
    local s = profiles()
    s:learn(act { operation = 0, network = 0, app = "", subscription = "" })
    local p = s:look(act { operation = 0, network = 0, app = "", subscription = "" })
    assert.same({ true, 1, 0, 0, 0, 0 },
      { p.found, p.acts, p.operations_new, p.networks_new, p.apps_new, p.subscriptions_new })
    assert.is_false(p.operation.known)
    s:learn(act { principal = "" })
    assert.equal(1, s:tell().principals)
  end)

  it("learns nothing from a failed act but the hour", function()
    local s = profiles()
    s:learn(act { failed = true })
    assert.equal(0, s:tell().principals)
    for _ = 1, 10 do s:learn(act { at = 0, operation = 1 }) end
    for _ = 1, 30 do s:learn(act { at = 12 * HOUR, operation = 2, app = "x", network = 9, failed = true }) end
    local p = s:look(act { at = 12 * HOUR, operation = 2, app = "x", network = 9 })
    assert.same({ 0, 10, 12 * HOUR, 0.75 }, { p.last, p.acts, p.gap, p.hour_share })
    assert.same({ false, false, false }, { p.operation.known, p.app.known, p.network.known })
  end)

  it("takes an operation for known at once, all else from the next day on", function()
    local s = profiles()
    s:learn(act { at = 60 })
    local function all(at)
      local p = s:look(act { at = at })
      return { p.operation.known, p.network.known, p.app.known, p.subscription.known, p.app_in_subscription.known }
    end
    assert.same({ true, false, false, false, false }, all(DAY - 1))
    assert.same({ true, true, true, true, true }, all(DAY))
    s:learn(act { at = DAY })
    assert.same({ true, true, true, true, true }, all(DAY + 1))
  end)

  it("takes an operation that alerted for known on its second day", function()
    local s = profiles()
    s:learn(act { alerted = true })
    s:learn(act { at = 60 })
    assert.same({ false, 1, 0 }, known(s:look(act { at = 120 }).operation))
    s:learn(act { at = DAY, alerted = true })
    assert.same({ true, 2, 0 }, known(s:look(act { at = DAY + 60 }).operation))
  end)

  it("forgets what it did not do for more than forget_days", function()
    local s = profiles { forget_days = 30 }
    s:learn(act { operation = 1, at = 0 })
    s:learn(act { operation = 2, at = 10 * DAY })
    assert.same({ true, 1, 30 }, known(s:look(act { operation = 1, at = 30 * DAY + 5 }).operation))
    assert.same({ false, 0 }, known(s:look(act { operation = 1, at = 31 * DAY }).operation))
    assert.same({ true, 1, 21 }, known(s:look(act { operation = 2, at = 31 * DAY }).operation))
    s:learn(act { operation = 1, at = 31 * DAY })
    assert.same({ true, 1, 0 }, known(s:look(act { operation = 1, at = 31 * DAY }).operation))
    assert.equal(3, s:look(act { at = 31 * DAY }).operations_new)
  end)

  it("is remembered, but not its habits, after a long sleep", function()
    local s = profiles()
    s:learn(act { at = 5 })
    s:learn(act { principal = "bob", at = 200 * DAY })
    local p = s:look(act { at = 200 * DAY })
    assert.same({ true, 5, 1, 200 * DAY - 5 }, { p.found, p.first, p.active_days, p.gap })
    assert.is_false(p.network.known)
    s:learn(act { at = 200 * DAY })
    p = s:look(act { at = 201 * DAY })
    assert.same({ 2, 2, 2 }, { p.active_days, p.acts, p.operations_new })
    assert.is_true(p.network.known)
  end)
end)

describe("the hour", function()
  it("is unknown below 20 acts, then a share of them with both neighbours", function()
    local s = profiles()
    for _ = 1, 10 do s:learn(act { at = 0 }) end
    for _ = 1, 5 do s:learn(act { at = HOUR }) end
    for _ = 1, 4 do s:learn(act { at = 5 * HOUR }) end
    assert.equal(-1, s:look(act { at = 6 * HOUR }).hour_share)
    s:learn(act { at = 23 * HOUR })
    assert.equal(16 / 20, s:look(act { at = DAY }).hour_share)
    assert.equal(11 / 20, s:look(act { at = DAY + 23 * HOUR }).hour_share)
    assert.equal(4 / 20, s:look(act { at = DAY + 6 * HOUR }).hour_share)
    assert.equal(0, s:look(act { at = DAY + 12 * HOUR }).hour_share)
  end)

  it("fades by half every 30 active days", function()
    local s = profiles()
    for _ = 1, 71 do s:learn(act { at = 3 * HOUR }) end
    for day = 1, 29 do s:learn(act { at = day * DAY + 15 * HOUR }) end
    -- on the 30th day 71 became 35 and 28 became 14, before that day's act was learned
    assert.equal(35 / 50, s:look(act { at = 30 * DAY + 3 * HOUR }).hour_share)
    assert.equal(15 / 50, s:look(act { at = 30 * DAY + 15 * HOUR }).hour_share)
  end)
end)

describe("coverage", function()
  it("counts distinct days with an act, before this one's", function()
    local s = profiles()
    assert.same({ 0, 0 }, { s:coverage(act { at = 0 }) })
    s:learn(act { at = 0 })
    assert.same({ 0, 0 }, { s:coverage(act { at = DAY - 1 }) })
    s:learn(act { at = DAY, subscription = "test" })
    s:cover(act { at = 3 * DAY, principal = "backup" })
    s:learn(act { at = 4 * DAY, failed = true, principal = "stranger" })
    assert.same({ 4, 3 }, { s:coverage(act { at = 5 * DAY }) })
    assert.same({ 4, 1 }, { s:coverage(act { at = 5 * DAY, subscription = "test" }) })
    assert.same({ 0, 3 }, { s:coverage(act { at = 5 * DAY, tenant = "fabrikam" }) })
    assert.equal(4, s:tell().most_tenant_days)
    assert.equal(1, s:tell().principals)
  end)

  it("keeps a tenant and a subscription of one id apart", function()
    local s = profiles()
    s:learn(act { tenant = "same", subscription = "same" })
    s:learn(act { tenant = "same", subscription = "other", at = DAY })
    assert.same({ 2, 1 }, { s:coverage(act { tenant = "same", subscription = "same", at = 2 * DAY }) })
  end)

  it("lets the scope go that had no act for longest", function()
    local s = profiles { cap_scopes = 4 }
    for i = 1, 10 do
      s:learn(act { tenant = "home", subscription = "s" .. i, at = i * DAY })
    end
    assert.same({ 10, 1 }, { s:coverage(act { tenant = "home", subscription = "s10", at = 11 * DAY }) })
    assert.same({ 10, 0 }, { s:coverage(act { tenant = "home", subscription = "s1", at = 11 * DAY }) })
    assert.same({ 4, 7 }, { s:tell().scopes, s:tell().scopes_evicted })
  end)
end)

describe("peers", function()
  it("are those of the kind in the subscription, and those of them who did it there", function()
    local s = profiles()
    for i = 1, 25 do s:learn(act { principal = "u" .. i, operation = i <= 20 and 5 or 6 }) end
    s:learn(act { principal = "u1", operation = 5 }) -- again
    s:learn(act { principal = "u25", operation = 5, subscription = "test" }) -- elsewhere
    s:learn(act { principal = "robot", kind = SERVICE })
    assert.same({ 25, 20, false }, peers(s, act { operation = 5 }))
    assert.same({ 25, 5, false }, peers(s, act { operation = 6 }))
    assert.same({ 25, 0, true }, peers(s, act { operation = 7 }))
    assert.same({ 25, 0, false }, peers(s, act { operation = 0 }))
    assert.same({ 1, 1, false }, peers(s, act { subscription = "test" }))
    assert.same({ 1, 1, false }, peers(s, act { kind = SERVICE }))
    assert.same({ 0, 0, false }, peers(s, act { subscription = "empty" }))
    assert.same({ 25, 20, true }, peers(s, act { tenant = "fabrikam" }))
  end)

  it("count no more when they were gone for longer than forget_days", function()
    local s = profiles { forget_days = 30 }
    s:learn(act { principal = "gone", operation = 5 })
    s:learn(act { principal = "changed", operation = 5 })
    s:learn(act { principal = "steady", operation = 5 })
    for day = 10, 40, 10 do
      s:learn(act { principal = "steady", operation = 5, at = day * DAY })
      s:learn(act { principal = "changed", operation = 6, at = day * DAY })
    end
    assert.same({ 2, 1, false }, peers(s, act { operation = 5, at = 40 * DAY }))
    assert.same({ 2, 1, false }, peers(s, act { operation = 6, at = 40 * DAY }))
  end)

  it("stay right when subscriptions leave a principal's list", function()
    local s = profiles()
    for i = 1, 40 do -- 32 are kept
      s:learn(act { subscription = "s" .. i, operation = 5, at = i * DAY })
      s:learn(act { subscription = "s" .. i, operation = 100 + i % 3, at = i * DAY })
    end
    for i = 1, 40 do
      local left = i > 8 and 1 or 0
      assert.same({ left, left }, { (s:peers(act { subscription = "s" .. i })), (select(2,
        s:peers(act { subscription = "s" .. i }))) })
      for operation = 100, 102 do
        local doing = select(2, s:peers(act { subscription = "s" .. i, operation = operation }))
        assert.equal((i > 8 and operation == 100 + i % 3) and 1 or 0, doing)
      end
    end
  end)

  it("leave nothing behind when all principals are gone", function()
    local s = profiles { cap = 4 }
    local random = 1
    local function r(n)
      random = (random * 1103515245 + 12345) % 2147483648
      return random // 65536 % n + 1
    end
    for i = 1, 20000 do
      s:learn(act { principal = "p" .. r(12), subscription = "s" .. r(50), operation = r(90), tenant = "",
        app = "a" .. r(12), network = r(60), kind = USER, at = i * HOUR })
    end
    for i = 1, 4 do s:learn(act { principal = "last" .. i, subscription = "", operation = 0, at = 20001 * HOUR }) end
    assert.equal(0, s:tell().peers)
  end)
end)

describe("what is usual in a tenant", function()
  local fields = { "settled_days", "operations_new_days", "networks_new", "apps_new", "subscriptions_new" }

  local function usual(s, changes)
    local told, list = select(4, s:peers(act(changes))), {}
    for i, field in ipairs(fields) do list[i] = told[field] end
    return list
  end

  -- Five active days of each; they settle with their next act from the fourteenth day on.
  local function begin(s, ...)
    for day = 0, 4 do
      for _, changes in ipairs { ... } do
        local one = act(changes)
        one.at = day * DAY
        s:learn(one)
      end
    end
  end

  it("is counted of who has settled, since then, by tenant and kind", function()
    local s = profiles()
    begin(s, {}, { principal = "robot", kind = SERVICE },
      { principal = "bob", tenant = "fabrikam", subscription = "farm" })
    assert.same({ 0, 0, 0, 0, 0 }, usual(s))
    s:learn(act { operation = 6, network = 2, app = "portal", subscription = "test", at = 14 * DAY })
    s:learn(act { operation = 7, network = 3, at = 14 * DAY + 9 })
    assert.same({ 1, 1, 2, 1, 1 }, usual(s))
    s:learn(act { principal = "robot", kind = SERVICE, at = 15 * DAY })
    s:learn(act { principal = "bob", tenant = "fabrikam", subscription = "farm", operation = 8, at = 15 * DAY + 9 })
    s:learn(act { principal = "carol", operation = 9, network = 9, app = "c", subscription = "c", at = 15 * DAY + 10 })
    s:learn(act { operation = 8, at = 16 * DAY })
    assert.same({ 2, 2, 2, 1, 1 }, usual(s))
    assert.same({ 2, 2, 2, 1, 1 }, usual(s, { subscription = "elsewhere", principal = "dave" }))
    assert.same({ 1, 0, 0, 0, 0 }, usual(s, { kind = SERVICE }))
    assert.same({ 1, 1, 0, 0, 0 }, usual(s, { tenant = "fabrikam" }))
  end)

  it("is nothing of other kinds, and of no tenant", function()
    local s = profiles()
    local others = { { principal = "nobody", kind = 0 }, { principal = "azure", kind = 3 }, { tenant = "" } }
    begin(s, table.unpack(others))
    for _, who in ipairs(others) do
      s:learn(act { principal = who.principal, kind = who.kind, tenant = who.tenant, operation = 6, network = 6,
        at = 15 * DAY })
      assert.same({ 0, 0, 0, 0, 0 }, usual(s, who))
    end
    assert.same({ 0, 0, 0, 0, 0 }, usual(s))
  end)

  it("is nothing of what failed", function()
    local s = profiles()
    begin(s, {})
    s:learn(act { operation = 6, network = 6, at = 15 * DAY, failed = true })
    assert.same({ 0, 0, 0, 0, 0 }, usual(s))
  end)

  it("is what a plain model counts, of nine principals in three tenants", function()
    local s, random, who_is, totals = profiles(), 5, {}, {}
    local function r(n)
      random = (random * 1103515245 + 12345) % 2147483648
      return random // 65536 % n + 1
    end
    local function total(one)
      local key = one.tenant .. one.kind
      totals[key] = totals[key] or { 0, 0, 0, 0, 0 }
      return totals[key]
    end
    local function learn(one, today)
      local p = who_is[one.principal] or { first = one.at, days = 0, seen = {} }
      who_is[one.principal] = p
      p.settled = p.settled or (p.days >= 5 and one.at - p.first >= 14 * DAY)
      local function count(field) if p.settled then total(one)[field] = total(one)[field] + 1 end end
      if p.last ~= today then
        p.days, p.last = p.days + 1, today
        count(1)
      end
      for field, thing in ipairs { "settled", "operation", "network", "app", "subscription" } do
        local key = thing .. (one[thing] or "")
        local fresh = field > 1 and not p.seen[key]
        p.seen[key] = true
        if fresh and not (field == 2 and p.settled and p.fresh_day == today) then count(field) end
        if fresh and field == 2 and p.settled then p.fresh_day = today end
      end
    end
    for i = 1, 4000 do
      local at = i * 1296 -- sixty days, of which each brings some more that may be new
      local today, who = at // DAY, r(9)
      local one = act { principal = "p" .. who, kind = who % 2 + 1, tenant = "t" .. r(3), at = at,
        operation = r(3 + today // 2), network = r(2 + today // 3), app = "a" .. r(1 + today // 9),
        subscription = "s" .. r(2 + today // 4) }
      if i % 3 == 0 then assert.same(total(one), usual(s, { kind = one.kind, tenant = one.tenant, at = at })) end
      s:learn(one)
      learn(one, today)
    end
    for _, found in pairs(totals) do
      for field = 1, 5 do assert.is_true(found[field] > 0, fields[field]) end
    end
  end)
end)

describe("bounds", function()
  it("hold for a principal with endless habits", function()
    local s = profiles()
    s:learn(act { operation = 9999, network = 77, app = "first", subscription = "first" })
    local before = s:tell().bytes
    for i = 1, 100000 do
      s:learn(act { operation = i % 1000 + 1, network = i, app = "a" .. i % 1000, subscription = "s" .. i % 1000,
        at = i * 60 })
    end
    local told = s:tell()
    assert.equal(1, told.principals)
    assert.is_true(told.habits_evicted > 300000, told.habits_evicted)
    assert.is_true(told.bytes - before < 300000, told.bytes - before) -- 1,000 subscriptions, 1,000 operations
    local p = s:look(act { operation = 1, network = 100000, at = 100000 * 60 + DAY })
    assert.same({ true, true }, { p.operation.known, p.network.known })
    assert.equal(65535, p.networks_new) -- as high as it counts
  end)

  it("keep 64 operations of a user, 192 of a service principal, 24 networks, 8 apps, 32 subscriptions", function()
    local s = profiles()
    for _, case in ipairs { { USER, 64 }, { SERVICE, 192 } } do
      local kind, cap = case[1], case[2]
      local limits = { operation = cap, network = 24, app = 8, subscription = 32 }
      for i = 1, 300 do
        s:learn(act { principal = "k" .. kind, kind = kind, operation = i, network = i, app = "a" .. i,
          subscription = "s" .. i, at = 1000 + i })
      end
      for thing, limit in pairs(limits) do
        local count = 0
        for i = 1, 300 do
          local p = s:look(act { principal = "k" .. kind, operation = i, network = i, app = "a" .. i,
            subscription = "s" .. i, at = 2000 + DAY })
          if p[thing].known then
            count = count + 1
            assert.is_true(i > 300 - limit)
          end
        end
        assert.equal(limit, count, thing)
      end
    end
  end)

  it("hold under a flood of principals", function()
    local s = profiles { cap = 10000 }
    local most = 0
    for i = 1, 200000 do
      s:learn(act { principal = "p" .. i, network = i, operation = i % 50, at = i })
      if i % 20000 == 0 then most = math.max(most, s:tell().bytes) end
    end
    local told = s:tell()
    assert.same({ 10000, 190000, 0 }, { told.principals, told.evicted, told.unlearned })
    assert.is_true(most < 10000 * 400, most)
    assert.is_true(s:look(act { principal = "p200000" }).found)
    assert.is_true(s:look(act { principal = "p190001" }).found)
    local gone = s:look(act { principal = "p190000" })
    assert.same({ false, true }, { gone.found, gone.forgotten })
    local stranger = s:look(act { principal = "stranger" })
    assert.same({ false, true }, { stranger.found, stranger.forgotten }) -- it has forgotten whom it forgot
  end)

  it("let the longest idle go first, and tell who was forgotten", function()
    local s = profiles { cap = 3 }
    for day, name in ipairs { "a", "b", "c", "a", "d" } do s:learn(act { principal = name, at = day * DAY }) end
    local function about(name)
      local p = s:look(act { principal = name, at = 9 * DAY })
      return (p.found and "found" or "no") .. (p.forgotten and " forgotten" or "")
    end
    assert.same({ "found", "no forgotten", "found", "found", "no" },
      { about "a", about "b", about "c", about "d", about "e" })
    s:learn(act { principal = "b", at = 9 * DAY })
    assert.equal("found forgotten", about "b")
    assert.equal(2, s:tell().evicted)
  end)

  it("start over after a clear", function()
    local s = profiles()
    for i = 1, 100 do s:learn(act { principal = "p" .. i, at = i * DAY }) end
    s:clear()
    local told = s:tell()
    assert.same({ 0, 0, 0, 0 }, { told.principals, told.scopes, told.peers, told.most_tenant_days })
    assert.is_false(s:look(act { principal = "p1" }).found)
    s:learn(act { principal = "p1", at = 1 })
    assert.equal(1, s:look(act { principal = "p1", at = 1 }).acts)
  end)
end)

describe("memory that is out", function()
  it("costs the act and nothing else", function()
    collectgarbage()
    local live, unlearned = T.live_blocks(), 0
    for n = 1, 200 do
      T.fail_at(n)
      local s = T.profile.new { cap = 50, seed = 3 }
      local lost = not s
      for i = 1, s and 300 or 0 do
        s:learn(act { principal = "p" .. i % 120, network = i, operation = i % 90, subscription = "s" .. i % 40,
          at = i * 600 })
      end
      T.fail_at(0)
      if s then
        lost = s:tell().unlearned > 0
        if lost then
          assert.equal(1, s:tell().unlearned)
          unlearned = unlearned + 1
        end
        assert.equal(50, s:tell().principals)
        s:free()
      end
      assert.equal(live, T.live_blocks())
      if not lost then break end
    end
    assert.is_true(unlearned > 8 and unlearned < 199, unlearned)
  end)
end)

describe("two seeds", function()
  it("give the same answers to 30,000 random acts", function()
    local a, b = profiles { seed = 1, cap = 60, cap_scopes = 8, forget_days = 20 },
      profiles { seed = 0x7654321fedcba, cap = 60, cap_scopes = 8, forget_days = 20 }
    local random, at = 99, 0
    local function r(n)
      random = (random * 1103515245 + 12345) % 2147483648
      return random // 65536 % n + 1
    end
    for i = 1, 30000 do
      at = at + r(3000)
      local who = r(12) == 1 and r(400) or r(50)
      local one = act { principal = "p" .. who, subscription = "s" .. r(who % 7 + 1), tenant = "t" .. who % 3,
        app = "a" .. r(6), network = r(who % 9 + 1), operation = r(80), kind = who % 2 + 1, failed = r(9) == 1,
        alerted = r(20) == 1, at = at }
      if i % 10 == 0 then
        assert.same(a:look(one), b:look(one))
        assert.same({ a:peers(one) }, { b:peers(one) })
        assert.same({ a:coverage(one) }, { b:coverage(one) })
      end
      a:learn(one)
      b:learn(one)
    end
    assert.same(a:tell(), b:tell())
    assert.is_true(a:tell().evicted > 0 and a:tell().scopes_evicted > 0 and a:tell().peers_evicted > 0)
  end)
end)

describe("a plain model", function()
  it("agrees on peers, as long as nobody forgets", function()
    local s = profiles()
    local random = 3
    local function r(n)
      random = (random * 1103515245 + 12345) % 2147483648
      return random // 65536 % n + 1
    end
    local seen, doing, tenants = {}, {}, {} -- subscription/kind -> principals, and so on
    local function put(set, where, who)
      set[where] = set[where] or { count = 0 }
      if not set[where][who] then set[where].count = set[where].count + 1 end
      set[where][who] = true
    end
    local function count(set, where) return set[where] and set[where].count or 0 end
    for i = 1, 6000 do
      local who, where = r(40), r(6)
      local one = act { principal = "p" .. who, kind = who % 2 + 1, subscription = where < 6 and "s" .. where or "",
        operation = r(50) - 1, tenant = "t" .. where % 2, failed = r(10) == 1, at = i * 60 }
      local place = one.subscription .. "/" .. one.kind
      local operation, tenant = place .. "/" .. one.operation, one.tenant .. "/" .. one.operation
      local there = one.subscription ~= ""
      assert.same({ there and count(seen, place) or 0, there and one.operation > 0 and count(doing, operation) or 0,
        one.operation > 0 and not tenants[tenant] }, peers(s, one))
      s:learn(one)
      if not one.failed then
        put(seen, place, who)
        put(doing, operation, who)
        tenants[tenant] = true
      end
    end
  end)

  it("agrees on days and recency of every habit", function()
    local s = profiles { forget_days = 20 }
    local random, at, last, days = 11, 0, {}, {}
    local function r(n)
      random = (random * 1103515245 + 12345) % 2147483648
      return random // 65536 % n + 1
    end
    for _ = 1, 5000 do
      at = at + r(30) * HOUR // 2
      local today = at // DAY
      local one = act { principal = "p" .. r(3), operation = r(6) * r(9), network = r(20), app = "a" .. r(5),
        subscription = "s" .. r(6), at = at }
      local p = s:look(one)
      for thing, value in pairs { operation = one.operation, network = one.network, app = one.app,
        subscription = one.subscription, app_in_subscription = one.app .. one.subscription } do
        local key = one.principal .. thing .. value
        if last[key] and today - last[key] > 20 then last[key], days[key] = nil, nil end
        local ago = last[key] and today - last[key]
        local first_today = thing ~= "operation" and ago == 0 and days[key] == 1
        local counted = math.min(days[key] or 0, 127) -- as high as it counts
        assert.same({ ago ~= nil and not first_today, counted, ago }, known(p[thing]))
        if last[key] ~= today then days[key] = (days[key] or 0) + 1 end
        last[key] = today
      end
      s:learn(one)
    end
  end)
end)
