--- Everyone in the tenant, and what each does in a day.
local archetypes = require "armrun.simulate.archetypes"
local events = require "armrun.simulate.habits.events"
local machine = require "armrun.simulate.habits.machine"
local machines = require "armrun.simulate.machines"
local networks = require "armrun.simulate.networks"
local people = require "armrun.simulate.people"
local person = require "armrun.simulate.habits.person"
local random = require "armrun.simulate.random"
local tenant = require "armrun.simulate.tenant"

local population = {}

local habits <const> = {
  person = person.day, pipeline = machine.pipeline, identity = machine.identity, scanner = machine.scanner,
  platform = machine.platform,
}

local function add(sim, p)
  sim.principals[#sim.principals + 1] = p
  return p
end

local function add_people(sim)
  local number = 0
  for _, item in ipairs(people.counts(sim.size)) do
    for _ = 1, item[2] do
      number = number + 1
      add(sim, people.new(sim, item[1], number))
    end
  end
  return number
end

local function add_machines(sim, number)
  for _, item in ipairs(machines.counts(sim.size)) do
    if item[1].habit == "platform" then
      for _, p in ipairs(machines.platform(sim, item[2], number)) do add(sim, p) end
    else
      for _ = 1, item[2] do
        number = number + 1
        add(sim, machines.new(sim, item[1], number))
      end
    end
  end
  return number
end

-- Five people and two pipelines a week for each thousand.
local function add_hires(sim, number)
  local s = random.stream(sim.seed, "hires")
  for day = 5, sim.days - 1 do
    for _ = 1, s:poisson(5 / 7 * sim.size / 1000) do
      number = number + 1
      add(sim, people.new(sim, archetypes.users[s:weighted { { 2, 6 }, { 1, 1 }, { 3, 2 }, { 7, 1 } }],
        number)).from_day = day
    end
    for _ = 1, s:poisson(2 / 7 * sim.size / 1000) do
      number = number + 1
      add(sim, machines.new(sim, archetypes.machines[s:int(1, 2)], number)).from_day = day
    end
  end
end

--- Fills the simulation with a tenant, networks and principals.
function population.build(sim)
  sim.tenant = tenant.new(sim.seed, sim.size)
  sim.networks = networks.new(random.stream(sim.seed, "networks"), sim.size)
  local s = random.stream(sim.seed, "partners")
  sim.partners = { s:guid(), s:guid() }
  sim.principals = {}
  add_hires(sim, add_machines(sim, add_people(sim)))
  machines.services(sim)
  events.plan(sim)
end

--- What everyone does on a day.
function population.day(sim, day)
  for _, p in ipairs(sim.principals) do
    if day >= p.from_day then habits[p.habit](sim, p, day) end
  end
  events.day(sim, day)
  machine.services(sim, day)
end

return population
