--- MicroBurst's scripts over plain REST that read vault keys, vault secrets and storage keys.
local cast = require "armrun.simulate.attacks.cast"
local places = require "armrun.simulate.attacks.places"
local script = require "armrun.simulate.attacks.script"

local VAULT, STORAGE = "Microsoft.KeyVault/vaults", "Microsoft.Storage/storageAccounts"

local hex = "0123456789abcdef"

local function version(random)
  local text = {}
  for i = 1, 32 do
    local at = random:int(1, 16)
    text[i] = hex:sub(at, at)
  end
  return table.concat(text)
end

-- Every key is asked for twice: as it was listed, then its version, with a slash before the query.
local function dump_keys(s, vault)
  if s.random:chance(0.1) then return s:vault("KeyList", vault, "/keys?api-version=7.0", 403) end
  s:vault("KeyList", vault, "/keys?api-version=7.0")
  for _ = 1, s.random:int(2, 8) do
    local name = s:name("key-")
    s:vault("KeyGet", vault, "/keys/" .. name .. "?api-version=7.0")
    s:vault("KeyGet", vault, "/keys/" .. name .. "/" .. version(s.random) .. "/?api-version=7.0")
  end
end

-- One for one, without a version, those behind certificates too.
local function dump_secrets(s, vault)
  if s.random:chance(0.1) then return s:vault("SecretList", vault, "/secrets?api-version=7.0", 403) end
  s:vault("SecretList", vault, "/secrets?api-version=7.0")
  for _ = 1, s.random:int(4, 15) do
    s:vault("SecretGet", vault, "/secrets/" .. s:name("secret-") .. "?api-version=7.0")
  end
end

-- The way all three begin.
local function arrive(world, time)
  local s, sub = script.start_inside(world, time, cast.tool(world, "raw"))
  s:signin()
  s:read("Microsoft.Resources/subscriptions/read", places.path(sub))
  return s, sub
end

local function sweep(world, time, list, dump)
  local s, sub = arrive(world, time)
  list(s, places.path(sub))
  for _, vault in ipairs(places.some(world, VAULT, world.random:int(2, 5), sub)) do dump(s, vault) end
  return s:finish()
end

local function keys(world, time)
  return sweep(world, time, function(s, path) s:read("Microsoft.Resources/subscriptions/resources/read", path) end,
    dump_keys)
end

-- Lists vaults by their provider and then, for its first attempt is never understood, by a filter.
local function secrets(world, time)
  local recent = world.random:chance(0.7)
  return sweep(world, time, function(s, path)
    if recent then s:read("Microsoft.KeyVault/vaults/read", path) end
    s:read("Microsoft.Resources/subscriptions/resources/read", path)
  end, dump_secrets)
end

local function storage_keys(world, time)
  local s, sub = arrive(world, time)
  s:read(STORAGE .. "/read", places.path(sub))
  local locked = world.random:chance(0.2) and world.random:int(1, 4) or 0
  for i, id in ipairs(places.some(world, STORAGE, world.random:int(4, 20), sub)) do
    s:call(STORAGE .. "/listKeys/action", id,
      { seconds = 0.2 + 0.8 * world.random:real(), status = i == locked and "Failed" or "Succeeded" })
  end
  return s:finish()
end

-- An honest session at one vault.
local function at_vault(world, time, who)
  local s = script.start(world, time, who)
  return s, places.one(world, VAULT, world:subscription(who.principal))
end

-- Encryption with a customer's key: one key, wrapped and unwrapped, never listed.
local function key_encryption(world, time)
  local s, vault = at_vault(world, time, cast.service(world, "dotnet", "managed_identity"))
  local path = "/keys/disk-key/" .. version(world.random)
  for _ = 1, 8 do
    s:vault("KeyGet", vault, path .. "?api-version=7.4")
    s:vault(world.random:pick { "KeyWrap", "KeyUnwrap" }, vault, path .. "/wrapkey?api-version=7.4")
    s:minutes(1, 9)
  end
  return s:finish()
end

-- An administrator of one vault looks over its keys with the cmdlets of Az.
local function key_review(world, time)
  local s, vault = at_vault(world, time, cast.honest(world, "powershell", "admin"))
  s:vault("VaultGet", vault, "/?api-version=2023-07-01")
  s:vault("KeyList", vault, "/keys?api-version=7.4")
  for _ = 1, 3 do
    s:pause(10, 60)
    s:vault("KeyGet", vault, "/keys/" .. s:name("key-") .. "?api-version=7.4")
  end
  return s:finish()
end

-- A backup product walks a vault's keys with a client of its own.
local function key_backup(world, time)
  local s, vault = at_vault(world, time, cast.service(world, "python", "scanner"))
  s:vault("KeyList", vault, "/keys?api-version=7.4&maxresults=25")
  for _ = 1, 5 do s:vault("KeyBackup", vault, "/keys/" .. s:name("key-") .. "/backup?api-version=7.4") end
  return s:finish()
end

-- An application starts and reads the few secrets it knows by name.
local function warm_up(world, time)
  local s, vault = at_vault(world, time, cast.service(world, "dotnet", "managed_identity"))
  for _, name in ipairs { "Db--Password", "Storage--Key", "Queue--Connection", "Smtp--Password" } do
    s:vault("SecretGet", vault, "/secrets/" .. name .. "?api-version=7.4")
  end
  return s:finish()
end

-- A driver that mirrors a vault into a cluster: lists and reads it all, again and again, by its own identity.
local function secret_mirror(world, time)
  local s, vault = at_vault(world, time, cast.service(world, "go", "managed_identity"))
  for _ = 1, 4 do
    s:vault("SecretList", vault, "/secrets?api-version=7.4&maxresults=25")
    for i = 1, 6 do s:vault("SecretGet", vault, "/secrets/app-" .. i .. "/?api-version=7.4") end
    s:minutes(58, 60)
  end
  return s:finish()
end

-- Terraform refreshes the data sources of a plan.
local function secret_data_sources(world, time)
  local s, vault = at_vault(world, time, cast.service(world, "terraform", "ci_fixed"))
  s:read("Microsoft.KeyVault/vaults/read", vault)
  for i = 1, 4 do
    s:vault("SecretGet", vault, "/secrets/tf-" .. i .. "/?api-version=7.4")
    s:vault("SecretListVersions", vault, "/secrets/tf-" .. i .. "/versions?api-version=7.4")
  end
  return s:finish()
end

-- Terraform's refresh of storage: several questions for the same account, from the runner, and writes around them.
local function terraform_refresh(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "terraform", "ci_fixed"))
  for _, id in ipairs(places.some(world, STORAGE, 3, sub)) do
    for _ = 1, 2 do s:launch(STORAGE .. "/listKeys/action", id) end
    s:call(STORAGE .. "/blobServices/containers/write", places.below(id, "blobServices/default/containers/state"))
  end
  return s:finish()
end

-- Key rotation: what is listed is renewed, with a pause for those who use it.
local function key_rotation(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, nil, "app"))
  for _, id in ipairs(places.some(world, STORAGE, 4, sub)) do
    s:call(STORAGE .. "/listKeys/action", id)
    s:call(STORAGE .. "/regenerateKey/action", id, { body = { keyName = "key2" } })
    s:minutes(2, 6)
  end
  return s:finish()
end

-- The storage browser of the portal: one account, and a second one after a while.
local function storage_browser(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, "portal"))
  for _, id in ipairs(places.some(world, STORAGE, 2, sub)) do
    s:call(STORAGE .. "/listKeys/action", id)
    s:minutes(4, 20)
  end
  return s:finish()
end

return {
  { id = "ARM_MicroBurst.AzKeyVaultKeysREST", accepts = {}, difficulties = { "plain" }, sources = { "keyvault" },
    severity = "High", attack = keys, look_alikes = {
      { name = "key_encryption", run = key_encryption }, { name = "key_review", run = key_review },
      { name = "key_backup", run = key_backup },
    } },
  { id = "ARM_MicroBurst.AzKeyVaultSecretsREST", accepts = {}, difficulties = { "plain" }, sources = { "keyvault" },
    severity = "High", attack = secrets, look_alikes = {
      { name = "warm_up", run = warm_up }, { name = "secret_mirror", run = secret_mirror },
      { name = "secret_data_sources", run = secret_data_sources },
    } },
  { id = "ARM_MicroBurst.AZStorageKeysREST", accepts = {}, difficulties = { "plain" }, sources = { "activity" },
    severity = "Low", attack = storage_keys, look_alikes = {
      { name = "terraform_refresh", run = terraform_refresh }, { name = "key_rotation", run = key_rotation },
      { name = "storage_browser", run = storage_browser },
    } },
}
