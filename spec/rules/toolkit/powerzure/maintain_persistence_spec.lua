local testing = require "armrun.testing"
local toolkit = require "support.toolkit"

local ID = "ARM_PowerZure.MaintainPersistence"
local FILE = "toolkit/powerzure/maintain_persistence.lua"
local AA = "Microsoft.Automation/automationAccounts/"
local NAME = "AzureAutomationTutorialPowerShell"

-- Create-Backdoor of version 1: import, publish, webhook of the same name; its address is asked for first.
local function backdoor(extra, webhook)
  local acts = {
    { at = "10s", does = AA .. "runbooks/write", on = "aa1/" .. NAME },
    { at = "11s", does = AA .. "runbooks/draft/write", on = "aa1/" .. NAME },
    { at = "13s", does = AA .. "runbooks/publish/action", on = "aa1/" .. NAME },
    { at = "15s", does = AA .. "webhooks/action", on = "aa1" },
    { at = "16s", does = AA .. "webhooks/write", on = "aa1/" .. (webhook or NAME) },
  }
  return toolkit.with(toolkit.with(acts, { by = "mallory", app = "powershell" }), extra or {})
end

local function story(...) return toolkit.story(FILE, ...) end

local function after(n, act) -- the renamed webhook with one more act before it
  local acts = backdoor(nil, "hook")
  act.by = act.by or "mallory"
  table.insert(acts, n, act)
  return story(acts)
end

describe(ID, function()
  it("fires on the webhook of the tool's name, and says what was before", function()
    assert.alert(story(backdoor()), ID, {
      severity = "high", confidence = "high", principal = "mallory", resource = NAME, count = 1,
      reasons = { tool_name = { webhook = NAME }, tool_runbook = { runbook = NAME, took = 6, steps = 2 } },
    })
  end)

  it("fires on the webhook alone", function()
    assert.alert(story { backdoor()[5] }, ID, { count = 1, reasons = { "tool_name" } })
    for _, reason in ipairs(story({ backdoor()[5] }):alerts(ID)[1].reasons) do
      assert.not_equal("tool_runbook", reason.code)
    end
  end)

  it("fires on a webhook of any name on the tool's runbook", function()
    assert.alert(story(backdoor(nil, "hook")), ID, { resource = "hook", count = 1, reasons = { "tool_runbook" } })
  end)

  it("fires on the older name of the publication", function()
    local acts = backdoor(nil, "hook")
    acts[3].does = AA .. "runbooks/draft/publish/action"
    assert.alert(story(acts), ID, { count = 1 })
  end)

  -- New-AzureBackdoor of version 2: an application, then a role of the directory.
  local GLOBAL = "62e90394-69f5-4237-9190-012177145e10"

  local function application(role, at, extra)
    local acts = {
      { at = "10s", does = "Add service principal" },
      { at = at or "12s", does = "Add member to role", targets = {
        { id = testing.guid "backdoor", type = "ServicePrincipal", modifiedProperties = {
          { displayName = "Role.DisplayName", newValue = '"A role"' },
          { displayName = "Role.TemplateId", newValue = ('"%s"'):format(role) } } } } },
    }
    return toolkit.with(toolkit.with(acts, { by = "mallory", source = "audit" }), extra or {})
  end

  it("fires on an application that becomes Global Administrator at once", function()
    assert.alert(story(application(GLOBAL)), ID, { severity = "high", confidence = "medium", principal = "mallory",
      count = 1, reasons = { new_administrator = { took = 2 } } })
    local one_change = application(GLOBAL)
    one_change[2].targets[1].modifiedProperties = { { displayName = "Role.TemplateId", newValue = GLOBAL } }
    assert.alert(story(one_change), ID, { count = 1 })
    assert.quiet(story(application "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"), ID) -- Directory Readers
    assert.quiet(story { application(GLOBAL)[1] }, ID)
    assert.quiet(story { application(GLOBAL)[2] }, ID)
    assert.alert(story(application(GLOBAL, "309s")), ID)
    assert.quiet(story(application(GLOBAL, "311s")), ID)
    assert.quiet(story({ application(GLOBAL)[1] }, { toolkit.with(application(GLOBAL), { by = "bob" })[2] }), ID)
    assert.quiet(story(application(GLOBAL, nil, { status = "failed" })), ID)
  end)

  it("is sure of the id that only the tool asks for, also as a target", function()
    local POWERZURE = "4dda258a-4568-4579-abeb-07709e34e307"
    assert.alert(story { application(POWERZURE)[2] }, ID, { confidence = "high", reasons = { "tool_role" } })
    local acts = application "x"
    acts[2].targets = { { id = testing.guid "backdoor" }, { Id = POWERZURE:upper(), type = "Role" } }
    assert.alert(story { acts[2] }, ID, { confidence = "high" })
  end)

  it("survives targets that nobody would send", function()
    for _, targets in ipairs { "x", { 7 }, { { modifiedProperties = 3 } }, { { modifiedProperties = { 7, { newValue = {} } } } },
      { { id = { 1 } } } } do
      local acts = application(GLOBAL)
      acts[2].targets = targets
      assert.quiet(story(acts), ID)
    end
  end)

  it("is quiet one step short: not written, not published, no webhook", function()
    assert.quiet(story(toolkit.without(backdoor(nil, "hook"), 1)), ID)
    assert.quiet(story(toolkit.without(backdoor(nil, "hook"), 3)), ID)
    assert.quiet(story(toolkit.without(backdoor(), 5)), ID)
  end)

  it("is quiet when a step failed", function()
    for _, n in ipairs { 1, 3, 5 } do
      local acts = backdoor(nil, "hook")
      acts[n].status = "failed"
      assert.quiet(story(acts), ID)
    end
    assert.quiet(story(toolkit.with({ backdoor()[5] }, { status = "failed" })), ID)
  end)

  it("is quiet when the runbook was written more than a quarter of an hour before", function()
    local acts = backdoor(nil, "hook")
    acts[5].at = "910s"
    assert.alert(story(acts), ID)
    acts[5].at = "912s"
    assert.quiet(story(acts), ID)
  end)

  it("is quiet when the runbook was run or deleted in between", function()
    assert.quiet(after(5, { at = "15.5s", does = AA .. "jobs/write", on = "aa1/6a1f0c3e" }), ID)
    assert.quiet(after(5, { at = "15.5s", does = AA .. "runbooks/delete", on = "aa1/" .. NAME }), ID)
    assert.alert(after(5, { at = "15.5s", does = AA .. "runbooks/delete", on = "aa1/other" }), ID)
    assert.alert(after(5, { at = "15.5s", does = AA .. "jobs/write", on = "aa2/6a1f0c3e" }), ID)
  end)

  it("is quiet on other names, other accounts, other hands", function()
    local ordinary = backdoor(nil, "hook")
    for _, n in ipairs { 1, 2, 3 } do ordinary[n].on = "aa1/Nightly" end
    assert.quiet(story(ordinary), ID)
    local acts = backdoor(nil, "hook")
    acts[5].on = "aa2/hook"
    assert.quiet(story(acts), ID)
    acts[5].on, acts[5].by = "aa1/hook", "bob"
    assert.quiet(story(acts), ID)
    for _, n in ipairs { 1, 3 } do
      acts = backdoor(nil, "hook")
      acts[n].by = "bob"
      assert.quiet(story(acts), ID)
      acts[n].by, acts[n].on = "mallory", "aa2/" .. NAME
      assert.quiet(story(acts), ID)
    end
  end)

  it("is quiet on a runbook of the tool's name without a webhook: that is RunCodeOnBehalf", function()
    assert.quiet(story(toolkit.without(backdoor(), 4, 5)), ID)
  end)

  it("makes two alerts of two accounts, and of one when an hour passes", function()
    local act = backdoor()[5]
    local function again(fields) return story { act, toolkit.with({ act }, fields)[1] } end
    assert.alert(again { on = "aa2/" .. NAME }, ID, { count = 2 })
    assert.alert(again { at = "3616s" }, ID, { count = 1 })
    assert.alert(again { at = "3617s" }, ID, { count = 2 })
  end)

  it("counts what the same principal did to the same account only", function()
    local acts = backdoor()
    acts[1].by = "bob"
    assert.alert(story(acts), ID, { principal = "mallory" })
    assert.equal(1, #story(acts):alerts(ID)[1].reasons)
  end)

  it("makes two alerts of two people", function()
    assert.alert(story(backdoor(), backdoor { by = "bob" }), ID, { count = 2 })
  end)

  it("owns what NetSPI's rule sees of it", function()
    local both = testing.story { "rules/" .. FILE, "rules/toolkit/netspi_maintain_persistence.lua" }
    both:act { at = "1s", by = "mallory", does = AA .. "write", on = "aa1" }
    for _, act in ipairs(backdoor(nil, "hook")) do both:act(act) end
    both:act { at = "3h", by = "mallory", does = "Microsoft.Resources/tags/write", on = "default" }
    assert.alert(both, ID, { count = 1 })
    assert.quiet(both, "ARM_NetSPI.MaintainPersistence")
  end)

  toolkit.bears(it, function() return story(backdoor(nil, "hook")) end, ID,
    { severity = "high", principal = "mallory", resource = "hook" })
end)
