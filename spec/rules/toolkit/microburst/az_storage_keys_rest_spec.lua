-- Get-AZStorageKeysREST: POST listKeys, once an account, one after the other, about a second each.
local testing = require "armrun.testing"
local everywhere = require "support.everywhere"

local ID = "ARM_MicroBurst.AZStorageKeysREST"
local FILE = "rules/toolkit/microburst/az_storage_keys_rest.lua"
local LIST_KEYS = "Microsoft.Storage/storageAccounts/listKeys/action"

-- Calls on the accounts in this order, `every` seconds apart; further fields go to each act.
local function calls(story, accounts, more)
  local every = more and more.every or 1
  local from = more and more.from or 0
  for i, account in ipairs(accounts) do
    local act = { at = from + i * every, took = 0.3, by = "mallory", app = "powershell", does = LIST_KEYS,
                  on = account }
    for key, value in pairs(more or {}) do
      if key ~= "every" and key ~= "from" then act[key] = value end
    end
    story:act(act)
  end
  return story
end

local function story(accounts, more)
  return calls(testing.story(FILE), accounts, more)
end

-- sa1 … san
local function accounts(n)
  local list = {}
  for i = 1, n do list[i] = "sa" .. i end
  return list
end

describe(ID, function()
  it("fires at the third account", function()
    assert.alert(story(accounts(3)), ID, {
      severity = "low", confidence = "medium", principal = "mallory", resource = "sa3", count = 1,
      reasons = { keys_listed = { accounts = 3, seconds = 2, threshold = 3 } },
    })
  end)

  it("counts on in the same alert", function()
    assert.alert(story(accounts(9)), ID, { count = 1, reasons = { keys_listed = { accounts = 9, seconds = 8 } } })
  end)

  it("is quiet one account short", function()
    assert.quiet(story(accounts(2)))
  end)

  it("is quiet when an account is asked twice", function()
    assert.quiet(story { "sa1", "sa1", "sa2", "sa3", "sa4" })
  end)

  it("forgets after five minutes that an account was asked before", function()
    local early = function(from) return calls(story { "sa1" }, accounts(3), { from = from }) end
    assert.quiet(early(290)) -- 1 s and 291 s: asked twice
    assert.alert(early(305), ID, { reasons = { keys_listed = { accounts = 3 } } })
  end)

  it("is quiet when the pace is that of a person: more than three seconds at the median", function()
    assert.alert(story(accounts(3), { every = 3 }), ID)
    assert.quiet(story(accounts(6), { every = 3.1 }))
  end)

  it("is quiet when all took longer than thirty seconds, or three an account", function()
    local function late(n, from)
      return calls(story { "sa0" }, accounts(n), { from = from or 31, every = 0.5 }) -- at 1 s, then 31.5 s, 32 s …
    end
    assert.alert(late(3, 20), ID, { reasons = { keys_listed = { accounts = 4, seconds = 20.5 } } })
    assert.quiet(late(3))
    assert.quiet(late(10)) -- 11 accounts in 35 s
    assert.alert(late(11), ID, { reasons = { keys_listed = { accounts = 12, seconds = 35.5 } } })
  end)

  it("counts for each principal and subscription alone", function()
    local two_people = calls(story(accounts(2)), { "sa3", "sa4" }, { by = "trent", from = 2 })
    assert.quiet(two_people)
    assert.quiet(calls(story(accounts(2)), { "sa3", "sa4" }, { sub = "other", from = 2 }))
  end)

  it("counts no call that failed", function()
    assert.quiet(calls(story(accounts(2)), { "sa3" }, { status = "failed", from = 2 }))
  end)

  it("reads the activity log only", function()
    assert.quiet(story(accounts(3), { source = "read" }))
  end)

  it("is one alert when the tool runs again within eight hours, two when later", function()
    assert.alert(calls(story(accounts(3)), accounts(3), { from = 28700 }), ID, { count = 1 })
    assert.alert(calls(story(accounts(3)), accounts(3), { from = 28900 }), ID, { count = 2 })
  end)

  it("yields to PowerZure when the calls go on to four an account", function()
    local both = testing.story { FILE, "rules/toolkit/powerzure/show_storage_content.lua" }
    calls(both, { "sb1", "sb2", "sb3", "sa1", "sa1", "sa1", "sa1", "sa2", "sa2", "sa2", "sa2" })
    assert.quiet(both, ID)
    assert.alert(both, "ARM_PowerZure.ShowStorageContent", {
      siblings = function(siblings) return siblings[1] == ID and #siblings == 1 end,
    })
  end)

  -- Three accounts, at each of these seconds.
  local function at(...)
    local told = testing.story(FILE)
    for _, from in ipairs { ... } do calls(told, accounts(3), { from = from }) end
    return told
  end
  local DAY <const> = 86400

  it("is quiet on who did so on a day before, within thirty", function()
    assert.alert(at(0, DAY, 2 * DAY), ID, { count = 1 })
    assert.alert(at(0, 30 * DAY - 100), ID, { count = 1 })
    assert.alert(at(0, 30 * DAY + 100), ID, { count = 2 })
    assert.alert(at(0, 71990), ID, { count = 2 })
    assert.alert(at(0, 72010), ID, { count = 1 })
    assert.alert(at(0, DAY, 2 * DAY):tune(('tune "%s" { days = 2 }'):format(ID)), ID, { count = 2 })
  end)

  it("asks for the habit of this principal in this subscription", function()
    for _, field in ipairs { { by = "trent" }, { sub = "other" } } do
      field.from = 2 * DAY
      assert.alert(calls(at(0), accounts(3), field), ID, { count = 2 })
    end
    local two_only = calls(testing.story(FILE), accounts(2))
    assert.alert(calls(two_only, accounts(3), { from = DAY }), ID, { count = 1 }) -- two accounts are no habit
  end)

  -- Three accounts, and reads of so many kinds by the same principal, so many seconds before the first.
  local function with_reads(n, seconds, more)
    local told = testing.story(FILE)
    local kinds = { "Microsoft.Compute/disks/read", "Microsoft.Web/sites/read", "Microsoft.KeyVault/vaults/read" }
    for i = 1, n do
      local act = { at = 100 - seconds, by = "mallory", does = kinds[i], on = "x", source = "read", app = "powershell" }
      for key, value in pairs(more or {}) do act[key] = value end
      told:act(act)
    end
    return calls(told, accounts(3), { from = 100 })
  end

  it("is quiet when three other kinds of things were read in the same minute", function()
    assert.quiet(with_reads(3, 1))
    assert.quiet(with_reads(3, 56)) -- 59 s before the last
    assert.alert(with_reads(3, 58), ID)
    assert.alert(with_reads(2, 1), ID)
    assert.alert(with_reads(3, 1, { does = "Microsoft.Storage/storageAccounts/read" }), ID)
    for _, field in ipairs { { by = "trent" }, { sub = "other" }, { app = "portal" } } do
      assert.alert(with_reads(3, 1, field), ID)
    end
  end)

  describe("is quiet about", function()
    it("a refresh of Terraform: parallel calls", function()
      assert.quiet(story(accounts(10), { by = "terraform", kind = "service_principal", every = 0.2, took = 1.5 }))
    end)

    it("a refresh of Terraform: each account again and again", function()
      local twice_each = { "sa1", "sa1", "sa2", "sa2", "sa3", "sa3" }
      assert.quiet(story(twice_each, { by = "terraform", kind = "service_principal" }))
    end)

    it("the storage browser of the portal: one account", function()
      assert.quiet(story({ "sa1", "sa1" }, { app = "portal" }))
    end)

    it("Azure Backup and other services of the platform", function()
      assert.quiet(story(accounts(5), { by = "backup", kind = "platform", app = "backup" }))
      assert.alert(story(accounts(5), { by = "nightly", kind = "service_principal" }), ID)
    end)
  end)

  for name, check in everywhere(ID, function() return story(accounts(4)) end) do it(name, check) end
end)
