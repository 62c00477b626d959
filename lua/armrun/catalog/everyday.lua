--- Everyday operations of the catalogue: what in their request makes them worth a thought.
--
-- Edit freely: one function an operation, act -> what is dangerous about its request, in words, or nil. Operations of
-- the catalogue that are marked everyday and have no function here cannot be told apart by their request.
local member = require "armrun.member"

local everyday = {}

local function is(value, word)
  return type(value) == "string" and value:lower() == word
end

-- Is any member of a list such that `test` finds something? Bodies are from strangers: no more than 256 are looked at.
local function any(list, test)
  if type(list) ~= "table" then return nil end
  for i = 1, math.min(#list, 256) do
    local found = type(list[i]) == "table" and test(list[i])
    if found then return found end
  end
end

local function gpu(size)
  return type(size) == "string" and prefix(size, "standard_n", "i") and "a GPU machine, " .. size or nil
end

local function identity(act)
  local kind = act:body "identity.type"
  return type(kind) == "string" and not is(kind, "none") and "an identity is attached" or nil
end

local function open_network(act)
  if is(act:body "properties.networkAcls.defaultAction", "allow") then return "open to all networks" end
  if is(act:body "properties.publicNetworkAccess", "enabled") then return "open to the Internet" end
end

local anywhere = { ["*"] = true, ["0.0.0.0/0"] = true, ["::/0"] = true, internet = true, any = true }

local function open_rule(rule)
  if not is(member.of(rule, "access"), "allow") or not is(member.of(rule, "direction"), "inbound") then return nil end
  local function open(source) return type(source) == "string" and anywhere[source:lower()] end
  local sources = member.of(rule, "sourceaddressprefixes")
  local found = open(member.of(rule, "sourceaddressprefix"))
  for i = 1, type(sources) == "table" and math.min(#sources, 256) or 0 do found = found or open(sources[i]) end
  return found and "a port is open to the Internet" or nil
end

local scripts = {
  customscript = true, customscriptextension = true, customscriptforlinux = true, dsc = true, vmaccessagent = true,
  vmaccessforlinux = true, runcommandwindows = true, runcommandlinux = true,
}

everyday.operations = {
  ["microsoft.compute/virtualmachines/extensions/write"] = function(act)
    local kind = act:body "properties.type"
    return type(kind) == "string" and scripts[kind:lower()] and "extension " .. kind .. " runs code" or nil
  end,
  ["microsoft.compute/virtualmachines/write"] = function(act)
    return gpu(act:body "properties.hardwareProfile.vmSize") or identity(act)
  end,
  ["microsoft.compute/virtualmachinescalesets/write"] = function(act)
    return gpu(act:body "sku.name") or identity(act)
  end,
  ["microsoft.compute/disks/write"] = function(act)
    local option = act:body "properties.creationData.createOption"
    return (is(option, "copy") or is(option, "restore")) and "a disk is copied" or nil
  end,
  ["microsoft.containerservice/managedclusters/agentpools/write"] = function(act)
    return gpu(act:body "properties.vmSize")
  end,
  ["microsoft.containerservice/managedclusters/write"] = function(act)
    return any(act:body "properties.agentPoolProfiles", function(pool) return gpu(member.of(pool, "vmsize")) end)
  end,
  ["microsoft.insights/diagnosticsettings/write"] = function(act)
    return any(act:body "properties.logs", function(log)
      return member.of(log, "enabled") == false and "a log is switched off"
    end)
  end,
  ["microsoft.keyvault/vaults/write"] = function(act)
    return is(act:body "properties.createMode", "recover") and "a deleted vault is recovered" or open_network(act)
  end,
  ["microsoft.network/networksecuritygroups/securityrules/write"] = function(act)
    local rule = act:body "properties"
    return type(rule) == "table" and open_rule(rule) or nil
  end,
  ["microsoft.network/networksecuritygroups/write"] = function(act)
    return any(act:body "properties.securityRules", function(rule)
      return open_rule(member.of(rule, "properties"))
    end)
  end,
  ["microsoft.securityinsights/alertrules/write"] = function(act)
    return act:body "properties.enabled" == false and "a detection is switched off" or nil
  end,
  ["microsoft.sql/servers/write"] = function(act)
    return act:has "properties.administratorLoginPassword" and "the administrator's password is set"
      or open_network(act)
  end,
  ["microsoft.storage/storageaccounts/blobservices/containers/write"] = function(act)
    local access = act:body "properties.publicAccess"
    return (is(access, "blob") or is(access, "container")) and "public access is on" or nil
  end,
  ["microsoft.storage/storageaccounts/write"] = function(act)
    if act:body "properties.allowBlobPublicAccess" == true then return "public access is on" end
    if act:body "properties.allowSharedKeyAccess" == true then return "shared keys are on" end
    if is(act:body "properties.encryption.keySource", "microsoft.keyvault") then return "encrypted by a vault's key" end
    return open_network(act)
  end,
  ["microsoft.web/sites/config/write"] = function(act)
    if act:body "properties.remoteDebuggingEnabled" == true then return "remote debugging is on" end
    if act:body "properties.platform.enabled" == false then return "authentication is switched off" end
    return is(act:body "properties.ftpsState", "allallowed") and "plain FTP is on" or nil
  end,
  ["microsoft.web/sites/write"] = identity,
}

--- What the request of an everyday operation says: "dangerous" and why, "harmless", or "unknown" when there is no
-- request in the log or it tells nothing.
---@param act armrun.Act
---@return "dangerous"|"harmless"|"unknown", string?
function everyday.look(act)
  local find = everyday.operations[act.operation]
  if not find then return "unknown" end
  local said = act:body "properties" or act:body "identity" or act:body "sku"
  if type(said) ~= "table" then return "unknown" end
  local why = find(act)
  if why then return "dangerous", why end
  return "harmless"
end

return everyday
