--- What the Entra audit log tells: applications that are made and become administrators at once.
local member = require "armrun.member"
local entra = {}

-- The template of Global Administrator, the same everywhere; and the id that the role has in PowerZure's home tenant,
-- which version 2 of it asks for in every tenant.
local GLOBAL <const>, POWERZURE <const> = "62e90394-69f5-4237-9190-012177145e10", "4dda258a-4568-4579-abeb-07709e34e307"
local TARGETS_MAX <const>, CHANGES_MAX <const> = 8, 32

local function list(object, key, most)
  local found = member.of(object, key)
  return type(found) == "table" and found or {}, math.min(type(found) == "table" and #found or 0, most)
end

-- The role that a record speaks of: "global", "powerzure", or nil. Ids lie among the targets and what changed in them.
local function role_of(act)
  local targets = act:record "properties.targetResources" or act:record "targetResources"
  local found
  for i = 1, math.min(type(targets) == "table" and #targets or 0, TARGETS_MAX) do
    local changes, count = list(targets[i], "modifiedproperties", CHANGES_MAX)
    local texts = { member.of(targets[i], "id") }
    for k = 1, count do texts[#texts + 1] = member.of(changes[k], "newvalue") end
    for _, text in pairs(texts) do
      if contains(text, POWERZURE, "i") then return "powerzure" end
      if contains(text, GLOBAL, "i") then found = "global" end
    end
  end
  return found
end

--- Remembers applications that are made (`made` is a first_seen by principal), and tells of one that becomes Global
--- Administrator right away: an alert, or nil.
function entra.new_administrator(act, made)
  if act.operation == "add service principal" then made:add(act) return nil end
  local role, before = role_of(act), made:look(act)
  if role == "powerzure" then
    return alert { confidence = "high", reason("tool_role", "asks for the role by the id that PowerZure has built in") }
  elseif role == "global" and before.known then
    return alert { confidence = "medium", reason("new_administrator", "made an application {took:span} before, and "
      .. "somebody a Global Administrator now", { took = act.time - before.last }) }
  end
end

return entra
