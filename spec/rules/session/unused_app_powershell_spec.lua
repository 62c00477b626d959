-- ARM_UnusedAppPowershellPersistence: PowerShell by somebody who works with other tools.
local testing = require "armrun.testing"

local ID <const> = "ARM_UnusedAppPowershellPersistence"
local ROLE <const> = "Microsoft.Authorization/roleAssignments/write"
local TAG <const> = "Microsoft.Resources/tags/write"

local function act(s, at, does, extra)
  local given = { at = at, by = "mallory", does = does, on = "x1", app = "powershell" }
  for key, value in pairs(extra or {}) do given[key] = value end
  return s:act(given)
end

-- `days` days on which others work; mallory does on the days that `apps` names, and with what.
local function habit(days, apps)
  local s = testing.story "rules/session/unused_app_powershell.lua"
  return s:days(days, function(day)
    s:act { at = "9h", by = "operator", does = TAG, on = "default" }
    if apps[day] then s:act { at = "10h", by = "mallory", does = TAG, on = "t1", app = apps[day] } end
  end)
end

local portal <const> = { "portal", [20] = "cli", [30] = "portal", [31] = "portal", [44] = "portal" }

local function with(days)
  local apps = {}
  for day, app in pairs(portal) do apps[day] = app end
  for day, app in pairs(days) do apps[day] = app or nil end
  return apps
end

describe(ID, function()
  it("fires when who works with other tools secures a foothold with PowerShell, never used", function()
    assert.alert(act(habit(45, portal), "11h", ROLE), ID, { severity = "medium", principal = "mallory",
      resource = "x1", count = 1, reasons = { powershell_unused = { threshold = 45 }, active_otherwise = { days = 5 },
        foothold = { operation = ROLE:lower() } } })
  end)

  it("is the same shuffled, doubled, in any shape, among ordinary acts", function()
    for _, shape in ipairs { "rest", "eventhub", "loganalytics", "mixed" } do
      local s = act(habit(45, portal), "11h", ROLE):ordinary(1000):shape(shape):shuffle(3):duplicate()
      assert.alert(s, ID, { principal = "mallory", resource = "x1", count = 1 })
    end
  end)

  it("needs 45 days without PowerShell", function()
    assert.alert(act(habit(50, with { [5] = "powershell" }), "11h", ROLE), ID,
      { count = 1, reasons = { powershell_unused = { idle = 46 } } })
    assert.alert(act(habit(50, with { [6] = "powershell" }), "11h", ROLE), ID, { count = 1 })
    assert.quiet(act(habit(50, with { [7] = "powershell" }), "11h", ROLE))
  end)

  -- The first reason of the one alert.
  local function words(s)
    assert.alert(s, ID, { count = 1 })
    return s:alerts(ID)[1].reasons[1].text
  end

  it("says when PowerShell was used last, if it ever was", function()
    assert.equal("came through PowerShell, never used before", words(act(habit(45, portal), "11h", ROLE)))
    assert.equal("came through PowerShell, last used 46 days ago",
      words(act(habit(50, with { [5] = "powershell" }), "11h", ROLE)))
  end)

  it("needs five days of work with other tools", function()
    assert.quiet(act(habit(45, with { [20] = false }), "11h", ROLE))
    assert.quiet(act(habit(50, with { [20] = false, [5] = "powershell" }), "11h", ROLE))
  end)

  it("needs to know the account for 45 days", function()
    local late = with { [1] = false, [2] = "portal" }
    assert.quiet(act(habit(46, late), "9h59m", ROLE))
    assert.alert(act(habit(46, late), "10h", ROLE), ID, { count = 1 })
  end)

  it("learns for 14 days", function()
    local week <const> = { "portal", "portal", "portal", "cli", "portal" }
    local tuned <const> = ('tune "%s" { observed = "10d" }'):format(ID)
    assert.quiet(act(habit(13, week), "11h", ROLE):tune(tuned))
    assert.alert(act(habit(14, week), "11h", ROLE):tune(tuned), ID, { count = 1 })
  end)

  it("leaves who was away altogether to the idle accounts", function()
    assert.quiet(act(habit(88, portal), "10h", ROLE)) -- 45 days after the 44th
    assert.alert(act(habit(88, portal), "9h59m", ROLE), ID, { count = 1 })
  end)

  describe("in a session that something else began", function()
    local function begun(more) return act(habit(45, portal), "11h", TAG, more) end

    it("fires, and names both acts", function()
      local s = act(begun(), "11h59m", ROLE)
      assert.alert(s, ID, { count = 1, resource = "x1",
        reasons = { powershell_unused = { seconds = 59 * 60, threshold = 45 } } })
      local alert = s:alerts(ID)[1]
      assert.equal("came through PowerShell 59 min before, never used before", alert.reasons[1].text)
      assert.equal(4, #alert.evidence) -- two records of each
    end)

    it("fires when PowerShell comes back within the 90 days that are remembered", function()
      local s = act(act(habit(50, with { [5] = "powershell" }), "11h", TAG), "11h10m", ROLE)
      assert.equal("came through PowerShell 10 min before, after 45 days or more without it", words(s))
      assert.quiet(act(act(habit(50, with { [7] = "powershell" }), "11h", TAG), "11h10m", ROLE))
    end)

    it("ends with an hour's pause, and after eight hours", function()
      assert.alert(act(begun(), "12h", ROLE), ID, { count = 1 })
      assert.quiet(act(begun(), "12h0m1s", ROLE))
      local function hours(n, last)
        local s = begun()
        for hour = 12, 11 + n do act(s, hour .. "h", TAG) end
        return act(s, last, ROLE)
      end
      assert.alert(hours(7, "18h59m59s"), ID, { count = 1 })
      assert.quiet(hours(8, "19h0m1s"))
    end)

    it("goes on over midnight, and is over the day after", function()
      assert.alert(act(act(habit(45, portal), "23h50m", TAG), "24h20m", ROLE), ID, { count = 1 })
      assert.quiet(act(begun(), "35h", ROLE))
    end)

    it("is of one person with one client", function()
      local other = act(begun { by = "operator" }, "11h20m", TAG, { app = "cli" })
      assert.quiet(act(act(other, "11h30m", ROLE, { app = "cli" }), "11h30m", ROLE, { app = "portal" }))
      assert.alert(act(begun { by = "operator" }, "11h30m", ROLE), ID, { count = 1, principal = "mallory" })
      assert.quiet(act(begun { app = "cli" }, "11h30m", ROLE, { by = "operator", app = "cli" }))
    end)

    it("is not begun by a failed act, nor by signing in", function()
      local s = act(act(habit(45, portal), "8h", TAG, { status = "failed" }), "12h", ROLE)
      assert.equal("came through PowerShell, never used before", words(s))
      s = act(habit(45, portal), "8h", "Sign-in activity", { source = "signin" })
      assert.equal("came through PowerShell, never used before", words(act(s, "12h", ROLE)))
    end)
  end)

  it("takes everyday operations for footholds when their request is dangerous", function()
    local server <const> = "Microsoft.Sql/servers/write"
    local function body(properties) return { body = { properties = properties } } end
    assert.alert(act(habit(45, portal), "11h", server, body { administratorLoginPassword = "******" }), ID, { count = 1,
      reasons = { foothold = { operation = server:lower(), dangerous = "the administrator's password is set" } } })
    assert.quiet(act(habit(45, portal), "11h", server, body { publicNetworkAccess = "Disabled" }))
    assert.quiet(act(habit(45, portal), "11h", server))
  end)

  it("makes one alert of one session, two of two people", function()
    local s = act(act(habit(45, portal), "11h", ROLE), "12h", "Microsoft.Automation/automationAccounts/write")
    assert.alert(s, ID, { count = 1 })
    assert.alert(act(s, "13h", ROLE, { by = "operator" }), ID, { count = 2, principal = "operator" })
  end)

  it("is silent at look-alikes: another tool, a harmless, everyday or failed act, an application", function()
    local s = act(habit(45, portal), "11h", ROLE, { app = "cli" })
    act(s, "11h1m", ROLE, { app = "an app of another maker" })
    act(s, "11h2m", TAG)
    act(s, "11h2m", "Microsoft.Web/sites/write")
    act(s, "11h3m", "Microsoft.Storage/storageAccounts/listKeys/action")
    act(s, "11h4m", ROLE, { status = "failed" })
    assert.quiet(s)
    local app = testing.story "rules/session/unused_app_powershell.lua"
    app:days(45, function() act(app, "10h", TAG, { kind = "service_principal", app = "cli" }) end)
    assert.quiet(act(app, "11h", ROLE, { kind = "service_principal" }))
    assert.quiet(act(habit(45, portal), "11h", ROLE, { by = false }))
  end)
end)
