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

-- `days` days on which builder creates `machines` machines of 8 vCPUs, each day new ones, after a day of tags.
local function subscription(days, machines)
  local s = testing.story "rules/resource/compute_creation.lua"
  return s:days(days, function(day)
    s:act { at = "9h", by = "operator", does = TAG, on = "default" }
    for i = 1, machines do machine(s, "10h", ("vm%d-%d"):format(day, i), "Standard_D8s_v5") end
  end)
end

local function reasons(s)
  local codes = {}
  for _, one in ipairs(s:alerts(ID)[1] and s:alerts(ID)[1].reasons or {}) do codes[#codes + 1] = one.code end
  return table.concat(codes, " ")
end

describe(ID, function()
  it("fires at a volume over the floor", function()
    local s = set(subscription(20, 1), "10h", "set1", 9)
    assert.alert(s, ID, { severity = "medium", confidence = "medium", principal = "builder", resource = "set1",
      count = 1, score = 72, threshold = 64, reasons = { volume = { vcpus = 72, before = 8, acts = 1, people = 1 } } })
    assert.equal("volume more_than_ever", reasons(s))
    assert.quiet(set(subscription(20, 1), "10h", "set1", 8))
  end)

  it("fires at more than twice the biggest day", function()
    assert.quiet(set(subscription(20, 5), "10h", "set1", 10))
    assert.alert(set(subscription(20, 5), "10h", "set1", 11), ID, { count = 1, score = 88, threshold = 80 })
  end)

  it("is the same shuffled, doubled, in any shape, among ordinary acts", function()
    for _, shape in ipairs { "rest", "eventhub", "loganalytics", "mixed" } do
      local s = set(subscription(15, 1), "10h", "set1", 9):ordinary(1000):shape(shape):shuffle(9):duplicate()
      assert.alert(s, ID, { resource = "set1", principal = "builder", count = 1, score = 72 })
    end
  end)

  it("adds up a day, of all principals of the subscription, not of two", function()
    local s = set(subscription(20, 5), "10h", "set1", 5)
    set(s, "20h", "set2", 6, { by = "operator" })
    assert.alert(s, ID, { count = 1, resource = "set2", score = 88,
      reasons = { volume = { acts = 2, people = 2 }, new_creator = true, more_than_ever = true } })
    s = subscription(20, 5)
    for day = 1, 14 do s:act { at = day * 60, by = "operator", does = TAG, sub = "other" }:days(1) end
    set(set(s, "10h", "set1", 5), "20h", "set2", 6, { sub = "other" })
    assert.quiet(s)
    s = set(subscription(20, 5), "10h", "set1", 10)
    assert.quiet(set(s, "34h", "set2", 1)) -- the day after
    assert.quiet(set(set(subscription(20, 5), "10h", "set1", 5), "34h", "set2", 6))
  end)

  it("forgets what is 45 days old", function()
    local function grown(days)
      local s = subscription(14, 1)
      set(s, "10h", "set1", 8) -- 64: quiet
      s:days(days)
      return set(s, "10h", "set2", 9)
    end
    assert.quiet(grown(44))
    assert.alert(grown(45), ID, { count = 1, threshold = 64, reasons = { first_compute = true } })
  end)

  it("counts once what a resource has", function()
    local s = set(subscription(20, 5), "10h", "set1", 10)
    set(s, "11h", "set1", 10)
    assert.quiet(set(s, "12h", "set1", 4))
    assert.alert(set(s, "13h", "set1", 11), ID, { count = 1, score = 88 })
    s = set(subscription(20, 5), "10h", "set1", 2)
    s:days(6)
    assert.quiet(set(s, "10h", "set1", 12))
    assert.alert(set(s, "10h1m", "set1", 13), ID, { count = 1, score = 88 })
    s = set(subscription(20, 5), "10h", "set1", 0) -- made empty, filled later
    assert.alert(set(s, "11h", "set1", 11), ID, { count = 1, score = 88 })
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
    it("fires at a new creator and more than ever, from 16 vCPUs on", function()
      local s = machine(subscription(20, 1), "10h", "m1", "Standard_D4s_v5", { by = "mallory" })
      machine(s, "11h", "m2", "Standard_D8s_v5", { by = "mallory" })
      assert.quiet(s)
      assert.alert(machine(s, "12h", "m3", "Standard_D4s_v5", { by = "mallory" }), ID,
        { count = 1, principal = "mallory", resource = "m3", score = 16, confidence = "medium",
          reasons = { new_creator = true, more_than_ever = true } })
      assert.equal("volume new_creator more_than_ever", reasons(s))
    end)

    it("is sure when volume and signs come together", function()
      assert.alert(set(subscription(20, 1), "10h", "m1", 9, { by = "mallory" }), ID, { count = 1, confidence = "high" })
    end)

    it("fires at the first GPU by a new creator, at any volume", function()
      local s = machine(subscription(20, 5), "10h", "m1", "Standard_NC4as_T4_v3", { by = "mallory" })
      assert.alert(s, ID, { count = 1, score = 4, reasons = { new_family = { family = "nc" }, new_creator = true } })
      assert.equal("volume new_family new_creator", reasons(s))
      assert.quiet(machine(subscription(20, 5), "10h", "m1", "Standard_NC4as_T4_v3"))
    end)

    it("knows a family that was there", function()
      local s = machine(subscription(20, 5), "10h", "m1", "Standard_NC4as_T4_v3")
      s:days(2)
      assert.quiet(machine(s, "10h", "m2", "Standard_NC4as_T4_v3", { by = "mallory" }))
      assert.alert(machine(s, "11h", "m3", "Standard_HB120rs_v3", { by = "mallory" }), ID, { count = 1 })
    end)

    it("fires at three regions within an hour, one of them new", function()
      local function spread(minutes)
        local s = subscription(20, 5)
        for i, region in ipairs { "East US", "eastus", "westus", "Japan East" } do
          machine(s, 10 * 3600 + (i - 1) * minutes * 60, "m" .. i, "Standard_D8s_v5", { region = region })
        end
        return s
      end
      assert.alert(spread(29), ID, { count = 1, resource = "m4", score = 32,
        reasons = { new_region = { region = "japaneast" }, many_regions = { regions = 3 } } })
      assert.quiet(spread(30))
    end)

    it("fires at a quota act within a week before a new creator's machines", function()
      local function quota(does, at, status)
        local s = subscription(20, 5)
        s:act { at = "10h", by = "mallory", does = does, on = "q1", status = status }
        return set(s, at, "m1", 2, { by = "mallory" })
      end
      for _, does in ipairs { "Microsoft.Quota/quotas/write", "Microsoft.Support/supportTickets/write",
        "Microsoft.Capacity/resourceProviders/locations/serviceLimits/write" } do
        assert.alert(quota(does, "7d10h"), ID,
          { count = 1, reasons = { quota = { age = 7 * 86400 }, new_creator = true } })
      end
      assert.quiet(quota("Microsoft.Quota/quotas/write", "7d11h"))
      assert.quiet(quota("Microsoft.Quota/quotas/write", "11h", "failed"))
    end)

    it("takes nothing for new after a day", function()
      local function later(at)
        local s = machine(subscription(20, 2), "10h", "m1", "Standard_D4s_v5", { by = "mallory", region = "eastus" })
        s:days(1, function() end)
        return machine(s, at, "m2", "Standard_D16s_v5", { by = "mallory", region = "eastus" })
      end
      assert.alert(later("9h59m"), ID,
        { count = 1, reasons = { new_creator = true, new_region = { region = "eastus" } } })
      assert.quiet(later("10h"))
    end)

    it("sees one sign where there was no compute at all", function()
      local mallory <const> = { by = "mallory" }
      assert.quiet(set(subscription(20, 0), "10h", "m1", 8, mallory))
      local s = machine(subscription(20, 0), "10h", "m1", "Standard_NC24ads_A100_v4", mallory)
      assert.alert(s, ID, { count = 1, reasons = { new_family = true, first_compute = true } })
      assert.equal("volume new_family first_compute", reasons(s))
    end)
  end)

  it("counts all that computes: containers, clusters, their pools, Batch, machine learning, Databricks", function()
    local big <const> = "Standard_D8s_v5"
    local asks <const> = {
      ["Microsoft.ContainerInstance/containerGroups/write"] = { properties = { containers = {
        { properties = { resources = { requests = { cpu = 72 } } } } } } },
      ["Microsoft.ContainerService/managedClusters/agentPools/write"] = { properties = { count = 9, vmSize = big } },
      ["Microsoft.ContainerService/managedClusters/write"] = { properties = {
        agentPoolProfiles = { { count = 9, vmSize = big } } } },
      ["Microsoft.Batch/batchAccounts/pools/write"] = { properties = { vmSize = big, scaleSettings = {
        fixedScale = { targetDedicatedNodes = 4, targetLowPriorityNodes = 5 } } } },
      ["Microsoft.MachineLearningServices/workspaces/computes/write"] = { properties = { properties = { vmSize = big,
        scaleSettings = { maxNodeCount = 9 } } } },
      ["Microsoft.HDInsight/clusters/write"] = { properties = { computeProfile = { roles = {
        { targetInstanceCount = 9, hardwareProfile = { vmSize = big } } } } } },
      ["Microsoft.Synapse/workspaces/bigDataPools/write"] = { properties = { nodeSize = "Medium", nodeCount = 9 } },
    }
    for does, body in pairs(asks) do
      local s = subscription(20, 1):act { at = "10h", by = "builder", does = does, on = "big", body = body }
      assert.alert(s, ID, { count = 1, score = 72, threshold = 64, principal = "builder" })
    end
    -- A workspace is four vCPUs: nothing by itself, a new creator's seventeenth is over the floor.
    local s = subscription(20, 1)
    for i = 1, 16 do
      s:act { at = 36000 + i, by = "builder", does = "Microsoft.Databricks/workspaces/write", on = "ws" .. i }
    end
    assert.quiet(s)
    s:act { at = 36020, by = "builder", does = "Microsoft.Databricks/workspaces/write", on = "ws17" }
    assert.alert(s, ID, { count = 1, resource = "ws17", score = 68, confidence = "low" })
  end)

  it("counts machines of unknown size as four vCPUs, and says so", function()
    local s = subscription(20, 1)
    for i = 1, 17 do machine(s, 10 * 3600 + i, "m" .. i, "", { body = false }) end
    assert.alert(s, ID, { count = 1, resource = "m17", score = 68, confidence = "low" })
  end)

  it("learns for 14 days", function()
    assert.quiet(set(subscription(13, 1), "10h", "set1", 900, { by = "mallory" }))
    assert.alert(set(subscription(14, 1), "10h", "set1", 9), ID, { count = 1 })
  end)

  it("makes one alert of a subscription and day", function()
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
