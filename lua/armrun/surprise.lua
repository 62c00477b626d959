--- How surprising is an act, coming from this principal? A sum of bits: one bit is a surprise of one in two, ten bits
-- of one in a thousand. Every part is a small function below that gives its bits, and a sentence with the numbers they
-- come from; the sentences are the reasons of the alert.
--
--   new_operation     on how few of its days a high-risk operation is new to it                        at most 7
--   rare_here         how few of its kind do it in this subscription; and does nobody in the tenant    at most 6, and 1
--   new_network       how seldom it comes from a new network                                           at most 6
--   new_app           how seldom it uses a new client                                                  at most 5
--   odd_hour          how little of its work falls into this hour of the day (people only)             at most 3
--   new_subscription  how seldom it works in a new subscription                                        at most 4
--   in_one_go         how many others were new to it just before; and do its new ones come in bundles? at most 8
--   listed_address    its address is on a list                                                         4
--   foreign_token     its token was issued to another network                                          2
--
-- Novelty is measured by the principal's own: one whose network changes daily surprises nobody with a new one. Only
-- what happened after it had settled counts (14 days and 5 active ones after its first act), for at the start everything
-- is new. A network, a client, a subscription is new for all of the day on which it was first seen, so that whoever
-- comes with it stays new. Principals that have not settled are measured by their peers alone.
--
-- new_operation and rare_here weigh half for each of: it failed; an everyday operation whose request is unknown; a part
-- of a deployment. And less the more others began the operation within days, down to half (a wave, as of a rollout).
local everyday = require "armrun.catalog.everyday"

local log <const> = math.log

local surprise = {}

--- What a principal of a kind begins anew on an active day, on average, where nothing is known of the tenant: these
-- weigh POOLED_WEIGHT days against what all of its kind did there. A principal's own record is averaged with
-- POOLED_DAYS of what came out, so that one who has just settled is neither suspect nor beyond suspicion.
surprise.pooled = {
  user = { operation = 1 / 40, network = 1 / 20, app = 1 / 60, subscription = 1 / 60 },
  service_principal = { operation = 1 / 120, network = 1 / 60, app = 1 / 365, subscription = 1 / 120 },
}
local POOLED_DAYS <const>, POOLED_WEIGHT <const> = 10, 300

surprise.caps = {
  operation = 7, peers = 6, network = 6, app = 5, hour = 3, subscription = 4, in_one_go = 8,
}
-- Of 10 new operations 3 are followed by another on the same day; a principal's own record is averaged with
-- POOLED_NEWS such operations.
local POOLED_FOLLOWED <const>, POOLED_NEWS <const> = 0.3, 3
local TENANT_FIRST <const>, LISTED <const>, FOREIGN_TOKEN <const>, HALF <const> = 1, 4, 2, 0.5
local ROUNDING <const> = 0.01

surprise.bad_tags = { "malicious", "tor", "proxy" }

local people = { user = "users", service_principal = "service principals" }

local function round(number)
  return math.floor(number * 100 + 0.5) / 100
end

--- Bits of something that happens with this probability: 0.25 is 2 bits. From 0 to cap.
---@param probability number
---@param cap number
function surprise.bits(probability, cap)
  if probability <= 0 then return cap end
  if probability >= 1 then return 0 end
  local bits = -log(probability, 2)
  return bits < cap and bits or cap
end

--- How often a day something new comes: `new` things in `days` active days, and POOLED_DAYS average days.
function surprise.rate(new, days, pooled)
  return (new + POOLED_DAYS * pooled) / (days + POOLED_DAYS)
end

-- One part of the sum.
local function part(code, bits, text, values)
  values.bits = bits
  return { code = code, bits = bits, text = text, values = values }
end

local bits_of = {}

-- A part as (act, its profile) -> part or nil. `bits` goes by what the core knows by heart: no record is read for it, so
-- that may_reach can ask it of every act. `tell` gives the sentence and its numbers, or nothing where the record does
-- not say what they are about; it is asked when there are bits to tell of.
local function measured(code, bits, tell)
  bits_of[code] = bits
  return function(act, past)
    local found = round(bits(act, past))
    if found <= 0 then return nil end
    local text, values = tell(act, past)
    return text and part(code, found, text, values)
  end
end

local counted <const> = {
  operation = "operations_new_days", network = "networks_new", app = "apps_new", subscription = "subscriptions_new",
}

-- What is usual for its kind: as all of them in the tenant had it, averaged with POOLED_WEIGHT days of surprise.pooled.
local function usual_rate(act, what)
  local peers, pooled = act.peers, surprise.pooled[act.principal.kind] or surprise.pooled.user
  return (peers[counted[what]] + POOLED_WEIGHT * pooled[what]) / (peers.settled_days + POOLED_WEIGHT)
end

-- "2 new ones in 63 active days", or that there was none.
local function record_of(past, new, what)
  if past.settled_days == 0 then return "too early to say how often that happens" end
  if new == 0 then return ("no new %s in {days} active days"):format(what) end
  return ("{new} new %s in {days} active days"):format(new == 1 and what or what .. "s")
end

-- Bits of a new thing by the principal's own record of them.
local function own_bits(act, past, what, new)
  return surprise.bits(surprise.rate(new, past.settled_days, usual_rate(act, what)), surprise.caps[what])
end

-- ---- the parts -------------------------------------------------------------------------------------------------

-- Of the days, not of the operations: what comes in one go is one event, which in_one_go measures.
surprise.new_operation = measured("new_operation", function(act, past)
  return past.operation.known and 0 or own_bits(act, past, "operation", past.operations_new_days)
end, function(act, past)
  local new = past.operations_new_days
  return "{operation} is new to it; " .. (new > 0 and "a new high-risk operation on {new} of {days} active days"
    or record_of(past, new, "high-risk operation")),
    { operation = act.operation, new = new, days = past.settled_days, active_days = past.active_days }
end)

surprise.rare_here = measured("rare_here", function(act)
  local peers = act.peers
  local bits = surprise.bits((peers.doing + 0.5) / (peers.principals + 1), surprise.caps.peers)
  return peers.tenant_first and bits + TENANT_FIRST or bits
end, function(act)
  local peers = act.peers
  return "{doing} of {principals} {kind} of this subscription did it within 90 days"
    .. (peers.tenant_first and ", and nobody in the tenant ever" or ""),
    { doing = peers.doing, principals = peers.principals, kind = people[act.principal.kind] or "principals" }
end)

surprise.new_network = measured("new_network", function(act, past)
  return past.network.known and 0 or own_bits(act, past, "network", past.networks_new)
end, function(act, past)
  if not act.network then return nil end
  local new = past.networks_new
  return "from {network}, new to it; " .. record_of(past, new, "network"),
    { network = act.network, new = new, days = past.settled_days }
end)

surprise.new_app = measured("new_app", function(act, past)
  return past.app.known and 0 or own_bits(act, past, "app", past.apps_new)
end, function(act, past)
  local app, new = act.principal.app_name or act.principal.app_id, past.apps_new
  if not app then return nil end
  return "first use of {app}; " .. record_of(past, new, "client"), { app = app, new = new, days = past.settled_days }
end)

-- The share is of three hours, an eighth of the day: so much is no surprise.
surprise.odd_hour = measured("odd_hour", function(act, past)
  local share = past.hour_share
  if not share or act.principal.kind ~= "user" then return 0 end
  return surprise.bits(share * 8, surprise.caps.hour)
end, function(act, past)
  local second = act.time % 86400
  return "at {clock} UTC, where {percent} % of its work falls", {
    clock = ("%02d:%02d"):format(second // 3600, second % 3600 // 60),
    percent = math.floor(past.hour_share * 100 + 0.5),
  }
end)

local function subscriptions_new(past)
  return past.settled and past.subscriptions_new or 0
end

-- The first subscription of all is no surprise.
surprise.new_subscription = measured("new_subscription", function(act, past)
  if not past.found or past.subscription.known then return 0 end
  return own_bits(act, past, "subscription", subscriptions_new(past))
end, function(act, past)
  if not act.subscription then return nil end
  local new = subscriptions_new(past)
  return "in a subscription that is new to it; " .. record_of(past, new, "subscription"),
    { new = new, days = past.settled_days }
end)

-- An operation that was told today is still new, but not another one.
local function others_lately(past)
  local lately = past.operations_new_lately
  return lately > 0 and past.operation.last_days_ago == 0 and lately - 1 or lately
end

-- How often a new operation of this principal is followed by another on the same day.
local function followed(past)
  local before = math.max(0, past.operations_new - past.operations_new_lately)
  local followers = math.max(0, before - past.operations_new_days)
  return (followers + POOLED_NEWS * POOLED_FOLLOWED) / (before + POOLED_NEWS)
end

local bundles <const> = "; {percent} % of its new ones are followed by another"

surprise.in_one_go = measured("in_one_go", function(_, past)
  local others = others_lately(past)
  return others == 0 and 0 or math.min(surprise.caps.in_one_go, -others * log(followed(past), 2))
end, function(_, past)
  local others = others_lately(past)
  return (others == 1 and "after another new high-risk operation, within the hour"
    or "after {others} other new high-risk operations, each within an hour of the next") .. bundles,
    { others = others, percent = math.floor(followed(past) * 100 + 0.5) }
end)

local function listed_as(act)
  local intel = act.intel
  if intel:tagged "allow" then return nil end
  for _, tag in ipairs(surprise.bad_tags) do
    if intel:tagged(tag) then return tag end
  end
end

function surprise.listed_address(act)
  local tag = listed_as(act)
  if not tag then return nil end
  return part("listed_address", LISTED, "{ip} is listed as {tag} by {feed}",
    { ip = act.ip, tag = tag, feed = act.intel.feed or "a list" })
end

--- An IPv6 login and an IPv4 call, or the other way round, may well be one machine.
function surprise.foreign_token(act)
  local here, there = act.network, act.token_network
  if not here or not there or here == there or contains(here, ":") ~= contains(there, ":") then return nil end
  return part("foreign_token", FOREIGN_TOKEN, "its token was issued to {token_network}, not to {network}",
    { token_network = there, network = here })
end

-- ---- what weighs less -------------------------------------------------------------------------------------------

local function half(code, text, values)
  values = values or {}
  values.weight = HALF
  return { code = code, text = text .. ": half weight", values = values }
end

--- An everyday operation counts when its request is dangerous; with no request to look at, half.
function surprise.everyday(act)
  if not act.risk.everyday then return nil end
  local verdict, why = everyday.look(act)
  if verdict == "dangerous" then return { code = "dangerous_request", text = "{why}", values = { why = why } } end
  return half("everyday_operation", "an everyday operation whose request is not known")
end

function surprise.denied(act)
  if act.status ~= "failed" then return nil end
  return half("denied", "it was denied or failed")
end

function surprise.part_of(act)
  local outer = act.part_of
  if outer then return half("part_of_request", "a part of {request}", { request = outer }) end
end

--- `others`: how many others began the operation of late. `many`: with how many it weighs half; with fewer, more.
function surprise.rollout(_, others, many)
  if others < 1 then return nil end
  local weight = 1 - HALF * math.min(1, (others + 1) / (many + 1))
  local who = others == 1 and "another" or "{others} others"
  return { code = "rollout", text = who .. " began this operation of late: it weighs {weight}",
    values = { others = others, weight = round(weight) } }
end

--- Is an act like those of a wave: of one with habits, and in none but the operation out of them? Whoever comes from
-- elsewhere, with another client, from a listed address makes no wave, so that stolen accounts do not excuse each other.
function surprise.makes_wave(act)
  local past = act.profile
  local at_home = past.network.known or not act.network
  return past.settled and at_home and past.app.known and not surprise.listed_address(act)
end

--- What is known of one that has not settled.
function surprise.no_habits(act, past)
  local days = past.found and math.floor((act.time - past.first) / 86400) or 0
  return { code = "no_habits", text = "known for {days} days, {active_days} of them active: too few for habits",
    values = { days = days, active_days = past.active_days } }
end

-- ---- the sum ----------------------------------------------------------------------------------------------------

-- `itself`: of the operation, these may weigh less; `around`: of its circumstances.
local settled = {
  itself = { "new_operation", "rare_here" },
  around = {
    "new_network", "new_app", "odd_hour", "new_subscription", "in_one_go", "listed_address", "foreign_token",
  },
}
local young = { itself = { "rare_here" }, around = { "new_subscription", "listed_address" } }

-- Adds what is found to the sum, each times `weight`; gives how many bits came to it.
local function add(sum, codes, act, past, weight)
  local before = sum.score
  for _, code in ipairs(codes) do
    local found = surprise[code](act, past)
    if found then
      found.bits = round(found.bits * weight)
      found.values.bits = found.bits
      sum.score = round(sum.score + found.bits)
      sum[#sum + 1] = found
    end
  end
  return sum.score - before
end

local function lighter(act, others, many)
  local list, weight = {}, 1
  for _, find in ipairs { surprise.denied, surprise.part_of, surprise.everyday, surprise.rollout } do
    local found = find(act, others, many)
    list[#list + 1] = found
    weight = weight * (found and found.values.weight or 1)
  end
  return list, weight
end

local plain = {
  [true] = { "new_network", "new_app", "new_subscription", "new_operation", "in_one_go", "rare_here", "odd_hour" },
  [false] = { "new_subscription", "rare_here" },
}

--- Can the sum reach so many bits? Found without reading a record, and for most acts the answer is no.
---@param act armrun.Act
---@param threshold number
function surprise.may_reach(act, threshold)
  local past = act.profile
  local settled_down = past.settled
  local most = settled_down and FOREIGN_TOKEN + ROUNDING or ROUNDING
  for _, code in ipairs(plain[settled_down]) do most = most + bits_of[code](act, past) + ROUNDING end
  return most >= threshold or most + LISTED >= threshold and listed_as(act) ~= nil
end

--- The sum for an act: { score =, young =, part, part, … }, each part { code, text, values, bits }. Nil when it is not
-- worth a thought: an everyday operation with a harmless request, or with an unknown one and nothing else surprising.
---@param act armrun.Act
---@param others integer  how many other principals of its kind began the operation of late
---@param many integer  with how many it weighs half
function surprise.measure(act, others, many)
  local verdict = act.risk.everyday and everyday.look(act)
  if verdict == "harmless" then return nil end
  local past, sum = act.profile, { score = 0 }
  sum.young = not past.settled
  local parts, notes, weight = sum.young and young or settled, lighter(act, others, many)
  add(sum, parts.itself, act, past, weight)
  local more = add(sum, parts.around, act, past, 1)
  if verdict == "unknown" and more == 0 then return nil end
  for _, note in ipairs(notes) do sum[#sum + 1] = note end
  if sum.young then sum[#sum + 1] = surprise.no_habits(act, past) end
  return sum
end

return surprise
