--- What does not happen every day: drills, rotations, rollouts, reorganisations, load tests, a move to another region,
--- a vault deleted by mistake. Planned from the seed; each is a task for somebody on some day.
local archetypes = require "armrun.simulate.archetypes"
local bodies = require "armrun.simulate.bodies"
local calendar = require "armrun.simulate.calendar"
local extras = require "armrun.simulate.habits.extras"
local operations = require "armrun.simulate.operations"
local people = require "armrun.simulate.people"
local person = require "armrun.simulate.habits.person"
local random = require "armrun.simulate.random"
local tenant = require "armrun.simulate.tenant"
local work = require "armrun.simulate.habits.work"

local events = {}

local by_name <const> = operations.by_name

-- ---- planning ----

local function plan(sim, day, p, run, ...)
  if day < 0 or day >= sim.days or (p.until_day and day >= p.until_day) then return end
  local list = sim.events[day] or {}
  sim.events[day] = list
  list[#list + 1] = { p = p, run = run, rest = table.pack(...) }
end

-- The next day on which p works.
local function workday(sim, p, day)
  return calendar.workday(sim.from, day, p.nation)
end

-- People by the subscription they mostly work in; only such as stay.
local function teams(sim)
  local by_sub, order = {}, {}
  for _, p in ipairs(sim.principals) do
    if p.kind == "user" and not p.until_day and p.from_day == 0 and not p.traits.foreign and not p.traits.sleeps then
      local sub = p.subscriptions[1]
      if not by_sub[sub] then
        by_sub[sub] = {}
        order[#order + 1] = by_sub[sub]
      end
      table.insert(by_sub[sub], p)
    end
  end
  return order
end

-- Somebody of a team at work, for a task.
local function at_task(sim, p, s, day, more)
  local place = more or {}
  local hour = p.begins + p.lasts * (0.1 + 0.7 * s:real())
  place.time = calendar.moment(sim.from + day * calendar.DAY, hour % 24, p.zone)
  place.ip = place.ip or person.address(p, s)
  place.sub = place.sub or p.subscriptions[1]
  return person.sit_down(sim, p, s, place)
end

local function on_some(place, name, count)
  local operation = by_name[name]
  for _ = 1, count do
    work.act(place, operation, place.sim.tenant:resource(place.s, operation.type, place.sub))
  end
end

-- ---- disaster drills and key rotations, once a quarter ----

local RECOVERY <const> =
  "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints"
local DRILL <const> = {
  { "Microsoft.Sql/servers/failoverGroups/failover/action", 0.5 }, { "Microsoft.Sql/servers/databases/write", 0.6 },
  { "Microsoft.RecoveryServices/vaults/replicationRecoveryPlans/testFailover/action", 0.4 },
  { RECOVERY .. "/restore/action", 0.5 },
  { "Microsoft.Network/trafficManagerProfiles/azureEndpoints/write", 0.4 },
  { "Microsoft.Compute/snapshots/write", 0.5 },
  { "Microsoft.DocumentDB/databaseAccounts/failoverPriorityChange/action", 0.3 },
  { "Microsoft.Compute/disks/write", 0.5 },
  { "Microsoft.Compute/virtualMachines/write", 0.5 }, { "Microsoft.Storage/storageAccounts/failover/action", 0.1 },
  { "Microsoft.Compute/virtualMachines/start/action", 0.5 }, { "Microsoft.Compute/virtualMachines/delete", 0.4 },
  { "Microsoft.DBforPostgreSQL/flexibleServers/restart/action", 0.3 },
}
local KEYS <const> = {
  { "Microsoft.Storage/storageAccounts/regenerateKey/action", 5 },
  { "Microsoft.DocumentDB/databaseAccounts/regenerateKey/action", 2 },
  { "Microsoft.ServiceBus/namespaces/authorizationRules/regenerateKeys/action", 2 },
  { "Microsoft.EventHub/namespaces/authorizationRules/regenerateKeys/action", 1 },
  { "Microsoft.Cache/redis/regenerateKey/action", 1 }, { "Microsoft.CognitiveServices/accounts/regenerateKey/action",
  2 },
  { "Microsoft.Search/searchServices/regenerateAdminKey/action", 1 },
  { "Microsoft.ContainerRegistry/registries/regenerateCredential/action", 1 },
}

local function drill(sim, p, s, day)
  local place = at_task(sim, p, s, day, { gap = 60 })
  for _, step in ipairs(DRILL) do
    if s:chance(step[2]) then on_some(place, step[1], s:int(1, 3)) end
  end
end

local function rotate(sim, p, s, day)
  local place = at_task(sim, p, s, day, { gap = 20 })
  for _ = 1, s:int(2, 4) do on_some(place, s:weighted(KEYS), s:int(1, 5)) end
  on_some(place, "Microsoft.Web/sites/config/write", s:int(1, 3))
  for _ = 1, s:int(1, 4) do extras.open_vault(place) end
end

local function plan_quarterly(sim, s, team)
  for quarter = 0, sim.days // 90 do
    if s:chance(0.6) then
      local day = quarter * 90 + s:int(0, 89)
      for _ = 1, s:int(1, 3) do
        local p = s:pick(team)
        plan(sim, workday(sim, p, day), p, drill)
      end
    end
    if s:chance(0.7) then
      local p = s:pick(team)
      plan(sim, workday(sim, p, quarter * 90 + s:int(0, 89)), p, rotate)
    end
  end
end

-- ---- rollouts: one new thing, done by many within a week or two ----

local ROLLOUTS <const> = {
  "Microsoft.Compute/virtualMachines/extensions/write", "Microsoft.Insights/diagnosticSettings/write",
  "Microsoft.Insights/dataCollectionRuleAssociations/write", "Microsoft.Security/defenderForStorageSettings/write",
  "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
  "Microsoft.Network/privateEndpoints/write", "Microsoft.Authorization/locks/write", "Microsoft.Resources/tags/write",
  "Microsoft.Sql/servers/azureADOnlyAuthentications/write",
  "Microsoft.Web/sites/basicPublishingCredentialsPolicies/write",
  "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings/write",
  "Microsoft.Storage/storageAccounts/write",
  "Microsoft.Authorization/policyExemptions/write", "Microsoft.Security/pricings/write",
  "Microsoft.DataProtection/backupVaults/backupInstances/write", "Microsoft.Maintenance/configurationAssignments/write",
}

local function roll_out(sim, p, s, day, name)
  local place = at_task(sim, p, s, day, { gap = 15 })
  on_some(place, name, s:int(1, 6))
end

local function plan_rollout(sim, s)
  local first, length, name = s:int(0, sim.days - 1), s:int(5, 12), s:pick(ROLLOUTS)
  for _ = 1, s:int(12, 35) * sim.size // 1000 + 2 do
    local p = s:pick(sim.workers)
    for _ = 1, s:int(1, 3) do
      plan(sim, workday(sim, p, first + math.floor(length * s:real())), p, roll_out, name)
    end
  end
end

-- ---- reorganisations: others' duties, others' subscriptions ----

local function reorganise(sim, p, s)
  people.assign(p, s, sim.tenant, p.traits.scope)
  people.duties(p, s, s:pick(archetypes.users).fields)
  for i = #p.history, 1, -1 do
    if s:chance(0.5) then table.remove(p.history, i) end
  end
end

-- Where p works from a day on is known beforehand to whoever asks.
local function plan_reorganisation(sim, s)
  local day = s:int(0, sim.days - 1)
  for _ = 1, 5 + s:int(5, 20) * sim.size // 1000 do
    local p = s:pick(sim.workers)
    if not p.moves_on then
      p.moves_on = day
      plan(sim, day, p, reorganise)
    end
  end
end

-- ---- load tests ----

local function scale_body(s, region, count)
  return ('{"location":"%s","sku":{"name":"%s","tier":"Standard","capacity":%d},"properties":{"overprovision":false}}')
    :format(region, s:pick { "Standard_D4s_v5", "Standard_D8s_v5", "Standard_F8s_v2" }, count)
end

local function load_test(sim, p, s, day)
  local place = at_task(sim, p, s, day, { gap = 30 })
  local set, pool = by_name["Microsoft.Compute/virtualMachineScaleSets/write"],
    by_name["Microsoft.ContainerService/managedClusters/agentPools/write"]
  local id = sim.tenant:resource(s, set.type, place.sub)
  if s:chance(0.6) then work.act(place, set, id, { body = scale_body(s, place.region, s:int(8, 60)) }) end
  for _ = 1, s:int(0, 2) do
    work.act(place, pool, sim.tenant:resource(s, pool.type, place.sub),
      { body = ('{"properties":{"count":%d,"vmSize":"%s","osType":"Linux"}}'):format(s:int(6, 30), bodies.size(s)) })
  end
  on_some(place, "Microsoft.LoadTestService/loadTests/write", 1)
  place.time = place.time + s:int(1, 5) * calendar.HOUR
  work.act(place, set, id, { body = scale_body(s, place.region, 2) })
end

-- ---- a move to another region ----

local MOVED <const> = {
  { "Microsoft.Network/virtualNetworks/write", 3 }, { "Microsoft.Network/virtualNetworks/subnets/write", 4 },
  { "Microsoft.Storage/storageAccounts/write", 5 }, { "Microsoft.Compute/virtualMachines/write", 6 },
  { "Microsoft.Web/sites/write", 4 }, { "Microsoft.Sql/servers/write", 1 },
  { "Microsoft.Sql/servers/databases/write", 3 },
  { "Microsoft.KeyVault/vaults/write", 3 }, { "Microsoft.Network/privateEndpoints/write", 4 },
  { "Microsoft.Resources/subscriptions/resourceGroups/write", 2 }, { "Microsoft.Compute/snapshots/write", 4 },
  { "Microsoft.Resources/subscriptions/resourceGroups/moveResources/action", 1 },
  { "Microsoft.Sql/servers/databases/export/action", 1 }, { "Microsoft.Storage/storageAccounts/listKeys/action", 3 },
  { "Microsoft.Compute/disks/beginGetAccess/action", 1.5 }, { "Microsoft.Network/networkSecurityGroups/write", 2 },
}

local function move(sim, p, s, day, region)
  local place = at_task(sim, p, s, day, { gap = 45, region = region })
  for _ = 1, s:int(2, 10) do work.on(place, by_name[s:weighted(MOVED)], place.sub) end
end

local function plan_move(sim, s, team)
  local first, region = s:int(20, math.max(21, sim.days - 20)), s:pick(tenant.REGIONS)
  for day = first, first + 18 do
    for _, p in ipairs(team) do
      if s:chance(0.35) then plan(sim, workday(sim, p, day), p, move, region) end
    end
  end
end

-- ---- a vault deleted by mistake or to be rebuilt, and taken back by the same team ----

local function delete_vault(sim, p, s, day, colleague)
  local place = at_task(sim, p, s, day)
  local vault = sim.tenant:new_resource(s, "Microsoft.KeyVault/vaults", place.sub)
  work.act(place, by_name["Microsoft.KeyVault/vaults/delete"], vault)
  local body = ('{"location":"%s","properties":{"createMode":"recover","tenantId":"******","sku":{"family":"A","name":'
    .. '"standard"}}}'):format(place.region)
  local back = place
  if colleague ~= p then
    back = at_task(sim, colleague, s, day, { sub = place.sub })
  end
  back.time = math.max(back.time, place.time) + s:int(3, 90) * 60000
  work.act(back, by_name["Microsoft.KeyVault/vaults/write"], vault, { body = body })
end

-- ---- the directory: changes to groups and applications, elevated access now and then ----

local CHANGES <const> = {
  { "Add member to group", "GroupManagement" }, { "Remove member from group", "GroupManagement" },
  { "Update user", "UserManagement" }, { "Add user", "UserManagement" },
  { "Update application", "ApplicationManagement" },
  { "Add service principal", "ApplicationManagement" }, { "Reset user password", "UserManagement" },
  { "Update service principal", "ApplicationManagement" }, { "Add owner to application", "ApplicationManagement" },
}

local function change_directory(sim, p, s, day)
  local place = at_task(sim, p, s, day)
  for _ = 1, s:int(1, 5) do
    local change = s:pick(CHANGES)
    place.time = place.time + s:int(5, 400) * 1000
    sim.emit { log = "audit", time = place.time, principal = p, operation = change[1], resource = "", ip = place.ip,
      app = place.app, token = place.token, properties = { category = change[2] }, key = s:bits() }
  end
end

-- ---- all ----

local function plan_now_and_then(sim, s)
  local scale = sim.size / 1000
  for _ = 1, s:poisson(sim.days / 18) do plan_rollout(sim, s) end
  for _ = 1, s:poisson(sim.days / 45) do plan_reorganisation(sim, s) end
  for day = 0, sim.days - 1 do
    for _ = 1, s:poisson(scale * 0.12) do
      local p = s:pick(sim.workers)
      plan(sim, workday(sim, p, day), p, load_test)
    end
    for _ = 1, s:poisson(scale * 0.1) do
      local team = s:pick(sim.teams)
      local p, colleague = s:pick(team), s:pick(team)
      plan(sim, workday(sim, p, day), p, delete_vault, colleague)
    end
    for _ = 1, s:poisson(scale * 8) do
      local p = s:pick(sim.workers)
      plan(sim, workday(sim, p, day), p, change_directory)
    end
  end
end

--- Plans the events of all days.
function events.plan(sim)
  local s = random.stream(sim.seed, "events")
  sim.events, sim.teams, sim.workers = {}, teams(sim), {}
  for _, team in ipairs(sim.teams) do
    for _, p in ipairs(team) do sim.workers[#sim.workers + 1] = p end
  end
  if #sim.workers == 0 then return end
  for i, team in ipairs(sim.teams) do
    plan_quarterly(sim, s, team)
    if i % 25 == 3 then plan_move(sim, s, team) end
  end
  plan_now_and_then(sim, s)
end

--- The tasks of a day.
function events.day(sim, day)
  for i, task in ipairs(sim.events[day] or {}) do
    local s = random.stream(task.p.seed, 2000000 + day * 1000 + i)
    task.run(sim, task.p, s, day, table.unpack(task.rest, 1, task.rest.n))
  end
  sim.events[day] = nil
end

return events
