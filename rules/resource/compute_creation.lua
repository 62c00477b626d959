-- Somebody creates more compute than the subscription ever had, or of a kind, in a place, by a hand that it never had:
-- what a stolen account does that mines coins.
local compute, growth = require "armrun.compute", require "lib.growth"

rule "ARM_SuspiciousComputeCreation" {
  title      = "Suspicious creation of compute resources detected",
  severity   = "medium",
  confidence = "medium",
  tactics    = { "Impact" },
  techniques = { "T1496.001", "T1578.002" },
  preview    = true,
  needs      = { "activity" },
  params = { floor = 64, times = 2, least = 16, signs = 2, regions = 3, history = "45d", quota = "7d", new = "24h" },
  learning   = "14d",

  on = any_of {
    operation(compute.operations) { kind = { "user", "service_principal", "unknown" } }, operation(compute.quota),
  },
  state = {
    machines = first_seen { by = { "resource" }, within = "400d" },
    asked    = total { by = { "resource" }, within = param "history", cap = 16384 },
    vcpus    = total { by = { "subscription" }, within = param "history" },
    families = first_seen { by = { "subscription" }, within = param "history" },
    places   = first_seen { by = { "subscription" }, within = param "history" },
    creators = first_seen { by = { "subscription", "principal" }, within = param "history" },
    regions  = distinct { by = { "subscription" }, within = "1h" },
    quota    = tombstone { by = { "subscription" }, within = param "quota" },
    recent   = tally { by = { "subscription" }, of = "principal", within = param "new" },
  },
  burst = { by = { "subscription" }, quiet = "24h" },

  about = {
    means   = "The subscription got more than twice the compute of its biggest day; or there are two signs: first GPU "
      .. "or HPC machine, new region, new creator, quota act, more than ever on a day, three regions within an hour.",
    numbers = "Volume counts from 65 vCPUs in 24 hours, signs from 16, or with a GPU. History is 45 days. A machine of "
      .. "unknown size is four vCPUs; what a resource had is not counted again; all that is new is one sign in a "
      .. "subscription without compute.",
    false_positives = { "a load test bigger than all before", "a move to another region" },
    evasion = { "growing by less than double a day", "functions, container apps", "a subscription of under 14 days" },
  },

  detect = function(act, state, params)
    if compute.is_quota(act) then return state.quota:put(act) end
    local asked = compute.read(act)
    local fresh = compute.is_autoscale(act) and 0 or growth.fresh(act, state, asked)
    if fresh == 0 then return end
    local sum, recent = state.vcpus:add(act, fresh), state.recent:add(act)
    local signs, enough = growth.signs(act, state, params, asked, sum)
    local limit = math.max(params.floor, params.times * sum.most_before)
    local big = sum.last_day > limit
    if not big and (#signs < params.signs or not enough) then return end
    return alert {
      confidence = not asked.known and "low" or big and #signs >= params.signs and "high" or "medium",
      score = sum.last_day, threshold = limit,
      reason("volume", "got {vcpus} vCPUs in 24 hours, at most {before} on a day before; {acts} acts of {people}",
        { vcpus = sum.last_day, before = sum.most_before, acts = recent.total, people = recent.distinct }),
      table.unpack(signs),
    }
  end,
}
