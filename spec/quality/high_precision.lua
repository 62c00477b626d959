-- Site tuning for whoever would rather miss the attacks that look most ordinary than read a false alert: anomalous
-- operations are told from 12 bits of surprise on (people) and 14 (service principals), not from 9 and 12.
local tactics = { "Collection", "CredentialAccess", "DefenseEvasion", "Execution", "Impact", "InitialAccess",
  "LateralMovement", "Persistence", "PrivilegeEscalation" }

for _, tactic in ipairs(tactics) do
  tune("ARM_AnomalousOperation." .. tactic) { threshold = 12 }
  tune("ARM_AnomalousServiceOperation." .. tactic) { threshold = 14 }
end
