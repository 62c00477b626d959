--- The figures of one or more judged runs.
local groups = require "armrun.evaluate.groups"
local instant = require "armrun.evaluate.instant"

local measure = {}

-- ---- small statistics ----

--- The smallest value that at least this share of the values does not exceed (nearest rank); nil of none.
function measure.quantile(values, share)
  if #values == 0 then return nil end
  table.sort(values)
  return values[math.max(1, math.ceil(share * #values - 1e-9))]
end

--- Wilson's interval at 95 %: between what and what the share lies, as far as so many trials can tell.
function measure.interval(hits, trials)
  if trials == 0 then return nil end
  local z <const> = 1.959964
  local share, square = hits / trials, z * z
  local middle = share + square / (2 * trials)
  local half = z * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
  local scale = 1 + square / trials
  return math.max(0, (middle - half) / scale), math.min(1, (middle + half) / scale)
end

local function ratio(part, whole)
  if whole == 0 then return nil end
  return part / whole
end

-- ---- one session ----

local function judge(session, found)
  local result = { session = session, able = #session.lacks == 0, any = #found > 0, duplicates = 0 }
  local seen = {}
  for _, item in ipairs(found) do
    local rule = item.alert.rule
    if seen[rule] then result.duplicates = result.duplicates + 1 end
    seen[rule] = true
    if item.word == "exact" then result.exact = result.exact or item.alert end
    if item.word == "exact" or item.word == "accepted" then result.first = result.first or item.alert end
    if item.word == "collateral" then result.collateral = (result.collateral or 0) + 1 end
  end
  return result
end

local severities = { informational = 1, low = 2, medium = 3, high = 4 }

-- -1, 0, 1: told lower, as, higher than labelled; nil where one of them is unknown or the id is another.
local function severity_step(result)
  local told = result.exact and severities[result.exact.severity]
  local wanted = severities[tostring(result.session.severity):lower()]
  if not told or not wanted then return nil end
  return told < wanted and -1 or told > wanted and 1 or 0
end

-- Evidence records between the start of the session and the alert.
local function events_until(result)
  local count = 0
  for _, time in ipairs(result.first.times) do
    if time >= result.session.from and time <= result.first.time then count = count + 1 end
  end
  return math.max(1, count)
end

-- ---- many sessions ----

local function new_figures()
  return { sessions = 0, unable = 0, unable_found = 0, exact = 0, found = 0, any = 0, collateral_only = 0,
    collateral = 0, duplicates = 0, early = 0, severity_lower = 0, severity_higher = 0, seconds = {}, events = {} }
end

local function add_first(figures, result)
  if not result.first then return end
  local seconds = result.first.time - result.session.from
  if seconds < 0 then figures.early = figures.early + 1 end
  table.insert(figures.seconds, math.max(0, seconds))
  table.insert(figures.events, events_until(result))
  local step = severity_step(result)
  if step == -1 then figures.severity_lower = figures.severity_lower + 1 end
  if step == 1 then figures.severity_higher = figures.severity_higher + 1 end
end

local function count(figures, key, yes)
  if yes then figures[key] = figures[key] + 1 end
end

local function add_session(figures, result)
  if not result.able then
    figures.unable = figures.unable + 1
    return count(figures, "unable_found", result.first)
  end
  figures.sessions = figures.sessions + 1
  count(figures, "exact", result.exact)
  count(figures, "found", result.first)
  count(figures, "any", result.any)
  count(figures, "collateral_only", result.collateral and not result.first)
  figures.collateral = figures.collateral + (result.collateral or 0)
  figures.duplicates = figures.duplicates + result.duplicates
  add_first(figures, result)
end

local function finish(figures)
  figures.recall, figures.exact_recall = ratio(figures.found, figures.sessions), ratio(figures.exact, figures.sessions)
  figures.any_recall = ratio(figures.any, figures.sessions)
  figures.recall_low, figures.recall_high = measure.interval(figures.found, figures.sessions)
  figures.seconds_median, figures.seconds_p90 =
    measure.quantile(figures.seconds, .5), measure.quantile(figures.seconds, .9)
  figures.events_median, figures.events_p90 = measure.quantile(figures.events, .5), measure.quantile(figures.events, .9)
  figures.seconds, figures.events = nil, nil
  return figures
end

-- The figures of the results that pass, in all and by difficulty.
local function figures_of(results, passes)
  local all, by = new_figures(), {}
  for _, result in ipairs(results) do
    if passes(result.session) then
      local difficulty = result.session.difficulty or "plain"
      by[difficulty] = by[difficulty] or new_figures()
      add_session(all, result)
      add_session(by[difficulty], result)
    end
  end
  finish(all).difficulties = by
  for _, figures in pairs(by) do finish(figures) end
  return all
end

-- ---- all runs together ----

local function add_amount(into, key, amount)
  into[key] = (into[key] or 0) + amount
end

local function archetype_counts(labels)
  local counts, listed = {}, next(labels.archetypes) ~= nil
  for _, archetype in pairs(labels.archetypes) do add_amount(counts, archetype, 1) end
  return listed and counts or labels.simulation.archetypes or {}
end

local function pool_sessions(all, run)
  for _, session in ipairs(run.labels.sessions) do
    local found = run.found[session]
    if session.kind == "attack" then table.insert(all.results, judge(session, found))
    elseif session.kind == "switch" then table.insert(all.switches, { session = session, found = found })
    else table.insert(all.look_alikes, { session = session, found = found }) end
  end
end

local function pool(runs)
  local all = { alerts = 0, principal_days = 0, subscription_days = 0, results = {}, switches = {}, look_alikes = {},
    wrong = {}, learning = {}, people = {}, people_days = {} }
  for _, run in ipairs(runs) do
    local told = run.labels.simulation
    all.alerts = all.alerts + run.alerts
    all.principal_days = all.principal_days + told.principals * told.judged_days
    all.subscription_days = all.subscription_days + (told.subscriptions or 0) * told.judged_days
    pool_sessions(all, run)
    table.move(run.wrong, 1, #run.wrong, #all.wrong + 1, all.wrong)
    table.move(run.learning, 1, #run.learning, #all.learning + 1, all.learning)
    for archetype, n in pairs(archetype_counts(run.labels)) do
      add_amount(all.people, archetype, n)
      add_amount(all.people_days, archetype, n * told.judged_days)
    end
  end
  return all
end

local function count_where(list, passes)
  local n = 0
  for _, item in ipairs(list) do n = n + (passes(item) and 1 or 0) end
  return n
end

-- False alerts, look-alikes and alerts while learning, of the rules that pass.
local function add_noise(figures, all, passes)
  local function mine(item) return passes(item.rule) end
  local function silent_on(item) return passes(item.session.id) end
  figures.false_alerts = count_where(all.wrong, mine)
  figures.false_in_look_alikes = count_where(all.wrong, function(item) return mine(item) and item.look_alike end)
  figures.false_per_1k_day = ratio(1000 * figures.false_alerts, all.principal_days)
  figures.look_alikes = count_where(all.look_alikes, silent_on)
  figures.violations = count_where(all.look_alikes, function(item)
    return silent_on(item) and count_where(item.found, function(hit) return hit.word == "violation" end) > 0
  end)
  figures.learning = count_where(all.learning, mine)
  return figures
end

-- ---- the parts of a report ----

local function ids_of(all)
  local set, ids = {}, {}
  for _, result in ipairs(all.results) do set[result.session.id] = true end
  for _, item in ipairs(all.look_alikes) do set[item.session.id] = true end
  for _, item in ipairs(all.wrong) do set[item.rule] = true end
  for _, item in ipairs(all.learning) do set[item.rule] = true end
  for id in pairs(set) do ids[#ids + 1] = id end
  table.sort(ids)
  return ids
end

local function by_id(all)
  local list = {}
  for i, id in ipairs(ids_of(all)) do
    local figures = figures_of(all.results, function(session) return session.id == id end)
    figures.id, figures.group = id, groups.of(id)
    list[i] = add_noise(figures, all, function(rule) return rule == id end)
  end
  return list
end

local function rate(all, passes)
  return ratio(1000 * count_where(all.wrong, passes), all.principal_days)
end

-- "PIM never high": neither an activation that is an attack, nor one that is a look-alike.
local function pim_high(all)
  local function high(item) return item.alert.severity == "high" and groups.of(item.alert.rule) == "rbac" end
  local attacks = count_where(all.results, function(result)
    return result.exact and tostring(result.session.severity):lower() == "low" and high { alert = result.exact }
  end)
  local look_alikes = count_where(all.look_alikes, function(item)
    return tostring(item.session.name):lower():find("pim", 1, true) and count_where(item.found, high) > 0
  end)
  return attacks + look_alikes
end

local extras = {
  rbac = function(figures, all)
    local function of(high)
      return function(item) return groups.of(item.rule) == "rbac" and (item.severity == "high") == high end
    end
    figures.false_high, figures.false_low, figures.pim_high = rate(all, of(true)), rate(all, of(false)), pim_high(all)
  end,
  all = function(figures, all)
    local function habit(silent)
      return function(item) return groups.learns(item.rule) and item.silent == silent end
    end
    figures.learning_anomaly = count_where(all.learning, habit(true))
    figures.settling_anomaly = count_where(all.learning, habit(false))
  end,
}

-- The figure a goal is about.
local function figure(figures, goal)
  if goal ~= "recall" and figures.difficulties[goal] then return figures.difficulties[goal].recall end
  return figures[goal]
end

local at_least = { recall = true, easy = true, medium = true, hard = true, slow = true }

--- Is a goal met? nil: there is nothing to tell it by.
function measure.met(figures, goal, wanted)
  local value = figure(figures, goal)
  if not value then return nil end
  if at_least[goal] then return value >= wanted end
  return value <= wanted
end

local function add_goals(figures, goals)
  figures.goals, figures.met = goals, {}
  for goal, wanted in pairs(goals) do figures.met[goal] = measure.met(figures, goal, wanted) end
end

local function by_group(all)
  local list = {}
  for i, group in ipairs(groups.list) do
    local function passes(id) return group.key == "all" or groups.of(id) == group.key end
    local figures = figures_of(all.results, function(session) return passes(session.id) end)
    figures.key, figures.name, figures.per_subscription = group.key, group.name, group.per_subscription
    add_noise(figures, all, passes)
    figures.false_rate = figures.false_per_1k_day
    if group.per_subscription then figures.false_rate = ratio(100 * figures.false_alerts, all.subscription_days) end
    if extras[group.key] then extras[group.key](figures, all) end
    add_goals(figures, group.goals)
    list[i] = figures
  end
  return list
end

local function by_archetype(all)
  local counts, list = {}, {}
  for archetype in pairs(all.people) do counts[archetype] = 0 end
  for _, item in ipairs(all.wrong) do add_amount(counts, item.archetype, 1) end
  for archetype, n in pairs(counts) do
    list[#list + 1] = { archetype = archetype, principals = all.people[archetype] or 0, false_alerts = n,
      share = ratio(n, #all.wrong), per_1k_day = ratio(1000 * n, all.people_days[archetype] or 0) }
  end
  table.sort(list, function(a, b)
    if a.false_alerts ~= b.false_alerts then return a.false_alerts > b.false_alerts end
    return a.archetype < b.archetype
  end)
  return list
end

-- Which habits cry wolf under which id, the most first.
local function by_habit(all)
  local counts, list = {}, {}
  for _, item in ipairs(all.wrong) do add_amount(counts, item.rule .. "\t" .. item.archetype, 1) end
  for key, n in pairs(counts) do
    local id, archetype = key:match "^(.*)\t(.*)$"
    list[#list + 1] = { id = id, archetype = archetype, false_alerts = n }
  end
  table.sort(list, function(a, b)
    if a.false_alerts ~= b.false_alerts then return a.false_alerts > b.false_alerts end
    if a.id ~= b.id then return a.id < b.id end
    return a.archetype < b.archetype
  end)
  return list
end

local function switching(all)
  local out, seconds = { pairs = #all.switches, found = 0, alerts = 0 }, {}
  for _, item in ipairs(all.switches) do
    local first = item.found[1]
    out.alerts = out.alerts + #item.found
    if first then
      out.found = out.found + 1
      table.insert(seconds, math.max(0, first.alert.time - item.session.from))
    end
  end
  out.recall, out.seconds_median = ratio(out.found, out.pairs), measure.quantile(seconds, .5)
  out.recall_low, out.recall_high = measure.interval(out.found, out.pairs)
  return out
end

--- Attack sessions per 1,000 principals and year that precision is told for.
measure.PREVALENCES = { 1, 12, 52 }

--- Of the alerts, the share that is about an attack, if attacks are as common as this and each raises one alert.
---@param recall number
---@param false_per_1k_day number
---@param sessions_per_1k_year number
function measure.precision(recall, false_per_1k_day, sessions_per_1k_year)
  local right = recall * sessions_per_1k_year / 365
  return ratio(right, right + false_per_1k_day)
end

local function precisions(recall, false_per_1k_day)
  local list = {}
  if not recall or not false_per_1k_day then return list end
  for i, prevalence in ipairs(measure.PREVALENCES) do
    list[i] = { sessions_per_1k_year = prevalence, precision = measure.precision(recall, false_per_1k_day, prevalence) }
  end
  return list
end

local function simulation_of(run)
  local told = run.labels.simulation
  local attacks = count_where(run.labels.sessions, function(session) return session.kind == "attack" end)
  return { seed = told.seed, principals = told.principals, days = told.days, judged_days = told.judged_days,
    shape = told.shape, subscriptions = told.subscriptions, sources = told.sources,
    judged_from = instant.day(told.judged_from), attacks = attacks, digest = run.labels.digest }
end

--- The report of some runs of one set of rules.
---@param runs table[]  of match.run
function measure.report(runs)
  local all = pool(runs)
  local report = { schema = 1, alerts = all.alerts, principal_days = all.principal_days,
    subscription_days = all.subscription_days, simulations = {}, notes = {}, ids = by_id(all), groups = by_group(all),
    archetypes = by_archetype(all), habits = by_habit(all), switches = switching(all), beside = {} }
  for i, run in ipairs(runs) do
    report.simulations[i] = simulation_of(run)
    table.move(run.notes, 1, #run.notes, #report.notes + 1, report.notes)
  end
  local total = report.groups[#report.groups]
  report.precision = precisions(total.recall, total.false_per_1k_day)
  return report
end

--- What any rules come to, whatever their alerts are called: an attack is found by any alert that is about it.
---@param name string
---@param runs table[]
function measure.beside(name, runs)
  local all = pool(runs)
  local total = add_noise(figures_of(all.results, function() return true end), all, function() return true end)
  local out = { name = name, alerts = all.alerts, sessions = total.sessions, any = total.any,
    recall = total.any_recall, false_alerts = total.false_alerts, false_per_1k_day = total.false_per_1k_day,
    difficulties = {}, switches = switching(all) }
  for difficulty, figures in pairs(total.difficulties) do out.difficulties[difficulty] = figures.any_recall end
  out.precision = precisions(out.recall, out.false_per_1k_day)
  if total.found > 0 then out.groups = by_group(all) end
  return out
end

return measure
