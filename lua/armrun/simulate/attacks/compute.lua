--- Machines that mine for somebody else: quota first, then many or strong ones, where nobody looks.
local cast = require "armrun.simulate.attacks.cast"
local places = require "armrun.simulate.attacks.places"
local script = require "armrun.simulate.attacks.script"

local VM, SET = "Microsoft.Compute/virtualMachines", "Microsoft.Compute/virtualMachineScaleSets"

local far = { "brazilsouth", "southindia", "koreacentral", "uaenorth", "southafricanorth", "japanwest" }

local function quota(s, path, region)
  if s.random:chance(0.5) then
    s:call("Microsoft.Quota/quotas/write", path .. "/providers/Microsoft.Compute/locations/" .. region
      .. "/providers/Microsoft.Quota/quotas/standardNCSv3Family", { seconds = 30 })
  else
    s:call("Microsoft.Support/supportTickets/write",
      path .. "/providers/Microsoft.Support/supportTickets/" .. s:name("quota-"), { seconds = 3 })
  end
  s:minutes(5, 40)
end

local function machine_body(size, region)
  return { location = region, properties = {
    hardwareProfile = { vmSize = size },
    storageProfile = { imageReference = { publisher = "canonical", offer = "ubuntu-24_04-lts", sku = "server" } },
    osProfile = { computerName = "node", adminUsername = "azureuser" }, priority = "Spot",
  } }
end

-- A network, an address and a card for each machine, then the machine and the script that starts the miner.
local function machine(s, group, size, region)
  local name = s:name("node")
  local network = group .. "/providers/Microsoft.Network/"
  s:call("Microsoft.Network/networkInterfaces/write", network .. "networkInterfaces/" .. name, { seconds = 3 })
  local id = group .. "/providers/" .. VM .. "/" .. name
  s:launch(VM .. "/write", id, { seconds = s.random:int(20, 60), body = machine_body(size, region) })
  return id
end

local function start_miner(s, id)
  s:launch(VM .. "/extensions/write", id .. "/extensions/CustomScript", { seconds = s.random:int(30, 90),
    body = { properties = { publisher = "Microsoft.Azure.Extensions", type = "CustomScript",
      typeHandlerVersion = "2.1", autoUpgradeMinorVersion = true } } })
end

local function new_group(s, path, region)
  local group = path .. "/resourceGroups/" .. s:name("rg-")
  s:call("Microsoft.Resources/subscriptions/resourceGroups/write", group, { seconds = 1, body = { location = region } })
  s:call("Microsoft.Network/virtualNetworks/write", group .. "/providers/Microsoft.Network/virtualNetworks/vnet",
    { seconds = 4 })
  return group
end

local function fleet(s, path, size, region, n)
  local group, ids = new_group(s, path, region), {}
  for i = 1, n do ids[i] = machine(s, group, size, region) end
  s:pause(30, 90)
  for _, id in ipairs(ids) do start_miner(s, id) end
end

local function scale_set(s, path, size, region, n)
  local group = new_group(s, path, region)
  s:call(SET .. "/write", group .. "/providers/" .. SET .. "/" .. s:name("vmss"), { seconds = 90, body = {
    location = region, sku = { name = size, tier = "Standard", capacity = n },
    properties = { virtualMachineProfile = { priority = "Spot" } },
  } })
end

local gpu = { "Standard_NC24s_v3", "Standard_ND40rs_v2", "Standard_NC96ads_A100_v4" }
local fast = { "Standard_F32s_v2", "Standard_F16s_v2", "Standard_HB120rs_v3" }

local plans = {}

-- Strong machines with graphics processors, in three regions at once.
function plans.easy(s, path)
  local regions = s.random:shuffled(far)
  quota(s, path, regions[1])
  for i = 1, 3 do fleet(s, path, s.random:pick(gpu), regions[i], s.random:int(2, 6)) end
end

-- One scale set of many fast cores.
function plans.medium(s, path)
  scale_set(s, path, s.random:pick(fast), s.random:pick(far), s.random:int(8, 30))
end

-- Ordinary sizes, in the region everybody uses.
function plans.hard(s, path, sub)
  fleet(s, path, "Standard_D16s_v5", places.region(sub), s.random:int(7, 14))
end

-- A machine with a graphics processor a day.
function plans.slow(s, path, sub)
  for _ = 1, 5 do
    fleet(s, path, "Standard_NC24s_v3", places.region(sub), 1)
    s:next_day()
  end
end

local function mine(world, time, difficulty)
  local who = cast.thief(world, world.random:chance(0.6) and "user" or "service_principal", difficulty)
  local s = cast.set_hour(script.start(world, time, who), difficulty)
  local sub = s:enter()
  s:signin()
  plans[difficulty](s, places.path(sub), sub)
  return s:finish()
end

-- Autoscale, by the platform.
local function autoscale(world, time)
  local s, sub = script.start_inside(world, time, cast.platform(world))
  local id = places.one(world, SET, sub)
  for _, capacity in ipairs { 12, 20, 30 } do
    s:call(SET .. "/write", id, { seconds = 40, body = { sku = { name = "Standard_D4s_v5", capacity = capacity } } })
    s:minutes(10, 25)
  end
  return s:finish()
end

-- A small lab: a few small machines by somebody who makes such.
local function small_lab(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, nil, "dev"))
  local group = places.some_group(world, sub)
  for _ = 1, 3 do machine(s, group, "Standard_B2s", places.region(sub)) end
  return s:finish()
end

-- What was asked for is refused: no quota. Nothing came to be.
local function no_quota(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, nil, "dev"))
  local group = places.some_group(world, sub)
  for _ = 1, 2 do
    s:call(VM .. "/write", group .. "/providers/" .. VM .. "/" .. s:name("train"), { status = "Failed",
      code = "Conflict", seconds = 2, body = machine_body("Standard_D64s_v5", places.region(sub)) })
    s:minutes(2, 9)
  end
  return s:finish()
end

-- Machines that are there are written again, for tags and disks: no core is added.
local function retag(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "terraform", "ci_fixed"))
  for _, id in ipairs(places.some(world, VM, 4, sub)) do
    local body = machine_body("Standard_D2s_v5", places.region(sub))
    s:call(VM .. "/write", id, { seconds = 15, code = "OK", body = body })
  end
  return s:finish()
end

return {
  { id = "ARM_SuspiciousComputeCreation", accepts = {}, difficulties = { "easy", "medium", "hard", "slow" },
    sources = { "activity" }, severity = "Medium", attack = mine, look_alikes = {
      { name = "autoscale", run = autoscale }, { name = "small_lab", run = small_lab },
      { name = "no_quota", run = no_quota }, { name = "retag", run = retag },
    } },
}
