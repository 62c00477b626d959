-- Who gives power to whom: eight weeks of an ordinary tenant, and what a stolen session, and then an insider, do in it.
return function(kit)
  local tell, day, guid = kit.tell, kit.day, kit.guid
  local SUB <const> = "/subscriptions/" .. guid "contoso-prod"
  local auth <const> = "Microsoft.Authorization/"
  local roles <const> = { owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7", contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c" }
  local story = kit.new()

  local function role_path(role) return SUB .. "/providers/" .. auth .. "roleDefinitions/" .. roles[role] end

  local function assign(at, who, role, to, more)
    local properties = { principalId = guid(to), principalType = "User", scope = SUB,
      roleDefinitionId = role_path(role) }
    local act = { body = { properties = properties } }
    for key, value in pairs(more or {}) do act[key] = value end
    tell(story, at, who, auth .. "roleAssignments/write", SUB .. "/providers/" .. auth .. "roleAssignments/"
      .. guid(who .. role .. to .. at), act)
  end

  local function request(at, who, kind, type, role, to)
    local properties = { principalId = guid(to), roleDefinitionId = role_path(role), requestType = type,
      scheduleInfo = { expiration = { type = "AfterDuration", duration = "PT8H" } } }
    tell(story, at, who, auth .. kind .. "/write", SUB .. "/providers/" .. auth .. kind .. "/" .. guid(kind .. at),
      { body = { properties = properties } })
  end

  local function define(at, who, name, actions)
    tell(story, at, who, auth .. "roleDefinitions/write",
      SUB .. "/providers/" .. auth .. "roleDefinitions/" .. guid("role " .. name),
      { body = { properties = { roleName = name, type = "CustomRole", assignableScopes = { SUB },
        permissions = { { actions = actions, notActions = {} } } } } })
  end

  -- One elevation shows twice: in the activity of the directory, and in the audit log of Entra.
  local function elevate(at, who, app)
    tell(story, at, who, auth .. "elevateAccess/action", "/providers/Microsoft.Authorization",
      { source = "directory", app = app, mfa = true })
    tell(story, at + 1.3, who, "User has elevated their access to User Access Administrator for their Azure Resources",
      nil, { source = "audit", app = app, category = "AzureRBACRoleManagementElevateAccess",
        service = "Azure RBAC (Elevated Access)", details = {
          { key = "User-Agent", value = app == "powershell" and "AzurePowershell/v12.1.0" or "Mozilla/5.0" } } })
  end

  -- The look-alikes: Anna welcomes new colleagues, Ben activates a role that he may, releases go out, a harmless custom
  -- role is written, Anna takes access away again.
  for n = 0, 55 do
    local weekday = n % 7
    if weekday < 5 then
      tell(story, day(n, 9, 5 + weekday), "ben", kit.op.restart, "app-shop-web")
      tell(story, day(n, 10, 12), "chloe", kit.op.alert, "cpu-over-" .. 70 + weekday)
      tell(story, day(n, 15, 40), "david", kit.op.stop, "vm-build-01")
    end
    if weekday == 1 then assign(day(n, 11, 20), "anna", "reader", "colleague " .. n // 7) end
    if weekday == 2 then
      request(day(n, 13, 3), "ben", "roleAssignmentScheduleRequests", "SelfActivate", "contributor", "ben.osei")
    end
    if weekday == 3 then tell(story, day(n, 8, 30), "pipeline", kit.op.deploy, "shop-release-" .. n) end
  end
  for n = 5, 35, 10 do define(day(n, 14), "anna", "Shop Log Reader", { "Microsoft.Insights/logs/read", "*/read" }) end
  for n = 9, 37, 14 do
    tell(story, day(n, 16), "anna", auth .. "roleAssignments/delete",
      SUB .. "/providers/" .. auth .. "roleAssignments/" .. guid("left" .. n), {})
  end

  -- Chloe's session is stolen; she happens to be a Global Administrator.
  elevate(day(44, 2, 10), "chloe", "powershell")
  assign(day(44, 2, 14), "chloe", "owner", "chloe.martin")
  tell(story, day(44, 2, 31), "chloe", auth .. "classicAdministrators/write", "helper",
    { body = { properties = { emailAddress = "helper@example.net", role = "CoAdministrator" } } })

  -- Later David clicks himself through: the switch in the portal, a stranger who may become Owner, a role with a
  -- harmless name.
  elevate(day(50, 20, 5), "david", "portal")
  request(day(50, 20, 21), "david", "roleEligibilityScheduleRequests", "AdminAssign", "owner", "a stranger")
  define(day(51, 19, 45), "david", "Billing Reader Plus", { "Microsoft.Billing/*/read", "Microsoft.Authorization/*" })
  return story
end
