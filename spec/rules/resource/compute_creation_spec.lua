-- ARM_SuspiciousComputeCreation: volume against the subscription's own days, or two signs.
local testing = require "armrun.testing"

local ID <const> = "ARM_SuspiciousComputeCreation"
local VM <const> = "Microsoft.Compute/virtualMachines/write"
local SET <const> = "Microsoft.Compute/virtualMachineScaleSets/write"
local TAG <const> = "Microsoft.Resources/tags/write"

local function add(act, extra, s)
  for key, value in pairs(extra or {}) do act[key] = value end
  return s:act(act)
end

local function machine(s, at, on, size, extra)
  return add({ at = at, by = "builder", does = VM, on = on, body = { location = extra and extra.region or "westeurope",
    properties = { hardwareProfile = { vmSize = size } } } }, extra and { by = extra.by, status = extra.status,
    kind = extra.kind, sub = extra.sub, group = extra.group, app = extra.app, body = extra.body }, s)
end

-- A scale set of machines with 8 vCPUs.
local function set(s, at, on, machines, extra)
  return add({ at = at, by = "builder", does = SET, on = on, body = { location = "West Europe",
    sku = { name = "Standard_D8s_v5", capacity = machines } } }, extra, s)
end

-- `days` days on which builder creates a set of `machines` machines, and ci one of `others`, after a day of tags.
local function subscription(days, machines, others)
  local s = testing.story "rules/resource/compute_creation.lua"
  return s:days(days, function(day)
    s:act { at = "9h", by = "operator", does = TAG, on = "default" }
    if others then set(s, "9h", "other" .. day, others, { by = "ci" }) end
    if machines > 0 then set(s, "10h", "usual" .. day, machines) end
  end)
end

local function reasons(s)
  local codes = {}
  for _, one in ipairs(s:alerts(ID)[1] and s:alerts(ID)[1].reasons or {}) do codes[#codes + 1] = one.code end
  return table.concat(codes, " ")
end

describe(ID, function()
  it("fires at a volume from the floor on", function()
    local s = set(subscription(20, 1), "10h", "set1", 12)
    assert.alert(s, ID, { severity = "medium", confidence = "medium", principal = "builder", resource = "set1",
      count = 1, score = 96, threshold = 96, reasons = { volume = { vcpus = 96, before = 8, all = 96, most = 8 } } })
    assert.equal("volume more_than_ever", reasons(s))
    assert.quiet(set(subscription(20, 1), "10h", "set1", 11))
  end)

  it("fires at more than four times the creator's biggest day", function()
    assert.quiet(set(subscription(20, 4, 20), "10h", "set1", 16))
    assert.alert(set(subscription(20, 4, 20), "10h", "set1", 17), ID, { count = 1, score = 136, threshold = 128 })
  end)

  it("fires at more than three times the subscription's biggest day, most of it by one", function()
    local function day(machines, others)
      local s = set(subscription(20, 10), "10h", "set0", others, { by = "operator" })
      return set(s, "20h", "set1", machines)
    end
    assert.quiet(day(29, 1))
    assert.alert(day(30, 1), ID, { count = 1, principal = "builder", resource = "set1", score = 240, threshold = 320,
      confidence = "medium", reasons = { volume = { vcpus = 240, before = 80, all = 248, most = 80 } } })
    assert.quiet(day(19, 11)) -- 240 of all
    local s = set(subscription(20, 10), "10h", "set0", 5, { by = "operator" })
    s:days(6)
    for i = 1, 10 do set(s, "19h", "some" .. i, 1, { by = "operator" .. i }) end
    set(s, "19h", "set2", 6, { by = "operator" })
    assert.quiet(set(s, "20h", "set1", 15)) -- 248 of all, 120 of the builder's
    assert.alert(set(s, "20h1m", "set3", 2), ID, { count = 1, principal = "builder", score = 136 })
  end)

  it("counts what is turned up with the subscription, not as created", function()
    local s = set(subscription(20, 1), "10h", "set1", 2)
    s:days(6)
    assert.quiet(set(s, "10h", "set1", 90)) -- 704 more
    assert.quiet(set(s, "10h1m", "set2", 11))
    assert.alert(set(s, "10h2m", "set3", 1), ID,
      { count = 1, resource = "set3", score = 96, reasons = { volume = { vcpus = 96, all = 800 } } })
  end)

  it("is the same shuffled, doubled, in any shape, among ordinary acts", function()
    for _, shape in ipairs { "rest", "eventhub", "loganalytics", "mixed" } do
      local s = set(subscription(15, 1), "10h", "set1", 12):ordinary(1000):shape(shape):shuffle(9):duplicate()
      assert.alert(s, ID, { resource = "set1", principal = "builder", count = 1, score = 96 })
    end
  end)

  it("adds up a day, of one creator, in one subscription", function()
    local s = set(set(subscription(20, 1), "10h", "set1", 6), "20h", "set2", 6)
    assert.alert(s, ID, { count = 1, resource = "set2", score = 96 })
    assert.quiet(set(set(subscription(20, 1), "10h", "set1", 6), "34h", "set2", 6)) -- the day after
    assert.quiet(set(set(subscription(20, 4), "10h", "set1", 5), "20h", "set2", 7, { by = "operator" }))
    s = subscription(20, 1)
    for day = 1, 14 do s:act { at = day * 60, by = "operator", does = TAG, sub = "other" }:days(1) end
    assert.quiet(set(set(s, "10h", "set1", 6), "20h", "set2", 6, { sub = "other" }))
  end)

  it("forgets what is 45 days old", function()
    local function grown(days)
      local s = subscription(14, 0)
      set(s, "10h", "set1", 11) -- 88: quiet
      s:days(days)
      return set(s, "10h", "set2", 12)
    end
    assert.quiet(grown(44))
    assert.alert(grown(45), ID, { count = 1, threshold = 96, reasons = { first_compute = true } })
  end)

  it("counts once what a resource has", function()
    local s = set(subscription(20, 1), "10h", "set1", 4)
    set(s, "10h1m", "set2", 7)
    set(s, "11h", "set1", 4)
    assert.quiet(set(s, "12h", "set1", 2))
    assert.alert(set(s, "13h", "set3", 1), ID, { count = 1, score = 96, reasons = { volume = { all = 96 } } })
    s = set(subscription(20, 1), "10h", "set1", 11)
    s:days(6)
    set(set(s, "10h", "set1", 11), "10h1m", "set2", 11)
    assert.quiet(set(s, "10h2m", "set1", 12)) -- 8 more: turned up
    s = set(subscription(20, 5), "10h", "set1", 0) -- made empty, filled later
    assert.alert(set(s, "11h", "set1", 21), ID, { count = 1, score = 168 })
  end)

  it("does not count a machine that is written again, bigger or not", function()
    local s = machine(subscription(20, 1), "10h", "m1", "Standard_D4s_v5")
    s:days(2)
    assert.quiet(machine(s, "10h", "m1", "Standard_D96s_v5"))
    assert.alert(machine(s, "11h", "m2", "Standard_D96s_v5"), ID, { count = 1, score = 96 })
  end)

  it("takes machines that are written daily for months for what they are", function()
    local s = testing.story "rules/resource/compute_creation.lua"
    s:days(60, function(day)
      if day == 1 or day > 50 then
        for i = 1, 12 do machine(s, "10h", "vm" .. i, "Standard_D8s_v5") end
      end
      s:act { at = "11h", by = "operator", does = TAG, on = "default" }
    end)
    assert.quiet(s)
  end)

  describe("by signs", function()
    it("fires at a new creator in a new region, from 48 vCPUs on", function()
      local function there(last)
        local s = set(subscription(20, 10), "10h", "m1", 5, { by = "mallory", body = { location = "Brazil South",
          sku = { name = "Standard_D8s_v5", capacity = 5 } } })
        return machine(s, "11h", "m2", last, { by = "mallory", region = "brazilsouth" })
      end
      assert.quiet(there "Standard_D7s_v5")
      assert.alert(there "Standard_D8s_v5", ID, { count = 1, principal = "mallory", resource = "m2", score = 48,
        confidence = "medium", reasons = { new_creator = true, new_region = { region = "brazilsouth" } } })
      assert.equal("volume new_creator new_region", reasons(there "Standard_D8s_v5"))
    end)

    it("fires at a new creator's volume, and is sure then", function()
      assert.quiet(set(subscription(20, 30), "10h", "m1", 11, { by = "mallory" }))
      assert.alert(set(subscription(20, 30), "10h", "m1", 12, { by = "mallory" }), ID, { count = 1, confidence = "high",
        reasons = { new_creator = true, more_than_ever = true } })
    end)

    it("fires at the first GPU by a new creator, at any volume", function()
      local s = machine(subscription(20, 5), "10h", "m1", "Standard_NC4as_T4_v3", { by = "mallory" })
      assert.alert(s, ID, { count = 1, score = 4, reasons = { new_family = { family = "nc" }, new_creator = true } })
      assert.equal("volume new_family new_creator", reasons(s))
      assert.quiet(machine(subscription(20, 5), "10h", "m1", "Standard_NC4as_T4_v3"))
    end)

    it("knows a family that its creator had", function()
      local s = machine(subscription(20, 5), "10h", "m1", "Standard_NC4as_T4_v3")
      s:days(2)
      assert.quiet(machine(s, "9h", "m2", "Standard_NC4as_T4_v3"))
      assert.alert(machine(s, "10h", "m3", "Standard_NC4as_T4_v3", { by = "mallory" }), ID, { count = 1 })
    end)

    it("fires at three regions within an hour, one of them new", function()
      local function spread(minutes)
        local s = subscription(20, 5)
        for i, region in ipairs { "East US", "eastus", "westus", "Japan East" } do
          machine(s, 10 * 3600 + (i - 1) * minutes * 60, "m" .. i, "Standard_D16s_v5", { region = region })
        end
        return s
      end
      assert.alert(spread(29), ID, { count = 1, resource = "m4", score = 64,
        reasons = { new_region = { region = "japaneast" }, many_regions = { regions = 3 } } })
      assert.quiet(spread(30))
    end)

    it("fires at a quota act within a week before a new creator's machines", function()
      local function quota(does, at, status, by)
        local s = subscription(20, 5)
        s:act { at = "10h", by = "mallory", does = does, on = "q1", status = status }
        return set(s, at, "m1", 6, { by = by or "mallory" })
      end
      for _, does in ipairs { "Microsoft.Quota/quotas/write", "Microsoft.Support/supportTickets/write",
        "Microsoft.Capacity/resourceProviders/locations/serviceLimits/write" } do
        assert.alert(quota(does, "7d10h"), ID,
          { count = 1, reasons = { quota = { age = 7 * 86400 }, new_creator = true } })
      end
      assert.quiet(quota("Microsoft.Quota/quotas/write", "7d11h"))
      assert.quiet(quota("Microsoft.Quota/quotas/write", "11h", "failed"))
      assert.quiet(quota("Microsoft.Quota/quotas/write", "11h", nil, "eve")) -- whose act it was not
    end)

    it("takes nothing for new after a day", function()
      local function later(at)
        local s = machine(subscription(20, 20), "10h", "m1", "Standard_D4s_v5", { by = "mallory", region = "eastus" })
        s:days(1, function() end)
        return machine(s, at, "m2", "Standard_D64s_v5", { by = "mallory", region = "eastus" })
      end
      assert.alert(later("9h59m"), ID,
        { count = 1, reasons = { new_creator = true, new_region = { region = "eastus" } } })
      assert.quiet(later("10h"))
    end)

    it("sees one sign where there was no compute at all", function()
      local mallory <const> = { by = "mallory" }
      assert.quiet(set(subscription(20, 0), "10h", "m1", 11, mallory))
      local s = machine(subscription(20, 0), "10h", "m1", "Standard_NC24ads_A100_v4", mallory)
      assert.alert(s, ID, { count = 1, reasons = { new_family = true, first_compute = true } })
      assert.equal("volume new_family first_compute", reasons(s))
    end)
  end)

  it("counts all that computes: containers, clusters, their pools, Batch, machine learning, Databricks", function()
    local big <const> = "Standard_D8s_v5"
    local asks <const> = {
      ["Microsoft.ContainerInstance/containerGroups/write"] = { properties = { containers = {
        { properties = { resources = { requests = { cpu = 96 } } } } } } },
      ["Microsoft.ContainerService/managedClusters/agentPools/write"] = { properties = { count = 12, vmSize = big } },
      ["Microsoft.ContainerService/managedClusters/write"] = { properties = {
        agentPoolProfiles = { { count = 12, vmSize = big } } } },
      ["Microsoft.Batch/batchAccounts/pools/write"] = { properties = { vmSize = big, scaleSettings = {
        fixedScale = { targetDedicatedNodes = 7, targetLowPriorityNodes = 5 } } } },
      ["Microsoft.MachineLearningServices/workspaces/computes/write"] = { properties = { properties = { vmSize = big,
        scaleSettings = { maxNodeCount = 12 } } } },
      ["Microsoft.HDInsight/clusters/write"] = { properties = { computeProfile = { roles = {
        { targetInstanceCount = 12, hardwareProfile = { vmSize = big } } } } } },
      ["Microsoft.Synapse/workspaces/bigDataPools/write"] = { properties = { nodeSize = "Medium", nodeCount = 12 } },
    }
    for does, body in pairs(asks) do
      local s = subscription(20, 1):act { at = "10h", by = "builder", does = does, on = "big", body = body }
      assert.alert(s, ID, { count = 1, score = 96, threshold = 96, principal = "builder" })
    end
    -- A workspace is four vCPUs: nothing by itself, the twenty-fourth makes the floor.
    local s = subscription(20, 1)
    for i = 1, 23 do
      s:act { at = 36000 + i, by = "builder", does = "Microsoft.Databricks/workspaces/write", on = "ws" .. i }
    end
    assert.quiet(s)
    s:act { at = 36030, by = "builder", does = "Microsoft.Databricks/workspaces/write", on = "ws24" }
    assert.alert(s, ID, { count = 1, resource = "ws24", score = 96, confidence = "low" })
  end)

  it("counts machines of unknown size as four vCPUs, and says so", function()
    local s = subscription(20, 1)
    for i = 1, 24 do machine(s, 10 * 3600 + i, "m" .. i, "", { body = false }) end
    assert.alert(s, ID, { count = 1, resource = "m24", score = 96, confidence = "low" })
  end)

  it("learns for 14 days", function()
    assert.quiet(set(subscription(13, 1), "10h", "set1", 900, { by = "mallory" }))
    assert.alert(set(subscription(14, 1), "10h", "set1", 12), ID, { count = 1 })
  end)

  it("makes one alert of a creator, subscription and day", function()
    local s = subscription(20, 1)
    for i = 1, 5 do set(s, 36000 + i * 600, "set" .. i, 20, { by = "mallory" }) end
    assert.alert(s, ID, { count = 1, resource = "set1" })
  end)

  it("is silent at clusters that grow by themselves, at the platform, at what failed", function()
    local group <const> = "MC_rg_aks_westeurope"
    local s = set(subscription(20, 1), "10h", "aks-pool", 30, { kind = "service_principal", group = group })
    set(s, "11h", "set1", 30, { by = "autoscale", kind = "platform" })
    set(s, "12h", "set2", 30, { status = "failed" })
    set(s, "13h", "set3", 30, { by = false })
    assert.quiet(s)
    assert.alert(set(s, "14h", "set4", 30, { group = group }), ID, { count = 1 }) -- a person
    s = set(subscription(20, 1), "14h", "set5", 30, { kind = "service_principal", by = "ci" })
    assert.alert(s, ID, { count = 1 })
  end)

  it("is silent at the deployment of a landing zone, and at a load test like the last", function()
    local zone = subscription(20, 0)
    for i = 1, 12 do
      machine(zone, 36000 + i * 20, "m" .. i, "Standard_D4s_v5", { by = "ci", kind = "service_principal",
        region = i % 2 == 0 and "westeurope" or "northeurope" })
    end
    assert.quiet(zone)
    local test = subscription(14, 2)
    set(test, "10h", "load1", 6) -- 48 of at most 64
    test:days(14)
    assert.quiet(set(test, "10h", "load2", 8))
  end)
end)
