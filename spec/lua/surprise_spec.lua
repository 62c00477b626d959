-- The parts of the score, each by itself. Acts are plain tables here; every number was worked out by hand.
describe("surprise", function()
  local surprise

  setup(function()
    rawset(_G, "contains", function(text, part) return text:find(part, 1, true) ~= nil end)
    rawset(_G, "prefix", function(text, part) return text:lower():sub(1, #part) == part end)
    package.loaded["armrun.surprise"], package.loaded["armrun.catalog.everyday"] = nil, nil
    surprise = require "armrun.surprise"
  end)
  teardown(function()
    rawset(_G, "contains", nil)
    rawset(_G, "prefix", nil)
  end)

  local function known(days, ago) return { known = days > 0, days = days, last_days_ago = ago } end

  -- Settled for 54 active days, of 60: with ten average days of its kind, rates are of 64. Everything it does is new.
  local function past(changes)
    local p = {
      found = true, settled = true, settled_days = 54, active_days = 60, first = 0, operations_new = 0,
      operations_new_days = 0, networks_new = 0, apps_new = 0, subscriptions_new = 0, operations_new_lately = 0,
      operation = known(0), network = known(0), app = known(0), subscription = known(0),
    }
    for key, value in pairs(changes or {}) do p[key] = value end
    return p
  end

  -- None of seven does it; nothing has been learnt of the tenant.
  local function peers(changes)
    local p = { principals = 7, doing = 0, tenant_first = false, settled_days = 0, operations_new_days = 0,
      networks_new = 0, apps_new = 0, subscriptions_new = 0 }
    for key, value in pairs(changes or {}) do p[key] = value end
    return p
  end

  local function act(changes)
    local a = {
      operation = "microsoft.x/y/action", time = 40 * 86400 + 3 * 3600 + 600, network = "203.0.113.0",
      ip = "203.0.113.9",
      subscription = "s", status = "succeeded", principal = { kind = "user", app_id = "a", app_name = "Azure CLI" },
      peers = peers(), risk = { everyday = false },
      intel = { tagged = function() return false end }, profile = past(),
      body = function() return nil end, has = function() return false end,
    }
    for key, value in pairs(changes or {}) do a[key] = value end
    return a
  end

  local machine = { kind = "service_principal", app_id = "a" }

  it("is minus the logarithm of the probability, from nothing to the cap", function()
    assert.same({ 0, 1, 2, 3, 5, 5, 0 }, { surprise.bits(1, 5), surprise.bits(0.5, 5), surprise.bits(0.25, 5),
      surprise.bits(0.125, 5), surprise.bits(1 / 1024, 5), surprise.bits(0, 5), surprise.bits(2, 5) })
  end)

  it("averages a principal's rate with ten days of its kind's", function()
    assert.equal(0.25, surprise.rate(4, 6, 0))
    assert.equal(0.0625, surprise.rate(1, 6, 0))
    assert.equal(0.5, surprise.rate(0, 0, 0.5)) -- has just settled
    assert.is_true(math.abs(surprise.rate(0, 10, 1 / 40) - 0.0125) < 1e-12)
  end)

  describe("by a new operation", function()
    local function bits(changes, who)
      local found = surprise.new_operation(act { principal = who }, past(changes))
      return found and found.bits
    end

    it("is seven bits at most", function() assert.equal(7, bits()) end) -- (10/40) / 64 would be 8
    it("is -log2((1 + 10/40) / 64) for one day of 54", function()
      assert.equal(5.68, bits { operations_new_days = 1 })
    end)
    it("is -log2((1 + 10/120) / 64) for a machine", function()
      assert.equal(5.88, bits({ operations_new_days = 1 }, machine))
    end)
    it("is -log2(1/40) when there is no record yet", function() assert.equal(5.32, bits { settled_days = 0 }) end)
    it("is by the days that bring one, however many: little for every day", function()
      assert.equal(5.68, bits { operations_new = 40, operations_new_days = 1 })
      assert.equal(0.24, bits { operations_new = 54, operations_new_days = 54 }) -- -log2((54 + 10/40) / 64)
    end)
    it("is nothing when it is known", function() assert.is_nil(bits { operation = known(3, 5) }) end)

    it("says so with its numbers", function()
      local found = surprise.new_operation(act(), past { operations_new_days = 2 })
      assert.same({ operation = "microsoft.x/y/action", new = 2, days = 54, active_days = 60, bits = found.bits },
        found.values)
      assert.equal("{operation} is new to it; a new high-risk operation on {new} of {days} active days", found.text)
    end)
  end)

  describe("by what peers do", function()
    local function bits(doing, principals, first)
      local found = surprise.rare_here(act { peers = { doing = doing, principals = principals, tenant_first = first } })
      return found and found.bits
    end

    it("is -log2((k + 0.5) / (n + 1))", function()
      assert.equal(4, bits(0, 7)) -- 0.5 / 8
      assert.equal(2, bits(1, 5)) -- 1.5 / 6
      assert.equal(1, bits(3, 6)) -- 3.5 / 7
    end)
    it("is six bits at most", function() assert.equal(6, bits(0, 1000)) end)
    it("is one more when nobody in the tenant did it", function()
      assert.equal(5, bits(0, 7, true))
      assert.equal(7, bits(0, 1000, true))
    end)
    it("is little when all of them do", function() assert.equal(0.07, bits(9, 9)) end) -- 9.5 / 10
  end)

  describe("by a new network", function()
    local function bits(changes, more)
      local found = surprise.new_network(act(more), past(changes))
      return found and found.bits
    end

    it("is six bits at most", function() assert.equal(6, bits()) end) -- (10/20) / 64 would be 7
    it("is nothing for who has a new one every day", function() assert.is_nil(bits { networks_new = 64 }) end)
    it("is -log2((4 + 10/20) / 64) for four in 54 days", function() assert.equal(3.83, bits { networks_new = 4 }) end)
    it("is nothing when it is known, or no network at all", function()
      assert.is_nil(bits { network = known(1, 0) })
      local nowhere = act()
      nowhere.network = nil
      assert.is_nil(surprise.new_network(nowhere, past()))
    end)
  end)

  it("by a new client is five bits at most", function()
    assert.equal(5, surprise.new_app(act(), past()).bits)
    assert.equal(4.88, surprise.new_app(act(), past { apps_new = 2 }).bits) -- -log2((2 + 10/60) / 64)
    assert.equal("Azure CLI", surprise.new_app(act(), past()).values.app)
    assert.equal("a", surprise.new_app(act { principal = machine }, past()).values.app)
    assert.is_nil(surprise.new_app(act(), past { app = known(9, 1) }))
  end)

  it("by the hour is -log2 of eight times the share of three hours", function()
    local function at(share, who)
      local found = surprise.odd_hour(act { principal = who }, past { hour_share = share })
      return found and found.bits
    end
    assert.equal(1, at(0.0625))
    assert.equal(2, at(0.03125))
    assert.equal(3, at(0))
    assert.is_nil(at(0.125))
    assert.is_nil(at(0.8))
    assert.is_nil(at(nil))
    assert.is_nil(at(0, machine))
    assert.same({ clock = "03:10", percent = 3, bits = 2 },
      surprise.odd_hour(act(), past { hour_share = 0.03125 }).values)
  end)

  it("by a new subscription is four bits at most, and not for the first of all", function()
    assert.equal(4, surprise.new_subscription(act(), past()).bits)
    -- -log2((4 + 10/60) / 64)
    assert.equal(3.94, surprise.new_subscription(act(), past { subscriptions_new = 4 }).bits)
    assert.is_nil(surprise.new_subscription(act(), past { found = false }))
    assert.is_nil(surprise.new_subscription(act(), past { subscription = known(1, 1) }))
  end)

  describe("by what is usual in the tenant", function()
    -- Of who has just settled, so that there is no record but the tenant's: of 100 days, and the constants for 300.
    local function bits(what, changes, who)
      return surprise[what](act { peers = peers(changes), principal = who }, past { settled_days = 0 }).bits
    end

    it("is -log2((5 + 300/40) / 400) for a new operation", function()
      assert.equal(5, bits("new_operation", { settled_days = 100, operations_new_days = 5 }))
    end)
    it("is -log2((10 + 300/20) / 400) for a new network", function()
      assert.equal(4, bits("new_network", { settled_days = 100, networks_new = 10 }))
    end)
    it("is -log2((20 + 300/60) / 400) for a new client", function()
      assert.equal(4, bits("new_app", { settled_days = 100, apps_new = 20 }))
    end)
    it("is -log2((45 + 300/60) / 400) for a new subscription", function()
      assert.equal(3, bits("new_subscription", { settled_days = 100, subscriptions_new = 45 }))
    end)
    it("is by the constants of its kind: -log2((5 + 300/60) / 320) for a machine's network", function()
      assert.equal(5, bits("new_network", { settled_days = 20, networks_new = 5 }, machine))
    end)
    it("weighs ten days of a principal's own record: (1 + 10/32) / 64", function()
      local found = surprise.new_operation(act { peers = peers { settled_days = 100, operations_new_days = 5 } },
        past { operations_new_days = 1 })
      assert.equal(5.61, found.bits)
    end)
  end)

  describe("by what else is new just before", function()
    local function after(n, changes)
      local given = { operations_new_lately = n, operations_new = n }
      for key, value in pairs(changes or {}) do given[key] = value end
      local found = surprise.in_one_go(act(), past(given))
      return found and found.bits
    end

    it("is -log2(0.3) for each when there is no record yet, eight bits at most", function()
      assert.same({ 1.74, 5.21, 8 }, { after(1), after(3), after(40) })
      assert.is_nil(after(0))
    end)
    it("is more for who begins one at a time: -log2(0.9 / (6 + 3))", function()
      assert.equal(3.32, after(1, { operations_new = 7, operations_new_days = 6 }))
    end)
    it("is little for whose new ones come in bundles: -log2((6 + 0.9) / (8 + 3))", function()
      assert.equal(0.67, after(1, { operations_new = 9, operations_new_days = 2 }))
    end)
    it("leaves out the very operation, told before", function()
      assert.is_nil(after(1, { operation = { known = false, days = 1, last_days_ago = 0 } }))
    end)
    it("speaks of one as of one", function()
      local function text(n) return surprise.in_one_go(act(), past { operations_new_lately = n, operations_new = n }).text end
      assert.is_truthy(text(1):find("after another new high-risk operation,", 1, true))
      assert.is_truthy(text(2):find("after {others} other new high-risk operations,", 1, true))
      local function networks(n) return surprise.new_network(act(), past { networks_new = n }).text end
      assert.is_truthy(networks(1):find("{new} new network in", 1, true))
      assert.is_truthy(networks(2):find("{new} new networks in", 1, true))
    end)
    it("says so with its numbers", function()
      assert.same({ others = 2, percent = 30, bits = 3.47 },
        surprise.in_one_go(act(), past { operations_new_lately = 2, operations_new = 2 }).values)
    end)
  end)

  it("by a listed address is four bits", function()
    local intel = { feed = "feed", tagged = function(_, tag) return tag == "tor" end }
    assert.same({ ip = "203.0.113.9", tag = "tor", feed = "feed", bits = 4 },
      surprise.listed_address(act { intel = intel }).values)
    assert.is_nil(surprise.listed_address(act()))
    intel.tagged = function(_, tag) return tag == "tor" or tag == "allow" end
    assert.is_nil(surprise.listed_address(act { intel = intel }))
  end)

  it("by a token of another network is two bits", function()
    assert.equal(2, surprise.foreign_token(act { token_network = "198.51.100.0" }).bits)
    assert.is_nil(surprise.foreign_token(act { token_network = "203.0.113.0" }))
    assert.is_nil(surprise.foreign_token(act { token_network = "2001:db8::" }))
    assert.is_nil(surprise.foreign_token(act()))
  end)

  describe("in sum", function()
    -- 7 and 4 by itself; 6, 5, 4 around it.
    local function measure(changes, others) return surprise.measure(act(changes), others or 0, 3) end

    it("is of its parts, each rounded to hundredths", function()
      local sum = measure()
      assert.equal(26, sum.score)
      assert.same({ "new_operation", "rare_here", "new_network", "new_app", "new_subscription" },
        { sum[1].code, sum[2].code, sum[3].code, sum[4].code, sum[5].code })
      assert.is_false(sum.young)
    end)

    it("halves the operation's own part for each thing that weighs less", function()
      assert.equal(20.5, measure { status = "failed" }.score)
      assert.equal(20.5, measure { part_of = "microsoft.resources/deployments/write" }.score)
      assert.equal(26, measure({}, 0).score)
      assert.equal(23.25, measure({}, 1).score) -- three quarters of 11
      assert.equal(21.93, measure({}, 2).score) -- 0.63 of 7, of 4
      assert.equal(20.5, measure({}, 3).score)
      assert.equal(20.5, measure({}, 30).score)
      assert.equal(17.75, measure({ status = "failed" }, 3).score) -- a quarter of 11 is 2.75
    end)

    it("knows who makes a wave: one with habits, at home, by the usual client, from no listed address", function()
      local at_home <const> = { network = known(5, 1), app = known(5, 1) }
      local function makes(changes, more)
        local given = { profile = past(at_home) }
        for key, value in pairs(changes or {}) do given.profile[key] = value end
        for key, value in pairs(more or {}) do given[key] = value end
        return surprise.makes_wave(act(given))
      end
      assert.is_true(makes())
      assert.is_false(makes { settled = false })
      assert.is_false(makes { network = known(0) })
      assert.is_false(makes { app = known(0) })
      assert.is_false(makes({}, { intel = { tagged = function(_, tag) return tag == "tor" end } }))
    end)

    it("is of an everyday operation by its request", function()
      local function everyday(body)
        return surprise.measure(act {
          operation = "microsoft.storage/storageaccounts/blobservices/containers/write", risk = { everyday = true },
          body = function(_, path)
            if path == "properties" then return body end
            return path == "properties.publicAccess" and body and body.publicAccess or nil
          end,
        }, 0, 3)
      end
      assert.is_nil(everyday { publicAccess = "None" })
      assert.equal(26, everyday { publicAccess = "Blob" }.score)
      assert.equal(20.5, everyday(nil).score)
    end)

    it("is nothing for an everyday operation alone", function()
      local at_home = past { network = known(5, 1), app = known(5, 1), subscription = known(5, 1) }
      assert.is_nil(measure { risk = { everyday = true }, profile = at_home })
      assert.equal(11, measure { profile = at_home }.score)
    end)

    it("is by peers and subscription alone for who has not settled", function()
      local sum = measure { profile = past { settled = false, first = 38 * 86400, active_days = 2 } }
      assert.is_true(sum.young)
      assert.equal(8, sum.score) -- 4 and 4
      assert.same({ days = 2, active_days = 2 }, sum[#sum].values)
    end)

    it("may reach what it comes to, and not what is far above", function()
      local random = math.random
      local function maybe(value) return random(2) == 1 and value or nil end
      local function thing() return known(random(0, 3), random(0, 3)) end
      for _ = 1, 3000 do
        local profile = past {
          settled = random(3) > 1, settled_days = random(0, 40), found = random(9) > 1, hour_share = maybe(random()),
          operations_new = random(0, 20), operations_new_days = random(0, 9), networks_new = random(0, 9),
          apps_new = random(0, 4), subscriptions_new = random(0, 4), operations_new_lately = random(0, 3), operation = thing(),
          network = thing(), app = thing(), subscription = thing(),
        }
        local one = act {
          profile = profile, status = maybe "failed" or "succeeded", principal = maybe(machine), part_of = maybe "x",
          peers = peers { principals = random(0, 9), doing = random(0, 9), tenant_first = random(2) == 1,
            settled_days = random(0, 400), operations_new_days = random(0, 99), networks_new = random(0, 99),
            apps_new = random(0, 99), subscriptions_new = random(0, 99) },
          intel = { tagged = function(_, tag) return tag == "tor" and profile.found end },
          token_network = maybe "198.51.100.0",
        }
        local sum = surprise.measure(one, random(0, 4), 3)
        assert.is_true(surprise.may_reach(one, sum.score), "it comes to " .. sum.score)
        assert.is_false(surprise.may_reach(one, 47)) -- more than all caps together
      end
    end)
  end)
end)
