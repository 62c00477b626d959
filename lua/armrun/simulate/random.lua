--- Seeded random numbers, any number of independent streams: what one stream draws never changes what another gives.
--- The generator is splitmix64; a stream's state is mixed from the seed and the stream's name.
local random = {}

local Stream = {}
Stream.__index = Stream

local GAMMA <const> = 0x9E3779B97F4A7C15
local UNIT <const> = 1.0 / (1 << 53)

--- Scatters the bits of an integer: equal in, equal out; near values in, unlike values out.
---@param z integer
---@return integer
local function mix(z)
  z = (z ~ (z >> 30)) * 0xBF58476D1CE4E5B9
  z = (z ~ (z >> 27)) * 0x94D049BB133111EB
  return z ~ (z >> 31)
end
random.mix = mix

--- 64 bits of a text (FNV-1a, then mixed).
function random.hash(text)
  local h = 0xCBF29CE484222325
  for i = 1, #text do h = (h ~ text:byte(i)) * 0x100000001B3 end
  return mix(h)
end

--- A stream of its own for a seed and a name; the name can be an integer.
---@param seed integer
---@param name string|integer
function random.stream(seed, name)
  local part = type(name) == "string" and random.hash(name) or mix(name + GAMMA)
  return setmetatable({ state = mix(seed * GAMMA + part) }, Stream)
end

--- 64 random bits.
function Stream:bits()
  local state = self.state + GAMMA
  self.state = state
  state = (state ~ (state >> 30)) * 0xBF58476D1CE4E5B9
  state = (state ~ (state >> 27)) * 0x94D049BB133111EB
  return state ~ (state >> 31)
end

--- A number in [0, 1).
function Stream:real()
  return (self:bits() >> 11) * UNIT
end

--- An integer from lo to hi, both included.
function Stream:int(lo, hi)
  return lo + (self:bits() >> 1) % (hi - lo + 1)
end

function Stream:chance(p)
  return (self:bits() >> 11) * UNIT < p
end

function Stream:pick(list)
  return list[1 + (self:bits() >> 1) % #list]
end

--- A key of { key = weight, … }, or an item of { { item, weight }, … }. Keys are taken in order, so that equal streams
--- pick alike.
function Stream:weighted(weights)
  local list = weights
  if weights[1] == nil then
    list = {}
    for key, weight in pairs(weights) do list[#list + 1] = { key, weight } end
    table.sort(list, function(a, b) return tostring(a[1]) < tostring(b[1]) end)
  end
  local total = 0
  for _, item in ipairs(list) do total = total + item[2] end
  local at = self:real() * total
  for _, item in ipairs(list) do
    at = at - item[2]
    if at < 0 then return item[1] end
  end
  return list[#list][1]
end

function Stream:exponential(mean)
  return -mean * math.log(1 - self:real())
end

--- About normal: the sum of four uniform draws.
function Stream:normal(mean, deviation)
  local sum = self:real() + self:real() + self:real() + self:real()
  return mean + (sum - 2) * 1.7320508 * deviation
end

--- How many of something that happens `mean` times on average.
function Stream:poisson(mean)
  local count, at, limit = 0, self:real(), math.exp(-mean)
  while at > limit and count < 1000 do
    count, at = count + 1, at * self:real()
  end
  return count
end

--- From lo to hi, each power of ten as likely as the next.
function Stream:log_uniform(lo, hi)
  return lo * (hi / lo) ^ self:real()
end

--- A list's items in random order, in a new list.
function Stream:shuffled(list)
  local out = table.move(list, 1, #list, 1, {})
  for i = #out, 2, -1 do
    local j = self:int(1, i)
    out[i], out[j] = out[j], out[i]
  end
  return out
end

-- Four hexadecimal digits of each 16 bits.
local HEX <const> = {}
for i = 0, 0xFFFF do HEX[i] = ("%04x"):format(i) end

--- The text of a GUID (version 4) made of two integers.
local function guid(a, b)
  return HEX[a >> 48] .. HEX[a >> 32 & 0xFFFF] .. "-" .. HEX[a >> 16 & 0xFFFF] .. "-" .. HEX[a & 0xFFF | 0x4000] .. "-"
    .. HEX[b >> 48 & 0x3FFF | 0x8000] .. "-" .. HEX[b >> 32 & 0xFFFF] .. HEX[b >> 16 & 0xFFFF] .. HEX[b & 0xFFFF]
end
random.guid = guid

function Stream:guid()
  return guid(self:bits(), self:bits())
end

local LETTERS <const> = "abcdefghijklmnopqrstuvwxyz0123456789"

--- Letters and digits, the first one a letter.
function Stream:word(length)
  local out = {}
  for i = 1, length do
    local at = self:int(1, i == 1 and 26 or 36)
    out[i] = LETTERS:sub(at, at)
  end
  return table.concat(out)
end

local BASE64 <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

--- As tokens have them: base64url.
function Stream:base64(length)
  local out, bits = {}, 0
  for i = 1, length do
    if i % 10 == 1 then bits = self:bits() end
    local at = (bits & 63) + 1
    bits = bits >> 6
    out[i] = BASE64:sub(at, at)
  end
  return table.concat(out)
end

-- What looks random in a token and is looked at by nobody: a part of one long text, so that it costs nothing.
local POOL <const> = random.stream(0, "pool"):base64(1 << 16)

--- `length` letters of base64url that belong to a key.
function random.noise(key, length)
  local at = mix(key) >> 1
  at = at % (#POOL - length)
  return POOL:sub(at + 1, at + length)
end

return random
