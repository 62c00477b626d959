--- Elevated access: the call, its two records, and what is near it without being it.
local cast = require "armrun.simulate.attacks.cast"
local places = require "armrun.simulate.attacks.places"
local script = require "armrun.simulate.attacks.script"

local elevation = {}

local ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"

--- A Global Administrator makes themselves User Access Administrator of everything: one record in the directory's own
--- activity log, one in the audit log.
function elevation.elevate(s)
  local call = s:call("Microsoft.Authorization/elevateAccess/action", "/providers/Microsoft.Authorization",
    { log = "directory", seconds = 1 })
  s:call("User has elevated their access to User Access Administrator for their Azure Resources",
    "/providers/Microsoft.Authorization", { log = "audit", seconds = 0, app = call.app, properties = {
      category = "AzureRBACRoleManagementElevateAccess", loggedByService = "Azure RBAC (Elevated Access)",
    } })
end

--- With it, a grant at the root.
function elevation.grant_root(s)
  s:call(ASSIGNMENTS .. "/write", places.on("", ASSIGNMENTS, s.random:guid()), { log = "directory", seconds = 2,
    body = { properties = {
      roleDefinitionId = "/providers/Microsoft.Authorization/roleDefinitions/" .. s.world:role("Owner"),
      principalId = s.random:guid(),
    } } })
end

-- Elevated access that is no longer needed is given back.
local function clean_up(world, time)
  local s = script.start(world, time, cast.honest(world, "portal", "admin"))
  s:call(ASSIGNMENTS .. "/delete", places.on("", ASSIGNMENTS, world.random:guid()), { log = "directory", seconds = 1 })
  return s:finish()
end

-- The order of subscriptions is changed: above all subscriptions too, with PowerShell too.
local function group_order(world, time)
  local s = script.start(world, time, cast.honest(world, "powershell", "admin"))
  local id = "/providers/Microsoft.Management/managementGroups/" .. s:name("mg-")
  s:call("Microsoft.Management/managementGroups/write", id, { log = "directory", seconds = 2 })
  return s:finish()
end

-- Somebody who may not do it tries the switch in the portal, and is refused.
local function refused(world, time)
  local s = script.start(world, time, cast.honest(world, "portal", "dev"))
  s:call("Microsoft.Authorization/elevateAccess/action", "/providers/Microsoft.Authorization",
    { log = "directory", seconds = 0.4, status = "Failed", code = "Forbidden" })
  return s:finish()
end

elevation.look_alikes = {
  { name = "clean_up", run = clean_up }, { name = "group_order", run = group_order },
  { name = "refused_toggle", run = refused },
}

return elevation
