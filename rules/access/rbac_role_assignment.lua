-- Somebody gives away power over Azure in a way that surprises: a strong role, far-reaching, to themselves or to a
-- stranger, by a hand that does not do this. Through PIM it is low, for others have to agree or are told.
local grants = require "lib.grants"

rule "ARM_AnomalousRBACRoleAssignment" {
  title      = "Suspicious Azure role assignment detected",
  severity   = { "low", "high" },
  confidence = "medium",
  tactics    = { "LateralMovement", "DefenseEvasion" },
  techniques = { "T1098.003" },
  preview    = true,
  needs      = { "activity" },
  params     = { threshold = 10, pim_threshold = 12, fold = "10m", remembered = "180d", ways = 4, fresh = "24h" },
  learning   = "14d",

  on = any_of {
    operation { "Microsoft.Authorization/roleAssignments/write",
      "Microsoft.Authorization/roleAssignmentScheduleRequests/write",
      "Microsoft.Authorization/roleEligibilityScheduleRequests/write" },
    operation "Microsoft.Authorization/roleDefinitions/write", -- to know privileged custom roles
  },
  state = {
    requests = first_seen { by = { "tenant" }, within = param "fold" },
    used     = first_seen { by = { "principal" }, within = param "remembered" },
    grantees = first_seen { by = { "tenant" }, within = param "remembered" },
    given    = first_seen { by = { "tenant" }, within = param "remembered" }, -- assignments: any, all
    assigned = first_seen { by = { "principal" }, within = param "remembered" },
    custom   = first_seen { by = { "tenant" }, within = "400d" },
  },
  burst = { by = { "principal" }, quiet = "30m" },

  about = {
    means   = "A role was assigned, or made eligible or activated through PIM, and this is surprising.",
    numbers = "Bits: role 3 to -3, one that gives all up to 5 where few assignments of the tenant do; scope 2; to "
      .. "oneself 3; to whom nothing was granted until the day before 2; and those of the anomaly rules. 10 are told, "
      .. "through PIM 12. A part of a deployment weighs half, a condition on what may be assigned takes the role's "
      .. "bits. Activating a used role: never. Low is also a role that gives little, but to oneself.",
    false_positives = { "a new administrator's first assignment", "an emergency" },
    evasion = { "a role that is not listed", "a group that has the role already", "an account that assigns all day" },
  },

  detect = function(act, state, params)
    if suffix(act.operation, "/roledefinitions/write") then return grants.note_role(act, state.custom, params.ways) end
    local grant = grants.read(act)
    if not grant then return end
    local again = grant.activates and state.used:add(act, grant.key).known
    local answered = state.requests:look(act, grant.key).known and not grant.is_request
    if grant.is_request then state.requests:add(act, grant.key) end
    local grantee = grants.knows_grantee(act, state.grantees, grant, params.fresh)
    if again or answered or act.principal.kind == "platform" then return end
    local custom = grant.role and state.custom:look(act, grant.role).known
    local sum = grants.measure(act, grant, grants.remember(act, state, grant,
      { custom = custom, grantee = grantee, assigner = grant.activates or not grant.is_request }))
    sum.threshold = grant.pim and params.pim_threshold or params.threshold
    if sum.score < sum.threshold then return end
    sum.severity = grants.severity(act, grant, custom)
    sum.confidence = not act.profile.settled and "low" or "medium"
    return alert(sum)
  end,
}
