-- Makes the logs of the examples anew, and the alerts they raise: lua5.4 examples/make.lua (from the top folder, after
-- building; ARMRUN_BUILD names another build). The same in every run. Everybody in them is made up; addresses are those
-- for documentation, but for the ones that examples/feeds lists.
local build = os.getenv "ARMRUN_BUILD" or "build"
package.path = "lua/?.lua;examples/?.lua;" .. package.path
package.cpath = build .. "/lib/?.so;" .. package.cpath
local testing = require "armrun.testing"
local shapes = require "armrun.shapes"
local json = require "armrun.json"

local function mixed(text, seed)
  local h = seed
  for i = 1, #text do h = (h ~ text:byte(i)) * 0x100000001b3 end
  h = (h ~ h >> 32) * 0xd6e8feb86659fd93
  h = (h ~ h >> 32) * 0xd6e8feb86659fd93
  return h ~ h >> 32
end

-- Ids that look like drawn ones, also where the names they stand for differ in one letter.
function testing.guid(name)
  local a, b = mixed(name, 0x51ed270b), mixed(name, 0x2545f491)
  local variant = 8 + (b >> 60 & 3)
  return ("%08x-%04x-4%03x-%x%03x-%012x"):format(a >> 32, a >> 16 & 0xffff, a & 0xfff, variant, b >> 48 & 0xfff,
    b & 0xffffffffffff)
end

-- ---- who and where -----------------------------------------------------------------------------------------------

local people = {
  anna = { by = "anna.keller", app = "cli", ip = "203.0.113.24", mfa = true },
  ben = { by = "ben.osei", app = "portal", ip = "203.0.113.31", mfa = true },
  chloe = { by = "chloe.martin", app = "powershell", ip = "198.51.100.77", mfa = false },
  david = { by = "david.lindqvist", app = "powershell", ip = "203.0.113.42", mfa = true },
  pipeline = { by = "shop-deploy-pipeline", kind = "service_principal", ip = "192.0.2.10" },
  patching = { by = "patch-orchestrator", kind = "service_principal", ip = "192.0.2.15" },
  shop = { by = "shop-api", kind = "service_principal", ip = "192.0.2.31" },
  disks = { by = "shop-disk-encryption", kind = "service_principal", ip = "192.0.2.40" },
  inventory = { by = "shop-inventory", kind = "service_principal", ip = "192.0.2.51" },
  backup = { by = "azure-backup", kind = "platform", app = "backup", ip = "192.0.2.200" },
}

local JANUARY_2025 <const> = 1735689600

local function new()
  local story = testing.story { text = "" }
  story.base = JANUARY_2025 -- long past, whatever clock an example is run by
  return story
end

-- One act; `at` counts from 1 January 2025.
local function tell(story, at, who, does, on, more)
  local act = { at = at, does = does, on = on, tenant = "contoso", sub = "contoso-prod", group = "rg-shop-prod" }
  for key, value in pairs(people[who]) do act[key] = value end
  for key, value in pairs(more or {}) do act[key] = value end
  return story:act(act)
end

-- Acts that follow each other: { who, "2s after the one before", operation, on }
local function run(story, at, who, steps, more)
  for _, step in ipairs(steps) do
    at = at + step[1]
    tell(story, at, who, step[2], step[3], more)
  end
end

local function day(n, hour, minute)
  return n * 86400 + hour * 3600 + (minute or 0) * 60
end

local op = { -- the operations by short names
  deploy = "Microsoft.Resources/deployments/write", tag = "Microsoft.Resources/tags/write",
  restart = "Microsoft.Web/sites/restart/action",
  stop = "Microsoft.Compute/virtualMachines/deallocate/action", scale = "Microsoft.Web/serverfarms/write",
  rule = "Microsoft.Network/networkSecurityGroups/securityRules/write", sql = "Microsoft.Sql/servers/databases/write",
  alert = "Microsoft.Insights/metricAlerts/write", keys = "Microsoft.Storage/storageAccounts/listKeys/action",
  run = "Microsoft.Compute/virtualMachines/runCommand/action", point = "Microsoft.RecoveryServices/vaults/write",
  vault = "Microsoft.KeyVault/vaults/write", unvault = "Microsoft.KeyVault/vaults/delete",
  webhook = "Microsoft.Automation/automationAccounts/webhooks/write",
  webhook_uri = "Microsoft.Automation/automationAccounts/webhooks/action",
  account = "Microsoft.Automation/automationAccounts/write",
  module = "Microsoft.Automation/automationAccounts/modules/write",
  runbook = "Microsoft.Automation/automationAccounts/runbooks/write",
  content = "Microsoft.Automation/automationAccounts/runbooks/draft/content/write",
  publish = "Microsoft.Automation/automationAccounts/runbooks/publish/action",
  unbook = "Microsoft.Automation/automationAccounts/runbooks/delete",
  job = "Microsoft.Automation/automationAccounts/jobs/write",
  grant = "Microsoft.Authorization/roleAssignments/write",
}

local recover = { body = { location = "westeurope", properties = { createMode = "recover" } } }
local long = { "started", "accepted", "succeeded" }

local function role(id, to)
  return { properties = { principalId = testing.guid(to), principalType = "ServicePrincipal",
    roleDefinitionId = "/subscriptions/" .. testing.guid "contoso-prod" ..
      "/providers/Microsoft.Authorization/roleDefinitions/" .. id } }
end

-- ---- files -------------------------------------------------------------------------------------------------------

-- What tokens of people carry besides; nothing that a rule reads.
local function complete(claims, act, at)
  if not claims.appid then return end
  local issued = math.floor(at) - 900
  claims.iat, claims.nbf, claims.exp = tostring(issued), tostring(issued), tostring(issued + 4500)
  claims.iss = "https://sts.windows.net/" .. act.tenant .. "/"
  claims.uti = testing.guid(act.correlation .. "uti"):gsub("%-", ""):sub(1, 22)
  if act.who.kind ~= "user" then return end
  local given, family = act.who.short:match "^(%a+)%.(%a+)$"
  local names = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
  claims[names .. "givenname"] = given:sub(1, 1):upper() .. given:sub(2)
  claims[names .. "surname"] = family:sub(1, 1):upper() .. family:sub(2)
  claims["http://schemas.microsoft.com/identity/claims/scope"] = "user_impersonation"
end

local own <const> = { keyvault = true, read = true, audit = true }

-- The records of a story in one shape, oldest first: { at =, record =, text = }. Acts that have a log of their own (key
-- vaults, reads, Entra) come only when asked for by its name.
local function records(story, shape)
  local list = {}
  for _, act in ipairs(story.acts) do
    local wanted = act.shape == shape or not act.shape and not own[shape]
    for i, phase in ipairs(wanted and act.phases or {}) do
      local at = act.at - act.took * (#act.phases - i)
      local record = shapes[shape](act, phase, at, i)
      complete(record.claims or record.identity and record.identity.claims or {}, act, at)
      list[#list + 1] = { at = at, record = record, text = json.encode(record), number = #list }
    end
  end
  table.sort(list, function(a, b) return a.at < b.at or a.at == b.at and a.number < b.number end)
  return list
end

local function texts(list)
  local lines = {}
  for i, record in ipairs(list) do lines[i] = record.text end
  return lines
end

local function write(path, text)
  assert(os.execute(("mkdir -p '%s'"):format(path:match "^(.*)/")))
  local file = assert(io.open(path, "w"))
  assert(file:write(text))
  file:close()
end

-- As `az monitor activity-log list` gives them: one array, the newest first.
local function write_az(path, story)
  local lines = texts(records(story, "rest"))
  for i = 1, #lines // 2 do lines[i], lines[#lines - i + 1] = lines[#lines - i + 1], lines[i] end
  write(path, "[\n" .. table.concat(lines, ",\n") .. "\n]\n")
end

-- As the REST API pages them: {"value":[…]}.
local function write_page(path, story)
  write(path, '{"value":[\n' .. table.concat(texts(records(story, "rest")), ",\n") .. '\n],"nextLink":null}\n')
end

-- As an event hub hands them over: bodies of up to five records, one a line.
local function write_bodies(path, story)
  local lines, bodies = texts(records(story, "eventhub")), {}
  for i = 1, #lines, 5 do
    bodies[#bodies + 1] = '{"records":[' .. table.concat(lines, ",", i, math.min(i + 4, #lines)) .. "]}"
  end
  write(path, table.concat(bodies, "\n") .. "\n")
end

-- As Log Analytics answers a query: a table of columns and rows.
local function write_table(path, story)
  local list, seen, columns = records(story, "loganalytics"), {}, {}
  for _, one in ipairs(list) do
    for name in pairs(one.record) do
      if not seen[name] then seen[name], columns[#columns + 1] = true, name end
    end
  end
  table.sort(columns)
  local rows, heads = {}, {}
  for i, name in ipairs(columns) do
    heads[i] = { name = name, type = name == "TimeGenerated" and "datetime" or "string" }
  end
  for i, one in ipairs(list) do
    local cells = {}
    for k, name in ipairs(columns) do cells[k] = json.encode(one.record[name] or "") end
    rows[i] = "[" .. table.concat(cells, ",") .. "]"
  end
  write(path, ('{"tables":[{"name":"PrimaryResult","columns":%s,"rows":[\n%s\n]}]}\n'):format(json.encode(heads),
    table.concat(rows, ",\n")))
end

-- One record a line, as an export of advanced hunting has them.
local function write_lines(path, story, shape)
  write(path, table.concat(texts(records(story, shape)), "\n") .. "\n")
end

-- As a diagnostic setting archives them in a storage account: a file an hour, one record a line. `log` and `of`: which
-- log in which container; the activity log of the subscription unless they are given.
local function write_hours(folder, story, log, container)
  local hours, names = {}, {}
  for _, record in ipairs(records(story, log or "eventhub")) do
    local name = os.date("!y=%Y/m=%m/d=%d/h=%H/m=00/PT1H.json", math.floor(record.at))
    if not hours[name] then hours[name], names[#names + 1] = {}, name end
    table.insert(hours[name], record.text)
  end
  local base = folder .. "/" .. (container or "insights-activity-logs/resourceId=/SUBSCRIPTIONS/"
    .. testing.guid("contoso-prod"):upper())
  for _, name in ipairs(names) do write(base .. "/" .. name, table.concat(hours[name], "\n") .. "\n") end
end

-- ---- tenant: seventy days of a web shop, and a bad week ------------------------------------------------------------

-- Every so many days, from that day on, at this time.
local habits = {
  { 4, 0, 6, 12, "pipeline", op.deploy, "shop-release-%03d", { records = long } },
  { 5, 1, 9, 47, "anna", op.rule, "nsg-shop-web/allow-probe-%d" },
  { 7, 2, 10, 20, "anna", op.restart, "app-shop-web" },
  { 8, 3, 14, 5, "ben", op.scale, "plan-shop-prod" },
  { 14, 4, 15, 31, "ben", op.alert, "cpu-over-80" },
  { 12, 5, 8, 55, "chloe", op.sql, "sql-shop-prod/orders-copy-%d", { records = long } },
  { 10, 6, 18, 2, "david", op.stop, "vm-build-01", { sub = "contoso-dev", group = "rg-build" } },
  { 12, 7, 2, 30, "backup", op.point, "rsv-shop-prod" },
}

local function ordinary_days(story)
  for n = 0, 69 do
    for _, habit in ipairs(habits) do
      local every, from, hour, minute, who, does, on, more = table.unpack(habit, 1, 8)
      if n % every == from then tell(story, day(n, hour, minute), who, does, on:format(n), more) end
    end
  end
  tell(story, day(33, 11, 8), "chloe", op.sql, "sql-shop-prod/orders", { status = "failed" })
  for _, n in ipairs { 5, 41 } do tell(story, day(n, 16, 40), "ben", op.keys, "stshopmedia") end
end

-- Anna's session is stolen: somebody comes through the portal, from a listed address, and leaves a webhook.
local function stolen_session(story)
  local thief = { app = "portal", ip = "45.155.205.23" }
  tell(story, day(64, 3, 14), "anna", op.webhook_uri, "aa-shop-ops", thief)
  tell(story, day(64, 3, 15), "anna", op.webhook, "aa-shop-ops/nightly-sync", thief)
end

-- Two nights later through Tor, with a script: the keys of every storage account.
local function keys_through_tor(story)
  local steps = {}
  for i, account in ipairs { "stshopmedia", "stshoplogs", "stshopexports", "stshopbackups", "stshopinvoices" } do
    steps[i] = { 0.9, op.keys, account }
  end
  run(story, day(66, 2, 41), "anna", steps, { app = "powershell", ip = "185.220.101.5" })
end

-- Ben retires a vault; Chloe, without a second factor, brings it back.
local function vault(story)
  tell(story, day(58, 16, 20), "ben", op.unvault, "kv-shop-payments", { records = long })
  tell(story, day(67, 22, 11), "chloe", op.vault, "kv-shop-payments", recover)
end

-- David's account runs a script on one machine after the other.
local function commands(story)
  local steps = {}
  for i, machine in ipairs { "vm-shop-web-01", "vm-shop-web-02", "vm-shop-db-01", "vm-shop-jump-01" } do
    steps[i] = { 41, op.run, machine }
  end
  run(story, day(68, 23, 5), "david", steps, { records = long, took = 17 })
end

local function tenant()
  local story = new()
  for _, part in ipairs { ordinary_days, vault, stolen_session, keys_through_tor, commands } do part(story) end
  return story
end

-- ---- automation: borrowed runbooks and a back door -----------------------------------------------------------------

local function automation()
  local story = new()
  for n = 0, 9 do
    tell(story, day(70 + n, 1), "pipeline", op.job, "aa-shop-ops/" .. testing.guid("nightly" .. n), { records = long })
  end
  for i, name in ipairs { "HzROkCvceonUNdh", "FCIGmKqaTkEUViN" } do
    run(story, day(72, 4) + i * 120, "chloe", {
      { 2, op.runbook, "aa-shop-ops/" .. name }, { 1, op.content, "aa-shop-ops/" .. name },
      { 3, op.publish, "aa-shop-ops/" .. name }, { 2, op.job, "aa-shop-ops/" .. testing.guid(name) },
      { 75, op.unbook, "aa-shop-ops/" .. name },
    })
  end
  run(story, day(75, 20), "david", {
    { 0, op.account, "aa-shop-reports" }, { 60, op.runbook, "aa-shop-reports/SyncReports" },
    { 2, op.content, "aa-shop-reports/SyncReports" }, { 4, op.publish, "aa-shop-reports/SyncReports" },
    { 90, op.module, "aa-shop-reports/AzureAD" }, { 240, op.webhook_uri, "aa-shop-reports" },
    { 1, op.webhook, "aa-shop-reports/reports-hook" },
  }, { app = "portal" })
  tell(story, day(75, 20, 5), "david", op.grant, testing.guid "owner of reports", {
    app = "portal", body = role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "aa-shop-reports"),
  })
  return story
end

-- ---- storage keys --------------------------------------------------------------------------------------------------

local function storage_keys()
  local story = new()
  local accounts = { "stshopmedia", "stshoplogs", "stshopexports" }
  for hour = 8, 11 do
    tell(story, day(73, hour, 10), "ben", op.restart, "app-shop-web")
    tell(story, day(73, hour, 40), "pipeline", op.tag, "default")
  end
  local four_each, once_each = {}, {}
  for _, account in ipairs(accounts) do
    for call = 1, 4 do four_each[#four_each + 1] = { call == 1 and 5 or 1.5, op.keys, account } end
    once_each[#once_each + 1] = { 1.1, op.keys, account }
  end
  run(story, day(73, 9, 15), "chloe", four_each)
  run(story, day(73, 11, 20), "david", once_each)
  return story
end

-- ---- look-alikes: nothing of this is an attack ---------------------------------------------------------------------

local function look_alikes()
  local story = new()
  for i = 1, 6 do -- infrastructure code refreshes: in parallel, twice an account
    for call = 0, 1 do
      tell(story, day(20, 7) + i * 0.2 + call * 2, "pipeline", op.keys, "stshop" .. i, { took = 1.5 })
    end
  end
  for i = 1, 5 do -- patch night: in parallel
    tell(story, day(21, 1) + i * 2, "patching", op.run, "vm-shop-web-0" .. i, { records = long, took = 20 })
  end
  for i = 0, 4 do -- somebody reloads a page of the portal
    tell(story, day(22, 10, 5) + i * 20, "ben", op.keys, "stshopmedia")
  end
  run(story, day(23, 9), "pipeline", { -- a release: the runbook stays
    { 1, op.account, "aa-shop-ops" }, { 9, op.runbook, "aa-shop-ops/ScaleDownNights" },
    { 2, op.content, "aa-shop-ops/ScaleDownNights" }, { 3, op.publish, "aa-shop-ops/ScaleDownNights" },
    { 5, op.webhook_uri, "aa-shop-ops" }, { 1, op.webhook, "aa-shop-ops/scale-hook" },
  })
  tell(story, day(24, 15), "anna", op.unvault, "kv-shop-test", { records = long }) -- the wrong vault; she mends it
  tell(story, day(24, 15, 12), "anna", op.vault, "kv-shop-test", recover)
  return story
end

-- ---- those with a file of their own ------------------------------------------------------------------------------

local kit = { tell = tell, day = day, op = op, new = new, guid = testing.guid }
local function told(name) return require("stories." .. name)(kit) end
local access, vaults, reads = told "access", told "vaults", told "reads"

-- ---- all -----------------------------------------------------------------------------------------------------------

write_az("examples/tenant/log.json", tenant())
write_bodies("examples/automation/log.json", automation())
write_hours("examples/storage_keys", storage_keys())
write_page("examples/look_alikes/log.json", look_alikes())
write_table("examples/access/logs/AzureActivity.json", access)
write_hours("examples/access/logs", access, "audit", "insights-logs-auditlogs/tenantId=" .. testing.guid "contoso")
write_hours("examples/vaults/logs", vaults, "keyvault", "insights-logs-auditevent/resourceId=/SUBSCRIPTIONS/"
  .. testing.guid("contoso-prod"):upper() .. "/RESOURCEGROUPS/RG-SHOP-PROD/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS")
write_lines("examples/reads/logs/CloudAuditEvents.json", reads, "read")
write_bodies("examples/reads/logs/activity.json", reads)

-- Alerts, but for the digest of all rules, which changes with every rule.
local function write_alerts(name, log)
  local path = "examples/" .. name .. "/alerts.jsonl"
  local command = "%s/armrun rules/ examples/%s/%s --format json --quiet --output %s" ..
    " --intel malicious=examples/feeds/malicious.txt --intel tor=examples/feeds/tor.txt"
  assert(os.execute(command:format(build, name, log, path)), name)
  local file = assert(io.open(path))
  local text = file:read("a"):gsub(',"rule_set":"%x+"', "")
  file:close()
  write(path, text)
end

write_alerts("tenant", "log.json")
write_alerts("automation", "log.json")
write_alerts("storage_keys", "insights-activity-logs")
write_alerts("look_alikes", "log.json")
write_alerts("access", "logs")
write_alerts("vaults", "logs")
write_alerts("reads", "logs")
