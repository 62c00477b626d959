--- The eighteen ids of unusual operations: a stolen user or service principal at one of nine tactics.
local actions = require "armrun.simulate.attacks.actions"
local cast = require "armrun.simulate.attacks.cast"
local perform = require "armrun.simulate.attacks.perform"
local script = require "armrun.simulate.attacks.script"

local tactics = {
  "CredentialAccess", "Collection", "DefenseEvasion", "Execution", "Impact", "InitialAccess", "LateralMovement",
  "Persistence", "PrivilegeEscalation",
}

local how_many = { easy = { 3, 6 }, medium = { 2, 5 }, hard = { 2, 4 }, slow = { 3, 5 }, template = { 2, 4 } }

local ways = { template = perform.in_template, slow = perform.daily }

local function attack(kind, tactic)
  return function(world, time, difficulty)
    local who = cast.thief(world, kind, difficulty)
    local s = cast.set_hour(script.start(world, time, who), difficulty)
    local sub = s:enter()
    if difficulty ~= "hard" then s:signin() end
    local rows = perform.choose(world.random, actions.attacks[tactic], how_many[difficulty], difficulty == "template")
    local run = ways[difficulty] or perform.at_once
    run(s, sub, rows)
    return s:finish()
  end
end

local function everyday(tactic, kind, abroad)
  return function(world, time)
    local who = kind == "user" and cast.honest(world) or cast.service(world)
    if abroad then who.ip = world:network("clean") end
    local s, sub = script.start_inside(world, time, who)
    perform.at_once(s, sub, perform.choose(world.random, actions.everyday[tactic], { 1, 3 }))
    return s:finish()
  end
end

-- A release: the tactic's everyday work among others, all in one deployment of a pipeline.
local function release(tactic)
  return function(world, time)
    local s, sub = script.start_inside(world, time, cast.service(world, nil, "ci_hosted"))
    local rows = perform.choose(world.random, actions.everyday[tactic], { 1, 3 })
    rows[#rows + 1] = { 1, "Microsoft.Web/sites/write", "Microsoft.Web/sites" }
    perform.in_template(s, sub, rows)
    return s:finish()
  end
end

-- The platform does by itself what would be strange of anybody else.
local function platform(tactic)
  return function(world, time)
    local s, sub = script.start_inside(world, time, cast.platform(world))
    perform.at_once(s, sub, perform.choose(world.random, actions.everyday[tactic], { 2, 4 }))
    return s:finish()
  end
end

local function look_alikes(kind, tactic)
  local list = {
    { name = "everyday_work", run = everyday(tactic, kind, false) },
    { name = "everyday_work_abroad", run = everyday(tactic, kind, true) },
  }
  if kind == "user" then return list end
  list[3] = { name = "release", run = release(tactic) }
  list[4] = { name = "platform", run = platform(tactic) }
  return list
end

-- Through a template only what has resources to write.
local function difficulties(tactic)
  local list = { "easy", "medium", "hard", "slow" }
  if perform.writes(actions.attacks[tactic]) >= 4 then list[5] = "template" end
  return list
end

local family = {}
for _, tactic in ipairs(tactics) do
  local own = tactic == "PrivilegeEscalation" and { "ARM_AnomalousRBACRoleAssignment" } or {}
  for _, kind in ipairs { "user", "service_principal" } do
    local id = (kind == "user" and "ARM_AnomalousOperation." or "ARM_AnomalousServiceOperation.") .. tactic
    family[#family + 1] = { id = id, accepts = own, difficulties = difficulties(tactic), sources = { "activity" },
      severity = "Medium", attack = attack(kind, tactic), look_alikes = look_alikes(kind, tactic) }
  end
end
return family
