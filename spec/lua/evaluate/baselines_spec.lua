-- The naive baselines: what they remember, and that they alert where such rules do.
local testing = require "armrun.testing"

local WRITE <const> = "Microsoft.Compute/virtualMachines/write"
local KEYS <const> = "Microsoft.Storage/storageAccounts/listKeys/action"
local folder <const> = "lua/armrun/evaluate/baselines/"

-- Does the same act days after the first one raise a second alert?
local function alerts_after(days)
  local story = testing.story(folder .. "new_terms_" .. days .. ".lua")
  return function(gap)
    story:act { at = "10h", by = "dev", does = WRITE, on = "vm" }
    story:days(gap)
    story:act { at = "10h", by = "dev", does = WRITE, on = "vm" }
    local count = 0
    for _, alert in ipairs(story:alerts("NAIVE_NewTerms" .. days)) do
      count = count + (alert.principal.name == "dev@contoso.com" and 1 or 0)
    end
    return count
  end
end

describe("the baseline of new terms", function()
  for _, days in ipairs { 7, 14, 90 } do
    it("forgets after " .. days .. " days", function()
      assert.equal(1, alerts_after(days)(days))
      assert.equal(2, alerts_after(days)(days + 1))
    end)
  end

  it("counts from the last time, not from the first", function()
    local story = testing.story(folder .. "new_terms_7.lua")
    story:days(30, function() story:act { at = "10h", by = "dev", does = WRITE, on = "vm" } end)
    assert.equal(1, #story:alerts "NAIVE_NewTerms7")
  end)

  it("raises one alert per principal and operation, and none for Microsoft's own identities", function()
    local story = testing.story(folder .. "new_terms_7.lua")
    for _, by in ipairs { "dev", "ops" } do
      for _, does in ipairs { WRITE, KEYS, WRITE } do story:act { by = by, does = does, on = "x" } end
    end
    story:act { by = "backup", kind = "platform", does = WRITE, on = "x" }
    assert.equal(4, #story:alerts "NAIVE_NewTerms7")
  end)
end)

describe("the baseline of single events", function()
  local ID <const> = "NAIVE_SingleEvent"

  it("alerts at every act of the catalogue, everyday ones too", function()
    local story = testing.story(folder .. "single_event.lua")
    story:act { at = "1h", by = "dev", does = KEYS, on = "sa" }
    story:act { at = "3h", by = "dev", does = KEYS, on = "sa" }
    story:act { at = "3h", by = "dev", does = "Microsoft.Automation/automationAccounts/jobs/write", on = "j" }
    assert.equal(3, #story:alerts(ID))
  end)

  it("is silent about anything else, and joins what comes within an hour", function()
    local story = testing.story(folder .. "single_event.lua")
    story:act { at = "1h", by = "dev", does = "Microsoft.Resources/tags/write", on = "sa" }
    assert.equal(0, #story:alerts(ID))
    story:act { at = "2h", by = "dev", does = KEYS, on = "sa" }
    story:act { at = "2h", by = "dev", does = KEYS, on = "sb" }
    assert.equal(1, #story:alerts(ID))
  end)
end)
