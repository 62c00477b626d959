-- Invoke-AzVMBulkCMD runs a script on every running machine: one after the other, for the cmdlet waits for each.
local bulk, client = require "lib.bulk_runs", require "lib.client"
local people = { "user", "service_principal", "unknown" }

rule "ARM_MicroBurst.AzVMBulkCMD" {
  title       = "MicroBurst exploitation toolkit used to execute code on your virtual machine",
  severity    = "high",
  confidence  = "medium",
  tactics     = { "Execution" },
  techniques  = { "T1651" },
  needs       = { "activity" },
  better_with = { "read" },
  params      = { machines = 3, within = "30m", serial_share = 0.8, habit = "30d", again = "20h", days = 2 },

  on = any_of {
    operation(bulk.runs) { status = { "succeeded", "failed" }, kind = people },
    operation(bulk.reads) { source = "read", status = "any", kind = people },
  },
  state     = bulk.state(),
  burst     = { by = { "principal", "subscription" }, quiet = "30m" },
  yields_to = { "RM_MicroBurst.AzureRmVMBulkCMD" },

  about = {
    means   = "One principal ran commands on several virtual machines, once each, strictly one after the other.",
    numbers = "Three machines in half an hour. Four in five runs begin after the one before has ended: orchestration "
      .. "runs in parallel, the tool cannot. Failed runs count: it sends Windows scripts to Linux machines too. Reads "
      .. "of all interfaces and addresses before each make it sure. Who did so on two of 30 days is left out.",
    false_positives = { "a patch script that walks through the machines for the first time in a month" },
    evasion = { "custom script extensions", "one machine at a time, hours apart", "parallel jobs",
      "an account that walks through the machines anyway" },
  },

  detect = function(act, state, params)
    if act.source == "read" then
      if client.of(act.user_agent) ~= "azurerm" then bulk.add_read(act, state) end
      return
    end
    local found = bulk.add_run(act, state, params)
    if not found then return end
    return alert {
      confidence = found.asked and "high" or "medium",
      reason("serial_run_commands", "commands on {machines} machines in {seconds:span}, one after the other",
        { machines = found.machines, seconds = found.span, serial = found.serial, threshold = params.machines }),
      found.asked and reason("network_reads", "interfaces and addresses were read before each",
        { reads = found.asked }),
    }
  end,
}
