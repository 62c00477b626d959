--- Stories for specs: acts in virtual time, written as real records and read by the real core.
--
--   local testing = require "armrun.testing"
--   local story = testing.story("rules/toolkit/powerzure/show_storage_content.lua")
--   story:act { at = "3s", by = "mallory", does = "Microsoft.Storage/storageAccounts/listKeys/action", on = "sa1" }
--   assert.alert(story, "ARM_PowerZure.ShowStorageContent", { severity = "high", principal = "mallory" })
--
-- Requiring it registers assert.alert and assert.quiet with luassert, where that is loaded.
local core = require "armrun.core"
local json = require "armrun.json"
local shapes = require "armrun.shapes"

local testing = {}
local Story = {}
Story.__index = Story

local START = 1767225600 -- 2026-01-01T00:00:00Z, where every story begins
local DAY = 86400

-- ---- names into ids ----------------------------------------------------------------------------------------------

local function hash(text, seed)
  local h = 0xcbf29ce484222325 ~ seed
  for i = 1, #text do h = (h ~ text:byte(i)) * 0x100000001b3 end
  return h ~ (h >> 29)
end

--- A GUID that always belongs to this name.
---@param name string
---@return string
function testing.guid(name)
  local a, b = hash(name, 1), hash(name, 2)
  return ("%08x-%04x-4%03x-8%03x-%012x"):format(a >> 32, a >> 16 & 0xffff, a & 0xfff, b >> 52, b & 0xffffffffffff)
end

local function is_guid(text)
  return text:match("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$") ~= nil
end

local function guid_of(text)
  return is_guid(text) and text:lower() or testing.guid(text)
end

--- Well-known applications by the names specs use.
testing.apps = {
  portal = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
  powershell = "1950a258-227b-4e31-a9cf-717495945fc2",
  cli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
  pim = "01fc33a7-78ba-4d2f-a4b7-768e336e890e",
  backup = "262044b1-e2ce-469f-a196-69ab7ada62d3",
  policy = "1d78a85d-813d-46f0-b496-dd72f50a3ec0",
}

--- Who "mallory" is: { name = "mallory@contoso.com", id = GUID, kind = "user", … }.
---@param name string  a short name, a UPN, or a GUID
---@param kind string?  "user" (default), "service_principal" or "platform"
function testing.principal(name, kind)
  kind = kind or "user"
  local short = name:match("^[^@]+")
  if kind ~= "user" then
    return { name = name, short = name, id = guid_of(name), kind = kind, caller = guid_of(name) }
  end
  local upn = is_guid(name) and name or name:find("@", 1, true) and name or name .. "@contoso.com"
  return { name = upn, short = short, id = guid_of(name), kind = kind, caller = upn }
end

--- An address that always belongs to this name, from public space.
local function address_of(name)
  local h = hash(name, 3)
  return ("20.%d.%d.%d"):format(h >> 8 & 0x3f, h >> 16 & 0xff, 1 + (h >> 24 & 0x7f))
end

-- Types that are part of an operation's path, but have no name of their own in ids.
local nameless = { draft = true, content = true, testjob = true, instanceview = true }

local function split(text)
  local parts = {}
  for part in text:gmatch("[^/]+") do parts[#parts + 1] = part end
  return parts
end

-- "Microsoft.X/a/b/doIt/action" -> "Microsoft.X", { "a", "b" }
local function types_of(operation)
  local parts = split(operation)
  local last = (parts[#parts] or ""):lower()
  local verbs = last == "action" and 2 or 1
  local types = {}
  for i = 2, #parts - verbs do
    if not nameless[parts[i]:lower()] then types[#types + 1] = parts[i] end
  end
  return parts[1] or "", types
end

-- "sa1" or "aa1/rb1" -> the id of the resource the operation implies; a full id stays.
local function resource_of(operation, on, scope)
  if on:sub(1, 1) == "/" then return on end
  local provider, types = types_of(operation)
  local names = split(on)
  local parts = { scope .. "/providers/" .. provider }
  local missing = #types - #names -- parents that were not named
  for i, kind in ipairs(types) do
    parts[#parts + 1] = kind .. "/" .. (names[i - math.max(missing, 0)] or kind:lower() .. "1")
  end
  return table.concat(parts, "/")
end

-- ---- times -------------------------------------------------------------------------------------------------------

local units = { s = 1, m = 60, h = 3600, d = DAY }

local function seconds_of(span)
  if type(span) == "number" then return span end
  local total, rest = 0, span:gsub("^%+", "")
  while #rest > 0 do
    local number, unit, more = rest:match("^([%d.]+)([smhd])(.*)$")
    assert(number, "at: a span such as \"3s\", \"1h30m\" or \"2d\" was expected, not '" .. tostring(span) .. "'")
    total, rest = total + tonumber(number) * units[unit], more
  end
  return total
end

-- ---- one act -----------------------------------------------------------------------------------------------------

local known_keys = {}
for key in ([[at by does on status ip app sub kind body response mfa source records took correlation group tenant
  home_tenant item uri user_agent http_status scope action method category service targets details shape id
  token_ip]]):gmatch("%S+") do
  known_keys[key] = true
end

local function check_keys(given)
  for key in pairs(given) do
    assert(known_keys[key], ("story:act has no '%s'"):format(tostring(key)))
  end
  assert(type(given.does) == "string", "story:act needs does = \"Microsoft.…/action\"")
end

local default_phases = {
  succeeded = { "started", "succeeded" },
  failed = { "started", "failed" },
  started = { "started" },
  accepted = { "started", "accepted" },
}

-- Sources whose logs write one record an act.
local single = { keyvault = "keyvault", read = "read", audit = "audit", signin = "signin" }

local function method_of(operation)
  local verb = operation:lower():match("([^/]+)$")
  return verb == "write" and "PUT" or verb == "delete" and "DELETE" or verb == "action" and "POST" or "GET"
end

local function place(act, given)
  local tenant_level = given.source == "directory"
  act.subscription = not tenant_level and guid_of(given.sub or "subscription") or nil
  act.group = not tenant_level and (given.group or "rg") or nil
  local scope = tenant_level and "" or ("/subscriptions/%s/resourceGroups/%s"):format(act.subscription, act.group)
  if given.source == "keyvault" then
    act.resource = resource_of("Microsoft.KeyVault/vaults/write", given.on or "vault1", scope)
  elseif tenant_level then
    act.resource = given.on or "/providers/" .. types_of(given.does)
  else
    act.resource = resource_of(given.does, given.on or "one", scope)
  end
  act.provider, act.type = types_of(given.does)
  act.type = act.provider .. "/" .. table.concat(act.type, "/")
end

local function people(act, given)
  if given.by == false then return end
  act.who = testing.principal(given.by or "alice", given.kind)
  act.who.id = given.id or act.who.id
  if given.kind == "platform" then
    act.app_id = testing.apps[given.app or "backup"] or guid_of(given.app)
  elseif given.kind == "service_principal" then
    act.app_id = given.app and (testing.apps[given.app] or guid_of(given.app)) or guid_of(act.who.name .. " app")
  else
    act.app_id = testing.apps[given.app or "cli"] or guid_of(given.app)
  end
end

local copied = { "body", "response", "mfa", "item", "uri", "user_agent", "http_status", "scope", "action",
                 "service", "targets",
                 "details", "home_tenant", "token_ip" }

-- `at` is the time of the act: of its last record, as the engine has it.
local function complete(story, given)
  check_keys(given)
  local n = #story.acts + 1
  local status = given.status or "succeeded"
  local act = {
    operation = given.does, method = given.method or method_of(given.does),
    category = given.category or "Administrative",
    tenant = guid_of(given.tenant or "tenant"), correlation = given.correlation or testing.guid("correlation " .. n),
    operation_id = testing.guid("operation " .. n), shape = given.shape or single[given.source],
    phases = given.records or single[given.source] and { status } or default_phases[status],
    at = given.at and story.base + seconds_of(given.at) or story.last + 1,
    took = given.took and seconds_of(given.took) or 0.5,
  }
  assert(act.phases, "status: started, accepted, succeeded or failed was expected, not '" .. tostring(status) .. "'")
  act.event_id = function(number) return testing.guid(("event %d %d"):format(n, number)) end
  for _, key in ipairs(copied) do act[key] = given[key] end
  people(act, given)
  place(act, given)
  act.ip = given.ip == nil and address_of(act.who and act.who.name or "nobody") or given.ip or nil
  return act
end

-- ---- stories -----------------------------------------------------------------------------------------------------

--- A story for a rule file, a folder, or a list of them; or { text = "rule …" }.
---@param rules string|string[]|{ text: string }
---@return armrun.Story
function testing.story(rules)
  local options = type(rules) == "table" and rules.text and { text = rules.text } or
                  { rules = type(rules) == "table" and rules or { rules } }
  options.now, options.seed = "2100-01-01T00:00:00Z", 1
  return setmetatable({ options = options, acts = {}, raw = {}, base = START, last = START, form = "rest" }, Story)
end

local function changed(story)
  story.result, story.engine_problem = nil, nil
  return story
end

--- Adds one act. Fields, all but `does` optional: at ("3s" after the story's or day's begin; default 1 s after the act
--- before), by, does, on, status, ip, app, sub, group, kind, id, body, response, mfa, source, records, took,
--- correlation, item, uri, user_agent, http_status, scope, action (authorization.action: of the outer request), method,
--- category, service, targets, details, tenant, home_tenant, token_ip (at token issue), shape. by = false names nobody,
--- ip = false no address.
function Story:act(given)
  local act = complete(self, given)
  self.acts[#self.acts + 1] = act
  self.last = math.max(self.last, act.at)
  return changed(self)
end

--- Adds a record as it is: a table or a line of JSON.
function Story:record(record)
  self.raw[#self.raw + 1] = type(record) == "string" and record or json.encode(record)
  return changed(self)
end

local everyday = { "Microsoft.Resources/tags/write", "Microsoft.Compute/virtualMachines/start/action",
  "Microsoft.Web/sites/restart/action", "Microsoft.Storage/storageAccounts/write",
  "Microsoft.Network/publicIPAddresses/write" }

--- Lets n days pass; `each(day)` tells what happens on each of them (default: one everyday act of "operator").
--- Afterwards `at` counts from the new day.
function Story:days(n, each)
  for day = 1, n do
    if each then each(day) else self:act { at = "9h", by = "operator", does = everyday[1], on = "default" } end
    self.base = self.base + DAY
    self.last = self.base
  end
  return changed(self)
end

--- A generator that is the same in every run.
function testing.random(seed)
  local state = (seed or 1) * 0x9E3779B97F4A7C15 + 1
  return function(n)
    state = state ~ (state << 13)
    state = state ~ (state >> 7)
    state = state ~ (state << 17)
    return 1 + (state >> 1) % n
  end
end

--- Fills in n everyday acts of other people, spread over the time so far (at least an hour).
function Story:ordinary(n, seed)
  local random = testing.random(seed or 1)
  local base, last = self.base, self.last
  local span = math.max(last - START, 3600)
  self.base = START
  for _ = 1, n do
    self:act { at = random(span * 1000) / 1000, by = "worker" .. random(20), does = everyday[random(#everyday)],
               on = "thing" .. random(50), status = random(20) == 1 and "failed" or "succeeded" }
  end
  self.base, self.last = base, last
  return changed(self)
end

--- Writes the acts of the activity log in another shape: "rest", "eventhub", "loganalytics", or "mixed".
function Story:shape(name)
  assert(shapes[name] or name == "mixed", "no such shape: " .. tostring(name))
  self.form = name
  return changed(self)
end

--- Puts the records into another order, the same for the same seed.
function Story:shuffle(seed)
  self.shuffled = seed or 1
  return changed(self)
end

--- Writes every record twice.
function Story:duplicate()
  self.twice = true
  return changed(self)
end

--- Site tuning, as the text of a tuning file.
function Story:tune(text)
  self.options.tune_text = text
  return changed(self)
end

--- An ip list: its text, or a list of addresses.
function Story:intel(tag, list)
  self.options.intel = self.options.intel or {}
  self.options.intel[tag] = type(list) == "table" and table.concat(list, "\n") .. "\n" or list
  return changed(self)
end

--- Options of core.engine: threads, memory, seed, sorted, state_cap …
function Story:with(options)
  for key, value in pairs(options) do self.options[key] = value end
  return changed(self)
end

local mixed = { "rest", "eventhub", "loganalytics" }

local function lines_of(story)
  local lines = {}
  for n, act in ipairs(story.acts) do
    local form = act.shape or (story.form == "mixed" and mixed[n % #mixed + 1]) or story.form
    for i, phase in ipairs(act.phases) do
      local at = act.at - act.took * (#act.phases - i)
      lines[#lines + 1] = json.encode(shapes[form](act, phase, at, i))
    end
  end
  for _, line in ipairs(story.raw) do lines[#lines + 1] = line end
  return lines
end

--- The records, one a line.
---@return string
function Story:text()
  local lines = lines_of(self)
  if self.twice then
    for i = 1, #lines do lines[#lines + 1] = lines[i] end
  end
  if self.shuffled then
    local random = testing.random(self.shuffled)
    for i = #lines, 2, -1 do
      local j = random(i)
      lines[i], lines[j] = lines[j], lines[i]
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

--- Runs the story (once; again after a change): { alerts, findings, summary, rules, ignored, notes }.
function Story:run()
  if self.result then return self.result end
  local engine, message, problems = core.engine(self.options)
  if not engine then error(problems and #problems > 0 and table.concat(problems, "\n") or message, 0) end
  self.result = engine:run(self:text(), "story.json")
  engine:close()
  return self.result
end

--- Its alerts, of one rule or all.
---@param id string?
function Story:alerts(id)
  local list = {}
  for _, alert in ipairs(self:run().alerts) do
    if not id or alert.rule == id then list[#list + 1] = alert end
  end
  return list
end

-- ---- assertions --------------------------------------------------------------------------------------------------

local function show_reason(reason)
  return ("%s (\"%s\")"):format(reason.code, reason.text)
end

local function show(alert)
  local reasons = {}
  for i, reason in ipairs(alert.reasons) do reasons[i] = show_reason(reason) end
  return ("%s %s by %s at %s on %s: %s"):format(alert.severity, alert.rule,
    alert.principal and (alert.principal.name or alert.principal.key) or "nobody", alert.time,
    alert.resource or "-", table.concat(reasons, ", "))
end

local function list_of(alerts)
  if #alerts == 0 then return "  no alert at all" end
  local lines = {}
  for i, alert in ipairs(alerts) do lines[i] = "  " .. show(alert) end
  return table.concat(lines, "\n")
end

-- A rule that failed is silent for a reason nobody wants.
local function faults(story, id)
  for rule, told in pairs(story:run().rules) do
    if told.fault and (not id or rule == id) then return ("%s failed: %s"):format(rule, told.fault) end
  end
end

local function is_principal(alert, name)
  local p = alert.principal
  if not p then return false end
  local who = testing.principal(name)
  for _, known in ipairs { p.name or false, p.id or false, p.key or false } do
    if known == name or known == who.name or known == who.id then return true end
  end
  return false
end

local function ends_with(text, tail)
  text, tail = (text or ""):lower(), tail:lower()
  return text == tail or text:sub(-#tail - 1) == "/" .. tail
end

local function find_reason(alert, code)
  for _, reason in ipairs(alert.reasons) do
    if reason.code == code then return reason end
  end
end

local function reason_differs(alert, code, wanted)
  local reason = find_reason(alert, code)
  if not reason then return ("has no reason '%s'"):format(code) end
  for name, value in pairs(type(wanted) == "table" and wanted or {}) do
    local got = reason.values[name]
    if got ~= value then return ("reason '%s': %s is %s, not %s"):format(code, name, tostring(got), tostring(value)) end
  end
end

local checks = {
  principal = function(alert, wanted) return is_principal(alert, wanted) end,
  resource = function(alert, wanted) return ends_with(alert.resource, wanted) end,
  subscription = function(alert, wanted) return alert.subscription == guid_of(wanted) end,
}

-- What of `expected` the alert does not have; nil when all is there.
local function difference(alert, expected)
  for key, wanted in pairs(expected) do
    if key == "reasons" then
      for code, values in pairs(wanted) do
        if type(code) == "number" then code, values = values, nil end
        local text = reason_differs(alert, code, values)
        if text then return text end
      end
    elseif type(wanted) == "function" then
      if not wanted(alert[key]) then return ("%s is %s"):format(key, tostring(alert[key])) end
    elseif key ~= "count" and not (checks[key] or function() return alert[key] == wanted end)(alert, wanted) then
      local got = key == "principal" and alert.principal and alert.principal.name or alert[key]
      return ("%s is %s, not %s"):format(key, tostring(got), tostring(wanted))
    end
  end
end

local function alert_problem(story, id, expected)
  local fault = faults(story, id)
  if fault then return fault end
  local alerts = story:alerts(id)
  if #alerts == 0 then return ("no alert %s; there came:\n%s"):format(id, list_of(story:alerts())) end
  if expected.count and #alerts ~= expected.count then
    return ("%d alerts %s, not %d:\n%s"):format(#alerts, id, expected.count, list_of(alerts))
  end
  local first
  for _, alert in ipairs(alerts) do
    local text = difference(alert, expected)
    if not text then return nil end
    first = first or text .. "\n  " .. show(alert)
  end
  return ("alert %s: %s"):format(id, first)
end

local function quiet_problem(story, id)
  local fault = faults(story, id)
  if fault then return fault end
  local alerts = story:alerts(id)
  if #alerts == 0 then return nil end
  return ("silence was expected%s; there came:\n%s"):format(id and " of " .. id or "", list_of(alerts))
end

local function verdict(state, problem)
  state.failure_message = problem or "the assertion holds, and should not"
  return problem == nil
end

--- Registers assert.alert(story, id [, expected]) and assert.quiet(story [, id]).
--- expected: severity, confidence, principal, resource, subscription, reasons = { code = true or { value = … } },
--- count, and any other key of the alert; a function is asked.
function testing.register(assert)
  assert:register("assertion", "alert", function(state, arguments)
    return verdict(state, alert_problem(arguments[1], arguments[2], arguments[3] or {}))
  end)
  assert:register("assertion", "quiet", function(state, arguments)
    return verdict(state, quiet_problem(arguments[1], arguments[2]))
  end)
end

local found, luassert = pcall(require, "luassert")
if found then testing.register(luassert) end

return testing
