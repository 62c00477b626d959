--- A person's day: sessions within working hours, from an office, a home or somewhere new, with one client each.
local apps = require "armrun.simulate.apps"
local calendar = require "armrun.simulate.calendar"
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

-- Where they are: the VPN's exit, the office, at home, or a network never used before.
local function address(p, s)
  if s:chance(p.roams) then return networks.fresh(s, s:chance(0.7) and "hotspot" or "home") end
  if p.vpn and s:chance(0.8) then return p.vpn end
  if s:chance(p.at_home) then return p.home end
  return s:chance(0.7) and p.office or networks.near(s, p.office)
end

--- What someone does at one sitting; `place` is completed with token and region.
function person.sit_down(sim, p, s, place)
  local sub = place.sub or (s:chance(0.7) and p.subscriptions[1] or s:pick(p.subscriptions))
  place.sim, place.p, place.s, place.sub, place.region = sim, p, s, sub, sub.region
  place.app = place.app or apps[s:weighted(p.apps)]
  place.deploys = place.app == apps.portal and 0.7 or 0.15
  place.gap = place.gap or (place.app == apps.portal and 75 or 25)
  place.token = token.new(p, place.app, place.token_ip or place.ip, place.time - s:int(20, 1500) * 1000, s:bits())
  return place
end

--- Works on `count` things.
function person.do_things(place, count)
  for _ = 1, count do work.on(place, work.choose(place.p, place.s), place.sub) end
end

local function session(sim, p, s, day_start, ip, count)
  local hour = p.begins + p.lasts * (0.1 + 0.8 * s:real()) + s:normal(0, 0.5)
  local place = { time = calendar.moment(day_start, hour % 24, p.zone), ip = ip }
  person.do_things(person.sit_down(sim, p, s, place), count)
end

--- The acts of a day.
function person.day(sim, p, day)
  local s = random.stream(p.seed, day)
  if not person.works(sim, p, day, s) then return end
  local ip, day_start = address(p, s), sim.from + day * calendar.DAY
  local left = 1 + s:poisson(p.pace * 0.6)
  while left > 0 do
    local count = math.min(left, 1 + s:poisson(2))
    session(sim, p, s, day_start, s:chance(0.1) and address(p, s) or ip, count)
    left = left - count
  end
end

return person
