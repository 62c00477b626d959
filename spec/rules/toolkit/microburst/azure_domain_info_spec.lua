local testing = require "armrun.testing"
local runs = require "support.domain_info"
local toolkit = require "support.toolkit"

local ID = "ARM_MicroBurst.AzureDomainInfo"
local FILE = "toolkit/microburst/azure_domain_info.lua"

-- Eight kinds, with access, network and disks among them.
local EIGHT = "storage groups sql web disks machines network access"

local function story(...) return toolkit.story(FILE, ...) end

describe(ID, function()
  it("fires on the whole run", function()
    assert.alert(story(runs.azurerm()), ID, { severity = "low", confidence = "medium", principal = "mallory", count = 1,
      reasons = { kinds_read = { kinds = 11, threshold = 8 }, in_order = true } })
    assert.equal(2, #story(runs.azurerm()):alerts(ID)[1].reasons)
  end)

  it("fires at the eighth kind, and is quiet one short", function()
    assert.alert(story(runs.azurerm(nil, EIGHT)), ID, { reasons = { kinds_read = { kinds = 8 } } })
    for _, part in ipairs { "storage ", "groups ", "sql ", "web ", "disks ", "machines ", "network " } do
      assert.quiet(story(runs.azurerm(nil, (EIGHT:gsub(part, "", 1)))), ID)
    end
  end)

  it("is quiet when it takes longer than a quarter of an hour", function()
    local acts = runs.azurerm(nil, EIGHT)
    acts[#acts] = nil
    acts[#acts].at = "907s"
    assert.alert(story(acts), ID)
    acts[#acts].at = "909s"
    assert.quiet(story(acts), ID)
  end)

  it("is less sure when the log does not tell the client", function()
    assert.alert(story(runs.azurerm(nil, nil, false)), ID, { confidence = "low", reasons = { "variant_unknown" } })
  end)

  it("is quiet on the module of today, and on anything that only Az reads", function()
    assert.quiet(story(runs.azurerm(nil, nil, runs.AZ)), ID)
    for _, part in ipairs { "vaults", "automation", "workflows", "policies", "containers", "extensions" } do
      local first = toolkit.with(runs.az(nil, part, false), { at = "1s" })
      assert.quiet(story(first, runs.azurerm()), ID)
    end
  end)

  it("is quiet on the portal and on Microsoft's own services", function()
    assert.quiet(story(runs.azurerm { app = "portal" }), ID)
    assert.quiet(story(runs.azurerm { by = "scanner", kind = "platform", app = "backup" }), ID)
  end)

  it("is quiet on who did the same on two days before", function()
    local function at(...)
      local told = story()
      for _, seconds in ipairs { ... } do
        for _, act in ipairs(toolkit.later(runs.azurerm(), seconds)) do told:act(act) end
      end
      return told
    end
    assert.alert(at(0, 86400, 172800, 259200), ID, { count = 2 })
    assert.alert(at(82800, 90000, 154799), ID, { count = 3 }) -- one night, and less than twenty hours after it
    assert.alert(at(82800, 90000, 154801), ID, { count = 2 })
  end)

  it("is quiet on clients that say they are none of the tool's", function()
    assert.quiet(story(runs.azurerm(nil, nil, "HashiCorp Terraform/1.8.2")), ID)
    assert.quiet(story(runs.azurerm(nil, nil, "azsdk-python-mgmt-resource/23.0.1 Python/3.11.6")), ID)
  end)

  it("counts each principal and subscription apart", function()
    for _, field in ipairs { { by = "bob" }, { sub = "other" } } do
      local acts = runs.azurerm(nil, EIGHT)
      acts[1] = toolkit.with({ acts[1] }, field)[1]
      assert.quiet(story(acts), ID)
      assert.alert(story(runs.azurerm(), runs.azurerm(field)), ID, { count = 2 })
    end
  end)

  it("makes two alerts when half an hour passes", function()
    local again = runs.azurerm()
    assert.alert(story(again, toolkit.later(again, 1790)), ID, { count = 1 })
    assert.alert(story(again, toolkit.later(again, 1900)), ID, { count = 2 })
  end)

  it("leaves a run of Az to its rule, though nothing of Az was read first", function()
    local both = testing.story { "rules/" .. FILE, "rules/toolkit/microburst/az_domain_info.lua" }
    for _, act in ipairs(runs.azurerm(nil, EIGHT, false)) do both:act(act) end
    for _, act in ipairs(toolkit.later(runs.az(nil, "vaults policies access"), 120)) do both:act(act) end
    assert.alert(both, "ARM_MicroBurst.AzDomainInfo", { count = 1 })
    assert.quiet(both, ID)
  end)

  it("cannot fire on the activity log, and that is told", function()
    local keys = story(runs.azurerm(nil, "keys"))
    assert.equal("read", keys:run().rules[ID].lacks)
    assert.is_nil(story(runs.azurerm()):run().rules[ID].lacks)
  end)

  toolkit.bears(it, function() return story(runs.azurerm()) end, ID,
    { severity = "low", confidence = "medium", principal = "mallory" })
end)
