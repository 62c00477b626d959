--- Invoke-AzVMBulkCMD and its AzureRM forerunner, line for line the same: commands on machine after machine, and before
--- each of them the interfaces and addresses of the whole subscription.
local habit = require "lib.habit"
local bulk = {}

local nics <const>, ips <const> = "microsoft.network/networkinterfaces/read", "microsoft.network/publicipaddresses/read"

--- For `on`: the commands, and the reads between them.
bulk.runs = {
  "Microsoft.Compute/virtualMachines/runCommand/action", "Microsoft.Compute/virtualMachines/runCommands/write",
}
bulk.reads = { "Microsoft.Compute/virtualMachines/read", nics, ips }

--- The tables that both rules keep.
function bulk.state()
  local by = { "principal", "subscription" }
  return {
    runs    = tally { by = by, of = "parent", within = param "within" },
    reads   = count { by = by, within = param "within" },
    network = tally { by = by, of = "operation", within = param "within" },
    done    = first_seen { by = { "principal" }, within = param "habit" },
  }
end

--- Remembers a read.
function bulk.add_read(act, state)
  state.reads:add(act)
  if act.operation == nics or act.operation == ips then state.network:add(act) end
end

--- Remembers a command. Once it comes to enough machines, strictly one after the other, by somebody who does not do so
--- anyway: { machines, serial, span, reads, asked = how many interfaces and addresses were read, when before each }.
function bulk.add_run(act, state, params)
  local runs = state.runs:add(act)
  local found = { machines = runs:exactly(1), serial = runs:serial(), span = runs.span }
  if found.machines < params.machines or found.serial < params.serial_share then return nil end
  if habit.is_usual(state.done:add(act), act, params) then return nil end
  local network = state.network:look(act)
  found.reads = state.reads:look(act).total
  local before_each = network.distinct == 2 and network.least >= found.machines and network.most >= 2 * found.machines
  found.asked = before_each and network.total or nil
  return found
end

return bulk
