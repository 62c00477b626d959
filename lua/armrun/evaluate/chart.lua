--- The chart of a report as inline SVG: recall over false alerts, where up and to the left is better.
local show = require "armrun.evaluate.show"

local chart = {}

local WIDTH <const>, HEIGHT <const> = 880, 430
local LEFT <const>, RIGHT <const>, TOP <const>, BOTTOM <const> = 62, 200, 20, 56
local NONE <const> = 56 -- the strip at the left for what raised no false alert, which a log scale has no place for

local function escape(value)
  return (tostring(value):gsub("[&<>\"']", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
    ["'"] = "&#39;" }))
end
chart.escape = escape

--- The points: the groups, all, and what stands beside, as { name, x, y, class }.
function chart.points(report)
  local points = {}
  for _, g in ipairs(report.groups) do
    if g.recall and g.false_per_1k_day then
      local all = g.key == "all"
      points[#points + 1] = { name = all and "armrun, all ids" or g.name, x = g.false_per_1k_day, y = g.recall,
        class = all and "own total" or "own" }
    end
  end
  for _, c in ipairs(report.beside) do
    if c.recall and c.false_per_1k_day then
      points[#points + 1] = { name = c.name, x = c.false_per_1k_day, y = c.recall, class = "other" }
    end
  end
  return points
end

-- Whole decades around all positive x.
local function decades(points)
  local low, high = math.huge, -math.huge
  for _, p in ipairs(points) do
    if p.x > 0 then low, high = math.min(low, p.x), math.max(high, p.x) end
  end
  if low > high then low, high = .1, 1 end
  local first, last = math.floor(math.log(low, 10)), math.ceil(math.log(high, 10))
  return first, math.max(last, first + 1)
end

-- Where recall begins: a round tenth with room below the worst.
local function lowest(points)
  local low = 1
  for _, p in ipairs(points) do low = math.min(low, p.y) end
  return math.max(0, math.floor((low - .1) * 5) / 5)
end

-- x and y of a value, and the ticks of both axes; any_none: a point lies in the strip of those without false alerts.
local function scale(points)
  local first, last = decades(points)
  local axis = { first = first, last = last, low = lowest(points), any_none = false }
  for _, p in ipairs(points) do axis.any_none = axis.any_none or p.x <= 0 end
  local from, to = LEFT + (axis.any_none and NONE or 0), WIDTH - RIGHT
  function axis.x(value)
    if value <= 0 then return LEFT + NONE / 3 end
    return from + (math.log(value, 10) - first) / (last - first) * (to - from)
  end
  function axis.y(value) return TOP + (1 - value) / (1 - axis.low) * (HEIGHT - TOP - BOTTOM) end
  return axis
end

local function line(out, x1, y1, x2, y2, class)
  out[#out + 1] = ('<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>'):format(class, x1, y1, x2, y2)
end

local function words(out, x, y, anchor, value, class)
  out[#out + 1] = ('<text class="%s" x="%.1f" y="%.1f" text-anchor="%s">%s</text>'):format(class or "tick", x, y,
    anchor, escape(value))
end

local function axes(out, axis)
  local x, right, bottom = axis.x, WIDTH - RIGHT, HEIGHT - BOTTOM
  for tenth = math.floor(axis.low * 10 + .5), 10, axis.low < .5 and 2 or 1 do
    local y = axis.y(tenth / 10)
    line(out, LEFT, y, right, y, "grid")
    words(out, LEFT - 8, y + 4, "end", ("%.1f"):format(tenth / 10))
  end
  for power = axis.first, axis.last do
    line(out, x(10 ^ power), TOP, x(10 ^ power), bottom, "grid")
    words(out, x(10 ^ power), bottom + 18, "middle", ("%.10g"):format(10 ^ power))
  end
  if axis.any_none then words(out, x(0), bottom + 18, "middle", "none") end
  words(out, (LEFT + right) / 2, HEIGHT - 12, "middle", "false alerts per 1,000 principals a day (logarithmic)", "axis")
  out[#out + 1] = ('<text class="axis" transform="translate(16 %.1f) rotate(-90)" text-anchor="middle">recall</text>')
    :format((TOP + bottom) / 2)
end

-- Names stand right of their points; where one would lie on another or on a point, it moves down.
local function place_names(points)
  local placed = {}
  for _, p in ipairs(points) do placed[#placed + 1] = { owner = p, px = p.px - 20, width = 26, at = p.py + 4 } end
  table.sort(points, function(a, b)
    if a.py ~= b.py then return a.py < b.py end
    return a.px < b.px
  end)
  for _, p in ipairs(points) do
    local at, moved = p.py + 4, true
    p.width = 24 + 7.2 * (utf8.len(p.name) or #p.name)
    while moved do
      moved = false
      for _, q in ipairs(placed) do
        local overlaps = q.owner ~= p and p.px < q.px + q.width and q.px < p.px + p.width
        if overlaps and math.abs(at - q.at) < 15 then at, moved = q.at + 15, true end
      end
    end
    p.at = at
    placed[#placed + 1] = p
  end
end

local function shape(p)
  if p.class == "other" then
    return ('<rect x="%.1f" y="%.1f" width="10" height="10" transform="rotate(45 %.1f %.1f)"/>'):format(p.px - 5,
      p.py - 5, p.px, p.py)
  end
  return ('<circle cx="%.1f" cy="%.1f" r="%d"/>'):format(p.px, p.py, p.class == "own" and 5 or 8)
end

local function put_point(out, p)
  out[#out + 1] = ('<g class="point %s"><title>%s: recall %s, %s false alerts</title>%s'):format(p.class,
    escape(p.name), show.share(p.y), show.rate(p.x), shape(p))
  if math.abs(p.at - p.py - 4) > 1 then line(out, p.px, p.py, p.px + 12, p.at - 4, "lead") end
  words(out, p.px + 14, p.at, "start", p.name, "name")
  out[#out + 1] = "</g>"
end

--- The chart.
---@param report table
---@return string
function chart.svg(report)
  local points, out = chart.points(report), {}
  local axis = scale(points)
  out[1] = ('<svg viewBox="0 0 %d %d" role="img" aria-label="Recall over false alerts">'):format(WIDTH, HEIGHT)
  axes(out, axis)
  for _, p in ipairs(points) do p.px, p.py = axis.x(p.x), axis.y(p.y) end
  place_names(points)
  for _, p in ipairs(points) do put_point(out, p) end
  out[#out + 1] = "</svg>"
  return table.concat(out, "\n")
end

return chart
