local testing = require "armrun.testing"
local runs = require "support.domain_info"
local toolkit = require "support.toolkit"

local ID = "ARM_MicroBurst.AzDomainInfo"
local FILE = "toolkit/microburst/az_domain_info.lua"

-- Eight kinds, with access, network and disks among them.
local EIGHT = "storage groups sql web disks machines network access vaults policies"

local function story(...) return toolkit.story(FILE, ...) end

describe(ID, function()
  it("fires on the whole run", function()
    assert.alert(story(runs.az()), ID, { severity = "low", confidence = "high", principal = "mallory", count = 1,
      reasons = { kinds_read = { kinds = 12, extras = 4, threshold = 8 }, in_order = true } })
    assert.equal(2, #story(runs.az()):alerts(ID)[1].reasons)
  end)

  it("is less sure when it is not in the tool's order", function()
    local function moved(part, at)
      local acts = runs.az()
      for _, act in ipairs(acts) do
        if act.does:find(part, 1, true) then act.at = at end
      end
      return acts
    end
    for part, at in pairs { ["storageAccounts/read"] = "113s", Network = "2s", Network_ = "125s" } do
      local told = story(moved(part:gsub("_", ""), at), part == "Network_" and {
        { at = "126s", by = "mallory", does = "Microsoft.Compute/disks/read", source = "read" } } or {})
      assert.alert(told, ID, { confidence = "medium", reasons = { "kinds_read" } })
      assert.equal(1, #told:alerts(ID)[1].reasons)
    end
  end)

  it("fires at the eighth kind", function()
    assert.alert(story(runs.az(nil, EIGHT)), ID, { confidence = "high",
      reasons = { kinds_read = { kinds = 8, extras = 2 } } })
  end)

  it("is quiet one kind short", function()
    for _, part in ipairs { "storage ", "groups ", "sql ", "web ", "disks ", "machines ", "network " } do
      assert.quiet(story(runs.az(nil, (EIGHT:gsub(part, "", 1)))), ID)
    end
    assert.quiet(story(runs.az(nil, (EIGHT:gsub(" access", "", 1)))), ID)
  end)

  it("is quiet without access, without network, without disks and deployments, whatever else is read", function()
    local all = "storage containers keys groups resources sql web disks deployments machines network access vaults"
    assert.quiet(story(runs.az(nil, (all:gsub(" access", "")))), ID)
    assert.quiet(story(runs.az(nil, (all:gsub(" network", "")))), ID)
    assert.quiet(story(runs.az(nil, (all:gsub(" disks deployments", "")))), ID)
    assert.alert(story(runs.az(nil, (all:gsub(" disks", "")))), ID)
    assert.alert(story(runs.az(nil, (all:gsub(" deployments", "")))), ID)
  end)

  it("counts each kind by each of its operations", function()
    for part, operations in pairs {
      sql = { "Microsoft.Sql/servers/databases/read", "Microsoft.Sql/servers/firewallRules/read",
              "Microsoft.Sql/servers/administrators/read" },
      machines = { "Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachineScaleSets/read" },
      network = { "Microsoft.Network/networkInterfaces/read", "Microsoft.Network/publicIPAddresses/read",
                  "Microsoft.Network/networkSecurityGroups/read" },
      access = { "Microsoft.Authorization/roleAssignments/read", "Microsoft.Authorization/roleDefinitions/read" },
      groups = { "Microsoft.Resources/subscriptions/resources/read", "Microsoft.Resources/resources/read" },
    } do
      for _, operation in ipairs(operations) do
        local act = { at = "200s", by = "mallory", does = operation, on = "x", source = "read", app = "powershell" }
        assert.alert(story(runs.az(nil, (EIGHT:gsub(part, ""))), { act }), ID)
      end
    end
  end)

  it("is quiet when it takes longer than a quarter of an hour", function()
    local acts = runs.az(nil, EIGHT)
    acts[1].at = "8s"
    acts[#acts] = nil
    acts[#acts].at = "907s"
    assert.alert(story(acts), ID)
    acts[#acts].at = "909s"
    assert.quiet(story(acts), ID)
  end)

  it("is less sure of the variant with fewer of what only Az reads", function()
    local function parts(more) return EIGHT:gsub(" vaults policies", "") .. more end
    assert.alert(story(runs.az(nil, parts " vaults policies", false)), ID, { confidence = "high" })
    assert.alert(story(runs.az(nil, parts " vaults", false)), ID, { confidence = "low",
      reasons = { "variant_unknown" } })
    for _, part in ipairs { "containers", "extensions" } do
      assert.alert(story(runs.az(nil, parts(" " .. part), false)), ID, { confidence = "low" })
    end
    assert.alert(story(runs.az(nil, parts "")), ID, { confidence = "low" }) -- Az by its user agent
    assert.quiet(story(runs.az(nil, parts "", false)), ID)
    assert.quiet(story(runs.azurerm()), ID)
  end)

  it("counts refused reads", function()
    assert.alert(story(runs.az { status = "failed" }), ID, { confidence = "high" })
  end)

  it("is quiet on the portal and on Microsoft's own services", function()
    assert.quiet(story(runs.az { app = "portal" }), ID)
    assert.quiet(story(runs.az { by = "scanner", kind = "platform", app = "backup" }), ID)
  end)

  -- The run, begun at each of these seconds.
  local function at(...)
    local told = story()
    for _, seconds in ipairs { ... } do
      for _, act in ipairs(toolkit.later(runs.az(), seconds)) do told:act(act) end
    end
    return told
  end
  local DAY <const> = 86400

  it("is quiet on who did the same on two days before, within two weeks", function()
    assert.alert(at(0, DAY, 2 * DAY, 3 * DAY), ID, { count = 2 })
    assert.alert(at(0, DAY, 14 * DAY, 15 * DAY), ID, { count = 2 })
    assert.alert(at(0, 13 * DAY, 26 * DAY), ID, { count = 2 })
    assert.alert(at(0, 15 * DAY, 30 * DAY), ID, { count = 3 }) -- forgotten in between
    assert.alert(at(0, 7200, 14400, 2 * DAY), ID, { count = 4 }) -- one day, three times
  end)

  it("takes one night for one day", function()
    -- Complete at 23:02 and at 01:02; twenty hours after the first it is 19:02.
    assert.alert(at(82800, 90000, 154799), ID, { count = 3 })
    assert.alert(at(82800, 90000, 154801), ID, { count = 2 })
  end)

  it("is quiet on clients that say they are none of the tool's", function()
    for _, agent in ipairs { "azsdk-python-mgmt-resource/23.0.1 Python/3.11.6", "HashiCorp Terraform/1.8.2",
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/124.0.0.0" } do
      assert.quiet(story(runs.az(nil, nil, agent)), ID)
    end
    local raw = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1237"
    assert.alert(story(runs.az(nil, nil, raw)), ID) -- Get-AzDomainInfoREST
    -- What another application in the same principal's name read does not count.
    local both = story(runs.az({ app = "cli" }, "storage groups sql web"), runs.az(nil, "disks network access vaults"))
    assert.quiet(both, ID)
  end)

  it("counts each principal and subscription apart", function()
    for _, field in ipairs { { by = "bob" }, { sub = "other" } } do
      local acts = runs.az(nil, EIGHT)
      acts[1] = toolkit.with({ acts[1] }, field)[1]
      assert.quiet(story(acts), ID)
      acts = runs.az(nil, EIGHT)
      for _, n in ipairs { #acts, #acts - 1 } do acts[n] = toolkit.with({ acts[n] }, field)[1] end
      assert.quiet(story(acts), ID)
      assert.alert(story(runs.az(), runs.az(field)), ID, { count = 2 })
    end
  end)

  -- What the activity log alone has of a run: the keys, and pauses for the listing of containers between them.
  local function keys(n, gap, extra)
    local acts = {}
    for i = 1, n do
      acts[i] = { at = i * gap .. "s", by = "mallory", app = "powershell", on = "sa" .. i,
        does = "Microsoft.Storage/storageAccounts/listKeys/action" }
    end
    return toolkit.with(acts, extra or {})
  end

  it("is unsure with the activity log alone, and says so", function()
    assert.alert(story(keys(3, 8)), ID, { severity = "low", confidence = "low", count = 1, principal = "mallory",
      reasons = { keys_listed = { accounts = 3, seconds = 16 }, partial_evidence = true } })
  end)

  it("is quiet on two accounts, one again and again, a faster pace, more than ten minutes", function()
    assert.quiet(story(keys(2, 8)), ID)
    assert.quiet(story(keys(5, 8, { on = "sa1" })), ID)
    assert.quiet(story(toolkit.with({ keys(1, 8)[1] }, { at = "1s" }), keys(4, 8)), ID)
    assert.quiet(story(keys(5, 3)), ID)
    assert.alert(story(keys(5, 3.5)), ID)
    assert.alert(story(keys(3, 299)), ID)
    assert.quiet(story(keys(5, 301)), ID)
  end)

  it("is quiet when the taking of keys was refused, by other clients, when reads say otherwise", function()
    assert.quiet(story(keys(5, 8, { status = "failed" })), ID)
    assert.quiet(story(keys(5, 8, { app = "cli" })), ID)
    assert.quiet(story(keys(5, 8, { app = "portal" })), ID)
    assert.quiet(story(runs.az(nil, "storage"), keys(5, 8)), ID)
    assert.quiet(story(runs.az(nil, "vaults"), toolkit.later(keys(5, 8), 60)), ID)
    assert.quiet(story(runs.az({ by = "bob" }, "storage"), keys(5, 8)), ID) -- reads are delivered, and there are none
    assert.alert(story(runs.az({ sub = "other" }, "storage"), keys(5, 8)), ID)
    assert.quiet(story(runs.az({ by = "bob" }, "storage"), toolkit.later(keys(5, 8), 604700)), ID)
    assert.alert(story(runs.az({ by = "bob" }, "storage"), toolkit.later(keys(5, 8), 604900)), ID)
  end)

  it("counts keys alone, also when reads are soon forgotten", function()
    local told = story(runs.az(nil, "storage sql web", false), toolkit.later(keys(1, 8, { on = "sa9" }), 200))
    told:tune(('tune "%s" { within = "1m" }'):format(ID))
    assert.quiet(told, ID)
  end)

  it("counts keys by principal and subscription", function()
    for _, field in ipairs { { by = "bob" }, { sub = "other" } } do
      local acts = keys(3, 8)
      acts[2] = toolkit.with({ acts[2] }, field)[1]
      assert.quiet(story(acts), ID)
    end
  end)

  it("makes two alerts when half an hour passes", function()
    assert.alert(story(keys(3, 8), toolkit.later(keys(3, 8), 1800)), ID, { count = 1 })
    assert.alert(story(keys(3, 8), toolkit.later(keys(3, 8), 1801)), ID, { count = 2 })
  end)

  -- §5: one burst, one alert.
  local function all(acts)
    local told = testing.story { "rules/toolkit/microburst", "rules/toolkit/powerzure" }
    for _, act in ipairs(acts) do told:act(act) end
    return told
  end

  it("owns its keys, its runbooks and what its forerunner's rule sees of it", function()
    local acts = runs.az()
    local quick = 0
    for _, act in ipairs(acts) do
      if act.does:find "listKeys" then quick, act.at = quick + 1, 16 + quick .. "s" end
    end
    local told = all(acts)
    assert.alert(told, ID, { count = 1 })
    assert.equal(1, #told:alerts())
    assert.same({ "ARM_MicroBurst.AZStorageKeysREST", "ARM_PowerZure.AzureRunbookContent" },
      told:alerts(ID)[1].siblings)
  end)

  it("leaves the forerunner's run to its rule", function()
    local told = all(runs.azurerm())
    assert.alert(told, "ARM_MicroBurst.AzureDomainInfo", { count = 1 })
    assert.equal(1, #told:alerts())
  end)

  it("cannot fire without reads or activity, and that is told", function()
    local vault = story { { by = "mallory", does = "SecretGet", on = "kv1", source = "keyvault" } }
    assert.equal("activity or read", vault:run().rules[ID].lacks)
    assert.is_nil(story(keys(1, 8)):run().rules[ID].lacks)
  end)

  toolkit.bears(it, function() return story(runs.az()) end, ID,
    { severity = "low", confidence = "high", principal = "mallory" })
end)
