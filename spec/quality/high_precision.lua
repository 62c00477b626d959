-- Site tuning for whoever would rather miss the attacks that look most ordinary than read a false alert: anomalous
-- operations are told from 14 bits of surprise on (people) and 13 (service principals), not from 11.
local tactics = { "Collection", "CredentialAccess", "DefenseEvasion", "Execution", "Impact", "InitialAccess",
  "LateralMovement", "Persistence", "PrivilegeEscalation" }

for _, tactic in ipairs(tactics) do
  tune("ARM_AnomalousOperation." .. tactic) { threshold = 14 }
  tune("ARM_AnomalousServiceOperation." .. tactic) { threshold = 13 }
end
