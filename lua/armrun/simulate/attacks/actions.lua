--- What attackers do at each tactic, and the everyday work of the same kind.
---
--- A row: { weight, operation, on, child, body =, seconds = }
---   on     a resource type that has to be there, "subscription", "group", or "any" for a resource of whatever type
---   child  what follows the resource's id; a star is a name that is made up
local actions = {}

local STORAGE, VAULT = "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"
local VM, DEPLOYMENTS = "Microsoft.Compute/virtualMachines", "providers/Microsoft.Resources/deployments/*"
local SITE, SQL, ACCOUNT = "Microsoft.Web/sites", "Microsoft.Sql/servers", "Microsoft.Automation/automationAccounts"
local AKS, COSMOS = "Microsoft.ContainerService/managedClusters", "Microsoft.DocumentDB/databaseAccounts"
local WORKSPACE, REGISTRY = "Microsoft.OperationalInsights/workspaces", "Microsoft.ContainerRegistry/registries"
local IDENTITY, NSG = "Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.Network/networkSecurityGroups"
local BACKUP, FLEET = "Microsoft.RecoveryServices/Vaults", "Microsoft.Compute/virtualMachineScaleSets"
local SENTINEL = "providers/Microsoft.SecurityInsights/"
local DIAGNOSTICS = "providers/microsoft.insights/diagnosticSettings/*"

local function properties(values)
  return { properties = values }
end

local open_rule = properties { protocol = "*", sourceAddressPrefix = "*", sourcePortRange = "*", access = "Allow",
  destinationAddressPrefix = "*", destinationPortRange = "3389", direction = "Inbound", priority = 100 }
local script_extension = properties { publisher = "Microsoft.Compute", type = "CustomScriptExtension",
  typeHandlerVersion = "1.10", settings = { timestamp = 1 } }
local foreign_issuer = properties { issuer = "https://token.actions.githubusercontent.com",
  subject = "repo:k8s-mirror/deploy:ref:refs/heads/main", audiences = { "api://AzureADTokenExchange" } }

actions.attacks = {
  CredentialAccess = {
    { 8, STORAGE .. "/listKeys/action", STORAGE },
    { 4, SITE .. "/config/list/action", SITE, "config/appsettings" },
    { 3, SITE .. "/publishxml/action", SITE },
    { 3, REGISTRY .. "/listCredentials/action", REGISTRY },
    { 3, AKS .. "/listClusterAdminCredential/action", AKS },
    { 2, AKS .. "/listClusterUserCredential/action", AKS },
    { 3, COSMOS .. "/listKeys/action", COSMOS },
    { 2, COSMOS .. "/listConnectionStrings/action", COSMOS },
    { 2, "Microsoft.CognitiveServices/accounts/listKeys/action", "Microsoft.CognitiveServices/accounts" },
    { 2, WORKSPACE .. "/sharedKeys/action", WORKSPACE },
    { 2, ACCOUNT .. "/listKeys/action", ACCOUNT },
    { 2, "Microsoft.EventHub/namespaces/authorizationRules/listkeys/action", "Microsoft.EventHub/namespaces",
      "authorizationRules/RootManageSharedAccessKey" },
    { 2, "Microsoft.App/containerApps/listSecrets/action", "Microsoft.App/containerApps" },
    { 1, STORAGE .. "/listAccountSas/action", STORAGE },
    { 1, "Microsoft.Search/searchServices/listAdminKeys/action", "Microsoft.Search/searchServices" },
    { 1, SITE .. "/host/listKeys/action", SITE, "host/default" },
    { 1, SITE .. "/newpassword/action", SITE },
    { 1, "Microsoft.Logic/workflows/triggers/listCallbackUrl/action", "Microsoft.Logic/workflows", "triggers/manual" },
    { 1, BACKUP .. "/backupSecurityPIN/action", BACKUP },
  },
  DefenseEvasion = {
    { 4, "Microsoft.Insights/diagnosticSettings/delete", "any", DIAGNOSTICS },
    { 3, "Microsoft.Authorization/locks/delete", "group", "providers/Microsoft.Authorization/locks/*" },
    { 3, "Microsoft.Security/pricings/write", "subscription", "providers/Microsoft.Security/pricings/VirtualMachines",
      body = properties { pricingTier = "Free" } },
    { 2, "Microsoft.Insights/ActivityLogAlerts/Delete", "group", "providers/microsoft.insights/activityLogAlerts/*" },
    { 2, "Microsoft.Insights/ActionGroups/Delete", "group", "providers/microsoft.insights/actionGroups/*" },
    { 2, "Microsoft.Authorization/policyAssignments/delete", "subscription",
      "providers/Microsoft.Authorization/policyAssignments/*" },
    { 2, "Microsoft.Authorization/policyExemptions/write", "group",
      "providers/Microsoft.Authorization/policyExemptions/*", body = properties { exemptionCategory = "Waiver" } },
    { 2, "Microsoft.Security/alertsSuppressionRules/write", "subscription",
      "providers/Microsoft.Security/alertsSuppressionRules/*",
      body = properties { state = "Enabled", alertType = "*" } },
    { 2, "Microsoft.Security/securityContacts/delete", "subscription",
      "providers/Microsoft.Security/securityContacts/default" },
    { 2, VM .. "/extensions/delete", VM, "extensions/MDE.Windows", seconds = 40 },
    { 2, "Microsoft.SecurityInsights/alertRules/delete", WORKSPACE, SENTINEL .. "alertRules/*" },
    { 1, "Microsoft.SecurityInsights/dataConnectors/delete", WORKSPACE, SENTINEL .. "dataConnectors/*" },
    { 1, WORKSPACE .. "/delete", WORKSPACE, seconds = 10 },
    { 1, WORKSPACE .. "/purge/action", WORKSPACE },
    { 2, NSG .. "/securityRules/delete", NSG, "securityRules/*", seconds = 3 },
    { 1, "Microsoft.Insights/DataCollectionRules/Delete", "group",
      "providers/microsoft.insights/dataCollectionRules/*" },
    { 1, SQL .. "/auditingSettings/write", SQL, "auditingSettings/default", body = properties { state = "Disabled" } },
    { 2, "Microsoft.Insights/diagnosticSettings/write", "any", DIAGNOSTICS,
      body = properties { logs = { { categoryGroup = "audit", enabled = false } } } },
  },
  Impact = {
    { 3, "Microsoft.Resources/subscriptions/resourceGroups/delete", "group", seconds = 120 },
    { 3, STORAGE .. "/delete", STORAGE, seconds = 4 },
    { 3, VM .. "/delete", VM, seconds = 60 },
    { 2, VM .. "/deallocate/action", VM, seconds = 60 },
    { 2, VM .. "/powerOff/action", VM, seconds = 40 },
    { 2, "Microsoft.Compute/disks/delete", "Microsoft.Compute/disks", seconds = 5 },
    { 2, "Microsoft.Compute/snapshots/delete", "Microsoft.Compute/snapshots", seconds = 5 },
    { 2, SQL .. "/databases/delete", SQL, "databases/*", seconds = 10 },
    { 2, VAULT .. "/delete", VAULT, seconds = 3 },
    { 2, BACKUP .. "/backupconfig/write", BACKUP, "backupconfig/vaultconfig",
      body = properties { softDeleteFeatureState = "Disabled" } },
    { 1, BACKUP .. "/delete", BACKUP, seconds = 5 },
    { 1, BACKUP .. "/backupFabrics/protectionContainers/delete", BACKUP, "backupFabrics/Azure/protectionContainers/*" },
    { 1, COSMOS .. "/delete", COSMOS, seconds = 120 },
    { 1, AKS .. "/agentPools/delete", AKS, "agentPools/*", seconds = 90 },
    { 2, STORAGE .. "/blobServices/containers/delete", STORAGE, "blobServices/default/containers/*" },
    { 1, STORAGE .. "/blobServices/write", STORAGE, "blobServices/default",
      body = properties { deleteRetentionPolicy = { enabled = false } } },
    { 1, "Microsoft.Authorization/roleAssignments/delete", "subscription",
      "providers/Microsoft.Authorization/roleAssignments/*" },
    { 1, "Microsoft.Network/dnszones/delete", "Microsoft.Network/dnszones", seconds = 5 },
  },
  Collection = {
    { 4, "Microsoft.Compute/disks/beginGetAccess/action", "Microsoft.Compute/disks", seconds = 2,
      body = { access = "Read", durationInSeconds = 86400 } },
    { 3, "Microsoft.Compute/snapshots/write", "group", "providers/Microsoft.Compute/snapshots/*", seconds = 8,
      body = properties { creationData = { createOption = "Copy" } } },
    { 3, "Microsoft.Compute/snapshots/beginGetAccess/action", "Microsoft.Compute/snapshots", seconds = 2,
      body = { access = "Read", durationInSeconds = 86400 } },
    { 3, SQL .. "/databases/export/action", SQL, "databases/*", seconds = 120 },
    { 2, "Microsoft.Network/networkWatchers/packetCaptures/write", "Microsoft.Network/networkWatchers",
      "packetCaptures/*", seconds = 20 },
    { 2, STORAGE .. "/objectReplicationPolicies/write", STORAGE, "objectReplicationPolicies/default" },
    { 2, STORAGE .. "/blobServices/containers/write", STORAGE, "blobServices/default/containers/*",
      body = properties { publicAccess = "Container" } },
    { 1, WORKSPACE .. "/dataexports/write", WORKSPACE, "dataexports/*" },
    { 1, "Microsoft.Resources/deployments/exportTemplate/action", "group", DEPLOYMENTS },
    { 1, SITE .. "/backup/action", SITE, seconds = 30 },
    { 1, "Microsoft.Compute/galleries/share/action", "Microsoft.Compute/galleries" },
    { 1, VM .. "/capture/action", VM, seconds = 60 },
    { 1, COSMOS .. "/restore/action", COSMOS, seconds = 60 },
    { 1, REGISTRY .. "/exportPipelines/write", REGISTRY, "exportPipelines/*", seconds = 10 },
  },
  Execution = {
    { 4, VM .. "/runCommand/action", VM, seconds = 35,
      body = { commandId = "RunShellScript", script = { "id; curl -s" } } },
    { 2, VM .. "/runCommands/write", VM, "runCommands/*", seconds = 35 },
    { 3, VM .. "/extensions/write", VM, "extensions/CustomScriptExtension", seconds = 60, body = script_extension },
    { 2, FLEET .. "/extensions/write", FLEET, "extensions/CustomScript", seconds = 60, body = script_extension },
    { 2, FLEET .. "/virtualMachines/runCommand/action", FLEET, "virtualMachines/0", seconds = 35 },
    { 3, AKS .. "/runCommand/action", AKS, seconds = 25 },
    { 2, ACCOUNT .. "/runbooks/draft/content/write", ACCOUNT, "runbooks/*" },
    { 2, ACCOUNT .. "/runbooks/publish/action", ACCOUNT, "runbooks/*" },
    { 2, ACCOUNT .. "/jobs/write", ACCOUNT, "jobs/*" },
    { 2, "Microsoft.Resources/deploymentScripts/write", "group", "providers/Microsoft.Resources/deploymentScripts/*",
      seconds = 90 },
    { 1, "Microsoft.Logic/workflows/write", "group", "providers/Microsoft.Logic/workflows/*" },
    { 1, SITE .. "/functions/write", SITE, "functions/*" },
    { 1, "Microsoft.KubernetesConfiguration/fluxConfigurations/write", AKS,
      "providers/Microsoft.KubernetesConfiguration/fluxConfigurations/*", seconds = 20 },
    { 1, "Microsoft.HybridCompute/machines/extensions/write", "Microsoft.HybridCompute/machines",
      "extensions/CustomScriptExtension", seconds = 60, body = script_extension },
  },
  Persistence = {
    { 4, IDENTITY .. "/federatedIdentityCredentials/write", IDENTITY, "federatedIdentityCredentials/*",
      body = foreign_issuer },
    { 3, VAULT .. "/accessPolicies/write", VAULT, "accessPolicies/add" },
    { 2, IDENTITY .. "/write", "group", "providers/" .. IDENTITY .. "/*" },
    { 2, STORAGE .. "/localUsers/write", STORAGE, "localUsers/*", body = properties { hasSshPassword = true } },
    { 2, ACCOUNT .. "/webhooks/write", ACCOUNT, "webhooks/*" },
    { 1, ACCOUNT .. "/schedules/write", ACCOUNT, "schedules/*" },
    { 1, ACCOUNT .. "/credentials/write", ACCOUNT, "credentials/*" },
    { 2, SITE .. "/host/functionkeys/write", SITE, "host/default/functionkeys/*" },
    { 2, REGISTRY .. "/tokens/write", REGISTRY, "tokens/*", seconds = 4 },
    { 2, "Microsoft.EventHub/namespaces/authorizationRules/write", "Microsoft.EventHub/namespaces",
      "authorizationRules/*", body = properties { rights = { "Manage", "Send", "Listen" } } },
    { 1, "Microsoft.Authorization/policyAssignments/write", "subscription",
      "providers/Microsoft.Authorization/policyAssignments/*" },
    { 1, SQL .. "/write", SQL, seconds = 10, body = properties { administratorLoginPassword = "******" } },
    { 1, SITE .. "/config/write", SITE, "config/authsettingsV2", body = properties { platform = { enabled = false } } },
  },
  InitialAccess = {
    { 4, NSG .. "/securityRules/write", NSG, "securityRules/*", seconds = 4, body = open_rule },
    { 2, "Microsoft.Network/publicIPAddresses/write", "group", "providers/Microsoft.Network/publicIPAddresses/*",
      seconds = 4 },
    { 3, "Microsoft.Network/bastionHosts/createShareableLinks/action", "Microsoft.Network/bastionHosts", seconds = 3 },
    { 3, "Microsoft.ManagedServices/registrationAssignments/write", "subscription",
      "providers/Microsoft.ManagedServices/registrationAssignments/*", seconds = 20 },
    { 2, "Microsoft.Security/locations/jitNetworkAccessPolicies/initiate/action", "group",
      "providers/Microsoft.Security/locations/westeurope/jitNetworkAccessPolicies/default" },
    { 1, "Microsoft.Security/locations/jitNetworkAccessPolicies/delete", "group",
      "providers/Microsoft.Security/locations/westeurope/jitNetworkAccessPolicies/default" },
    { 3, STORAGE .. "/write", STORAGE, seconds = 3, body = properties { allowBlobPublicAccess = true,
      publicNetworkAccess = "Enabled", networkAcls = { defaultAction = "Allow", bypass = "AzureServices" } } },
    { 2, VAULT .. "/write", VAULT, seconds = 3, body = properties { publicNetworkAccess = "Enabled",
      networkAcls = { defaultAction = "Allow", bypass = "AzureServices" } } },
    { 1, "Microsoft.Network/privateEndpoints/write", "group", "providers/Microsoft.Network/privateEndpoints/*",
      seconds = 30 },
    { 1, "Microsoft.Network/virtualNetworkGateways/write", "group",
      "providers/Microsoft.Network/virtualNetworkGateways/*", seconds = 120 },
    { 1, SQL .. "/firewallRules/delete", SQL, "firewallRules/*" },
    { 1, SITE .. "/hostnamebindings/write", SITE, "hostnamebindings/*" },
  },
  PrivilegeEscalation = {
    { 4, SQL .. "/administrators/write", SQL, "administrators/ActiveDirectory", seconds = 5,
      body = properties { administratorType = "ActiveDirectory", login = "dba" } },
    { 3, COSMOS .. "/sqlRoleAssignments/write", COSMOS, "sqlRoleAssignments/*", seconds = 4 },
    { 1, COSMOS .. "/sqlRoleDefinitions/write", COSMOS, "sqlRoleDefinitions/*", seconds = 4 },
    { 3, "Microsoft.Authorization/roleManagementPolicies/write", "subscription",
      "providers/Microsoft.Authorization/roleManagementPolicies/*" },
    { 2, "Microsoft.Authorization/roleEligibilityScheduleRequests/write", "subscription",
      "providers/Microsoft.Authorization/roleEligibilityScheduleRequests/*", body = properties {
        requestType = "AdminAssign", principalId = "00000000-0000-0000-0000-000000000000" } },
    { 1, AKS .. "/resetAADProfile/action", AKS, seconds = 60 },
    { 1, "Microsoft.Resources/deploymentStacks/write", "group", "providers/Microsoft.Resources/deploymentStacks/*",
      seconds = 40 },
    { 1, "Microsoft.Sql/managedInstances/administrators/write", "Microsoft.Sql/managedInstances",
      "administrators/ActiveDirectory", seconds = 5 },
  },
  LateralMovement = {
    { 3, "Microsoft.SerialConsole/serialPorts/connect/action", VM, "providers/Microsoft.SerialConsole/serialPorts/0" },
    { 3, IDENTITY .. "/assign/action", IDENTITY },
    { 3, "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write", "Microsoft.Network/virtualNetworks",
      "virtualNetworkPeerings/*", seconds = 5 },
    { 2, "Microsoft.Network/virtualNetworks/peer/action", "Microsoft.Network/virtualNetworks" },
    { 2, VM .. "/attachDetachDataDisks/action", VM, seconds = 20 },
    { 2, "Microsoft.Compute/disks/write", "group", "providers/Microsoft.Compute/disks/*", seconds = 6,
      body = properties { creationData = { createOption = "Copy" } } },
    { 2, "Microsoft.Compute/sshPublicKeys/write", "group", "providers/Microsoft.Compute/sshPublicKeys/*" },
    { 2, "Microsoft.Network/routeTables/routes/write", "Microsoft.Network/routeTables", "routes/*", seconds = 3 },
    { 1, "Microsoft.Web/connections/write", "group", "providers/Microsoft.Web/connections/*" },
    { 1, "Microsoft.Web/connections/dynamicInvoke/action", "Microsoft.Web/connections" },
    { 1, AKS .. "/trustedAccessRoleBindings/write", AKS, "trustedAccessRoleBindings/*", seconds = 10 },
    { 1, "Microsoft.HybridCompute/machines/listAccessDetails/action", "Microsoft.HybridCompute/machines" },
  },
}

--- Work that is of no tactic at all.
actions.ordinary = {
  { 2, VM .. "/restart/action", VM, seconds = 30 },
  { 3, SITE .. "/restart/Action", SITE },
  { 2, "Microsoft.Resources/tags/write", "group", "providers/Microsoft.Resources/tags/default" },
  { 1, "Microsoft.Insights/metricAlerts/write", "group", "providers/microsoft.insights/metricAlerts/*" },
}

--- Work of the same kind that people do all day, asked for in a harmless way.
actions.everyday = {
  CredentialAccess = { { 1, AKS .. "/listClusterUserCredential/action", AKS } },
  DefenseEvasion = {
    { 2, "Microsoft.Insights/diagnosticSettings/write", "any", DIAGNOSTICS,
      body = properties { logs = { { categoryGroup = "allLogs", enabled = true } } } },
    { 1, "Microsoft.SecurityInsights/alertRules/write", WORKSPACE, SENTINEL .. "alertRules/*" },
  },
  Impact = {
    { 3, VM .. "/deallocate/action", VM, seconds = 60 },
    { 1, VM .. "/delete", VM, seconds = 60 },
    { 2, AKS .. "/agentPools/write", AKS, "agentPools/system", seconds = 60 },
  },
  Collection = {
    { 2, "Microsoft.Compute/snapshots/write", "group", "providers/Microsoft.Compute/snapshots/*", seconds = 8 },
    { 2, STORAGE .. "/blobServices/containers/write", STORAGE, "blobServices/default/containers/*",
      body = properties { publicAccess = "None" } },
  },
  Execution = {
    { 2, ACCOUNT .. "/jobs/write", ACCOUNT, "jobs/*" },
    { 1, VM .. "/extensions/write", VM, "extensions/AzureMonitorLinuxAgent", seconds = 60,
      body = properties { publisher = "Microsoft.Azure.Monitor", type = "AzureMonitorLinuxAgent" } },
  },
  Persistence = {
    { 2, SITE .. "/config/write", SITE, "config/web", seconds = 2, body = properties { alwaysOn = true } },
    { 1, SITE .. "/write", SITE, seconds = 6 },
  },
  InitialAccess = {
    { 3, STORAGE .. "/write", STORAGE, seconds = 3, body = properties { allowBlobPublicAccess = false,
      minimumTlsVersion = "TLS1_2" } },
    { 1, "Microsoft.Network/publicIPAddresses/write", "group", "providers/Microsoft.Network/publicIPAddresses/*",
      seconds = 4 },
    { 2, NSG .. "/securityRules/write", NSG, "securityRules/*", seconds = 4, body = properties {
      protocol = "Tcp", sourceAddressPrefix = "10.4.0.0/16", destinationPortRange = "443", access = "Allow",
      direction = "Inbound", priority = 310 } },
  },
  PrivilegeEscalation = {
    { 1, "Microsoft.Resources/deployments/write", "group", DEPLOYMENTS, seconds = 40 },
  },
  LateralMovement = {
    { 1, "Microsoft.Compute/disks/write", "group", "providers/Microsoft.Compute/disks/*", seconds = 6,
      body = properties { creationData = { createOption = "Empty" } } },
  },
}

return actions
