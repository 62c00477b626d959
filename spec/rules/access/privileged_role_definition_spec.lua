-- ARM_PrivilegedRoleDefinitionCreation: what the role can do, and what is unusual about its author. No warm-up.
local testing = require "armrun.testing"

local ID <const> = "ARM_PrivilegedRoleDefinitionCreation"
local WRITE <const> = "Microsoft.Authorization/roleDefinitions/write"
local TAG <const> = "Microsoft.Resources/tags/write"
local SUB <const> = "/subscriptions/" .. testing.guid "subscription"

local function body(actions, extra)
  local properties = { roleName = "Platform engineers", type = "CustomRole", assignableScopes = { SUB },
    permissions = { { actions = actions, notActions = {} } } }
  for key, value in pairs(extra or {}) do properties[key] = value end
  return { properties = properties }
end

local privileged <const> = body { "*/read", "Microsoft.Authorization/roleAssignments/*" }
local plain <const> = body { "*/read", "Microsoft.Compute/virtualMachines/restart/action" }

local function write(s, at, given, extra)
  local act = { at = at, by = "mallory", does = WRITE, on = SUB .. "/providers/Microsoft.Authorization/roleDefinitions/"
    .. testing.guid(extra and extra.role or "role1"), body = given }
  for key, value in pairs(extra or {}) do if key ~= "role" then act[key] = value end end
  return s:act(act)
end

local function story()
  return testing.story "rules/access/privileged_role_definition.lua"
end

-- 30 days on which mallory works from nine to five, and writes a plain role now and then.
local function settled()
  local s = story()
  return s:days(30, function(day)
    for hour = 9, 16 do s:act { at = hour .. "h", by = "mallory", does = TAG, on = "t1" } end
    if day % 7 == 0 then write(s, "12h", plain, { role = "habit" }) end
  end)
end

describe(ID, function()
  it("fires at a privileged role by who writes none, from the first event", function()
    assert.alert(write(story(), "3s", privileged), ID, { severity = "informational", confidence = "medium",
      principal = "mallory", resource = testing.guid "role1", count = 1, reasons = { rare_author = true,
        privileged = { role = "Platform engineers", where = "a subscription", rules = 1, ways = 0,
          first = "microsoft.authorization/roleassignments/write" } } })
  end)

  it("is the same shuffled, doubled, in any shape, among ordinary acts", function()
    for _, shape in ipairs { "rest", "eventhub", "loganalytics", "mixed" } do
      local s = write(story():days(2), "3h", privileged):ordinary(1000):shape(shape):shuffle(4):duplicate()
      assert.alert(s, ID, { principal = "mallory", count = 1, reasons = { "privileged", "rare_author" } })
    end
  end)

  it("reads the body whatever its case", function()
    local given = '{"Properties":{"RoleName":"x","AssignableScopes":["/"],"Permissions":[{"Actions":["*"]}]}}'
    assert.alert(write(story(), "3s", given), ID,
      { count = 1, reasons = { privileged = { rules = 9, ways = 7, where = "root or a management group" } } })
  end)

  it("needs something unusual: 180 days without a role are", function()
    local function again(days)
      return write(write(story(), "1h", plain, { role = "other" }), days .. "d", privileged)
    end
    assert.quiet(again(180))
    assert.alert(again(181), ID, { count = 1 })
    local s = write(write(story(), "1h", plain, { role = "other" }), "2d", privileged, { by = "trent" })
    assert.alert(s, ID, { count = 1, principal = "trent" })
  end)

  it("is unusual when a harmless role becomes privileged", function()
    local s = write(write(story(), "1h", plain), "2h", privileged)
    assert.alert(s, ID, { count = 1, confidence = "high", reasons = { grew = true } })
    assert.alert(write(s, "2d", privileged), ID, { count = 1 }) -- it is no more than it was
    assert.quiet(write(write(story(), "1h", plain), "2h", privileged, { role = "role2" }))
  end)

  it("is unusual when the name hides it", function()
    local reader = body({ "*" }, { roleName = "Security Reader (EU)" })
    local s = write(write(story(), "1h", plain, { role = "other" }), "2h", reader)
    assert.alert(s, ID, { count = 1, confidence = "medium", reasons = { disguised = true } })
  end)

  it("is unusual from a new network, with a new client, at night", function()
    local function by_night(extra) return write(settled(), "3h", privileged, extra) end
    local far = by_night { ip = "20.99.1.2", app = "portal" }
    assert.alert(far, ID, { count = 1, confidence = "high",
      reasons = { new_network = true, new_app = { app = "Azure portal" }, odd_hour = true } })
    assert.quiet(by_night())
    assert.quiet(write(settled(), "12h", privileged))
    assert.quiet(by_night { ip = "20.99.1.2", app = "portal", body = plain })
  end)

  it("knows no habits of who is new: that is no sign", function()
    local s = write(story(), "1h", plain, { role = "other" })
    assert.quiet(write(s, "2h", privileged, { ip = "20.99.1.2", app = "portal" }))
  end)

  it("says when it does not know the content", function()
    assert.alert(write(story(), "3s"), ID,
      { count = 1, confidence = "low", reasons = { content_unknown = true, rare_author = true } })
    assert.quiet(write(write(story(), "1h", plain, { role = "other" }), "2h"))
    assert.quiet(write(write(story(), "1h", plain), "2h"))
    local long = {}
    for i = 1, 300 do long[i] = "Microsoft.X/a" .. i .. "/read" end
    local s = write(story(), "3s", body(long, { roleName = "Reader" }))
    assert.alert(s, ID, { count = 1, reasons = { content_unknown = { role = "Reader" } } })
    assert.equal(2, #s:alerts(ID)[1].reasons)
  end)

  it("is less sure of a role for a resource group", function()
    local group = body({ "*" }, { assignableScopes = { SUB .. "/resourceGroups/rg" } })
    assert.alert(write(story(), "3s", group), ID, { count = 1, confidence = "low",
      reasons = { privileged = { where = "a resource group" } } })
  end)

  it("tells all data", function()
    local data = body({ "*" }, { permissions = { { actions = { "*" }, dataActions = { "*" } } } })
    assert.alert(write(story(), "3s", data), ID, { count = 1, reasons = { all_data = true } })
  end)

  it("makes one alert of one role and author", function()
    local s = write(write(story(), "1h", privileged), "2h", body { "*" })
    assert.alert(s, ID, { count = 1 })
    assert.equal(2, #s:alerts(ID)[1].reasons)
    assert.alert(write(s, "2h", body({ "*" }, { roleName = "Reader" }), { role = "role2" }), ID, { count = 2 })
  end)

  it("is silent at roles without escalation, or with a condition; at failures, the platform, nobody", function()
    local narrowed = body({}, { permissions = { { actions = { "Microsoft.Authorization/roleAssignments/write" },
      condition = "(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] GuidEquals {x})" } } })
    local s = write(story(), "1h", plain)
    write(s, "1h1m", narrowed, { by = "trent" })
    local reader = { { actions = { "*" }, notActions = { "*/write", "*/action", "*/delete" } } }
    write(s, "1h2m", body({}, { permissions = reader }), { by = "walter" })
    write(s, "1h3m", privileged, { by = "victor", status = "failed" })
    write(s, "1h4m", privileged, { by = "policy", kind = "platform" })
    write(s, "1h5m", privileged, { by = false })
    s:ordinary(1000)
    assert.quiet(s)
  end)
end)
