local testing = require "armrun.testing"
local toolkit = require "support.toolkit"

local ID = "ARM_PowerZure.AzureElevatedPrivileges"
local FILE = "toolkit/powerzure/azure_elevated_privileges.lua"
local OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
local READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"

local function story(...) return toolkit.story(FILE, ...) end

-- POST /providers/Microsoft.Authorization/elevateAccess, as the Directory activity shows it.
local function elevate(extra)
  return toolkit.with({ { at = "10s", by = "mallory", does = "Microsoft.Authorization/elevateAccess/action",
    source = "directory", app = "powershell" } }, extra or {})
end

-- The same act in the Entra audit log.
local function audited(extra)
  return toolkit.with({ { at = "12s", by = "mallory", source = "audit", service = "Azure RBAC (Elevated Access)",
    does = "User has elevated their access to User Access Administrator for their Azure Resources",
    details = { { key = "Operation", value = "Microsoft.Authorization/elevateAccess/action" },
                { key = "User-Agent", value = "Mozilla/5.0 (Windows NT; en-US) WindowsPowerShell/5.1.19041.1237" } },
  } }, extra or {})
end

-- Add-AzureRole at a subscription.
local function grant(role, extra)
  local sub = testing.guid "s1"
  return toolkit.with({ { at = "10m", by = "mallory", does = "Microsoft.Authorization/roleAssignments/write",
    sub = "s1", on = ("/subscriptions/%s/providers/Microsoft.Authorization/roleAssignments/%s"):format(
      sub, testing.guid "ra1"),
    body = { properties = { principalId = testing.guid "mallory",
      roleDefinitionId = ("/subscriptions/%s/providers/Microsoft.Authorization/roleDefinitions/%s"):format(sub, role),
    } } } },
    extra or {})
end

describe(ID, function()
  it("fires on elevateAccess by PowerShell, in the Directory activity", function()
    assert.alert(story(elevate()), ID, { severity = "high", confidence = "medium", principal = "mallory", count = 1,
      reasons = { scripted = { client = "Azure PowerShell" } } })
  end)

  it("fires on it in the Entra audit log, told by its user agent", function()
    assert.alert(story(audited()), ID, { severity = "high", principal = "mallory", count = 1 })
  end)

  it("makes one alert of both feeds", function()
    assert.alert(story(elevate(), audited()), ID, { count = 1 })
  end)

  it("is quiet on the portal's switch, on other clients, and on a record that names none", function()
    assert.quiet(story(elevate { app = "portal" }), ID)
    assert.quiet(story(elevate { app = "cli" }), ID)
    assert.quiet(story(elevate { app = testing.guid "an own application" }), ID)
    assert.quiet(story(audited { details = { { key = "User-Agent", value = "Mozilla/5.0 Chrome/120" } } }), ID)
    assert.quiet(story(audited { details = { { key = "Client", value = "WindowsPowerShell/5.1" } } }), ID)
    assert.quiet(story(audited { details = { array = true } }), ID)
  end)

  it("is quiet when it was refused", function()
    assert.quiet(story(elevate { status = "failed" }), ID)
    assert.quiet(story(audited { status = "failed" }), ID)
  end)

  it("takes Azure CLI, with which version 1 worked, when asked", function()
    local tuned = story(elevate { app = "cli" })
    tuned:tune(('tune "%s" { cli = true }'):format(ID))
    assert.alert(tuned, ID, { reasons = { scripted = { client = "Azure CLI" } } })
    local other = story(elevate { app = "portal" })
    other:tune(('tune "%s" { cli = true }'):format(ID))
    assert.quiet(other, ID)
  end)

  it("is sure when a role over a subscription follows within the hour, in the same alert", function()
    assert.alert(story(elevate(), grant(OWNER)), ID, { confidence = "high", count = 1,
      reasons = { "scripted", owner_grant = { seconds = 590, scope = "a subscription" } } })
    assert.alert(story(elevate(), grant(OWNER, { at = "3610s" })), ID, { confidence = "medium", count = 1 })
    assert.alert(story(elevate(), grant(OWNER, { at = "3609s" })), ID, { confidence = "high", count = 1 })
  end)

  it("is sure when the role is over the whole tenant", function()
    local root = "/providers/Microsoft.Authorization/roleAssignments/" .. testing.guid "ra2"
    assert.alert(story(elevate(), grant(OWNER, { on = root, source = "directory" })), ID,
      { confidence = "high", reasons = { owner_grant = { scope = "the tenant" } } })
  end)

  it("is no surer for a lesser role, a smaller scope, another hand, a refusal, or a role nobody names", function()
    local small = ("/subscriptions/%s/resourceGroups/rg/providers/Microsoft.Authorization/roleAssignments/x"):format(
      testing.guid "s1")
    for _, later in ipairs { grant(READER), grant(OWNER, { on = small }), grant(OWNER, { by = "bob" }),
                             grant(OWNER, { status = "failed" }), grant(OWNER, { body = {} }) } do
      assert.alert(story(elevate(), later), ID, { confidence = "medium", count = 1 })
    end
  end)

  it("is quiet on a grant alone, and after an elevation in the portal", function()
    assert.quiet(story(grant(OWNER)), ID)
    assert.quiet(story(elevate { app = "portal" }, grant(OWNER)), ID)
  end)

  it("makes two alerts of two people, and of one when an hour passes", function()
    assert.alert(story(elevate(), elevate { by = "bob" }), ID, { count = 2 })
    assert.alert(story(elevate(), elevate { at = "3610s" }), ID, { count = 1 })
    assert.alert(story(elevate(), elevate { at = "3611s" }), ID, { count = 2 })
  end)

  it("owns what the anomaly rule sees of it", function()
    local both = testing.story { "rules/" .. FILE, "rules/access/elevate_access.lua" }
    both:act(elevate()[1])
    assert.alert(both, ID, { count = 1 })
    assert.quiet(both, "ARM_AnomalousElevateAccess")
  end)

  it("cannot fire on the activity log of subscriptions alone, and that is told", function()
    local only = story(grant(OWNER))
    assert.equal("directory or audit", only:run().rules[ID].lacks)
    assert.is_nil(story(elevate()):run().rules[ID].lacks)
    assert.is_nil(story(audited()):run().rules[ID].lacks)
  end)

  toolkit.bears(it, function() return story(elevate(), audited(), grant(OWNER)) end, ID,
    { severity = "high", confidence = "high", principal = "mallory" })
end)
