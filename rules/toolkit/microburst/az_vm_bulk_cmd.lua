-- Invoke-AzVMBulkCMD runs a script on every running machine: one after the other, for the cmdlet waits for each.
rule "ARM_MicroBurst.AzVMBulkCMD" {
  title       = "MicroBurst exploitation toolkit used to execute code on your virtual machine",
  severity    = "high",
  confidence  = "medium",
  tactics     = { "Execution" },
  techniques  = { "T1651" },
  needs       = { "activity" },
  better_with = { "read" },
  params      = { machines = 3, within = "30m", serial_share = 0.8 },

  on = operation {
    "Microsoft.Compute/virtualMachines/runCommand/action", "Microsoft.Compute/virtualMachines/runCommands/write",
  } { status = { "succeeded", "failed" }, kind = { "user", "service_principal", "unknown" } },
  state = { runs = tally { by = { "principal", "subscription" }, of = "parent", within = param "within" } },
  burst = { by = { "principal", "subscription" }, quiet = "30m" },
  yields_to = { "RM_MicroBurst.AzureRmVMBulkCMD" },

  about = {
    means   = "One principal ran commands on several virtual machines, once each, strictly one after the other.",
    numbers = "Three machines in half an hour. Four in five runs begin after the one before has ended: orchestration "
      .. "runs in parallel, the tool cannot. Failed runs count: it sends Windows scripts to Linux machines too.",
    false_positives = { "a patch script that walks through the machines; the site can except its principal" },
    evasion = { "custom script extensions", "one machine at a time, hours apart", "parallel jobs" },
  },

  detect = function(act, state, params)
    local runs = state.runs:add(act)
    local once = runs:exactly(1)
    if once < params.machines or runs:serial() < params.serial_share then return end
    return alert {
      reason("serial_run_commands", "commands on {machines} machines in {seconds:span}, one after the other",
        { machines = once, seconds = runs.span, serial = runs:serial(), threshold = params.machines }),
    }
  end,
}
