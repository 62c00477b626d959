--- Principals that come back after a long time: what they do then, and whether they come on time.
local returns = {}

local footholds <const> = { Persistence = true, PrivilegeEscalation = true }

--- Can the act keep an intruder inside? Of the catalogue's operations; everyday ones are no proof.
function returns.is_foothold(act)
  if act.principal.kind == "platform" or act.risk.everyday then return false end
  for _, tactic in ipairs(act.risk.tactics) do
    if footholds[tactic] then return true end
  end
  return false
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
