-- elevateAccess: one call, told by the Directory activity, the Entra audit log, or both.
local testing = require "armrun.testing"
local everywhere = require "support.everywhere"

local ID = "ARM_AnomalousElevateAccess"
local ELEVATE = "Microsoft.Authorization/elevateAccess/action"
local AUDIT = "User has elevated their access to User Access Administrator for their Azure Resources"

local function new()
  return testing.story "rules/access/elevate_access.lua"
end

-- Once, as the Directory activity tells it; `more` overrides.
local function elevate(more, story)
  local act = { at = "1s", by = "mallory", does = ELEVATE, source = "directory", app = "portal" }
  for key, value in pairs(more or {}) do act[key] = value end
  return (story or new()):act(act)
end

local function audited(more, story)
  local act = { at = "3s", by = "mallory", does = AUDIT, source = "audit", service = "Azure RBAC (Elevated Access)" }
  for key, value in pairs(more or {}) do act[key] = value end
  return (story or new()):act(act)
end

-- On each of these days, given in days after the begin.
local function on_days(days)
  local story = new()
  for _, day in ipairs(days) do elevate({ at = day .. "d" }, story) end
  return story
end

describe(ID, function()
  it("fires at the first time", function()
    assert.alert(elevate(), ID, {
      severity = "medium", confidence = "medium", principal = "mallory", resource = "microsoft.authorization",
      count = 1, reasons = { rare = { days = 0, threshold = 3 }, client = { app = "Azure portal" } },
    })
    assert.equal(2, #elevate():alerts(ID)[1].reasons)
  end)

  it("fires from the audit log alone", function()
    assert.alert(audited(), ID, { confidence = "medium", count = 1, reasons = { rare = { days = 0 } } })
    assert.equal(1, #audited():alerts(ID)[1].reasons) -- that log names no client
  end)

  it("tells of a missing second factor, if the log does", function()
    assert.alert(elevate { mfa = false }, ID, { reasons = { "no_mfa" } })
    for _, mfa in ipairs { "unknown", true } do
      local alert = elevate({ mfa = mfa == true or nil }):alerts(ID)[1]
      for _, reason in ipairs(alert.reasons) do assert.not_equal("no_mfa", reason.code) end
    end
  end)

  it("makes one alert of both logs within ten minutes", function()
    local both = audited({}, elevate())
    assert.alert(both, ID, {
      confidence = "medium", count = 1, reasons = { rare = { days = 0 }, told_again = { source = "audit" } },
    })
    assert.alert(audited({ at = 599 }, elevate()), ID, { count = 1, reasons = { rare = { days = 0 } } })
    assert.alert(audited({ at = 603 }, elevate()), ID, { count = 2 })
  end)

  it("is less sure when it was done before", function()
    local alerts = on_days({ 0, 10, 20 }):alerts(ID)
    assert.equal(3, #alerts)
    assert.equal("low", alerts[2].confidence)
    assert.equal(1, alerts[2].reasons[1].values.days)
    assert.equal(2, alerts[3].reasons[1].values.days)
  end)

  it("is quiet when three days of the last half year had it", function()
    assert.alert(on_days { 0, 10, 20, 30 }, ID, { count = 3 })
    assert.alert(on_days { 0, 10, 20, 30, 40, 50 }, ID, { count = 3 })
  end)

  it("does not take three times on one day for a habit", function()
    local story = new()
    for hour = 1, 4 do elevate({ at = hour .. "h" }, story) end
    assert.alert(story, ID, { count = 4 })
  end)

  it("forgets a habit after half a year", function()
    assert.alert(on_days { 0, 10, 20, 199 }, ID, { count = 3 })
    assert.alert(on_days { 0, 10, 20, 201 }, ID, { count = 4 })
  end)

  it("keeps principals apart", function()
    assert.alert(elevate({ at = "30d", by = "trent" }, on_days { 0, 10, 20 }), ID, {
      principal = "trent", confidence = "medium", count = 4,
    })
  end)

  it("counts no call that failed", function()
    assert.quiet(elevate { status = "failed" })
    assert.quiet(audited { status = "failed" })
  end)

  it("takes the audit's sentence from the audit log only, and other operations from none", function()
    assert.quiet(elevate { does = "Microsoft.Authorization/roleAssignments/write" })
    assert.quiet(audited { does = "Add member to role" })
  end)

  for name, check in everywhere(ID, function() return audited({}, elevate()) end) do it(name, check) end
end)
