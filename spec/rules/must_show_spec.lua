-- What must hold for all rules together, whatever each one's own spec asks: who is nobody is no actor, failures count
-- only where a rule says so, a group that is deleted is one act, nothing speaks of habits before it has learned them.
local testing = require "armrun.testing"
local runs = require "support.domain_info"

local AA <const> = "Microsoft.Automation/automationAccounts/"
local KEYS <const> = "Microsoft.Storage/storageAccounts/listKeys/action"
local RAW <const> = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1237"

local function add(story, at, act, common)
  act.at = at
  for key, value in pairs(common or {}) do act[key] = value end
  story:act(act)
end

-- The calls of many toolkits, one after the other: enough for an alert of each, if one actor made them.
local function attacks(story, common)
  local at = 0
  local function call(after, does, on, more)
    at = at + after
    local act = { does = does, on = on, app = "powershell" }
    for key, value in pairs(more or {}) do act[key] = value end
    add(story, at, act, common)
  end
  for i = 1, 4 do call(40, "Microsoft.Compute/virtualMachines/runCommand/action", "vm" .. i, { took = 30 }) end
  for i = 1, 4 do call(1, KEYS, "sa" .. i) end
  for i = 5, 6 do
    for _ = 1, 4 do call(2, KEYS, "sa" .. i) end
  end
  for i = 1, 2 do
    for _ = 1, 3 do call(2, "Microsoft.Web/sites/publishxml/action", "app" .. i) end
  end
  for _, name in ipairs { "lGVeLPZARrTJdDu", "Cleanup", "AutomationTutorialPowerShell" } do
    for _, does in ipairs { "runbooks/write", "runbooks/publish/action" } do call(2, AA .. does, "aa1/" .. name) end
    call(2, AA .. "jobs/write", "aa1/" .. testing.guid(name))
    call(20, AA .. "runbooks/delete", "aa1/" .. name)
  end
  for _, does in ipairs { "write", "modules/write", "runbooks/write", "runbooks/publish/action", "webhooks/write" } do
    call(30, AA .. does, does == "write" and "aa2" or does:find "modules" and "aa2/AzureAD" or "aa2/Sync")
  end
  call(5, AA .. "webhooks/write", "aa3/AzureAutomationTutorialPowerShell")
  call(5, "Microsoft.Authorization/classicAdministrators/write", "helper")
  call(5, "Microsoft.Authorization/elevateAccess/action", "/providers/Microsoft.Authorization",
    { source = "directory" })
  call(5, "Microsoft.Authorization/roleDefinitions/write", "r1",
    { body = { properties = { roleName = "Reader", permissions = { { actions = { "*" } } } } } })
  for i = 1, 2 do
    call(9, "KeyList", "kv" .. i, { source = "keyvault", user_agent = RAW })
    call(1, "SecretList", "kv" .. (i + 2), { source = "keyvault", user_agent = RAW })
  end
  for _, act in ipairs(runs.az()) do
    act.at, at = nil, at + 4
    add(story, at, act, common)
  end
  return story
end

local function ids(story)
  local list = {}
  for _, alert in ipairs(story:alerts()) do list[#list + 1] = alert.rule end
  table.sort(list)
  return list
end

describe("all rules together", function()
  it("raise many alerts at what one actor does", function()
    local seen = {}
    for _, id in ipairs(ids(attacks(testing.story "rules", { by = "mallory" }))) do seen[id] = true end
    for _, id in ipairs { "ARM_MicroBurst.AzVMBulkCMD", "ARM_PowerZure.ShowStorageContent", "ARM_Azurite",
      "ARM_MicroBurst.RunCodeOnBehalf", "ARM_PowerZure.RunCodeOnBehalf", "ARM_NetSPI.MaintainPersistence",
      "ARM_PowerZure.MaintainPersistence", "ARM_AnomalousClassicRoleAssignment", "ARM_MicroBurst.AzDomainInfo",
      "ARM_PowerZure.AzureElevatedPrivileges", "ARM_PrivilegedRoleDefinitionCreation",
      "ARM_MicroBurst.AzKeyVaultSecretsREST" } do
      assert.is_true(seen[id], id .. " is silent")
    end
  end)

  it("raise none when nobody is named: they are never taken together for one actor", function()
    for _, ip in ipairs { "51.9.9.9", false } do
      local story = attacks(testing.story "rules", { by = false, ip = ip })
      assert.same({}, ids(story))
      assert.is_true(story:run().summary.acts_nobody >= #story.acts / 2)
    end
  end)

  it("raise none for those of whom each does one of the things only", function()
    local story, n = testing.story "rules", 0
    local alone <const> = { ["Microsoft.Compute/virtualMachines/runCommand/action"] = true, [KEYS] = true,
      ["Microsoft.Web/sites/publishxml/action"] = true, KeyList = true, SecretList = true }
    for _, act in ipairs(attacks(testing.story { text = "" }, { by = "mallory" }).acts) do
      if alone[act.operation] then
        n = n + 1
        local source = (act.operation == "KeyList" or act.operation == "SecretList") and "keyvault" or nil
        story:act { at = act.at - story.base, by = "person" .. n, does = act.operation, on = act.resource,
          source = source, app = "powershell", user_agent = act.user_agent }
      end
    end
    assert.is_true(n > 15)
    assert.same({}, ids(story))
  end)

  it("count what failed only where a rule says so", function()
    -- Attempts that tell the tool by themselves: commands that failed on the wrong system, names only the tool gives,
    -- vaults and reads that refused.
    local may <const> = { ["ARM_MicroBurst.AzVMBulkCMD"] = true, ["ARM_MicroBurst.RunCodeOnBehalf"] = true,
      ["ARM_PowerZure.RunCodeOnBehalf"] = true, ["ARM_MicroBurst.AzKeyVaultKeysREST"] = true,
      ["ARM_MicroBurst.AzKeyVaultSecretsREST"] = true, ["ARM_MicroBurst.AzDomainInfo"] = true,
      ["ARM_PowerZure.AzureRunbookContent"] = true }
    for _, id in ipairs(ids(attacks(testing.story "rules", { by = "mallory", status = "failed" }))) do
      assert.is_true(may[id], id .. " counts what failed")
    end
  end)
end)

-- ---- the deletion of a group ---------------------------------------------------------------------------------------

describe("the deletion of a resource group with all that is in it", function()
  local GROUP <const> = "Microsoft.Resources/subscriptions/resourceGroups/delete"
  local children <const> = { "Microsoft.Compute/snapshots/delete", "Microsoft.Authorization/locks/delete",
    "Microsoft.Insights/diagnosticSettings/delete", "Microsoft.Automation/automationAccounts/runbooks/delete",
    "Microsoft.Compute/virtualMachines/delete", "Microsoft.KeyVault/vaults/delete",
    "Microsoft.Storage/storageAccounts/delete", "Microsoft.RecoveryServices/vaults/delete",
    "Microsoft.Network/networkSecurityGroups/delete", "Microsoft.Sql/servers/delete" }

  local function deleted(how)
    local story = testing.story "rules"
    story:days(30, function(day)
      for i = 1, day % 7 == 1 and 9 or 0 do
        story:act { at = "9h", by = "mate" .. i, does = "Microsoft.Web/sites/restart/action", on = "shop" }
      end
      story:act { at = "9h10m", by = "mallory", does = "Microsoft.Web/sites/restart/action", on = "shop" }
    end)
    local id = "/subscriptions/" .. testing.guid "subscription" .. "/resourceGroups/old"
    local common <const> = { by = "mallory", app = "powershell", ip = "51.2.3.4", group = "old" }
    for i, does in ipairs(children) do
      local act = { does = does, on = "x" .. i, action = how == "by action" and GROUP or nil,
        correlation = how == "by correlation" and testing.guid "deletion" or nil }
      add(story, 7200 + i * 10, act, common)
    end
    local whole = { does = GROUP, on = id, took = "5m", correlation = testing.guid "deletion" }
    add(story, 7200 + 290, whole, common)
    return story
  end

  it("is one alert at most, of all rules", function()
    for _, how in ipairs { "by correlation", "by action" } do
      assert.same({ "ARM_AnomalousOperation.Impact" }, ids(deleted(how)), how)
      assert.same({ "ARM_AnomalousOperation.Impact" }, ids(deleted(how):shape("mixed"):shuffle(3):duplicate()), how)
    end
  end)

  it("is another matter when each was deleted by itself", function()
    assert.is_true(#ids(deleted "apart") > 1)
  end)
end)

-- ---- learning ------------------------------------------------------------------------------------------------------

describe("what speaks of habits", function()
  local kinds = { "ARM_AnomalousRBACRoleAssignment", "ARM_SuspiciousComputeCreation", "ARM_UnusedAccountPersistence",
    "ARM_UnusedAppPowershellPersistence", "ARM_UnusedAppIbizaPersistence" }
  for _, tactic in ipairs { "InitialAccess", "Execution", "Persistence", "PrivilegeEscalation", "DefenseEvasion",
    "CredentialAccess", "LateralMovement", "Collection", "Impact" } do
    kinds[#kinds + 1] = "ARM_AnomalousOperation." .. tactic
    kinds[#kinds + 1] = "ARM_AnomalousServiceOperation." .. tactic
  end

  local GPU <const> = { location = "x", sku = { name = "Standard_ND96asr_v4", capacity = 100 } }
  local OWNER <const> = { properties = { principalId = testing.guid "mallory", scope = "/",
    roleDefinitionId = "/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635" } }
  local news <const> = { "Microsoft.Compute/snapshots/delete", "Microsoft.Authorization/locks/delete", KEYS,
    "Microsoft.Compute/virtualMachines/runCommand/action", "Microsoft.Network/bastionHosts/write",
    AA .. "webhooks/write", "Microsoft.Compute/disks/beginGetAccess/action",
    "Microsoft.SerialConsole/serialPorts/connect/action" }

  -- So many days of work, then everything at once, from everywhere.
  local function storm(days)
    local story = testing.story "rules"
    story:days(days, function()
      for i = 1, 9 do
        story:act { at = "9h", by = "mate" .. i, app = "cli", does = "Microsoft.Web/sites/restart/action", on = "shop" }
        story:act { at = "9h", by = "robot" .. i, kind = "service_principal", on = "shop",
          does = "Microsoft.Web/sites/restart/action" }
      end
    end)
    for _, who in ipairs { { by = "mate1" }, { by = "robot1", kind = "service_principal" }, { by = "mallory" } } do
      local common = { by = who.by, kind = who.kind, app = "powershell", ip = "51.2.3.4" }
      for i, does in ipairs(news) do add(story, 36000 + i * 60, { does = does, on = "n" .. i }, common) end
      add(story, 37000, { does = "Microsoft.Authorization/roleAssignments/write", on = "/providers/Microsoft."
        .. "Authorization/roleAssignments/" .. testing.guid(who.by), body = OWNER }, common)
      add(story, 37100, { does = "Microsoft.Compute/virtualMachineScaleSets/write", on = "gpu", body = GPU }, common)
    end
    return story:intel("malicious", { "51.2.3.4" })
  end

  it("needs at least fourteen days", function()
    local rules = storm(1):run().rules
    for _, id in ipairs(kinds) do
      assert.is_true((rules[id].learning_wants or 0) >= 14, id .. " learns for too short a time")
    end
    local learning = 0
    for _, rule in pairs(rules) do learning = learning + ((rule.learning_wants or 0) > 0 and 1 or 0) end
    assert.equal(#kinds, learning)
  end)

  it("is silent on the fourteenth day, and speaks on the fifteenth; the others speak from the first event", function()
    local function heard(days)
      local seen = {}
      for _, id in ipairs(ids(storm(days))) do seen[id] = true end
      return seen
    end
    for _, days in ipairs { 0, 1, 13 } do
      local seen = heard(days)
      for _, id in ipairs(kinds) do assert.is_nil(seen[id], id .. " after " .. days .. " days") end
      assert.is_true(seen.ARM_OperationFromSuspiciousIP)
    end
    local seen = heard(14)
    for _, id in ipairs { "ARM_AnomalousRBACRoleAssignment", "ARM_SuspiciousComputeCreation",
      "ARM_AnomalousOperation.Impact", "ARM_AnomalousServiceOperation.Impact",
      "ARM_AnomalousOperation.CredentialAccess" } do
      assert.is_true(seen[id], id .. " is silent after 14 days")
    end
  end)
end)
