local toolkit = require "support.toolkit"

local ID = "ARM_PowerZure.AzureRunbookContent"
local FILE = "toolkit/powerzure/azure_runbook_content.lua"
local AA = "Microsoft.Automation/automationAccounts/"

local function story(...) return toolkit.story(FILE, ...) end

-- GET accounts, GET runbooks of each, then for every runbook: GET it, GET its content.
local function export(runbooks, extra, account)
  account = account or "aa1"
  local acts = { { at = "1s", does = AA .. "read", on = account },
    { at = "2s", does = AA .. "runbooks/read", on = account } }
  for i = 1, runbooks do
    local name = account .. "/rb" .. i
    acts[#acts + 1] = { at = 1 + 2 * i .. "s", does = AA .. "runbooks/read", on = name }
    acts[#acts + 1] = { at = 2 + 2 * i .. "s", does = AA .. "runbooks/content/read", on = name }
  end
  return toolkit.with(toolkit.with(acts, { by = "mallory", source = "read", app = "powershell" }), extra or {})
end

describe(ID, function()
  it("fires at the third runbook whose text is read", function()
    assert.alert(story(export(3)), ID, { severity = "high", confidence = "medium", principal = "mallory",
      resource = "rb3", count = 1, reasons = { contents_read = { runbooks = 3, seconds = 4, threshold = 3 } } })
  end)

  it("is quiet one runbook short, on one read again and again, and on the list alone", function()
    assert.quiet(story(export(2)), ID)
    assert.quiet(story(export(6, { on = "aa1/rb1" })), ID)
    local acts = {}
    for i, act in ipairs(export(9)) do
      if act.does == AA .. "runbooks/read" then acts[#acts + 1] = toolkit.with({ act }, { at = i .. "s" })[1] end
    end
    assert.quiet(story(acts), ID)
  end)

  it("is quiet when they are more than five minutes apart", function()
    local acts = export(3)
    acts[8].at = "303s"
    assert.alert(story(acts), ID)
    acts[8].at = "304s"
    assert.quiet(story(acts), ID)
  end)

  it("counts drafts, refusals, and runbooks of the same name in several accounts", function()
    local acts = export(3)
    for i = 4, 8, 2 do acts[i].does = AA .. "runbooks/draft/content/read" end
    assert.alert(story(acts), ID)
    assert.alert(story(export(3, { status = "failed" })), ID)
    assert.alert(story(export(1), export(1, nil, "aa2"), export(1, nil, "aa3")), ID)
  end)

  it("counts by the older name of the operation", function()
    local acts = export(3)
    for i = 4, 8, 2 do acts[i].does = AA .. "runbooks/readContent/action" end
    assert.alert(story(acts), ID, { reasons = { contents_read = { runbooks = 3 } } })
  end)

  it("is unsure when six other kinds of resources were read around it", function()
    local kinds = { "Microsoft.Storage/storageAccounts", "Microsoft.Web/sites", "Microsoft.Compute/disks",
      "Microsoft.Compute/virtualMachines", "Microsoft.Network/networkInterfaces", "Microsoft.KeyVault/vaults" }
    local function with(n, at, extra)
      local acts = {}
      for i = 1, n do
        acts[i] = { at = at or "5s", by = "mallory", app = "powershell", source = "read", does = kinds[i] .. "/read",
          on = "x" }
      end
      acts[n + 1] = { at = "5s", by = "mallory", source = "read", does = AA .. "variables/read", on = "aa1/v" }
      return story(toolkit.with(acts, extra or {}), toolkit.later(export(3), 893))
    end
    assert.alert(with(6), ID, { confidence = "low", count = 1, reasons = { many_kinds = { kinds = 6 } } })
    assert.alert(with(5), ID, { confidence = "medium" })
    assert.equal(1, #with(5):alerts(ID)[1].reasons)
    assert.alert(with(6, "0.5s"), ID, { confidence = "medium" }) -- a quarter of an hour and more before the third
    for _, field in ipairs { { by = "bob" }, { sub = "other" } } do
      assert.alert(with(6, nil, field), ID, { confidence = "medium" })
    end
  end)

  it("takes text and draft of one runbook for one, also where the id names the content", function()
    local acts = export(1)
    local id = "/subscriptions/08dc8307-f39f-4f51-808d-1307f3e24caa/resourceGroups/rg/providers/" .. AA
      .. "aa1/runbooks/rb1"
    for i, tail in ipairs { "", "/content", "/draft", "/draft/content" } do
      acts[i] = { at = i .. "s", by = "mallory", does = AA .. "runbooks/draft/content/read", source = "read",
        on = id .. tail }
    end
    assert.quiet(story(acts), ID)
  end)

  it("is quiet on the portal, on Microsoft's own services, and on writes", function()
    assert.quiet(story(export(5, { app = "portal" })), ID)
    assert.quiet(story(export(5, { by = "backup", kind = "platform", app = "backup" })), ID)
    local acts = {}
    for i = 1, 5 do acts[i] = { by = "mallory", does = AA .. "runbooks/draft/content/write", on = "aa1/rb" .. i } end
    assert.quiet(story(acts), ID)
  end)

  it("counts each principal and subscription apart", function()
    for _, field in ipairs { { by = "bob" }, { sub = "other" } } do
      local acts = export(3)
      acts[8] = toolkit.with({ acts[8] }, field)[1]
      assert.quiet(story(acts), ID)
      assert.alert(story(export(3), export(3, field)), ID, { count = 2 })
    end
  end)

  it("makes two alerts when half an hour passes", function()
    local acts = export(3)
    assert.alert(story(acts, toolkit.later(acts, 1796)), ID, { count = 1 })
    assert.alert(story(acts, toolkit.later(acts, 1801)), ID, { count = 2 })
  end)

  it("cannot fire on the activity log, and that is told", function()
    local writes = story { { by = "mallory", does = AA .. "runbooks/write", on = "aa1/rb1" } }
    assert.equal("read", writes:run().rules[ID].lacks)
    assert.is_nil(story(export(1)):run().rules[ID].lacks)
  end)

  toolkit.bears(it, function() return story(export(12)) end, ID, { severity = "high", principal = "mallory" })
end)
