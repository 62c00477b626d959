-- What somebody does anyway, and an attacker with a stolen identity does not.
local habit = {}

--- Was the same done on `params.days` days before, the first of them more than `params.again` ago? `before` is what a
--- first_seen tells. Where an alert matters one day is none: an attack that was told yesterday would hide the one of today.
function habit.is_usual(before, act, params)
  return before.known and before.days >= params.days and act.time - before.first > params.again
end

return habit
