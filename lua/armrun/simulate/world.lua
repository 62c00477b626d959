--- What a story of an attack or a look-alike sees of the tenant. Each session has a world with a stream of its own, so
--- that another story changes nothing in it, and nothing a story does changes everyday life.
local apps = require "armrun.simulate.apps"
local bodies = require "armrun.simulate.bodies"
local calendar = require "armrun.simulate.calendar"
local networks = require "armrun.simulate.networks"
local machines = require "armrun.simulate.machines"
local random = require "armrun.simulate.random"

local world = {}

local World = {}
World.__index = World

-- Days between two sessions of one principal; fewer when nobody else is left. Attacks teach rules, too: whoever is a
-- victim time and again seems to do something new all the time.
local REST_DAYS <const>, LEAST_REST_DAYS <const> = 40, 10
local UNUSED_DAYS <const> = 50 -- without the client that a session begins to use

---@param sim table
---@param name string of the session
---@param time integer when it begins
function world.new(sim, name, time)
  return setmetatable({
    sim = sim, name = name, time = time, random = random.stream(sim.seed, "session/" .. name), app = apps, taken = {},
    keeps = {}, newcomers = 0,
  }, World)
end

-- ---- who ----

local IRREGULAR <const> = { dormant = true, occasional = true, partner = true, platform = true, scanner = true }

local function is_free(self, p, days)
  for _, time in ipairs(p.sessions or {}) do
    if math.abs(time - self.time) < days * calendar.DAY then return false end
  end
  return true
end

local function share_of(p, app)
  local total, own = 0, 0
  for _, item in ipairs(p.apps or {}) do
    total = total + item[2]
    if apps[item[1]] == app then own = own + item[2] end
  end
  return total > 0 and own / total or 0
end

-- What other sessions did counts as use too, and a role is activated in the portal.
local function does_not_use(self, p, app)
  if share_of(p, app) > 0 or (p.pim and app == apps.portal) then return false end
  for _, time in ipairs(p.used and p.used[app] or {}) do
    if time < self.time and time > self.time - UNUSED_DAYS * calendar.DAY then return false end
  end
  return true
end

-- Does an act use a client that a later session takes for unused?
local function spoils(self, act)
  for _, kept in ipairs(act.principal and act.principal.kept or {}) do
    local before = kept.time - act.time
    local soon = before > 0 and before < UNUSED_DAYS * calendar.DAY
    if kept.by ~= self and kept.app == act.app and soon then return true end
  end
  return false
end

--- Seals what a session did: its uses of clients are remembered. False, and nothing is, when it would be in the way of
--- another session, which has to be given up then.
function World:seal(acts)
  for _, act in ipairs(acts) do
    if spoils(self, act) then return false end
  end
  for _, act in ipairs(acts) do
    if act.principal and act.app then world.note_use(act.principal, act.app, act.time) end
  end
  return true
end

--- Remembers that a client was used by a session.
function world.note_use(p, app, time)
  p.used = p.used or {}
  p.used[app] = p.used[app] or {}
  table.insert(p.used[app], time)
end

-- Seen before, silent for so many days, and in no session so far.
local function is_idle(self, p, days)
  local day = (self.time - self.sim.from) // calendar.DAY
  if p.sessions and #p.sessions > 0 then return false end
  return p.until_day ~= nil and p.until_day > 3 and p.until_day <= day - days
end

local function fits(self, p, want, rest)
  if p.kind ~= want.kind or (want.archetype and p.archetype ~= want.archetype) then return false end
  if want.idle_days then return is_idle(self, p, want.idle_days) end
  if p.kind == "platform" then return true end
  if want.mature and (p.from_day > 0 or p.until_day or (IRREGULAR[p.archetype] and want.archetype == nil)) then
    return false
  end
  if want.not_using and not does_not_use(self, p, want.not_using) then return false end
  if want.using and share_of(p, want.using) < 0.2 then return false end
  -- Nobody in whose time between now and then the duties change: what is usual for them would be another thing.
  if p.moves_on and p.moves_on > (self.time - self.sim.from) // calendar.DAY - 30 then return false end
  return (not want.where or want.where(p)) and is_free(self, p, rest)
end

--- An existing principal that no other session uses for a while before and after; when there is none, the session is
--- tried at another time, and left out in the end. `want`: kind, archetype, mature = true (there since
--- the first day, regularly active), idle_days = n (seen, then silent for that long), using = an app's id,
--- not_using = an app's id (not for the last 50 days, whatever else goes on),
--- where = function(p) for further conditions. Those of the platform may be in several sessions.
function World:principal(want)
  local all, s = self.sim.principals, self.random
  for _ = 1, 40 do
    local p = s:pick(all)
    if fits(self, p, want, REST_DAYS) then return self:take(p, want.not_using) end
  end
  local first = s:int(1, #all)
  for _, rest in ipairs { REST_DAYS, LEAST_REST_DAYS } do
    for i = 0, #all - 1 do
      local p = all[(first + i - 1) % #all + 1]
      if fits(self, p, want, rest) then return self:take(p, want.not_using) end
    end
  end
  error({ no_principal = true }, 0)
end

--- Gives back who was taken, when the session does not come about.
function World:release()
  for _, p in ipairs(self.taken) do table.remove(p.sessions) end
  for p in pairs(self.keeps) do table.remove(p.kept) end
  self.taken, self.keeps = {}, {}
end

function World:take(p, unused)
  if unused then
    p.kept = p.kept or {}
    p.kept[#p.kept + 1] = { app = unused, time = self.time, by = self }
    self.keeps[p] = true
  end
  p.sessions = p.sessions or {}
  p.sessions[#p.sessions + 1] = self.time
  self.taken[#self.taken + 1] = p
  return p
end

--- A service principal never seen before, which does nothing but what the story says.
function World:newcomer()
  local number = 1000000000 + (random.hash(self.name .. self.newcomers) & 0xFFFFFFF)
  self.newcomers = self.newcomers + 1
  return machines.newcomer(self.sim, number)
end

-- ---- where ----

--- A subscription the principal works in; it has to be asked before the principal changes teams.
function World:subscription(p)
  return self.random:pick(p.subscriptions)
end

--- n ids of existing resources of a type, all different (fewer only where a subscription has just one of a kind).
function World:resources(type_, n, sub)
  local list, seen, k = {}, {}, 0
  while #list < n and k < n * 8 + 20 do
    k = k + 1
    local id = self.sim.tenant:founding(type_, sub, k)
    if not seen[id] then
      seen[id] = true
      list[#list + 1] = id
    end
  end
  return list
end

--- An id for something new.
function World:new_resource(type_, sub)
  return self.sim.tenant:new_resource(self.random, type_, sub, true)
end

--- An address: "home" and "office" of the company's world, "clean" (a foreign network on no list), "hosting", "tor",
--- "proxy", "vpn", "malicious" (each on its list), "runner", "azure".
function World:network(kind)
  return self.sim.networks:of(kind, self.random)
end

--- Where the principal usually is.
function World:usual_ip(p)
  return p.hosted and networks.fresh(self.random, "runner") or p.home_ip
end

-- ---- when ----

--- A moment within the principal's working hours, on the day of `time` or the next workday.
function World:at_work(p, time)
  local day = calendar.workday(self.sim.from, (time - self.sim.from) // calendar.DAY, p.nation or 1)
  local hour = p.begins and p.begins + p.lasts * (0.15 + 0.7 * self.random:real()) or self.random:int(7, 18)
  return calendar.moment(self.sim.from + day * calendar.DAY, hour % 24, p.zone or 1)
end

--- A moment when the principal sleeps, on the day of `time`.
function World:at_night(p, time)
  local day = (time - self.sim.from) // calendar.DAY
  local hour = (p.begins or 8) + (p.lasts or 9) + 4 + 5 * self.random:real()
  return calendar.moment(self.sim.from + day * calendar.DAY, hour % 24, p.zone or 1)
end

-- ---- what ----

--- The client the principal uses most; a service principal's own id.
function World.usual_app(_, p)
  return p.app or p.app_id
end

--- A built-in role's definition id.
function World.role(_, name)
  return bodies.roles[name] or error(("no role %q; known: Owner, Contributor, Reader, …"):format(name))
end

return world
