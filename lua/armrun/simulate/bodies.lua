--- Request bodies, as JSON texts, for operations whose request says something; a plain one for the others.
local bodies = {}

local SIZES <const> = {
  { "Standard_D2s_v5", 20 }, { "Standard_D4s_v5", 14 }, { "Standard_B2ms", 16 }, { "Standard_B2s", 10 },
  { "Standard_E4s_v5", 8 }, { "Standard_D8s_v5", 6 }, { "Standard_F4s_v2", 4 }, { "Standard_E8ds_v5", 3 },
  { "Standard_D16s_v5", 1.5 }, { "Standard_E16s_v5", 0.8 }, { "Standard_D32s_v5", 0.3 },
  { "Standard_NC4as_T4_v3", 0.4 },
  { "Standard_NC6s_v3", 0.15 },
}

function bodies.size(s)
  return s:weighted(SIZES)
end

local function tags(s)
  return ('"tags":{"costCenter":"%d","env":"%s"}'):format(4000 + s:int(0, 60), s:pick { "prd", "dev", "tst" })
end

local function identity(s, p)
  return s:chance(p) and '"identity":{"type":"SystemAssigned"},' or ""
end

local function pool(s)
  return ('{"name":"np%d","count":%d,"vmSize":"%s","osType":"Linux","mode":"%s"}'):format(s:int(1, 9), s:int(1, 6),
    bodies.size(s), s:pick { "System", "User" })
end

local PREFIXES <const> = { "10.0.0.0/8", "10.20.0.0/16", "VirtualNetwork", "AzureLoadBalancer", "172.16.4.0/24" }

local function rule_properties(s)
  local open = s:chance(0.06) -- a public web server
  return ('{"protocol":"Tcp","sourcePortRange":"*","destinationPortRange":"%s","sourceAddressPrefix":"%s",'
    .. '"destinationAddressPrefix":"*","access":"%s","priority":%d,"direction":"%s"}'):format(
      open and s:pick { "443", "80" } or s:pick { "443", "22", "1433", "8080", "3389" }, open and "*"
        or s:pick(PREFIXES),
      s:chance(0.85) and "Allow" or "Deny", s:int(100, 4000), s:chance(0.8) and "Inbound" or "Outbound")
end

local BUILTIN <const> = {
  { "acdd72a7-3385-48ef-bd42-f606fba81ae7", 18 }, -- Reader
  { "b24988ac-6180-42a0-ab88-20f7382dd24c", 12 }, -- Contributor
  { "4633458b-17de-408a-b874-0445c86b69e6", 12 }, -- Key Vault Secrets User
  { "ba92f5b4-2d11-453d-a403-e96b0029c9fe", 9 }, -- Storage Blob Data Contributor
  { "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", 7 }, -- Storage Blob Data Reader
  { "7f951dda-4ed3-4680-a7ca-43fe172d538d", 8 }, -- AcrPull
  { "f353d9bd-d4a6-484e-a77a-8050b599b867", 2 }, -- Automation Contributor
  { "9980e02c-c2be-4d73-94e8-173b1dc7cf3c", 3 }, -- Virtual Machine Contributor
  { "00482a5a-887f-4fb3-b363-3b7fe8e74483", 2 }, -- Key Vault Administrator
  { "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", 1.2 }, -- Owner
  { "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", 0.5 }, -- User Access Administrator
  { "f58310d9-a9f6-439a-9e8d-f62e7b41a168", 0.4 }, -- Role Based Access Control Administrator
}
bodies.roles = {
  Reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7", Contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c",
  Owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
  ["User Access Administrator"] = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
  ["Role Based Access Control Administrator"] = "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
  ["Key Vault Administrator"] = "00482a5a-887f-4fb3-b363-3b7fe8e74483",
  ["Key Vault Secrets User"] = "4633458b-17de-408a-b874-0445c86b69e6",
  ["Storage Blob Data Owner"] = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
  ["Storage Blob Data Contributor"] = "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  ["Storage Blob Data Reader"] = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
  ["Virtual Machine Contributor"] = "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
  ["Automation Contributor"] = "f353d9bd-d4a6-484e-a77a-8050b599b867",
  ["Monitoring Contributor"] = "749f88d5-cbae-40b8-bcfc-e573ddc772fa",
  ["Monitoring Reader"] = "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
  ["Log Analytics Contributor"] = "92aaf0da-9dab-42b6-94a3-d43ce8d16293",
  ["Network Contributor"] = "4d97b98b-1d4f-4787-a291-c67834d212e7",
  ["Security Admin"] = "fb1c8493-542b-48eb-b624-b4c8fea62acd",
  ["Backup Contributor"] = "5e467623-bb1f-42f4-a55d-6e525e11384b",
  ["Support Request Contributor"] = "cfd33db0-3dd1-45e3-aa9d-cdbdf3b6f24e",
  ["Storage Account Contributor"] = "17d1049b-9a84-46fb-8f53-869881c3d3ab",
  ["Key Vault Secrets Officer"] = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
  ["Website Contributor"] = "de139f84-1756-47ae-9be6-808fbbe84772",
  ["SQL DB Contributor"] = "9b7fa17d-e63e-47b0-bb0a-15c516ac86ec",
  AcrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d",
}

local function scope_of(id)
  return id:match "^(.*)/providers/Microsoft%.Authorization/" or id
end

--- A role assignment's request; both spellings occur.
function bodies.role_assignment(s, id, role, grantee, grantee_type)
  local sub = id:match "^/subscriptions/[^/]+" or ""
  local form = s:chance(0.5)
    and '{"Properties":{"RoleDefinitionId":"%s","PrincipalId":"%s","PrincipalType":"%s","Scope":"%s"}}'
    or '{"properties":{"roleDefinitionId":"%s","principalId":"%s","principalType":"%s","scope":"%s"}}'
  return form:format(sub .. "/providers/Microsoft.Authorization/roleDefinitions/" .. role, grantee, grantee_type,
    scope_of(id))
end

local function random_assignment(s, id)
  return bodies.role_assignment(s, id, s:weighted(BUILTIN), s:guid(),
    s:weighted { { "ServicePrincipal", 6 }, { "Group", 3 }, { "User", 2 } })
end

local ROLE_ACTIONS <const> = {
  '"Microsoft.Compute/virtualMachines/read","Microsoft.Compute/virtualMachines/start/action"',
  '"Microsoft.Network/virtualNetworks/subnets/join/action","Microsoft.Network/virtualNetworks/read"',
  '"Microsoft.Storage/storageAccounts/read"',
    '"Microsoft.Insights/*/read","Microsoft.OperationalInsights/workspaces/query/*"',
  '"Microsoft.KeyVault/vaults/read","Microsoft.KeyVault/vaults/deploy/action"', '"Microsoft.Web/sites/*"',
  '"*/read","Microsoft.Support/*"', '"Microsoft.Resources/deployments/*","Microsoft.Resources/subscriptions/resourceGroups/read"',
}

local makers = {}

makers["Microsoft.Compute/virtualMachines/write"] = function(s, region)
  return ('{"location":"%s",%s%s,"properties":{"hardwareProfile":{"vmSize":"%s"},"storageProfile":{"imageReference":{'
    .. '"publisher":"Canonical","offer":"0001-com-ubuntu-server-jammy","sku":"22_04-lts-gen2","version":"latest"},"osDisk":{'
    .. '"createOption":"FromImage","managedDisk":{"storageAccountType":"Premium_LRS"}}},"osProfile":{"computerName":"vm%d",'
    .. '"adminUsername":"azureadm","linuxConfiguration":{"disablePasswordAuthentication":true}}}}'):format(region,
      identity(s, 0.3), tags(s), bodies.size(s), s:int(1, 99))
end
makers["Microsoft.Compute/virtualMachineScaleSets/write"] = function(s, region)
  return ('{"location":"%s",%s"sku":{"name":"%s","tier":"Standard","capacity":%d},"properties":{"upgradePolicy":{'
    .. '"mode":"Rolling"},"overprovision":false}}'):format(region, identity(s, 0.3), bodies.size(s), s:int(1, 8))
end
makers["Microsoft.ContainerService/managedClusters/write"] = function(s, region)
  return ('{"location":"%s","identity":{"type":"SystemAssigned"},%s,"properties":{"kubernetesVersion":"1.29.%d",'
    .. '"dnsPrefix":"aks","agentPoolProfiles":[%s,%s],"enableRBAC":true}}'):format(region, tags(s), s:int(0, 9),
    pool(s),
      pool(s))
end
makers["Microsoft.ContainerService/managedClusters/agentPools/write"] = function(s)
  return ('{"properties":{"count":%d,"vmSize":"%s","osType":"Linux","mode":"User","enableAutoScaling":%s}}'):format(
    s:int(1, 6), bodies.size(s), tostring(s:chance(0.5)))
end
makers["Microsoft.Compute/disks/write"] = function(s, region)
  return ('{"location":"%s","sku":{"name":"Premium_LRS"},"properties":{"creationData":{"createOption":"%s"},'
    .. '"diskSizeGB":%d}}'):format(region, s:weighted { { "Empty", 10 }, { "Copy", 2 }, { "FromImage", 4 },
    { "Restore", 0.2 } },
      2 ^ s:int(5, 11))
end
makers["Microsoft.Compute/snapshots/write"] = function(s, region)
  return ('{"location":"%s","properties":{"creationData":{"createOption":"Copy"},"incremental":%s}}'):format(region,
    tostring(s:chance(0.7)))
end
makers["Microsoft.Compute/virtualMachines/extensions/write"] = function(s, region)
  local kind = s:weighted { { "AzureMonitorLinuxAgent", 8 }, { "AzureMonitorWindowsAgent", 8 }, { "MDE.Linux", 5 },
    { "MDE.Windows", 5 }, { "CustomScript", 1.2 }, { "CustomScriptExtension", 1.2 }, { "AADSSHLoginForLinux", 3 } }
  return ('{"location":"%s","properties":{"publisher":"Microsoft.Azure.Monitor","type":"%s","typeHandlerVersion":"1.%d",'
    .. '"autoUpgradeMinorVersion":true,"settings":{},"protectedSettings":"******"}}'):format(region, kind, s:int(0, 30))
end
makers["Microsoft.Storage/storageAccounts/write"] = function(s, region)
  return ('{"location":"%s","sku":{"name":"%s"},"kind":"StorageV2",%s,"properties":{"supportsHttpsTrafficOnly":true,'
    .. '"minimumTlsVersion":"TLS1_2","allowBlobPublicAccess":%s,"allowSharedKeyAccess":%s,"networkAcls":{"bypass":'
    .. '"AzureServices","defaultAction":"%s"}}}'):format(region,
    s:pick { "Standard_LRS", "Standard_ZRS", "Standard_GRS" },
      tags(s), tostring(s:chance(0.05)), tostring(s:chance(0.5)), s:chance(0.35) and "Allow" or "Deny")
end
makers["Microsoft.Storage/storageAccounts/blobServices/containers/write"] = function(s)
  return ('{"properties":{"publicAccess":"%s"}}'):format(s:chance(0.03) and "Blob" or "None")
end
makers["Microsoft.Storage/storageAccounts/regenerateKey/action"] = function(s)
  return ('{"keyName":"key%d"}'):format(s:int(1, 2))
end
makers["Microsoft.KeyVault/vaults/write"] = function(s, region)
  return ('{"location":"%s",%s,"properties":{"tenantId":"******","sku":{"family":"A","name":"standard"},'
    .. '"enableRbacAuthorization":%s,"enableSoftDelete":true,"publicNetworkAccess":"%s","networkAcls":{"bypass":'
    .. '"AzureServices","defaultAction":"%s"}}}'):format(region, tags(s), tostring(s:chance(0.7)),
      s:chance(0.4) and "Enabled" or "Disabled", s:chance(0.3) and "Allow" or "Deny")
end
makers["Microsoft.KeyVault/vaults/accessPolicies/write"] = function(s)
  return ('{"properties":{"accessPolicies":[{"tenantId":"******","objectId":"%s","permissions":{"secrets":["get","list"%s],'
    .. '"keys":[],"certificates":[]}}]}}'):format(s:guid(), s:chance(0.3) and ',"set","delete"' or "")
end
makers["Microsoft.Network/networkSecurityGroups/write"] = function(s, region)
  return ('{"location":"%s","properties":{"securityRules":[{"name":"r1","properties":%s},{"name":"r2","properties":%s}]}}')
    :format(region, rule_properties(s), rule_properties(s))
end
makers["Microsoft.Network/networkSecurityGroups/securityRules/write"] = function(s)
  return '{"properties":' .. rule_properties(s) .. "}"
end
makers["Microsoft.Authorization/roleAssignments/write"] = function(s, _, id) return random_assignment(s, id) end
makers["Microsoft.Authorization/roleDefinitions/write"] = function(s, _, id)
  return ('{"properties":{"roleName":"%s operator %d","type":"CustomRole","description":"for the team","assignableScopes":['
    .. '"%s"],"permissions":[{"actions":[%s],"notActions":[],"dataActions":[],"notDataActions":[]}]}}'):format(
      s:pick { "Network", "Backup", "Cost", "Support", "App" }, s:int(1, 99), scope_of(id), s:pick(ROLE_ACTIONS))
end
makers["Microsoft.Insights/diagnosticSettings/write"] = function(s)
  return ('{"properties":{"workspaceId":"******","logs":[{"categoryGroup":"audit","enabled":true},{"category":"%s","enabled":'
    .. '%s}],"metrics":[{"category":"AllMetrics","enabled":%s}]}}'):format(s:pick { "Audit", "Request",
    "Administrative" },
      tostring(s:chance(0.9)), tostring(s:chance(0.6)))
end
makers["Microsoft.Web/sites/write"] = function(s, region)
  return ('{"location":"%s","kind":"%s",%s%s,"properties":{"httpsOnly":true,"siteConfig":{"minTlsVersion":"1.2",'
    .. '"ftpsState":"%s"}}}'):format(region, s:pick { "app", "functionapp", "app,linux", "functionapp,linux" },
      identity(s, 0.55), tags(s), s:chance(0.05) and "AllAllowed" or "Disabled")
end
makers["Microsoft.Web/sites/config/write"] = function(s)
  return ('{"properties":{"alwaysOn":true,"http20Enabled":true,"remoteDebuggingEnabled":%s,"ftpsState":"%s"}}'):format(
    tostring(s:chance(0.015)), s:chance(0.04) and "AllAllowed" or "FtpsOnly")
end
makers["Microsoft.Sql/servers/write"] = function(s, region)
  return ('{"location":"%s","properties":{"administratorLogin":"sqladm",%s"version":"12.0","minimalTlsVersion":"1.2",'
    .. '"publicNetworkAccess":"%s"}}'):format(region, s:chance(0.3) and '"administratorLoginPassword":"******",' or "",
      s:chance(0.4) and "Enabled" or "Disabled")
end
makers["Microsoft.Sql/servers/firewallRules/write"] = function(s)
  local ip = ("84.%d.%d.%d"):format(s:int(1, 250), s:int(1, 250), s:int(1, 250))
  return ('{"properties":{"startIpAddress":"%s","endIpAddress":"%s"}}'):format(ip, ip)
end
makers["Microsoft.Resources/deployments/write"] = function(s)
  return ('{"properties":{"mode":"Incremental","templateLink":{"uri":"******"},"parameters":"******","debugSetting":{'
    .. '"detailLevel":"none"}},"tags":{"build":"%d"}}'):format(s:int(1000, 99999))
end
makers["Microsoft.SecurityInsights/alertRules/write"] = function(s)
  return ('{"kind":"Scheduled","properties":{"displayName":"Rule %d","enabled":%s,"severity":"Medium","queryFrequency":"PT1H",'
    .. '"queryPeriod":"PT1H","triggerOperator":"GreaterThan","triggerThreshold":0}}'):format(s:int(1, 400),
      tostring(s:chance(0.88)))
end
makers["Microsoft.Compute/virtualMachines/runCommand/action"] = function(s)
  return ('{"commandId":"%s"}'):format(s:pick { "RunShellScript", "RunPowerShellScript", "IPConfig", "EnableRemotePS" })
end
makers["Microsoft.Authorization/roleAssignmentScheduleRequests/write"] = function(s)
  return ('{"properties":{"requestType":"AdminAssign","roleDefinitionId":"%s","principalId":"%s","justification":"rotation"}}')
    :format(s:weighted(BUILTIN), s:guid())
end
makers["Microsoft.Authorization/roleEligibilityScheduleRequests/write"] =
  makers["Microsoft.Authorization/roleAssignmentScheduleRequests/write"]

--- The request of an operation, or nil where the log has none: deletes, and actions without one.
---@param s table stream
---@param operation simulate.Operation
---@param region string
---@param id string
function bodies.request(s, operation, region, id)
  local make = makers[operation.name]
  if make then return make(s, region, id) end
  if operation.verb ~= "write" then return nil end
  return ('{"location":"%s",%s,"properties":{"version":%d}}'):format(region, tags(s), s:int(1, 9))
end

--- What the resource provider answers: for writes, the resource's state.
function bodies.response(s, operation, region, id)
  if operation.verb ~= "write" or s:chance(0.35) then return nil end
  return ('{"id":"%s","name":"%s","type":"%s","location":"%s","properties":{"provisioningState":"Succeeded"}}'):format(id,
    id:match "[^/]+$", operation.type, region)
end

return bodies
