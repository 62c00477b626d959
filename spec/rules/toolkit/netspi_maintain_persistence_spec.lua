-- NetSPI's webhook backdoor: a new Automation account, a runbook written and published, the AzureAD module, Owner for
-- the account's identity; then the webhook (its URI first), and silence.
local testing = require "armrun.testing"
local everywhere = require "support.everywhere"

local ID = "ARM_NetSPI.MaintainPersistence"
local AUTOMATION = "Microsoft.Automation/automationAccounts/"
local OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
local CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
local READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"

-- The calls by name: operation, and what follows the account.
local calls = {
  account = { AUTOMATION .. "write", "" },
  write = { AUTOMATION .. "runbooks/write", "/Sync" },
  content = { AUTOMATION .. "runbooks/draft/content/write", "/Sync" },
  publish = { AUTOMATION .. "runbooks/publish/action", "/Sync" },
  oldpublish = { AUTOMATION .. "runbooks/draft/publish/action", "/Sync" },
  module = { AUTOMATION .. "modules/write", "/AzureAD" },
  msonline = { AUTOMATION .. "modules/write", "/MSOnline" },
  graph = { AUTOMATION .. "modules/write", "/Microsoft.Graph.Users" },
  othermodule = { AUTOMATION .. "modules/write", "/Az.Compute" },
  grant = { "Microsoft.Authorization/roleAssignments/write" },
  uri = { AUTOMATION .. "webhooks/action", "" }, webhook = { AUTOMATION .. "webhooks/write", "/door" },
  job = { AUTOMATION .. "jobs/write", "/8d2d1f63-8a4e-4f9e-9f0a-6a2f2a6f1c11" },
  delete = { AUTOMATION .. "runbooks/delete", "/Sync" },
}

local function role(id)
  local path = "/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/"
  return { properties = { roleDefinitionId = path .. id } }
end

-- Tells the calls in this order, a minute apart, from `from` on; further fields go to each act.
local function tell(steps, more, story)
  more = more or {}
  story = story or testing.story "rules/toolkit/netspi_maintain_persistence.lua"
  local n = 0
  for step in steps:gmatch "%a+" do
    n = n + 1
    local operation, rest = calls[step][1], calls[step][2]
    local act = { at = (more.from or 0) + n * 60, by = "mallory", does = operation, app = "portal",
                  on = rest and (more.account or "aa9") .. rest or testing.guid("grant " .. #story.acts),
                  body = not rest and role(more.role or OWNER) or nil }
    for key, value in pairs(more) do
      if key ~= "from" and key ~= "account" and key ~= "role" then act[key] = value end
    end
    story:act(act)
  end
  return story
end

local DOOR = "write content publish uri webhook"
local WHOLE = "account write content publish module grant uri webhook"

describe(ID, function()
  it("fires an hour after the webhook, with all its signs", function()
    assert.alert(tell(WHOLE), ID, {
      severity = "high", confidence = "medium", principal = "mallory", resource = "door", count = 1,
      reasons = { webhook_door = { runbook = "Sync", webhook = "door", seconds = 360 },
                  "new_account", "directory_module", "owner_grant" },
    })
  end)

  it("wants one sign more than the door", function()
    assert.quiet(tell(DOOR))
    for sign, code in pairs { account = "new_account", module = "directory_module", msonline = "directory_module",
                              graph = "directory_module", grant = "owner_grant" } do
      assert.alert(tell(sign .. " " .. DOOR), ID, { reasons = { code }, count = 1 })
      assert.equal(2, #tell(sign .. " " .. DOOR):alerts(ID)[1].reasons)
    end
    assert.quiet(tell("othermodule " .. DOOR))
  end)

  -- Mallory works for so many days before she builds the door.
  local function settled(days, more, before)
    local story = testing.story "rules/toolkit/netspi_maintain_persistence.lua"
    story:days(days, function(day)
      for hour = 9, 10 do
        story:act { at = hour .. "h", by = "mallory", app = "portal", does = "Microsoft.Resources/tags/write", on = "t",
          kind = more and more.kind }
      end
      if before and day == 1 then tell(before, more, story) end
    end)
    return tell(DOOR, more, story)
  end

  it("is unsure of the first webhook of a person with habits, and says so", function()
    assert.alert(settled(20), ID, { severity = "high", confidence = "low", count = 1,
      reasons = { first_webhook = { span = 90 * 86400 }, webhook_door = true } })
    assert.quiet(settled(13)) -- no habits yet
    assert.quiet(settled(20, { by = "terraform", kind = "service_principal" }))
    assert.quiet(settled(20, nil, "webhook")) -- not the first
    assert.quiet(settled(89, nil, "webhook"))
    assert.alert(settled(91, nil, "webhook"), ID, { confidence = "low" })
    assert.alert(settled(20, nil, "job"), ID, { count = 1 })
    assert.alert(settled(20, { app = "portal" }), ID, { count = 1 })
  end)

  it("needs no first webhook to be surer", function()
    local story = tell("module", { from = 0 }, settled(20))
    assert.alert(story, ID, { confidence = "medium", reasons = { "first_webhook", "directory_module" } })
  end)

  it("takes Owner, Contributor and User Access Administrator for a grant, in any case; no other role", function()
    assert.alert(tell("grant " .. DOOR, { role = CONTRIBUTOR:upper() }), ID)
    assert.alert(tell("grant " .. DOOR, { role = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9" }), ID)
    assert.quiet(tell("grant " .. DOOR, { role = READER }))
  end)

  it("survives a body that nobody would send", function()
    local story = tell(DOOR, { from = 600 })
    for _, id in ipairs { 7, false, { OWNER }, "" } do
      story:act { at = 60, by = "mallory", does = calls.grant[1], body = { properties = { roleDefinitionId = id } } }
    end
    assert.quiet(story)
  end)

  it("sees the signs also after the webhook, while it waits", function()
    assert.alert(tell(DOOR .. " grant"), ID, { reasons = { "owner_grant" } })
    assert.alert(tell(DOOR .. " module"), ID, { reasons = { "directory_module" } })
  end)

  it("knows the older name of publishing", function()
    assert.alert(tell "account write oldpublish webhook", ID)
  end)

  it("is quiet one step short", function()
    assert.quiet(tell "account module grant content publish uri webhook")
    assert.quiet(tell "account module grant write content uri webhook")
    assert.quiet(tell "account module grant write content publish uri")
    assert.quiet(tell "account module grant uri webhook write content publish") -- the other way round
  end)

  it("is quiet when the runbook ran before or within an hour after the webhook", function()
    assert.quiet(tell "account write publish job webhook")
    assert.quiet(tell "account write publish webhook job")
    assert.quiet(tell("job", { from = 3500 }, tell "account write publish webhook"))
    assert.alert(tell("job", { from = 3900 }, tell "account write publish webhook"), ID)
  end)

  it("is quiet when the runbook was deleted within an hour", function()
    assert.quiet(tell "account write publish webhook delete")
    assert.quiet(tell("delete", { from = 3500 }, tell "account write publish webhook"))
    assert.alert(tell("delete", { from = 3900 }, tell "account write publish webhook"), ID)
  end)

  it("is quiet when the steps or the signs lie more than a day back", function()
    local day = 24 * 3600
    assert.alert(tell("uri webhook grant", { from = day - 240 }, tell "write publish"), ID)
    assert.quiet(tell("uri webhook grant", { from = day + 240 }, tell "write publish"))
    for _, sign in ipairs { "account", "module", "grant" } do -- a day before the decision, an hour after the webhook
      assert.alert(tell(DOOR, { from = day - 4100 }, tell(sign)), ID)
      assert.quiet(tell(DOOR, { from = day - 3600 }, tell(sign)))
    end
  end)

  it("wants one principal and one account", function()
    assert.quiet(tell("uri webhook", { from = 600, by = "trent" }, tell "account write publish module"))
    assert.quiet(tell("uri webhook", { from = 600, account = "aa2" }, tell "account write publish module"))
    assert.quiet(tell("module webhook", { from = 600, by = "trent" }, tell "write publish"))
    assert.quiet(tell("module webhook", { from = 600, account = "aa2" }, tell "write publish"))
    assert.quiet(tell(DOOR, { from = 600 }, tell("account module", { account = "aa2" })))
    assert.quiet(tell(DOOR, { from = 600 }, tell("account module grant", { by = "trent" })))
    assert.quiet(tell(DOOR, { from = 600 }, tell("grant", { sub = "other" })))
  end)

  it("counts no call that failed", function()
    for _, failing in ipairs { "write", "publish", "webhook", "account" } do
      local story = tell "account write publish webhook"
      for _, act in ipairs(story.acts) do
        if act.operation == calls[failing][1] then act.phases = { "started", "failed" } end
      end
      assert.quiet(story)
    end
    local refused = tell("job delete", { from = 600, status = "failed" }, tell "account write publish webhook")
    assert.alert(refused, ID)
  end)

  it("is one alert for several doors of a day", function()
    assert.alert(tell(DOOR, { from = 7200 }, tell("account " .. DOOR)), ID, { count = 1 })
  end)

  describe("is quiet about", function()
    it("infrastructure code that makes account, runbook and webhook; but not when it grants Owner", function()
      local terraform = { by = "terraform", kind = "service_principal" }
      assert.quiet(tell("account " .. DOOR, terraform))
      assert.alert(tell("account grant " .. DOOR, terraform), ID, { principal = "terraform" })
    end)

    it("a webhook for a runbook that is there", function()
      assert.quiet(tell "uri webhook")
    end)

    it("PowerZure's names, which have their own alert", function()
      local function named(name, of)
        local story = tell "account write publish webhook"
        for _, act in ipairs(story.acts) do
          if act.operation == calls[of][1] then act.resource = act.resource:gsub("[^/]+$", name) end
        end
        return story
      end
      assert.quiet(named("AzureAutomationTutorialPowerShell", "webhook"))
      assert.quiet(named("AutomationTutorialPowerShell", "write"))
      assert.alert(named("Another", "webhook"), ID)
    end)
  end)

  for name, check in everywhere(ID, function() return tell(WHOLE) end) do it(name, check) end
end)
