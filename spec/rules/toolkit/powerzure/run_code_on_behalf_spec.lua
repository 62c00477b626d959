local testing = require "armrun.testing"
local toolkit = require "support.toolkit"

local ID = "ARM_PowerZure.RunCodeOnBehalf"
local FILE = "toolkit/powerzure/run_code_on_behalf.lua"
local AA = "Microsoft.Automation/automationAccounts/"

-- Invoke-AzureCommandRunbook and Get-AzureRunAsCertificate: import, publish, start, wait, delete.
local function import(name, extra)
  local acts = {
    { at = "10s", does = AA .. "runbooks/write", on = "aa1/" .. name },
    { at = "11s", does = AA .. "runbooks/draft/write", on = "aa1/" .. name },
    { at = "13s", does = AA .. "runbooks/publish/action", on = "aa1/" .. name },
    { at = "15s", does = AA .. "jobs/write", on = "aa1/6a1f0c3e-0000-4000-8000-000000000001" },
    { at = "95s", does = AA .. "runbooks/delete", on = "aa1/" .. name },
  }
  return toolkit.with(toolkit.with(acts, { by = "mallory", app = "powershell" }), extra or {})
end

local function story(...) return toolkit.story(FILE, ...) end

describe(ID, function()
  it("fires on each of the tool's names", function()
    for _, name in ipairs { "AzureAutomationTutorialPowerShell", "AutomationTutorialPowerShell" } do
      assert.alert(story(import(name)), ID, {
        severity = "high", confidence = "high", principal = "mallory", resource = name, count = 1,
        reasons = { tool_name = { runbook = name } },
      })
    end
  end)

  it("fires at the first of them", function()
    assert.alert(story { import("AutomationTutorialPowerShell")[1] }, ID, { confidence = "high", count = 1 })
    assert.alert(story { import("AutomationTutorialPowerShell")[3] }, ID, { confidence = "high", count = 1 })
  end)

  it("fires on the older name of the publication", function()
    local act = toolkit.with({ import("AutomationTutorialPowerShell")[3] },
      { does = AA .. "runbooks/draft/publish/action" })
    assert.alert(story(act), ID, { confidence = "high" })
  end)

  it("fires on failed calls: the Linux branch publishes and deletes what it could not write", function()
    local acts = toolkit.with(toolkit.without(import "BashAutomationTutorial", 1, 2, 4), { status = "failed" })
    assert.alert(story(acts), ID, { confidence = "high", count = 1 })
    assert.alert(story { acts[2] }, ID, { confidence = "high", count = 1 })
  end)

  it("says low when the runbook was only deleted, which may be a responder", function()
    assert.alert(story { import("AutomationTutorialPowerShell")[5] }, ID,
      { severity = "high", confidence = "low", reasons = { "only_deleted" } })
  end)

  it("does not call a deletion low that follows the use", function()
    local alert = story(import "AutomationTutorialPowerShell"):alerts(ID)[1]
    for _, reason in ipairs(alert.reasons) do assert.not_equal("only_deleted", reason.code) end
  end)

  it("takes a deletion for a responder's when the use was another's, elsewhere, or more than an hour ago", function()
    local used, deleted = import("AutomationTutorialPowerShell")[1], import("AutomationTutorialPowerShell")[5]
    local function low(fields)
      local acts = { toolkit.with({ used }, { by = "bob" })[1], toolkit.with({ deleted }, fields)[1] }
      if not fields.by then acts[1].by = "mallory" end
      local found = 0
      for _, alert in ipairs(story(acts):alerts(ID)) do
        for _, reason in ipairs(alert.reasons) do found = found + (reason.code == "only_deleted" and 1 or 0) end
      end
      return found
    end
    assert.equal(1, low { by = "mallory" })
    assert.equal(1, low { on = "aa2/AutomationTutorialPowerShell" })
    assert.equal(0, low { at = "3609s" })
    assert.equal(1, low { at = "3611s" })
  end)

  it("is one alert as long as no hour passes in between", function()
    local name = "AutomationTutorialPowerShell"
    local function again(at) return story { import(name)[1], toolkit.with({ import(name)[1] }, { at = at })[1] } end
    assert.alert(again "3610s", ID, { count = 1 })
    assert.alert(again "3611s", ID, { count = 2 })
  end)

  local loaded = {
    { at = "1s", by = "mallory", does = AA .. "modules/write", on = "aa1/AzureRM.Compute" },
    { at = "40s", by = "mallory", does = AA .. "modules/write", on = "aa1/AzureRM.Profile" },
  }
  local renamed = { { at = "100s", by = "mallory", does = AA .. "runbooks/write", on = "aa1/Nightly" } }

  it("fires, with low confidence, on the modules it loads for a runbook of another name", function()
    assert.alert(story(loaded, renamed), ID, { confidence = "low", resource = "Nightly", count = 1,
      reasons = { tool_modules = { modules = 2, took = 60 } } })
  end)

  it("is quiet one module short", function()
    assert.quiet(story({ loaded[1] }, renamed), ID)
    assert.quiet(story({ loaded[2] }, renamed), ID)
    assert.quiet(story({ loaded[1], toolkit.with({ loaded[2] }, { on = "aa1/Az.Accounts" })[1] }, renamed), ID)
  end)

  it("is quiet when module or runbook failed", function()
    assert.quiet(story(loaded, toolkit.with(renamed, { status = "failed" })), ID)
    assert.quiet(story(toolkit.with(loaded, { status = "failed" }), renamed), ID)
  end)

  it("is quiet when the modules were loaded longer than ten minutes ago", function()
    assert.alert(story(loaded, toolkit.with(renamed, { at = "600s" })), ID)
    assert.quiet(story(loaded, toolkit.with(renamed, { at = "602s" })), ID)
  end)

  it("is quiet when the modules went into another account, or by another hand", function()
    assert.quiet(story(loaded, toolkit.with(renamed, { on = "aa2/Nightly" })), ID)
    assert.quiet(story(loaded, toolkit.with(renamed, { by = "bob" })), ID)
  end)

  it("is quiet when only modules come, or such a runbook is deleted", function()
    assert.quiet(story(loaded), ID)
    assert.quiet(story(loaded, toolkit.with(renamed, { does = AA .. "runbooks/delete" })), ID)
    assert.quiet(story(loaded, toolkit.with(renamed, { does = AA .. "runbooks/publish/action" })), ID)
  end)

  it("is quiet on the names that Azure gives, and on a webhook or a job of the tool's name", function()
    assert.quiet(story(import "AzureAutomationTutorialWithIdentity"), ID)
    assert.quiet(story(import "AzureAutomationTutorialScript"), ID)
    assert.quiet(story { { by = "mallory", does = AA .. "jobs/write", on = "aa1/AutomationTutorialPowerShell" } }, ID)
  end)

  it("makes two alerts of two people, and of two accounts", function()
    local name = "AutomationTutorialPowerShell"
    assert.alert(story(import(name), import(name, { by = "bob" })), ID, { count = 2 })
    local other = toolkit.with(import(name), { on = "aa2/" .. name })
    assert.alert(story(import(name), other), ID, { count = 2 })
  end)

  it("leaves the burst to the backdoor when a webhook follows", function()
    local name = "AzureAutomationTutorialPowerShell"
    local both = testing.story { "rules/" .. FILE, "rules/toolkit/powerzure/maintain_persistence.lua" }
    for _, act in ipairs(toolkit.without(import(name), 4, 5)) do both:act(act) end
    both:act { at = "20s", by = "mallory", does = AA .. "webhooks/write", on = "aa1/" .. name }
    assert.alert(both, "ARM_PowerZure.MaintainPersistence", { count = 1 })
    assert.quiet(both, ID)
  end)

  it("owns what MicroBurst's rule sees of it", function()
    local both = testing.story { "rules/" .. FILE, "rules/toolkit/microburst/run_code_on_behalf.lua" }
    for _, act in ipairs(import "AutomationTutorialPowerShell") do both:act(act) end
    assert.alert(both, ID, { count = 1 })
    assert.quiet(both, "ARM_MicroBurst.RunCodeOnBehalf")
  end)

  toolkit.bears(it, function() return story(import "AzureAutomationTutorialPowerShell") end, ID,
    { severity = "high", confidence = "high", principal = "mallory" })
end)
