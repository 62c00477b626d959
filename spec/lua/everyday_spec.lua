-- armrun.catalog.everyday: which requests of everyday operations are dangerous, asked by a rule about real acts.
local testing = require "armrun.testing"

local RULE <const> = [[
local everyday = require "armrun.catalog.everyday"
rule "X" { title = "t", severity = "low", on = operation "Microsoft.*",
  detect = function(act)
    local verdict, why = everyday.look(act)
    return alert { reason("v", "{v}", { v = verdict, why = why or "" }) }
  end }]]

local function look(does, body)
  local s = testing.story { text = RULE }
  local values = s:act({ at = "1s", does = does, on = "x1", body = body }):alerts("X")[1].reasons[1].values
  return values.v, values.why
end

local function rule_of(changes)
  local rule = { access = "Allow", direction = "Inbound", sourceAddressPrefix = "*", destinationPortRange = "22" }
  for key, value in pairs(changes or {}) do rule[key] = value end
  return rule
end

local function properties(given) return { properties = given } end
local function rules_of(...) return properties { securityRules = { ... } } end

local RULES <const> = "Microsoft.Network/networkSecurityGroups/securityRules/write"
local GROUP <const> = "Microsoft.Network/networkSecurityGroups/write"
local STORAGE <const> = "Microsoft.Storage/storageAccounts/write"
local VAULT <const> = "Microsoft.KeyVault/vaults/write"
local SITE <const> = "Microsoft.Web/sites/config/write"
local DIAGNOSTICS <const> = "Microsoft.Insights/diagnosticSettings/write"
local EXTENSION <const> = "Microsoft.Compute/virtualMachines/extensions/write"

-- { operation, request, why it is dangerous }
local dangerous <const> = {
  { EXTENSION, properties { type = "CustomScriptExtension" }, "extension CustomScriptExtension runs code" },
  { EXTENSION, properties { type = "VMACCESSAGENT" }, "extension VMACCESSAGENT runs code" },
  { "Microsoft.Compute/virtualMachines/write", properties { hardwareProfile = { vmSize = "STANDARD_NC6s_v3" } },
    "a GPU machine, STANDARD_NC6s_v3" },
  { "Microsoft.Compute/virtualMachines/write", { identity = { type = "SystemAssigned" } }, "an identity is attached" },
  { "Microsoft.Compute/virtualMachineScaleSets/write", { sku = { name = "Standard_ND40rs_v2" } },
    "a GPU machine, Standard_ND40rs_v2" },
  { "Microsoft.Compute/virtualMachineScaleSets/write", { identity = { type = "UserAssigned" } },
    "an identity is attached" },
  { "Microsoft.Compute/disks/write", properties { creationData = { createOption = "Copy" } }, "a disk is copied" },
  { "Microsoft.Compute/disks/write", properties { creationData = { createOption = "Restore" } }, "a disk is copied" },
  { "Microsoft.ContainerService/managedClusters/agentPools/write", properties { vmSize = "Standard_NV6" },
    "a GPU machine, Standard_NV6" },
  { "Microsoft.ContainerService/managedClusters/write", properties { agentPoolProfiles = {
    { vmSize = "Standard_D2s_v5" }, { VMSize = "Standard_NC6" } } }, "a GPU machine, Standard_NC6" },
  { DIAGNOSTICS, properties { logs = { { enabled = true }, { Enabled = false } } }, "a log is switched off" },
  { VAULT, properties { createMode = "recover" }, "a deleted vault is recovered" },
  { VAULT, properties { networkAcls = { defaultAction = "Allow" } }, "open to all networks" },
  { VAULT, properties { publicNetworkAccess = "Enabled" }, "open to the Internet" },
  { RULES, properties(rule_of()), "a port is open to the Internet" },
  { RULES, properties(rule_of { sourceAddressPrefix = "0.0.0.0/0" }), "a port is open to the Internet" },
  { RULES, properties(rule_of { sourceAddressPrefix = "Internet" }), "a port is open to the Internet" },
  { RULES, properties(rule_of { sourceAddressPrefix = "10.0.0.4", sourceAddressPrefixes = { "10.1.0.0/16", "::/0" } }),
    "a port is open to the Internet" },
  { RULES, properties { Access = "Allow", Direction = "Inbound", SourceAddressPrefix = "any" },
    "a port is open to the Internet" },
  { GROUP, rules_of({ properties = rule_of { access = "Deny" } }, { Properties = rule_of() }),
    "a port is open to the Internet" },
  { "Microsoft.SecurityInsights/alertRules/write", properties { enabled = false }, "a detection is switched off" },
  { "Microsoft.Sql/servers/write", properties { administratorLoginPassword = "******" },
    "the administrator's password is set" },
  { "Microsoft.Sql/servers/write", properties { administratorLoginPassword = "null", publicNetworkAccess = "x" },
    "the administrator's password is set" },
  { "Microsoft.Sql/servers/write", properties { publicNetworkAccess = "Enabled" }, "open to the Internet" },
  { "Microsoft.Storage/storageAccounts/blobServices/containers/write", properties { publicAccess = "Blob" },
    "public access is on" },
  { "Microsoft.Storage/storageAccounts/blobServices/containers/write", properties { publicAccess = "Container" },
    "public access is on" },
  { STORAGE, properties { allowBlobPublicAccess = true }, "public access is on" },
  { STORAGE, properties { allowSharedKeyAccess = true }, "shared keys are on" },
  { STORAGE, properties { encryption = { keySource = "Microsoft.Keyvault" } }, "encrypted by a vault's key" },
  { STORAGE, properties { networkAcls = { defaultAction = "allow" } }, "open to all networks" },
  { SITE, properties { remoteDebuggingEnabled = true }, "remote debugging is on" },
  { SITE, properties { platform = { enabled = false } }, "authentication is switched off" },
  { SITE, properties { ftpsState = "AllAllowed" }, "plain FTP is on" },
  { "Microsoft.Web/sites/write", { identity = { type = "SystemAssigned" }, properties = {} }, "an identity is attached" },
}

local harmless <const> = {
  { EXTENSION, properties { type = "AzureMonitorLinuxAgent" } },
  { "Microsoft.Compute/virtualMachines/write", { properties = { hardwareProfile = { vmSize = "Standard_D2s_v5" } },
    identity = { type = "None" } } },
  { "Microsoft.Compute/virtualMachineScaleSets/write", { sku = { name = "Standard_D2s_v5", capacity = 3 } } },
  { "Microsoft.Compute/disks/write", properties { creationData = { createOption = "Empty" } } },
  { "Microsoft.ContainerService/managedClusters/agentPools/write", properties { vmSize = "Standard_D2s_v5" } },
  { "Microsoft.ContainerService/managedClusters/write", properties { agentPoolProfiles = {
    { vmSize = "Standard_D2s_v5" } } } },
  { DIAGNOSTICS, properties { logs = { { enabled = true } } } },
  { DIAGNOSTICS, properties { logs = { "x", 7 } } },
  { VAULT, properties { createMode = "default", networkAcls = { defaultAction = "Deny" },
    publicNetworkAccess = "Disabled" } },
  { RULES, properties(rule_of { sourceAddressPrefix = "203.0.113.0/24" }) },
  { RULES, properties(rule_of { access = "Deny" }) },
  { RULES, properties(rule_of { direction = "Outbound" }) },
  { RULES, properties { access = "Allow", direction = "Inbound", sourceAddressPrefixes = { "10.0.0.0/8" } } },
  { GROUP, rules_of({ properties = rule_of { access = "Deny" } }, "x", { properties = 7 }) },
  { "Microsoft.SecurityInsights/alertRules/write", properties { enabled = true } },
  { "Microsoft.Sql/servers/write", properties { publicNetworkAccess = "Disabled" } },
  { "Microsoft.Storage/storageAccounts/blobServices/containers/write", properties { publicAccess = "None" } },
  { STORAGE, properties { allowBlobPublicAccess = false, allowSharedKeyAccess = false, encryption = {
    keySource = "Microsoft.Storage" } } },
  { SITE, properties { remoteDebuggingEnabled = false, platform = { enabled = true }, ftpsState = "FtpsOnly" } },
  { "Microsoft.Web/sites/write", { properties = { httpsOnly = true } } },
}

describe("armrun.catalog.everyday", function()
  for _, case in ipairs(dangerous) do
    local does, body, why = table.unpack(case)
    it(("finds that %s: %s"):format(why, does), function() assert.same({ "dangerous", why }, { look(does, body) }) end)
  end

  for i, case in ipairs(harmless) do
    it(("finds nothing in request %d of %s"):format(i, case[1]), function()
      assert.equal("harmless", (look(case[1], case[2])))
    end)
  end

  it("does not know what a request it does not see, or cannot read, asks for", function()
    for _, body in ipairs { false, '"text"', "[]", '{"properties":"x"}', "{}" } do
      assert.equal("unknown", (look(STORAGE, body or nil)))
    end
  end)

  it("does not know what other everyday operations ask for", function()
    assert.equal("unknown", (look("Microsoft.Resources/deployments/write", properties { mode = "Incremental" })))
  end)

  it("looks at 256 rules of a group, and no more", function()
    local rules = {}
    for i = 1, 255 do rules[i] = { properties = rule_of { access = "Deny" } } end
    rules[256] = { properties = rule_of() }
    assert.equal("dangerous", (look(GROUP, rules_of(table.unpack(rules)))))
    table.insert(rules, 1, { properties = rule_of { access = "Deny" } })
    assert.equal("harmless", (look(GROUP, rules_of(table.unpack(rules)))))
  end)
end)
