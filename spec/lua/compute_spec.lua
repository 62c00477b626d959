-- armrun.compute: vCPUs by Microsoft's tables of sizes, machines out of requests as the APIs take them.
local compute = require "armrun.compute"
local testing = require "armrun.testing"

describe("armrun.compute.size", function()
  -- learn.microsoft.com: sizes of virtual machines, current and of former generations.
  local sizes <const> = {
    -- names that tell the vCPUs
    Standard_B1ls = 1, Standard_B2ms = 2, Standard_D2s_v3 = 2, Standard_D4_v3 = 4, Standard_D96ads_v5 = 96,
    Standard_E20s_v3 = 20, Standard_F16 = 16, Standard_F72s_v2 = 72, Standard_L8s_v2 = 8, Standard_A2_v2 = 2,
    Standard_A8m_v2 = 8, Standard_DC4s_v2 = 4, Standard_M416ms_v2 = 416, Standard_FX4mds = 4,
    Standard_NC6 = 6, Standard_NC24r = 24, Standard_NC24ads_A100_v4 = 24, Standard_NV36ads_A10_v5 = 36,
    Standard_ND96isr_H100_v5 = 96, Standard_H16mr = 16, Standard_HB120rs_v3 = 120, Standard_NV4as_v4 = 4,
    -- constrained: the second number is what is left
    ["Standard_M128-32ms"] = 32, ["Standard_E64-16s_v3"] = 16, ["Standard_DS14-4_v2"] = 4, ["Standard_GS5-8"] = 8,
    ["Standard_HB120-16rs_v3"] = 16,
    -- names that count up
    Basic_A0 = 1, Basic_A4 = 8, Standard_A1 = 1, Standard_A3 = 4, Standard_A5 = 2, Standard_A7 = 8, Standard_A9 = 16,
    Standard_A10 = 8, Standard_A11 = 16, Standard_D1 = 1, Standard_D3 = 4, Standard_D4 = 8, Standard_D11 = 2,
    Standard_D14 = 16, Standard_DS4 = 8, Standard_D4_v2 = 8, Standard_D5_v2 = 16, Standard_D15_v2 = 20,
    Standard_DS12_v2 = 4, Standard_DS15_v2 = 20, Standard_D11_v2_Promo = 2, Standard_DS3_v2_Promo = 4,
    Standard_D15i_v2 = 20, Standard_G1 = 2, Standard_G5 = 32, Standard_GS4 = 16, STANDARD_D14_V2 = 16,
  }

  for name, vcpus in pairs(sizes) do
    it("knows " .. name, function() assert.equal(vcpus, (compute.size(name))) end)
  end

  it("tells the family, and which are fast", function()
    for name, family in pairs { Standard_NC24ads_A100_v4 = "nc", Standard_HB120rs_v3 = "hb", Standard_D4s_v5 = "d",
      Standard_DS3_v2 = "ds", ["Standard_M128-32ms"] = "m" } do
      assert.equal(family, select(2, compute.size(name)))
    end
    for _, family in ipairs { "nc", "nd", "nv", "np", "h", "hb", "hc" } do assert.is_true(compute.is_fast(family)) end
    for _, family in ipairs { "d", "ds", "b", "e", "f", "m", "l", "dc" } do assert.is_false(compute.is_fast(family)) end
    assert.is_false(compute.is_fast(nil))
  end)

  it("makes nothing up", function()
    for _, name in ipairs { "", "Standard_", "4", "Standard_4x", "huge", ("d1"):rep(40), 7, true, {} } do
      assert.is_nil((compute.size(name)))
    end
    assert.is_nil((compute.size(nil)))
    assert.equal(99999, (compute.size "Standard_D99999999999999999999"))
  end)

  it("has one name for a region", function()
    rawset(_G, "contains", function(text, part) return text:find(part, 1, true) ~= nil end)
    finally(function() rawset(_G, "contains", nil) end)
    assert.equal("westeurope", compute.region "West Europe")
    assert.equal("eastus2", compute.region "eastus2")
    assert.is_nil(compute.region(("x"):rep(65)))
    assert.is_nil(compute.region(12))
  end)
end)

describe("armrun.compute.read", function()
  -- What it reads out of one act of the real engine.
  local function read(does, body, response)
    local s = testing.story { text = [[
local compute = require "armrun.compute"
rule "X" { title = "t", severity = "low", on = operation(compute.operations),
  detect = function(act)
    local asked = compute.read(act)
    return alert { reason("asked", "{vcpus}", { vcpus = asked.vcpus, known = asked.known, fast = asked.fast,
      families = table.concat(asked.families, " "), region = compute.place(act) }) }
  end }]] }
    s:act { at = "1s", does = does, on = "x1", body = body, response = response }
    assert.alert(s, "X", { count = 1 })
    return s:alerts("X")[1].reasons[1].values
  end

  local function assert_asked(expected, got)
    for key, value in pairs(expected) do assert.equal(value, got[key], key) end
  end

  it("takes machines", function()
    local vm <const> = "Microsoft.Compute/virtualMachines/write"
    assert_asked({ vcpus = 24, known = true, fast = "nc", families = "nc", region = "westeurope" }, read(vm,
      { location = "West Europe", properties = { hardwareProfile = { vmSize = "Standard_NC24ads_A100_v4" } } }))
    assert_asked({ vcpus = 8, known = true, region = "eastus" }, read(vm:upper(),
      { Location = "eastus", Properties = { HardwareProfile = { VmSize = "STANDARD_D8S_V5" } } }))
    assert_asked({ vcpus = 8, known = true, region = "eastus" }, read(vm, nil,
      { location = "eastus", properties = { hardwareProfile = { vmSize = "Standard_D8s_v5" } } }))
    local none = read(vm)
    assert_asked({ vcpus = 4, known = false, families = "" }, none)
    assert.is_nil(none.fast)
    assert.is_nil(none.region)
  end)

  it("takes scale sets, also from the answer", function()
    local set <const> = "Microsoft.Compute/virtualMachineScaleSets/write"
    local body <const> = { location = "eastus", sku = { name = "Standard_F16s_v2", capacity = 10 } }
    assert_asked({ vcpus = 160, known = true, families = "f", region = "eastus" }, read(set, body))
    assert_asked({ vcpus = 160, known = true, region = "eastus" }, read(set, nil, body))
    assert_asked({ vcpus = 40, known = false }, read(set, { sku = { capacity = "10" } }))
    assert_asked({ vcpus = 0, known = true }, read(set, { sku = { name = "Standard_F16s_v2", capacity = 0 } }))
  end)

  it("takes clusters and their pools, at the most they may grow to", function()
    local cluster <const> = "Microsoft.ContainerService/managedClusters/write"
    assert_asked({ vcpus = 3 * 4 + 10 * 6, known = true, fast = "nc", families = "d nc", region = "eastus" },
      read(cluster, { location = "eastus", properties = { agentPoolProfiles = {
        { name = "system", count = 3, vmSize = "Standard_D4s_v5" },
        { name = "gpu", Count = 1, maxCount = 10, VMSize = "Standard_NC6s_v3" } } } }))
    assert_asked({ vcpus = 4, known = false }, read(cluster, { location = "eastus" }))
    assert_asked({ vcpus = 4, known = false }, read(cluster, { properties = { agentPoolProfiles = { "x", 7 } } }))
    local pool <const> = "Microsoft.ContainerService/managedClusters/agentPools/write"
    assert_asked({ vcpus = 40, known = true },
      read(pool, { properties = { count = 5, maxCount = 2, vmSize = "Standard_E8s_v5" } }))
  end)

  it("takes container groups: parts of processors, and GPUs by their names", function()
    local group <const> = "Microsoft.ContainerInstance/containerGroups/write"
    local function container(requests, limits)
      return { name = "c", properties = { image = "x", resources = { requests = requests, limits = limits } } }
    end
    assert_asked({ vcpus = 4, known = true, families = "", region = "eastus" }, read(group, { location = "eastus",
      properties = { containers = { container { cpu = 0.5, memoryInGB = 1 }, container { cpu = 3.5 } } } }))
    assert_asked({ vcpus = 5, known = true }, read(group, { properties = { containers = {
      container({ cpu = 1 }, { cpu = 4 }), { Name = "d", Properties = { Resources = { Requests = { CPU = 0.25 } } } } } } }))
    assert_asked({ vcpus = 8, known = true, fast = "v100", families = "v100" }, read(group, { properties = {
      containers = { container { cpu = 8, gpu = { count = 4, sku = "V100" } } } } }))
    assert_asked({ vcpus = 4, known = false, fast = "k80" }, read(group, { properties = {
      containers = { container(nil, { gpu = { count = 1, sku = "K80" } }) } } }))
    assert_asked({ vcpus = 4, known = false }, read(group))
    assert_asked({ vcpus = 12, known = false }, read(group, { properties = { containers = {
      container { cpu = "many" }, container "x", { properties = 7 }, 8 } } }))
  end)

  it("takes clusters of HDInsight, pools of Synapse, and workspaces of Databricks", function()
    local function role(size, count, most)
      return { name = "r", targetInstanceCount = count, hardwareProfile = { vmSize = size },
        autoscale = most and { capacity = { minInstanceCount = 1, maxInstanceCount = most } } }
    end
    assert_asked({ vcpus = 2 * 8 + 20 * 16, known = true, families = "e d", region = "westus" },
      read("Microsoft.HDInsight/clusters/write", { location = "West US", properties = { computeProfile = {
        roles = { role("Standard_E8_v3", 2), role("Standard_D16s_v3", 4, 20) } } } }))
    local pool <const> = "Microsoft.Synapse/workspaces/bigDataPools/write"
    assert_asked({ vcpus = 16 * 40, known = true, region = "eastus" }, read(pool, { location = "eastus",
      properties = { nodeSize = "Large", nodeCount = 3, autoScale = { enabled = true, maxNodeCount = 40 } } }))
    assert_asked({ vcpus = 24, known = true }, read(pool, { properties = { nodeSize = "Medium", nodeCount = 3,
      autoScale = { enabled = false, maxNodeCount = 40 } } }))
    assert_asked({ vcpus = 4, known = false }, read(pool, { properties = { nodeCount = 3, nodeSize = "Odd" } }))
    assert_asked({ vcpus = 4, known = false, region = "eastus" },
      read("Microsoft.Databricks/workspaces/write", { location = "eastus", properties = { parameters = {} } }))
  end)

  it("takes the same of two keys that differ in case, every time", function()
    for _ = 1, 20 do
      assert_asked({ vcpus = 8 }, read("Microsoft.ContainerService/managedClusters/write",
        '{"properties":{"agentPoolProfiles":[{"vmSize":"Standard_D96s_v5","VMSIZE":"Standard_D8s_v5"}]}}'))
    end
  end)

  it("takes pools of Batch, dedicated and spot, and machine learning", function()
    local batch <const> = "Microsoft.Batch/batchAccounts/pools/write"
    assert_asked({ vcpus = 16 * 25, known = true }, read(batch, { properties = { vmSize = "STANDARD_D14_V2",
      scaleSettings = { fixedScale = { targetDedicatedNodes = 5, targetLowPriorityNodes = 20 } } } }))
    assert_asked({ vcpus = 16, known = true }, read(batch, { properties = { vmSize = "STANDARD_D14_V2",
      scaleSettings = { autoScale = { formula = "$TargetDedicatedNodes = 100" } } } }))
    local ml <const> = "Microsoft.MachineLearningServices/workspaces/computes/write"
    assert_asked({ vcpus = 96 * 8, known = true, fast = "nd", region = "westus" }, read(ml, { location = "westus",
      properties = { computeType = "AmlCompute", properties = { vmSize = "Standard_ND96asr_v4",
        scaleSettings = { maxNodeCount = 8 } } } }))
    assert_asked({ vcpus = 4 }, read(ml, { properties = { properties = { vmSize = "Standard_DS3_v2" } } }))
  end)

  it("believes no nonsense", function()
    local set <const> = "Microsoft.Compute/virtualMachineScaleSets/write"
    for given, machines in pairs { ["-5"] = 0, ["1e300"] = 100000, ['"many"'] = 1, ["[3]"] = 1, ["2.7"] = 2,
      ["null"] = 1, ["true"] = 1 } do
      local body = ('{"sku":{"name":"Standard_F2s_v2","capacity":%s}}'):format(given)
      assert_asked({ vcpus = 2 * machines }, read(set, body))
    end
    local pools = {}
    for i = 1, 150 do pools[i] = { count = 1, vmSize = "Standard_D2s_v5" } end
    assert_asked({ vcpus = 200 }, read("Microsoft.ContainerService/managedClusters/write",
      { properties = { agentPoolProfiles = pools } }))
  end)
end)
