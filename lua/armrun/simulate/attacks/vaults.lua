--- A key vault that somebody deleted and somebody else brings back.
local cast = require "armrun.simulate.attacks.cast"
local places = require "armrun.simulate.attacks.places"
local script = require "armrun.simulate.attacks.script"

local VAULT = "Microsoft.KeyVault/vaults"

local function delete(s, vault)
  s:call(VAULT .. "/delete", vault, { seconds = 3 })
end

local function recover(s, vault)
  s:call(VAULT .. "/write", vault, { seconds = 8, code = "OK", body = {
    location = "westeurope", properties = { createMode = "recover", tenantId = s.who.principal.tenant },
  } })
end

-- The client adds nothing a rule could tell recovery by: its name was taken, and still the write succeeds.
local function create_again(s, vault)
  s:call(VAULT .. "/write", vault, { seconds = 8, body = { location = "westeurope", properties = {
    sku = { family = "A", name = "standard" }, enableSoftDelete = true } } })
end

local function purge(s, vault)
  s:call("Microsoft.KeyVault/locations/deletedVaults/purge/action", places.path(s.subscription)
    .. "/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/" .. places.name(vault), { seconds = 20 })
end

-- A vault of the story's own: what is shared with others they would go on writing to, deleted or not.
local function new_vault(s, sub)
  local vault = s.world:new_resource(VAULT, sub)
  create_again(s, vault)
  s:minutes(30, 400)
  return vault
end

local function open_to_me(s, vault)
  local mine = { objectId = s.who.principal.object_id, permissions = { secrets = { "all" }, keys = { "all" } } }
  s:call(VAULT .. "/accessPolicies/write", places.below(vault, "accessPolicies/add"),
    { seconds = 1, body = { properties = { accessPolicies = { mine } } } })
end

local function thief(world, difficulty)
  if difficulty == "hard" then return cast.thief(world, "service_principal", "medium") end
  local who = cast.thief(world, "user", difficulty)
  who.claims = { amr = difficulty == "medium" and "pwd,mfa" or "pwd" }
  return who
end

local wait = { easy = { 60, 600 }, medium = { 600, 2880 }, hard = { 600, 4320 }, slow = { 7200, 14400 } }

local function recovered_by_another(world, time, difficulty)
  local owner = cast.honest(world, "portal", "admin")
  local s, sub = script.start_inside(world, time, owner)
  local vault = new_vault(s, sub)
  delete(s, vault)
  s:minutes(wait[difficulty][1], wait[difficulty][2])
  local robber = thief(world, difficulty)
  local hand = s:by(robber);
  (difficulty == "slow" and create_again or recover)(hand, vault)
  hand:minutes(1, 5)
  open_to_me(hand, vault)
  return hand:finish { principal = robber.principal, principals = { robber.principal, owner.principal } }
end

-- Deleted by mistake, and brought back by the same hand.
local function own_mistake(world, time)
  local s = script.start(world, time, cast.honest(world, "portal", "dev"))
  local vault = new_vault(s, world:subscription(s.who.principal))
  delete(s, vault)
  s:minutes(3, 90)
  recover(s, vault)
  return s:finish()
end

-- A recovery drill: the pipeline deletes, recovers and purges a vault of its own.
local function recovery_drill(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, nil, "ci_hosted"))
  local vault = world:new_resource(VAULT, sub)
  create_again(s, vault)
  delete(s, vault)
  s:minutes(5, 15)
  recover(s, vault)
  delete(s, vault)
  purge(s, vault)
  return s:finish()
end

-- Deleted by one, purged by an administrator, and made anew under the same name by a third: nothing comes back.
local function purged_and_new(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, "portal", "dev"))
  local vault = new_vault(s, sub)
  delete(s, vault)
  local other = s:by(cast.honest(world, "portal", "admin"))
  other:minutes(10, 60)
  purge(other, vault)
  other:minutes(5, 30)
  create_again(other, vault)
  return s:finish()
end

return {
  { id = "Arm_Suspicious_Vault_Recovering", accepts = {}, difficulties = { "easy", "medium", "hard", "slow" },
    sources = { "activity" }, severity = { easy = "High", medium = "Medium", hard = "Medium", slow = "High" },
    attack = recovered_by_another, look_alikes = {
      { name = "own_mistake", run = own_mistake }, { name = "recovery_drill", run = recovery_drill },
      { name = "purged_and_new", run = purged_and_new },
    } },
}
