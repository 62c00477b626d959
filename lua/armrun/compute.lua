--- How much compute a request asks for: vCPUs from the names of machine sizes, and machines from the request's body.
local member = require "armrun.member"

local compute = {}

local UNKNOWN_SIZE <const> = 4 -- vCPUs of a machine whose size is not told
local MACHINES_MAX <const> = 100000 -- no request is for more; a log may claim anything
local POOLS_MAX <const> = 100

-- Old names count up instead of telling the vCPUs.
local old <const> = {
  a0 = 1, a1 = 1, a2 = 2, a3 = 4, a4 = 8, a5 = 2, a6 = 4, a7 = 8, a8 = 8, a9 = 16, a10 = 8, a11 = 16,
  d1 = 1, d2 = 2, d3 = 4, d4 = 8, d5 = 16, d11 = 2, d12 = 4, d13 = 8, d14 = 16, d15 = 20, d15i = 20,
  g1 = 2, g2 = 4, g3 = 8, g4 = 16, g5 = 32,
}

-- What mines and cracks best: GPUs, FPGAs, and machines for high-performance computing.
local fast <const> = { n = true, h = true }

local function is_digit(c)
  return c >= "0" and c <= "9"
end

-- The number at `from`, and where it ends.
local function number_at(text, from)
  local last = from
  while is_digit(text:sub(last, last)) do last = last + 1 end
  return tonumber(text:sub(from, math.min(last, from + 5) - 1)), last
end

local function first_digit(text)
  for i = 1, #text do
    if is_digit(text:sub(i, i)) then return i end
  end
end

local function without_tier(name)
  for _, tier in ipairs { "standard_", "basic_", "lowpriority_" } do
    if name:sub(1, #tier) == tier then return name:sub(#tier + 1) end
  end
  return name
end

-- "d11_v2" -> "d11": what stands before the version, when it is none of the new ones.
local function old_name(name, family)
  local short = name:sub(-6) == "_promo" and name:sub(1, -7) or name
  local second = short:sub(-3) == "_v2"
  if second then short = short:sub(1, -4) end
  local key = family:sub(1, 1) .. short:sub(#family + 1)
  local two_letters = family == "ds" or family == "gs"
  if not (two_letters or #family == 1) or second and key:sub(1, 1) == "a" then return nil end
  return old[key]
end

--- vCPUs and family of a machine size: "Standard_NC24ads_A100_v4" -> 24, "nc". A constrained size gives what is left of
-- it: "Standard_M128-32ms" -> 32, "m". Nil when the name tells nothing.
---@param name string?
---@return integer?, string?
function compute.size(name)
  if type(name) ~= "string" or #name > 64 then return nil end
  name = without_tier(name:lower())
  local at = first_digit(name)
  if not at or at == 1 then return nil end
  local family = name:sub(1, at - 1)
  local vcpus, after = number_at(name, at)
  if name:sub(after, after) == "-" and is_digit(name:sub(after + 1, after + 1)) then
    return (number_at(name, after + 1)), family
  end
  return old_name(name, family) or vcpus, family
end

--- Does the family have GPUs, FPGAs or a network for high-performance computing?
---@param family string?
function compute.is_fast(family)
  return family ~= nil and fast[family:sub(1, 1)] == true
end

-- A number out of a request, from 0 to what is believed; nil when it is none.
local function share(given)
  given = tonumber(given)
  if not given or given ~= given then return nil end
  return math.max(0, math.min(MACHINES_MAX, given))
end

-- The same, whole.
local function amount(given)
  local number = share(given)
  return number and math.floor(number)
end

local function most(...)
  local found
  for _, given in pairs { ... } do
    local number = amount(given)
    if number and number > (found or -1) then found = number end
  end
  return found
end

-- Each gives a list of { size name, machines } of the request, nil where it does not tell; or of { vcpus =, fast = }
-- where it is no machines that are asked for.
local readers = {}

readers["microsoft.compute/virtualmachines/write"] = function(act)
  local size = "properties.hardwareProfile.vmSize"
  return { { act:body(size) or act:response(size), 1 } }
end

readers["microsoft.compute/virtualmachinescalesets/write"] = function(act)
  return { { act:body "sku.name" or act:response "sku.name", act:body "sku.capacity" or act:response "sku.capacity" } }
end

readers["microsoft.containerservice/managedclusters/agentpools/write"] = function(act)
  return { { act:body "properties.vmSize",
    most(act:body "properties.count" or false, act:body "properties.maxCount" or false) } }
end

-- What `read` makes of the members of a list; what is no object is left out, as is what comes after POOLS_MAX.
local function each(given, read)
  local list = {}
  for i, one in ipairs(type(given) == "table" and given or {}) do
    if i > POOLS_MAX then break end
    if type(one) == "table" then list[#list + 1] = read(one) end
  end
  return list
end

readers["microsoft.containerservice/managedclusters/write"] = function(act)
  return each(act:body "properties.agentPoolProfiles", function(pool)
    return { member.of(pool, "vmsize"), most(member.of(pool, "count") or false, member.of(pool, "maxcount") or false) }
  end)
end

readers["microsoft.hdinsight/clusters/write"] = function(act)
  return each(act:body "properties.computeProfile.roles", function(role)
    return { member.at(role, "hardwareprofile", "vmsize"), most(member.of(role, "targetinstancecount") or false,
      member.at(role, "autoscale", "capacity", "maxinstancecount") or false) }
  end)
end

-- Containers take parts of a processor, and whole GPUs, by the name of the GPU.
readers["microsoft.containerinstance/containergroups/write"] = function(act)
  return each(act:body "properties.containers", function(container)
    local wants = member.at(container, "properties", "resources")
    local gpu = member.at(wants, "requests", "gpu", "sku") or member.at(wants, "limits", "gpu", "sku")
    local asks, may = share(member.at(wants, "requests", "cpu")), share(member.at(wants, "limits", "cpu"))
    return { vcpus = (asks or may) and math.max(asks or 0, may or 0),
      fast = type(gpu) == "string" and #gpu <= 64 and gpu:lower() or nil }
  end)
end

-- The clusters of a workspace are not in this log, and their machines come as the platform's: the workspace stands for
-- them, as one machine of unknown size.
readers["microsoft.databricks/workspaces/write"] = function() return {} end

local nodes <const> = { small = 4, medium = 8, large = 16, xlarge = 32, xxlarge = 64, xxxlarge = 80 }

readers["microsoft.synapse/workspaces/bigdatapools/write"] = function(act)
  local size, scale = act:body "properties.nodeSize", act:body "properties.autoScale.enabled"
  local vcpus = type(size) == "string" and nodes[size:lower()] or nil
  local count = most(act:body "properties.nodeCount" or false,
    scale == true and act:body "properties.autoScale.maxNodeCount" or false)
  return { { vcpus = vcpus and vcpus * (count or 1) } }
end

readers["microsoft.batch/batchaccounts/pools/write"] = function(act)
  local scale = "properties.scaleSettings.fixedScale."
  local own, low = act:body(scale .. "targetDedicatedNodes"), act:body(scale .. "targetLowPriorityNodes")
  return { { act:body "properties.vmSize", (own or low) and (amount(own) or 0) + (amount(low) or 0) } }
end

readers["microsoft.machinelearningservices/workspaces/computes/write"] = function(act)
  local own = "properties.properties."
  return { { act:body(own .. "vmSize"), act:body(own .. "scaleSettings.maxNodeCount") } }
end

--- A region under its one name: "West Europe" -> "westeurope". Nil when it is no text, or too long for a region.
function compute.region(text)
  if type(text) ~= "string" or #text > 64 then return nil end
  text = text:lower()
  if not contains(text, " ") then return text end
  local name = ""
  for i = 1, #text do
    local c = text:sub(i, i)
    if c ~= " " then name = name .. c end
  end
  return name
end

--- The operations that ask for compute, lower case.
---@type string[]
compute.operations = {}
for name in pairs(readers) do compute.operations[#compute.operations + 1] = name end
table.sort(compute.operations)

--- Is it a cluster that grows by itself? Kubernetes scales the sets of its own resource group, as an application.
---@param act armrun.Act
function compute.is_autoscale(act)
  return act.principal.kind ~= "user" and act.group ~= nil and act.group:sub(1, 3) == "mc_"
end

--- The operations that ask for more quota, lower case.
compute.quota = {
  "microsoft.quota/quotas/write",
  "microsoft.capacity/resourceproviders/locations/servicelimits/write",
  "microsoft.support/supporttickets/write",
}

--- Is it one machine, which is as big as it is? Writing it again, for a tag or a disk, creates nothing; sets, pools and
--- clusters grow when they are written again.
---@param act armrun.Act
function compute.is_machine(act)
  return act.operation == "microsoft.compute/virtualmachines/write"
end

--- Is it an act for more quota?
---@param act armrun.Act
function compute.is_quota(act)
  return readers[act.operation] == nil
end

--- What an act asks for: { vcpus =, known = does the request tell the size, fast = first fast family or nil, families =
-- { … } }. A machine of unknown size counts as four vCPUs; a pool of unknown number as one machine.
---@param act armrun.Act
function compute.read(act)
  local asked = { vcpus = 0, known = true, families = {} }
  local list = readers[act.operation](act)
  if #list == 0 then list = { {} } end
  for _, pool in ipairs(list) do
    local size, family = compute.size(pool[1])
    local vcpus, rare = pool.vcpus or size, pool.fast or compute.is_fast(family) and family or nil
    if not vcpus then asked.known = false end
    asked.vcpus = asked.vcpus + (vcpus or UNKNOWN_SIZE) * (amount(pool[2]) or 1)
    asked.families[#asked.families + 1] = family or rare
    asked.fast = asked.fast or rare
  end
  asked.vcpus = math.ceil(asked.vcpus)
  return asked
end

--- The region it is asked for in; apart from `read`, since most requests that are read ask for nothing new.
---@param act armrun.Act
---@return string?
function compute.place(act)
  return compute.region(act:body "location" or act:response "location")
end

return compute
