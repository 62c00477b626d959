--- How a subscription's compute grows: what an act adds to it, and what about that is new. For compute_creation.lua,
-- whose state and params it takes.
local compute = require "armrun.compute"
local growth = {}

-- The request of a machine that is there is not even read.
local function machine(act, state)
  if state.machines:add(act).known then return nil end
  local asked = compute.read(act)
  return asked.vcpus, asked, true
end

--- What a request adds: vCPUs, nil for none; what it asks for, as armrun.compute reads it; is the resource new. A set
-- that is known, but whose amount has left the window, adds nothing; nor do clusters that grow by themselves.
function growth.fresh(act, state)
  if compute.is_autoscale(act) then return nil end
  if compute.is_machine(act) then return machine(act, state) end
  local asked = compute.read(act)
  if asked.vcpus == 0 then return nil end
  local known, before = state.machines:add(act).known, state.asked:look(act).sum
  local more = math.max(0, asked.vcpus - before)
  state.asked:add(act, more)
  if more == 0 or known and before == 0 then return nil end
  return more, asked, not known
end

--- Adds it to the subscription's and to its creator's. A creator's are only those of new resources: what is turned up
-- is counted with the subscription.
function growth.add(act, state, more, created)
  return state.vcpus:add(act, more), created and state.own:add(act, more) or state.own:look(act)
end

--- Is it far more than ever, of the subscription, mostly by this creator, or of this creator?
function growth.is_big(params, all, own)
  local floor = params.floor
  if own.last_day >= floor and own.last_day > params.own_times * own.most_before then return true end
  return all.last_day >= floor and all.last_day > params.times * all.most_before and own.last_day * 2 >= all.last_day
end

-- A thing is new for a day: an attack does not begin and end with its first machine.
local function is_new(act, seen, params)
  return not seen.known or act.time - seen.first < params.new
end

-- What is new: code -> how the alert says it. Each is remembered, whether or not it comes to an alert.
local function firsts(act, state, params, asked, own, region)
  local found = {}
  if own.days_before == 0 then found.new_creator = "created no compute here before" end
  if region and is_new(act, state.places:add(act, region), params) then
    found.new_region = "in {region}, where the subscription had none"
  end
  if asked.fast and is_new(act, state.families:add(act, asked.fast), params) then
    found.new_family = "asks for {family}, its first GPU or HPC machines of the kind here"
  end
  return found
end

local order <const> = { "new_family", "new_creator", "new_region" }

--- The signs that an act gives: reasons. Turning up what is there is none.
function growth.signs(act, state, params, asked, created, all, own)
  local region = compute.place(act)
  local new, list = firsts(act, state, params, asked, own, region), {}
  local regions = region and state.regions:add(act, region).distinct or 0
  if not created or own.last_day < params.least and not asked.fast then return list end
  local function sign(code, text, values) list[#list + 1] = reason(code, text, values) end
  for _, code in ipairs(order) do
    local stands = new[code] and (all.days_before > 0 or code == "new_family")
    if stands then sign(code, new[code], { region = region, family = asked.fast }) end
  end
  if regions >= params.regions then
    sign("many_regions", "in {regions} regions within an hour", { regions = regions })
  end
  local quota = state.quota:look(act)
  if quota.known and act.time - quota.first <= params.quota then
    sign("quota", "after its first quota act, {age:span} before", { age = act.time - quota.first })
  end
  if all.days_before == 0 then
    sign("first_compute", "the subscription had no compute in {history:span}", { history = params.history })
  elseif own.last_day >= params.floor and own.last_day > own.most_before then
    sign("more_than_ever", "more than it created on any day before", {})
  end
  return list
end

return growth
