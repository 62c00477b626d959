-- The 46 alerts to the letter: ids, titles, severities, tactics, preview. Each rule in rules/ must be one of them.
local list <const> = { -- id, severity, tactics, preview, title
  { "ARM_OperationFromSuspiciousIP", "medium", "Execution", false,
    "Azure Resource Manager operation from suspicious IP address" },
  { "ARM_OperationFromSuspiciousProxyIP", "medium", "DefenseEvasion", false,
    "Azure Resource Manager operation from suspicious proxy IP address" },
  { "ARM_MicroBurst.AzDomainInfo", "low", "", false,
    "MicroBurst exploitation toolkit used to enumerate resources in your subscriptions" },
  { "ARM_MicroBurst.AzureDomainInfo", "low", "", false,
    "MicroBurst exploitation toolkit used to enumerate resources in your subscriptions" },
  { "ARM_MicroBurst.AzVMBulkCMD", "high", "Execution", false,
    "MicroBurst exploitation toolkit used to execute code on your virtual machine" },
  { "RM_MicroBurst.AzureRmVMBulkCMD", "high", "", false,
    "MicroBurst exploitation toolkit used to execute code on your virtual machine" },
  { "ARM_MicroBurst.AzKeyVaultKeysREST", "high", "", false,
    "MicroBurst exploitation toolkit used to extract keys from your Azure key vaults" },
  { "ARM_MicroBurst.AZStorageKeysREST", "low", "Collection", false,
    "MicroBurst exploitation toolkit used to extract keys to your storage accounts" },
  { "ARM_MicroBurst.AzKeyVaultSecretsREST", "high", "", false,
    "MicroBurst exploitation toolkit used to extract secrets from your Azure key vaults" },
  { "ARM_PowerZure.AzureElevatedPrivileges", "high", "", false,
    "PowerZure exploitation toolkit used to elevate access from Azure AD to Azure" },
  { "ARM_PowerZure.GetAzureTargets", "high", "Collection", false,
    "PowerZure exploitation toolkit used to enumerate resources" },
  { "ARM_PowerZure.ShowStorageContent", "high", "", false,
    "PowerZure exploitation toolkit used to enumerate storage containers, shares, and tables" },
  { "ARM_PowerZure.StartRunbook", "high", "", false,
    "PowerZure exploitation toolkit used to execute a Runbook in your subscription" },
  { "ARM_PowerZure.AzureRunbookContent", "high", "Collection", false,
    "PowerZure exploitation toolkit used to extract Runbooks content" },
  { "ARM_Azurite", "high", "Collection", true,
    "Azurite toolkit run detected" },
  { "ARM_SuspiciousComputeCreation", "medium", "Impact", true,
    "Suspicious creation of compute resources detected" },
  { "Arm_Suspicious_Vault_Recovering", "medium high", "LateralMovement", true,
    "Suspicious key vault recovery detected" },
  { "ARM_UnusedAccountPersistence", "medium", "Persistence", true,
    "Suspicious management session using an inactive account detected" },
  { "ARM_AnomalousServiceOperation.CredentialAccess", "medium", "CredentialAccess", true,
    "Suspicious invocation of a high-risk 'Credential Access' operation by a service principal detected" },
  { "ARM_AnomalousServiceOperation.Collection", "medium", "Collection", true,
    "Suspicious invocation of a high-risk 'Data Collection' operation by a service principal detected" },
  { "ARM_AnomalousServiceOperation.DefenseEvasion", "medium", "DefenseEvasion", true,
    "Suspicious invocation of a high-risk 'Defense Evasion' operation by a service principal detected" },
  { "ARM_AnomalousServiceOperation.Execution", "medium", "Execution", true,
    "Suspicious invocation of a high-risk 'Execution' operation by a service principal detected" },
  { "ARM_AnomalousServiceOperation.Impact", "medium", "Impact", true,
    "Suspicious invocation of a high-risk 'Impact' operation by a service principal detected" },
  { "ARM_AnomalousServiceOperation.InitialAccess", "medium", "InitialAccess", true,
    "Suspicious invocation of a high-risk 'Initial Access' operation by a service principal detected" },
  { "ARM_AnomalousServiceOperation.LateralMovement", "medium", "LateralMovement", true,
    "Suspicious invocation of a high-risk 'Lateral Movement Access' operation by a service principal detected" },
  { "ARM_AnomalousServiceOperation.Persistence", "medium", "Persistence", true,
    "Suspicious invocation of a high-risk 'persistence' operation by a service principal detected" },
  { "ARM_AnomalousServiceOperation.PrivilegeEscalation", "medium", "PrivilegeEscalation", true,
    "Suspicious invocation of a high-risk 'Privilege Escalation' operation by a service principal detected" },
  { "ARM_UnusedAppPowershellPersistence", "medium", "Persistence", true,
    "Suspicious management session using PowerShell detected" },
  { "ARM_UnusedAppIbizaPersistence", "medium", "Persistence", true,
    "Suspicious management session using Azure portal detected" },
  { "ARM_PrivilegedRoleDefinitionCreation", "informational", "PrivilegeEscalation DefenseEvasion", true,
    "Privileged custom role created for your subscription in a suspicious way" },
  { "ARM_AnomalousRBACRoleAssignment", "low high", "LateralMovement DefenseEvasion", true,
    "Suspicious Azure role assignment detected" },
  { "ARM_AnomalousOperation.CredentialAccess", "medium", "CredentialAccess", true,
    "Suspicious invocation of a high-risk 'Credential Access' operation detected" },
  { "ARM_AnomalousOperation.Collection", "medium", "Collection", true,
    "Suspicious invocation of a high-risk 'Data Collection' operation detected" },
  { "ARM_AnomalousOperation.DefenseEvasion", "medium", "DefenseEvasion", true,
    "Suspicious invocation of a high-risk 'Defense Evasion' operation detected" },
  { "ARM_AnomalousOperation.Execution", "medium", "Execution", true,
    "Suspicious invocation of a high-risk 'Execution' operation detected" },
  { "ARM_AnomalousOperation.Impact", "medium", "Impact", true,
    "Suspicious invocation of a high-risk 'Impact' operation detected" },
  { "ARM_AnomalousOperation.InitialAccess", "medium", "InitialAccess", true,
    "Suspicious invocation of a high-risk 'Initial Access' operation detected" },
  { "ARM_AnomalousOperation.LateralMovement", "medium", "LateralMovement", true,
    "Suspicious invocation of a high-risk 'Lateral Movement' operation detected" },
  { "ARM_AnomalousElevateAccess", "medium", "PrivilegeEscalation", true,
    "Suspicious elevate access operation" },
  { "ARM_AnomalousOperation.Persistence", "medium", "Persistence", true,
    "Suspicious invocation of a high-risk 'Persistence' operation detected" },
  { "ARM_AnomalousOperation.PrivilegeEscalation", "medium", "PrivilegeEscalation", true,
    "Suspicious invocation of a high-risk 'Privilege Escalation' operation detected" },
  { "ARM_MicroBurst.RunCodeOnBehalf", "high", "Persistence CredentialAccess", false,
    "Usage of MicroBurst exploitation toolkit to run an arbitrary code or exfiltrate Azure Automation "
      .. "account credentials" },
  { "ARM_NetSPI.MaintainPersistence", "high", "", false,
    "Usage of NetSPI techniques to maintain persistence in your Azure environment" },
  { "ARM_PowerZure.RunCodeOnBehalf", "high", "", false,
    "Usage of PowerZure exploitation toolkit to run an arbitrary code or exfiltrate Azure Automation "
      .. "account credentials" },
  { "ARM_PowerZure.MaintainPersistence", "high", "", false,
    "Usage of PowerZure function to maintain persistence in your Azure environment" },
  { "ARM_AnomalousClassicRoleAssignment", "high", "LateralMovement DefenseEvasion", true,
    "Suspicious classic role assignment detected" },
}

-- How many of them rules/ must raise.
local MUST_EXIST <const> = 46

local weight <const> = { informational = 1, low = 2, medium = 3, high = 4 }

local function words(text)
  local found = {}
  for word in text:gmatch "%S+" do found[#found + 1] = word end
  return found
end

-- Stands for any word of the rule language: it may be called, indexed and joined, and gives itself.
local stub = {}
setmetatable(stub, {
  __call = function() return stub end, __index = function() return stub end, __concat = function() return stub end,
})

local function read(path, environment)
  return assert(loadfile(path, "t", environment))()
end

-- The heads of all rules by id, as their files say them.
local function heads()
  local found, where = {}, {}
  local environment = setmetatable({
    rule = function(id)
      return function(head)
        assert(not found[id], id .. " is declared twice")
        found[id], where[id] = head, where.now
      end
    end,
  }, { __index = function(_, name) return _G[name] or stub end })
  function environment.require(name)
    local folder = name:find "^armrun%." and "lua/" or "rules/"
    return read(folder .. name:gsub("%.", "/") .. ".lua", environment)
  end
  local files = assert(io.popen "find rules -name '*.lua' -not -path 'rules/lib/*' | sort")
  for path in files:lines() do
    where.now = path
    read(path, environment)
  end
  files:close()
  return found, where
end

describe("the catalogue", function()
  local rules, files = heads()
  local known = {}
  for _, row in ipairs(list) do
    known[row[1]] = { severities = words(row[2]), tactics = words(row[3]), preview = row[4], title = row[5] }
  end

  it("has 46 alerts", function()
    assert.equal(46, #list)
    local ids = 0
    for _ in pairs(known) do ids = ids + 1 end
    assert.equal(46, ids)
  end)

  it("has every rule", function()
    for id in pairs(rules) do assert(known[id], ("%s: %s is not in the catalogue"):format(files[id], id)) end
  end)

  it("is raised by as many rules as are promised", function()
    local exist = 0
    for id in pairs(known) do exist = exist + (rules[id] and 1 or 0) end
    assert(exist >= MUST_EXIST, ("%d of its alerts have rules, not %d"):format(exist, MUST_EXIST))
  end)

  for id, wanted in pairs(known) do
    local head = rules[id]
    if head then
      it("is followed by " .. id, function()
        assert.equal(wanted.title, head.title)
        assert.equal(wanted.preview, head.preview == true)
        local tactics = { table.unpack(head.tactics or {}) }
        table.sort(tactics)
        table.sort(wanted.tactics)
        assert.same(wanted.tactics, tactics)
      end)

      it("gives the severity of " .. id .. "; a rule may only add lower ones", function()
        local given, lowest = {}, 4
        for _, word in ipairs(wanted.severities) do lowest = math.min(lowest, weight[word]) end
        for _, word in ipairs(type(head.severity) == "table" and head.severity or { head.severity }) do
          given[word] = true
        end
        for _, word in ipairs(wanted.severities) do assert(given[word], word .. " is missing") end
        for word in pairs(given) do
          local own = table.concat(wanted.severities, " "):find(word, 1, true)
          assert(own or weight[word] < lowest, word .. " is not in the catalogue, nor lower")
        end
      end)
    end
  end
end)
