--- A report as text for a terminal of 80 columns.
local groups = require "armrun.evaluate.groups"
local instant = require "armrun.evaluate.instant"
local show = require "armrun.evaluate.show"

local text = {}

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
      s.shape or "?", show.count(s.principals), show.count(s.subscriptions))
    out[#out + 1] = ("  %.0f days judged from %s on, %s attack sessions."):format(s.judged_days,
      s.judged_from, show.count(s.attacks))
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

local function group_rows(report)
  local rows = {}
  for _, g in ipairs(report.groups) do
    local row = { g.name, show.count(g.sessions), mark(g, "recall", show.share(g.recall)) }
    local goal = { "  goal", "", show.goal(g, "recall", "≥") }
    for _, difficulty in ipairs(groups.difficulties) do
      row[#row + 1] = mark(g, difficulty, show.difficulty(g, difficulty))
      goal[#goal + 1] = show.goal(g, difficulty, "≥")
    end
    row[#row + 1] = mark(g, "false_rate", show.rate(g.false_rate)) .. (g.per_subscription and "*" or "")
    goal[#goal + 1] = show.goal(g, "false_rate", "≤")
    rows[#rows + 1], rows[#rows + 2] = row, goal
  end
  return rows
end

local function put_group_table(out, report)
  put_table(out, { { "", 27, left = true }, { "attacks", 8 }, { "recall", 7 }, { "easy", 7 }, { "medium", 7 },
    { "hard", 7 }, { "slow", 7 }, { "false", 8 } }, group_rows(report))
end

local function put_groups(out, report)
  title(out, "Groups: recall, and false alerts per 1,000 principals a day")
  put_group_table(out, report)
  out[#out] = "* per 100 subscriptions a day   ! misses the goal"
  for _, item in ipairs(show.more_goals(report)) do
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
    rows[i] = { id.id, show.count(id.sessions), show.share(id.exact_recall), show.share(id.recall),
      show.count(id.false_alerts), id.look_alikes == 0 and "-" or id.violations .. "/" .. id.look_alikes }
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
      show.add_difficulties(row, id)
      rows[#rows + 1] = row
    end
  end
  if #rows == 0 then return end
  title(out, "Recall by difficulty")
  put_table(out, { { "", 49, left = true }, { "easy", 7 }, { "medium", 7 }, { "hard", 7 }, { "slow", 7 } }, rows)
end

local function put_manners(out, report)
  local rows = {}
  for _, id in ipairs(report.ids) do
    if id.sessions > 0 then
      rows[#rows + 1] = { id.id, show.count(id.duplicates), instant.span(id.seconds_median),
        instant.span(id.seconds_p90), show.count(id.events_median), show.severity_steps(id) }
    end
  end
  title(out, "Duplicates; time (median, 90 %) and records until the alert; wrong severities")
  put_table(out, { { "", 49, left = true }, { "dup", 4 }, { "median", 8 }, { "90 %", 8 }, { "rec", 5 }, { "sev", 6 } },
    rows)
end

local function put_unable(out, report)
  local lines = {}
  for _, id in ipairs(report.ids) do
    local all_the_same = id.unable_found > 0 and (", %d found all the same"):format(id.unable_found) or ""
    if id.unable > 0 then lines[#lines + 1] = ("%s: %d sessions%s"):format(id.id, id.unable, all_the_same) end
  end
  if #lines == 0 then return end
  title(out, "Unable to fire, since a source is withheld: not counted as missed")
  table.move(lines, 1, #lines, #out + 1, out)
  out[#out + 1] = ""
end

-- ---- the rest ----

local function put_archetypes(out, report)
  title(out, "False alerts by archetype")
  put_table(out, { { "", 30, left = true }, { "principals", 11 }, { "false", 8 }, { "share", 8 },
    { "per 1,000 of them", 20 } }, show.archetype_rows(report))
end

local function put_habits(out, report)
  if #report.habits == 0 then return end
  title(out, "Whose habits cry wolf, and as what")
  local rows = {}
  for i, habit in ipairs(show.worst_habits(report)) do rows[i] = { habit.id, habit.false_alerts, habit.archetype } end
  put_table(out, { { "", 51, left = true }, { "false", 6 }, { "archetype", 22 } }, rows)
end

local function put_switches(out, report)
  local s = report.switches
  if s.pairs == 0 then return end
  title(out, "Identity switching")
  out[#out + 1] = ("%d of %d pairs raised an alert (%s), %d alerts, the first after %s (median)."):format(s.found,
    s.pairs, show.share(s.recall), s.alerts, instant.span(s.seconds_median))
  out[#out + 1] = ""
end

local function put_beside(out, report)
  title(out, "Beside each other: attacks with any alert at all")
  put_table(out, { { "", 20, left = true }, { "recall", 7 }, { "easy", 7 }, { "medium", 7 }, { "hard", 7 },
    { "slow", 7 }, { "false", 7 }, { "p 1", 6 }, { "p 12", 6 }, { "p 52", 6 } },
    show.beside_rows(report))
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
