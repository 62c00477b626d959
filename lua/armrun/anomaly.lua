--- What the rules of anomalous operations share: which acts are candidates, and how they are judged. The score itself
-- is armrun.surprise.
local surprise, everyday = require "armrun.surprise", require "armrun.catalog.everyday"

local anomaly = {}

local outcomes = { "succeeded", "failed" }
local logs = { "activity", "directory" }

-- Operations whose first tactic this is: one that is good for several is told once.
local function pick(tactic, kind)
  return high_risk(tactic) { kind = kind, source = logs, status = outcomes, first = true }
end

--- Acts of a tactic's operations that are new to a principal with habits; and known ones from a new network with a new
-- client, where everyday operations are left out. Without habits, only what can reach a threshold. The core picks them,
-- so that Lua runs for few acts.
---@param tactic armrun.Tactic
---@param kind armrun.Kind
function anomaly.candidates(tactic, kind)
  return any_of {
    pick(tactic, kind) { novelty = { "operation" }, settled = true, everyday = true },
    pick(tactic, kind) { novelty = { "network", "app" }, settled = true },
    pick(tactic, kind) { novelty = { "operation", "subscription" }, everyday = true },
    pick(tactic, kind) { novelty = { "operation" }, ip = surprise.bad_tags, everyday = true },
  }
end

-- The deletion of a resource group, or of whatever holds it, is judged; what goes with it is not.
local function goes_with_another(act)
  if not suffix(act.operation, "/delete") then return false end
  local outer = act.part_of
  return outer and suffix(outer, "/delete")
end

-- Harmless requests of everyday operations do not excuse a dangerous one.
local function begins(act)
  if act.status == "failed" or act.profile.operation.known then return false end
  return not act.risk.everyday or everyday.look(act) == "dangerous"
end

-- How many others of its kind began the operation in this subscription of late, each as it always works.
local function begun_by_others(act, begun)
  if not begins(act) or not surprise.makes_wave(act) then return begun:look(act).distinct end
  return begun:add(act).distinct - 1
end

--- The `detect` of them all: the act is told when its surprise reaches params.threshold bits. state.begun counts who
-- began an operation of late, params.rollout is with how many it weighs half.
function anomaly.detect(act, state, params)
  if goes_with_another(act) then return end
  local may_reach = surprise.may_reach(act, params.threshold)
  if act.risk.everyday and not may_reach then return end
  local others = begun_by_others(act, state.begun)
  if not may_reach then return end
  local sum = surprise.measure(act, others, params.rollout)
  if not sum or sum.score < params.threshold then return end
  local told = {
    severity = sum.young and "low" or "medium", confidence = sum.young and "low" or "medium",
    score = sum.score, threshold = params.threshold, evidence = { act },
  }
  for i, part in ipairs(sum) do told[i] = reason(part.code, part.text, part.values) end
  return alert(told)
end

--- The `about` of a rule: what is the same in all of them, and its own `means` and `false_positives`.
function anomaly.about(means, false_positives)
  return {
    means = means,
    numbers = "The score is the surprise in bits: how seldom this principal begins something new, how few of its peers "
      .. "do it, whether network, client, hour, subscription are new too, and what else was new to it just before. It is "
      .. "told from 11 bits on. How often something is new is learnt from the tenant. Who has no habits yet (14 days, 5 "
      .. "of them active) is measured by peers and subscription alone, and told with low severity. An operation that "
      .. "others began within a week, each where they always work, weighs less: three quarters after one, half after "
      .. "three.",
    false_positives = false_positives,
    evasion = "Doing only what the account does anyway; or doing it while the tool still learns.",
  }
end

return anomaly
