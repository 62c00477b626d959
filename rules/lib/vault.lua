-- What a Key Vault record says of its request, in the shapes of diagnostic settings and of Log Analytics.
local vault = {}

local item = regex [[(?i)/((?:keys|secrets)/[^/?]+)]]
local versioned = regex [[(?i)/keys/[^/]+/[0-9a-f]{32}/\?api-version=]]

--- The address that was asked, as it was sent: "https://kv1.vault.azure.net/secrets/s1?api-version=7.0".
function vault.uri(act)
  return act:record "properties.requestUri" or act:record "requestUri_s" or act:record "RequestUri"
end

--- Vault and object, without its version: ".../vaults/kv1/keys/k1". Nil where the record names none.
function vault.object(act)
  local name = item:match(act:record "properties.id" or act:record "id_s" or act:record "Id" or vault.uri(act))
  return name and (act.resource or "") .. "/" .. name
end

--- Is there a slash behind the version of a key, before the question mark? Get-AzKeyVaultKeysREST sends it so.
function vault.has_odd_slash(act)
  return versioned:match(vault.uri(act))
end

return vault
