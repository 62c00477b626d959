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

  it("says when PowerShell was used last, if it ever was", function()
    local function words(apps, days) return act(habit(days, apps), "11h", ROLE):alerts(ID)[1].reasons[1].text end
    assert.equal("came through PowerShell, never used before", words(portal, 45))
    assert.equal("came through PowerShell, last used 46 days ago", words(with { [5] = "powershell" }, 50))
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
