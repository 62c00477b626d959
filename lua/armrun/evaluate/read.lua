--- Reads what is evaluated: the labels of a simulation and the alerts of a run, each one JSON object a line.
local decode = require("armrun.core").decode
local instant = require "armrun.evaluate.instant"
local problem = require "armrun.evaluate.problem"

local read = {}

-- Calls take(object, where) for each line.
local function each_line(path, take)
  local file <close> = io.open(path, "rb") or problem.raise("%s cannot be opened; expected a file of JSON lines", path)
  local number = 0
  for line in file:lines() do
    number = number + 1
    local where = path .. ":" .. number
    if line:find "%S" then
      local value, why = decode(line)
      if type(value) ~= "table" then
        problem.raise("%s: %s; expected one JSON object a line", where, why or "no object")
      end
      take(value, where)
    end
  end
end

local function time_of(label, key, where)
  return instant.parse(label[key])
    or problem.raise("%s: '%s' is %s; expected a time such as 2026-01-05T10:11:12Z", where, key, tostring(label[key]))
end

-- As a set of lower-case texts; texts of JSON come in any case.
local function set_of(list)
  local set = {}
  for _, text in ipairs(type(list) == "table" and list or { list }) do set[tostring(text):lower()] = true end
  return set
end

-- ---- labels ----

local function lacking(needed, delivered)
  local lacks = {}
  for _, source in ipairs(needed or {}) do
    if next(delivered) and not delivered[source:lower()] then lacks[#lacks + 1] = source end
  end
  return lacks
end

local takes = {}

function takes.simulation(labels, label, where)
  label.from, label.judged_from = time_of(label, "from", where), time_of(label, "judged_from", where)
  label["until"] = time_of(label, "until", where)
  label.judged_days = (label["until"] - label.judged_from) / 86400
  if label.judged_days <= 0 then problem.raise("%s: nothing is judged: 'until' is not after 'judged_from'", where) end
  if math.type(label.principals) ~= "integer" or label.principals < 1 then
    problem.raise("%s: 'principals' is %s; expected how many there are", where, tostring(label.principals))
  end
  label.delivered = set_of(label.sources or {})
  labels.simulation = label
end

function takes.principal(labels, label)
  if label.id then labels.archetypes[tostring(label.id):lower()] = label.archetype end
end

local function take_session(labels, label, where)
  label.from, label["until"] = time_of(label, "from", where), time_of(label, "until", where)
  label.who, label.ips = set_of(label.principals or {}), set_of(label.ips or {})
  label.where = label.subscription and tostring(label.subscription):lower()
  if label.kind ~= "switch" and type(label.id) ~= "string" then
    problem.raise("%s: a session of kind '%s' has no 'id'; expected the alert it is about", where, label.kind)
  end
  label.accepted = set_of(label.accepts or {})
  labels.sessions[#labels.sessions + 1] = label
end

takes.attack, takes.look_alike, takes.switch = take_session, take_session, take_session

-- FNV-1a: tells whether two files say the same.
local function digest_of(path)
  local file <close> = assert(io.open(path, "rb"))
  local hash = 0xcbf29ce484222325
  for line in file:lines "L" do
    for i = 1, #line do hash = (hash ~ line:byte(i)) * 0x100000001b3 end
  end
  return ("%016x"):format(hash)
end

--- The labels of one simulation: { simulation, archetypes (principal id = name), sessions, digest (of the file) }.
---@param path string
function read.labels(path)
  local labels = { path = path, archetypes = {}, sessions = {} }
  each_line(path, function(label, where)
    local take = takes[label.kind]
    if take then take(labels, label, where) end
  end)
  if not labels.simulation then
    problem.raise('%s: no line has "kind":"simulation"; expected the labels that armrun simulate writes', path)
  end
  labels.digest = digest_of(path)
  for _, session in ipairs(labels.sessions) do
    session.lacks = lacking(session.sources, labels.simulation.delivered)
  end
  return labels
end

-- ---- alerts ----

local function identities(principal)
  local set = {}
  for _, key in ipairs { "key", "id", "app_id" } do
    local id = principal and principal[key]
    if id then set[tostring(id):lower()] = true end
  end
  return set
end

local function addresses(ips)
  local list = {}
  for i, ip in ipairs(ips or {}) do list[i] = ip.address end
  return set_of(list)
end

local function evidence_times(alert)
  local times = {}
  for _, record in ipairs(alert.evidence or {}) do times[#times + 1] = instant.parse(record.time) end
  table.sort(times)
  return times
end

local function take_alert(alert, where)
  if type(alert.rule) ~= "string" then
    problem.raise("%s: an alert without 'rule'; expected what armrun --format json prints", where)
  end
  local time, times = time_of(alert, "time", where), evidence_times(alert)
  return {
    rule = alert.rule, severity = alert.severity, time = time,
    start = instant.parse(alert.start) or time, stop = instant.parse(alert["end"]) or time,
    named = alert.principal ~= nil, who = identities(alert.principal), ips = addresses(alert.ips),
    subscriptions = set_of(alert.subscriptions or alert.subscription or {}),
    times = times, all_times = (alert.evidence_total or #times) <= #times,
  }
end

--- Calls take(alert) for each final alert of a file, small enough to keep many; note(text) for what the run said of
--- itself (its findings), which is no alert.
---@param path string
---@param take fun(alert: table)
---@param note fun(text: string)
function read.alerts(path, take, note)
  each_line(path, function(alert, where)
    if alert.kind == "finding" then
      note(("%s: %s"):format(tostring(alert.rule), tostring(alert.summary or alert.title)))
    elseif alert.state ~= "superseded" then
      take(take_alert(alert, where))
    end
  end)
end

return read
