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
  params = { floor = 96, times = 3, own_times = 4, least = 48, signs = 2, regions = 3, history = "45d", quota = "7d",
    new = "24h" },
  learning   = "14d",

  on = any_of {
    operation(compute.operations) { kind = { "user", "service_principal", "unknown" } }, operation(compute.quota),
  },
  state = {
    machines = first_seen { by = { "resource" }, within = "400d" },
    asked    = total { by = { "resource" }, within = param "history", cap = 16384 },
    vcpus    = total { by = { "subscription" }, within = param "history" },
    own      = total { by = { "subscription", "principal" }, within = param "history" },
    places   = first_seen { by = { "subscription" }, within = param "history" },
    families = first_seen { by = { "subscription", "principal" }, within = param "history" },
    regions  = distinct { by = { "subscription", "principal" }, within = "1h" },
    quota    = first_seen { by = { "subscription", "principal" }, within = param "history" },
  },
  burst = { by = { "subscription", "principal" }, quiet = "24h" },

  about = {
    means   = "Somebody created over four times the compute of their biggest day in the subscription, or most of what "
      .. "is over three times its biggest day; or there are two signs: their first GPU or HPC machine, their first "
      .. "compute, a new region, their first quota act within a week, more than ever, three regions within an hour.",
    numbers = "Volume counts from 96 vCPUs in 24 hours, signs from 48, or with a GPU. History is 45 days. A machine of "
      .. "unknown size is four vCPUs; what a resource had is not counted again, and a machine that is there creates "
      .. "nothing when it is written again; all that is new is one sign in a subscription without compute.",
    false_positives = { "a load test bigger than all before", "whoever builds the next cluster for the first time" },
    evasion = { "growing slowly", "turning up a set to three times the biggest day", "a machine that is resized",
      "the identity that builds everything", "functions, container apps", "a subscription of under 14 days" },
  },

  detect = function(act, state, params)
    if compute.is_quota(act) then return state.quota:add(act) and nil end
    local more, asked, created = growth.fresh(act, state)
    if not more then return end
    local all, own = growth.add(act, state, more, created)
    local signs = growth.signs(act, state, params, asked, created, all, own)
    local big = growth.is_big(params, all, own)
    if not big and #signs < params.signs then return end
    return alert {
      confidence = not asked.known and "low" or big and #signs >= params.signs and "high" or "medium",
      score = own.last_day, threshold = math.max(params.floor, params.own_times * own.most_before),
      reason("volume", "created {vcpus} vCPUs in 24 hours, before at most {before} a day; all together {all}, {most}", {
        vcpus = own.last_day, before = own.most_before, all = all.last_day, most = all.most_before }),
      table.unpack(signs),
    }
  end,
}
