--- A session as it is written down: who acts, from where, and a clock that every call moves on.
---
--- An act's companion fields: properties.UserAgent of reads (CloudAuditEvents); properties.id, requestUri, clientInfo
--- and httpStatusCode of a key vault's log; claims.amr of users, a comma list as in the token.
local script = {}
script.__index = script

--- Begins a session. `who`: { principal =, ip =, app =, agent = user agent, claims =, honest = works when they do }.
function script.start(world, time, who)
  if who.honest then time = world:at_work(who.principal, time) end
  return setmetatable({ world = world, random = world.random, clock = time, who = who, acts = {} }, script)
end

--- Goes to work in one of its principal's subscriptions, which the label will name.
function script:enter()
  self.subscription = self.world:subscription(self.who.principal)
  return self.subscription
end

--- Begins a session in a subscription; gives both.
function script.start_inside(world, time, who)
  local s = script.start(world, time, who)
  return s, s:enter()
end

--- The same record and clock, told by somebody else: returns a second hand that writes into this session.
function script:by(who)
  return setmetatable({ who = who }, { __index = self, __newindex = self })
end

--- Lets between `low` and `high` seconds pass.
function script:pause(low, high)
  local seconds = low + self.random:real() * ((high or low) - low)
  self.clock = self.clock + math.floor(seconds * 1000)
  return self
end

function script:minutes(low, high)
  return self:pause(low * 60, (high or low) * 60)
end

local function fill(self, act)
  local who = self.who
  act.time = self.clock
  act.principal = who.principal
  act.ip = act.ip or who.ip
  act.app = act.app or who.app
  act.claims = act.claims or who.claims
  act.status = act.status or "Succeeded"
  self.acts[#self.acts + 1] = act
  return act
end

local codes = { write = "Created", delete = "OK", action = "OK" }

local function code_of(act)
  if act.status == "Failed" then return "Forbidden" end
  return codes[act.operation:lower():match("(%a+)$")] or "OK"
end

--- A write, delete or action; the caller waits for its end.
function script:call(operation, resource, more)
  local act = more or {}
  act.operation, act.resource = operation, resource
  act.seconds = act.seconds or (0.3 + self.random:real())
  act = fill(self, act)
  act.code = act.code or code_of(act)
  self.clock = self.clock + math.floor(act.seconds * 1000) + self.random:int(15, 120) -- the answer has to travel
  return act
end

--- The same, without waiting for the end.
function script:launch(operation, resource, more)
  local before = self.clock
  local act = self:call(operation, resource, more)
  self.clock = before
  self:pause(0.2, 0.9)
  return act
end

--- A read of Azure Resource Manager.
function script:read(operation, resource)
  fill(self, { log = "read", operation = operation, resource = resource, seconds = 0,
    properties = { UserAgent = self.who.agent } })
  self:pause(0.15, 0.7)
end

local words = { [200] = "Succeeded", [403] = "Failed" }

local function vault_host(vault)
  return "https://" .. vault:match("([^/]+)$"):lower() .. ".vault.azure.net"
end

--- An operation inside a key vault. `path`: what follows the host, with its query; `http`: the answer (200).
function script:vault(operation, vault, path, http)
  local url = vault_host(vault) .. path
  http = http or 200
  fill(self, { log = "keyvault", operation = operation, resource = vault, seconds = 0, status = words[http],
    properties = { id = url:gsub("/?%?.*$", ""), requestUri = url, clientInfo = self.who.agent, httpStatusCode = http },
  })
  self:pause(0.1, 0.5)
end

--- A sign-in to Entra ID, as it precedes a session of a user; machines' are not told.
function script:signin()
  local p = self.who.principal
  if p.kind ~= "user" then return end
  fill(self, { log = "signin", operation = "Sign-in activity", seconds = 0,
    resource = "/tenants/" .. p.tenant .. "/providers/Microsoft.aadiam" })
  self:pause(5, 60)
end

--- One deployment with children: they share its correlation. `children`: { { operation, resource, more }, … }
function script:deployment(group, children)
  local correlation = self.random:guid()
  local name = group .. "/providers/Microsoft.Resources/deployments/" .. self:name("main-")
  self:launch("Microsoft.Resources/deployments/write", name,
    { correlation = correlation, seconds = 30 + #children * 10, body = { properties = { mode = "Incremental" } } })
  for _, child in ipairs(children) do
    local more = child[3] or {}
    more.correlation = correlation
    self:pause(1, 6)
    self:launch(child[1], child[2], more)
  end
  return self:pause(20, 60)
end

local letters = "abcdefghijklmnopqrstuvwxyz"

--- A made-up name: `prefix` and six small letters.
function script:name(prefix)
  local text = { prefix }
  for i = 2, 7 do
    local at = self.random:int(1, 26)
    text[i] = letters:sub(at, at)
  end
  return table.concat(text)
end

--- The next day at about the same time.
function script:next_day()
  self.clock = self.clock + 23 * 3600 * 1000
  return self:minutes(0, 119)
end

local function group_principals(acts)
  local ids, seen = {}, {}
  for _, act in ipairs(acts) do
    local p = act.principal
    if p and not seen[p] then
      seen[p] = true
      ids[#ids + 1] = p
    end
  end
  return ids
end

--- The acts and what the label says of them.
function script:finish(more)
  more = more or {}
  more.principal = more.principal or self.who.principal
  more.principals = more.principals or group_principals(self.acts)
  more.subscription = more.subscription or self.subscription
  return self.acts, more
end

return script
