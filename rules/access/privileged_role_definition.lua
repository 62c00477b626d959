-- A custom role is written with which its holders can give themselves everything: a back door that is no Owner by name.
local permissions, grants = require "armrun.permissions", require "lib.grants"

rule "ARM_PrivilegedRoleDefinitionCreation" {
  title      = "Privileged custom role created for your subscription in a suspicious way",
  severity   = "informational",
  confidence = "medium",
  tactics    = { "PrivilegeEscalation", "DefenseEvasion" },
  techniques = { "T1098.003" },
  preview    = true,
  needs      = { "activity" },
  params     = { rare = "180d", bits = 5, ways = 4 },

  on = operation "Microsoft.Authorization/roleDefinitions/write" { kind = { "user", "service_principal", "unknown" } },
  state = {
    authors = first_seen { by = { "principal" }, within = param "rare" },
    roles   = first_seen { by = { "tenant", "name" }, within = "400d" },
  },
  burst = { by = { "principal", "name" }, quiet = "24h" },

  about = {
    means   = "Somebody who writes no roles, or from an unusual place, wrote one with which one can assign roles, take "
      .. "over identities, or run code nearly everywhere.",
    numbers = "Actions less notActions: one of the nine operations that rule access, or four of seven ways to borrow "
      .. "others' rights. A condition on what may be assigned makes assigning harmless. Unusual: no role written in "
      .. "180 days; network, client and hour of 5 bits; a harmless role made privileged; a name that hides it.",
    false_positives = { "the first custom role of a new administrator" },
    evasion = { "three ways only, or one role for each", "a condition that is always true but names the attribute" },
  },

  detect = function(act, state, params)
    local blocks = permissions.read(act:body "properties.permissions")
    local role, known = permissions.judge(blocks, params.ways), #blocks > 0 and not blocks.cut
    local rare = not state.authors:add(act).known
    local was_plain = state.roles:look(act, "plain").known and not state.roles:look(act, "privileged").known
    if known then state.roles:add(act, role.privileged and "privileged" or "plain") end
    if known and not role.privileged then return end
    local disguised = known and permissions.is_disguised(act:body "properties.roleName")
    local odd = grants.circumstances(act)
    local strange = odd.score >= params.bits
    if not (rare or known and (was_plain or disguised or strange)) then return end
    local reach, where = permissions.farthest(act:body "properties.assignableScopes")
    local named = act:body "properties.roleName" or act.name
    return alert {
      confidence = (not known or reach == 0) and "low" or (was_plain or strange) and "high" or "medium",
      known and reason("privileged", "wrote role {role} for {where}, which can {first} ({rules} rights to rule access)",
        { role = named, where = where or "an unknown scope", rules = #role.rules, ways = #role.borrows,
          first = role.rules[1] or role.borrows[1] })
        or reason("content_unknown", "wrote role {role}, content unknown", { role = named }),
      rare and reason("rare_author", "wrote no role in {span:span} before", { span = params.rare }),
      was_plain and reason("grew", "the role was harmless before"),
      disguised and reason("disguised", "its name says less than it may do"),
      role.all_data and reason("all_data", "reads and writes all data"),
      table.unpack(strange and odd or {}),
    }
  end,
}
