--- Role assignments, direct ones and those made through PIM: what a request grants, to whom, where; and how surprising
--- it is. For rules/access.
local permissions, surprise = require "armrun.permissions", require "armrun.surprise"
local roles = require "armrun.catalog.roles"

local grants = {}

local OWNER <const> = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
local PIM <const> = "01fc33a7-78ba-4d2f-a4b7-768e336e890e"
local ALL <const>, RAREST <const>, MOST_IN_ONE_GO <const> = 3, 5, 3
local granting <const> = { adminassign = true, adminupdate = true, selfactivate = true }
local before_authorization <const> = regex [[^(.{0,1000})/providers/microsoft\.authorization/]]

-- A value of the request, of what it was answered with.
local function told(act, name)
  local value = act:body("properties." .. name) or act:body(name) or act:response("properties." .. name)
  return type(value) == "string" and #value <= 1024 and value:lower() or nil
end

local function scope_of(act)
  local scope = told(act, "scope") or before_authorization:match(act.resource)
  return scope == "" and "/" or scope
end

--- What a request grants: { to, role, scope, type, pim, activates, narrowed, key }; nil when it takes something away or
-- only prolongs it. `key` is the same for a request and for the assignment that comes of it.
function grants.read(act)
  local request = told(act, "requestType")
  if request and not granting[request] then return nil end
  local grant = { to = roles.id(told(act, "principalId")), role = roles.id(told(act, "roleDefinitionId")),
    scope = scope_of(act), type = told(act, "principalType"), activates = request == "selfactivate" }
  grant.is_request = suffix(act.operation, "schedulerequests/write")
  grant.pim = grant.is_request or act.principal.app_id == PIM or act.principal.name == "ms-pim"
  grant.narrowed = permissions.is_narrowing(told(act, "condition"))
  grant.key = ("%s %s %s"):format(grant.to, grant.role, grant.scope)
  return grant
end

-- ---- what is remembered ---------------------------------------------------------------------------------------------

--- Remembers a custom role that gives power, among `custom`.
function grants.note_role(act, custom, ways)
  local role = permissions.judge(permissions.read(act:body "properties.permissions"), ways)
  if role.privileged and act.name then custom:add(act, act.name) end
end

--- Was who gets it granted something before, `fresh` seconds ago or longer? What an intruder grants at once to one
--- account does not make it known.
function grants.knows_grantee(act, grantees, grant, fresh)
  local before = grant.to and grantees:add(act, grant.to)
  return before and before.known and act.time - before.first >= fresh
end

-- ---- how surprising -------------------------------------------------------------------------------------------------

local function part(code, bits, text, values)
  if bits == 0 then return nil end
  values.bits = bits
  return { code = code, bits = bits, text = text, values = values }
end

-- A condition on what may be assigned leaves an Owner everything else, and the others little.
local function role_of(grant, is_custom)
  local role = roles.built_in[grant.role] or { bits = is_custom and ALL or 0, name = "a privileged custom role" }
  return role.name, not grant.narrowed and role.bits or grant.role == OWNER and 2 or 0
end

--- Does it give access to all, or the power to?
function grants.gives_all(grant, is_custom)
  local _, bits = role_of(grant, is_custom)
  return bits == ALL
end

--- What is known of assignments before this one, added to `known`; and remembers this one: activations are none.
function grants.remember(act, state, grant, known)
  known.given = { any = state.given:look(act, "any").times, all = state.given:look(act, "all").times }
  if grant.activates then return known end
  state.given:add(act, "any")
  if grants.gives_all(grant, known.custom) then state.given:add(act, "all") end
  if grant.is_request then known.assigner = state.assigned:add(act, "request").known end
  return known
end

-- Of eight assignments one gives all, where nothing is known of the tenant; that weighs as much as 24 of its own.
local function rarity(given)
  local bits = -math.log((given.all + 3) / (given.any + 24), 2)
  return math.max(ALL, math.min(RAREST, math.floor(bits * 100 + 0.5) / 100))
end

-- `given`: of how many assignments in the tenant so far (any) how many gave all.
local function role_part(grant, is_custom, given)
  local name, bits = role_of(grant, is_custom)
  if bits < ALL then return part("role", bits, "the role is {role}", { role = name, id = grant.role }) end
  return part("role", rarity(given), "the role is {role}; {all} of {any} assignments in the tenant gave so much",
    { role = name, id = grant.role, all = given.all, any = given.any })
end

local scope_bits <const> = { [3] = 2, [2] = 1, [0] = 0 }

local function scope_part(grant)
  local reach, where = permissions.reach(grant.scope)
  return part("scope", scope_bits[reach] or 0, "over {where}", { where = where, scope = grant.scope })
end

local function self_part(act, grant)
  local own = grant.to ~= nil and grant.to == act.principal.id and not grant.activates
  return part("self_grant", own and 3 or 0, "to itself", {})
end

local function grantee_part(grant, is_known)
  if grant.type == "foreigngroup" then return part("grantee", 2, "to a group of another tenant", { id = grant.to }) end
  local new = grant.to ~= nil and not is_known and not grant.activates
  return part("grantee", new and 2 or 0, "to {id}, which was never granted anything", { id = grant.to })
end

-- Whoever grants one role mostly grants some more: what else was new just before weighs little.
local function in_one_go(act, past)
  local found = surprise.in_one_go(act, past)
  return found and part(found.code, math.min(found.bits, MOST_IN_ONE_GO), found.text, found.values)
end

-- One who activated roles and never assigned any did the operation, but not this.
local function first_request(act, past)
  return surprise.new_operation(act, { operation = { known = false }, operations_new_days = past.operations_new_days,
    settled_days = past.settled_days, active_days = past.active_days })
end

local itself <const> = { surprise.new_operation, surprise.rare_here }
local first_of_requests <const> = { first_request, surprise.rare_here }
local around <const> = { surprise.new_network, surprise.new_app, surprise.odd_hour, surprise.new_subscription,
  in_one_go, surprise.listed_address, surprise.foreign_token }
local young <const> = { itself = { surprise.rare_here }, around = { surprise.listed_address } }

local function add(sum, found, weight)
  if not found then return end
  found.values.bits = found.bits * weight
  sum.score = math.floor((sum.score + found.bits * weight) * 100 + 0.5) / 100
  sum[#sum + 1] = reason(found.code, found.text, found.values)
end

local function of_itself(act, known)
  local past = act.profile
  if past.operation.known and known.assigner then return {} end
  if not past.settled then return young.itself end
  return past.operation.known and first_of_requests or itself
end

--- The sum of bits for a grant, with a reason for each part. What belongs to a deployment weighs half, but for its
--- circumstances. `known`: { custom = the role is a custom one known to be privileged, grantee = who gets it was
--- granted something before, assigner = who grants did so before, given = { any = assignments so far, all = those that
--- gave all } }.
function grants.measure(act, grant, known)
  local past, sum = act.profile, { score = 0 }
  local weight = act.part_of and 0.5 or 1
  add(sum, role_part(grant, known.custom, known.given), weight)
  add(sum, scope_part(grant), weight)
  add(sum, self_part(act, grant), weight)
  add(sum, grantee_part(grant, known.grantee), weight)
  for _, find in ipairs(of_itself(act, known)) do add(sum, find(act, past), weight) end
  for _, find in ipairs(past.settled and around or young.around) do add(sum, find(act, past), 1) end
  if act.part_of then
    sum[#sum + 1] = reason("part_of_request", "in a request that does more: half weight", { of = act.part_of })
  end
  return sum
end

--- High, but through PIM, and for a role that is not known to give power over anything, unless taken for oneself.
function grants.severity(act, grant, is_custom)
  local _, bits = role_of(grant, is_custom)
  local weak = grant.role and bits <= 0 and grant.to ~= act.principal.id
  return (grant.pim or weak) and "low" or "high"
end

--- Bits and reasons of an act's circumstances alone: network, client and hour. Nothing for one without habits.
function grants.circumstances(act)
  local sum = { score = 0 }
  if not act.profile.settled then return sum end
  for i = 1, 3 do add(sum, around[i](act, act.profile), 1) end
  return sum
end

return grants
