--- Writes JSON, keys in byte order, so that a story is the same text in every run. For specs.
local json = {}

--- Stands for null in a table.
json.null = setmetatable({}, { __name = "null" })

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return escapes[c] or ("\\u%04x"):format(c:byte()) end) .. '"'
end

local write

local function write_array(value, out)
  out[#out + 1] = "["
  for i, item in ipairs(value) do
    if i > 1 then out[#out + 1] = "," end
    write(item, out)
  end
  out[#out + 1] = "]"
end

local function write_object(value, out)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  out[#out + 1] = "{"
  for i, key in ipairs(keys) do
    out[#out + 1] = (i > 1 and "," or "") .. quote(key) .. ":"
    write(value[key], out)
  end
  out[#out + 1] = "}"
end

function write(value, out)
  local kind = type(value)
  if value == json.null or value == nil then out[#out + 1] = "null"
  elseif kind == "string" then out[#out + 1] = quote(value)
  elseif kind ~= "table" then out[#out + 1] = tostring(value)
  elseif #value > 0 or value.array then write_array(value, out)
  else write_object(value, out) end
end

--- The text of a value. A table with elements is an array, also { array = true } when it has none.
---@param value any
---@return string
function json.encode(value)
  local out = {}
  write(value, out)
  return table.concat(out)
end

return json
