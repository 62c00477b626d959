-- A day at two key vaults: an application and a pipeline that read what they need, a person who looks something up; and
-- two scripts that take everything, keys from one desk, secrets from another.
return function(kit)
  local tell, day = kit.tell, kit.day
  local story = kit.new()
  local RAW <const> = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1237"
  local SDK <const> = "azsdk-net-Security.KeyVault.Secrets/4.6.0 (.NET 8.0.6; Linux)"
  local MODULE <const> = "AzurePowershell/v12.1.0 PSVersion/v7.4.6 Az.KeyVault/6.0.0"
  local VERSION <const> = "0123456789abcdef0123456789abcdef"

  local function ask(at, who, does, vault, path, agent, more)
    local item = ("https://%s.vault.azure.net/%s"):format(vault, path)
    local act = { source = "keyvault", user_agent = agent, item = item, uri = item .. "?api-version=7.4" }
    for key, value in pairs(more or {}) do act[key] = value end
    tell(story, at, who, does, vault, act)
  end

  -- As the REST scripts ask: a fixed version, and for a key with its version a slash too many.
  local function script(at, who, does, vault, path, more)
    local slash = path:find(VERSION, 1, true) and "/" or ""
    local uri = ("https://%s.vault.azure.net/%s%s?api-version=7.0"):format(vault, path, slash)
    local act = { uri = uri, app = "powershell" }
    for key, value in pairs(more or {}) do act[key] = value end
    ask(at, who, does, vault, path, RAW, act)
  end

  for hour = 6, 20 do -- the shop reads its secrets when it starts anew
    for i, name in ipairs { "db-password", "smtp-password", "psp-token" } do
      ask(day(40, hour) + i, "shop", "SecretGet", "kv-shop-prod", "secrets/" .. name, SDK)
    end
  end
  ask(day(40, 9, 12), "pipeline", "SecretList", "kv-shop-prod", "secrets", SDK)
  for i, name in ipairs { "db-password", "registry-password" } do
    ask(day(40, 9, 12) + i, "pipeline", "SecretGet", "kv-shop-prod", "secrets/" .. name, SDK)
  end
  ask(day(40, 11, 30), "david", "SecretList", "kv-shop-payments", "secrets", MODULE, { app = "powershell" })
  ask(day(40, 11, 31), "david", "SecretGet", "kv-shop-payments", "secrets/psp-token", MODULE, { app = "powershell" })
  for hour = 0, 23, 4 do -- disks are encrypted with a key of their own
    ask(day(40, hour, 3), "disks", "KeyGet", "kv-shop-prod", "keys/disks/" .. VERSION, "Microsoft.Compute")
    ask(day(40, hour, 3) + 1, "disks", "KeyUnwrap", "kv-shop-prod", "keys/disks/" .. VERSION, "Microsoft.Compute")
  end

  local at = day(40, 22, 40)
  for _, vault in ipairs { "kv-shop-prod", "kv-shop-payments" } do -- Get-AzKeyVaultKeysREST
    script(at, "chloe", "KeyList", vault, "keys")
    for i, key in ipairs { "disks", "orders" } do
      script(at + i, "chloe", "KeyGet", vault, "keys/" .. key)
      script(at + i + 0.5, "chloe", "KeyGet", vault, "keys/" .. key .. "/" .. VERSION)
    end
    at = at + 6
  end

  at = day(40, 23, 15)
  for _, vault in ipairs { "kv-shop-prod", "kv-shop-payments" } do -- Get-AzKeyVaultSecretsREST
    script(at, "ben", "SecretList", vault, "secrets", { app = "powershell" })
    for i, name in ipairs { "db-password", "smtp-password", "psp-token", "registry-password", "backup-key",
      "vpn-psk" } do
      script(at + i * 0.7, "ben", "SecretGet", vault, "secrets/" .. name)
    end
    at = at + 9
  end
  return story
end
