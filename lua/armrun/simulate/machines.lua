--- The machines of the tenant: pipelines, managed identities, applications, scanners, and the platform's own.
local apps = require "armrun.simulate.apps"
local archetypes = require "armrun.simulate.archetypes"
local names = require "armrun.simulate.names"
local networks = require "armrun.simulate.networks"
local people = require "armrun.simulate.people"
local random = require "armrun.simulate.random"

local machines = {}

local TOPIC <const> = { ci_hosted = "sp", ci_fixed = "sp", managed_identity = "mi", app = "app", scanner = "scan" }

local function identify(p, stream, tenant)
  p.object_id, p.app_id = stream:guid(), stream:guid()
  p.id = p.object_id
  p.tenant = tenant.id
  p.rh = "1.A" .. stream:base64(4) .. "AA" .. stream:base64(40) .. "."
  p.credential = stream:weighted { { "1", 3 }, { "2", 2 } }
end

local function managed(p, stream)
  p.credential = "2"
  local group = stream:pick(p.subscriptions[1].groups)
  p.mirid = group.path .. "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" .. p.name
  p.home_ip = networks.fresh(stream, "azure")
end

-- Something looked after: one operation and the resources it is done to.
local function new_item(p, stream, tenant, operation)
  local sub = stream:pick(p.subscriptions)
  local item = { operation = operation, resources = {} }
  for i = 1, 1 + stream:poisson(1) do item.resources[i] = tenant:resource(stream, operation.type, sub, true) end
  return item
end

--- Adds one kind of thing to what a machine looks after. Pipelines write; others do what they do.
function machines.learn(p, stream, tenant)
  local operation
  for _ = 1, 12 do
    operation = p.chooser:pick(stream)
    if p.habit ~= "pipeline" or operation.verb == "write" or stream:chance(0.12) then break end
  end
  p.stack[#p.stack + 1] = new_item(p, stream, tenant, operation)
end

local function base(sim, kind, number)
  local stream = random.stream(sim.seed, "machine/" .. number)
  local p = {
    kind = "service_principal", archetype = kind.name, habit = kind.habit, seed = stream:bits(),
    from_day = 0, stack = {}, hosted = kind.hosted, grows = kind.grows,
  }
  identify(p, stream, sim.tenant)
  people.assign(p, stream, sim.tenant, stream:weighted { { 1, 5 }, { 2, 3 }, { 3, 1 } })
  local group = stream:pick(p.subscriptions[1].groups)
  p.name = names.machine(stream, TOPIC[kind.name] or "svc", group.topic)
  p.home_ip = networks.fresh(stream, kind.name == "managed_identity" and "azure" or "saas")
  return p, stream
end

-- Most pipelines are of the common kind; some do one narrow thing.
local function equip(sim, p, stream, kind)
  people.duties(p, stream, kind.fields)
  for _ = 1, stream:int(kind.stack[1], kind.stack[2]) do machines.learn(p, stream, sim.tenant) end
  p.runs = stream:log_uniform(kind.runs[1], kind.runs[2])
  p.tool = stream:weighted { { "terraform", 5 }, { "bicep", 4 }, { "script", 3 } }
  p.hours = {}
  for i = 1, stream:int(1, 3) do p.hours[i] = stream:real() * 24 end
  if kind.name == "managed_identity" then managed(p, stream) end
end

--- A new machine of an archetype with habits of its own.
function machines.new(sim, kind, number)
  local p, stream = base(sim, kind, number)
  if kind.stack then equip(sim, p, stream, kind) end
  if kind.habit == "scanner" then
    p.hour = stream:real() * 24
    p.subscriptions = stream:shuffled(sim.tenant.subscriptions)
    for _ = 1, math.max(0, #p.subscriptions - 12) do p.subscriptions[#p.subscriptions] = nil end
  end
  return p
end

--- A service principal without a life of its own in the log.
function machines.newcomer(sim, number)
  local p = base(sim, { name = "newcomer" }, number)
  p.habit = nil
  return p
end

-- ---- the platform ----

local PLATFORM <const> = {
  { "Backup Management Service", apps.backup, "backup" }, { "Azure Policy remediation", nil, "policy" },
  { "Azure Kubernetes Service", apps.aks, "cluster" }, { "Windows Azure Security Resource Provider", apps.security,
  "security" },
}

local function platform_identity(sim, sub, part, number)
  local stream = random.stream(sim.seed, "platform/" .. number)
  local p = {
    kind = "platform", archetype = "platform", habit = "platform", seed = stream:bits(), from_day = 0,
    part = part[3], subscriptions = { sub },
  }
  identify(p, stream, sim.tenant)
  p.app_id, p.name = part[2] or p.app_id, part[1]
  p.home_ip = networks.fresh(stream, "azure")
  return p
end

--- The platform's identities: one of each service, in subscriptions drawn for them.
function machines.platform(sim, count, number)
  local list = {}
  for i = 1, count do
    local sub = sim.tenant.subscriptions[(i - 1) // #PLATFORM % #sim.tenant.subscriptions + 1]
    list[i] = platform_identity(sim, sub, PLATFORM[(i - 1) % #PLATFORM + 1], number + i)
  end
  return list
end

-- Services that act for nobody's account.
local function service(sim, name, app_id, caller, anonymous)
  local stream = random.stream(sim.seed, "service/" .. name)
  local p = { kind = "platform", archetype = "platform", name = name, caller = caller, anonymous = anonymous }
  identify(p, stream, sim.tenant)
  p.app_id = app_id or p.app_id
  return p
end

--- The directory's own: privileged identity management, and what Azure tells about itself.
function machines.services(sim)
  sim.pim = service(sim, "MS-PIM", apps.pim, "MS-PIM")
  sim.azure = {
    Autoscale = service(sim, "autoscale", nil, "Microsoft.Insights/autoscaleSettings", true),
    Alert = service(sim, "alerts", nil, "Microsoft.Insights/alertRules", true),
    ResourceHealth = service(sim, "health", nil, "", true), ServiceHealth = service(sim, "issues", nil, "", true),
    Recommendation = service(sim, "advisor", nil, "Microsoft.Advisor", true),
  }
end

--- How many of each archetype but the platform's.
function machines.counts(principals)
  local counts = {}
  for i, kind in ipairs(archetypes.machines) do
    counts[i] = { kind, math.max(1, math.floor(kind.share * principals + 0.5)) }
  end
  return counts
end

return machines
