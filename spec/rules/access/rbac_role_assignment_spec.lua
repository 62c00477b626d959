-- ARM_AnomalousRBACRoleAssignment: direct and through PIM, in bits.
local testing = require "armrun.testing"

local ID <const> = "ARM_AnomalousRBACRoleAssignment"
local DIRECT <const> = "Microsoft.Authorization/roleAssignments/write"
local ACTIVE <const> = "Microsoft.Authorization/roleAssignmentScheduleRequests/write"
local ELIGIBLE <const> = "Microsoft.Authorization/roleEligibilityScheduleRequests/write"
local TAG <const> = "Microsoft.Resources/tags/write"
local SUB <const> = "/subscriptions/" .. testing.guid "subscription"
local roles <const> = {
  owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", uaa = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
  rbac = "f58310d9-a9f6-439a-9e8d-f62e7b41a168", contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c",
  reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7", vault = "00482a5a-887f-4fb3-b363-3b7fe8e74483",
}

-- Assigns `role` over `scope` to `to`; `properties` of the body and fields of the act may be given besides.
local function assign(s, at, role, extra)
  extra = extra or {}
  local scope = extra.scope or SUB
  local properties = { principalId = testing.guid(extra.to or "eve"), scope = extra.scope, requestType = extra.request,
    roleDefinitionId = SUB .. "/providers/Microsoft.Authorization/roleDefinitions/" .. (roles[role] or role),
    principalType = extra.type or "User", condition = extra.condition }
  local does = extra.does or DIRECT
  return s:act { at = at, by = extra.by == nil and "mallory" or extra.by, does = does, app = extra.app,
    ip = extra.ip, kind = extra.kind, status = extra.status, correlation = extra.correlation,
    on = scope .. "/providers/" .. does:sub(1, -7) .. "/" .. testing.guid(extra.name or "ra1"),
    body = extra.body == nil and { properties = properties } or extra.body }
end

-- Twenty days: eleven people work from nine to five, and bob, the administrator, makes a reader of eve every day.
local function office(days)
  local s = testing.story "rules/access/rbac_role_assignment.lua"
  return s:days(days or 20, function(day)
    for i = 1, 9 do s:act { at = "10h", by = "worker" .. i, does = TAG, on = "t1" } end
    for _, at in ipairs { "10h", "13h" } do
      s:act { at = at, by = "mallory", does = TAG, on = "t1" }
      s:act { at = at, by = "bob", does = TAG, on = "t1" }
    end
    assign(s, "11h", "reader", { by = "bob", to = "eve", name = "habit" .. day })
  end)
end

-- Eleven people have six active days since they settled and began nothing then: 66. new_operation: ten days of
-- (300/40) / 366 in 6 + 10 days: 6.29 bits; new_network, with 300/20: 5.29; new_app: 5. rare_here: 1.5 of 12: 3 bits.
-- A role that gives all: bob's twenty assignments gave none, -log2(3 / 44) is 3.87; of fifteen, 3.7.
describe(ID, function()
  it("is high when who never assigns makes themselves Owner", function()
    local s = assign(office(), "12h", "owner", { to = "mallory" })
    assert.alert(s, ID, { severity = "high", confidence = "medium", principal = "mallory", count = 1, threshold = 10,
      resource = testing.guid "ra1", score = 3.87 + 1 + 3 + 2 + 6.29 + 3,
      reasons = { role = { role = "Owner" }, scope = { where = "a subscription" }, self_grant = true, grantee = true,
        new_operation = { days = 6 }, rare_here = { doing = 1, principals = 11 } } })
  end)

  it("is the same shuffled, doubled, in any shape, among ordinary acts", function()
    for _, shape in ipairs { "rest", "eventhub", "loganalytics", "mixed" } do
      local s = assign(office(15), "12h", "owner", { to = "mallory" })
      s:ordinary(1000):shape(shape):shuffle(2):duplicate()
      assert.alert(s, ID, { severity = "high", principal = "mallory", count = 1, reasons = { "self_grant" } })
    end
  end)

  it("reads bodies of either case, and the resource where there is no scope", function()
    for _, given in ipairs { '{"Properties":{"PrincipalId":%q,"RoleDefinitionId":"/x/%s","Scope":"/"}}',
      '{"properties":{"principalId":%q,"roleDefinitionId":"/x/%s/","scope":"/"}}',
      '{"principalid":%q,"roledefinitionid":"%s","scope":"/"}' } do
      local s = assign(office(15), "12h", "", { by = "bob", body = given:format(testing.guid "bob", roles.uaa) })
      assert.alert(s, ID, { count = 1, score = 10.7 })
    end
    local s = assign(office(), "12h", "uaa", { by = "bob", to = "bob", scope = "/providers/Microsoft.Management"
      .. "/managementGroups/mg1", body = { properties = { principalId = testing.guid("bob"):upper(),
        roleDefinitionId = roles.uaa:upper() } } })
    assert.alert(s, ID, { count = 1, score = 10.87, reasons = { scope = { where = "root or a management group" } } })
    s = office():act { at = "12h", by = "bob", does = DIRECT, on = "/providers/Microsoft.Authorization/roleAssignments/r1",
      body = { properties = { principalId = testing.guid "bob", roleDefinitionId = roles.uaa } } }
    assert.alert(s, ID, { count = 1, score = 10.87 })
    assert.alert(assign(office(), "12h", "", { body = false }), ID, { count = 1, score = 1 + 6.29 + 3 })
  end)

  it("is silent at who assigns daily, until it comes to everything", function()
    assert.quiet(office())
    assert.quiet(assign(office(), "12h", "owner", { by = "bob", to = "eve" }))
    assert.quiet(assign(office(), "12h", "owner", { by = "bob", to = "bob" })) -- 9
    assert.alert(assign(office(), "12h", "owner", { by = "bob", to = "bob", scope = "/" }), ID,
      { count = 1, severity = "high", principal = "bob", score = 10.87 })
  end)

  it("counts the role", function()
    local function by_bob(role, extra)
      local given = { by = "bob", to = "bob", scope = "/" }
      for key, value in pairs(extra or {}) do given[key] = value end
      return assign(office(15), "12h", role, given)
    end
    for role, found in pairs { owner = true, uaa = true, rbac = true, contributor = false, vault = false } do
      assert.equal(found and 1 or 0, #by_bob(role):alerts(ID), role)
    end
    assert.alert(by_bob("contributor", { ip = "20.99.1.2" }), ID, { reasons = { role = { role = "Contributor" } } })
    assert.quiet(assign(office(), "12h", "reader")) -- -3 + 1 + 6.29 + 3
    assert.alert(assign(office(), "12h", "vault"), ID, { count = 1, score = 1 + 1 + 6.29 + 3 })
  end)

  -- Ids as Microsoft's reference has them.
  it("knows the roles that may assign others, or take what others have", function()
    for id, bits in pairs {
      ["f58310d9-a9f6-439a-9e8d-f62e7b41a168"] = 3.87, -- Role Based Access Control Administrator
      ["8b54135c-b56d-4d72-a534-26097cfdc8d8"] = 2, -- Key Vault Data Access Administrator
      ["66f75aeb-eabe-4b70-9f1e-c350c4c9ad04"] = 2, -- Virtual Machine Data Access Administrator
      ["4e50c84c-c78e-4e37-b47e-e60ffea0a775"] = 2, -- Service Group Administrator
      ["36243c78-bf99-498c-9df9-86d9f8d28608"] = 2, -- Resource Policy Contributor
      ["81a9662b-bebf-436f-a333-f67b29880f12"] = 1, -- Storage Account Key Operator Service Role
      ["f1a07417-d97a-45cb-824c-7a7467783830"] = 1, -- Managed Identity Operator
    } do
      -- over a group, to one who has a role: 6.29 + 3
      assert.alert(assign(office(), "12h", id, { scope = SUB .. "/resourceGroups/rg" }), ID, { score = bits + 9.29 })
    end
  end)

  it("knows a role and itself by ids without hyphens", function()
    local s = assign(office(), "12h", "", { body = { properties = { scope = SUB,
      principalId = testing.guid("mallory"):gsub("%-", ""), roleDefinitionId = roles.owner:gsub("%-", ""):upper() } } })
    assert.alert(s, ID, { count = 1, score = 3.87 + 1 + 3 + 2 + 6.29 + 3, reasons = { role = { role = "Owner" },
      self_grant = true } })
  end)

  it("counts the scope", function()
    local unknown <const> = testing.guid "some role"
    assert.quiet(assign(office(), "12h", unknown, { scope = SUB .. "/resourceGroups/rg" })) -- 9.29
    assert.alert(assign(office(), "12h", unknown), ID, { count = 1, score = 10.29 })
  end)

  it("counts who gets it", function()
    local function from_afar(extra)
      extra.by, extra.ip = "bob", "20.99.1.2"
      return assign(office(), "12h", "contributor", extra)
    end
    assert.quiet(from_afar { to = "eve" }) -- 2 + 1 + 5.29
    assert.alert(from_afar { to = "stranger" }, ID, { count = 1, score = 10.29, reasons = { grantee = true } })
    assert.alert(from_afar { to = "eve", type = "ForeignGroup" }, ID, { count = 1, score = 10.29 })
  end)

  it("counts a role that gives all by how few assignments of the tenant did", function()
    local function after(days, owners)
      local s = office(days)
      for i = 1, owners do
        assign(s, 3600 * 9 + i * 60, "owner", { by = "bob", to = "eve", name = "owner" .. i })
      end
      return assign(s, "12h", "uaa", { to = "eve", scope = SUB .. "/resourceGroups/rg" })
    end
    local function role(s) return s:alerts(ID)[1].reasons[1] end
    assert.equal(3.87, role(after(20, 0)).bits)
    assert.same({ any = 20, all = 0, role = "User Access Administrator", id = roles.uaa }, role(after(20, 0)).values)
    assert.equal(3.49, role(after(20, 1)).bits) -- -log2(4 / 45)
    assert.equal(3, role(after(20, 9)).bits) -- no less
    assert.equal(5, role(after(90, 0)).bits) -- -log2(3 / 114) is 5.25: no more
  end)

  it("takes who was first granted something today for new", function()
    local function twice(first)
      local s = assign(office(), first, "reader", { by = "bob", to = "stranger", name = "first" })
      s:days(1)
      return assign(s, "11h", "contributor", { by = "bob", to = "stranger", ip = "20.99.1.2" })
    end
    assert.alert(twice "11h0m1s", ID, { count = 1, reasons = { "grantee" } })
    assert.quiet(twice "11h")
    local s = assign(office(), "12h", "reader", { by = "bob", to = "stranger", name = "first" })
    assert.alert(assign(s, "12h5m", "contributor", { by = "bob", to = "stranger", ip = "20.99.1.2" }), ID,
      { reasons = { "grantee" } })
  end)

  it("is low when the role gives little, but to oneself, or when it is unknown which role", function()
    local unlisted <const> = testing.guid "some role"
    assert.alert(assign(office(), "12h", unlisted), ID, { count = 1, severity = "low" })
    assert.alert(assign(office(), "12h", "vault"), ID, { count = 1, severity = "high" })
    assert.alert(assign(office(), "12h", unlisted, { to = "mallory" }), ID, { count = 1, severity = "high" })
    assert.alert(assign(office(), "12h", "", { body = false }), ID, { count = 1, severity = "high" })
  end)

  it("counts other new operations three bits at most", function()
    local s = office()
    for i, does in ipairs { "Microsoft.Compute/snapshots/delete", "Microsoft.Authorization/locks/delete",
      "Microsoft.Insights/actionGroups/delete" } do
      s:act { at = 3600 * 11.5 + i * 60, by = "mallory", does = does, on = "x" .. i }
    end
    assign(s, "12h", "vault")
    local found
    for _, reason in ipairs(s:alerts(ID)[1].reasons) do found = reason.code == "in_one_go" and reason.bits or found end
    assert.equal(3, found)
  end)

  it("reads conditions", function()
    local narrow <const> = "(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] GuidEquals {x})"
    local function to_bob(role, condition)
      return assign(office(15), "12h", role, { by = "bob", to = "bob", scope = "/", condition = condition })
    end
    assert.quiet(to_bob("uaa", narrow))
    assert.quiet(to_bob("owner", narrow)) -- 9
    local s = assign(office(), "12h", "owner", { by = "bob", to = "bob", scope = "/", condition = narrow,
      ip = "20.99.1.2" })
    assert.alert(s, ID, { count = 1, score = 14.29 }) -- and 5.29 for the network
    assert.alert(to_bob("uaa", "1 NumericEquals 1"), ID, { count = 1 })
  end)

  it("remembers which custom roles are privileged", function()
    local function custom(actions)
      local s = office(15)
      s:act { at = "10h", by = "bob", does = "Microsoft.Authorization/roleDefinitions/write", on = SUB
        .. "/providers/Microsoft.Authorization/roleDefinitions/" .. testing.guid "custom",
        body = { properties = { permissions = { { actions = actions } } } } }
      return assign(s, "12h", testing.guid "custom", { by = "bob", to = "bob", scope = "/" })
    end
    assert.alert(custom { "Microsoft.Authorization/*" }, ID,
      { count = 1, score = 10.7, reasons = { role = { role = "a privileged custom role" } } })
    assert.quiet(custom { "*/read" })
  end)

  it("counts network, client and hour of who has habits", function()
    local far <const> = { by = "bob", to = "eve", ip = "20.99.1.2", app = "portal" }
    local s = assign(office(), "3h", "contributor", far) -- 2 + 1 + 5.29 + 5 + 3
    assert.alert(s, ID, { count = 1, score = 16.29, reasons = { "new_network", "new_app", "odd_hour" } })
  end)

  it("is unsure about who has none", function()
    local s = assign(office(), "12h", "owner", { by = "newcomer", to = "newcomer" })
    assert.alert(s, ID, { count = 1, severity = "high", confidence = "low", score = 12.87 }) -- 3.87 + 1 + 3 + 2 + 3
  end)

  it("weighs a part of a deployment half", function()
    local s = office()
    s:act { at = "12h", by = "mallory", does = "Microsoft.Resources/deployments/write", on = "d1", took = "60s",
      correlation = testing.guid "deployment" }
    assign(s, "11h59m30s", "contributor", { correlation = testing.guid "deployment" })
    assert.quiet(s) -- half of 2 + 1 + 6.29 + 3
    assert.alert(assign(office(), "12h", "contributor"), ID, { count = 1, score = 12.29 })
  end)

  it("makes one alert of what somebody assigns in one go, two of two people", function()
    local s = assign(assign(office(), "12h", "owner"), "12h20m", "uaa", { name = "ra2", to = "mallory", scope = "/" })
    assert.alert(s, ID, { count = 1 })
    assert.alert(assign(s, "36h20m", "uaa", { name = "ra2", to = "mallory", scope = "/" }), ID, { count = 2 })
    assert.alert(assign(s, "12h21m", "owner", { by = "worker1", name = "ra3" }), ID, { count = 3 })
  end)

  it("learns for 14 days", function()
    assert.quiet(assign(office(13), "12h", "owner", { to = "mallory", scope = SUB }))
    assert.alert(assign(office(14), "12h", "owner", { to = "mallory", scope = SUB }), ID, { count = 1 })
  end)

  it("is silent at failures, platforms, nobody", function()
    local s = assign(office(), "12h", "owner", { to = "mallory", status = "failed" })
    assign(s, "12h1m", "owner", { by = "policy", kind = "platform", app = "policy", to = "policy" })
    assign(s, "12h2m", "owner", { by = false })
    assert.quiet(s)
  end)

  -- rare_here of a request: 0.5 of 12, and the first of the tenant: 5.58 bits.
  describe("through PIM", function()
    it("is low, by its request", function()
      for _, does in ipairs { ACTIVE, ELIGIBLE } do
        assert.alert(assign(office(), "12h", "owner", { does = does, request = "AdminAssign" }), ID,
          { severity = "low", count = 1, threshold = 12, score = 16.74 }) -- 3.87 + 1 + 6.29 + 5.58
      end
    end)

    it("is low, by its application", function()
      local s = assign(office(), "12h", "owner", { to = "mallory", app = "pim" })
      assert.alert(s, ID, { severity = "low", count = 1, threshold = 12 })
    end)

    it("needs 12 bits", function()
      local s = assign(office(), "12h", testing.guid "some role", { does = ACTIVE, request = "AdminAssign" })
      assert.alert(s, ID, { count = 1, score = 12.87 }) -- 1 + 6.29 + 5.58
      s = assign(office(), "12h", testing.guid "some role", { does = ACTIVE, request = "AdminAssign",
        scope = SUB .. "/resourceGroups/rg" }) -- 11.87
      assert.quiet(s)
      s = assign(office(), "12h", "reader", { does = ACTIVE, request = "AdminAssign" }) -- 9.87
      assert.quiet(s)
    end)

    it("is one alert with the assignment that comes of a request", function()
      local function answered(at, extra)
        local given = { by = "worker1", app = "pim", name = "ra2" }
        for key, value in pairs(extra or {}) do given[key] = value end
        return assign(assign(office(), "12h", "owner", { does = ACTIVE, request = "AdminAssign" }), at, "owner", given)
      end
      assert.alert(answered "12h10m", ID, { count = 1, principal = "mallory" })
      assert.alert(answered "12h10m1s", ID, { count = 2 })
      assert.alert(answered("12h1m", { to = "other" }), ID, { count = 2 })
      assert.alert(answered("12h1m", { does = ACTIVE, request = "AdminAssign" }), ID, { count = 2 }) -- one more request
      assert.alert(answered("12h1m", { scope = "/" }), ID, { count = 2 })
    end)

    it("tells the first activation of a role, never again", function()
      local function next_day(role)
        local s = assign(office(), "12h", "owner", { does = ACTIVE, request = "SelfActivate", to = "mallory" })
        assert.alert(s, ID, { severity = "low", count = 1, score = 16.74 }) -- 3.87 + 1 + 6.29 + 5.58
        s:days(1)
        return assign(s, "3h", role, { does = ACTIVE, request = "SelfActivate", to = "mallory", ip = "20.99.1.2",
          app = "portal", name = "ra2" })
      end
      assert.alert(next_day "owner", ID, { count = 1 })
      assert.alert(next_day "uaa", ID, { count = 2, reasons = { "new_network", "new_app" } })
    end)

    it("takes the first assignment for new, whoever activated a role before", function()
      local function activator(before)
        local s = office(14)
        for day = 1, 6 do
          s:days(1, function()
            s:act { at = "10h", by = "mallory", does = TAG, on = "t1" }
            assign(s, "11h", "owner", { does = ACTIVE, request = before, to = "mallory", name = "day" .. day })
          end)
        end
        return assign(s, "12h", "owner", { does = ACTIVE, request = "AdminAssign", to = "stranger" })
      end
      local s = activator "SelfActivate"
      assert.alert(s, ID, { count = 2, resource = testing.guid "ra1", reasons = { "new_operation" } })
      for _, alert in ipairs(activator("AdminAssign"):alerts(ID)) do assert.is_true(alert.time < "2026-01-21") end
    end)

    it("is silent at what takes away or prolongs", function()
      local s = office()
      for i, request in ipairs { "AdminRemove", "SelfDeactivate", "AdminExtend", "SelfRenew" } do
        assign(s, 12 * 3600 + i * 3600, "owner", { does = ACTIVE, request = request, to = "mallory", name = "ra" .. i })
      end
      assert.quiet(s)
    end)
  end)
end)
