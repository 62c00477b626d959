-- Show-AzureStorageContent: four listKeys an account (containers, blobs, shares, files), account after account.
local testing = require "armrun.testing"
local everywhere = require "support.everywhere"

local ID = "ARM_PowerZure.ShowStorageContent"
local LIST_KEYS = "Microsoft.Storage/storageAccounts/listKeys/action"

-- `times` calls on one account, `every` seconds apart, after what was told before.
local function ask(story, account, times, more)
  more = more or {}
  for i = 1, times do
    local act = { at = (more.from or story.asked or 0) + i * (more.every or 1), by = "mallory", does = LIST_KEYS,
                  on = account, app = "powershell", took = 0.3 }
    for key, value in pairs(more) do
      if key ~= "every" and key ~= "from" then act[key] = value end
    end
    story:act(act)
  end
  story.asked = (more.from or story.asked or 0) + times * (more.every or 1)
  return story
end

local function new()
  return testing.story "rules/toolkit/powerzure/show_storage_content.lua"
end

-- The same number of calls on sa1, sa2 …
local function sweep(accounts, times, more)
  local story = new()
  for i = 1, accounts do ask(story, "sa" .. i, times, more) end
  return story
end

describe(ID, function()
  it("fires when two accounts have four calls each", function()
    assert.alert(sweep(2, 4), ID, {
      severity = "high", confidence = "high", principal = "mallory", resource = "sa1", count = 1,
      reasons = { four_calls_each = { accounts = 2, calls = 4, seconds = 7 } },
    })
  end)

  it("fires from any client but the portal", function()
    assert.alert(sweep(2, 4, { app = "cli" }), ID, { confidence = "high", resource = "sa2" })
    assert.quiet(sweep(5, 4, { app = "portal" }))
  end)

  it("is quiet one call short, and with one too many", function()
    assert.quiet(ask(sweep(1, 4, { app = "cli" }), "sa2", 3, { app = "cli" }))
    assert.quiet(sweep(4, 3))
    assert.quiet(sweep(4, 5, { app = "cli" }))
  end)

  it("fires when one account was asked once more, for something else", function()
    assert.alert(ask(ask(sweep(1, 5), "sa2", 4), "sa3", 4), ID, { confidence = "high" })
  end)

  it("fires when one account was taken up twice, for something else", function()
    local story = ask(ask(new(), "sa3", 1, { app = "cli" }), "sa1", 4, { app = "cli" })
    assert.alert(ask(story, "sa2", 4, { app = "cli" }), ID, { confidence = "high" })
    assert.alert(ask(story, "sa3", 4, { app = "cli" }), ID, { confidence = "high", count = 1 })
  end)

  it("forgets after ten minutes", function()
    local function late(from) return ask(sweep(1, 4, { app = "cli" }), "sa2", 4, { app = "cli", from = from }) end
    assert.alert(late(590), ID)  -- 1 s to 594 s
    assert.quiet(late(600))      -- the first call is older than ten minutes when the last comes
  end)

  describe("of one account", function()
    it("fires with low confidence when PowerShell did it within a minute", function()
      assert.alert(sweep(1, 4), ID, {
        severity = "high", confidence = "low", reasons = { four_calls_each = { accounts = 1, seconds = 3 } },
      })
      assert.alert(sweep(1, 4, { every = 20 }), ID, { reasons = { four_calls_each = { seconds = 60 } } })
    end)

    it("is quiet when slower, short of a call, from another client, or beside another account", function()
      assert.quiet(sweep(1, 4, { every = 20.1 }))
      assert.quiet(sweep(1, 3))
      assert.quiet(sweep(1, 4, { app = "cli" }))
      assert.quiet(ask(ask(new(), "sa2", 1), "sa1", 4))
    end)
  end)

  it("counts for each principal and subscription alone", function()
    assert.quiet(ask(sweep(1, 4, { app = "cli" }), "sa2", 4, { by = "trent", app = "cli" }))
    assert.quiet(ask(sweep(1, 4, { app = "cli" }), "sa2", 4, { sub = "other", app = "cli" }))
  end)

  it("counts no call that failed, and none of another log", function()
    assert.quiet(ask(ask(sweep(1, 4, { app = "cli" }), "sa2", 3, { app = "cli" }), "sa2", 1,
      { app = "cli", status = "failed" }))
    assert.quiet(sweep(2, 4, { source = "read" }))
  end)

  it("is one alert within half an hour of quiet, two after", function()
    local function again(from) return ask(sweep(2, 4), "sa9", 4, { from = from }) end
    assert.alert(again(29 * 60), ID, { count = 1 })
    assert.alert(again(31 * 60), ID, { count = 2 })
  end)

  describe("is quiet about", function()
    it("pages of the portal, also when a script asks for keys afterwards", function()
      local story = sweep(2, 4, { app = "portal" })
      assert.quiet(ask(story, "sa3", 1, { app = "cli" }))
    end)

    it("a refresh of Terraform: parallel calls, several an account", function()
      local story = new()
      for round = 1, 4 do
        for i = 1, 5 do
          ask(story, "sa" .. i, 1, { by = "terraform", kind = "service_principal", took = 1.5,
                                     from = round + i * 0.1, every = 0.1 })
        end
      end
      assert.quiet(story)
    end)

    -- Two or more calls an account, round after round, each waiting for the one before.
    local function rounds(accounts, times, n)
      local story = new()
      for _ = 1, n do
        for i = 1, accounts do ask(story, "sa" .. i, times, { by = "app", kind = "service_principal" }) end
      end
      return story
    end

    it("applications that fetch their keys in rounds", function()
      assert.quiet(rounds(2, 2, 2))
      assert.quiet(rounds(3, 2, 2))
      assert.quiet(rounds(3, 1, 4))
      assert.alert(rounds(2, 4, 1), ID)
    end)

    it("services of the platform", function()
      assert.quiet(sweep(3, 4, { by = "backup", kind = "platform", app = "backup" }))
      assert.alert(sweep(3, 4, { by = "nightly", kind = "service_principal" }), ID)
    end)
  end)

  for name, check in everywhere(ID, function() return sweep(2, 4) end) do it(name, check) end
end)
