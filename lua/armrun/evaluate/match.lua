--- Which session an alert is about: who (or where), and when.
--
-- Who: one of the session's principals; for an alert without a principal, or a session without one, the subscription or
-- an address. When: a record of its evidence lies within the session, from 5 minutes before (clocks of companion logs)
-- to 65 minutes after it (an act without an outcome counts an hour after its first record).
local read = require "armrun.evaluate.read"

local match = {}

match.BEFORE, match.AFTER = 5 * 60, 65 * 60
--- Seconds from the first record on in which a rule about habits may say nothing, whatever the log.
match.SILENT = 14 * 86400

-- ---- sessions by what names them ----

local function add(index, key, session)
  index[key] = index[key] or {}
  table.insert(index[key], session)
end

local function index_of(sessions)
  local index = { who = {}, where = {}, ip = {}, where_nobody = {} }
  for _, session in ipairs(sessions) do
    for id in pairs(session.who) do add(index.who, id, session) end
    for ip in pairs(session.ips) do add(index.ip, ip, session) end
    if session.where then add(index.where, session.where, session) end
    if session.where and not next(session.who) then add(index.where_nobody, session.where, session) end
  end
  return index
end

local function collect(into, index, keys)
  for key in pairs(keys) do
    for _, session in ipairs(index[key] or {}) do into[session] = true end
  end
end

local function candidates(index, alert)
  local found = {}
  if alert.named then
    collect(found, index.who, alert.who)
    collect(found, index.where_nobody, alert.subscriptions)
  else
    collect(found, index.where, alert.subscriptions)
    collect(found, index.ip, alert.ips)
  end
  return found
end

-- ---- when ----

local function touches(alert, session)
  local from, to = session.from - match.BEFORE, session["until"] + match.AFTER
  if alert.time >= from and alert.time <= to then return true end
  for _, time in ipairs(alert.times) do
    if time >= from and time <= to then return true end
  end
  return not alert.all_times and alert.start <= to and alert.stop >= from -- evidence that is not shown
end

-- ---- the best of several ----

-- What the alert is to the session, and how much that says: the smallest counts.
local function relation(alert, session)
  local same = alert.rule == session.id
  if session.kind == "attack" then
    if same then return "exact", 1 end
    if session.accepted[alert.rule:lower()] then return "accepted", 2 end
    return "collateral", 4
  end
  if session.kind == "switch" then return "switch", 5 end
  if same then return "violation", 3 end
  return "other", 6
end

local function nearer(alert, a, b)
  local from_a, from_b = math.abs(alert.time - a.from), math.abs(alert.time - b.from)
  if from_a ~= from_b then return from_a < from_b end
  return (a.session or 0) < (b.session or 0)
end

--- The session an alert is about and what it is to it: exact, accepted, collateral (of an attack, under another id),
-- switch, violation (of the look-alike of its own id), other (of another's look-alike). nil: of none.
function match.best(index, alert)
  local best, best_word, best_rank
  for session in pairs(candidates(index, alert)) do
    if touches(alert, session) then
      local word, rank = relation(alert, session)
      if not best or rank < best_rank or (rank == best_rank and nearer(alert, session, best)) then
        best, best_word, best_rank = session, word, rank
      end
    end
  end
  return best, best_word
end

-- ---- a whole run ----

-- The archetype, and by which id it is labelled.
local function archetype_of(labels, alert)
  if not alert.named then return "(nobody)" end
  for id in pairs(alert.who) do
    if labels.archetypes[id] then return labels.archetypes[id], id end
  end
  return "(unlabelled)", next(alert.who)
end

local harmless = { violation = true, other = true }

local function take(run, alert)
  local session, word = match.best(run.index, alert)
  run.alerts = run.alerts + 1
  if session then
    local found = run.found[session]
    found[#found + 1] = { alert = alert, word = word }
  end
  if session and not harmless[word] then return end
  local told = run.labels.simulation
  local list = alert.time < told.judged_from and run.learning or run.wrong
  local archetype, who = archetype_of(run.labels, alert)
  list[#list + 1] = {
    rule = alert.rule, severity = alert.severity, archetype = archetype, who = who, time = alert.time,
    look_alike = session, violation = word == "violation", silent = alert.time < told.from + match.SILENT,
  }
end

--- The alerts of a file laid beside the labels of its log: { labels, alerts (how many), found (session = list of
--- { alert, word }, by time), wrong (false alerts of the judged days), learning (those before), notes (what the run
--- says of itself) }.
---@param labels table
---@param path string
function match.run(labels, path)
  local run = { labels = labels, alerts = 0, index = index_of(labels.sessions), found = {}, wrong = {}, learning = {},
    notes = {} }
  for _, session in ipairs(labels.sessions) do run.found[session] = {} end
  read.alerts(path, function(alert) take(run, alert) end, function(note) table.insert(run.notes, note) end)
  for _, found in pairs(run.found) do
    table.sort(found, function(a, b)
      if a.alert.time ~= b.alert.time then return a.alert.time < b.alert.time end
      return a.alert.rule < b.alert.rule
    end)
  end
  return run
end

return match
