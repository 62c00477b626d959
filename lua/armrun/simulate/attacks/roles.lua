--- Roles handed on by an assignment.
local places = require "armrun.simulate.attacks.places"

local roles = {}

local ASSIGNMENTS <const>, DEFINITIONS <const> = "Microsoft.Authorization/roleAssignments",
  "Microsoft.Authorization/roleDefinitions"

--- The id of a built-in role's definition, as it is named within a scope.
function roles.id(world, scope, role)
  return places.on(scope, DEFINITIONS, world:role(role))
end

--- Assigns a built-in role. `type`: of the grantee, "User" or "ServicePrincipal".
function roles.assign(s, scope, role, grantee, type)
  s:call(ASSIGNMENTS .. "/write", places.on(scope, ASSIGNMENTS, s.random:guid()), { seconds = 2, body = { properties = {
    roleDefinitionId = roles.id(s.world, scope, role), principalId = grantee, principalType = type,
  } } })
end

return roles
