local apps = require "armrun.simulate.apps"
local actions = require "armrun.simulate.attacks.actions"
local high_risk = require "armrun.catalog.high_risk"
local stories = require "armrun.simulate.attacks.all"
local world_of = require "support.stand_in_world"

local DAY <const> = 24 * 3600 * 1000
local BEGIN <const> = 1767225600000 + 60 * DAY + 10 * 3600 * 1000 -- 10 o'clock, two months into 2026
local PORTAL <const> = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
local POWERSHELL <const> = "1950a258-227b-4e31-a9cf-717495945fc2"

local plain <const> = {
  "ARM_OperationFromSuspiciousIP", "ARM_OperationFromSuspiciousProxyIP", "ARM_MicroBurst.AzDomainInfo",
  "ARM_MicroBurst.AzureDomainInfo", "ARM_MicroBurst.AzVMBulkCMD", "RM_MicroBurst.AzureRmVMBulkCMD",
  "ARM_MicroBurst.AzKeyVaultKeysREST", "ARM_MicroBurst.AZStorageKeysREST", "ARM_MicroBurst.AzKeyVaultSecretsREST",
  "ARM_PowerZure.AzureElevatedPrivileges", "ARM_PowerZure.GetAzureTargets", "ARM_PowerZure.ShowStorageContent",
  "ARM_PowerZure.StartRunbook", "ARM_PowerZure.AzureRunbookContent", "ARM_Azurite", "ARM_MicroBurst.RunCodeOnBehalf",
  "ARM_NetSPI.MaintainPersistence", "ARM_PowerZure.RunCodeOnBehalf", "ARM_PowerZure.MaintainPersistence",
}
local behavioural <const> = {
  "ARM_SuspiciousComputeCreation", "Arm_Suspicious_Vault_Recovering", "ARM_UnusedAccountPersistence",
  "ARM_UnusedAppPowershellPersistence", "ARM_UnusedAppIbizaPersistence", "ARM_PrivilegedRoleDefinitionCreation",
  "ARM_AnomalousRBACRoleAssignment", "ARM_AnomalousElevateAccess", "ARM_AnomalousClassicRoleAssignment",
}
local tactics <const> = {
  "CredentialAccess", "Collection", "DefenseEvasion", "Execution", "Impact", "InitialAccess", "LateralMovement",
  "Persistence", "PrivilegeEscalation",
}

local by_id = {}
for _, story in ipairs(stories) do by_id[story.id] = story end

local function play(id, difficulty, seed)
  return by_id[id].attack(world_of(seed or 1), BEGIN, difficulty or "plain")
end

local function of(acts, operation)
  local found = {}
  for _, act in ipairs(acts) do
    if act.operation == operation then found[#found + 1] = act end
  end
  return found
end

local function per_resource(acts)
  local counts = {}
  for _, act in ipairs(acts) do counts[act.resource] = (counts[act.resource] or 0) + 1 end
  return counts
end

-- Every telling of every story: name, acts, what the label says.
local function tellings(visit)
  for _, story in ipairs(stories) do
    for _, difficulty in ipairs(story.difficulties) do
      for seed = 1, 6 do
        local acts, more = story.attack(world_of(seed), BEGIN, difficulty)
        visit(("%s, %s, seed %d"):format(story.id, difficulty, seed), acts, more, story)
      end
    end
    for _, other in ipairs(story.look_alikes) do
      local acts, more = other.run(world_of(3), BEGIN)
      visit(story.id .. " is not " .. other.name, acts, more)
    end
  end
end

local endings <const> = { activity = { write = true, delete = true, action = true }, read = { read = true },
  directory = { write = true, delete = true, action = true } }
local statuses <const> = { Succeeded = true, Failed = true }
local logs <const> = { activity = true, directory = true, keyvault = true, read = true, audit = true, signin = true }

local function check_act(name, act)
  local log = act.log or "activity"
  assert.is_true(logs[log], name .. ": log " .. tostring(log))
  assert.is_table(act.principal, name)
  assert.is_true(statuses[act.status], name)
  assert.equal("integer", math.type(act.time), name)
  assert.is_true(act.time >= BEGIN and act.time < BEGIN + 25 * DAY, name .. ": time")
  assert.is_true(act.seconds >= 0 and act.seconds < 3600, name)
  assert.is_string(act.resource, name)
  assert.is_nil(act.resource:find("//", 1, true), name .. ": " .. act.resource)
  assert.is_nil(act.resource:find("*", 1, true), name .. ": " .. act.resource)
  local last = act.operation:lower():match "/(%a+)$"
  if endings[log] then assert.is_true(endings[log][last], name .. ": " .. act.operation) end
end

describe("stories of attacks", function()
  it("tell all 46 alerts, each with look-alikes", function()
    local ids = table.move(plain, 1, #plain, 1, {})
    table.move(behavioural, 1, #behavioural, #ids + 1, ids)
    for _, tactic in ipairs(tactics) do
      ids[#ids + 1] = "ARM_AnomalousOperation." .. tactic
      ids[#ids + 1] = "ARM_AnomalousServiceOperation." .. tactic
    end
    assert.equal(46, #ids)
    assert.equal(46, #stories)
    for _, id in ipairs(ids) do
      assert.is_table(by_id[id], "no story of " .. id)
      assert.is_true(#by_id[id].look_alikes >= 2, id)
    end
  end)

  it("come in the difficulties their alerts are judged by", function()
    for _, id in ipairs(plain) do assert.same({ "plain" }, by_id[id].difficulties, id) end
    for id, story in pairs(by_id) do
      local all = table.concat(story.difficulties, " ")
      if all ~= "plain" then assert.equal("easy medium hard", all:sub(1, 16), id) end
    end
    for _, tactic in ipairs(tactics) do
      assert.equal("slow", by_id["ARM_AnomalousOperation." .. tactic].difficulties[4])
    end
  end)

  it("are made of acts that can be written down", function()
    tellings(function(name, acts, more)
      assert.is_true(#acts > 0, name)
      for _, act in ipairs(acts) do check_act(name, act) end
      assert.is_table(more.principal, name)
      local known = {}
      for _, p in ipairs(more.principals) do known[p] = true end
      for _, act in ipairs(acts) do assert.is_true(known[act.principal], name .. ": a principal without a label") end
    end)
  end)

  it("have acts in every source they name", function()
    tellings(function(name, acts, _, story)
      local seen = {}
      for _, act in ipairs(acts) do seen[act.log or "activity"] = true end
      for _, source in ipairs(story and story.sources or {}) do assert.is_true(seen[source], name .. ": " .. source) end
    end)
  end)

  it("are the same for the same seed, and others for another", function()
    for _, story in ipairs(stories) do
      local difficulty = story.difficulties[1]
      local a, b = play(story.id, difficulty, 7), play(story.id, difficulty, 7)
      assert.same(a, b, story.id)
      assert.not_same(a, play(story.id, difficulty, 8), story.id)
    end
  end)

  it("say the severities of the catalogue", function()
    local allowed = { Low = true, Medium = true, High = true, Informational = true }
    for id, story in pairs(by_id) do
      for _, difficulty in ipairs(story.difficulties) do
        local severity = type(story.severity) == "table" and story.severity[difficulty] or story.severity
        assert.is_true(allowed[severity], id .. " " .. difficulty)
      end
    end
    assert.equal("Low", by_id["ARM_AnomalousRBACRoleAssignment"].severity.pim)
    assert.equal("High", by_id["Arm_Suspicious_Vault_Recovering"].severity.easy)
  end)
end)

describe("operations of a tactic", function()
  local first, everyday = {}, {}
  for _, row in ipairs(high_risk) do first[row[1]], everyday[row[1]] = row[2][1], row.everyday end

  it("are known for that tactic", function()
    for tactic, rows in pairs(actions.attacks) do
      for _, row in ipairs(rows) do assert.equal(tactic, first[row[2]:lower()], row[2]) end
    end
  end)

  it("are everyday ones where nobody is to be accused", function()
    for tactic, rows in pairs(actions.everyday) do
      for _, row in ipairs(rows) do
        assert.equal(tactic, first[row[2]:lower()], row[2])
        assert.is_true(everyday[row[2]:lower()], row[2])
      end
    end
  end)
end)

describe("a thief", function()
  local id = "ARM_AnomalousOperation.CredentialAccess"

  it("comes from elsewhere, with another client, at night: easy", function()
    for seed = 1, 10 do
      for _, act in ipairs(play(id, "easy", seed)) do
        assert.not_equal("77.1.2.3", act.ip)
        assert.not_equal(PORTAL, act.app)
      end
      local acts = play(id, "easy", seed)
      local hour = acts[1].time // 3600000 % 24
      assert.is_true(hour >= 1 and hour <= 5, "at " .. hour)
    end
  end)

  it("comes from elsewhere and is like the owner for the rest: medium", function()
    for _, act in ipairs(play(id, "medium", 3)) do
      assert.not_equal("77.1.2.3", act.ip)
      assert.equal(PORTAL, act.app)
    end
  end)

  it("sits at the owner's machine: hard", function()
    for _, act in ipairs(play(id, "hard", 3)) do
      assert.equal("77.1.2.3", act.ip)
      assert.equal(PORTAL, act.app)
      assert.not_equal("signin", act.log)
    end
  end)

  it("does one thing a day: slow", function()
    local last = 0
    for _, act in ipairs(play(id, "slow", 2)) do
      if act.log ~= "signin" then
        assert.is_true(act.time - last >= 20 * 3600 * 1000)
        last = act.time
      end
    end
  end)

  it("lets a deployment do it: template", function()
    local acts = play("ARM_AnomalousServiceOperation.Persistence", "template", 2)
    local outer = of(acts, "Microsoft.Resources/deployments/write")[1]
    for _, act in ipairs(acts) do assert.equal(outer.correlation, act.correlation) end
    assert.is_true(#acts >= 3)
  end)
end)

describe("tell-tales of the toolkits", function()
  it("MicroBurst draws fifteen letters, none twice", function()
    for seed = 1, 12 do
      for _, act in ipairs(of(play("ARM_MicroBurst.RunCodeOnBehalf", "plain", seed),
        "Microsoft.Automation/automationAccounts/runbooks/write")) do
        local name, seen = act.resource:match "/([A-Za-z]+)$", {}
        assert.equal(15, #name)
        for letter in name:gmatch "." do
          assert.is_nil(seen[letter], name)
          seen[letter] = true
        end
      end
    end
  end)

  it("what MicroBurst imports it deletes again, within minutes", function()
    for seed = 1, 8 do
      local acts, at = play("ARM_MicroBurst.RunCodeOnBehalf", "plain", seed), {}
      for _, act in ipairs(of(acts, "Microsoft.Automation/automationAccounts/runbooks/write")) do
        at[act.resource] = act.time
      end
      for _, act in ipairs(of(acts, "Microsoft.Automation/automationAccounts/runbooks/delete")) do
        assert.is_true(act.time - at[act.resource] < 5 * 60000)
        at[act.resource] = nil
      end
      assert.is_nil(next(at))
    end
  end)

  it("one listKeys for each account, or four", function()
    local LIST <const> = "Microsoft.Storage/storageAccounts/listKeys/action"
    for _, n in pairs(per_resource(of(play("ARM_MicroBurst.AZStorageKeysREST"), LIST))) do assert.equal(1, n) end
    for _, n in pairs(per_resource(of(play("ARM_MicroBurst.AzDomainInfo"), LIST))) do assert.equal(1, n) end
    for _, n in pairs(per_resource(of(play("ARM_PowerZure.ShowStorageContent"), LIST))) do assert.equal(4, n) end
  end)

  it("Azurite takes three profiles of each site", function()
    local counts = per_resource(of(play("ARM_Azurite"), "Microsoft.Web/sites/publishxml/action"))
    assert.is_table(next(counts) and counts)
    for _, n in pairs(counts) do assert.equal(3, n) end
  end)

  it("AzureDomainInfo looks at none of the four newer families", function()
    for _, act in ipairs(play("ARM_MicroBurst.AzureDomainInfo")) do
      for _, word in ipairs { "KeyVault", "Automation", "Logic", "policy", "containers/read" } do
        assert.is_nil(act.operation:find(word, 1, true), act.operation)
      end
      if act.log == "read" then assert.is_nil(act.properties.UserAgent:find(" Az.", 1, true)) end
    end
  end)

  it("commands on machines are strictly one after the other, each on another machine", function()
    local acts = of(play("ARM_MicroBurst.AzVMBulkCMD"), "Microsoft.Compute/virtualMachines/runCommand/action")
    assert.is_true(#acts >= 3)
    for i = 2, #acts do assert.is_true(acts[i].time >= acts[i - 1].time + acts[i - 1].seconds * 1000) end
    for _, n in pairs(per_resource(acts)) do assert.equal(1, n) end
  end)

  it("keys are asked for twice, the second time with a slash before the query", function()
    local acts = of(play("ARM_MicroBurst.AzKeyVaultKeysREST"), "KeyGet")
    assert.is_true(#acts > 0 and #acts % 2 == 0)
    for i = 1, #acts, 2 do
      assert.is_truthy(acts[i].properties.requestUri:find("/keys/key%-%l+%?api%-version=7%.0$"))
      assert.is_truthy(acts[i + 1].properties.requestUri:find("/keys/key%-%l+/%x+/%?api%-version=7%.0$"))
      assert.is_truthy(acts[i].properties.clientInfo:find("PowerShell/", 1, true))
      assert.is_nil(acts[i].properties.clientInfo:find("AzurePowershell", 1, true))
    end
  end)

  it("secrets are read once, after a list, and no key is", function()
    local acts = play("ARM_MicroBurst.AzKeyVaultSecretsREST")
    assert.equal(0, #of(acts, "KeyGet") + #of(acts, "KeyList"))
    assert.is_true(#of(acts, "SecretList") >= 2)
    local urls = {}
    for _, act in ipairs(of(acts, "SecretGet")) do
      assert.is_nil(urls[act.properties.requestUri])
      urls[act.properties.requestUri] = true
    end
  end)

  it("PowerZure's names are always the same", function()
    local acts = play("ARM_PowerZure.MaintainPersistence")
    local hook = of(acts, "Microsoft.Automation/automationAccounts/webhooks/write")[1]
    assert.is_truthy(hook.resource:find("/webhooks/AzureAutomationTutorialPowerShell$"))
    assert.equal(0, #of(acts, "Microsoft.Automation/automationAccounts/jobs/write"))
    local names = {}
    for seed = 1, 20 do
      for _, act in ipairs(play("ARM_PowerZure.RunCodeOnBehalf", "plain", seed)) do
        local name = act.resource:match "/runbooks/([^/]+)$"
        if name then names[name] = true end
      end
    end
    assert.same({ AzureAutomationTutorialPowerShell = true, AutomationTutorialPowerShell = true,
      BashAutomationTutorial = true }, names)
  end)

  it("NetSPI's webhook comes with a module, an owner, and a runbook that stays", function()
    for seed = 1, 5 do
      local acts = play("ARM_NetSPI.MaintainPersistence", "plain", seed)
      assert.equal(1, #of(acts, "Microsoft.Automation/automationAccounts/webhooks/write"))
      assert.equal(1, #of(acts, "Microsoft.Automation/automationAccounts/modules/write"))
      assert.equal(0, #of(acts, "Microsoft.Automation/automationAccounts/runbooks/delete"))
      assert.equal(0, #of(acts, "Microsoft.Automation/automationAccounts/jobs/write"))
      assert.is_true(#of(acts, "Microsoft.Authorization/roleAssignments/write") >= 1)
    end
  end)

  it("GetAzureTargets asks who has access to each resource", function()
    local seen = 0
    for seed = 1, 10 do
      local acts, more = play("ARM_PowerZure.GetAzureTargets", "plain", seed)
      local counts, n = per_resource(of(acts, "Microsoft.Authorization/roleAssignments/read")), 0
      for _ in pairs(counts) do n = n + 1 end
      if more.variant == "2.2" then
        assert.is_true(n >= 20)
        seen = seen + 1
      end
    end
    assert.is_true(seen > 0)
  end)

  it("elevated access leaves two records, none in a subscription", function()
    local acts = play("ARM_PowerZure.AzureElevatedPrivileges", "plain", 1)
    local call = of(acts, "Microsoft.Authorization/elevateAccess/action")[1]
    assert.equal("directory", call.log)
    assert.equal("/providers/Microsoft.Authorization", call.resource)
    assert.equal(POWERSHELL, call.app)
    for _, act in ipairs(acts) do assert.is_nil(act.resource:find("/subscriptions/", 1, true)) end
  end)

  it("suspicious addresses are of the lists", function()
    for seed = 1, 8 do
      for _, act in ipairs(play("ARM_OperationFromSuspiciousIP", "plain", seed)) do assert.equal("5.188.1.2", act.ip) end
      for _, act in ipairs(play("ARM_OperationFromSuspiciousProxyIP", "plain", seed)) do
        assert.is_true(act.ip == "185.220.1.2" or act.ip == "45.86.1.2")
      end
    end
  end)
end)

describe("a vault that comes back", function()
  it("is recovered by another than who deleted it, without a second factor when that matters", function()
    local acts, more = play("Arm_Suspicious_Vault_Recovering", "easy", 4)
    local gone = of(acts, "Microsoft.KeyVault/vaults/delete")[1]
    local back = of(acts, "Microsoft.KeyVault/vaults/write")[2] -- the first one made it
    assert.equal(gone.resource, back.resource)
    assert.not_equal(gone.principal, back.principal)
    assert.equal(more.principal, back.principal)
    assert.equal("recover", back.body.properties.createMode)
    assert.equal("pwd", back.claims.amr)
  end)
end)

describe("in the simulated tenant", function()
  local simulate = require "armrun.simulate"
  local sim = simulate.build { seed = 4, size = 300, days = 100, shape = "rest", attacks = "all",
    from = 1767571200000, without = {} }

  it("nearly every story finds somebody to happen to", function()
    local told = {}
    for _, session in ipairs(sim.sessions) do
      if session.kind == "attack" then told[session.id] = true end
    end
    local missing = {}
    for id in pairs(by_id) do
      if not told[id] then missing[#missing + 1] = id end
    end
    assert.same({}, missing)
  end)

  it("nothing happens before the log is judged, or to those who have no label", function()
    local labelled = {}
    for _, session in ipairs(sim.sessions) do
      assert.is_true(session.from >= sim.judged_from, session.id)
      for _, id in ipairs(session.principals) do labelled[id] = true end
    end
    for _, acts in pairs(sim.planned) do
      for _, act in ipairs(acts) do assert.is_true(labelled[act.principal.id]) end
    end
  end)

  it("a dormant account has been silent for two months", function()
    for _, session in ipairs(sim.sessions) do
      if session.id == "ARM_UnusedAccountPersistence" and session.kind == "attack" then
        local p
        for _, one in ipairs(sim.principals) do
          if one.id == session.principals[1] then p = one end
        end
        assert.is_true((session.from - sim.from) / DAY - p.until_day >= 60)
      end
    end
  end)

  it("an unused client was used by no other session for 45 days, and is no habit of its owner", function()
    local clients = { ARM_UnusedAppPowershellPersistence = apps.powershell, ARM_UnusedAppIbizaPersistence = apps.portal }
    local seen = 0
    local function check(session, app)
      seen = seen + 1
      for _, p in ipairs(sim.principals) do
        if p.id == session.principals[1] then
          assert.is_false(app == apps.portal and p.pim ~= nil)
          for _, item in ipairs(p.apps) do assert.not_equal(app, apps[item[1]]) end
        end
      end
      for _, acts in pairs(sim.planned) do
        for _, act in ipairs(acts) do
          local before = session.from - act.time
          local spoils = act.principal.id == session.principals[1] and act.app == app and before > 0 and before < 45 * DAY
          assert.is_false(spoils)
        end
      end
    end
    for _, session in ipairs(sim.sessions) do
      if session.kind == "attack" and clients[session.id] then check(session, clients[session.id]) end
    end
    assert.is_true(seen >= 4)
  end)
end)
