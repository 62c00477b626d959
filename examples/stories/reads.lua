-- What only a log of reads shows: three people take stock, each with another tool, among colleagues in the portal, an
-- inventory and a person with a script of her own.
return function(kit)
  local tell, day, guid = kit.tell, kit.day, kit.guid
  local story = kit.new()
  local AZ <const> = "AzurePowershell/v12.1.0 PSVersion/v5.1.19041 Az.Resources/7.1.0"
  local SUB <const> = "/subscriptions/" .. guid "contoso-prod"
  local aa <const> = "Microsoft.Automation/automationAccounts/"

  local function read(at, who, does, on, more)
    local act = { source = "read", app = "powershell", user_agent = AZ }
    for key, value in pairs(more or {}) do act[key] = value end
    tell(story, at, who, does, on, act)
  end

  local portal <const> = { app = "portal", user_agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" }
  for hour = 8, 16 do
    for i, does in ipairs { "Microsoft.Web/sites/read", "Microsoft.Compute/virtualMachines/read",
      "Microsoft.Network/networkInterfaces/read", "Microsoft.Authorization/roleAssignments/read" } do
      read(day(60, hour, 5) + i, "ben", does, "shop" .. i, portal)
    end
    read(day(60, hour, 20), "ben", aa .. "runbooks/content/read", "aa-shop-ops/ScaleDownNights", portal)
  end
  for i, kind in ipairs { "Storage/storageAccounts", "Web/sites", "Compute/disks", "Compute/virtualMachines",
    "Sql/servers/databases", "Network/networkInterfaces" } do -- an inventory: six kinds, every morning
    read(day(60, 5) + i * 20, "inventory", ("Microsoft.%s/read"):format(kind), "x/y",
      { app = "shop-inventory", user_agent = "python-requests/2.32" })
  end
  for i = 1, 2 do read(day(60, 13) + i * 9, "anna", aa .. "runbooks/content/read", "aa-shop-ops/Runbook" .. i) end

  -- Get-AzureRunbookContent: every runbook of every account.
  local at = day(60, 21, 4)
  for account = 1, 2 do
    read(at, "chloe", aa .. "runbooks/read", "aa-shop-" .. account)
    for i = 1, 3 do
      read(at + i * 2, "chloe", aa .. "runbooks/content/read", ("aa-shop-%d/Runbook%d"):format(account, i))
    end
    at = at + 8
  end

  -- Get-AzureTarget: all resources, then who may do what to each.
  read(day(61, 1, 30), "david", "Microsoft.Resources/subscriptions/resources/read", SUB)
  for i = 1, 24 do
    read(day(61, 1, 30) + i * 1.4, "david", "Microsoft.Authorization/roleAssignments/read",
      ("%s/resourceGroups/rg-shop-prod/providers/Microsoft.Compute/disks/disk-%02d"):format(SUB, i))
  end

  -- Get-AzDomainInfo, from the first to the last; the activity log has the keys that it takes.
  at = day(61, 3, 12)
  for _, call in ipairs { { "Storage/storageAccounts", "stshopmedia" },
    { "Storage/storageAccounts/blobServices/containers", "stshopmedia/default/img" }, "stshopmedia", "stshoplogs",
    "stshopexports", { "Resources/subscriptions/resourceGroups", "rg-shop-prod" },
    { "Resources/subscriptions/resources", "r" },
    { "Sql/servers/databases", "sql-shop/orders" }, { "Sql/servers/firewallRules", "sql-shop/office" },
    { "Sql/servers/administrators", "sql-shop/ActiveDirectory" }, { "Web/sites", "app-shop-web" },
    { "Compute/disks", "disk-01" }, { "Resources/deployments", "shop-release-3" },
    { "KeyVault/vaults", "kv-shop-prod" },
    { "Automation/automationAccounts/runbooks/content", "aa-shop-1/Runbook1" },
    { "Automation/automationAccounts/variables", "aa-shop-1/stage" }, { "Logic/workflows", "la-shop" },
    { "Authorization/policyDefinitions", "p1" }, { "Authorization/policyAssignments", "p1" },
    { "Compute/virtualMachines", "vm-shop-web-01" }, { "Compute/virtualMachines/extensions", "vm-shop-web-01/ama" },
    { "Network/networkInterfaces", "nic-01" }, { "Network/publicIPAddresses", "ip-01" },
    { "Network/networkSecurityGroups", "nsg-shop-web" }, { "Authorization/roleAssignments", "ra1" },
    { "Authorization/roleDefinitions", "rd1" } } do
    at = at + 4
    if type(call) == "string" then
      tell(story, at, "anna", kit.op.keys, call, { app = "powershell" })
    else
      read(at, "anna", ("Microsoft.%s/read"):format(call[1]), call[2])
    end
  end
  return story
end
