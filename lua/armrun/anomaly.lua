--- What the rules of anomalous operations share: which acts are candidates, and how they are judged. The score itself is
-- armrun.surprise.
local surprise = require "armrun.surprise"

local anomaly = {}

local outcomes = { "succeeded", "failed" }
local logs = { "activity", "directory" }

--- Acts of a tactic's operations that are new to the principal; and known ones from a new network with a new client,
-- where everyday operations are left out. The core picks them, so that Lua runs for few acts.
---@param tactic armrun.Tactic
---@param kind armrun.Kind
function anomaly.candidates(tactic, kind)
  return any_of {
    high_risk(tactic) { kind = kind, source = logs, status = outcomes, novelty = { "operation" }, everyday = true },
    high_risk(tactic) { kind = kind, source = logs, status = outcomes, novelty = { "network", "app" } },
  }
end

-- The deletion of a resource group, or of whatever holds it, is judged; what goes with it is not.
local function goes_with_another(act)
  local outer = act.part_of
  return outer and suffix(outer, "/delete") and suffix(act.operation, "/delete")
end

-- How many others of its kind began the operation in this subscription of late.
local function begun_by_others(act, begun)
  if act.status == "failed" or act.profile.operation.known then return begun:look(act).distinct end
  return begun:add(act).distinct - 1
end

--- A `detect`: the act is told when its surprise reaches params.threshold bits. state.begun counts who began an
-- operation of late, params.rollout is how many make it a rollout. An operation that is good for several tactics is told
-- under its first one only.
---@param tactic armrun.Tactic
function anomaly.detect(tactic)
  return function(act, state, params)
    if act.risk.first ~= tactic or goes_with_another(act) then return end
    local sum = surprise.measure(act, begun_by_others(act, state.begun), params.rollout)
    if not sum or sum.score < params.threshold then return end
    local told = {
      severity = sum.young and "low" or "medium", confidence = sum.young and "low" or "medium",
      score = sum.score, threshold = params.threshold, evidence = { act },
    }
    for i, part in ipairs(sum) do told[i] = reason(part.code, part.text, part.values) end
    return alert(told)
  end
end

--- The `about` of a rule: what is the same in all of them, and its own `means` and `false_positives`.
function anomaly.about(means, false_positives)
  return {
    means = means,
    numbers = "The score is the surprise in bits: how seldom this principal begins something new, how few of its peers do "
      .. "it, and whether network, client, hour, subscription are new too. People are told from 9 bits on, service "
      .. "principals from 12, whose habits are narrower. Who has no habits yet (14 days, 5 of them active) is measured by "
      .. "peers alone, and told with low severity.",
    false_positives = false_positives,
    evasion = "Doing only what the account does anyway; or doing it while the tool still learns.",
  }
end

return anomaly
