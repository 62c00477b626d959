-- What a Key Vault record says of its request, in the shapes of diagnostic settings and of Log Analytics.
local vault = {}

local item = regex [[(?i)/((?:keys|secrets|certificates)/[^/?]+)]]
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

local live <const> = regex [[(?i)/(?:deleted)?((?:keys|secrets|certificates)/[^/?]+)]]

--- The object alone, "secrets/s1", whether the request speaks of it as deleted or not.
function vault.live_object(act)
  local name = live:match(act:record "properties.id" or act:record "id_s" or act:record "Id" or vault.uri(act))
    or live:match(vault.uri(act))
  return name and name:lower()
end

--- Is there a slash behind the version of a key, before the question mark? Get-AzKeyVaultKeysREST sends it so.
function vault.has_odd_slash(act)
  return versioned:match(vault.uri(act))
end

--- Operations by which a secret, a key or a certificate is deleted, comes back, or is gone for good.
vault.recoveries = {}
for _, kind in ipairs { "Secret", "Key", "Certificate" } do
  for _, does in ipairs { "Delete", "Recover", "Purge" } do
    vault.recoveries[#vault.recoveries + 1] = kind .. does
  end
end

--- Somebody whose habits are known, and who keeps to them: place, client and subscription, and no sign of a missing
--- second factor.
function vault.is_at_home(act)
  local past = act.profile
  return act.principal.mfa ~= false and past.settled and past.network.known and past.app.known
    and past.subscription.known
end

-- Deletions: by anybody, and by this principal. A purged object cannot come back, so a purge need not be remembered.
local function remember(act, state, object)
  state.objects:add(act, object)
  state.objects:add(act, object .. " " .. act.principal.key)
end

--- For vault_recovering.lua: an object that comes back by another hand than the one that deleted it.
function vault.recovered(act, state, params)
  local object, who = vault.live_object(act), act.principal
  if not object then return nil end
  if suffix(act.operation, "delete") then return remember(act, state, object) end
  if not suffix(act.operation, "recover") or not state.objects:look(act, object).known then return nil end
  local own = state.objects:look(act, object .. " " .. who.key).known
  local rare, weak = not state.recoveries:add(act).known, who.mfa == false
  if own or not (rare or weak) or vault.is_at_home(act) then return nil end
  return alert { severity = rare and weak and "high" or "medium", confidence = "medium",
    reason("other_hand", "recovered {object} of vault {vault}, which somebody else had deleted",
      { object = object, vault = act.name }),
    rare and reason("rare", "recovered nothing else in {span:span}", { span = params.rare }),
    weak and reason("no_mfa", "signed in without a second factor") }
end

return vault
