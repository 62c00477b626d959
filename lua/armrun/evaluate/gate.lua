--- The gate: a run may not be worse than the stored one of the same simulations.
--
-- False alerts  fail when they rise by more than 10 %. Below 20 of them 10 % is not even two alerts: there a rise of
--               two is let pass, one of three is not.
-- Recall        of an id fails when it drops by more than .03. With fewer than 34 sessions the loss of one is already
--               more. For toolkit and deterministic ids one lost session fails all the same: they hold nothing that
--               could vary. For the ids that measure habits one lost session is let pass, unless it was the only one
--               found; that this does not add up over ids, their groups are held to .03 too.
local decode = require("armrun.core").decode
local groups = require "armrun.evaluate.groups"
local problem = require "armrun.evaluate.problem"

local gate = {}

gate.RISE, gate.FEW_ALERTS, gate.DROP, gate.FEW_SESSIONS = .10, 2, .03, 1

local EPSILON <const> = 1e-9

-- ---- what is stored ----

--- What the gate reads of a report; a report will do as well.
function gate.extract(report)
  local out = { schema = 1, gate = true, simulations = report.simulations, ids = {}, groups = {} }
  for i, id in ipairs(report.ids) do out.ids[i] = { id = id.id, sessions = id.sessions, found = id.found } end
  for i, group in ipairs(report.groups) do
    out.groups[i] = { key = group.key, sessions = group.sessions, found = group.found,
      false_alerts = group.false_alerts }
  end
  return out
end

--- Reads the stored figures of a file.
---@param path string
function gate.read(path)
  local file <close> = io.open(path, "rb") or problem.raise("%s cannot be opened; expected a stored report", path)
  local stored, why = decode(file:read "a")
  if type(stored) ~= "table" or not (stored.ids and stored.groups and stored.simulations) then
    problem.raise("%s: %s; expected what armrun evaluate --format json or --format gate printed", path,
      why or "no report")
  end
  return stored
end

-- ---- is it the same simulation? ----

local function by(list, key)
  local map = {}
  for _, item in ipairs(list) do map[item[key]] = item end
  return map
end

local function same_simulations(stored, now)
  if #stored ~= #now then return ("%d simulations, %d are stored"):format(#now, #stored) end
  for i, simulation in ipairs(now) do
    for _, key in ipairs { "seed", "principals", "judged_days", "shape", "attacks", "digest" } do
      if stored[i][key] ~= simulation[key] then
        return ("%s is %s, %s is stored"):format(key, tostring(simulation[key]), tostring(stored[i][key]))
      end
    end
  end
end

local function same_sessions(stored, now)
  for id, old in pairs(stored) do
    local sessions = now[id] and now[id].sessions or 0
    if sessions ~= old.sessions then
      return ("%s has %d sessions, %d are stored"):format(id, sessions, old.sessions)
    end
  end
end

local function check_comparable(stored, report)
  local differs = same_simulations(stored.simulations, report.simulations)
    or same_sessions(by(stored.ids, "id"), by(report.ids, "id"))
  if differs then
    problem.raise("the stored figures are of another simulation (%s): store them anew with --format gate", differs)
  end
end

-- ---- is it worse? ----

--- Did false alerts rise too much?
function gate.rises(before, now)
  return now - before > math.max(gate.RISE * before, gate.FEW_ALERTS) + EPSILON
end

--- Did recall drop too much? `few` sessions may be lost all the same, but not all.
function gate.drops(sessions, before, now, few)
  if sessions == 0 or (before - now) / sessions <= gate.DROP + EPSILON then return false end
  return before - now > few or now == 0
end

local function loss(what, before, now)
  return ("%s: recall fell from %d to %d of %d sessions"):format(what, before.found, now.found, now.sessions)
end

--- What is worse than the stored figures, one sentence each; empty: the gate is passed.
---@param stored table
---@param report table
---@return string[]
function gate.compare(stored, report)
  check_comparable(stored, report)
  local failures, ids, kinds = {}, by(stored.ids, "id"), by(stored.groups, "key")
  for _, now in ipairs(report.ids) do
    local before, few = ids[now.id], groups.of(now.id) == "toolkit" and 0 or gate.FEW_SESSIONS
    if before and gate.drops(now.sessions, before.found, now.found, few) then
      failures[#failures + 1] = loss(now.id, before, now)
    end
  end
  for _, now in ipairs(report.groups) do
    local before = kinds[now.key]
    if before and gate.drops(now.sessions, before.found, now.found, gate.FEW_SESSIONS) then
      failures[#failures + 1] = loss(now.name, before, now)
    end
    if before and now.key == "all" and gate.rises(before.false_alerts, now.false_alerts) then
      failures[#failures + 1] = ("false alerts rose from %d to %d"):format(before.false_alerts, now.false_alerts)
    end
  end
  return failures
end

return gate
