--- Sessions to keep a foothold: by an account nobody used for long, or with a client its owner does not use.
local actions = require "armrun.simulate.attacks.actions"
local cast = require "armrun.simulate.attacks.cast"
local perform = require "armrun.simulate.attacks.perform"
local script = require "armrun.simulate.attacks.script"

local function foothold_rows()
  local rows = table.move(actions.attacks.Persistence, 1, #actions.attacks.Persistence, 1, {})
  rows[#rows + 1] = { 3, "Microsoft.Authorization/roleAssignments/write", "subscription",
    "providers/Microsoft.Authorization/roleAssignments/*", seconds = 2 }
  return table.move(actions.attacks.PrivilegeEscalation, 1, #actions.attacks.PrivilegeEscalation, #rows + 1, rows)
end

local footholds = foothold_rows()
local how_many = { easy = { 2, 5 }, medium = { 2, 4 }, hard = { 1, 3 }, slow = { 3, 4 } }

local function run(s, sub, difficulty)
  local rows = perform.choose(s.random, footholds, how_many[difficulty]);
  (difficulty == "slow" and perform.daily or perform.at_once)(s, sub, rows)
  return s:finish()
end

-- The account comes back after two months and more; a thief at its owner's machine in the hard case.
local function dormant(world, time, difficulty)
  local p = world:principal { kind = "user", archetype = "dormant", idle_days = 62 }
  local who = cast.thief_of(world, p, difficulty)
  local s = cast.set_hour(script.start(world, time, who), difficulty)
  local sub = s:enter()
  s:signin()
  return run(s, sub, difficulty)
end

-- An active person, by a client they have not touched for 45 days or ever.
local function other_client(client)
  return function(world, time, difficulty)
    local p = world:principal { kind = "user", mature = true, not_using = world.app[client] }
    local who = cast.thief_of(world, p, difficulty)
    who.app = world.app[client]
    local s = cast.set_hour(script.start(world, time, who), difficulty)
    local sub = s:enter()
    if difficulty ~= "hard" then s:signin() end
    return run(s, sub, difficulty)
  end
end

-- Back from a long leave: the first thing to do is everyday work.
local function back_from_leave(world, time)
  local p = world:principal { kind = "user", archetype = "dormant", idle_days = 62 }
  local s, sub = script.start_inside(world, time, cast.honest_of(world, p))
  s:signin()
  perform.at_once(s, sub, perform.choose(s.random, actions.ordinary, { 2, 3 }))
  return s:finish()
end

-- Two weeks of holidays, then a foothold's kind of work, as its owner does it.
local function short_holiday(world, time)
  local p = world:principal { kind = "user", archetype = "admin", mature = true }
  local s, sub = script.start_inside(world, time, cast.honest_of(world, p))
  perform.at_once(s, sub, perform.choose(s.random, actions.everyday.Persistence, { 1, 2 }))
  return s:finish()
end

-- Somebody tries another client, for everyday work.
local function first_try(client)
  return function(world, time)
    local p = world:principal { kind = "user", mature = true, not_using = world.app[client] }
    local who = cast.honest_of(world, p)
    who.app = world.app[client]
    local s, sub = script.start_inside(world, time, who)
    perform.at_once(s, sub, perform.choose(s.random, actions.ordinary, { 2, 4 }))
    return s:finish()
  end
end

-- Their own client, and work that secures access: a duty.
local function own_client(client)
  return function(world, time)
    local p = world:principal { kind = "user", archetype = "admin", mature = true, using = world.app[client] }
    local s, sub = script.start_inside(world, time, cast.honest_of(world, p))
    perform.at_once(s, sub, perform.choose(s.random, actions.everyday.Persistence, { 1, 2 }))
    return s:finish()
  end
end

local all = { "easy", "medium", "hard", "slow" }

local function story(id, attack, look_alikes)
  return { id = id, accepts = {}, difficulties = all, sources = { "activity" }, severity = "Medium", attack = attack,
    look_alikes = look_alikes }
end

return {
  story("ARM_UnusedAccountPersistence", dormant, {
    { name = "back_from_leave", run = back_from_leave }, { name = "short_holiday", run = short_holiday },
  }),
  story("ARM_UnusedAppPowershellPersistence", other_client("powershell"), {
    { name = "first_try", run = first_try("powershell") }, { name = "own_client", run = own_client("powershell") },
  }),
  story("ARM_UnusedAppIbizaPersistence", other_client("portal"), {
    { name = "first_try", run = first_try("portal") }, { name = "own_client", run = own_client("portal") },
  }),
}
