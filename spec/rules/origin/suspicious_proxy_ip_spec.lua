-- One management operation through Tor or an open proxy is enough; VPNs only when the site asks for them.
local testing = require "armrun.testing"
local everywhere = require "support.everywhere"

local ID = "ARM_OperationFromSuspiciousProxyIP"
local TAG = "Microsoft.Resources/tags/write"
local TOR, PROXY, VPN, HOSTING = "51.15.1.1", "51.15.2.2", "51.15.3.3", "51.15.4.4"

local function new()
  return testing.story("rules/origin/suspicious_proxy_ip.lua")
    :intel("tor", { TOR }):intel("proxy", { PROXY, TOR }):intel("vpn", { VPN }):intel("hosting", { HOSTING })
end

-- One act of mallory from this address; `more` overrides.
local function one(ip, more, story)
  local act = { at = "1s", by = "mallory", does = TAG, on = "default", ip = ip }
  for key, value in pairs(more or {}) do act[key] = value end
  return (story or new()):act(act)
end

local with_vpn = ('tune "%s" { vpn = true }'):format(ID)

describe(ID, function()
  it("fires at a Tor exit", function()
    assert.alert(one(TOR), ID, {
      severity = "medium", confidence = "high", principal = "mallory", count = 1,
      reasons = { anonymiser = { ip = TOR, what = "a Tor exit" } },
    })
  end)

  it("fires at an open proxy, a little less sure", function()
    assert.alert(one(PROXY), ID, {
      severity = "medium", confidence = "medium",
      reasons = { anonymiser = { ip = PROXY, what = "an open proxy", feed = "proxy" } },
    })
  end)

  it("leaves VPNs alone unless the site asks", function()
    assert.quiet(one(VPN))
    assert.alert(one(VPN):tune(with_vpn), ID, {
      confidence = "low", reasons = { anonymiser = { ip = VPN, what = "a VPN exit", feed = "vpn" } },
    })
  end)

  it("never counts a VPN that was used on three days before; Tor always", function()
    local function habit(ip)
      local story = new():tune(with_vpn)
      for day = 0, 4 do one(ip, { at = day * 25 .. "h" }, story) end
      return #story:alerts(ID)
    end
    assert.equal(3, habit(VPN)) -- of five days
    assert.equal(5, habit(TOR))
    assert.equal(5, habit(PROXY))
  end)

  it("fires also when the act failed, or its end is unknown", function()
    assert.alert(one(TOR, { status = "failed" }), ID, { count = 1 })
    assert.alert(one(TOR, { status = "started" }), ID, { count = 1 })
  end)

  it("reads the activity log, the directory's and reads; no other log", function()
    local elevate = { source = "directory", does = "Microsoft.Authorization/elevateAccess/action", on = false }
    assert.alert(one(TOR, elevate), ID)
    assert.alert(one(TOR, { source = "read", does = "Microsoft.Storage/storageAccounts/read" }), ID)
    assert.quiet(one(TOR, { source = "keyvault", does = "SecretGet", on = "vault1" }))
    assert.quiet(one(TOR, { source = "audit", does = "Add user", on = false }))
  end)

  it("is one alert a day for each principal and network", function()
    assert.alert(one(TOR, { at = "23h" }, one(TOR)), ID, { count = 1 })
    assert.alert(one(PROXY, { at = "1h" }, one(TOR)), ID, { count = 2 })
    assert.alert(one(TOR, { by = "trent" }, one(TOR)), ID, { count = 2 })
    assert.alert(one(TOR, { at = "25h" }, one(TOR)), ID, { count = 2 })
  end)

  describe("is quiet about", function()
    it("hosting ranges, where build agents live, and unlisted addresses", function()
      assert.quiet(one(HOSTING):tune(with_vpn))
      assert.quiet(one("51.15.9.9"))
      assert.quiet(one(false))
    end)

    it("an address that the site allows", function()
      assert.quiet(one(TOR):intel("allow", { TOR }))
    end)
  end)

  it("cannot fire without such a list, and says so", function()
    local story = testing.story("rules/origin/suspicious_proxy_ip.lua"):intel("malicious", { TOR })
    assert.quiet(one(TOR, {}, story))
    assert.matches("tor", story:run().rules[ID].lacks)
  end)

  for name, check in everywhere(ID, function() return one(TOR) end) do it(name, check) end
end)
