-- Writes a log for the benchmarks: a tenant at work, with one attack of every kind planted in it.
--
--   lua5.4 spec/bench/make_log.lua --bytes 500M --seed 1 --principals 12000 --days 75 > log.ndjson
--
-- REST records of 2 to 3 KB, one a line, nearly in order (as a collector writes them); 1 to 3 records an act; 2 % of
-- the acts are of operations that rules ask for. The same options give the same bytes.
--
-- Its people do at random what people do. With --habits 3 each has three operations and does no other, as people at
-- work do; one in fifty has one that rules ask for.

local options = { bytes = "500M", seed = "1", principals = "12000", days = "75", habits = "0" }
for i = 1, #arg, 2 do
  local name = arg[i]:match "^%-%-(%w+)$"
  assert(name and options[name], "make_log: unknown option " .. arg[i])
  options[name] = assert(arg[i + 1], "make_log: " .. arg[i] .. " wants a value")
end

local function bytes_of(text)
  local number, unit = text:match "^(%d+)([KMG]?)$"
  assert(number, "make_log: not a size: " .. text)
  return tonumber(number) * ({ [""] = 1, K = 1 << 10, M = 1 << 20, G = 1 << 30 })[unit]
end

local wanted_bytes = bytes_of(options.bytes)
local principals = tonumber(options.principals)
local days = tonumber(options.days)
math.randomseed(tonumber(options.seed))
local random = math.random

local function guid(a, b)
  return ("%08x-%04x-4%03x-a%03x-%012x"):format(a & 0xffffffff, b & 0xffff, a & 0xfff, b & 0xfff,
    (a * 2654435761 + b * 40503) & 0xffffffffffff)
end

local epoch <const> = 1767225600 -- 2026-01-01T00:00:00Z
local function stamp(seconds)
  local whole = math.floor(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%S", epoch + whole) .. (".%07dZ"):format(math.floor((seconds - whole) * 1e7))
end

local tenant <const> = guid(7, 7)
local apps = {
  portal = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
  powershell = "1950a258-227b-4e31-a9cf-717495945fc2",
  cli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
}
local app_names = { "portal", "powershell", "cli", "cli" }

local everyday = {
  "Microsoft.Network/virtualNetworks/subnets/write", "Microsoft.Network/loadBalancers/write",
  "Microsoft.Network/publicIPAddresses/write", "Microsoft.Compute/disks/write", "Microsoft.Compute/disks/delete",
  "Microsoft.Resources/tags/write", "Microsoft.Resources/deployments/validate/action",
  "Microsoft.Web/sites/restart/action", "Microsoft.Insights/metricAlerts/write",
  "Microsoft.Sql/servers/databases/write",
  "Microsoft.Network/networkInterfaces/write", "Microsoft.OperationalInsights/workspaces/query/action",
  "Microsoft.ContainerService/managedClusters/agentPools/write", "Microsoft.Cache/redis/write",
}
local wanted_by_rules = {
  "Microsoft.Storage/storageAccounts/listKeys/action", "Microsoft.Compute/virtualMachines/runCommand/action",
  "Microsoft.Automation/automationAccounts/runbooks/write", "Microsoft.KeyVault/vaults/write",
}

local record_format <const> = table.concat {
  '{"authorization":{"action":"%s","scope":"%s"},"caller":"%s","channels":"Operation","claims":{',
  '"aud":"https://management.core.windows.net/","iss":"https://sts.windows.net/%s/","iat":"1767225000",',
  '"nbf":"1767225000","exp":"1767230000","aio":"AVQAq/8WAAAAx3Tn0bFh3Xk2m9uYp7c1sQzv5wLr4eJd8oK6==",',
  '"http://schemas.microsoft.com/claims/authnmethodsreferences":"%s","appid":"%s","appidacr":"0","ipaddr":"%s",',
  '"name":"%s","http://schemas.microsoft.com/identity/claims/objectidentifier":"%s","puid":"10032001A2B3C4D5",',
  '"http://schemas.microsoft.com/identity/claims/scope":"user_impersonation",',
  '"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier":"k3Jd8sPq0vZxYwLmN7rTgHbEfUcIoAe2",',
  '"http://schemas.microsoft.com/identity/claims/tenantid":"%s",',
  '"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":"%s",',
  '"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"%s","uti":"aB3dE5fG7hI9jK1lM3nO5p","ver":"1.0"},',
  '"correlationId":"%s","description":"","eventDataId":"%s","eventName":{"value":"%s","localizedValue":"%s"},',
  '"category":{"value":"Administrative","localizedValue":"Administrative"},"eventTimestamp":"%s",',
  '"id":"/subscriptions/events/%s/ticks/639%015d","level":"Informational","operationId":"%s",',
  '"operationName":{"value":"%s","localizedValue":"%s"},"resourceGroupName":"%s","resourceProviderName":{"value":',
  '"%s","localizedValue":"%s"},"resourceType":{"value":"%s","localizedValue":"%s"},"resourceId":"%s",',
  '"status":{"value":',
  '"%s","localizedValue":"%s"},"subStatus":{"value":"%s","localizedValue":"%s"},"submissionTimestamp":"%s",',
  '"subscriptionId":"%s","tenantId":"%s","httpRequest":{"clientRequestId":"%s","clientIpAddress":"%s","method":"%s"},',
  '"properties":{%s"eventCategory":"Administrative","message":"%s","hierarchy":"%s/%s"}}\n',
}

local serial, written = 0, 0
local pending = {} -- records not yet written, so that the output is nearly in order

local function flush(before)
  table.sort(pending, function(a, b) return a.at < b.at or (a.at == b.at and a.serial < b.serial) end)
  local keep = {}
  for _, record in ipairs(pending) do
    if record.at < before then
      io.write(record.text)
      written = written + #record.text
    else
      keep[#keep + 1] = record
    end
  end
  pending = keep
end

local statuses = {
  Started = { "BeginRequest", "" }, Accepted = { "EndRequest", "Accepted" }, Succeeded = { "EndRequest", "OK" },
}
local filler <const> = '"settings":{"sku":"Standard","tier":"Hot","zones":"1,2,3",'
  .. '"tags":"env=prod;team=core;cost=4711",'
  .. '"note":"The change follows the plan of the platform team; see the change calendar for the window."}'

local function properties_of(act, status, sub_status)
  if status ~= "Started" then return '"statusCode":"' .. sub_status .. '",' end
  local body = act.body or '{"location":"westeurope","properties":{' .. filler .. "}}"
  local escaped = body:gsub('["\\]', "\\%0")
  return '"requestbody":"' .. escaped .. '",'
end

local function write_record(act, status, at)
  serial = serial + 1
  local name, sub_status = statuses[status][1], statuses[status][2]
  local provider = act.operation:match "^[^/]+"
  local kind = act.operation:gsub("/action$", ""):gsub("/[^/]+$", "")
  local who = act.who
  local text = record_format:format(act.operation, act.resource, who.upn, tenant, who.mfa and "pwd,mfa" or "pwd",
    act.app, act.ip, who.name, who.id, tenant, who.upn, who.upn, act.correlation, guid(serial, 11), name, name,
    stamp(at), guid(serial, 11), serial, guid(serial // 4, 13), act.operation, act.operation, act.group, provider,
    provider, kind, kind, act.resource, status, status, sub_status, sub_status, stamp(at + 75), act.subscription,
    tenant,
    guid(serial, 17), act.ip, act.method or "PUT", properties_of(act, status, sub_status), act.operation, tenant,
    act.subscription)
  pending[#pending + 1] = { at = at, serial = serial, text = text }
end

local function person(number)
  return {
    number = number, id = guid(number, 1), name = "Person " .. number, mfa = number % 10 ~= 0,
    upn = ("person%d@contoso.com"):format(number), app = apps[app_names[number % 4 + 1]],
    ip = ("20.%d.%d.%d"):format(number >> 14 & 63, number >> 6 & 255, number % 64 + 10),
    subscription = guid(number % 40, 2),
  }
end

-- "microsoft.automation/automationAccounts/runbooks/write" on "x" under "aa1" -> …/automationAccounts/aa1/runbooks/x
local function resource_of(act)
  local provider, path = act.operation:match "^([^/]+)/(.+)$"
  local types = path:gsub("/draft", ""):gsub("/publish/action$", "/action"):gsub("/[^/]+/action$", "/action")
  types = act.types or types:gsub("/[^/]+$", "")
  local id, segments = "", {}
  for segment in types:gmatch "[^/]+" do segments[#segments + 1] = segment end
  for i, segment in ipairs(segments) do
    local name = i == #segments and act.on or act.parent
    id = id .. "/" .. segment .. "/" .. (name or "r" .. random(1, 4000))
  end
  return ("/subscriptions/%s/resourceGroups/%s/providers/%s%s"):format(act.subscription, act.group, provider, id)
end

local acts = 0
local function do_act(at, act)
  acts = acts + 1
  local who = act.who
  act.app = act.app or who.app
  act.ip = act.ip or who.ip
  act.subscription = act.subscription or who.subscription
  act.group = act.group or "rg-" .. who.number % 97
  act.correlation = guid(acts, 5)
  act.resource = act.resource or resource_of(act)
  local records = act.records or random(1, 3)
  if records >= 2 then write_record(act, "Started", at) end
  if records >= 3 then write_record(act, "Accepted", at + 0.4) end
  write_record(act, "Succeeded", at + 0.3 * records)
end

local habits = tonumber(options.habits)
local function habit_of(number)
  local pick = random(habits)
  if number % 50 == 0 and pick == 1 then return wanted_by_rules[number // 50 % #wanted_by_rules + 1] end
  return everyday[(number + pick * 5) % #everyday + 1]
end

local function ordinary(at)
  local who = person(random(1, principals))
  local operation = habits > 0 and habit_of(who.number)
    or random() < 0.02 and wanted_by_rules[random(#wanted_by_rules)] or everyday[random(#everyday)]
  do_act(at, { who = who, operation = operation })
end

-- One story for each of the first ten rules, each by a person of its own.
local day <const> = 86400
local stories = {}
local function story(at, act) stories[#stories + 1] = { at = at, act = act } end

local function attacker(number)
  local who = person(principals + number)
  who.ip, who.app = "51.14." .. number .. ".20", apps.powershell
  return who
end

local automation <const> = "Microsoft.Automation/automationAccounts"

local function plan_tools()
  local list_keys <const> = "Microsoft.Storage/storageAccounts/listKeys/action"
  for i = 1, 6 do
    story(22 * day + i, { who = attacker(3), operation = list_keys, types = "storageAccounts", on = "keys" .. i,
      method = "POST", records = 2 })
  end
  for i = 0, 7 do
    story(23 * day + i * 3, { who = attacker(4), operation = list_keys, types = "storageAccounts",
      on = "show" .. i // 4, method = "POST", records = 2 })
  end
  for i = 1, 4 do
    story(24 * day + i * 40, { who = attacker(5), operation = "Microsoft.Compute/virtualMachines/runCommand/action",
      types = "virtualMachines", on = "vm" .. i, method = "POST", records = 3 })
  end
  local runbook = {
    "runbooks/write", "runbooks/draft/write", "runbooks/publish/action", "jobs/write", "runbooks/delete",
  }
  for i, step in ipairs(runbook) do
    local job = step == "jobs/write"
    story(25 * day + i * 3, { who = attacker(6), operation = automation .. "/" .. step, parent = "aa1", records = 1,
      types = "automationAccounts/" .. (job and "jobs" or "runbooks"), on = job and guid(1, 99) or "lGVeLPZARrTJdDu" })
  end
end

local function plan_persistence()
  local steps = {
    { "write", "automationAccounts", "aa9" }, { "runbooks/write", "automationAccounts/runbooks", "updates" },
    { "runbooks/publish/action", "automationAccounts/runbooks", "updates" },
    { "modules/write", "automationAccounts/modules", "AzureAD" },
    { "webhooks/action", "automationAccounts/webhooks", "wh1" },
    { "webhooks/write", "automationAccounts/webhooks", "wh1" },
  }
  for i, step in ipairs(steps) do
    story(26 * day + i * 60, { who = attacker(7), operation = automation .. "/" .. step[1], types = step[2],
      on = step[3], parent = "aa9", records = 1 })
  end
  for i = 0, 62 do story(i * day + 3600, { who = attacker(10), operation = everyday[3], app = apps.cli }) end
  story(63 * day + 3600, { who = attacker(10), operation = automation .. "/webhooks/write", app = apps.portal,
    types = "automationAccounts/webhooks", parent = "aa2", on = "wh" })
end

local function plan_others()
  story(20 * day, { who = attacker(1), operation = everyday[1], ip = "185.220.101.5" })
  story(21 * day, { who = attacker(2), operation = everyday[2], ip = "185.220.102.7" })
  local deleter, recoverer = attacker(8), attacker(9)
  recoverer.mfa, recoverer.subscription = false, deleter.subscription
  story(27 * day, { who = deleter, operation = "Microsoft.KeyVault/vaults/delete", on = "vault-x", group = "rg-v",
    method = "DELETE" })
  story(28 * day, { who = recoverer, operation = "Microsoft.KeyVault/vaults/write", on = "vault-x", group = "rg-v",
    records = 2, body = '{"location":"westeurope","properties":{"createMode":"recover"}}' })
  story(64 * day, { who = attacker(11), operation = "Microsoft.Authorization/elevateAccess/action", subscription = "",
    group = "", resource = "/providers/Microsoft.Authorization", method = "POST", records = 1, app = apps.powershell })
end

plan_tools()
plan_persistence()
plan_others()
table.sort(stories, function(a, b) return a.at < b.at end)

local gap = days * day / (wanted_bytes / (2.0 * 2870))
local next_story = 1
for i = 1, math.huge do
  local at = i * gap
  while stories[next_story] and stories[next_story].at <= at do
    do_act(stories[next_story].at, stories[next_story].act)
    next_story = next_story + 1
  end
  ordinary(at + random() * gap)
  if i % 256 == 0 then flush(at - 600) end
  if written >= wanted_bytes and not stories[next_story] then break end
end
flush(math.huge)
io.stderr:write(("make_log: %d records, %d acts, %.1f MB\n"):format(serial, acts, written / 1e6))
