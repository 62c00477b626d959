--- A world small enough to look at: what the simulator offers to stories, and nothing that lives in it.
local random = require "armrun.simulate.random"

local HOUR <const> = 3600000
local DAY <const> = 24 * HOUR

local World = {}
World.__index = World

local addresses = {
  home = "77.1.2.3", office = "194.1.2.3", clean = "41.1.2.3", hosting = "139.59.1.2", tor = "185.220.1.2",
  proxy = "45.86.1.2", vpn = "146.70.1.2", malicious = "5.188.1.2",
}

local function person(self, wanted)
  self.count = self.count + 1
  local id = ("%08d-0000-4000-8000-000000000000"):format(self.count)
  local user = wanted.kind == "user"
  return {
    id = id, object_id = id, kind = wanted.kind, archetype = wanted.archetype or "dev", name = "p" .. self.count,
    upn = user and "p" .. self.count .. "@contoso.com" or nil, app_id = not user and id:gsub("^0", "a") or nil,
    home_ip = wanted.kind ~= "platform" and addresses.home or nil, subscriptions = { self.sub },
    tenant = "11111111-0000-4000-8000-000000000000",
  }
end

function World.usual_ip(_, p)
  return p.home_ip
end

function World:usual_app(p)
  return p.kind == "user" and self.app.portal or nil
end

function World.at_work(_, _, time)
  return time - time % DAY + 10 * HOUR
end

function World.at_night(_, _, time)
  return time - time % DAY + 26 * HOUR
end

function World:principal(wanted)
  return person(self, wanted)
end

function World:newcomer()
  return person(self, { kind = "service_principal" })
end

function World:subscription()
  return self.sub
end

function World:new_resource(type, sub)
  self.made = self.made + 1
  return sub.path .. "/resourceGroups/rg-1/providers/" .. type .. "/new" .. self.made
end

function World.resources(_, type, n, sub)
  local ids = {}
  for i = 1, math.min(n, 30) do ids[i] = sub.path .. "/resourceGroups/rg-1/providers/" .. type .. "/old" .. i end
  return ids
end

function World.network(_, kind)
  return assert(addresses[kind], "no network " .. tostring(kind))
end

function World.role(_, name)
  return ("%08x-1111-4111-8111-111111111111"):format(#name)
end

return function(seed)
  local id = "22222222-0000-4000-8000-000000000000"
  return setmetatable({
    random = random.stream(seed, "story"), count = 0, made = 0,
    sub = { id = id, path = "/subscriptions/" .. id, region = "westeurope" },
    app = { portal = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", powershell = "1950a258-227b-4e31-a9cf-717495945fc2",
      cli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46", terraform = "04b07795-8ddb-461a-bbee-02f9e1bf7b46" },
  }, World)
end
