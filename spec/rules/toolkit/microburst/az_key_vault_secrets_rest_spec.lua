local testing = require "armrun.testing"
local toolkit = require "support.toolkit"

local ID = "ARM_MicroBurst.AzKeyVaultSecretsREST"
local FILE = "toolkit/microburst/az_key_vault_secrets_rest.lua"
local RAW = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1237"
local CORE = "Mozilla/5.0 (Linux; Debian 12; en-US) PowerShell/7.4.0"
local AZ = "AzurePowershell/v12.1.0 PSVersion/v5.1 Az.KeyVault/6.0"

local function story(...) return toolkit.story(FILE, ...) end

-- GET /secrets, then GET /secrets/NAME for each of them, vault by vault.
local function walk(vaults, secrets, extra)
  local acts, at = {}, 0
  local function add(does, vault, path)
    at = at + 1
    acts[#acts + 1] = { at = at .. "s", by = "mallory", does = does, on = "kv" .. vault, source = "keyvault",
      user_agent = RAW, ip = "20.1.2.3", item = ("https://kv%d.vault.azure.net/secrets%s"):format(vault, path) }
  end
  for vault = 1, vaults do
    add("SecretList", vault, "")
    for secret = 1, secrets do add("SecretGet", vault, "/s" .. secret) end
  end
  return toolkit.with(acts, extra or {})
end

describe(ID, function()
  it("fires when the secrets of a second vault are listed", function()
    assert.alert(story(walk(2, 2)), ID, { severity = "high", confidence = "medium", principal = "mallory",
      resource = "kv2", count = 1, reasons = { vaults_listed = { vaults = 2 } } })
    assert.alert(story(walk(2, 0)), ID, { confidence = "medium" })
    assert.alert(story(walk(2, 2, { user_agent = CORE })), ID)
  end)

  it("fires on five secrets of one vault, once each", function()
    assert.alert(story(walk(1, 5)), ID, { confidence = "medium", resource = "kv1", count = 1,
      reasons = { secrets_taken = { secrets = 5, vault = "kv1" } } })
    assert.equal(1, #story(walk(1, 5)):alerts(ID)[1].reasons)
    assert.equal(1, #story(walk(2, 4)):alerts(ID)[1].reasons)
  end)

  it("is quiet one secret short, without the listing, and on secrets read again", function()
    assert.quiet(story(walk(1, 4)), ID)
    assert.quiet(story(toolkit.without(walk(1, 9), 1)), ID)
    local again = walk(1, 5)
    again[3].item = again[2].item
    table.insert(again, 4, toolkit.with({ again[2] }, { at = "3.5s" })[1])
    assert.quiet(story(again, { toolkit.with({ again[2] }, { at = "9s", item = again[2].item .. "9" })[1] }), ID)
  end)

  it("is quiet when the vaults are more than five minutes apart", function()
    local acts = walk(2, 0)
    acts[2].at = "300s"
    assert.alert(story(acts), ID)
    acts[2].at = "301s"
    assert.quiet(story(acts), ID)
  end)

  it("is quiet when reading takes longer than a minute", function()
    local acts = walk(1, 5)
    acts[6].at = "60s"
    assert.alert(story(acts), ID)
    acts[6].at = "61s" -- the listing is a minute old
    assert.quiet(story(acts), ID)
    acts = walk(1, 5)
    acts[1].at, acts[6].at = "30s", "61s"
    assert.alert(story(acts), ID)
    acts[6].at = "62s" -- the first secret is a minute old
    assert.quiet(story(acts), ID)
  end)

  it("is quiet on Azure PowerShell, on software, and when the client is not told", function()
    assert.quiet(story(walk(3, 6, { user_agent = AZ })), ID)
    assert.quiet(story(walk(3, 6, { user_agent = "AzurePowershell/v6.13.1 PSVersion/v5.1" })), ID)
    assert.quiet(story(walk(3, 6, { user_agent = "azsdk-net-Security.KeyVault.Secrets/4.5.0" })), ID)
    local acts = walk(3, 6)
    for _, act in ipairs(acts) do act.user_agent = nil end
    assert.quiet(story(acts), ID)
  end)

  it("is quiet on another version of the interface, and says when that is not told", function()
    local acts = walk(2, 6)
    for _, act in ipairs(acts) do act.uri = act.item .. "?api-version=7.4" end
    assert.quiet(story(acts), ID)
    for _, act in ipairs(acts) do act.uri = act.item .. "?api-version=7.0&$skiptoken=x" end
    assert.alert(story(acts), ID)
    local told = story()
    for vault = 1, 2 do
      told:record { time = ("2026-01-01T00:00:0%dZ"):format(vault), category = "AuditEvent",
        operationName = "SecretList", resultType = "Success", callerIpAddress = "20.1.2.3",
        correlationId = "c" .. vault,
        identity = { claim = { oid = testing.guid "mallory", upn = "mallory@contoso.com" } },
        properties = { clientInfo = RAW, httpStatusCode = 200 },
        resourceId = ("/SUBSCRIPTIONS/%s/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV%d"):format(
          testing.guid("s1"):upper(), vault) }
    end
    assert.alert(told, ID, { reasons = { "partial_evidence" } })
  end)

  it("is quiet when keys or certificates of the vault are read, too: that is another script", function()
    for _, op in ipairs { "KeyList", "KeyGet", "CertificateList", "CertificateGet" } do
      local other = { at = "0.5s", by = "mallory", does = op, on = "kv1", source = "keyvault", ip = "20.1.2.3",
        user_agent = RAW }
      assert.quiet(story({ other }, walk(1, 9)), ID)
      for _, field in ipairs { { by = "bob" }, { ip = "20.9.9.9" }, { on = "kv9" }, { at = "70s" } } do
        assert.alert(story(toolkit.with({ other }, field), walk(1, 9)), ID)
      end
    end
    local other = { at = "1s", by = "mallory", does = "KeyList", on = "kv1", source = "keyvault", ip = "20.1.2.3",
        user_agent = RAW }
    assert.alert(story({ other }, toolkit.later(walk(1, 9), 60)), ID)
    assert.quiet(story({ other }, toolkit.later(walk(1, 5), 53)), ID)
  end)

  it("fires on a walk that every vault refused, and is less sure", function()
    local refused = walk(2, 0, { status = "failed" })
    assert.alert(story(refused), ID, { severity = "high", confidence = "low", reasons = { "refused" } })
    assert.quiet(story { refused[1] }, ID)
    assert.alert(story { refused[1], walk(2, 0)[2] }, ID, { confidence = "medium" })
    local before = toolkit.with({ walk(1, 1)[2] }, { at = "0.5s" })
    assert.alert(story(before, refused), ID, { confidence = "medium" })
    for _, field in ipairs { { by = "bob" }, { ip = "20.9.9.9" } } do
      assert.alert(story(toolkit.with(before, field), refused), ID, { confidence = "low" })
    end
    assert.alert(story(before, toolkit.later(refused, 300)), ID, { confidence = "low" })
  end)

  it("is quiet on an application that warms up with its own few secrets", function()
    local acts = toolkit.without(walk(1, 9), 1)
    assert.quiet(story(toolkit.with(acts, { by = "app", kind = "service_principal" })), ID)
  end)

  it("counts each principal, address and vault apart", function()
    for _, field in ipairs { { by = "bob" }, { ip = "20.9.9.9" } } do
      local acts = walk(2, 0)
      acts[2] = toolkit.with({ acts[2] }, field)[1]
      assert.quiet(story(acts), ID)
      acts = walk(1, 5)
      acts[1] = toolkit.with({ acts[1] }, field)[1]
      assert.quiet(story(acts), ID)
      acts = walk(1, 5)
      acts[4] = toolkit.with({ acts[4] }, field)[1]
      assert.quiet(story(acts), ID)
      assert.alert(story(walk(2, 5), walk(2, 5, field)), ID, { count = 2 })
    end
    local acts = walk(1, 5)
    acts[4].on = "kv2"
    assert.quiet(story(acts), ID)
    acts = walk(1, 5)
    acts[1].on = "kv2"
    assert.quiet(story(acts), ID)
  end)

  it("makes two alerts when half an hour passes", function()
    local acts = walk(2, 0)
    assert.alert(story(acts, toolkit.later(acts, 1799)), ID, { count = 1 })
    assert.alert(story(acts, toolkit.later(acts, 1801)), ID, { count = 2 })
  end)

  it("leaves keys to the other script's rule, in the same story", function()
    local both = testing.story { "rules/" .. FILE, "rules/toolkit/microburst/az_key_vault_keys_rest.lua" }
    for _, act in ipairs(walk(3, 6)) do both:act(act) end
    assert.alert(both, ID, { count = 1 })
    assert.quiet(both, "ARM_MicroBurst.AzKeyVaultKeysREST")
  end)

  it("cannot fire without Key Vault logs, and that is told", function()
    local nothing = story { { by = "mallory", does = "Microsoft.KeyVault/vaults/write", on = "kv1" } }
    assert.equal("keyvault", nothing:run().rules[ID].lacks)
    assert.is_nil(story(walk(1, 1)):run().rules[ID].lacks)
  end)

  toolkit.bears(it, function() return story(walk(3, 7)) end, ID,
    { severity = "high", confidence = "medium", principal = "mallory" })
end)
