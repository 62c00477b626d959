--- A person's day: sessions within working hours, from an office, a home or somewhere new, with one client each.
local apps = require "armrun.simulate.apps"
local calendar = require "armrun.simulate.calendar"
local extras = require "armrun.simulate.habits.extras"
local networks = require "armrun.simulate.networks"
local random = require "armrun.simulate.random"
local token = require "armrun.simulate.token"
local work = require "armrun.simulate.habits.work"

local person = {}

local function is_away(p, day)
  for _, span in ipairs(p.away) do
    if day >= span[1] and day < span[2] then return true end
  end
  return false
end

--- Does this one work that day?
function person.works(sim, p, day, s)
  if day < p.from_day or (p.until_day and day >= p.until_day) or is_away(p, day) then return false end
  local off = calendar.is_off(sim.from + day * calendar.DAY, p.nation)
  return s:chance(off and p.weekend * p.active or p.active)
end

--- Where they are: the VPN's exit, the office, at home, or a network never used before.
function person.address(p, s)
  if s:chance(p.roams) then return networks.fresh(s, s:chance(0.7) and "hotspot" or "home") end
  if p.vpn and s:chance(0.8) then return p.vpn end
  if s:chance(p.at_home) then return p.home end
  return s:chance(0.7) and p.office or networks.near(s, p.office)
end

-- Some open the command line in the browser: the client is the CLI, the address one of Azure's.
local function choose_client(place, p, s)
  place.app = apps[s:weighted(p.apps)]
  if place.app ~= apps.cli or not p.likes_shell or not s:chance(0.5) then return end
  place.token_ip, place.from = place.ip, place.ip
  place.ip = networks.fresh(s, "azure")
end

--- What someone does at one sitting; `place` has time and address, and is completed with client, token and region.
function person.sit_down(sim, p, s, place)
  local sub = place.sub or (s:chance(0.7) and p.subscriptions[1] or s:pick(p.subscriptions))
  place.sim, place.p, place.s, place.sub, place.region = sim, p, s, sub, place.region or sub.region
  if not place.app then choose_client(place, p, s) end
  place.deploys = place.app == apps.portal and 0.7 or 0.15
  place.gap = place.gap or (place.app == apps.portal and 75 or 25)
  place.token = token.new(p, place.app, place.token_ip or place.ip, place.time - s:int(20, 1500) * 1000, s:bits())
  extras.sign_in(place)
  if place.from then extras.cloud_shell(place, place.from, place.ip) end
  return place
end

--- Works on `count` things.
function person.do_things(place, count)
  local s, looks = place.s, place.app == apps.portal and 0.8 or 0.35
  for _ = 1, count do
    local operation = work.choose(place.p, s)
    if s:chance(looks) then extras.browse(place, operation.type) end
    work.on(place, operation, place.sub)
    if operation.field == "vault" and s:chance(0.5) then extras.open_vault(place) end
  end
end

local function session(sim, p, s, day_start, ip, count)
  local hour = p.begins + p.lasts * (0.1 + 0.8 * s:real()) + s:normal(0, 0.5)
  local place = { time = calendar.moment(day_start, hour % 24, p.zone), ip = ip }
  person.do_things(person.sit_down(sim, p, s, place), count)
end

-- In the morning, before the work that needs it.
local function activate(sim, p, s, day_start, ip)
  local place = { time = calendar.moment(day_start, (p.begins + s:real() * 0.5) % 24, p.zone), ip = ip,
    app = apps.portal }
  extras.activate(person.sit_down(sim, p, s, place))
end

-- Every seventh week; one night in four something happens.
local function night(sim, p, day, day_start)
  if not p.on_call or day // 7 % 7 ~= p.on_call or is_away(p, day) then return end
  local s = random.stream(p.seed, 1000000 + day)
  if not s:chance(0.25) then return end
  local hour = (p.begins + p.lasts + 4 + 8 * s:real()) % 24
  extras.incident(person.sit_down(sim, p, s, { time = calendar.moment(day_start, hour, p.zone), ip = p.home,
    gap = 90 }))
end

--- The acts of a day.
function person.day(sim, p, day)
  local s, day_start = random.stream(p.seed, day), sim.from + day * calendar.DAY
  if p.until_day == nil then night(sim, p, day, day_start) end
  if not person.works(sim, p, day, s) then return end
  local ip = person.address(p, s)
  if p.pim and s:chance(p.pim) then activate(sim, p, s, day_start, ip) end
  local left = 1 + s:poisson(p.pace * 0.6)
  while left > 0 do
    local count = math.min(left, 1 + s:poisson(2))
    session(sim, p, s, day_start, s:chance(0.1) and person.address(p, s) or ip, count)
    left = left - count
  end
end

return person
