-- Invoke-AzVMBulkCMD: POST runCommand on every running machine, the next when the one before has answered (37 s in the
-- tool's own example).
local testing = require "armrun.testing"
local everywhere = require "support.everywhere"

local ID = "ARM_MicroBurst.AzVMBulkCMD"
local RUN = "Microsoft.Compute/virtualMachines/runCommand/action"

-- Runs on the machines in this order. `every` seconds apart (40), `took` seconds each (37).
local function runs(machines, more, story)
  more = more or {}
  story = story or testing.story "rules/toolkit/microburst/az_vm_bulk_cmd.lua"
  for i, machine in ipairs(machines) do
    local act = { at = (more.from or 0) + i * (more.every or 40), by = "mallory", does = RUN, on = machine,
                  app = "powershell", took = 37 }
    for key, value in pairs(more) do
      if key ~= "every" and key ~= "from" then act[key] = value end
    end
    story:act(act)
  end
  return story
end

describe(ID, function()
  it("fires at the third machine", function()
    assert.alert(runs { "vm1", "vm2", "vm3" }, ID, {
      severity = "high", confidence = "medium", principal = "mallory", resource = "vm3", count = 1,
      reasons = { serial_run_commands = { machines = 3, seconds = 80, serial = 1, threshold = 3 } },
    })
  end)

  it("is quiet one machine short", function()
    assert.quiet(runs { "vm1", "vm2" })
  end)

  it("is quiet when the third comes after half an hour", function()
    assert.alert(runs({ "vm1", "vm2", "vm3" }, { every = 890 }), ID)
    assert.quiet(runs({ "vm1", "vm2", "vm3", "vm4", "vm5" }, { every = 905 }))
  end)

  it("counts runs that failed: Windows scripts on Linux machines", function()
    assert.alert(runs({ "vm1", "vm2", "vm3" }, { status = "failed" }), ID, { count = 1 })
  end)

  it("counts no run of which no end is known", function()
    assert.quiet(runs({ "vm3" }, { from = 80, status = "started" }, runs { "vm1", "vm2" }))
  end)

  it("counts managed run commands, by machine", function()
    local does = "Microsoft.Compute/virtualMachines/runCommands/write"
    assert.alert(runs({ "vm1/rc", "vm2/rc", "vm3/rc" }, { does = does }), ID, {
      reasons = { serial_run_commands = { machines = 3 } },
    })
    assert.quiet(runs({ "vm1/rc1", "vm1/rc2", "vm1/rc3" }, { does = does }))
    assert.alert(runs({ "vm3/rc" }, { does = does, from = 80 }, runs { "vm1", "vm2" }), ID)
  end)

  it("fires also when a machine was tried beforehand", function()
    assert.alert(runs { "vm1", "vm1", "vm2", "vm3", "vm4" }, ID, {
      reasons = { serial_run_commands = { machines = 3 } },
    })
  end)

  it("fires when one run of five did not wait", function()
    local function overlapping(first_took) -- vm2 begins before vm1 has ended
      local story = runs({ "vm1" }, { took = first_took, from = 40 })
      story.acts[1].took = 5
      return runs({ "vm2" }, { from = 42, took = 39 }, story)
    end
    assert.quiet(runs({ "vm3", "vm4", "vm5" }, { from = 100 }, overlapping(5)))          -- 3 of 4 waited
    assert.alert(runs({ "vm3", "vm4", "vm5", "vm6" }, { from = 100 }, overlapping(5)), ID, -- 4 of 5
      { reasons = { serial_run_commands = { machines = 6, serial = 0.8 } } })
  end)

  it("counts for each principal and subscription alone", function()
    assert.quiet(runs({ "vm3", "vm4" }, { from = 80, by = "trent" }, runs { "vm1", "vm2" }))
    assert.quiet(runs({ "vm3", "vm4" }, { from = 80, sub = "other" }, runs { "vm1", "vm2" }))
  end)

  it("is one alert within half an hour of quiet, two after", function()
    assert.alert(runs({ "vm4", "vm5", "vm6" }, { from = 25 * 60 }, runs { "vm1", "vm2", "vm3" }), ID, { count = 1 })
    assert.alert(runs({ "vm4", "vm5", "vm6" }, { from = 60 * 60 }, runs { "vm1", "vm2", "vm3" }), ID, { count = 2 })
  end)

  -- Before each machine: all interfaces, one of them, all addresses.
  local function with_reads(agent, n, leave_out)
    local story = testing.story "rules/toolkit/microburst/az_vm_bulk_cmd.lua"
    local reads = { "Microsoft.Compute/virtualMachines/read", "Microsoft.Network/networkInterfaces/read",
      "Microsoft.Network/networkInterfaces/read", "Microsoft.Network/publicIPAddresses/read" }
    for i = 1, n or 3 do
      for k, does in ipairs(reads) do
        if not (leave_out == k and i == 3) then
          story:act { at = i * 40 - 39 + k / 2, by = "mallory", does = does, on = "all", source = "read",
            user_agent = agent, app = "powershell" }
        end
      end
    end
    return runs({ "vm1", "vm2", "vm3" }, {}, story)
  end

  it("is sure when interfaces and addresses were read before each machine", function()
    local AZ = "AzurePowershell/v12.1.0 PSVersion/v5.1 Az.Compute/7.1.0"
    assert.alert(with_reads(AZ), ID, { confidence = "high", count = 1, reasons = { network_reads = { reads = 9 } } })
    assert.alert(with_reads(nil), ID, { confidence = "high" })
    assert.alert(with_reads(AZ, 2), ID, { confidence = "medium" })
    assert.alert(with_reads(AZ, 3, 2), ID, { confidence = "medium" })
    assert.alert(with_reads(AZ, 3, 4), ID, { confidence = "medium" })
    assert.alert(with_reads "AzurePowershell/v6.13.1 PSVersion/v5.1", ID, { confidence = "medium" })
  end)

  -- Three machines, at each of these seconds.
  local function at(...)
    local story = testing.story "rules/toolkit/microburst/az_vm_bulk_cmd.lua"
    for _, from in ipairs { ... } do runs({ "vm1", "vm2", "vm3" }, { from = from }, story) end
    return story
  end
  local DAY <const> = 86400

  it("is quiet on who ran commands on as many machines on two days before, within thirty", function()
    assert.alert(at(0, DAY, 2 * DAY), ID, { count = 2 })
    assert.alert(at(0, DAY, 30 * DAY), ID, { count = 2 })
    assert.alert(at(0, DAY, 32 * DAY), ID, { count = 3 })
    assert.alert(at(0, 7200, 14400, DAY), ID, { count = 4 }) -- one day is no habit
    local night = 23 * 3600 -- the third machine answers at 23:02:37, then after midnight
    assert.alert(at(night, night + 7200, night + 72000), ID, { count = 3 })
    assert.alert(at(night, night + 7200, night + 72010), ID, { count = 2 })
    assert.alert(runs({ "vm1", "vm2", "vm3" }, { by = "trent", from = 2 * DAY }, at(0, DAY)), ID, { count = 3 })
    assert.alert(runs({ "vm1", "vm2", "vm3" }, { from = 3 * DAY }, runs({ "vm1", "vm2" }, { from = 2 * DAY }, at(0))),
      ID, { count = 2 }) -- two machines are no habit
  end)

  describe("is quiet about", function()
    it("orchestration: runs in parallel", function()
      local machines = { "vm1", "vm2", "vm3", "vm4", "vm5" }
      assert.quiet(runs(machines, { every = 2, by = "patching", kind = "service_principal" }))
    end)

    it("PowerZure's two runs on a machine", function()
      assert.quiet(runs { "vm1", "vm1", "vm2", "vm2", "vm3", "vm3" })
    end)

    it("one machine, again and again", function()
      assert.quiet(runs { "vm1", "vm1", "vm1", "vm1", "vm1" })
    end)

    it("services of the platform", function()
      assert.quiet(runs({ "vm1", "vm2", "vm3" }, { by = "backup", kind = "platform", app = "backup" }))
      assert.alert(runs({ "vm1", "vm2", "vm3" }, { by = "nightly", kind = "service_principal" }), ID)
    end)
  end)

  for name, check in everywhere(ID, function() return runs { "vm1", "vm2", "vm3" } end) do it(name, check) end
end)
