--- The people of the tenant: who they are, where and when they work, what they know.
local apps = require "armrun.simulate.apps"
local archetypes = require "armrun.simulate.archetypes"
local names = require "armrun.simulate.names"
local networks = require "armrun.simulate.networks"
local operations = require "armrun.simulate.operations"
local random = require "armrun.simulate.random"

local people = {}

-- Hours east of Greenwich, by how many work there; the summer hour is left out.
local ZONES <const> = { { 1, 60 }, { 0, 8 }, { 2, 12 }, { -5, 9 }, { -8, 3 }, { 5.5, 6 }, { 8, 2 } }

local ROLES <const> = {
  "62e90394-69f5-4237-9190-012177145e10", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
  "b79fbf4d-3ef9-4689-8143-76b194e85509",
}

local function guids(stream, count)
  local list = {}
  for i = 1, count do list[i] = stream:guid() end
  return table.concat(list, ",")
end

local function identify(p, stream, tenant, foreign)
  p.given, p.family = names.person(stream)
  p.name = p.given .. " " .. p.family
  p.tenant = foreign or tenant.id
  local domain = foreign and "contoso-partner.com" or tenant.domain
  p.upn = ("%s.%s%d@%s"):format(p.given:lower(), p.family:lower(), p.number, domain)
  p.puid = ("10032%011X"):format(stream:bits() & 0xFFFFFFFFFFF)
  p.rh = "1.A" .. stream:base64(4) .. "AA" .. stream:base64(40) .. "."
  p.name_id, p.groups = stream:base64(43), guids(stream, stream:int(1, 4))
  p.wids = stream:chance(0.4) and stream:pick(ROLES) .. ",b79fbf4d-3ef9-4689-8143-76b194e85509" or ROLES[3]
  p.amr = stream:weighted { { "pwd,mfa", 6 }, { "rsa,mfa", 3 }, { "pwd,rsa,mfa", 1.5 }, { "pwd", 0.5 } }
end

-- An office, a home, how often a network never used before, and for some the company's VPN.
local function place(p, stream, nets)
  p.office = stream:pick(nets.offices)
  p.home = networks.fresh(stream, "home")
  p.roams = stream:log_uniform(0.01, 0.25)
  p.at_home = stream:weighted { { 0, 2 }, { 0.4, 5 }, { 1, 3 } }
  if stream:chance(0.1) then p.vpn = stream:pick(nets.exits) end
  p.home_ip = p.vpn or (p.at_home == 1 and p.home or p.office)
end

local function clock(p, stream, kind)
  p.zone = stream:weighted(ZONES)
  p.begins = stream:normal(8.6, 0.8)
  p.lasts = stream:normal(8.3, 0.7)
  if kind.shifts and stream:chance(0.5) then p.begins = stream:pick { 6, 14, 22 } end
  p.weekend = stream:chance(0.06) and 0.3 or 0.015
  p.nation = stream:int(1, 4)
end

-- One to three weeks off at a time, some twenty days a year.
local function absences(p, stream, days)
  p.away = {}
  local day = stream:int(0, 60)
  while day < days do
    local length = stream:pick { 3, 5, 7, 7, 10, 14, 14, 21 }
    p.away[#p.away + 1] = { day, day + length }
    day = day + length + stream:int(40, 140)
  end
end

-- An account that is not closed when its owner leaves.
local function leave(p, stream, days)
  p.until_day = stream:int(4, math.max(5, math.min(days // 2, 55)))
end

-- The dormant: active for some weeks, silent for 20 to 80 days, back.
local function sleep(p, stream, days)
  p.away = {}
  local day = stream:int(4, 30)
  while day < days do
    local length = stream:int(20, 80)
    p.away[#p.away + 1] = { day, day + length }
    day = day + length + stream:int(5, 25)
  end
end

--- Puts someone, or a machine, into `count` subscriptions.
function people.assign(p, stream, tenant, count)
  p.subscriptions = {}
  local first = stream:int(1, #tenant.subscriptions)
  for i = 1, math.min(count, #tenant.subscriptions) do
    local at = i < 3 and (first + i - 2) % #tenant.subscriptions + 1 or stream:int(1, #tenant.subscriptions)
    p.subscriptions[i] = tenant.subscriptions[at]
  end
end

--- What this one works on: the archetype's fields, some much, some not at all.
function people.duties(p, stream, fields)
  local own = {}
  for _, field in ipairs(people.sorted(fields)) do
    local weight = fields[field] * stream:exponential(1) ^ 1.5
    if weight > 0.05 then own[field] = weight end
  end
  if not next(own) then own = fields end
  p.chooser = operations.chooser(own)
end

function people.sorted(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- How many never touch a client.
local UNUSED <const> = { portal = 0.18, cli = 0.3, powershell = 0.5, vscode = 0.6 }

local function apps_of(stream, weights)
  local list = {}
  for _, app in ipairs(people.sorted(weights)) do
    local weight = weights[app] * stream:exponential(1) ^ 2
    if not stream:chance(UNUSED[app] or 0.5) then list[#list + 1] = { app, weight + 0.004 } end
  end
  if #list == 0 then list[1] = { "cli", 1 } end
  return list
end

local function main_app(list)
  local best = list[1]
  for _, item in ipairs(list) do
    if item[2] > best[2] then best = item end
  end
  return best[1]
end

--- A new person. Their random bits depend on the seed and their number alone.
function people.new(sim, kind, number)
  local stream = random.stream(sim.seed, "person/" .. number)
  local p = {
    number = number, kind = "user", archetype = kind.name, habit = "person", seed = stream:bits(), traits = kind,
    from_day = 0, history = {},
  }
  p.object_id = stream:guid()
  p.id = p.object_id
  identify(p, stream, sim.tenant, kind.foreign and sim.partners[stream:int(1, #sim.partners)])
  place(p, stream, sim.networks)
  clock(p, stream, kind)
  if kind.sleeps then sleep(p, stream, sim.days) else absences(p, stream, sim.days) end
  if kind.sleeps and stream:chance(kind.leaves) then leave(p, stream, sim.days) end
  people.assign(p, stream, sim.tenant, stream:int(1, kind.scope))
  people.duties(p, stream, kind.fields)
  p.apps = apps_of(stream, kind.apps)
  p.app = apps[main_app(p.apps)]
  p.pace = stream:log_uniform(kind.pace[1], kind.pace[2])
  p.active = math.min(0.97, kind.days * stream:normal(1, 0.12))
  p.curiosity = kind.curiosity * stream:log_uniform(0.4, 2.2)
  p.likes_shell = stream:chance(0.25)
  p.on_call = kind.on_call and stream:chance(0.5) and stream:int(0, 6) or nil
  p.pim = kind.pim and stream:chance(math.min(1, kind.pim * 1.4)) and kind.pim or nil
  return p
end

--- How many of each archetype.
function people.counts(principals)
  local counts = {}
  for i, kind in ipairs(archetypes.users) do counts[i] = { kind, math.floor(kind.share * principals + 0.5) } end
  return counts
end

return people
