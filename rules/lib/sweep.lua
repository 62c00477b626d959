--- Kinds of secrets that Get-AzPasswords lists one after the other. Who lists four within minutes collects them.
local sweep = {}

local kinds <const> = {
  ["microsoft.web/sites/publishxml/action"] = "publishing profiles",
  ["microsoft.web/sites/config/list/action"] = "settings of web apps",
  ["microsoft.containerregistry/registries/listcredentials/action"] = "registries",
  ["microsoft.storage/storageaccounts/listkeys/action"] = "storage",
  ["microsoft.documentdb/databaseaccounts/listkeys/action"] = "Cosmos DB",
  ["microsoft.containerservice/managedclusters/listclusteradmincredential/action"] = "clusters",
  ["microsoft.containerservice/managedclusters/listclusterusercredential/action"] = "clusters",
  ["microsoft.web/sites/host/listkeys/action"] = "functions",
  ["microsoft.app/containerapps/listsecrets/action"] = "container apps",
  ["microsoft.apimanagement/service/namedvalues/listvalue/action"] = "API Management",
  ["microsoft.servicebus/namespaces/authorizationrules/listkeys/action"] = "Service Bus",
  ["microsoft.appconfiguration/configurationstores/listkeys/action"] = "App Configuration",
  ["microsoft.batch/batchaccounts/listkeys/action"] = "Batch",
  ["microsoft.cognitiveservices/accounts/listkeys/action"] = "Cognitive Services",
}

--- What an operation lists; nil when it lists no secrets.
function sweep.kind(operation) return kinds[operation] end

--- For `on`.
sweep.operations = {}
for name in pairs(kinds) do sweep.operations[#sweep.operations + 1] = name end

return sweep
