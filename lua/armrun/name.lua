--- What names give away: names that people choose, and names that a tool drew by lot.
local name = {}

local function is_letter(c)
  return c >= "a" and c <= "z" or c >= "A" and c <= "Z"
end

local function is_capital(c)
  return c >= "A" and c <= "Z"
end

--- How many different characters a text has, capitals apart from small letters.
---@param text string
---@return integer
function name.distinct_letters(text)
  local seen, count = {}, 0
  for i = 1, #text do
    local c = text:sub(i, i)
    if not seen[c] then seen[c], count = true, count + 1 end
  end
  return count
end

--- Written as people write names: each capital is followed by at least two small letters, as in ScaleDownNights.
---@param text string
---@return boolean
function name.is_camel_case(text)
  local small = 2 -- small letters since the last capital
  for i = 1, #text do
    if is_capital(text:sub(i, i)) then
      if small < 2 then return false end
      small = 0
    else
      small = small + 1
    end
  end
  return small >= 2
end

--- Fifteen letters, all different, not in camel case: how MicroBurst names what it creates (lGVeLPZARrTJdDu). Of names
--- drawn by its generator 99.8 % are found; of random letters with repetition 11 % would be.
---@param text string?  the name as it was written: in one case only, as some exports have it, nothing can be told
---@return boolean
function name.is_random_letters(text)
  if not text or #text ~= 15 or name.distinct_letters(text) ~= 15 then return false end
  for i = 1, 15 do
    if not is_letter(text:sub(i, i)) then return false end
  end
  return text ~= text:upper() and not name.is_camel_case(text)
end

--- The names that PowerZure gives to runbooks and webhooks, lower case.
name.powerzure = {
  azureautomationtutorialpowershell = true,
  automationtutorialpowershell = true,
  bashautomationtutorial = true,
}

return name
