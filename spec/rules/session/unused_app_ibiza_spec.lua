-- Alice works with the command line, day after day; then "she" is in the portal and secures a foothold.
local testing = require "armrun.testing"
local everywhere = require "support.everywhere"

local ID = "ARM_UnusedAppIbizaPersistence"
local TAG = "Microsoft.Resources/tags/write"
local WEBHOOK = "Microsoft.Automation/automationAccounts/webhooks/write"
local GRANT = "Microsoft.Authorization/roleAssignments/write"

local function new()
  return testing.story "rules/session/unused_app_ibiza.lua"
end

-- Ordinary work of alice on these days (0 is the first), at nine.
local function work(story, days, more)
  for _, day in ipairs(days) do
    local act = { at = day * 86400 + 9 * 3600, by = "alice", does = TAG, on = "default", app = "cli" }
    for key, value in pairs(more or {}) do act[key] = value end
    story:act(act)
  end
  return story
end

-- Somebody else keeps the tenant busy, so that it is covered from the first day on.
local function tenant(days)
  local list = {}
  for day = 0, days do list[#list + 1] = day end
  return work(new(), list, { by = "operator" })
end

-- The act in the portal on day 60; `more` overrides.
local function portal(story, more)
  local act = { at = "60d10h", by = "alice", does = WEBHOOK, on = "aa1/hook", app = "portal" }
  for key, value in pairs(more or {}) do act[key] = value end
  return story:act(act)
end

local weekly = { 2, 9, 16, 23, 30, 37, 44, 51, 58 }

local function theft(more)
  return portal(work(tenant(59), weekly), more)
end

describe(ID, function()
  it("fires at the first act in the portal that can secure a foothold", function()
    assert.alert(theft(), ID, {
      severity = "medium", confidence = "medium", principal = "alice", resource = "hook", preview = true, count = 1,
      reasons = {
        portal_unused = { threshold = 45 },
        active_otherwise = { days = 9, threshold = 5 },
        foothold = { operation = WEBHOOK:lower() },
      },
    })
    assert.equal(3, #theft():alerts(ID)[1].reasons)
  end)

  it("fires for raised privileges as well", function()
    local role = { does = "Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions/write", on = "db1/role1" }
    assert.alert(theft(role), ID, { reasons = { "foothold" } })
  end)

  it("counts 45 days without the portal", function()
    local function last_used(day) return portal(work(work(tenant(59), weekly), { day }, { app = "portal" })) end
    assert.alert(last_used(15), ID, { reasons = { portal_unused = { idle = 45 }, active_otherwise = { days = 9 } } })
    assert.equal("came through the portal, last used 45 days ago", last_used(15):alerts(ID)[1].reasons[1].text)
    assert.equal("came through the portal, never used before", theft():alerts(ID)[1].reasons[1].text)
    assert.quiet(last_used(16))
    assert.quiet(last_used(59))
  end)

  it("does not count an act of its own kind in the portal that failed, nor one of another kind", function()
    assert.quiet(theft { status = "failed" })
    assert.quiet(theft { does = TAG })
    assert.quiet(theft { does = "Microsoft.Storage/storageAccounts/listKeys/action", on = "sa1" })
  end)

  it("asks for five days of work with other tools", function()
    assert.alert(portal(work(tenant(59), { 2, 20, 40, 50, 58 })), ID, { reasons = { active_otherwise = { days = 5 } } })
    assert.quiet(portal(work(tenant(59), { 2, 20, 40, 58 })))
    local in_portal = work(work(tenant(59), { 2, 50, 55, 58 }), { 5, 6, 7, 8 }, { app = "portal" })
    assert.quiet(portal(in_portal)) -- eight days, four of them with other tools
  end)

  it("asks for 45 days of knowing the person", function()
    local late = { 15, 20, 30, 40, 50, 58 } -- since day 15, nine o'clock; the act is at ten
    assert.alert(portal(work(tenant(59), late)), ID)
    late[1] = 16
    assert.quiet(portal(work(tenant(59), late)))
  end)

  it("says nothing before the subscription was seen on 14 days", function()
    local function seen_on(others)
      local story = work(new(), { 2, 12, 22, 32, 42, 52 })
      for day = 1, others do work(story, { 20 + day * 2 + 1 }, { by = "operator" }) end
      return portal(story)
    end
    assert.alert(seen_on(8), ID)
    assert.quiet(seen_on(7))
  end)

  it("leaves people to the alert of unused accounts who were away altogether", function()
    assert.quiet(portal(work(tenant(59), { 0, 2, 4, 6, 8, 10, 12 })))
  end)

  describe("of a subscription", function()
    -- The portal daily in one subscription, other tools in another.
    local function two_places(days_there)
      local story = work(tenant(59), { 10, 20, 30, 40, 50, 59 }, { app = "portal", sub = "home" })
      work(story, { 25 }, { sub = "home" })
      for day = 0, 20 do work(story, { day }, { by = "operator", sub = "factory" }) end
      return work(story, days_there, { sub = "factory" })
    end

    it("fires when it was managed for five days, and never in the portal", function()
      assert.alert(portal(two_places { 2, 12, 22, 32, 42 }, { sub = "factory" }), ID, {
        subscription = "factory", count = 1,
        reasons = { portal_new_here = { portal = 6, active = 12 }, active_otherwise = { days = 5 }, foothold = true },
      })
      assert.equal(3, #portal(two_places { 2, 12, 22, 32, 42 }, { sub = "factory" }):alerts(ID)[1].reasons)
    end)

    -- Of twelve days six in the portal: that none of five here is one of them happens in one of 32 cases.
    it("is quiet when that may be chance", function()
      local story = work(tenant(59), { 50, 59 }, { app = "portal", sub = "home" })
      for day = 0, 20 do work(story, { day }, { by = "operator", sub = "factory" }) end
      work(story, { 2, 12, 22, 32, 42 }, { sub = "factory" })
      assert.quiet(portal(story, { sub = "factory" })) -- (5/7)^5 is 0.19
      story:tune [[tune "ARM_UnusedAppIbizaPersistence" { chance = 0.2 }]]
      assert.alert(story, ID, { count = 1, reasons = { portal_new_here = { portal = 2, active = 7 } } })
    end)

    it("is quiet below five days, in the other subscription, and when the portal was used there", function()
      assert.quiet(portal(two_places { 2, 12, 22, 32 }, { sub = "factory" }))
      assert.quiet(portal(two_places { 2, 12, 22, 32, 42 }, { sub = "home" }))
      local used = work(two_places { 2, 12, 22, 32, 42 }, { 45 }, { app = "portal", sub = "factory" })
      assert.quiet(portal(used, { sub = "factory" }))
    end)
  end)

  it("fires later in the session that something harmless began, but for a pause of an hour", function()
    local function then_at(at, more)
      local story = theft { does = TAG, on = "default" }
      return portal(portal(story, { at = "60d10h40m", does = TAG, on = "default" }), { at = at, by = more })
    end
    assert.alert(then_at "60d11h40m", ID, { count = 1, reasons = {
      portal_unused = { seconds = 100 * 60, threshold = 45 }, active_otherwise = { days = 9 } } })
    assert.quiet(then_at "60d11h40m1s")
    assert.quiet(then_at("60d10h50m", "operator2"))
  end)

  it("does not count the activation of a role one is eligible for, but any other request", function()
    local function request(type)
      return theft { does = "Microsoft.Authorization/roleAssignmentScheduleRequests/write", on = testing.guid "request",
        body = { properties = { requestType = type } } }
    end
    for _, type in ipairs { "SelfActivate", "selfActivate", "SelfDeactivate", "SelfExtend", "SelfRenew" } do
      assert.quiet(request(type))
    end
    assert.alert(request "AdminAssign", ID, { count = 1 })
    assert.alert(request(nil), ID, { count = 1 })
  end)

  it("is one alert: afterwards the portal is no longer unused", function()
    local story = theft()
    portal(story, { at = "60d11h", does = GRANT, on = testing.guid "grant" })
    assert.alert(story, ID, { count = 1 })
  end)

  describe("is quiet about", function()
    it("people who live in the portal", function()
      assert.quiet(portal(work(tenant(59), weekly, { app = "portal" })))
    end)

    it("the same act with the usual tool", function()
      assert.quiet(theft { app = "cli" })
      assert.quiet(theft { app = "powershell" })
    end)

    it("somebody who was never seen before", function()
      assert.quiet(theft { by = "newcomer" })
    end)

    it("applications", function()
      local app = { by = "robot", kind = "service_principal" }
      local story = work(tenant(59), weekly, { by = "robot", kind = "service_principal" })
      app.app = "portal"
      assert.quiet(portal(story, app))
    end)
  end)

  for name, check in everywhere(ID, theft) do it(name, check) end
end)
