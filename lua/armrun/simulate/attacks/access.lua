--- Access that is raised or handed on: elevated access, custom roles, assignments, classic administrators.
local cast = require "armrun.simulate.attacks.cast"
local elevation = require "armrun.simulate.attacks.elevation"
local places = require "armrun.simulate.attacks.places"
local roles = require "armrun.simulate.attacks.roles"
local script = require "armrun.simulate.attacks.script"

local ASSIGNMENTS, DEFINITIONS = "Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/roleDefinitions"
local REQUESTS = "Microsoft.Authorization/roleAssignmentScheduleRequests"
local ELIGIBLE = "Microsoft.Authorization/roleEligibilityScheduleRequests"
local CLASSIC = "Microsoft.Authorization/classicAdministrators"

-- A session of a stolen user, at the hour its difficulty asks for.
local function break_in(world, time, difficulty)
  local who = cast.thief(world, "user", difficulty)
  local s = cast.set_hour(script.start(world, time, who), difficulty)
  if difficulty ~= "hard" then s:signin() end
  return s, s:enter()
end

local function elevate(world, time, difficulty)
  local who = cast.thief(world, "user", difficulty)
  if difficulty == "easy" then who.app = world.app.cli end
  local s = cast.set_hour(script.start(world, time, who), difficulty)
  if difficulty ~= "hard" then s:signin() end
  elevation.elevate(s)
  if world.random:chance(0.5) then
    s:minutes(1, 8)
    elevation.grant_root(s)
  end
  return s:finish {}
end

local AUTH = "Microsoft.Authorization/"

-- What an attacker's custom role allows: all, the handing on of access, or a handful of ways to take over.
local powers = {
  easy = { "*" },
  medium = { "*/read", AUTH .. "roleAssignments/write", AUTH .. "roleDefinitions/write" },
  hard = {
    "*/read", "Microsoft.Compute/virtualMachines/runCommand/action",
    "Microsoft.Compute/virtualMachines/extensions/write",
    "Microsoft.Storage/storageAccounts/listKeys/action", "Microsoft.KeyVault/vaults/accessPolicies/write",
    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
  },
}

local role_names = { "Support Reader", "Backup Operator (custom)", "Monitoring Contributor v2", "Log Viewer" }

local function write_role(s, scope, name, actions)
  local guid = s.random:guid()
  s:call(DEFINITIONS .. "/write", places.on(scope, DEFINITIONS, guid), { seconds = 2, body = { properties = {
    roleName = name, type = "CustomRole", description = "",
    permissions = { { actions = actions, notActions = {}, dataActions = {}, notDataActions = {} } },
    assignableScopes = { scope },
  } } })
  return guid
end

local function role_definition(world, time, difficulty)
  local s, sub = break_in(world, time, difficulty)
  local scope = places.path(sub)
  local guid = write_role(s, scope, world.random:pick(role_names), powers[difficulty])
  if world.random:chance(0.4) then
    s:minutes(1, 10)
    local grant = { roleDefinitionId = places.on(scope, DEFINITIONS, guid), principalId = world.random:guid() }
    s:call(ASSIGNMENTS .. "/write", places.on(scope, ASSIGNMENTS, world.random:guid()),
      { seconds = 2, body = { properties = grant } })
  end
  return s:finish()
end

-- A narrow role for a team's tool, by an administrator of access.
local function narrow_role(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, "portal", "admin"))
  write_role(s, places.path(sub), "Machine Starter", {
    "Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/start/action",
    "Microsoft.Compute/virtualMachines/deallocate/action",
  })
  return s:finish()
end

-- A role of nothing but reads, in a pipeline.
local function reader_role(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "terraform", "ci_fixed"))
  write_role(s, places.path(sub), "Cost Reader (finance)",
    { "Microsoft.Consumption/*/read", "Microsoft.CostManagement/*/read", "Microsoft.Billing/*/read" })
  return s:finish()
end

-- An identity made for the purpose, or an account of the attacker's that was there.
local function accomplice(world)
  if world.random:chance(0.6) then
    return world:newcomer().object_id, "ServicePrincipal"
  end
  return world.random:guid(), "User"
end

local grants = {
  easy = { roles = { "Owner" }, n = 1 },
  medium = { roles = { "Owner", "User Access Administrator", "Contributor" }, n = 2 },
  hard = { roles = { "Owner", "User Access Administrator" }, n = 1, group = true },
  slow = { roles = { "Contributor", "Owner" }, n = 3, group = true },
}

local function assign(world, time, difficulty)
  local s, sub = break_in(world, time, difficulty)
  local how, grantee, type = grants[difficulty], accomplice(world)
  for i = 1, how.n do
    local scope = how.group and places.some_group(world, sub) or places.path(sub)
    roles.assign(s, scope, world.random:pick(how.roles), grantee, type)
    if difficulty == "slow" and i < how.n then s:next_day() else s:minutes(1, 5) end
  end
  return s:finish { severity = "High" }
end

-- The same through PIM: an active assignment, or eligibility that can be used later.
local function assign_by_pim(world, time)
  local s, sub = break_in(world, time, "medium")
  local type = world.random:pick { REQUESTS, ELIGIBLE }
  local scope = places.path(sub)
  s.who.app = world.app.portal
  s:call(type .. "/write", places.on(scope, type, world.random:guid()), { seconds = 4, body = { properties = {
    roleDefinitionId = roles.id(world, scope, "Owner"),
    principalId = world.random:guid(), requestType = "AdminAssign", justification = "maintenance",
  } } })
  return s:finish { severity = "Low" }
end

local function rbac(world, time, difficulty)
  return (difficulty == "pim" and assign_by_pim or assign)(world, time, difficulty)
end

-- A template gives its own application what it needs, as it does with each release.
local function template_roles(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, nil, "ci_hosted"))
  local account = places.one(world, "Microsoft.Storage/storageAccounts", sub)
  local body = { properties = {
    roleDefinitionId = roles.id(world, account, "Storage Blob Data Reader"),
    principalId = world.random:guid(), principalType = "ServicePrincipal",
  } }
  s:deployment(places.group(account), {
    { "Microsoft.Storage/storageAccounts/write", account },
    { ASSIGNMENTS .. "/write", places.on(account, ASSIGNMENTS, world.random:guid()), { body = body } },
  })
  return s:finish()
end

-- A policy's template has a role assignment in it: the identity of the remediation deploys it.
local function policy_roles(world, time)
  local s, sub = script.start_inside(world, time, cast.platform(world))
  local group = places.some_group(world, sub)
  local body = { properties = {
    roleDefinitionId = roles.id(world, places.path(sub), "Monitoring Contributor"),
    principalId = world.random:guid(), principalType = "ServicePrincipal",
  } }
  local vault = places.one(world, "Microsoft.KeyVault/vaults", sub)
  s:deployment(group, {
    { "Microsoft.Insights/diagnosticSettings/write",
      places.on(vault, "microsoft.insights/diagnosticSettings", "policy") },
    { ASSIGNMENTS .. "/write", places.on(group, ASSIGNMENTS, world.random:guid()), { body = body } },
  })
  return s:finish()
end

-- An administrator activates the role they may have, in the morning, with a second factor.
local function self_activation(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, "portal", "admin"))
  local scope = places.path(sub)
  s:call(REQUESTS .. "/write", places.on(scope, REQUESTS, world.random:guid()), { seconds = 5, body = { properties = {
    roleDefinitionId = roles.id(world, scope, "Contributor"),
    principalId = s.who.principal.object_id, requestType = "SelfActivate", justification = "ticket",
  } } })
  return s:finish()
end

local function classic(world, time, difficulty)
  local s, sub = break_in(world, time, difficulty)
  local id = places.on(places.path(sub), CLASSIC, world.random:guid())
  s:call(CLASSIC .. "/write", id, { seconds = 3, body = { properties = {
    emailAddress = s:name("svc.") .. "@outlook.com", role = "CoAdministrator",
  } } })
  return s:finish()
end

-- Classic administrators are retired: their entries are deleted.
local function classic_cleanup(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, "portal", "admin"))
  for _ = 1, 3 do
    s:call(CLASSIC .. "/delete", places.on(places.path(sub), CLASSIC, world.random:guid()), { seconds = 2 })
    s:pause(10, 60)
  end
  return s:finish()
end

-- The list of classic administrators is looked at for an inventory.
local function classic_review(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "python", "scanner"))
  s:read(CLASSIC .. "/read", places.path(sub))
  return s:finish()
end

local people = { "easy", "medium", "hard" }

return {
  { id = "ARM_AnomalousElevateAccess", accepts = { "ARM_PowerZure.AzureElevatedPrivileges" }, difficulties = people,
    sources = { "directory" }, severity = "Medium", attack = elevate, look_alikes = elevation.look_alikes },
  { id = "ARM_PrivilegedRoleDefinitionCreation", accepts = {}, difficulties = people, sources = { "activity" },
    severity = "Informational", attack = role_definition, look_alikes = {
      { name = "narrow_role", run = narrow_role }, { name = "reader_role", run = reader_role },
    } },
  { id = "ARM_AnomalousRBACRoleAssignment", accepts = {}, difficulties = { "easy", "medium", "hard", "slow", "pim" },
    sources = { "activity" }, severity = { easy = "High", medium = "High", hard = "High", slow = "High", pim = "Low" },
    attack = rbac, look_alikes = {
      { name = "template_roles", run = template_roles }, { name = "policy_roles", run = policy_roles },
      { name = "self_activation", run = self_activation },
    } },
  { id = "ARM_AnomalousClassicRoleAssignment", accepts = {}, difficulties = people, sources = { "activity" },
    severity = "High", attack = classic, look_alikes = {
      { name = "classic_cleanup", run = classic_cleanup }, { name = "classic_review", run = classic_review },
    } },
}
