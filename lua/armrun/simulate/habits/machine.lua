--- What machines do in a day.
local calendar = require "armrun.simulate.calendar"
local extras = require "armrun.simulate.habits.extras"
local machines = require "armrun.simulate.machines"
local networks = require "armrun.simulate.networks"
local operations = require "armrun.simulate.operations"
local random = require "armrun.simulate.random"
local token = require "armrun.simulate.token"
local work = require "armrun.simulate.habits.work"

local machine = {}

local by_name <const> = operations.by_name

local function place_for(sim, p, s, time, gap)
  local ip = p.hosted and networks.fresh(s, "runner") or p.home_ip
  local place = {
    sim = sim, p = p, s = s, time = time, gap = gap, ip = ip, region = p.subscriptions[1].region, clumsy = 0.015,
    token = token.new(p, nil, ip, time - s:int(1, 600) * 1000, s:bits()),
  }
  if p.kind ~= "platform" then extras.sign_in(place) end
  return place
end

-- ---- pipelines ----

-- What Terraform asks for on each refresh, of the types it keeps secrets of in its state.
local REFRESH <const> = {
  ["Microsoft.Storage/storageAccounts"] = "Microsoft.Storage/storageAccounts/listKeys/action",
  ["Microsoft.Web/sites"] = "Microsoft.Web/sites/config/list/action",
  ["Microsoft.DocumentDB/databaseAccounts"] = "Microsoft.DocumentDB/databaseAccounts/listKeys/action",
  ["Microsoft.ContainerService/managedClusters"] =
    "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
  ["Microsoft.ContainerRegistry/registries"] = "Microsoft.ContainerRegistry/registries/listCredentials/action",
  ["Microsoft.CognitiveServices/accounts"] = "Microsoft.CognitiveServices/accounts/listKeys/action",
  ["Microsoft.Cache/redis"] = "Microsoft.Cache/redis/listKeys/action",
  ["Microsoft.OperationalInsights/workspaces"] = "Microsoft.OperationalInsights/workspaces/sharedKeys/action",
}

local function refresh(place)
  for _, item in ipairs(place.p.stack) do
    local ask = REFRESH[item.operation.type]
    for _, resource in ipairs(item.resources) do extras.read(place, item.operation.type, resource) end
    for _, resource in ipairs(ask and item.resources or {}) do work.act(place, by_name[ask], resource) end
  end
end

local function change(place, item, more)
  work.act(place, item.operation, place.s:pick(item.resources), more)
end

local tools = {}

function tools.terraform(place)
  refresh(place)
  local s = place.s
  if s:chance(0.45) then return end -- nothing to change
  for _ = 1, 1 + s:poisson(1.5) do change(place, s:pick(place.p.stack)) end
end

function tools.bicep(place)
  local correlation = work.deploy(place, place.p.subscriptions[1], place.s:chance(0.3))
  for _, item in ipairs(place.p.stack) do
    if item.operation.verb == "write" or place.s:chance(0.2) then change(place, item, { correlation = correlation }) end
  end
end

function tools.script(place)
  local s, stack = place.s, place.p.stack
  for _ = 1, 1 + s:poisson(2) do change(place, stack[math.min(#stack, 1 + math.floor(s:exponential(1.5)))]) end
end

function machine.pipeline(sim, p, day)
  local s = random.stream(p.seed, day)
  local day_start = sim.from + day * calendar.DAY
  local off = calendar.is_off(day_start, 1)
  if s:chance(off and p.grows * 0.1 or p.grows) then machines.learn(p, s, sim.tenant) end
  for _ = 1, s:poisson(off and p.runs * 0.15 or p.runs) do
    local time = calendar.moment(day_start, s:normal(13, 3.2) % 24, 1)
    local place = place_for(sim, p, s, time, 1.5)
    extras.own_secrets(place, 0.25)
    tools[p.tool](place)
  end
end

-- ---- identities with a narrow job ----

function machine.identity(sim, p, day)
  local s = random.stream(p.seed, day)
  if s:chance(p.grows) then machines.learn(p, s, sim.tenant) end
  for _ = 1, s:poisson(p.runs) do
    local hour = (s:pick(p.hours) + s:normal(0, 0.4)) % 24
    local place = place_for(sim, p, s, calendar.moment(sim.from + day * calendar.DAY, hour, 0), 3)
    local item = p.stack[math.min(#p.stack, 1 + math.floor(s:exponential(1.2)))]
    extras.own_secrets(place, 0.15)
    for _, resource in ipairs(item.resources) do work.act(place, item.operation, resource) end
  end
end

-- ---- scanners: every account of many subscriptions, night after night ----

local SCANS <const> = {
  { "Microsoft.Storage/storageAccounts/listKeys/action", 24 }, { "Microsoft.Web/sites/config/list/action", 12 },
  { "Microsoft.ContainerRegistry/registries/listCredentials/action", 3 },
}

function machine.scanner(sim, p, day)
  local s = random.stream(p.seed, day)
  local place = place_for(sim, p, s, calendar.moment(sim.from + day * calendar.DAY, p.hour + s:real(), 0), 0.8)
  for _, sub in ipairs(p.subscriptions) do
    for _, scan in ipairs(SCANS) do
      local operation = by_name[scan[1]]
      for k = 1, scan[2] do work.act(place, operation, sim.tenant:founding(operation.type, sub, k)) end
    end
  end
end

-- ---- the platform ----

local parts = {}

local function repeat_on(place, name, type_, count, more)
  local operation = by_name[name] or { name = name, type = type_, verb = "action", records = 1 }
  for _ = 1, count do
    work.act(place, operation, place.sim.tenant:resource(place.s, type_, place.p.subscriptions[1]), more)
  end
end

local function put_new(place, name, count)
  local operation = by_name[name]
  for _ = 1, count do
    local id = place.sim.tenant:new_resource(place.s, operation.type, place.p.subscriptions[1], true)
    work.act(place, operation, id)
  end
end

-- The nightly backup.
function parts.backup(place)
  put_new(place, "Microsoft.Compute/restorePointCollections/restorePoints/write", 10)
  put_new(place, "Microsoft.Compute/snapshots/write", 8)
  repeat_on(place, "Microsoft.Compute/snapshots/delete", "Microsoft.Compute/snapshots", 6)
  repeat_on(place, "Microsoft.Compute/disks/beginGetAccess/action", "Microsoft.Compute/disks", 3)
end

-- What policies find, and what their assignments mend.
function parts.policy(place)
  for _, found in ipairs { "audit", "auditIfNotExists", "deployIfNotExists" } do
    local name = "Microsoft.Authorization/policies/" .. found .. "/action"
    repeat_on(place, name, "Microsoft.Compute/virtualMachines", 4, { category = "Policy", phases = 1 })
  end
  if place.s:chance(0.5) then put_new(place, "Microsoft.Insights/diagnosticSettings/write", place.s:int(1, 6)) end
  if place.s:chance(0.4) then put_new(place, "Microsoft.Compute/virtualMachines/extensions/write",
    place.s:int(1, 5)) end
end

function parts.cluster(place)
  put_new(place, "Microsoft.Network/publicIPAddresses/write", place.s:int(0, 2))
  repeat_on(place, "Microsoft.Network/loadBalancers/write", "Microsoft.Network/loadBalancers", place.s:int(2, 8))
  repeat_on(place, "Microsoft.Compute/virtualMachineScaleSets/write", "Microsoft.Compute/virtualMachineScaleSets",
    place.s:int(1, 4))
  repeat_on(place, "Microsoft.Network/networkSecurityGroups/write", "Microsoft.Network/networkSecurityGroups",
    place.s:int(0, 3))
end

function parts.security(place)
  repeat_on(place, "Microsoft.Security/assessments/write", "Microsoft.Security/assessments", place.s:int(2, 6))
  if place.s:chance(0.1) then put_new(place, "Microsoft.Security/pricings/write", 1) end
end

function machine.platform(sim, p, day)
  local s = random.stream(p.seed, day)
  local hour = p.part == "backup" and 1 + 3 * s:real() or s:real() * 24
  local place = place_for(sim, p, s, calendar.moment(sim.from + day * calendar.DAY, hour, 0), 20)
  place.clumsy = 0.005
  parts[p.part](place)
end

-- ---- what Azure tells about itself; it is in the activity log, and nobody did it ----

local NOTICES <const> = {
  { "Autoscale", "Microsoft.Insights/autoscaleSettings/scaleup/action", "Microsoft.Insights/autoscalesettings", 12 },
  { "Alert", "Microsoft.Insights/metricAlerts/activated/action", "Microsoft.Insights/metricAlerts", 20 },
  { "ResourceHealth", "Microsoft.Resourcehealth/healthevent/Activated/action", "Microsoft.Compute/virtualMachines",
  10 },
  { "ServiceHealth", "Microsoft.ServiceHealth/incident/action", "Microsoft.Compute/virtualMachines", 0.5 },
  { "Recommendation", "Microsoft.Advisor/recommendations/available/action", "Microsoft.Sql/servers", 3 },
}

--- A day's notices, for each thousand principals.
function machine.services(sim, day)
  local s = random.stream(sim.seed, 3000000 + day)
  for _, notice in ipairs(NOTICES) do
    for _ = 1, s:poisson(notice[4] * sim.size / 1000) do
      local sub = s:pick(sim.tenant.subscriptions)
      sim.emit {
        time = sim.from + day * calendar.DAY + s:int(0, calendar.DAY - 1), principal = sim.azure[notice[1]],
        operation = notice[2], resource = sim.tenant:resource(s, notice[3], sub), category = notice[1], phases = 1,
        key = s:bits(), code = notice[1] == "Autoscale" and "OK" or nil,
      }
    end
  end
end

return machine
