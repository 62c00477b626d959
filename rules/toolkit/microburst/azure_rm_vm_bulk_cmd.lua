-- Invoke-AzureRmVMBulkCMD is AzVMBulkCMD line for line, with the AzureRM module that was retired in 2024. Only the user
-- agent tells them apart, and only logs with ARM reads have one.
local client = require "lib.client"
local nics, ips = "microsoft.network/networkinterfaces/read", "microsoft.network/publicipaddresses/read"

rule "RM_MicroBurst.AzureRmVMBulkCMD" {
  title      = "MicroBurst exploitation toolkit used to execute code on your virtual machine",
  severity   = "high",
  confidence = "medium",
  techniques = { "T1651" },
  needs      = { "activity", "read" },
  params     = { machines = 3, within = "30m", serial_share = 0.8 },

  on = any_of {
    operation {
      "Microsoft.Compute/virtualMachines/runCommand/action", "Microsoft.Compute/virtualMachines/runCommands/write",
    } { status = { "succeeded", "failed" }, kind = { "user", "service_principal", "unknown" } },
    operation { "Microsoft.Compute/virtualMachines/read", nics, ips } { source = "read", status = "any" },
  },
  state = {
    runs    = tally { by = { "principal", "subscription" }, of = "parent", within = param "within" },
    reads   = count { by = { "principal", "subscription" }, within = param "within" },
    network = tally { by = { "principal", "subscription" }, of = "operation", within = param "within" },
  },
  burst = { by = { "principal", "subscription" }, quiet = "30m" },

  about = {
    means   = "One principal ran commands on several virtual machines, one after the other, with AzureRM.",
    numbers = "As AzVMBulkCMD, which is silent when this one speaks. The tool asks for all network interfaces, one "
      .. "of them, and for all addresses before each machine: reads in these numbers make it sure.",
    false_positives = { "an old patch script that walks through the machines with AzureRM" },
    evasion = { "another user agent; then AzVMBulkCMD speaks", "parallel jobs" },
  },

  detect = function(act, state, params)
    local agent = client.of(act.user_agent)
    if act.source == "read" then
      if agent ~= "azurerm" then return end
      state.reads:add(act)
      if act.operation == nics or act.operation == ips then state.network:add(act) end
      return
    end
    local runs = state.runs:add(act)
    local once, serial, span = runs:exactly(1), runs:serial(), runs.span
    if once < params.machines or serial < params.serial_share then return end
    if agent ~= "azurerm" and (agent or state.reads:look(act).total == 0) then return end
    local network = state.network:look(act)
    local asked = network.distinct == 2 and network.least >= once and network.most >= 2 * once
    return alert {
      confidence = asked and "high" or "medium",
      reason("serial_run_commands", "commands on {machines} machines in {seconds:span}, one by one, with AzureRM",
        { machines = once, seconds = span, serial = serial, threshold = params.machines }),
      asked and reason("network_reads", "interfaces and addresses were read before each", { reads = network.total }),
    }
  end,
}
