-- armrun.permissions, asked by a rule about bodies out of real acts. The roles of Microsoft's are as its documentation
-- has them (built-in roles, category Privileged).
local testing = require "armrun.testing"

local json = require "armrun.json"

-- What an expression over `blocks` and `role` gives for these permissions.
local function ask(permissions, expression)
  local s = testing.story { text = ([[
local permissions = require "armrun.permissions"
rule "X" { title = "t", severity = "low", on = operation "Microsoft.Authorization/roleDefinitions/write",
  detect = function(act)
    local blocks = permissions.read(act:body "properties.permissions")
    local role = permissions.judge(blocks)
    local v = %s
    return alert { reason("v", "{v}", { v = v == nil and "nil" or v, n = #blocks + #role.rules }) }
  end }]]):format(expression) }
  s:act { at = "1s", does = "Microsoft.Authorization/roleDefinitions/write", on = "r1",
    body = { properties = { permissions = permissions } } }
  assert.alert(s, "X", { count = 1 })
  return s:alerts("X")[1].reasons[1].values.v
end

local function judge(permissions, field) return ask(permissions, "role." .. field) end

local function rules(permissions) return ask(permissions, '#role.rules .. " " .. #role.borrows') end

local contributor <const> = { "Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write",
  "Microsoft.Authorization/elevateAccess/Action", "Microsoft.Blueprint/blueprintAssignments/write" }
local NARROW <const> = "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR "
  .. "(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {5e467623}))"

describe("armrun.permissions.judge", function()
  it("expands wildcards", function()
    assert.equal("9 7", rules { { actions = { "*" } } })
    -- all but elevateAccess; to federate, extensions, runbooks, vaults
    assert.equal("8 4", rules { { actions = { "*/write" } } })
    assert.equal("1 3", rules { { actions = { "*/action" } } }) -- elevateAccess; identities, run command, keys
    assert.equal("8 1", rules { { actions = { "Microsoft.Authorization/*" } } })
    assert.equal("7 0", rules { { actions = { "microsoft.authorization/*/WRITE" } } })
    assert.equal("0 0", rules { { actions = { "*/read", "*/delete/x" } } })
    for _, action in ipairs { "*", "*/write", "*/action", "Microsoft.Authorization/*", "Microsoft.*/Write" } do
      assert.is_true(judge({ { actions = { action } } }, "privileged"), action)
    end
  end)

  it("subtracts notActions, of the same block only", function()
    assert.equal("1 6", rules { { actions = { "*" }, notActions = contributor } }) -- to Lighthouse, no deny assignments
    assert.equal("0 0", rules { { actions = { "Microsoft.Authorization/*" }, notActions = { "*" } } })
    assert.equal("1 0", rules { { actions = { "Microsoft.Authorization/roleAssignments/*" } },
      { actions = { "*/read" }, notActions = { "Microsoft.Authorization/*" } } })
  end)

  it("takes each operation that rules access", function()
    for _, operation in ipairs { "Authorization/roleAssignments/write", "Authorization/roleDefinitions/write",
      "Authorization/roleAssignmentScheduleRequests/write", "Authorization/roleEligibilityScheduleRequests/write",
      "Authorization/roleManagementPolicies/write", "Authorization/elevateAccess/action",
      "Authorization/classicAdministrators/write", "ManagedServices/registrationAssignments/write",
      "Authorization/policyAssignments/write" } do
      assert.equal("1 0", rules { { actions = { "Microsoft." .. operation } } }, operation)
    end
  end)

  it("wants four ways to borrow", function()
    local ways <const> = { "Microsoft.ManagedIdentity/userAssignedIdentities/*/action",
      "Microsoft.Compute/virtualMachines/runCommand/action", "Microsoft.Storage/storageAccounts/listKeys/action",
      "Microsoft.KeyVault/vaults/accessPolicies/write" }
    assert.is_true(judge({ { actions = ways } }, "privileged"))
    assert.is_true(ask({ { actions = ways } }, "permissions.judge(blocks, 4).privileged"))
    assert.is_false(ask({ { actions = ways } }, "permissions.judge(blocks, 5).privileged"))
    for left = 1, 4 do
      local fewer = {}
      for i, way in ipairs(ways) do if i ~= left then fewer[#fewer + 1] = way end end
      assert.is_false(judge({ { actions = fewer } }, "privileged"))
    end
    -- one way, however one does it; and one that needs two operations
    assert.equal("0 1", rules { { actions = { "Microsoft.Compute/virtualMachines/*" } } })
    assert.equal("0 1", rules { { actions = { "Microsoft.Compute/virtualMachines/extensions/write" } } })
    assert.equal("0 0", rules { { actions = { "Microsoft.Automation/automationAccounts/runbooks/write" } } })
    assert.equal("0 1", rules { { actions = { "Microsoft.Automation/automationAccounts/*/write" } } })
    assert.equal("0 1", rules { { actions = { "Microsoft.Authorization/denyAssignments/delete" } } })
    local federate <const> = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"
    assert.equal("0 1", rules { { actions = { federate } } })
  end)

  it("reads conditions, which narrow assigning alone", function()
    local assign <const> = { "Microsoft.Authorization/roleAssignments/write" }
    assert.equal("0 0", rules { { actions = assign, condition = NARROW } })
    assert.is_true(judge({ { actions = assign, condition = NARROW } }, "narrowed"))
    assert.is_false(judge({ { actions = assign } }, "narrowed"))
    assert.equal("1 0", rules { { actions = assign, condition = "1 NumericEquals 1" } })
    assert.equal("1 0", rules { { actions = assign, condition = json.null } })
    assert.equal("7 1", rules { { actions = { "Microsoft.Authorization/*" }, condition = NARROW } })
    assert.equal("1 0", rules { { actions = assign, condition = NARROW }, { actions = assign } })
  end)

  it("tells who has all data", function()
    assert.is_true(judge({ { dataActions = { "*" } } }, "all_data"))
    assert.is_false(judge({ { actions = { "*" }, dataActions = { "Microsoft.Storage/*" } } }, "all_data"))
  end)
end)

describe("armrun.permissions.read", function()
  it("takes any case, and one block without its list", function()
    assert.equal("8 1", rules { { Actions = { "Microsoft.Authorization/*" } } })
    assert.equal("0 0", rules { { ACTIONS = { "*" }, NotActions = { "*" } } })
    assert.equal("9 7", rules { actions = { "*" } })
    assert.equal("9 7", rules { { actions = "*" } })
  end)

  it("makes nothing of nonsense", function()
    local odd <const> = { { actions = { 1, { "*" }, false } } }
    for _, given in ipairs { {}, "x", 7, true, { 1, "a" }, { { actions = 5 } }, odd } do
      assert.equal("0 0", rules(given))
    end
    assert.equal("0 0", rules { { actions = { ("*"):rep(600) } } })
  end)

  it("says when there is too much to read, and stays within its budget", function()
    local many, without = {}, {}
    for i = 1, 3000 do many[i], without[i] = "a" .. i .. "*b", "c*" .. i .. "*d" end
    assert.is_true(ask({ { actions = many, notActions = without } }, "blocks.cut"))
    many[257] = nil
    for i = 257, 3000 do many[i] = nil end
    assert.is_false(ask({ { actions = many } }, "blocks.cut"))
    local blocks = {}
    for i = 1, 16 do blocks[i] = { actions = many, notActions = without } end
    assert.equal("0 0", rules(blocks))
  end)
end)

describe("armrun.permissions", function()
  it("says how far a scope reaches", function()
    for scope, reach in pairs { ["/"] = 3, ["/providers/Microsoft.Management/managementGroups/mg1"] = 3,
      ["/subscriptions/abc"] = 2, ["/Subscriptions/abc/"] = 2, ["/subscriptions/abc/resourceGroups/rg"] = 0,
      ["/subscriptions/abc/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/v"] = 0 } do
      assert.equal(reach, ask({}, ("permissions.reach %q"):format(scope)), scope)
    end
    for _, nonsense in ipairs { "nil", "5", '"abc"', '""' } do
      assert.equal("nil", ask({}, ("permissions.reach(%s)"):format(nonsense)))
    end
    local farthest <const> = 'select(2, permissions.farthest { "/subscriptions/a/x/y", "/subscriptions/a" })'
    assert.equal("a subscription", ask({}, farthest))
    assert.equal(3, ask({}, 'permissions.farthest { "/subscriptions/a", "/", "x" }'))
    assert.equal(0, ask({}, 'permissions.farthest "/subscriptions/a/resourceGroups/b"'))
    assert.equal("nil", ask({}, "permissions.farthest {}"))
  end)

  it("sees through names", function()
    for _, name in ipairs { "Reader", "Security Readers", "Cost Viewer", "Log-Monitoring", "Contributors", "Owner ",
      "User Access Administrator", "Read Only" } do
      assert.is_true(ask({}, ("permissions.is_disguised %q"):format(name)), name)
    end
    for _, name in ipairs { "Platform Engineers", "Role Author", "DevOps", "Owner of things", "" } do
      assert.is_false(ask({}, ("permissions.is_disguised %q"):format(name)), name)
    end
    assert.is_false(ask({}, "permissions.is_disguised(nil)"))
  end)
end)
