--- Work on resources, as acts: what one operation means in practice, with what goes along.
local bodies = require "armrun.simulate.bodies"
local operations = require "armrun.simulate.operations"

local work = {}

local by_name <const> = operations.by_name

-- What is created along with a new resource, with its chance. In a deployment they share its correlation id.
local BUNDLES <const> = {
  ["Microsoft.Compute/virtualMachines/write"] = {
    { "Microsoft.Network/networkInterfaces/write", 1 }, { "Microsoft.Network/publicIPAddresses/write", 0.35 },
    { "Microsoft.Network/networkSecurityGroups/write", 0.4 },
    { "Microsoft.Compute/virtualMachines/extensions/write", 0.4 },
  },
  ["Microsoft.Web/sites/write"] = {
    { "Microsoft.Web/serverfarms/write", 0.5 }, { "Microsoft.Insights/components/write", 0.5 },
    { "Microsoft.Web/sites/config/write", 0.7 }, { "Microsoft.Storage/storageAccounts/listKeys/action", 0.3 },
  },
  ["Microsoft.Network/privateEndpoints/write"] = {
    { "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/write", 0.8 },
    { "Microsoft.Network/privateDnsZones/virtualNetworkLinks/write", 0.2 },
  },
  ["Microsoft.KeyVault/vaults/write"] = {
    { "Microsoft.Authorization/roleAssignments/write", 0.3 }, { "Microsoft.Insights/diagnosticSettings/write", 0.3 },
  },
  ["Microsoft.ContainerService/managedClusters/write"] = { { "Microsoft.Insights/diagnosticSettings/write", 0.2 } },
  ["Microsoft.Sql/servers/write"] = {
    { "Microsoft.Sql/servers/databases/write", 0.8 }, { "Microsoft.Sql/servers/firewallRules/write", 0.6 },
  },
  ["Microsoft.App/containerApps/write"] = { { "Microsoft.App/managedEnvironments/write", 0.2 } },
  ["Microsoft.Databricks/workspaces/write"] = { { "Microsoft.Storage/storageAccounts/write", 0.3 } },
}

local CODES <const> = { { "Conflict", 3 }, { "BadRequest", 4 }, { "Forbidden", 3 }, { "NotFound", 2 } }

--- What a worker is doing right now: who, with which token and app, from where, and when.
---@class simulate.Place
---@field sim table
---@field p table principal
---@field s table stream
---@field time integer ms, moved on by each act
---@field gap number mean seconds between acts
---@field token table

local function fail(act, s, chance)
  if not s:chance(chance) then return end
  act.status, act.code = "Failed", s:weighted(CODES)
end

-- A deployment does a thing to a resource once.
local function is_done(place, operation, resource, correlation)
  local name = correlation .. operation.name .. resource
  place.done = place.done or {}
  local done = place.done[name]
  place.done[name] = true
  return done
end

--- One act; time moves on.
---@param place simulate.Place
function work.act(place, operation, resource, more)
  local s = place.s
  if more and more.correlation and is_done(place, operation, resource, more.correlation) then return end
  place.time = place.time + math.floor(300 + s:exponential(place.gap) * 1000)
  local act = {
    time = place.time, principal = place.p, operation = operation.name, resource = resource, ip = place.ip,
    app = place.app, token = place.token, phases = operation.records, key = s:bits(),
  }
  if more then for name, value in pairs(more) do act[name] = value end end
  if not act.body then
    act.body = bodies.request(s, operation, place.region, resource)
    act.response = bodies.response(s, operation, place.region, resource)
  end
  fail(act, s, place.clumsy or 0.02)
  place.sim.emit(act)
end

-- The name of a deleted vault is taken, and a write to it would be refused: what is deleted is nobody else's.
local function existing(place, operation, sub)
  local t = place.sim.tenant
  if operation.name == "Microsoft.KeyVault/vaults/delete" then return t:new_resource(place.s, operation.type, sub) end
  return t:resource(place.s, operation.type, sub)
end

local function resource_for(place, operation, sub)
  local t, s = place.sim.tenant, place.s
  if operation.verb == "write" and s:chance(0.4) then return t:grow(s, operation.type, sub), true end
  return existing(place, operation, sub), false
end

local deployment <const>, validate <const> = by_name["Microsoft.Resources/deployments/write"],
  by_name["Microsoft.Resources/deployments/validate/action"]

-- A deployment of its own around a new resource, as the portal and templates make one; what it creates shares its
-- correlation id.
local function deploy(place, sub, checked)
  local t, s = place.sim.tenant, place.s
  local id = t:new_resource(s, "Microsoft.Resources/deployments", sub)
  local correlation = s:guid()
  if checked then work.act(place, validate, id, { correlation = correlation }) end
  work.act(place, deployment, id, { correlation = correlation, seconds = s:int(20, 240) })
  return correlation
end
work.deploy = deploy

local function go_along(place, operation, sub, correlation)
  for _, item in ipairs(BUNDLES[operation.name] or {}) do
    if place.s:chance(item[2]) then
      local other = by_name[item[1]]
      local id = place.sim.tenant:grow(place.s, other.type, sub)
      work.act(place, other, id, { correlation = correlation })
    end
  end
end

local function create(place, operation, sub, resource)
  local gap = place.gap
  local portal = place.deploys and place.s:chance(place.deploys) and operation.records == 3
  local correlation = portal and deploy(place, sub, true) or nil
  place.gap = 2
  work.act(place, operation, resource, { correlation = correlation })
  go_along(place, operation, sub, correlation)
  place.gap = gap
end

--- Does something to one or, now and then, to several resources in a row.
function work.on(place, operation, sub)
  local resource, new = resource_for(place, operation, sub)
  if new then return create(place, operation, sub, resource) end
  work.act(place, operation, resource)
  while place.s:chance(0.18) do
    work.act(place, operation, existing(place, operation, sub))
  end
end

-- ---- which operation ----

local MEMORY <const> = 160

--- The next operation of someone: mostly what they did lately, as often as they did it; now and then another one on a
--- type they know, or something of their fields. (A Chinese restaurant whose guests leave after a while.)
function work.choose(p, s)
  local history = p.history
  local count = #history
  local operation
  if count == 0 or s:real() * (count + p.curiosity) < p.curiosity then
    if count > 0 and s:chance(0.5) then operation = operations.beside(s:pick(history), s)
    else operation = p.chooser:pick(s) end
  else
    operation = history[s:int(1, count)]
  end
  if count < MEMORY then history[count + 1] = operation else history[s:int(1, MEMORY)] = operation end
  return operation
end

return work
