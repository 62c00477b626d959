local testing = require "armrun.testing"
local toolkit = require "support.toolkit"

local ID = "RM_MicroBurst.AzureRmVMBulkCMD"
local FILE = "toolkit/microburst/azure_rm_vm_bulk_cmd.lua"
local AZURERM = "Microsoft.Azure.Management.Compute.ComputeManagementClient/21.0 AzurePowershell/v6.13.1 PSVersion/v5.1"
local AZ = "AzurePowershell/v12.1.0 PSVersion/v5.1 Az.Compute/8.0.0"
local RUN = "Microsoft.Compute/virtualMachines/runCommand/action"

local function story(...) return toolkit.story(FILE, ...) end

-- Get-AzureRmVM -Status, then for each machine: all interfaces, one interface, all addresses, runCommand (37 s).
local function bulk(machines, extra, agent)
  local acts = { { at = "1s", does = "Microsoft.Compute/virtualMachines/read", on = "vm1", source = "read" } }
  for i = 1, machines do
    for n, op in ipairs { "networkInterfaces", "networkInterfaces", "publicIPAddresses" } do
      acts[#acts + 1] = { at = 40 * i - 38 + n / 4 .. "s", does = "Microsoft.Network/" .. op .. "/read",
        on = "n" .. n, source = "read" }
    end
    acts[#acts + 1] = { at = 40 * i .. "s", does = RUN, on = "vm" .. i, took = 37 }
  end
  for _, act in ipairs(acts) do act.user_agent = act.source and (agent or AZURERM) end
  return toolkit.with(toolkit.with(acts, { by = "mallory", app = "powershell" }), extra or {})
end

local function only(acts, operation) -- some of the acts
  local out = {}
  for _, act in ipairs(acts) do
    if act.does:find(operation, 1, true) then out[#out + 1] = act end
  end
  return out
end

describe(ID, function()
  it("fires on three machines, one after the other, by AzureRM", function()
    assert.alert(story(bulk(3)), ID, { severity = "high", confidence = "high", principal = "mallory", resource = "vm3",
      count = 1, reasons = { serial_run_commands = { machines = 3, seconds = 80, serial = 1 },
                             network_reads = { reads = 9 } } })
  end)

  it("is less sure without the reads of the network", function()
    local acts = bulk(3)
    assert.alert(story({ acts[1] }, only(acts, RUN)), ID, { confidence = "medium", count = 1 })
    assert.alert(story({ acts[1] }, only(acts, "networkInterfaces"), only(acts, RUN)), ID, { confidence = "medium" })
    assert.alert(story({ acts[1] }, only(acts, "publicIP"), only(acts, RUN)), ID, { confidence = "medium" })
    assert.alert(story(toolkit.without(acts, 4)), ID, { confidence = "medium" })
    assert.alert(story(toolkit.without(acts, 3)), ID, { confidence = "medium" })
  end)

  it("is quiet one machine short, and on one machine again and again", function()
    assert.quiet(story(bulk(2)), ID)
    local acts = bulk(4)
    for _, act in ipairs(only(acts, RUN)) do act.on = "vm1" end
    assert.quiet(story(acts), ID)
  end)

  it("is quiet when the machines come more than half an hour apart", function()
    local acts = only(bulk(3), RUN)
    acts[1].at, acts[2].at, acts[3].at = "60s", "600s", "1859s"
    assert.alert(story({ bulk(1)[1] }, only(bulk(3), "Network"), acts), ID)
    acts[3].at = "1861s"
    assert.quiet(story({ bulk(1)[1] }, only(bulk(3), "Network"), acts), ID)
  end)

  it("is quiet on AzureRM reads that are older than half an hour", function()
    local acts = only(bulk(3), RUN)
    for i, act in ipairs(acts) do act.at = 1790 + 40 * i .. "s" end
    assert.quiet(story({ bulk(1)[1] }, acts), ID)
    assert.alert(story(toolkit.with({ bulk(1)[1] }, { at = "115s" }), acts), ID)
  end)

  it("is quiet on parallel runs", function()
    local acts = bulk(4)
    for i, act in ipairs(only(acts, RUN)) do act.at, act.took = 100 + i .. "s", 37 end
    assert.quiet(story(acts), ID)
  end)

  it("is quiet when one run in four did not wait, and fires when one in five did not", function()
    local function mixed(machines)
      local acts = bulk(machines)
      for _, act in ipairs(acts) do
        if act.on == "vm2" then act.took = 60 end
      end
      return acts
    end
    assert.quiet(story(mixed(4)), ID)
    assert.alert(story(mixed(6)), ID)
  end)

  it("counts failed runs and managed run commands, but no unfinished ones", function()
    local acts = bulk(3)
    acts[5].status = "failed"
    assert.alert(story(acts), ID)
    for _, act in ipairs(only(acts, RUN)) do
      act.does, act.on = "Microsoft.Compute/virtualMachines/runCommands/write", act.on .. "/rc"
    end
    assert.alert(story(acts), ID, { reasons = { serial_run_commands = { machines = 3 } } })
    acts[5].status = "started"
    assert.quiet(story(acts), ID)
  end)

  it("is quiet on the module of today, on other clients, and when nobody tells the client", function()
    assert.quiet(story(bulk(3, nil, AZ)), ID)
    assert.quiet(story(bulk(3, nil, "Mozilla/5.0 WindowsPowerShell/5.1.19041")), ID)
    assert.quiet(story(only(bulk(3), RUN)), ID)
  end)

  -- CloudAuditEvents has writes and actions too, with their user agents.
  local function cloud_runs(agent)
    local told = toolkit.story(FILE, { bulk(1, nil, agent)[1] })
    for i = 1, 3 do
      told:record {
        Timestamp = ("2026-01-01T01:0%d:00Z"):format(i), DataSource = "Azure", ActionType = "Other",
        OperationName = RUN,
        ResourceId = ("/subscriptions/%s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm%d"):format(
          testing.guid "s1", i),
        IPAddress = "20.1.2.3", UserAgent = agent,
        RawEventData = { caller = "mallory@contoso.com", resultType = "Success", correlationId = testing.guid("c" .. i),
          claims = { appid = testing.apps.powershell } },
      }
    end
    return told
  end

  it("takes the client of the run itself where it is told", function()
    assert.alert(cloud_runs(AZURERM), ID, { count = 1, confidence = "medium", principal = "mallory@contoso.com" })
    assert.quiet(cloud_runs(AZ), ID)
  end)

  it("goes by the run's own client, whatever read before", function()
    local told = cloud_runs(AZ)
    told:act { at = "59m", by = "mallory@contoso.com", does = "Microsoft.Compute/virtualMachines/read", on = "vm1",
               source = "read", user_agent = AZURERM, sub = "s1" }
    assert.quiet(told, ID)
  end)

  it("is quiet when others read, or in another subscription, and on Microsoft's own services", function()
    local acts = bulk(3)
    assert.quiet(story(toolkit.with({ acts[1] }, { by = "bob" }), only(acts, RUN)), ID)
    assert.quiet(story(toolkit.with({ acts[1] }, { sub = "other" }), only(acts, RUN)), ID)
    assert.quiet(story(bulk(3, { by = "agent", kind = "platform", app = "backup" })), ID)
    for i, act in ipairs(only(acts, RUN)) do act.sub = "s" .. i end
    assert.quiet(story(acts), ID)
    for i, act in ipairs(only(acts, RUN)) do act.sub, act.by = nil, "worker" .. i end
    assert.quiet(story(acts), ID)
  end)

  it("takes nobody else's network reads, nor those elsewhere, for a proof", function()
    local acts = bulk(3)
    for _, act in ipairs(only(acts, "Network")) do act.by = "bob" end
    assert.alert(story(acts), ID, { confidence = "medium", count = 1 })
    for _, act in ipairs(only(acts, "Network")) do act.by, act.sub = "mallory", "other" end
    assert.alert(story(acts), ID, { confidence = "medium", count = 1 })
  end)

  it("makes two alerts of two people and of two subscriptions", function()
    assert.alert(story(bulk(3), bulk(3, { by = "bob" })), ID, { count = 2 })
    assert.alert(story(bulk(3), bulk(3, { sub = "other" })), ID, { count = 2 })
  end)

  it("makes two alerts when half an hour passes in between", function()
    local again = only(bulk(3), RUN)
    for i, act in ipairs(again) do act.on = "vm1" .. i end
    assert.alert(story(bulk(3), toolkit.later(again, 1720), { bulk(1)[1] }), ID, { count = 1 })
    assert.alert(story(bulk(3), toolkit.later(again, 1842), toolkit.later({ bulk(1)[1] }, 1700)), ID, { count = 2 })
  end)

  it("counts reads that were refused", function()
    local acts = bulk(3)
    for _, act in ipairs(acts) do act.status = act.source and "failed" end
    assert.alert(story(acts), ID, { confidence = "high" })
  end)

  it("speaks instead of AzVMBulkCMD, which speaks for all other clients", function()
    local function both(acts)
      local told = testing.story { "rules/" .. FILE, "rules/toolkit/microburst/az_vm_bulk_cmd.lua" }
      for _, act in ipairs(acts) do told:act(act) end
      return told
    end
    assert.alert(both(bulk(3)), ID, { count = 1 })
    assert.quiet(both(bulk(3)), "ARM_MicroBurst.AzVMBulkCMD")
    assert.alert(both(bulk(3, nil, AZ)), "ARM_MicroBurst.AzVMBulkCMD", { count = 1 })
    assert.quiet(both(bulk(3, nil, AZ)), ID)
  end)

  it("cannot fire on the activity log alone, and that is told", function()
    assert.equal("read", story(only(bulk(3), RUN)):run().rules[ID].lacks)
    assert.is_nil(story(bulk(3)):run().rules[ID].lacks)
  end)

  toolkit.bears(it, function() return story(bulk(4)) end, ID,
    { severity = "high", confidence = "high", principal = "mallory" })
end)
