--- A report as one page that needs nothing else: no script, style, font or picture from elsewhere.
local chart = require "armrun.evaluate.chart"
local groups = require "armrun.evaluate.groups"
local instant = require "armrun.evaluate.instant"
local show = require "armrun.evaluate.show"

local html = {}
local escape <const> = chart.escape

local STYLE <const> = [[
:root { color-scheme: light dark; --ground: #fff; --ink: #1c2126; --soft: #5b6670; --line: #dfe3e7; --band: #f5f7f8;
  --own: #0b6bcb; --other: #b3541e; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181c; --ink: #e4e8ec; --soft: #9aa6b1; --line: #2e363d;
  --band: #1b2126; --own: #6cb6ff; --other: #f0a35e; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 24px 20px 60px; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 8px; }
p { margin: 4px 0 10px; } .soft { color: var(--soft); }
.wide { overflow-x: auto; }
#goals { margin-top: 18px; } #goals, #habits, #archetypes { max-width: 700px; } svg { max-width: 960px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 7px; text-align: right; border-bottom: 1px solid var(--line); }
td { white-space: nowrap; }
th { font-weight: 600; font-size: 13px; line-height: 1.25; color: var(--soft); vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; } tbody tr:hover { background: var(--band); }
td small { display: block; color: var(--soft); font-size: 12px; line-height: 1.2; }
.bad { color: var(--bad); font-weight: 600; } .bad::before { content: "✗ "; }
input { font: inherit; padding: 5px 9px; width: 340px; max-width: 100%; margin-bottom: 8px; color: inherit;
  background: var(--ground); border: 1px solid var(--soft); border-radius: 5px; }
svg { width: 100%; height: auto; } .grid { stroke: var(--line); } .lead { stroke: var(--soft); }
.tick { fill: var(--soft); font-size: 12px; } .axis { fill: var(--soft); font-size: 13px; }
.name { fill: var(--ink); font-size: 13px; } .own circle { fill: var(--own); } .other rect { fill: var(--other); }
.total circle { stroke: var(--ink); stroke-width: 2; } .total .name { font-weight: 600; }
]]

local SCRIPT <const> = [[
for (const input of document.querySelectorAll('input[data-filters]')) {
  const rows = document.querySelectorAll('#' + input.dataset.filters + ' tbody tr');
  const shown = document.getElementById(input.dataset.filters + '-shown');
  const filter = () => {
    const wanted = input.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
      count += row.hidden ? 0 : 1;
    }
    shown.textContent = count + ' of ' + rows.length;
  };
  input.addEventListener('input', filter);
  filter();
}
]]

-- ---- tables ----

-- A cell: text, or { text, bad = true, small = text }.
local function cell(value)
  if type(value) ~= "table" then value = { value } end
  local small = value.small and value.small ~= "" and "<small>" .. escape(value.small) .. "</small>" or ""
  local shown = escape(value[1])
  return ("<td>%s%s</td>"):format(value.bad and '<span class="bad">' .. shown .. "</span>" or shown, small)
end

local function put_table(out, name, columns, rows)
  out[#out + 1] = ('<div class="wide"><table id="%s"><thead><tr>'):format(name)
  for _, column in ipairs(columns) do out[#out + 1] = "<th>" .. escape(column) .. "</th>" end
  out[#out + 1] = "</tr></thead><tbody>"
  for _, row in ipairs(rows) do
    local cells = {}
    for i, value in ipairs(row) do cells[i] = cell(value) end
    out[#out + 1] = "<tr>" .. table.concat(cells) .. "</tr>"
  end
  out[#out + 1] = "</tbody></table></div>"
end

local function put_title(out, title, explained)
  out[#out + 1] = "<h2>" .. escape(title) .. "</h2>"
  if explained then out[#out + 1] = '<p class="soft">' .. escape(explained) .. "</p>" end
end

-- ---- sections ----

local function put_head(out, report)
  out[#out + 1] = "<h1>armrun: what it finds, and how often it cries wolf</h1>"
  for _, s in ipairs(report.simulations) do
    local words = ("Simulated tenant, seed %s, shape %s: %s principals, %s subscriptions, %.0f days judged from %s on, "
      .. "%s attack sessions."):format(tostring(s.seed or "?"), s.shape or "?", show.count(s.principals),
      show.count(s.subscriptions), s.judged_days, s.judged_from, show.count(s.attacks))
    out[#out + 1] = '<p class="soft">' .. escape(words) .. "</p>"
  end
  for _, note in ipairs(report.notes) do out[#out + 1] = "<p>" .. escape("The run says: " .. note) .. "</p>" end
end

local function put_chart(out, report)
  put_title(out, "Recall over false alerts", "Up and to the left is better; each step to the right is ten times as "
    .. "many false alerts. Circles: armrun by group of ids, an attack counts when it raised its id or an accepted "
    .. "sibling. Diamonds: what stands beside, where any alert about the attack counts.")
  out[#out + 1] = chart.svg(report)
end

local function goal_cell(g, goal, value, sign)
  return { value, bad = g.met[goal] == false, small = show.goal(g, goal, sign) }
end

local function group_row(g)
  local row = { g.name, show.count(g.sessions), goal_cell(g, "recall", show.share(g.recall), "≥") }
  for _, difficulty in ipairs(groups.difficulties) do
    row[#row + 1] = goal_cell(g, difficulty, show.difficulty(g, difficulty), "≥")
  end
  row[#row + 1] = goal_cell(g, "false_rate", show.rate(g.false_rate) .. (g.per_subscription and " *" or ""), "≤")
  row[#row + 1] = show.count(g.false_alerts)
  row[#row + 1] = show.count(g.false_in_look_alikes)
  row[#row + 1] = g.look_alikes == 0 and "-" or g.violations .. " of " .. show.count(g.look_alikes)
  return row
end

local function put_groups(out, name, report)
  local rows = {}
  for i, g in ipairs(report.groups) do rows[i] = group_row(g) end
  put_table(out, name, { "group", "attacks", "recall", "easy", "medium", "hard", "slow", "false, per 1,000 a day",
    "false alerts", "of them in look-alikes", "look-alikes that fired" }, rows)
end

local function put_more_goals(out, report)
  local rows = {}
  for i, item in ipairs(show.more_goals(report)) do
    rows[i] = { item.words, { item.value, bad = item.met == false }, item.goal }
  end
  put_table(out, "goals", { "also", "figure", "goal" }, rows)
end

local function put_beside(out, report)
  put_title(out, "Beside each other", "An attack is found by any alert that is about it. Precision: the share of "
    .. "alerts that are about an attack, if there are so many attacks per 1,000 principals a year, each told once.")
  local columns = { "", "recall", "easy", "medium", "hard", "slow", "false, per 1,000 a day" }
  for _, p in ipairs(report.precision) do columns[#columns + 1] = "precision at " .. p.sessions_per_1k_year end
  put_table(out, "beside", columns, show.beside_rows(report))
end

local function id_row(id)
  local row = { id.id, show.count(id.sessions), show.share(id.exact_recall),
    { show.share(id.recall), small = id.recall and show.share(id.recall_low) .. "–" .. show.share(id.recall_high) } }
  show.add_difficulties(row, id)
  local more = { show.count(id.false_alerts), show.rate(id.false_per_1k_day),
    id.look_alikes == 0 and "-" or { id.violations .. " of " .. id.look_alikes, bad = id.violations > 0 },
    show.count(id.duplicates), show.count(id.collateral_only),
    { instant.span(id.seconds_median), small = instant.span(id.seconds_p90) }, show.count(id.events_median),
    show.severity_steps(id), show.count(id.learning), show.count(id.unable) }
  table.move(more, 1, #more, #row + 1, row)
  return row
end

local function put_ids(out, report)
  put_title(out, "By id", "Found: under the id or an accepted sibling, below it the 95 % interval that so few sessions "
    .. "allow. Other id: missed, but another alert told of the attack. Severity: how many were told lower (-) or "
    .. "higher (+). Unable: a source the attack shows in was withheld; not counted as missed.")
  out[#out + 1] = '<input type="search" data-filters="ids" placeholder="show ids that hold …" '
    .. 'aria-label="filter by id"> <span class="soft" id="ids-shown"></span>'
  local rows = {}
  for i, id in ipairs(report.ids) do rows[i] = id_row(id) end
  put_table(out, "ids", { "id", "attacks", "exact", "found", "easy", "medium", "hard", "slow", "false",
    "per 1,000 a day", "look-alikes", "dupl.", "other id", "time to alert, 90 %", "records", "severity", "learning",
    "unable" }, rows)
end

local function put_archetypes(out, report)
  put_title(out, "False alerts by archetype")
  put_table(out, "archetypes", { "archetype", "principals", "false alerts", "share", "per 1,000 of them a day" },
    show.archetype_rows(report))
end

local function put_habits(out, report)
  put_title(out, "Whose habits cry wolf, and as what")
  local rows = {}
  for i, habit in ipairs(show.worst_habits(report)) do rows[i] = { habit.id, habit.archetype, habit.false_alerts } end
  put_table(out, "habits", { "id", "archetype", "false alerts" }, rows)
end

local function put_switches(out, report)
  local s = report.switches
  if s.pairs == 0 then return end
  put_title(out, "Identity switching", "Two principals swap what they do. An alert about either counts.")
  local words = ("%d of %d pairs raised an alert (%s; 95 %%: %s–%s), the first after %s (median)."):format(s.found,
    s.pairs, show.share(s.recall), show.share(s.recall_low), show.share(s.recall_high), instant.span(s.seconds_median))
  out[#out + 1] = "<p>" .. escape(words) .. "</p>"
end

--- The page.
---@param report table
---@return string
function html.write(report)
  local out = { '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'; '
      .. 'script-src \'unsafe-inline\'">',
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>armrun: detection quality</title>',
    "<style>" .. STYLE .. "</style></head><body>" }
  put_head(out, report)
  put_chart(out, report)
  put_title(out, "Groups and goals", "Small figures are the goals. * per 100 subscriptions a day.")
  put_groups(out, "groups", report)
  put_more_goals(out, report)
  put_beside(out, report)
  for i, c in ipairs(report.beside) do
    if c.groups then
      put_title(out, c.name .. ": groups")
      put_groups(out, "groups-" .. i, c)
    end
  end
  put_ids(out, report)
  put_archetypes(out, report)
  put_habits(out, report)
  put_switches(out, report)
  out[#out + 1] = "<script>" .. SCRIPT .. "</script></body></html>"
  return table.concat(out, "\n") .. "\n"
end

return html
