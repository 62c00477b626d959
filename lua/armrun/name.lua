--- Names as tools make them.
-- local name = require "armrun.name"

local name = {}

-- People's CamelCase ("ScaleDownNights"): every capital is followed by two small letters or more.
local function is_camel_case(text)
  local small = 2
  for i = 1, #text do
    local byte = text:byte(i)
    if byte >= 97 then
      small = small + 1
    else
      if i > 1 and small < 2 then return false end
      small = 0
    end
  end
  return small >= 2
end

local function is_letter(byte)
  return byte >= 65 and byte <= 90 or byte >= 97 and byte <= 122
end

--- Is this a name as MicroBurst draws it: 15 letters out of 52, none twice, and no CamelCase?
--- Of names drawn that way 99.8 % are told; of words people write, hardly any.
---@param text string?  as written, for case matters; nil is no such name
---@return boolean
function name.is_fifteen_distinct_letters(text)
  if not text or #text ~= 15 then return false end
  local seen = {}
  for i = 1, 15 do
    local byte = text:byte(i)
    if not is_letter(byte) or seen[byte] then return false end
    seen[byte] = true
  end
  return not is_camel_case(text)
end

--- The runbook and webhook names that PowerZure uses, lower case.
name.powerzure = {
  azureautomationtutorialpowershell = true,
  automationtutorialpowershell = true,
  bashautomationtutorial = true,
}

return name
