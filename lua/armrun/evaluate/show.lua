--- How figures are shown, in text and on the page alike: numbers as words, and the rows that both have.
local groups = require "armrun.evaluate.groups"

local show = {}

-- ---- numbers ----

--- "1,204"
function show.count(n)
  if not n then return "-" end
  local digits = ("%d"):format(n)
  local first = #digits % 3
  local out = digits:sub(1, first)
  for i = first + 1, #digits, 3 do out = out .. (out == "" and "" or ",") .. digits:sub(i, i + 2) end
  return out
end

--- ".987", "1": a share. Nothing short of all shows as 1, nothing but none as 0.
function show.share(value)
  if not value then return "-" end
  if value >= 1 then return "1" end
  if value <= 0 then return "0" end
  if value < .0005 then return "<.001" end
  return (("%.3f"):format(math.min(value, .999)):gsub("^0", ""))
end

--- A rate to three places; 0 only when it is none at all.
function show.rate(value)
  if not value then return "-" end
  if value == 0 then return "0" end
  if value >= 100 then return show.count(math.floor(value + .5)) end
  if value >= 10 then return ("%.1f"):format(value) end
  if value >= 1 then return ("%.2f"):format(value) end
  return value < .0005 and "<.001" or (("%.3f"):format(value):gsub("^0", ""))
end

--- The recall of one difficulty; "-" where there is no such attack.
function show.difficulty(figures, difficulty)
  local part = figures.difficulties[difficulty]
  return part and show.share(part.recall) or "-"
end

--- Appends the recall of each difficulty to a row.
function show.add_difficulties(row, figures)
  for _, difficulty in ipairs(groups.difficulties) do row[#row + 1] = show.difficulty(figures, difficulty) end
end

--- "≤.3": what a group is to reach, as short as it was set; "" where nothing is.
function show.goal(figures, goal, sign)
  local value = figures.goals[goal]
  return value and sign .. ("%g"):format(value):gsub("^0%.", ".") or ""
end

--- "2-1+": how many were told two with a lower, one with a higher severity than labelled.
function show.severity_steps(id)
  local lower = id.severity_lower > 0 and id.severity_lower .. "-" or ""
  local higher = id.severity_higher > 0 and id.severity_higher .. "+" or ""
  return lower .. higher == "" and "0" or lower .. higher
end

-- ---- rows ----

--- The goals that have no column in the table of groups: { words, figure, goal, met }.
function show.more_goals(report)
  local by, out = {}, {}
  for _, g in ipairs(report.groups) do by[g.key] = g end
  local function add(key, goal, words, as_text)
    local g = by[key]
    out[#out + 1] = { words = words, value = as_text(g[goal]), goal = show.goal(g, goal, "≤"), met = g.met[goal] }
  end
  add("toolkit", "violations", "look-alikes that raised the alert they resemble (toolkit)", show.count)
  add("rbac", "false_high", "RBAC: false alerts of high severity, per 1,000 a day", show.rate)
  add("rbac", "false_low", "RBAC: false alerts of low severity, per 1,000 a day", show.rate)
  add("rbac", "pim_high", "RBAC: activations by PIM told as high", show.count)
  add("all", "learning_anomaly", "alerts about habits in the first 14 days", show.count)
  add("all", "false_in_look_alikes", "false alerts that came of look-alikes, which are many here", show.count)
  add("all", "settling_anomaly", "alerts about habits after those, before the judged days", show.count)
  return out
end

-- armrun itself, measured as what stands beside it: any alert about an attack counts.
local function contenders(report)
  local all = report.groups[#report.groups]
  local own = { name = "armrun", recall = all.any_recall, false_per_1k_day = all.false_per_1k_day, difficulties = {},
    precision = report.precision }
  for difficulty, figures in pairs(all.difficulties) do own.difficulties[difficulty] = figures.any_recall end
  local list = { own }
  table.move(report.beside, 1, #report.beside, 2, list)
  return list
end

--- The rows of what stands beside each other: name, recall, that of each difficulty, false alerts, precisions.
function show.beside_rows(report)
  local rows = {}
  for i, c in ipairs(contenders(report)) do
    local row = { c.name, show.share(c.recall) }
    for _, difficulty in ipairs(groups.difficulties) do row[#row + 1] = show.share(c.difficulties[difficulty]) end
    row[#row + 1] = show.rate(c.false_per_1k_day)
    for _, p in ipairs(c.precision) do row[#row + 1] = show.share(p.precision) end
    rows[i] = row
  end
  return rows
end

--- The rows of archetypes: name, principals, false alerts, their share, and a thousand of them a day.
function show.archetype_rows(report)
  local rows = {}
  for i, a in ipairs(report.archetypes) do
    rows[i] = { a.archetype, show.count(a.principals), show.count(a.false_alerts), show.share(a.share),
      show.rate(a.per_1k_day) }
  end
  return rows
end

local HABITS <const> = 15

--- The pairs of id and archetype with most false alerts: { id =, archetype =, false_alerts = text }.
function show.worst_habits(report)
  local list = {}
  for i = 1, math.min(HABITS, #report.habits) do
    local habit = report.habits[i]
    list[i] = { id = habit.id, archetype = habit.archetype, false_alerts = show.count(habit.false_alerts) }
  end
  return list
end

return show
