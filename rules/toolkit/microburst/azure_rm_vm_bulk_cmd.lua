-- Invoke-AzureRmVMBulkCMD is AzVMBulkCMD line for line, with the AzureRM module that was retired in 2024. Only the user
-- agent tells them apart, and only logs with ARM reads have one.
local bulk, client = require "lib.bulk_runs", require "lib.client"

rule "RM_MicroBurst.AzureRmVMBulkCMD" {
  title      = "MicroBurst exploitation toolkit used to execute code on your virtual machine",
  severity   = "high",
  confidence = "medium",
  techniques = { "T1651" },
  needs      = { "activity", "read" },
  params     = { machines = 3, within = "30m", serial_share = 0.8, habit = "30d", again = "20h", days = 2 },

  on = any_of {
    operation(bulk.runs) { status = { "succeeded", "failed" }, kind = { "user", "service_principal", "unknown" } },
    operation(bulk.reads) { source = "read", status = "any" },
  },
  state = bulk.state(),
  burst = { by = { "principal", "subscription" }, quiet = "30m" },

  about = {
    means   = "One principal ran commands on several virtual machines, one after the other, with AzureRM.",
    numbers = "As AzVMBulkCMD, which is silent when this one speaks. The tool asks for all network interfaces, one "
      .. "of them, and for all addresses before each machine: reads in these numbers make it sure. Who did so on two "
      .. "of 30 days is left out.",
    false_positives = { "an old patch script that walks through the machines with AzureRM" },
    evasion = { "another user agent; then AzVMBulkCMD speaks", "parallel jobs" },
  },

  detect = function(act, state, params)
    local agent = client.of(act.user_agent)
    if act.source == "read" then
      if agent == "azurerm" then bulk.add_read(act, state) end
      return
    end
    local found = bulk.add_run(act, state, params)
    if not found or agent ~= "azurerm" and (agent or found.reads == 0) then return end
    return alert {
      confidence = found.asked and "high" or "medium",
      reason("serial_run_commands", "commands on {machines} machines in {seconds:span}, one by one, with AzureRM",
        { machines = found.machines, seconds = found.span, serial = found.serial, threshold = params.machines }),
      found.asked and reason("network_reads", "interfaces and addresses were read before each",
        { reads = found.asked }),
    }
  end,
}
