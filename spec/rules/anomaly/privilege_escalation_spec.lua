local anomaly = require "support.anomaly"

anomaly.twins("PrivilegeEscalation", "rules/anomaly",
  { does = "Microsoft.Authorization/roleDefinitions/write", on = "role1" },
  { does = "Microsoft.Authorization/denyAssignments/delete", on = "deny1" })

describe("elevateAccess, which has an alert of its own", function()
  local ID <const>, OWN <const> = "ARM_AnomalousOperation.PrivilegeEscalation", "ARM_AnomalousElevateAccess"
  local elevate = { does = "Microsoft.Authorization/elevateAccess/action", source = "directory" }

  it("is told from the directory's activity, where no subscription is", function()
    local story = anomaly.attack(anomaly.team("rules/anomaly", "user"), "medium", "user", elevate)
    -- 6.78; nobody of nobody: -log2(0.5 / 1) is 1, nobody in the tenant 1; a network 5.78
    assert.alert(story, ID, { score = 14.56, count = 1 })
  end)

  it("is left to that alert", function()
    local both = { "rules/anomaly/privilege_escalation.lua", "rules/access/elevate_access.lua" }
    local story = anomaly.attack(anomaly.team(both, "user"), "medium", "user", elevate)
    assert.alert(story, OWN, { count = 1 })
    assert.quiet(story, ID)
  end)
end)
