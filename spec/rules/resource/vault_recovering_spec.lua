-- A vault deleted by one and recovered by another: vaults/delete, then vaults/write with createMode recover (or without
-- a body, as most logs have it).
local testing = require "armrun.testing"
local everywhere = require "support.everywhere"

local ID = "Arm_Suspicious_Vault_Recovering"
local VAULTS = "Microsoft.KeyVault/vaults/"
local PURGE = "Microsoft.KeyVault/locations/deletedVaults/purge/action"
local RECOVER = { properties = { createMode = "recover" } }

local function new()
  return testing.story "rules/resource/vault_recovering.lua"
end

local function tell(story, at, who, does, more)
  local act = { at = at, by = who, does = does, on = "payroll-kv", app = "portal" }
  for key, value in pairs(more or {}) do act[key] = value end
  return story:act(act)
end

local function delete(story, at, who, more) return tell(story, at, who, VAULTS .. "delete", more) end
local function write(story, at, who, more) return tell(story, at, who, VAULTS .. "write", more) end

-- Alice deletes, mallory recovers a day later; `more` is about the recovery.
local function theft(more)
  local given = { body = RECOVER, mfa = true }
  for key, value in pairs(more or {}) do given[key] = value end
  return write(delete(new(), "1h", "alice"), "25h", given.by or "mallory", given)
end

-- The same by somebody who recovered vaults of their own before.
local function routine(more)
  local story = new()
  delete(story, "1m", "mallory", { on = "own-kv" })
  write(story, "2m", "mallory", { on = "own-kv", body = RECOVER })
  local given = { body = RECOVER }
  for key, value in pairs(more or {}) do given[key] = value end
  return write(delete(story, "1h", "alice"), given.at or "25h", "mallory", given)
end

-- A secret, a key or a certificate of a vault that lives, in the vault's own log.
local function object(s, at, by, does, path, extra)
  local item = "https://kv1.vault.azure.net/" .. path
  local act = { at = at, by = by, does = does, on = "kv1", source = "keyvault", item = item,
    uri = item .. "?api-version=7.4" }
  for key, value in pairs(extra or {}) do act[key] = value end
  return s:act(act)
end

describe(ID .. " in a vault's own log", function()
  it("fires on an object that another hand had deleted", function()
    for kind, path in pairs { Secret = "secrets", Key = "keys", Certificate = "certificates" } do
      local s = object(new(), "1h", "bob", kind .. "Delete", path .. "/x1")
      object(s, "2h", "mallory", kind .. "Recover", "deleted" .. path .. "/x1/recover")
      assert.alert(s, ID, { severity = "medium", principal = "mallory", count = 1,
        reasons = { other_hand = { object = path .. "/x1", vault = "kv1" }, rare = true } })
    end
  end)

  it("is quiet at the own object, another one, one that was refused, and at deletions", function()
    local own = object(new(), "1h", "mallory", "SecretDelete", "secrets/x1")
    assert.quiet(object(own, "2h", "mallory", "SecretRecover", "deletedsecrets/x1"))
    local s = object(new(), "3h", "bob", "SecretDelete", "secrets/x2")
    object(s, "4h", "mallory", "SecretRecover", "deletedsecrets/x3")
    object(s, "5h", "mallory", "SecretRecover", "deletedsecrets/x2", { status = "failed" })
    object(s, "6h", "mallory", "SecretPurge", "deletedsecrets/x2")
    object(s, "7h", "mallory", "SecretRecover", "deletedsecrets/x2", { on = "kv2" })
    object(s, "8h", "mallory", "SecretRecover", "deletedkeys/x2")
    assert.quiet(s)
    assert.alert(object(s, "9h", "mallory", "SecretRecover", "deletedsecrets/x2"), ID, { count = 1 })
  end)

  it("is quiet at who recovers now and then, and forgets a deletion after 90 days", function()
    local s = object(new(), "1h", "bob", "SecretDelete", "secrets/x1")
    object(s, "1h", "bob", "SecretDelete", "secrets/x2")
    object(s, "2h", "mallory", "SecretRecover", "deletedsecrets/x1")
    assert.alert(object(s, "3h", "mallory", "SecretRecover", "deletedsecrets/x2"), ID, { count = 1 })
    assert.equal(2, #s:alerts(ID)[1].reasons)
    local function after(days)
      local late = object(new(), "1h", "bob", "SecretDelete", "secrets/x1"):days(days)
      return object(late, "2h", "mallory", "SecretRecover", "deletedsecrets/x1")
    end
    assert.alert(after(89), ID, { count = 1 })
    assert.quiet(after(91))
  end)

  it("reads the object from the request, where the record names none", function()
    local s = object(new(), "1h", "bob", "SecretDelete", "secrets/x1")
    object(s, "2h", "mallory", "SecretRecover", "x", { item = "https://kv1.vault.azure.net/",
      uri = "https://kv1.vault.azure.net/deletedsecrets/X1/recover?api-version=7.4" })
    assert.alert(s, ID, { count = 1, reasons = { other_hand = { object = "secrets/x1" } } })
  end)

  it("survives records that name no object", function()
    assert.quiet(object(new(), "1h", "bob", "SecretDelete", "x", { item = "", uri = "x" }))
  end)
end)

describe(ID, function()
  it("fires when another hand, which never recovers any, does it", function()
    assert.alert(theft(), ID, {
      severity = "medium", confidence = "high", principal = "mallory", resource = "payroll-kv", preview = true,
      count = 1,
      reasons = {
        other_hand = { vault = "payroll-kv", deleter = "alice@contoso.com", seconds = 86400 },
        rare = { span = 180 * 86400 },
      },
    })
    assert.equal(2, #theft():alerts(ID)[1].reasons)
  end)

  it("is high when the second factor is missing too", function()
    assert.alert(theft { mfa = false }, ID, { severity = "high", reasons = { "other_hand", "rare", "no_mfa" } })
  end)

  it("is medium for a routined hand without a second factor", function()
    assert.alert(routine { mfa = false }, ID, { severity = "medium", count = 1, reasons = { "other_hand", "no_mfa" } })
    assert.equal(2, #routine({ mfa = false }):alerts(ID)[1].reasons)
  end)

  it("wants one part more than the other hand", function()
    assert.quiet(routine { mfa = true })
    assert.quiet(routine()) -- the log does not tell the factor
  end)

  it("takes a recovery of half a year ago for rare", function()
    local function later(days)
      local story = new()
      delete(story, "1m", "mallory", { on = "own-kv" })
      write(story, "2m", "mallory", { on = "own-kv" })
      delete(story, days - 1 .. "d", "alice")
      return write(story, days .. "d", "mallory", { mfa = true })
    end
    assert.quiet(later(179))
    assert.alert(later(181), ID, { reasons = { "rare" } })
  end)

  it("asks what this principal recovered, not what others did", function()
    local story = new()
    delete(story, "1m", "bob", { on = "other-kv" })
    write(story, "2m", "bob", { on = "other-kv" })
    assert.alert(write(delete(story, "1h", "alice"), "2h", "mallory", { mfa = true }), ID, { reasons = { "rare" } })
  end)

  it("knows a recovery by its body alone, also when the deletion was before the log", function()
    local story = write(new(), "1m", "mallory", { on = "old-kv", body = RECOVER, mfa = true })
    assert.quiet(story) -- whose hand deleted it is not known
    write(delete(story, "1h", "alice"), "2h", "mallory", { body = RECOVER, mfa = true })
    assert.quiet(story) -- but it was a recovery, so another is not rare
    assert.alert(write(delete(write(new(), "1m", "mallory", { on = "new-kv" }), "1h", "alice"), "2h", "mallory"), ID)
  end)

  it("needs no body: a deleted vault's name cannot be used anew", function()
    assert.alert(theft { body = false }, ID, { severity = "medium", confidence = "medium" })
    assert.alert(theft { body = { properties = { createMode = { "recover" } } } }, ID, { confidence = "medium" })
  end)

  it("does not ask applications for a second factor", function()
    assert.alert(theft { by = "ops-app", kind = "service_principal", mfa = false }, ID, {
      severity = "medium", principal = "ops-app",
    })
  end)

  it("is quiet when nothing was deleted, or it was purged, or forgotten", function()
    assert.quiet(write(new(), "25h", "mallory"))
    assert.quiet(write(delete(new(), "1h", "alice", { on = "other-kv" }), "25h", "mallory"))
    local purged = tell(delete(new(), "1h", "alice"), "2h", "alice", PURGE, {
      on = ("/subscriptions/%s/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/payroll-kv")
        :format(testing.guid "subscription"),
    })
    assert.quiet(write(purged, "25h", "mallory"))
    assert.alert(write(delete(new(), "1h", "alice"), "90d", "mallory"), ID)
    assert.quiet(write(delete(new(), "1h", "alice"), "90d2h", "mallory"))
  end)

  it("knows a vault by its name, whatever the case", function()
    assert.alert(theft { on = "Payroll-KV" }, ID, { reasons = { other_hand = { vault = "Payroll-KV" } } })
  end)

  it("counts no call that failed", function()
    assert.quiet(theft { status = "failed" })
    assert.quiet(write(delete(new(), "1h", "alice", { status = "failed" }), "25h", "mallory"))
  end)

  it("is one alert a vault: what is written after the recovery is an update", function()
    local story = write(write(theft(), "26h", "bob"), "80h", "trent")
    assert.alert(story, ID, { count = 1 })
    local two = delete(theft(), "2h", "alice", { on = "second-kv" })
    assert.alert(write(two, "26h", "mallory", { on = "second-kv", mfa = false }), ID, { count = 2 })
  end)

  -- Mallory has worked here for twenty days, through the portal and from one network; `more` is about the recovery.
  local function colleague(more)
    local worked = new()
    worked:days(20, function()
      worked:act { at = "9h", by = "mallory", does = "Microsoft.Resources/tags/write", on = "default", app = "portal",
        ip = "20.1.2.3", kind = more.kind }
    end)
    local given = { body = RECOVER, ip = "20.1.2.3", kind = more.kind }
    for key, value in pairs(more) do given[key] = value end
    return write(delete(worked, "1h", "alice"), "9h", "mallory", given)
  end

  it("is quiet on a colleague who keeps to place and client", function()
    assert.quiet(colleague { mfa = true })
    assert.quiet(colleague {}) -- the log does not tell the factor
    assert.quiet(colleague { kind = "service_principal" })
  end)

  it("fires on a colleague from a new network, with a new client, in a new subscription, without a second factor",
    function()
      assert.alert(colleague { mfa = true, ip = "198.51.100.7" }, ID, { severity = "medium" })
      assert.alert(colleague { mfa = true, app = "powershell" }, ID, { severity = "medium" })
      assert.alert(colleague { mfa = true, sub = "other" }, ID, { severity = "medium" })
      assert.alert(colleague { mfa = false }, ID, { severity = "high" })
    end)

  describe("is quiet about", function()
    it("one person who deletes and recovers", function()
      assert.quiet(write(delete(new(), "1h", "alice"), "2h", "alice", { body = RECOVER, mfa = false }))
    end)

    it("Terraform, which destroys and recovers its own", function()
      local terraform = { kind = "service_principal" }
      assert.quiet(write(delete(new(), "1h", "terraform", terraform), "2h", "terraform", terraform))
    end)

    it("updates of vaults", function()
      local story = new()
      for hour = 1, 5 do write(story, hour .. "h", "worker" .. hour) end
      assert.quiet(story)
    end)
  end)

  for name, check in everywhere(ID, function() return theft { mfa = false } end) do it(name, check) end
end)
