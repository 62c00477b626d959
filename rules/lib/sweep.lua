--- Kinds of secrets that Get-AzPasswords lists one after the other. Who lists four within minutes collects them.
local sweep = {}

--- Of each kind the operation that lists it; of clusters, for which the tool has two, the one that not every
--- user of a cluster needs.
sweep.operations = {
  "Microsoft.Web/sites/publishxml/action",
  "Microsoft.Web/sites/config/list/action",
  "Microsoft.ContainerRegistry/registries/listCredentials/action",
  "Microsoft.Storage/storageAccounts/listKeys/action",
  "Microsoft.DocumentDB/databaseAccounts/listKeys/action",
  "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
  "Microsoft.Web/sites/host/listKeys/action",
  "Microsoft.App/containerApps/listSecrets/action",
  "Microsoft.ApiManagement/service/namedValues/listValue/action",
  "Microsoft.ServiceBus/namespaces/authorizationRules/listKeys/action",
  "Microsoft.AppConfiguration/configurationStores/listKeys/action",
  "Microsoft.Batch/batchAccounts/listKeys/action",
  "Microsoft.CognitiveServices/accounts/listKeys/action",
}

return sweep
