--- The runs of Get-AzDomainInfo and Get-AzureDomainInfo, call by call, as ARM reads and the activity log show them.
local toolkit = require "support.toolkit"

local domain_info = {}

domain_info.AZ = "AzurePowershell/v12.1.0 PSVersion/v5.1 Az.Resources/7.1.0"
domain_info.AZURERM = "Microsoft.Azure.Management.Compute.ComputeManagementClient/21.0 AzurePowershell/v6.13.1"

-- { what part, operation, on, only Az? }
local calls = {
  { "start", "Microsoft.Resources/subscriptions/read", "s" },
  { "storage", "Microsoft.Storage/storageAccounts/read", "sa1" },
  { "containers", "Microsoft.Storage/storageAccounts/blobServices/containers/read", "sa1/default/c1", true },
  { "keys", "Microsoft.Storage/storageAccounts/listKeys/action", "sa1" },
  { "keys", "Microsoft.Storage/storageAccounts/listKeys/action", "sa2" },
  { "keys", "Microsoft.Storage/storageAccounts/listKeys/action", "sa3" },
  { "groups", "Microsoft.Resources/subscriptions/resourceGroups/read", "rg" },
  { "resources", "Microsoft.Resources/subscriptions/resources/read", "r" },
  { "resources", "Microsoft.Resources/subscriptions/resources/read", "r" },
  { "sql", "Microsoft.Sql/servers/databases/read", "sql1/db1" },
  { "sql", "Microsoft.Sql/servers/firewallRules/read", "sql1/fw" },
  { "sql", "Microsoft.Sql/servers/administrators/read", "sql1/ad" },
  { "web", "Microsoft.Web/sites/read", "app1" },
  { "disks", "Microsoft.Compute/disks/read", "d1" },
  { "deployments", "Microsoft.Resources/deployments/read", "dep1" },
  { "vaults", "Microsoft.KeyVault/vaults/read", "kv1", true },
  { "automation", "Microsoft.Automation/automationAccounts/runbooks/content/read", "aa1/rb1", true },
  { "automation", "Microsoft.Automation/automationAccounts/runbooks/content/read", "aa1/rb2", true },
  { "automation", "Microsoft.Automation/automationAccounts/runbooks/content/read", "aa1/rb3", true },
  { "automation", "Microsoft.Automation/automationAccounts/variables/read", "aa1/v1", true },
  { "workflows", "Microsoft.Logic/workflows/read", "la1", true },
  { "policies", "Microsoft.Authorization/policyDefinitions/read", "p1", true },
  { "policies", "Microsoft.Authorization/policyAssignments/read", "p1", true },
  { "machines", "Microsoft.Compute/virtualMachines/read", "vm1" },
  { "extensions", "Microsoft.Compute/virtualMachines/extensions/read", "vm1/e1", true },
  { "machines", "Microsoft.Compute/virtualMachineScaleSets/read", "ss1" },
  { "network", "Microsoft.Network/networkInterfaces/read", "n1" },
  { "network", "Microsoft.Network/publicIPAddresses/read", "p1" },
  { "network", "Microsoft.Network/networkSecurityGroups/read", "g1" },
  { "access", "Microsoft.Authorization/roleAssignments/read", "ra1" },
  { "access", "Microsoft.Authorization/roleDefinitions/read", "rd1" },
}

local function run(only_az, agent, extra, parts)
  local acts = {}
  for i, call in ipairs(calls) do
    if (only_az or not call[4]) and (not parts or parts:find(call[1], 1, true)) then
      local listing = call[1] == "keys"
      acts[#acts + 1] = { at = 4 * i .. "s", by = "mallory", app = "powershell", does = call[2], on = call[3],
        source = not listing and "read" or nil, user_agent = not listing and agent or nil }
    end
  end
  return toolkit.with(acts, extra or {})
end

--- `parts`: names of the parts that were not switched off; all when nil. `agent`: false when the log does not tell.
function domain_info.az(extra, parts, agent)
  return run(true, agent == nil and domain_info.AZ or agent, extra, parts)
end

function domain_info.azurerm(extra, parts, agent)
  return run(false, agent == nil and domain_info.AZURERM or agent, extra, parts)
end

return domain_info
