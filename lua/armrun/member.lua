--- Keys inside the lists of a request's body keep the case their client wrote them in (`vmSize`, `VmSize`): this finds
-- them whichever it was. act:body does the same for the path it is given.
local member = {}

--- The value of a key, given in lower case. Of two keys that differ in case only, the first by spelling counts.
---@param object any  a table out of a body; anything else has no keys
---@param key string
function member.of(object, key)
  local found
  for name in pairs(type(object) == "table" and object or {}) do
    if type(name) == "string" and name:lower() == key and not (found and found < name) then found = name end
  end
  return found and object[found]
end

--- A value deeper inside: member.at(pool, "hardwareprofile", "vmsize").
---@param object any
---@param ... string
function member.at(object, ...)
  for _, key in ipairs { ... } do object = member.of(object, key) end
  return object
end

return member
