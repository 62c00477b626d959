--- Where things are: ids of resources that are there, and of those a story puts there.
local places = {}

--- The path of a subscription.
function places.path(sub)
  return "/subscriptions/" .. (type(sub) == "table" and sub.id or sub)
end

--- The region a subscription's things are in.
function places.region(sub)
  return type(sub) == "table" and sub.region or "westeurope"
end

--- `n` resources of a type in a subscription; what is missing is made up.
function places.some(world, type, n, sub)
  local ids = {}
  for i, id in ipairs(world:resources(type, n, sub) or {}) do
    if i <= n then ids[i] = id end
  end
  while #ids < n do ids[#ids + 1] = world:new_resource(type, sub) end
  return ids
end

--- At most `n` resources of a type, only such as are there.
function places.present(world, type, n, sub)
  local ids = {}
  for i, id in ipairs(world:resources(type, n, sub) or {}) do
    if i <= n then ids[i] = id end
  end
  return ids
end

function places.one(world, type, sub)
  return places.some(world, type, 1, sub)[1]
end

--- The resource group a resource lies in.
function places.group(id)
  return id:match("^(/[^/]+/[^/]+/[^/]+/[^/]+)") or id
end

--- A resource below another one.
function places.below(id, ...)
  return table.concat({ id, ... }, "/")
end

--- A resource of `type` that hangs on another one: a lock, an assignment, a setting.
function places.on(id, type, name)
  return id .. "/providers/" .. type .. "/" .. name
end

function places.name(id)
  return id:match("([^/]+)$")
end

--- A group of the subscription that is there.
function places.some_group(world, sub)
  return places.group(places.one(world, "Microsoft.Storage/storageAccounts", sub))
end

return places
