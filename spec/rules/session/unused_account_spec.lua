-- ARM_UnusedAccountPersistence: 45 days of silence, then a foothold in the first session; 59 days of coverage.
local testing = require "armrun.testing"

local ID <const> = "ARM_UnusedAccountPersistence"
local ROLE <const> = "Microsoft.Authorization/roleAssignments/write"
local TAG <const> = "Microsoft.Resources/tags/write"

local function story()
  return testing.story "rules/session/unused_account.lua"
end

-- Mallory works on the first day; then others do for `days` days.
local function idle_for(days, extra)
  local s = story()
  s:act { at = "10h", by = "mallory", does = TAG, on = "t1", kind = extra and extra.kind }
  return s:days(days)
end

local function act(s, at, does, extra)
  local given = { at = at, by = "mallory", does = does, on = "x1" }
  for key, value in pairs(extra or {}) do given[key] = value end
  return s:act(given)
end

describe(ID, function()
  it("fires when the first act after 60 days is a foothold", function()
    local s = act(idle_for(60), "10h", ROLE)
    assert.alert(s, ID, { severity = "medium", confidence = "medium", principal = "mallory", resource = "x1", count = 1,
      reasons = { idle = { days = 60, seconds = 0 }, foothold = { operation = ROLE:lower() } } })
    assert.equal(2, #s:alerts(ID)[1].reasons) -- the network is known, how it signed in is not
  end)

  it("fires when the foothold comes later in the session, and shows the return", function()
    local s = idle_for(60)
    for _, at in ipairs { "10h", "10h50m", "11h40m" } do act(s, at, TAG) end
    act(s, "12h30m", ROLE)
    assert.alert(s, ID, { principal = "mallory", resource = "x1", count = 1,
      reasons = { idle = { days = 45, seconds = 9000 } }, -- of a gap so long before it knows the least only
      evidence = function(evidence) return #evidence == 4 and evidence[1].operation == TAG:lower() end })
  end)

  it("says what is new: network, factor", function()
    local s = act(idle_for(60), "10h", ROLE, { ip = "20.99.1.2", mfa = false })
    assert.alert(s, ID, { reasons = { new_network = { at = "20.99.1.0" }, no_mfa = true } })
  end)

  it("is the same shuffled, doubled, in any shape, among ordinary acts", function()
    for _, shape in ipairs { "rest", "eventhub", "loganalytics", "mixed" } do
      local s = act(act(idle_for(60), "10h", TAG), "10h5m", ROLE)
      s:ordinary(1000):shape(shape):shuffle(5):duplicate()
      assert.alert(s, ID, { principal = "mallory", resource = "x1", count = 1, reasons = { idle = { days = 60 } } })
    end
  end)

  it("needs 45 days of silence", function()
    assert.quiet(act(idle_for(59), "10h", ROLE):tune [[tune "ARM_UnusedAccountPersistence" { gap = "60d" }]])
    local s = story():days(16)
    act(s, "10h", TAG):days(45)
    assert.alert(act(s, "10h", ROLE), ID, { count = 1, reasons = { idle = { days = 45 } } })
    s = story():days(16)
    act(s, "10h", TAG):days(45)
    assert.quiet(act(s, "9h59m", ROLE))
  end)

  it("needs 59 days of coverage", function()
    assert.quiet(act(idle_for(58), "10h", ROLE))
    assert.alert(act(idle_for(59), "10h", ROLE), ID, { count = 1 })
  end)

  it("ends the session after an idle hour, at once or between two later acts", function()
    assert.alert(act(act(idle_for(60), "10h", TAG), "11h", ROLE), ID, { count = 1 })
    assert.quiet(act(act(idle_for(60), "10h", TAG), "11h1m", ROLE))
    assert.quiet(act(act(act(idle_for(60), "10h", TAG), "12h", TAG), "12h1m", ROLE))
  end)

  it("ends the session after eight hours", function()
    for last, found in pairs { ["17h59m59s"] = true, ["18h0m1s"] = false } do
      local s = idle_for(60)
      for hour = 10, 17 do act(s, hour .. "h", TAG) end
      assert.equal(found, #act(s, last, ROLE):alerts(ID) == 1)
    end
  end)

  it("does not add up two principals, networks or clients", function()
    assert.quiet(act(act(idle_for(60), "10h", TAG), "10h5m", ROLE, { by = "operator" }))
    assert.quiet(act(act(idle_for(60), "10h", TAG), "10h5m", ROLE, { ip = "20.99.1.2" }))
    assert.quiet(act(act(idle_for(60), "10h", TAG), "10h5m", ROLE, { app = "portal" }))
  end)

  it("takes no failed act for a return, nor for a foothold", function()
    assert.alert(act(act(idle_for(60), "8h", ROLE, { status = "failed" }), "10h", ROLE), ID,
      { count = 1, reasons = { idle = { days = 60, seconds = 0 } } })
    assert.quiet(act(idle_for(60), "10h", ROLE, { status = "failed" }))
  end)

  it("is silent at harmless and everyday operations, at platforms and at nobody", function()
    local s = act(act(idle_for(60), "10h", TAG), "10h5m", "Microsoft.Web/sites/write")
    act(s, "10h6m", "Microsoft.Storage/storageAccounts/listKeys/action")
    act(s, "10h7m", ROLE, { by = false })
    assert.quiet(s)
    local platform = { by = "mallory", kind = "platform" }
    s = act(idle_for(60, platform), "10h", "Microsoft.Automation/automationAccounts/write", platform)
    assert.quiet(s:tune [[tune "ARM_UnusedAccountPersistence" { never_seen = true }]])
    assert.quiet(act(idle_for(60), "10h", "Microsoft.Web/sites/write"))
  end)

  it("takes footholds of either tactic, also as a second one", function()
    for _, does in ipairs { "Microsoft.Storage/storageAccounts/localUsers/write", -- Persistence alone
      "Microsoft.Management/managementGroups/write", -- PrivilegeEscalation alone
      "Microsoft.Web/sites/publishxml/action" } do
      assert.alert(act(idle_for(60), "10h", does), ID, { count = 1 })
    end
  end)

  it("takes everyday operations when their request is dangerous", function()
    local server <const> = "Microsoft.Sql/servers/write"
    local password <const> = { body = { properties = { administratorLoginPassword = "******" } } }
    assert.alert(act(idle_for(60), "10h", server, password), ID, { count = 1, reasons = { foothold = {
      dangerous = "the administrator's password is set" } } })
    assert.quiet(act(idle_for(60), "10h", server, { body = { properties = { publicNetworkAccess = "Disabled" } } }))
  end)

  it("makes one alert of one return", function()
    local s = act(act(idle_for(60), "10h", ROLE), "10h10m", "Microsoft.Automation/automationAccounts/webhooks/write")
    assert.alert(s, ID, { count = 1 })
  end)

  it("leaves strangers alone unless it is told not to", function()
    local s = story():days(60)
    act(s, "10h", TAG)
    act(s, "10h5m", ROLE)
    assert.quiet(s)
    s:tune [[tune "ARM_UnusedAccountPersistence" { never_seen = true }]]
    assert.alert(s, ID, { count = 1, confidence = "low", reasons = { never_seen = { days = 60 } } })
    assert.quiet(act(act(story():days(60), "1h", TAG), "10h", ROLE)
      :tune [[tune "ARM_UnusedAccountPersistence" { never_seen = true }]])
  end)

  describe("and jobs", function()
    -- Runs every `every[i]` days, two acts each time.
    local function job(every)
      local s = story()
      for run = 0, #every do
        act(s, "3h", TAG, { by = "quarter", kind = "service_principal" })
        act(s, "3h5m", ROLE, { by = "quarter", kind = "service_principal" })
        s:days(every[run + 1] or 1)
      end
      return s
    end

    it("is silent at those that come on time", function()
      assert.alert(job { 90 }, ID, { count = 1 }) -- nothing tells yet that it comes each quarter
      assert.alert(job { 90, 92, 89, 91 }, ID, { count = 1 })
      assert.alert(job { 70, 84 }, ID, { count = 1 }) -- a fifth longer
    end)

    it("tells those that come too late or too soon", function()
      assert.alert(job { 70, 85 }, ID, { count = 2 })
      assert.alert(job { 70, 55 }, ID, { count = 2 })
      assert.alert(job { 70, 70, 70, 100 }, ID, { count = 2 })
    end)
  end)
end)
