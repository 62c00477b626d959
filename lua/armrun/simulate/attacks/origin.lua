--- Operations from addresses that somebody keeps a list of.
local actions = require "armrun.simulate.attacks.actions"
local cast = require "armrun.simulate.attacks.cast"
local perform = require "armrun.simulate.attacks.perform"
local places = require "armrun.simulate.attacks.places"
local script = require "armrun.simulate.attacks.script"

local VM, STORAGE = "Microsoft.Compute/virtualMachines", "Microsoft.Storage/storageAccounts"

-- What is done matters little; it ranges from work anybody does to theft, and some of it is refused.
local works = {
  { VM .. "/start/action", VM },
  { VM .. "/restart/action", VM },
  { STORAGE .. "/listKeys/action", STORAGE },
  { "Microsoft.Web/sites/config/list/action", "Microsoft.Web/sites", "config/appsettings" },
  { "Microsoft.Network/networkSecurityGroups/write", "Microsoft.Network/networkSecurityGroups" },
  { "Microsoft.Resources/tags/write", VM, "providers/Microsoft.Resources/tags/default" },
}

local function work(s, sub, n)
  for _ = 1, n do
    local task = s.random:pick(works)
    local id = places.one(s.world, task[2], sub)
    s:call(task[1], task[3] and places.below(id, task[3]) or id,
      { status = s.random:chance(0.15) and "Failed" or "Succeeded", seconds = s.random:int(1, 20) })
    s:minutes(0.2, 6)
  end
end

-- From an address of one of the lists, whoever it is and whatever they do.
local function from(networks)
  return function(world, time)
    local who = cast.thief(world, world.random:chance(0.7) and "user" or "service_principal", "easy")
    who.ip = world:network(world.random:pick(networks))
    local s, sub = script.start_inside(world, time, who)
    s:signin()
    work(s, sub, world.random:int(1, 8))
    return s:finish()
  end
end

local function honest_from(network, kind, archetype)
  return function(world, time)
    local who = kind == "user" and cast.honest(world, nil, archetype) or cast.service(world, nil, archetype)
    who.ip = world:network(network)
    local s, sub = script.start_inside(world, time, who)
    perform.at_once(s, sub, perform.choose(world.random, actions.ordinary, { 2, 4 }))
    return s:finish()
  end
end

-- A pipeline on rented machines, a traveller on an unlisted network, the company's own way out of a VPN.
local look_alikes = {
  { name = "hosted_runner", run = honest_from("hosting", "service_principal", "ci_hosted") },
  { name = "traveller", run = honest_from("clean", "user") },
  { name = "company_vpn", run = honest_from("vpn", "user") },
}

local function story(id, networks)
  return { id = id, accepts = {}, difficulties = { "plain" }, sources = { "activity" }, severity = "Medium",
    attack = from(networks), look_alikes = look_alikes }
end

return {
  story("ARM_OperationFromSuspiciousIP", { "malicious" }),
  story("ARM_OperationFromSuspiciousProxyIP", { "tor", "tor", "proxy" }),
}
