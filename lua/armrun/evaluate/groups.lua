--- The groups that goals are set for, and the goals.
--
-- false: alerts per 1,000 principals and day, for compute per 100 subscriptions and day.
local groups = {}

groups.list = {
  { key = "toolkit", name = "toolkit and deterministic", goals = { recall = .99, false_rate = .3, violations = 0 } },
  { key = "anomaly", name = "anomalous operations (18)",
    goals = { easy = .98, medium = .92, hard = .70, slow = .60, false_rate = 1.0 } },
  { key = "rbac", name = "RBAC assignment", goals = { recall = .95, false_high = .2, false_low = .5, pim_high = 0 } },
  { key = "compute", name = "compute creation", per_subscription = true, goals = { recall = .95, false_rate = .3 } },
  { key = "account", name = "unused account", goals = { recall = .95, false_rate = .2 } },
  { key = "app", name = "unused app", goals = { recall = .95, false_rate = .1 } },
  { key = "all", name = "all", goals = { false_rate = 2.0, learning_anomaly = 0 } },
}

groups.difficulties = { "easy", "medium", "hard", "slow" }

local special = {
  ARM_AnomalousRBACRoleAssignment = "rbac",
  ARM_SuspiciousComputeCreation = "compute",
  ARM_UnusedAccountPersistence = "account",
  ARM_UnusedAppIbizaPersistence = "app",
  ARM_UnusedAppPowershellPersistence = "app",
}

--- The group of an id: whatever belongs to no other is toolkit and deterministic.
---@param id string
---@return string
function groups.of(id)
  if special[id] then return special[id] end
  local anomalous = id:find("ARM_AnomalousOperation.", 1, true) == 1
    or id:find("ARM_AnomalousServiceOperation.", 1, true) == 1
  return anomalous and "anomaly" or "toolkit"
end

--- Is it one of those that learn first, and have to be silent until they have?
---@param id string
function groups.learns(id)
  return groups.of(id) ~= "toolkit"
end

return groups
