--- What was missed and what cried wolf, one a line: for whoever makes the rules better.
--
--   missed  number of the pair  id  difficulty  from  principals  told as other ids, or unable: the source that lacks
--   false   number of the pair  id  archetype   time  principal   look-alike
local list = {}

local function iso(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", seconds // 1 | 0)
end

-- Tabs and line ends of labels would break the columns.
local function put(out, ...)
  local cells = {}
  for i, cell in ipairs { ... } do cells[i] = (tostring(cell):gsub("%c", " ")) end
  out[#out + 1] = table.concat(cells, "\t") .. "\n"
end

local function names(set)
  local sorted = {}
  for name in pairs(set) do sorted[#sorted + 1] = name end
  table.sort(sorted)
  return table.concat(sorted, " ")
end

local function why(session, found)
  if #session.lacks > 0 then return "unable: " .. table.concat(session.lacks, " ") end
  local rules = {}
  for _, item in ipairs(found) do rules[item.alert.rule] = true end
  return next(rules) and "told as " .. names(rules) or ""
end

local function was_found(found)
  for _, item in ipairs(found) do
    if item.word == "exact" or item.word == "accepted" then return true end
  end
  return false
end

local function put_run(out, number, run)
  for _, session in ipairs(run.labels.sessions) do
    local found = run.found[session]
    if session.kind == "attack" and not was_found(found) then
      put(out, "missed", number, session.id, session.difficulty or "plain", iso(session.from), names(session.who),
        why(session, found))
    end
  end
  for _, item in ipairs(run.wrong) do
    local look_alike = item.look_alike
    put(out, "false", number, item.rule, item.archetype, iso(item.time), item.who or "",
      look_alike and ("look-alike of %s: %s"):format(look_alike.id, look_alike.name or "") or "")
  end
end

--- The lines for judged runs.
---@param runs table[]
---@return string
function list.write(runs)
  local out = {}
  for number, run in ipairs(runs) do put_run(out, number, run) end
  return table.concat(out)
end

return list
