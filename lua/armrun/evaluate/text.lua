--- A report as text for a terminal of 80 columns.
local groups = require "armrun.evaluate.groups"
local instant = require "armrun.evaluate.instant"

local text = {}

-- ---- numbers ----

--- "1,204"
function text.count(n)
  if not n then return "-" end
  local digits = ("%d"):format(n)
  local first = #digits % 3
  local out = digits:sub(1, first)
  for i = first + 1, #digits, 3 do out = out .. (out == "" and "" or ",") .. digits:sub(i, i + 2) end
  return out
end

--- ".987", "1": a share. Nothing short of all shows as 1, nothing but none as 0.
function text.share(value)
  if not value then return "-" end
  if value >= 1 then return "1" end
  if value <= 0 then return "0" end
  if value < .0005 then return "<.001" end
  return (("%.3f"):format(math.min(value, .999)):gsub("^0", ""))
end

--- A rate to three places; 0 only when it is none at all.
function text.rate(value)
  if not value then return "-" end
  if value == 0 then return "0" end
  if value >= 100 then return text.count(math.floor(value + .5)) end
  if value >= 10 then return ("%.1f"):format(value) end
  if value >= 1 then return ("%.2f"):format(value) end
  return value < .0005 and "<.001" or (("%.3f"):format(value):gsub("^0", ""))
end

-- ---- tables ----

-- Rows under a head; columns: { title, width, left = true }.
local function put_table(out, columns, rows)
  local function put(row)
    local cells = {}
    for i, column in ipairs(columns) do
      local cell = tostring(row[i] or "")
      local pad = (" "):rep(column[2] - (utf8.len(cell) or #cell))
      cells[i] = column.left and cell .. pad or pad .. cell
    end
    out[#out + 1] = (table.concat(cells):gsub(" +$", ""))
  end
  local head = {}
  for i, column in ipairs(columns) do head[i] = column[1] end
  put(head)
  for _, row in ipairs(rows) do put(row) end
  out[#out + 1] = ""
end

local function title(out, words)
  out[#out + 1] = words
  out[#out + 1] = ("-"):rep(utf8.len(words))
end

--- The recall of one difficulty.
function text.difficulty(figures, difficulty)
  local part = figures.difficulties[difficulty]
  return part and text.share(part.recall) or "-"
end

-- Words in lines of 80.
local function wrap(out, words)
  local line = ""
  for word in words:gmatch "%S+" do
    if line ~= "" and #line + 1 + #word > 80 then
      out[#out + 1] = line
      line = ""
    end
    line = line .. (line == "" and "" or " ") .. word
  end
  out[#out + 1] = line
end

-- ---- head ----

local function head(out, report)
  for _, s in ipairs(report.simulations) do
    out[#out + 1] = ("Seed %s, shape %s: %s principals, %s subscriptions,"):format(tostring(s.seed or "?"),
      s.shape or "?", text.count(s.principals), text.count(s.subscriptions))
    out[#out + 1] = ("  %.0f days judged from %s on, %s attack sessions."):format(s.judged_days,
      s.judged_from, text.count(s.attacks))
  end
  for _, note in ipairs(report.notes) do
    wrap(out, "The run says: " .. note)
  end
  out[#out + 1] = ""
end

-- ---- groups ----

local function mark(figures, goal, value)
  return figures.met[goal] == false and "!" .. value or value
end

--- "≤.3": what a group is to reach, as short as it was set; "" where nothing is.
function text.goal(figures, goal, sign)
  local value = figures.goals[goal]
  return value and sign .. ("%g"):format(value):gsub("^0%.", ".") or ""
end

local function group_rows(report)
  local rows = {}
  for _, g in ipairs(report.groups) do
    local row = { g.name, text.count(g.sessions), mark(g, "recall", text.share(g.recall)) }
    local goal = { "  goal", "", text.goal(g, "recall", "≥") }
    for _, difficulty in ipairs(groups.difficulties) do
      row[#row + 1] = mark(g, difficulty, text.difficulty(g, difficulty))
      goal[#goal + 1] = text.goal(g, difficulty, "≥")
    end
    row[#row + 1] = mark(g, "false_rate", text.rate(g.false_rate)) .. (g.per_subscription and "*" or "")
    goal[#goal + 1] = text.goal(g, "false_rate", "≤")
    rows[#rows + 1], rows[#rows + 2] = row, goal
  end
  return rows
end

--- The goals that have no column in the table of groups: { words, figure, goal, met }.
function text.more_goals(report)
  local by, out = {}, {}
  for _, g in ipairs(report.groups) do by[g.key] = g end
  local function add(key, goal, words, show)
    local g = by[key]
    out[#out + 1] = { words = words, value = show(g[goal]), goal = text.goal(g, goal, "≤"), met = g.met[goal] }
  end
  add("toolkit", "violations", "look-alikes that raised the alert they resemble (toolkit)", text.count)
  add("rbac", "false_high", "RBAC: false alerts of high severity, per 1,000 a day", text.rate)
  add("rbac", "false_low", "RBAC: false alerts of low severity, per 1,000 a day", text.rate)
  add("rbac", "pim_high", "RBAC: activations by PIM told as high", text.count)
  add("all", "learning_anomaly", "alerts about habits in the first 14 days", text.count)
  add("all", "false_in_look_alikes", "false alerts that came of look-alikes, which are many here", text.count)
  add("all", "settling_anomaly", "alerts about habits after those, before the judged days", text.count)
  return out
end

local function put_group_table(out, report)
  put_table(out, { { "", 27, left = true }, { "attacks", 8 }, { "recall", 7 }, { "easy", 7 }, { "medium", 7 },
    { "hard", 7 }, { "slow", 7 }, { "false", 8 } }, group_rows(report))
end

local function put_groups(out, report)
  title(out, "Groups: recall, and false alerts per 1,000 principals a day")
  put_group_table(out, report)
  out[#out] = "* per 100 subscriptions a day   ! misses the goal"
  for _, item in ipairs(text.more_goals(report)) do
    local goal = item.goal ~= "" and "  goal " .. item.goal or ""
    out[#out + 1] = ("%-60s%8s%s"):format(item.words, (item.met == false and "!" or "") .. item.value, goal)
  end
  out[#out + 1] = ""
end

-- ---- ids ----

local function put_ids(out, report)
  title(out, "Ids: attacks found under the id, or a sibling; false alerts; look-alikes")
  local rows = {}
  for i, id in ipairs(report.ids) do
    rows[i] = { id.id, text.count(id.sessions), text.share(id.exact_recall), text.share(id.recall),
      text.count(id.false_alerts), id.look_alikes == 0 and "-" or id.violations .. "/" .. id.look_alikes }
  end
  put_table(out, { { "", 49, left = true }, { "n", 5 }, { "exact", 6 }, { "found", 6 }, { "false", 6 }, { "look", 8 } },
    rows)
end

local function has_difficulties(id)
  for _, difficulty in ipairs(groups.difficulties) do
    if id.difficulties[difficulty] then return true end
  end
end

local function put_difficulties(out, report)
  local rows = {}
  for _, id in ipairs(report.ids) do
    if has_difficulties(id) then
      local row = { id.id }
      for _, difficulty in ipairs(groups.difficulties) do row[#row + 1] = text.difficulty(id, difficulty) end
      rows[#rows + 1] = row
    end
  end
  if #rows == 0 then return end
  title(out, "Recall by difficulty")
  put_table(out, { { "", 49, left = true }, { "easy", 7 }, { "medium", 7 }, { "hard", 7 }, { "slow", 7 } }, rows)
end

--- "2-1+": how many were told two with a lower, one with a higher severity than labelled.
function text.severity_steps(id)
  local lower = id.severity_lower > 0 and id.severity_lower .. "-" or ""
  local higher = id.severity_higher > 0 and id.severity_higher .. "+" or ""
  return lower .. higher == "" and "0" or lower .. higher
end

local function put_manners(out, report)
  local rows = {}
  for _, id in ipairs(report.ids) do
    if id.sessions > 0 then
      rows[#rows + 1] = { id.id, text.count(id.duplicates), instant.span(id.seconds_median),
        instant.span(id.seconds_p90), text.count(id.events_median), text.severity_steps(id) }
    end
  end
  title(out, "Duplicates; time (median, 90 %) and records until the alert; wrong severities")
  put_table(out, { { "", 49, left = true }, { "dup", 4 }, { "median", 8 }, { "90 %", 8 }, { "rec", 5 }, { "sev", 6 } },
    rows)
end

--- Ids that could not fire because the simulation withheld a source.
function text.unable(report)
  local list = {}
  for _, id in ipairs(report.ids) do
    if id.unable > 0 then list[#list + 1] = id end
  end
  return list
end

local function put_unable(out, report)
  local list = text.unable(report)
  if #list == 0 then return end
  title(out, "Unable to fire, since a source is withheld: not counted as missed")
  for _, id in ipairs(list) do
    local all_the_same = id.unable_found > 0 and (", %d found all the same"):format(id.unable_found) or ""
    out[#out + 1] = ("%s: %d sessions%s"):format(id.id, id.unable, all_the_same)
  end
  out[#out + 1] = ""
end

-- ---- the rest ----

local function put_archetypes(out, report)
  title(out, "False alerts by archetype")
  local rows = {}
  for i, a in ipairs(report.archetypes) do
    rows[i] = { a.archetype, text.count(a.principals), text.count(a.false_alerts), text.share(a.share),
      text.rate(a.per_1k_day) }
  end
  put_table(out, { { "", 30, left = true }, { "principals", 11 }, { "false", 8 }, { "share", 8 },
    { "per 1,000 of them", 20 } }, rows)
end

--- How many of the id and archetype pairs with most false alerts are shown.
text.HABITS = 15

local function put_habits(out, report)
  if #report.habits == 0 then return end
  title(out, "Whose habits cry wolf, and as what")
  local rows = {}
  for i = 1, math.min(text.HABITS, #report.habits) do
    local habit = report.habits[i]
    rows[i] = { habit.id, text.count(habit.false_alerts), habit.archetype }
  end
  put_table(out, { { "", 51, left = true }, { "false", 6 }, { "archetype", 22 } }, rows)
end

local function put_switches(out, report)
  local s = report.switches
  if s.pairs == 0 then return end
  title(out, "Identity switching")
  out[#out + 1] = ("%d of %d pairs raised an alert (%s), %d alerts, the first after %s (median)."):format(s.found,
    s.pairs, text.share(s.recall), s.alerts, instant.span(s.seconds_median))
  out[#out + 1] = ""
end

--- armrun itself, measured as what stands beside it: any alert about an attack counts.
function text.contenders(report)
  local all = report.groups[#report.groups]
  local own = { name = "armrun", recall = all.any_recall, false_per_1k_day = all.false_per_1k_day, difficulties = {},
    precision = report.precision }
  for difficulty, figures in pairs(all.difficulties) do own.difficulties[difficulty] = figures.any_recall end
  local list = { own }
  table.move(report.beside, 1, #report.beside, 2, list)
  return list
end

local function put_beside(out, report)
  title(out, "Beside each other: attacks with any alert at all")
  local rows = {}
  for i, c in ipairs(text.contenders(report)) do
    local row = { c.name, text.share(c.recall) }
    for _, difficulty in ipairs(groups.difficulties) do row[#row + 1] = text.share(c.difficulties[difficulty]) end
    row[#row + 1] = text.rate(c.false_per_1k_day)
    for _, p in ipairs(c.precision) do row[#row + 1] = text.share(p.precision) end
    rows[i] = row
  end
  put_table(out, { { "", 20, left = true }, { "recall", 7 }, { "easy", 7 }, { "medium", 7 }, { "hard", 7 },
    { "slow", 7 }, { "false", 7 }, { "p 1", 6 }, { "p 12", 6 }, { "p 52", 6 } }, rows)
  out[#out] = "p N: share of alerts that are about an attack, at N attacks per 1,000 principals"
  out[#out + 1] = "a year, each told once."
  out[#out + 1] = ""
end

-- What stands beside has groups of its own when its alerts have the ids of the labels: the same rules, tuned.
local function put_beside_groups(out, report)
  for _, c in ipairs(report.beside) do
    if c.groups then
      title(out, c.name .. ": groups")
      put_group_table(out, c)
    end
  end
end

--- The report as lines of text.
---@param report table
---@return string
function text.write(report)
  local out = {}
  head(out, report)
  put_groups(out, report)
  put_beside(out, report)
  put_beside_groups(out, report)
  put_ids(out, report)
  put_difficulties(out, report)
  put_manners(out, report)
  put_unable(out, report)
  put_archetypes(out, report)
  put_habits(out, report)
  put_switches(out, report)
  while out[#out] == "" do out[#out] = nil end
  return table.concat(out, "\n") .. "\n"
end

return text
