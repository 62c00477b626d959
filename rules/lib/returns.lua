--- Principals that come back after a long time: what they do then, and whether they come on time.
local everyday = require "armrun.catalog.everyday"

local returns = {}

local footholds <const> = { Persistence = true, PrivilegeEscalation = true }
local own <const> = { selfactivate = true, selfdeactivate = true, selfextend = true, selfrenew = true }

local function is_listed(risk)
  for _, tactic in ipairs(risk.tactics) do
    if footholds[tactic] then return true end
  end
  return false
end

-- A role taken for some hours by who is entitled to it keeps nobody inside.
local function is_activation(act)
  if not suffix(act.operation, "/roleassignmentschedulerequests/write") then return false end
  local request = act:body "properties.requestType"
  return type(request) == "string" and own[request:lower()] or false
end

--- Can the act keep an intruder inside? Of the catalogue's operations; everyday ones when their request is dangerous.
function returns.is_foothold(act)
  local risk = act.risk
  if act.principal.kind == "platform" or not is_listed(risk) then return false end
  if risk.everyday then return everyday.look(act) == "dangerous" end
  return not is_activation(act)
end

--- The reason that names a foothold.
function returns.why(act)
  local _, dangerous = everyday.look(act)
  return reason("foothold", "{operation} can secure a foothold" .. (dangerous and ": {dangerous}" or ""),
    { operation = act.operation, dangerous = dangerous })
end

--- Is this return as far from the one before as those were from each other, give or take `share`? `before` is what
--- first_seen says of the returns; the first of them is measured from the principal's first act.
function returns.is_periodic(act, before, share)
  if not before.known then return false end
  local since = before.times > 1 and before.first or act.profile.first
  local usual = (before.last - since) / math.max(before.times - 1, 1)
  return math.abs(act.time - before.last - usual) <= share * usual
end

--- Was there a pause longer than `idle` within the session, as far as the last two gaps tell? The gap before the return
--- (at least `gap`) is none.
function returns.is_broken(past, idle, gap)
  return past.gap > idle and past.gap < gap or past.gap_before > idle and past.gap_before < gap and past.gap < gap
end

return returns
