-- MicroBurst in an Automation account: a runbook of fifteen random letters is written, published, run, deleted; or, in
-- its test-pane variant, written, tested, deleted.
local testing = require "armrun.testing"
local everywhere = require "support.everywhere"

local ID = "ARM_MicroBurst.RunCodeOnBehalf"
local AUTOMATION = "Microsoft.Automation/automationAccounts/"
local RANDOM = "lGVeLPZARrTJdDu" -- from the tool's own help
local JOB = "aa1/8d2d1f63-8a4e-4f9e-9f0a-6a2f2a6f1c11"

-- The calls by name: operation, and where.
local calls = {
  write = { AUTOMATION .. "runbooks/write" }, content = { AUTOMATION .. "runbooks/draft/content/write" },
  publish = { AUTOMATION .. "runbooks/publish/action" }, job = { AUTOMATION .. "jobs/write", JOB },
  oldpublish = { AUTOMATION .. "runbooks/draft/publish/action" },
  test = { AUTOMATION .. "runbooks/draft/testJob/write" }, delete = { AUTOMATION .. "runbooks/delete" },
}

-- Tells the calls in this order, 10 s apart, from `from` on; further fields go to each act.
local function tell(steps, runbook, more, story)
  more = more or {}
  story = story or testing.story "rules/toolkit/microburst/run_code_on_behalf.lua"
  local n = 0
  for step in steps:gmatch "%a+" do
    n = n + 1
    local act = { at = (more.from or 0) + n * (more.every or 10), by = "mallory", app = "powershell",
                  does = calls[step][1], on = calls[step][2] or (more.account or "aa1") .. "/" .. runbook }
    for key, value in pairs(more) do
      if key ~= "every" and key ~= "from" and key ~= "account" then act[key] = value end
    end
    story:act(act)
  end
  return story
end

local WHOLE = "write content publish job delete"

describe(ID, function()
  it("fires at once on a random name", function()
    assert.alert(tell("write", RANDOM), ID, {
      severity = "high", confidence = "high", principal = "mallory", resource = RANDOM, count = 1,
      reasons = { random_name = { runbook = RANDOM } },
    })
  end)

  it("fires also when the write was refused", function()
    assert.alert(tell("write", RANDOM, { status = "failed" }), ID, { confidence = "high", count = 1 })
    assert.quiet(tell("write", RANDOM, { status = "started" }))
  end)

  it("fires on a runbook of any name that is written, run and deleted", function()
    assert.alert(tell(WHOLE, "Cleanup"), ID, {
      severity = "high", confidence = "medium", principal = "mallory", resource = "Cleanup", count = 1,
      reasons = { short_life = { runbook = "Cleanup", seconds = 40 } },
    })
    assert.alert(tell("write content test delete", "Cleanup"), ID, { reasons = { short_life = { seconds = 30 } } })
  end)

  it("knows the older name of publishing", function()
    assert.alert(tell("write content oldpublish job delete", "Cleanup"), ID, { reasons = { "short_life" } })
  end)

  -- Get-AzPasswords comes to the Automation accounts after web apps, registries and storage.
  local function collected(kinds, more, story)
    local lists = { "Microsoft.Web/sites/publishxml/action", "Microsoft.Web/sites/config/list/action",
      "Microsoft.ContainerRegistry/registries/listCredentials/action",
      "Microsoft.Storage/storageAccounts/listKeys/action" }
    story = story or testing.story "rules/toolkit/microburst/run_code_on_behalf.lua"
    for i = 1, kinds do
      local act = { at = i * 2, by = "mallory", does = lists[i], on = "x" .. i, app = "powershell" }
      for key, value in pairs(more or {}) do act[key] = value end
      story:act(act)
    end
    return story
  end

  it("is sure when four kinds of secrets were listed before", function()
    local function then_life(story, from) return tell(WHOLE, "Cleanup", { from = from or 10 }, story) end
    assert.alert(then_life(collected(4)), ID, { confidence = "high", count = 1,
      reasons = { secrets_listed = { kinds = 4, threshold = 4 }, short_life = true } })
    assert.alert(then_life(collected(3)), ID, { confidence = "medium" })
    for _, field in ipairs { { by = "trent" }, { sub = "other" }, { status = "failed" },
      { does = "Microsoft.Web/sites/publishxml/action" } } do
      assert.alert(then_life(collected(4, field)), ID, { confidence = "medium" })
    end
    assert.alert(then_life(collected(4), 845), ID, { confidence = "high" }) -- deleted at 895 s
    assert.alert(then_life(collected(4), 855), ID, { confidence = "medium" })
    assert.quiet(collected(4))
  end)

  it("takes every list of secrets for one kind", function()
    for _, does in ipairs { "Microsoft.DocumentDB/databaseAccounts/listKeys/action",
      "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
      "Microsoft.Web/sites/host/listkeys/action", "Microsoft.App/containerApps/listSecrets/action",
      "Microsoft.ApiManagement/service/namedValues/listValue/action",
      "Microsoft.ServiceBus/namespaces/AuthorizationRules/listKeys/action",
      "Microsoft.AppConfiguration/configurationStores/ListKeys/action",
      "Microsoft.Batch/batchAccounts/listkeys/action", "Microsoft.CognitiveServices/accounts/listKeys/action" } do
      local story = collected(3):act { at = "7s", by = "mallory", does = does, on = "y" }
      assert.alert(tell("write", RANDOM, {}, story), ID, { reasons = { secrets_listed = { kinds = 4 } } })
    end
  end)

  it("owns the storage keys of the same run", function()
    local both = testing.story "rules/toolkit/microburst"
    collected(4, nil, both)
    for i = 1, 4 do
      both:act { at = 8 + i, by = "mallory", app = "powershell", on = "sa" .. i,
        does = "Microsoft.Storage/storageAccounts/listKeys/action" }
    end
    assert.alert(both, "ARM_MicroBurst.AZStorageKeysREST", { count = 1 }) -- as long as no runbook comes
    tell(WHOLE, RANDOM, { from = 20 }, both)
    assert.alert(both, ID, { count = 1, confidence = "high",
      siblings = function(siblings) return siblings[1] == "ARM_MicroBurst.AZStorageKeysREST" end })
    assert.equal(1, #both:alerts())
  end)

  it("is sure when a second runbook goes the same way within an hour", function()
    local function twice(from) return tell(WHOLE, "Second", { from = from }, tell(WHOLE, "First")) end
    assert.alert(twice(3500), ID, { confidence = "high", count = 1 })
    for _, alert in ipairs(twice(3700):alerts(ID)) do assert.equal("medium", alert.confidence) end
    for _, alert in ipairs(tell(WHOLE, "First", { from = 600 }, tell(WHOLE, "First")):alerts(ID)) do
      assert.equal("medium", alert.confidence) -- the same runbook again is a pipeline
    end
  end)

  it("is quiet one step short", function()
    assert.quiet(tell("content publish job delete", "Cleanup")) -- not written by it
    assert.quiet(tell("write content publish delete", "Cleanup")) -- not run
    assert.quiet(tell("write content job delete", "Cleanup")) -- not published: another one ran
    assert.quiet(tell("write content job publish delete", "Cleanup")) -- run before it was published
    assert.quiet(tell("publish write content job delete", "Cleanup")) -- published before it was written
    assert.quiet(tell("test write content delete", "Cleanup")) -- tested before it was written
    assert.quiet(tell("write content publish job", "Cleanup")) -- kept
    assert.quiet(tell("write content publish delete job", "Cleanup")) -- run after it was gone: another one
    assert.quiet(tell("job write content publish delete", "Cleanup")) -- run before it was written: another one
  end)

  it("is quiet when it lived longer than half an hour", function()
    assert.alert(tell(WHOLE, "Cleanup", { every = 449 }), ID)
    assert.quiet(tell(WHOLE, "Cleanup", { every = 451 }))
  end)

  it("asks for the same principal, account and runbook", function()
    assert.quiet(tell("delete", "Cleanup", { from = 60, by = "trent" }, tell("write job", "Cleanup")))
    assert.quiet(tell("delete", "Other", { from = 60 }, tell("write job", "Cleanup")))
    assert.quiet(tell("publish job delete", "Other", { from = 60 }, tell("write", "Cleanup"))) -- written by nobody
    assert.quiet(tell("delete", "Cleanup", { from = 60 }, tell("test", "Cleanup", { from = 30, by = "trent" },
      tell("write", "Cleanup"))))
    assert.quiet(tell("delete", "Cleanup", { from = 60 }, tell("test", "Cleanup", { from = 30, account = "aa2" },
      tell("write", "Cleanup"))))
    assert.quiet(tell("publish job delete", "Cleanup", { from = 60 }, tell("write", "Cleanup", { by = "trent" })))
    assert.quiet(tell("job delete", "Cleanup", { from = 60 }, tell("write publish", "Other", {}, tell("write", "Cleanup"))))
    assert.quiet(tell("job delete", "Cleanup", { from = 60 },
      tell("publish", "Cleanup", { by = "trent", from = 30 }, tell("write", "Cleanup"))))
    local elsewhere = tell("job", "x", { from = 30 }, tell("write publish", "Cleanup", { account = "aa2" }))
    assert.quiet(tell("delete", "Cleanup", { account = "aa2", from = 60 }, elsewhere))
    assert.quiet(tell("delete", "Cleanup", { from = 60 }, tell("job", "x", { by = "trent", from = 30 },
      tell("write publish", "Cleanup"))))
  end)

  it("counts no other call that failed", function()
    for _, failing in ipairs { "write", "publish", "job", "delete" } do
      local story = tell(WHOLE, "Cleanup")
      for _, act in ipairs(story.acts) do
        if act.operation == calls[failing][1] then act.phases = { "started", "failed" } end
      end
      assert.quiet(story)
    end
  end)

  it("is one alert for a principal in a subscription while an hour does not pass", function()
    local function again(from) return tell("write", "FCIGmKqaTkEUViN", { from = from }, tell("write", RANDOM)) end
    assert.alert(again(3500), ID, { count = 1 })
    assert.alert(again(3700), ID, { count = 2 })
    assert.alert(tell("write", RANDOM, { sub = "other" }, tell("write", RANDOM)), ID, { count = 2 })
  end)

  describe("of an application that tests its runbook", function()
    local ci = { by = "ci", kind = "service_principal" }
    local function as(more)
      local given = { by = ci.by, kind = ci.kind }
      for key, value in pairs(more or {}) do given[key] = value end
      return given
    end

    it("is quiet, unless the name is as long as the tool's", function()
      assert.quiet(tell(WHOLE, "Test-StartStop", ci))
      assert.quiet(tell(WHOLE, "ScaleDownNights", ci))
      assert.alert(tell(WHOLE, "lgvelpzarrtjddu", ci), ID, { confidence = "medium", reasons = { "short_life" } })
      assert.alert(tell(WHOLE, RANDOM:upper(), ci), ID, { reasons = { "short_life" } })
      assert.alert(tell(WHOLE, RANDOM, ci), ID, { confidence = "high" })
    end)

    it("fires at a second one within the hour, and after a sweep", function()
      assert.alert(tell(WHOLE, "Second", as { from = 600 }, tell(WHOLE, "First", ci)), ID, { confidence = "high" })
      local swept = collected(4, ci)
      assert.alert(tell(WHOLE, "Cleanup", as { from = 20 }, swept), ID, { confidence = "high" })
    end)

    it("is quiet on names that were used so on a day before, whoever it is", function()
      local function nights(more, ...)
        local told = testing.story "rules/toolkit/microburst/run_code_on_behalf.lua"
        for _, from in ipairs { ... } do
          for i, runbook in ipairs { "First", "Second" } do
            more.from = from + i * 100
            tell(WHOLE, runbook, more, told)
          end
        end
        return told
      end
      local DAY = 86400
      assert.alert(nights(as(), 0, DAY, 2 * DAY), ID, { count = 1 })
      assert.alert(nights({}, 0, DAY, 2 * DAY), ID, { count = 1 })
      assert.alert(nights({}, 0, 31 * DAY), ID, { count = 2 })
      assert.alert(nights({}, 0, 71980), ID, { count = 2 })
      assert.alert(nights({}, 0, 72020), ID, { count = 1 })
      assert.alert(tell(WHOLE, "Third", { from = 2 * DAY }, nights({}, 0)), ID, { count = 2 })
      assert.alert(tell(WHOLE, "First", { from = 2 * DAY, by = "trent" }, nights({}, 0)), ID, { count = 2 })
      assert.alert(tell(WHOLE, RANDOM, { from = DAY }, tell(WHOLE, RANDOM)), ID, { count = 2 }) -- no name for a test
    end)
  end)

  describe("is quiet about", function()
    it("continuous integration that keeps its runbook", function()
      assert.quiet(tell("write content publish job write content publish job", "UpdateModules",
        { by = "ci", kind = "service_principal" }))
    end)

    it("the test pane of an editor: nothing is deleted", function()
      assert.quiet(tell("write content test test publish", "Nightly", { app = "portal" }))
    end)

    it("names of fifteen letters that people write", function()
      assert.quiet(tell("write", "ScaleDownNights"))
      assert.quiet(tell("write", "UpdateAzModules"))
    end)

    it("the runbooks of PowerZure, which has its own alert", function()
      assert.quiet(tell(WHOLE, "AzureAutomationTutorialPowerShell"))
      assert.quiet(tell(WHOLE, "AutomationTutorialPowerShell"))
    end)
  end)

  for name, check in everywhere(ID, function() return tell(WHOLE, RANDOM) end) do it(name, check) end
end)
