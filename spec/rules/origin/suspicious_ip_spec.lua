-- One management operation from an address that a feed lists is enough.
local testing = require "armrun.testing"
local everywhere = require "support.everywhere"

local ID = "ARM_OperationFromSuspiciousIP"
local TAG = "Microsoft.Resources/tags/write"
local LISTED = "45.155.205.7"

local function new()
  return testing.story("rules/origin/suspicious_ip.lua"):intel("malicious", { "45.155.205.0/24", "2a0b:4340::/32" })
end

-- One act of mallory from the listed address; `more` overrides.
local function one(more, story)
  local act = { at = "1s", by = "mallory", does = TAG, on = "default", ip = LISTED }
  for key, value in pairs(more or {}) do act[key] = value end
  return (story or new()):act(act)
end

describe(ID, function()
  it("fires at the first act", function()
    assert.alert(one(), ID, {
      severity = "medium", confidence = "high", principal = "mallory", count = 1,
      reasons = { listed_address = { ip = LISTED, feed = "malicious" } },
    })
  end)

  it("fires for IPv6", function()
    assert.alert(one { ip = "2a0b:4340:1::9" }, ID, { reasons = { listed_address = { ip = "2a0b:4340:1::9" } } })
  end)

  it("fires also when the act failed, or its end is unknown", function()
    assert.alert(one { status = "failed" }, ID, { count = 1 })
    assert.alert(one { status = "started" }, ID, { count = 1 })
  end)

  it("reads the activity log, the directory's and reads; no other log", function()
    assert.alert(one { source = "directory", does = "Microsoft.Authorization/elevateAccess/action", on = false }, ID)
    assert.alert(one { source = "read", does = "Microsoft.Storage/storageAccounts/read" }, ID)
    assert.quiet(one { source = "keyvault", does = "SecretGet", on = "vault1" })
    assert.quiet(one { source = "audit", does = "Add user", on = false })
  end)

  it("fires for people, applications and the platform", function()
    for _, kind in ipairs { "user", "service_principal", "platform" } do
      assert.alert(one { by = "someone", kind = kind }, ID, { severity = "medium" })
    end
  end)

  it("is one alert a day for each principal and network", function()
    local story = one({ at = "23h", ip = "45.155.205.8" }, one())
    assert.alert(story, ID, { count = 1 })
    assert.alert(one({ by = "trent", at = "2s" }, one()), ID, { count = 2 })
    assert.alert(one({ ip = "2a0b:4340:1::9", at = "2s" }, one()), ID, { count = 2 })
    assert.alert(one({ at = "25h" }, one()), ID, { count = 2 })
  end)

  it("is informational for a network that was used on three days before", function()
    local story = new()
    for day = 0, 3 do one({ at = day * 25 .. "h" }, story) end
    local alerts = story:alerts(ID)
    assert.equal(4, #alerts)
    for day = 1, 3 do assert.equal("medium", alerts[day].severity) end
    local fourth = alerts[4]
    assert.equal("informational", fourth.severity)
    assert.equal("low", fourth.confidence)
    assert.equal("habitual_network", fourth.reasons[2].code)
    assert.same({ days = 3, threshold = 3 }, fourth.reasons[2].values)
  end)

  describe("is quiet about", function()
    it("any other address, and acts without one", function()
      assert.quiet(one { ip = "45.155.206.7" })
      assert.quiet(one { ip = false })
    end)

    it("an address that the site allows", function()
      assert.quiet(one():intel("allow", { LISTED }))
    end)

    it("what other lists tell", function()
      assert.quiet(one({ ip = "51.15.1.1" }):intel("tor", { "51.15.1.1" }))
    end)
  end)

  it("cannot fire without such a feed, and says so", function()
    local story = testing.story "rules/origin/suspicious_ip.lua"
    assert.quiet(one({}, story))
    assert.equal("--intel malicious", story:run().rules[ID].lacks)
  end)

  for name, check in everywhere(ID, one) do it(name, check) end
end)
