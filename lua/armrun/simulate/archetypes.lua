--- Who there is in a tenant of a thousand, and how they are. All numbers are of the simulation; no rule reads them.
--- share: of the principals. pace: acts an active day, drawn for each between the two, evenly by ratio. days: chance to
--- be active on a workday. curiosity: how readily something not done lately is done. fields: what they work on.
local user_apps <const> = {
  builder = { portal = 5, cli = 3, powershell = 1, vscode = 1 },
  operator = { portal = 5, powershell = 3, cli = 2 },
  clicker = { portal = 9, cli = 0.6, powershell = 0.4 },
}

local developer <const> = {
  web = 10, container = 6, storage = 6, vault = 4, cosmos = 3, integration = 4, monitor = 4, governance = 3, sql = 3,
  identity = 1, network = 1, ai = 1, devtools = 0.4, compute = 1.5, billing = 0.1, iot = 0.5,
}
local data_engineer <const> = {
  data = 12, storage = 6, ai = 5, sql = 4, vault = 2, monitor = 2, integration = 1.5, identity = 0.7, governance = 2,
  cosmos = 1, network = 0.6, compute = 0.7, billing = 0.1,
}
local platform_engineer <const> = {
  compute = 8, network = 6, identity = 4, governance = 6, monitor = 4, vault = 3, backup = 3, storage = 3,
  container = 4,
  automation = 3, security = 2, web = 2, sql = 1, hybrid = 1.5, desktop = 1, billing = 0.7, integration = 1, data = 0.5,
  devtools = 0.3, iot = 0.2, ai = 0.4, cosmos = 0.4,
}

local archetypes = {}

--- People.
archetypes.users = {
  { name = "admin", share = 0.05, pace = { 4, 24 }, days = 0.92, curiosity = 14, apps = user_apps.operator,
    fields = platform_engineer, scope = 6, on_call = true, pim = 0.45 },
  { name = "dev", share = 0.17, pace = { 2, 16 }, days = 0.82, curiosity = 9, apps = user_apps.builder,
    fields = developer, scope = 3, on_call = true, pim = 0.08 },
  { name = "data", share = 0.06, pace = { 2, 16 }, days = 0.8, curiosity = 8, apps = user_apps.builder,
    fields = data_engineer, scope = 2, pim = 0.05 },
  { name = "soc", share = 0.02, pace = { 6, 30 }, days = 0.85, curiosity = 7, apps = user_apps.clicker,
    fields = { security = 20, monitor = 5, automation = 0.5, integration = 1, governance = 1, network = 0.5,
    vault = 0.3 },
    scope = 8, on_call = true, shifts = true, pim = 0.5 },
  { name = "network", share = 0.015, pace = { 3, 14 }, days = 0.85, curiosity = 7, apps = user_apps.operator,
    fields = { network = 20, compute = 1, monitor = 2, governance = 1.5, vault = 0.5, security = 0.5, web = 0.5 },
    scope = 10, on_call = true, pim = 0.3 },
  { name = "dba", share = 0.015, pace = { 3, 12 }, days = 0.85, curiosity = 7, apps = user_apps.operator,
    fields = { sql = 20, cosmos = 4, storage = 2, monitor = 2, backup = 1, vault = 1, network = 0.5, governance = 1 },
    scope = 8, on_call = true, pim = 0.2 },
  { name = "occasional", share = 0.07, pace = { 1, 6 }, days = 0.09, curiosity = 9, apps = user_apps.clicker,
    fields = { web = 4, storage = 4, monitor = 5, governance = 3, billing = 2, data = 2, security = 1, vault = 1,
      identity = 0.6, compute = 1, sql = 1, desktop = 1 }, scope = 2, pim = 0.02 },
  { name = "dormant", share = 0.16, pace = { 2, 10 }, days = 0.7, curiosity = 8, apps = user_apps.builder,
    fields = platform_engineer, scope = 3, sleeps = true, leaves = 0.84 },
  { name = "partner", share = 0.015, pace = { 2, 12 }, days = 0.55, curiosity = 7, apps = user_apps.operator,
    fields = platform_engineer, scope = 4, foreign = true },
}

--- Machines. runs: a day, drawn for each; stack: how many kinds of things it looks after.
archetypes.machines = {
  { name = "ci_hosted", share = 0.09, habit = "pipeline", runs = { 0.5, 6 }, stack = { 3, 12 }, hosted = true,
    grows = 0.085, fields = developer },
  { name = "ci_fixed", share = 0.06, habit = "pipeline", runs = { 0.5, 8 }, stack = { 3, 16 }, grows = 0.07,
    fields = platform_engineer },
  { name = "managed_identity", share = 0.19, habit = "identity", runs = { 0.5, 12 }, stack = { 1, 5 }, grows = 0.012,
    fields = { compute = 4, automation = 2, storage = 5, vault = 2, network = 3, sql = 2, container = 3, data = 3,
      monitor = 1, web = 3, integration = 2, cosmos = 1.5, ai = 1, backup = 1 } },
  { name = "app", share = 0.05, habit = "identity", runs = { 0.5, 20 }, stack = { 2, 8 }, grows = 0.025,
    fields = { web = 4, storage = 4, compute = 2, integration = 3, network = 1.5, governance = 1.5, identity = 0.7,
      cosmos = 2, sql = 2, monitor = 2, vault = 1.5, billing = 1 } },
  { name = "scanner", share = 0.008, habit = "scanner" },
  { name = "platform", share = 0.022, habit = "platform" },
}

return archetypes
