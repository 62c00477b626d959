local toolkit = require "support.toolkit"

local ID = "ARM_MicroBurst.AzKeyVaultKeysREST"
local FILE = "toolkit/microburst/az_key_vault_keys_rest.lua"
local RAW = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1237"
local AZ = "AzurePowershell/v12.1.0 PSVersion/v5.1 Az.KeyVault/6.0"
local VERSION = "0123456789abcdef0123456789abcdef"
local API = "?api-version=7.0"

local function story(...) return toolkit.story(FILE, ...) end

-- Per vault KeyList; per key KeyGet without and with its version. `slash` is what stands behind the version.
local function walk(vaults, keys, extra, slash)
  local acts, at = {}, 0
  local function add(does, vault, path, uri)
    at = at + 1
    local base = ("https://kv%d.vault.azure.net/keys"):format(vault)
    acts[#acts + 1] = { at = at .. "s", by = "mallory", does = does, on = "kv" .. vault, source = "keyvault",
      ip = "20.1.2.3", user_agent = RAW, item = base .. path, uri = base .. uri .. API }
  end
  for vault = 1, vaults do
    add("KeyList", vault, "", "")
    for key = 1, keys do
      add("KeyGet", vault, "/k" .. key, "/k" .. key)
      add("KeyGet", vault, ("/k%d/%s"):format(key, VERSION), ("/k%d/%s%s"):format(key, VERSION, slash or "/"))
    end
  end
  return toolkit.with(acts, extra or {})
end

-- The same, where the log writes addresses without the slash.
local function plain(vaults, keys, extra) return walk(vaults, keys, extra, "") end

local function untold(acts)
  for _, act in ipairs(acts) do act.user_agent = nil end
  return acts
end

describe(ID, function()
  it("fires at once on the slash behind a key's version", function()
    assert.alert(story { walk(1, 1)[3] }, ID, { severity = "high", confidence = "high", principal = "mallory",
      resource = "kv1", count = 1, reasons = { "odd_slash" } })
    assert.alert(story { toolkit.with({ walk(1, 1)[3] }, { user_agent = "curl/8" })[1] }, ID, { confidence = "high" })
    assert.alert(story { toolkit.with({ walk(1, 1)[3] }, { status = "failed" })[1] }, ID, { confidence = "high" })
  end)

  it("is quiet on one request without it", function()
    assert.quiet(story { walk(1, 1)[1], walk(1, 1)[2] }, ID)
    assert.quiet(story { plain(1, 1)[3] }, ID)
  end)

  it("is quiet on the addresses of other clients: no version, no key, or a secret", function()
    for _, path in ipairs {
      "keys/k1/", "keys/k1/current/", "keys/" .. VERSION .. "/", "certificates/k1/" .. VERSION .. "/",
    } do
      local act = walk(1, 1)[3]
      act.uri = "https://kv1.vault.azure.net/" .. path .. API
      assert.quiet(story { act }, ID)
    end
    local act = walk(1, 1)[3]
    act.does = "KeyList"
    assert.quiet(story { act }, ID)
  end)

  it("reads the columns of Log Analytics", function()
    local told = story()
    told:record { TimeGenerated = "2026-01-01T00:00:05Z", Type = "AzureDiagnostics", Category = "AuditEvent",
      OperationName = "KeyGet", httpStatusCode_d = 200, clientInfo_s = RAW, CallerIPAddress = "20.1.2.3",
      identity_claim_oid_g = "11111111-2222-4333-8444-555555555555", CorrelationId = "c1",
      ResourceId = "/SUBSCRIPTIONS/08DC8307-F39F-4F51-808D-1307F3E24CAA/RESOURCEGROUPS/RG"
        .. "/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV1",
      id_s = "https://kv1.vault.azure.net/keys/k1/" .. VERSION,
      requestUri_s = "https://kv1.vault.azure.net/keys/k1/" .. VERSION .. "/" .. API }
    assert.alert(told, ID, { confidence = "high" })
  end)

  it("fires on every key of two vaults read twice", function()
    assert.alert(story(plain(2, 2)), ID, { severity = "high", confidence = "medium", count = 1,
      reasons = { keys_twice = { keys = 4, vaults = 2 } } })
    assert.equal(1, #story(plain(2, 2)):alerts(ID)[1].reasons)
  end)

  it("is quiet one vault short, on keys read once, thrice, or of which many are read once", function()
    assert.quiet(story(plain(1, 5)), ID)
    assert.quiet(story(toolkit.without(plain(2, 1), 3, 6)), ID)
    assert.quiet(story(plain(2, 0)), ID)
    local acts = plain(2, 3)
    assert.quiet(story(toolkit.without(acts, 3, 5, 7, 10)), ID)
    assert.alert(story(toolkit.without(acts, 14)), ID)
  end)

  it("is quiet when the vaults are more than five minutes apart", function()
    local acts = plain(2, 1)
    for i = 4, 6 do acts[i].at = 296 + i .. "s" end
    assert.alert(story(acts), ID)
    for i = 4, 6 do acts[i].at = 298 + i .. "s" end
    assert.quiet(story(acts), ID)
  end)

  it("is quiet when secrets are read, too: that is another script", function()
    for _, op in ipairs { "SecretList", "SecretGet" } do
      local secret = { at = "0.5s", by = "mallory", does = op, on = "kv1", source = "keyvault", ip = "20.1.2.3",
        user_agent = RAW }
      assert.quiet(story({ secret }, plain(2, 2)), ID)
      secret.by = "bob"
      assert.alert(story({ secret }, plain(2, 2)), ID)
      secret.by, secret.ip = "mallory", "20.9.9.9"
      assert.alert(story({ secret }, plain(2, 2)), ID)
      secret.at, secret.ip = "0.1s", "20.1.2.3"
      assert.alert(story({ secret }, toolkit.later(plain(2, 2), 300)), ID)
    end
  end)

  it("is quiet on Azure PowerShell, on a browser, on software", function()
    assert.quiet(story(plain(3, 2, { user_agent = AZ })), ID)
    assert.quiet(story(plain(3, 2, { user_agent = "AzurePowershell/v6.13.1 PSVersion/v5.1" })), ID)
    assert.quiet(story(plain(3, 2, { user_agent = "Mozilla/5.0 Chrome/120" })), ID)
  end)

  it("is unsure when the log does not tell the client, and says so", function()
    assert.alert(story(untold(plain(2, 2))), ID, { confidence = "low", reasons = { "partial_evidence", "keys_twice" } })
  end)

  it("fires on a walk that every vault refused", function()
    local refused = toolkit.with(plain(2, 0), { status = "failed" })
    assert.alert(story(refused), ID, { severity = "high", confidence = "low", count = 1,
      reasons = { refused = { vaults = 2 } } })
    assert.alert(story(toolkit.with(plain(2, 0), { http_status = 401 })), ID)
    assert.quiet(story { refused[1] }, ID)
    assert.quiet(story { refused[1], plain(2, 0)[2] }, ID)
    assert.quiet(story(untold(refused)), ID)
  end)

  it("counts each principal and address apart", function()
    local acts = plain(2, 1)
    for i = 4, 6 do acts[i].by = "bob" end
    assert.quiet(story(acts), ID)
    for i = 4, 6 do acts[i].by, acts[i].ip = "mallory", "20.9.9.9" end
    assert.quiet(story(acts), ID)
    local lists = plain(2, 1)
    for _, i in ipairs { 3, 6 } do lists[i].ip = "20.9.9.9" end
    assert.quiet(story(lists), ID)
    for _, i in ipairs { 3, 6 } do lists[i].ip, lists[i].by = "20.1.2.3", "bob" end
    assert.quiet(story(lists), ID)
    local granted = toolkit.with({ plain(1, 1)[2] }, { at = "0.5s", by = "bob" })
    local refused = toolkit.with(plain(2, 0), { status = "failed" })
    assert.alert(story(granted, refused), ID)
    assert.alert(story(toolkit.with(granted, { by = "mallory", ip = "20.9.9.9" }), refused), ID)
    assert.alert(story(walk(2, 2), walk(2, 2, { by = "bob" })), ID, { count = 2 })
    assert.alert(story(walk(2, 2), walk(2, 2, { ip = "20.9.9.9" })), ID, { count = 2 })
  end)

  it("is one alert when the first subscription is walked again and again, as the tool's mistake has it", function()
    assert.alert(story(walk(2, 2), toolkit.later(walk(2, 2), 30), toolkit.later(walk(2, 2), 60)), ID, { count = 1 })
    local act = walk(1, 1)[3]
    assert.alert(story { act, toolkit.later({ act }, 1800)[1] }, ID, { count = 1 })
    assert.alert(story { act, toolkit.later({ act }, 1801)[1] }, ID, { count = 2 })
  end)

  it("is quiet on a service that reads one key for encryption", function()
    local acts = {}
    for i = 1, 20 do
      acts[i] = toolkit.with({ plain(1, 1)[2] }, { at = i .. "s", by = "disk", kind = "service_principal",
        user_agent = "DiskRP/1.0" })[1]
    end
    assert.quiet(story(acts), ID)
  end)

  it("cannot fire without Key Vault logs, and that is told", function()
    local nothing = story { { by = "mallory", does = "Microsoft.KeyVault/vaults/write", on = "kv1" } }
    assert.equal("keyvault", nothing:run().rules[ID].lacks)
    assert.is_nil(story(walk(1, 1)):run().rules[ID].lacks)
  end)

  toolkit.bears(it, function() return story(walk(3, 4)) end, ID,
    { severity = "high", confidence = "high", principal = "mallory" })
  toolkit.bears(it, function() return story(plain(3, 4)) end, ID, { confidence = "medium", principal = "mallory" })
end)
