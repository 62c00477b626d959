local toolkit = require "support.toolkit"

local ID = "ARM_Azurite"
local FILE = "toolkit/azurite.lua"
local AZURERM = "AzurePowershell/v6.13.1 PSVersion/v5.1.17763"
local AZ = "AzurePowershell/v12.1.0 PSVersion/v5.1 Az.KeyVault/6.0"

local function story(...)
  local told = toolkit.story(FILE, ...)
  return told:act { at = "5h", by = "somebody", does = "Microsoft.Resources/tags/write", on = "default" }
end

-- Get-AzureRmWebAppPublishingProfile in three formats for every web app, one after the other.
local function profiles(apps, each, extra)
  local acts, at = {}, 0
  for app = 1, apps do
    for _ = 1, each or 3 do
      at = at + 2
      acts[#acts + 1] = { at = at .. "s", by = "mallory", app = "powershell",
        does = "Microsoft.Web/sites/publishxml/action", on = "app" .. app }
    end
  end
  return toolkit.with(acts, extra or {})
end

-- Settings of SQL servers, VPN gateways and the subscription, as ARM reads.
local reads = {}
for i, what in ipairs {
  { "Microsoft.Authorization/classicAdministrators/read", "ca" },
  { "Microsoft.Network/virtualNetworkGateways/read", "gw" },
  { "Microsoft.Network/connections/sharedKey/read", "cn/key" },
  { "Microsoft.Network/localNetworkGateways/read", "lg" },
  { "Microsoft.Sql/servers/communicationLinks/read", "sql1/cl" },
  { "Microsoft.Sql/servers/databases/dataMaskingPolicies/read", "sql1/db1/default" },
  { "Microsoft.Sql/servers/databases/connectionPolicies/read", "sql1/db1/default" },
} do
  reads[i] = { at = 60 + 5 * i .. "s", by = "mallory", does = what[1], on = what[2], source = "read" }
end

-- Per vault: KeyList, KeyGet, SecretList, SecretGet.
local function vaults(count, extra)
  local acts = {}
  for v = 1, count do
    for i, op in ipairs { "KeyList", "KeyGet", "SecretList", "SecretGet" } do
      acts[#acts + 1] = { at = 200 + 10 * v + i .. "s", by = "mallory", does = op, on = "kv" .. v, source = "keyvault",
        user_agent = AZURERM }
    end
  end
  return toolkit.with(acts, extra or {})
end

describe(ID, function()
  it("fires on three publishing profiles for each of two web apps", function()
    assert.alert(story(profiles(2)), ID, { severity = "high", confidence = "high", principal = "mallory", count = 1,
      preview = true, reasons = { three_profiles = { apps = 2 } } })
  end)

  it("is less sure of one web app", function()
    assert.alert(story(profiles(1)), ID, { confidence = "medium", resource = "app1", count = 1,
      reasons = { three_profiles = { apps = 1 } } })
  end)

  it("is quiet one profile short, and on one too many", function()
    assert.quiet(story(profiles(3, 2)), ID)
    assert.quiet(story(profiles(1, 4)), ID)
    assert.quiet(story(profiles(2, 5)), ID)
    assert.quiet(story(profiles(6, 1)), ID) -- deployments
  end)

  it("is quiet when a fourth follows within half a minute, when three take longer, or one was refused", function()
    local acts = profiles(1)
    local fourth = toolkit.with({ acts[1] }, { at = "36s" })
    assert.quiet(story(acts, fourth), ID)
    assert.alert(story(acts, toolkit.with(fourth, { at = "37s" })), ID)
    assert.quiet(story(toolkit.without(acts, 3), toolkit.with({ acts[3] }, { at = "33s" })), ID)
    assert.alert(story(toolkit.without(acts, 3), toolkit.with({ acts[3] }, { at = "31s" })), ID)
    acts[2].status = "failed"
    assert.quiet(story(acts), ID)
  end)

  it("is quiet when the app was asked already within the half hour", function()
    local before = toolkit.with({ profiles(1)[1] }, { at = "1s" })
    local late = toolkit.with(profiles(1), { at = "20m" })
    assert.quiet(story(before, late), ID)
    assert.alert(story(before, toolkit.with(late, { at = "30m" })), ID)
  end)

  it("says only what it saw", function()
    assert.equal(1, #story(profiles(2)):alerts(ID)[1].reasons)
    assert.equal(1, #story(reads):alerts(ID)[1].reasons)
    assert.equal(1, #story(vaults(2)):alerts(ID)[1].reasons)
  end)

  it("counts each principal, subscription and app apart", function()
    assert.alert(story(toolkit.with({ profiles(1)[1] }, { by = "bob" }), profiles(1)), ID, { principal = "mallory" })
    local split = profiles(1)
    split[3].by = "bob"
    assert.quiet(story(split), ID)
    split[3].by, split[3].on = "mallory", "app2"
    assert.quiet(story(split), ID)
    assert.alert(story(profiles(1), profiles(1, 3, { sub = "other" })), ID, { count = 2, confidence = "medium" })
    local two = story(profiles(2, 3, { by = "bob" }), profiles(2))
    assert.alert(two, ID, { count = 2, confidence = "high", principal = "bob" })
    for _, alert in ipairs(story(profiles(1), profiles(1, 3, { on = "app2", by = "bob" })):alerts(ID)) do
      assert.equal("medium", alert.confidence)
    end
  end)

  it("fires on three of the settings that it reads", function()
    for first = 1, 5 do
      local three = { reads[first], reads[first + 1], reads[first + 2] }
      assert.alert(story(three), ID, { severity = "high", confidence = "medium", count = 1,
        reasons = { odd_settings = { settings = 3 } } })
    end
  end)

  it("is quiet on two settings, however often, and on three in more than half an hour", function()
    local acts = {}
    for i = 1, 8 do acts[i] = toolkit.with({ reads[1 + i % 2] }, { on = "x" .. i })[1] end
    assert.quiet(story(acts), ID)
    assert.quiet(story { reads[1], reads[2], toolkit.with({ reads[3] }, { at = "1866s" })[1] }, ID)
    assert.alert(story { reads[1], reads[2], toolkit.with({ reads[3] }, { at = "1864s" })[1] }, ID)
  end)

  it("counts denied reads, but not those of Microsoft's own services", function()
    assert.alert(story(toolkit.with(reads, { status = "failed" })), ID)
    assert.quiet(story(toolkit.with(reads, { by = "scanner", kind = "platform" })), ID)
    assert.quiet(story { reads[1], reads[2], toolkit.with({ reads[3] }, { by = "bob" })[1] }, ID)
    assert.quiet(story { reads[1], reads[2], toolkit.with({ reads[3] }, { sub = "other" })[1] }, ID)
  end)

  it("fires, with low confidence, on keys and then secrets of two vaults by AzureRM", function()
    assert.alert(story(vaults(2)), ID, { confidence = "low", count = 1, reasons = { vault_walk = { vaults = 2 } } })
    assert.alert(story(vaults(2, { status = "failed" })), ID, { confidence = "low" })
  end)

  it("is quiet on one vault, on other clients, on other orders", function()
    assert.quiet(story(vaults(1)), ID)
    assert.quiet(story(vaults(3, { user_agent = AZ })), ID)
    assert.quiet(story(vaults(3, { user_agent = "Mozilla/5.0 WindowsPowerShell/5.1.19041" })), ID)
    local turned = vaults(2)
    for _, act in ipairs(turned) do
      act.does = act.does == "KeyList" and "SecretList" or act.does == "SecretList" and "KeyList" or act.does
    end
    assert.quiet(story(turned), ID)
    local keys = toolkit.without(vaults(2), 3, 4, 7, 8)
    assert.quiet(story(keys), ID)
  end)

  it("is quiet when keys and secrets are two minutes apart, of other vaults, or by other people", function()
    local acts = vaults(2)
    acts[3].at, acts[7].at = "332s", "342s"
    assert.quiet(story(acts), ID)
    acts[3].at, acts[7].at = "331s", "341s"
    assert.alert(story(acts), ID)
    assert.quiet(story(vaults(1), vaults(1, { by = "bob", on = "kv2" })), ID)
    assert.quiet(story(vaults(1), vaults(1, { sub = "other" })), ID)
    local crossed = vaults(2)
    crossed[1].on, crossed[5].on = "kv8", "kv9"
    assert.quiet(story(crossed), ID)
    local shared = vaults(2)
    shared[1].by, shared[5].by = "bob", "bob"
    assert.quiet(story(shared), ID)
  end)

  it("is quiet on vaults that were walked more than half an hour apart", function()
    local late = toolkit.with(toolkit.without(vaults(2), 1, 2, 3, 4), { at = "2013s" })
    late[1].at = "2012s"
    assert.quiet(story(vaults(1), late), ID)
    late[1].at, late[2].at, late[3].at, late[4].at = "2010s", "2011s", "2012s", "2012s"
    assert.alert(story(vaults(1), late), ID)
  end)

  it("is sure when two of the signs come together, in one alert", function()
    assert.alert(story(profiles(1), reads), ID, { confidence = "high", count = 1 })
    local early = vaults(1)
    for i, act in ipairs(early) do act.at = i .. "s" end
    assert.alert(story(profiles(1), early), ID, { confidence = "high", count = 1,
      reasons = { three_profiles = { apps = 1 }, vault_walk = { vaults = 1 } } })
    assert.alert(story(early, reads), ID, { confidence = "high", count = 1,
      reasons = { odd_settings = { settings = 7 }, vault_walk = { vaults = 1 } } })
  end)

  it("makes two alerts when an hour passes", function()
    local later = toolkit.with({ profiles(1)[1], profiles(1)[1], profiles(1)[1] }, { on = "app9", at = "3606s" })
    later[1].at, later[2].at = "3604s", "3605s"
    assert.alert(story(profiles(1), later), ID, { count = 1 })
    later[3].at = "3607s"
    assert.alert(story(profiles(1), later), ID, { count = 2 })
  end)

  it("cannot fire without any of its sources, and that is told", function()
    local nothing = toolkit.story(FILE, { { by = "mallory", does = "Add user", source = "audit" } })
    assert.equal("activity or keyvault or read", nothing:run().rules[ID].lacks)
    assert.is_nil(story(profiles(2)):run().rules[ID].lacks)
  end)

  toolkit.bears(it, function() return story(profiles(3), reads, vaults(2)) end, ID,
    { severity = "high", confidence = "high", principal = "mallory" })
end)
