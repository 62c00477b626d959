--- MicroBurst's survey of a subscription (Get-AzDomainInfo, Get-AzureDomainInfo) and its commands on many machines.
local cast = require "armrun.simulate.attacks.cast"
local places = require "armrun.simulate.attacks.places"
local script = require "armrun.simulate.attacks.script"

local STORAGE, VM = "Microsoft.Storage/storageAccounts", "Microsoft.Compute/virtualMachines"

-- The copies in use and what they look at more than their elders; the newest is the most common.
local newest = { name = "2022-01", vaults = true, automation = true, containers = true, logic = true, policy = true,
  extensions = true }
local versions = {
  { name = "2020-07" }, { name = "2021-07", vaults = true, automation = true, containers = true, logic = true },
  newest, newest,
}

local function each_read(s, operation, ids)
  for _, id in ipairs(ids) do s:read(operation, id) end
end

local function storage(s, sub, path, how)
  s:read(STORAGE .. "/read", path)
  for _, id in ipairs(places.some(s.world, STORAGE, s.random:int(3, 12), sub)) do
    if how.containers then
      s:read(STORAGE .. "/blobServices/containers/read", places.below(id, "blobServices/default"))
    end
    s:read(STORAGE .. "/read", id)
    s:call(STORAGE .. "/listKeys/action", id)
    s:pause(2, 9)
  end
end

local function groups(s, sub, path)
  s:pause(3, 20)
  s:read("Microsoft.Resources/subscriptions/resourceGroups/read", path)
  s:read("Microsoft.Resources/subscriptions/resources/read", path)
  s:read("Microsoft.Resources/subscriptions/resources/read", path)
  local found = {}
  for _, id in ipairs(places.some(s.world, STORAGE, 6, sub)) do found[places.group(id)] = true end
  local list = {}
  for id in pairs(found) do list[#list + 1] = id end
  table.sort(list)
  return list
end

-- The administrators of all servers are read once for each server: the tool's loops are nested.
local function sql(s, sub, path)
  local servers = places.present(s.world, "Microsoft.Sql/servers", 4, sub)
  s:read("Microsoft.Sql/servers/read", path)
  for _, id in ipairs(servers) do
    s:read("Microsoft.Sql/servers/databases/read", id)
    s:read("Microsoft.Sql/servers/firewallRules/read", id)
    each_read(s, "Microsoft.Sql/servers/administrators/read", servers)
  end
end

local function web_and_disks(s, path, found)
  each_read(s, "Microsoft.Web/sites/read", found)
  s:read("Microsoft.Compute/disks/read", path)
  each_read(s, "Microsoft.Resources/deployments/read", found)
end

local function vaults(s, sub, path)
  s:read("Microsoft.KeyVault/vaults/read", path)
  for _, id in ipairs(places.some(s.world, "Microsoft.KeyVault/vaults", 3, sub)) do
    s:read("Microsoft.KeyVault/vaults/read", id)
    s:vault("VaultGet", id, "/?api-version=2021-10-01")
  end
end

local function automation(s, sub, path)
  s:read("Microsoft.Automation/automationAccounts/read", path)
  for _, id in ipairs(places.some(s.world, "Microsoft.Automation/automationAccounts", 2, sub)) do
    s:read("Microsoft.Automation/automationAccounts/runbooks/read", id)
    for _ = 1, s.random:int(1, 4) do
      s:read("Microsoft.Automation/automationAccounts/runbooks/content/read",
        places.below(id, "runbooks", s:name("Runbook")))
    end
    s:read("Microsoft.Automation/automationAccounts/variables/read", id)
  end
end

local function machines(s, sub, path, how)
  s:read(VM .. "/read", path)
  if how.extensions then each_read(s, VM .. "/extensions/read", places.some(s.world, VM, 5, sub)) end
  s:read("Microsoft.Compute/virtualMachineScaleSets/read", path)
  for _, id in ipairs(places.present(s.world, "Microsoft.Compute/virtualMachineScaleSets", 3, sub)) do
    s:read("Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read", id)
  end
  for _, type in ipairs { "networkInterfaces", "publicIPAddresses", "networkSecurityGroups" } do
    s:read("Microsoft.Network/" .. type .. "/read", path)
  end
end

local function survey(s, sub, how)
  local path = places.path(sub)
  s:signin()
  s:read("Microsoft.Resources/subscriptions/read", path)
  s:pause(10, 90) -- users and groups, from the directory
  storage(s, sub, path, how)
  local found = groups(s, sub, path)
  sql(s, sub, path)
  web_and_disks(s, path, found)
  if how.vaults then vaults(s, sub, path) end
  if how.automation then automation(s, sub, path) end
  if how.logic then s:read("Microsoft.Logic/workflows/read", path) end
  if how.policy then
    s:read("Microsoft.Authorization/policyDefinitions/read", path)
    s:read("Microsoft.Authorization/policyAssignments/read", path)
  end
  machines(s, sub, path, how)
  s:read("Microsoft.Authorization/roleAssignments/read", path)
  s:read("Microsoft.Authorization/roleDefinitions/read", path)
end

local function domain_info(tool)
  return function(world, time)
    local s, sub = script.start_inside(world, time, cast.tool(world, tool))
    local how = tool == "az" and world.random:pick(versions) or { name = "AzureRM" }
    survey(s, sub, how)
    return s:finish { variant = how.name }
  end
end

-- A posture scanner: as broad, with its own client, many reads at once, and it never asks for a key.
local function posture_scanner(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "python", "scanner"))
  local path = places.path(sub)
  for _, operation in ipairs {
    "Microsoft.Network/networkSecurityGroups/read", "Microsoft.Storage/storageAccounts/read",
    "Microsoft.Compute/disks/read", "Microsoft.Compute/virtualMachines/read", "Microsoft.Web/sites/read",
    "Microsoft.KeyVault/vaults/read", "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Authorization/roleDefinitions/read", "Microsoft.Sql/servers/firewallRules/read",
    "Microsoft.Network/publicIPAddresses/read", "Microsoft.Resources/subscriptions/resourceGroups/read",
  } do s:read(operation, path) end
  each_read(s, "Microsoft.Security/pricings/read", { path, path })
  return s:finish()
end

-- A plan of Terraform: reads what is in its state, one resource at a time.
local function terraform_plan(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "terraform", "ci_fixed"))
  for _, type in ipairs {
    "Microsoft.Storage/storageAccounts", "Microsoft.Compute/virtualMachines", "Microsoft.Compute/disks",
    "Microsoft.Network/networkInterfaces", "Microsoft.Network/networkSecurityGroups", "Microsoft.Web/sites",
  } do
    for _, id in ipairs(places.present(world, type, 3, sub)) do
      s:read("Microsoft.Resources/subscriptions/resourceGroups/read", places.group(id))
      s:read(type .. "/read", id)
    end
  end
  for _, id in ipairs(places.present(world, STORAGE, 2, sub)) do s:call(STORAGE .. "/listKeys/action", id) end
  s:read("Microsoft.Authorization/roleAssignments/read", places.path(sub))
  return s:finish()
end

-- Somebody looks around in the portal for an hour: few kinds of thing, slowly.
local function portal_tour(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, "portal"))
  local path = places.path(sub)
  for _, operation in ipairs {
    "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Compute/virtualMachines/read",
    "Microsoft.Network/networkInterfaces/read", "Microsoft.Compute/disks/read", STORAGE .. "/read",
  } do
    s:read(operation, path)
    s:minutes(2, 12)
  end
  return s:finish()
end

-- Three reads of the network come before each command; the cmdlet waits until the command has ended.
local function bulk_command(s, sub, n)
  local path = places.path(sub)
  s:signin()
  s:read("Microsoft.Resources/subscriptions/read", path)
  s:read(VM .. "/read", path)
  for _, id in ipairs(places.some(s.world, VM, n, sub)) do
    s:read("Microsoft.Network/networkInterfaces/read", path)
    s:read("Microsoft.Network/networkInterfaces/read", places.group(id))
    s:read("Microsoft.Network/publicIPAddresses/read", path)
    local linux = s.random:chance(0.15)
    s:call(VM .. "/runCommand/action", id, {
      seconds = linux and s.random:int(3, 8) or s.random:int(20, 60), status = linux and "Failed" or "Succeeded",
      code = linux and "Conflict" or "OK",
      body = { commandId = "RunPowerShellScript", script = { "whoami; hostname; net localgroup administrators" } },
    })
  end
end

local function vm_bulk(tool)
  return function(world, time)
    local s, sub = script.start_inside(world, time, cast.tool(world, tool))
    bulk_command(s, sub, world.random:int(3, 10))
    return s:finish()
  end
end

-- A pipeline patches a fleet: all machines at once.
local function parallel_rollout(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "cli", "ci_hosted"))
  for _, id in ipairs(places.some(world, VM, 6, sub)) do
    s:launch(VM .. "/runCommand/action", id, { seconds = world.random:int(60, 150),
      body = { commandId = "RunShellScript", script = { "apt-get update && apt-get -y upgrade" } } })
  end
  return s:finish()
end

-- An administrator mends one machine, and tries again.
local function repair_one(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, "portal", "admin"))
  local id = places.one(world, VM, sub)
  for _ = 1, 3 do
    s:call(VM .. "/runCommand/action", id, { seconds = world.random:int(20, 50),
      body = { commandId = "RunPowerShellScript", script = { "Restart-Service w32time" } } })
    s:minutes(1, 5)
  end
  return s:finish()
end

-- Azure Policy brings an agent to machines that lack it.
local function policy_remediation(world, time)
  local s, sub = script.start_inside(world, time, cast.platform(world))
  for _, id in ipairs(places.some(world, VM, 8, sub)) do
    s:call(VM .. "/extensions/write", places.below(id, "extensions/AzureMonitorWindowsAgent"), { seconds = 40,
      body = { properties = { publisher = "Microsoft.Azure.Monitor", type = "AzureMonitorWindowsAgent" } } })
  end
  return s:finish()
end

local surveys = {
  { name = "posture_scanner", run = posture_scanner },
  { name = "terraform_plan", run = terraform_plan },
  { name = "portal_tour", run = portal_tour },
}
local commands = {
  { name = "parallel_rollout", run = parallel_rollout },
  { name = "repair_one", run = repair_one },
  { name = "policy_remediation", run = policy_remediation },
}

return {
  { id = "ARM_MicroBurst.AzDomainInfo", accepts = { "ARM_MicroBurst.AzureDomainInfo" }, difficulties = { "plain" },
    sources = { "activity", "read" }, severity = "Low", attack = domain_info("az"), look_alikes = surveys },
  { id = "ARM_MicroBurst.AzureDomainInfo", accepts = { "ARM_MicroBurst.AzDomainInfo" }, difficulties = { "plain" },
    sources = { "activity", "read" }, severity = "Low", attack = domain_info("azurerm"), look_alikes = surveys },
  { id = "ARM_MicroBurst.AzVMBulkCMD", accepts = { "RM_MicroBurst.AzureRmVMBulkCMD" }, difficulties = { "plain" },
    sources = { "activity" }, severity = "High", attack = vm_bulk("az"), look_alikes = commands },
  { id = "RM_MicroBurst.AzureRmVMBulkCMD", accepts = { "ARM_MicroBurst.AzVMBulkCMD" }, difficulties = { "plain" },
    sources = { "activity" }, severity = "High", attack = vm_bulk("azurerm"), look_alikes = commands },
}
