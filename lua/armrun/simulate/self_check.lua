--- Is everyday life as hard as real tenants are? Counts how often the simplest detector, "this principal has not done
--- this for so many days", would cry wolf on acts that nobody would call an attack, from the acts themselves.
local calendar = require "armrun.simulate.calendar"

local self_check = {}

local MEMORIES <const> = { 7, 14, 90 }
local WANTED <const> = { [7] = 150, [14] = 100, [90] = 40 } -- false alerts a day for a thousand principals, at least

-- What one act would raise: for each memory, is it new?
local function look(state, act)
  local mine = state.seen[act.principal]
  if not mine then
    mine = {}
    state.seen[act.principal] = mine
  end
  local day, last = act.time // calendar.DAY, mine[act.operation]
  mine[act.operation] = day
  if act.time < state.judged_from then return end
  for _, memory in ipairs(MEMORIES) do
    if not last or day - last > memory then
      state.alerts[memory] = state.alerts[memory] + 1
      local kind = state.by_archetype[memory]
      kind[act.principal.archetype] = (kind[act.principal.archetype] or 0) + 1
      if memory == 90 then state.operations[act.operation] = (state.operations[act.operation] or 0) + 1 end
    end
  end
end

local function new_state(sim)
  local state = { seen = {}, alerts = {}, by_archetype = {}, operations = {}, acts = 0, judged_from = sim.judged_from }
  for _, memory in ipairs(MEMORIES) do state.alerts[memory], state.by_archetype[memory] = 0, {} end
  return state
end

--- Runs the everyday part and counts.
---@return table counts { acts =, days =, rates = { [7] = per thousand principals and day, … }, … }
function self_check.count(sim, run)
  local state = new_state(sim)
  sim.sources = { activity = true }
  run(sim, function(act)
    if act.log and act.log ~= "activity" then return end
    state.acts = state.acts + 1
    if act.status ~= "Failed" and act.category ~= "Policy" then look(state, act) end
  end, function() end)
  state.days = sim.days - (sim.judged_from - sim.from) // calendar.DAY
  state.rates = {}
  for _, memory in ipairs(MEMORIES) do
    state.rates[memory] = state.alerts[memory] / state.days / #sim.principals * 1000
  end
  return state
end

local function ranked(counts)
  local list = {}
  for name, count in pairs(counts) do list[#list + 1] = { name, count } end
  table.sort(list, function(a, b) return a[2] > b[2] or (a[2] == b[2] and a[1] < b[1]) end)
  return list
end

-- The share of what is new that the catalogue of high-risk operations has.
local function high_risk_share(operations)
  local known, all, high = {}, 0, 0
  for _, entry in ipairs(require("armrun.catalog.high_risk")) do known[entry[1]] = true end
  for name, count in pairs(operations) do
    all = all + count
    if known[name:lower()] then high = high + count end
  end
  return all > 0 and high / all or 0
end

local function tell(sim, state)
  print(("%d principals, %d days of which %d are judged, %d acts, %.1f a principal and day"):format(#sim.principals,
    sim.days, state.days, state.acts, state.acts / sim.days / #sim.principals))
  for _, memory in ipairs(MEMORIES) do
    print(("first in %2d days: %6.1f false alerts per 1,000 principals and day (at least %d wanted)"):format(memory,
      state.rates[memory], WANTED[memory]))
    local parts = {}
    for _, item in ipairs(ranked(state.by_archetype[memory])) do
      parts[#parts + 1] = ("%s %.1f"):format(item[1], item[2] / state.days / #sim.principals * 1000)
    end
    print("   " .. table.concat(parts, ", "))
  end
  local list = ranked(state.operations)
  print(("%d different operations were first ones in 90 days; %.0f %% of these are in the high-risk catalogue"):format(
    #list, 100 * high_risk_share(state.operations)))
end

--- The command's part; exit code 1 when everyday life is too easy.
function self_check.run(sim, run)
  local state = self_check.count(sim, run)
  tell(sim, state)
  for _, memory in ipairs(MEMORIES) do
    if state.rates[memory] < WANTED[memory] then return 1 end
  end
  return 0
end

return self_check
