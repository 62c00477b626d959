--- How a subscription's compute grows: what an act adds to it, and what about that is new. For compute_creation.lua,
-- whose state and params it takes.
local growth = {}

--- vCPUs that a request adds: to what its resource had asked for before. A resource that is known, but whose amount has
-- left the window, adds nothing. `asked` is what armrun.compute read.
function growth.fresh(act, state, asked)
  if asked.vcpus == 0 then return 0 end
  local known, before = state.machines:add(act).known, state.asked:look(act).sum
  local more = math.max(0, asked.vcpus - before)
  state.asked:add(act, more)
  return known and before == 0 and 0 or more
end

-- A thing is new for a day: an attack does not begin and end with its first machine.
local function is_new(act, seen, params)
  return not seen.known or act.time - seen.first < params.new
end

-- What is new: code -> how the alert says it. Each is remembered, whether or not it comes to an alert.
local function firsts(act, state, params, asked)
  local found = {}
  if is_new(act, state.creators:add(act), params) then found.new_creator = "created no compute here before" end
  if asked.region and is_new(act, state.places:add(act, asked.region), params) then
    found.new_region = "in {region}, where the subscription had none"
  end
  if asked.fast and is_new(act, state.families:add(act, asked.fast), params) then
    found.new_family = "asks for {family}, the subscription's first GPU or HPC machines of the kind"
  end
  return found
end

local order <const> = { "new_family", "new_creator", "new_region" }

--- The signs that an act gives: reasons, how many they are, and are they worth a thought.
function growth.signs(act, state, params, asked, sum)
  local new, list = firsts(act, state, params, asked), {}
  local function sign(code, text, values) list[#list + 1] = reason(code, text, values) end
  for _, code in ipairs(order) do
    local stands = new[code] and (sum.days_before > 0 or code == "new_family")
    if stands then sign(code, new[code], { region = asked.region, family = asked.fast }) end
  end
  local regions = asked.region and state.regions:add(act, asked.region).distinct or 0
  if regions >= params.regions then
    sign("many_regions", "in {regions} regions within an hour", { regions = regions })
  end
  local quota = state.quota:look(act)
  if quota.found then sign("quota", "after a quota act {age:span} before", { age = quota.age }) end
  if sum.days_before == 0 then
    sign("first_compute", "the subscription had no compute in {history:span}", { history = params.history })
  elseif sum.last_day > sum.most_before then
    sign("more_than_ever", "more than on any day before", {})
  end
  return list, sum.last_day >= params.least or asked.fast ~= nil
end

return growth
