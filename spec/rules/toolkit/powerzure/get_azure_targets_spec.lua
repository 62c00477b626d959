local testing = require "armrun.testing"
local runs = require "support.domain_info"
local toolkit = require "support.toolkit"

local ID = "ARM_PowerZure.GetAzureTargets"
local FILE = "toolkit/powerzure/get_azure_targets.lua"
local ASSIGNMENTS = "Microsoft.Authorization/roleAssignments/read"

local function story(...) return toolkit.story(FILE, ...) end

local function scope_of(sub) return "/subscriptions/" .. testing.guid(sub) end

-- Set-AzContext, Get-AzResource, then Get-AzRoleAssignment -Scope for each resource of the subscription.
local function targets(resources, extra, sub, tail)
  sub = sub or "s1"
  local acts = { { at = "1s", does = "Microsoft.Resources/subscriptions/resources/read", on = scope_of(sub) } }
  for i = 1, resources do
    acts[#acts + 1] = { at = 1 + i .. "s", does = ASSIGNMENTS, on = ("%s/resourceGroups/rg/providers/Microsoft.Compute/"
      .. "disks/d%d%s"):format(scope_of(sub), i, tail or "") }
  end
  for _, act in ipairs(acts) do act.sub = sub end
  return toolkit.with(toolkit.with(acts, { by = "mallory", source = "read", app = "powershell" }), extra or {})
end

describe(ID, function()
  it("fires at the twentieth resource whose assignments are read", function()
    assert.alert(story(targets(20)), ID, { severity = "high", confidence = "high", principal = "mallory",
      resource = "d20", count = 1, reasons = { assignments_read = { scopes = 20, seconds = 19, threshold = 20 } } })
  end)

  it("fires where the id names the assignments, too", function()
    local tail = "/providers/Microsoft.Authorization/roleAssignments"
    assert.alert(story(targets(20, nil, nil, tail)), ID, { reasons = { assignments_read = { scopes = 20 } } })
    assert.quiet(story(targets(10), targets(10, nil, nil, tail)), ID)
  end)

  it("is quiet one resource short, and on one resource again and again", function()
    assert.quiet(story(targets(19)), ID)
    local acts = targets(40)
    for i = 2, 41 do acts[i].on = acts[2].on end
    assert.quiet(story(acts), ID)
  end)

  it("counts the resources of several subscriptions together", function()
    assert.alert(story(targets(7), targets(7, nil, "s2"), targets(7, nil, "s3")), ID, { count = 1 })
  end)

  it("is quiet without the list of resources, or when it is of another subscription, principal or time", function()
    local acts = targets(30)
    assert.quiet(story(toolkit.without(acts, 1)), ID)
    assert.quiet(story(toolkit.without(acts, 1), { targets(0, nil, "s2")[1] }), ID)
    assert.quiet(story(toolkit.without(acts, 1), { targets(0, { by = "bob" })[1] }), ID)
    assert.quiet(story({ acts[1] }, toolkit.later(toolkit.without(acts, 1), 601)), ID)
    assert.alert(story({ acts[1] }, toolkit.later(toolkit.without(acts, 1), 570)), ID)
    assert.alert(story(toolkit.without(acts, 1), toolkit.with({ acts[1] },
      { does = "Microsoft.Resources/resources/read" })), ID)
  end)

  it("is quiet when the reads take longer than ten minutes", function()
    local acts = targets(20)
    table.insert(acts, toolkit.with({ acts[1] }, { at = "400s" })[1])
    acts[21].at = "601s"
    assert.alert(story(acts), ID)
    acts[21].at = "602s"
    assert.quiet(story(acts), ID)
  end)

  it("is quiet on the assignments of subscriptions, groups and assignments themselves", function()
    local acts = targets(30)
    for i = 2, 31 do acts[i].on = scope_of "s1" end
    assert.quiet(story(acts), ID)
    for i = 2, 31 do acts[i].on = ("%s/resourceGroups/rg%d"):format(scope_of "s1", i) end
    assert.quiet(story(acts), ID)
    for i = 2, 31 do acts[i].on = acts[i].on .. "/providers/Microsoft.Authorization/roleAssignments/ra" .. i end
    assert.quiet(story(acts), ID)
  end)

  it("is quiet on other reads of the resources, on the portal, and on Microsoft's own services", function()
    local acts = targets(30)
    for i = 2, 31 do acts[i].does = "Microsoft.Compute/disks/read" end
    assert.quiet(story(acts), ID)
    assert.quiet(story(targets(30, { app = "portal" })), ID)
    assert.quiet(story(targets(30, { by = "backup", kind = "platform", app = "backup" })), ID)
  end)

  -- Get-AzureTargets of version 2.0: assignments of the caller, all resources, then each role by its name.
  local function old(roles, extra, agent)
    local acts = { { at = "1s", does = ASSIGNMENTS, on = scope_of "s1" },
      { at = "3s", does = "Microsoft.Resources/subscriptions/resources/read", on = scope_of "s1" } }
    for i = 1, roles do
      acts[#acts + 1] = { at = 3 + 2 * i .. "s", does = "Microsoft.Authorization/roleDefinitions/read", on = "r" .. i }
    end
    for _, act in ipairs(acts) do act.sub, act.user_agent = "s1", agent or runs.AZ end
    return toolkit.with(toolkit.with(acts, { by = "mallory", source = "read", app = "powershell" }), extra or {})
  end

  local function later(seconds, does, extra) -- another read of mallory
    return toolkit.with({ { at = seconds .. "s", by = "mallory", source = "read", does = does, on = "x",
      app = "powershell" } }, extra or {})
  end

  it("fires on version 2.0: assignments, resources, roles, and nothing else", function()
    assert.alert(story(old(3)), ID, { severity = "high", confidence = "medium", principal = "mallory", count = 1,
      resource = "r1", reasons = { targets_listed = { seconds = 4 } } })
    assert.alert(story(old(1)), ID, { count = 1 })
    for _, one in ipairs { 1, 2, 3 } do assert.quiet(story(toolkit.without(old(1), one)), ID) end
  end)

  it("wants version 2.0 alone, once, quickly, by an Az module", function()
    local disks <const>, web <const> = "Microsoft.Compute/disks/read", "Microsoft.Web/sites/read"
    assert.quiet(story(old(1), later(64, disks)), ID)
    assert.quiet(story(later(1, web), toolkit.later(old(1), 110)), ID)
    assert.alert(story(old(1), later(66, disks)), ID)
    assert.alert(story(old(1), later(30, disks, { by = "bob" })), ID, { principal = "mallory" })
    assert.quiet(story(old(1), { old(1)[1] }), ID)
    assert.quiet(story(old(1), { old(1)[2] }), ID)
    local slow = old(1)
    slow[3].at = "122s" -- its minute ends at 182 s
    assert.quiet(story(slow), ID)
    slow[3].at = "120s"
    assert.alert(story(slow), ID)
    assert.quiet(story(old(3, { app = "portal" })), ID)
    assert.quiet(story(old(3, nil, runs.AZURERM)), ID)
    assert.quiet(story(old(3, { user_agent = "python-requests/2.31" })), ID)
  end)

  it("leaves an inventory to its rule", function()
    local told = testing.story { "rules/toolkit/powerzure", "rules/toolkit/microburst" }
    for _, act in ipairs(runs.az()) do told:act(act) end
    told:act { at = "1h", by = "somebody", does = "Microsoft.Resources/tags/write", on = "default" }
    assert.quiet(told, ID)
    assert.alert(told, "ARM_MicroBurst.AzDomainInfo", { count = 1 })
  end)

  it("counts refused reads", function()
    assert.alert(story(targets(20, { status = "failed" })), ID)
  end)

  it("counts each principal apart", function()
    local acts = targets(20)
    acts[21].by = "bob"
    assert.quiet(story(acts, { targets(0, { by = "bob" })[1] }), ID)
    assert.alert(story(targets(20), targets(20, { by = "bob" })), ID, { count = 2 })
  end)

  it("makes two alerts when half an hour passes", function()
    local acts = targets(20)
    assert.alert(story(acts, toolkit.later(acts, 1800)), ID, { count = 1 })
    assert.alert(story(acts, toolkit.later(acts, 1801)), ID, { count = 2 })
  end)

  it("cannot fire on the activity log, and that is told", function()
    local writes = story { { by = "mallory", does = "Microsoft.Authorization/roleAssignments/write" } }
    assert.equal("read", writes:run().rules[ID].lacks)
    assert.is_nil(story(targets(1)):run().rules[ID].lacks)
  end)

  toolkit.bears(it, function() return story(targets(60)) end, ID, { severity = "high", principal = "mallory" })
end)
