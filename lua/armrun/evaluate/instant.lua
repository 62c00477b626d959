--- Times of labels and alerts: RFC 3339 in UTC, as seconds since 1970.
local instant = {}

-- Days since 1970-01-01 of a day of the Gregorian calendar; years begin in March, so that a leap day is the last.
local function days_of(year, month, day)
  if month <= 2 then year = year - 1 end
  local era, shifted = year // 400, (month + 9) % 12
  local of_era = year - era * 400
  local of_year = (153 * shifted + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

--- Seconds since 1970, or nil when the text is no time in UTC.
---@param text any
---@return number?
function instant.parse(text)
  if type(text) ~= "string" then return nil end
  local year, month, day, hour, minute, second, fraction =
    text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)(%.?%d*)Z$"
  if not year or fraction == "." or (fraction ~= "" and fraction:sub(1, 1) ~= ".") then return nil end
  local days = days_of(tonumber(year), tonumber(month), tonumber(day))
  local whole = days * 86400 + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
  return whole + (fraction == "" and 0 or tonumber("0" .. fraction))
end

--- "2026-02-15": the day of a time.
function instant.day(seconds)
  return os.date("!%Y-%m-%d", seconds // 1 | 0)
end

--- "41 s", "12 min", "3.5 h", "2.1 d": how long, in the unit people would say.
---@param seconds number?
---@return string
function instant.span(seconds)
  if not seconds then return "-" end
  if seconds < 120 then return ("%.0f s"):format(seconds) end
  if seconds < 7200 then return ("%.0f min"):format(seconds / 60) end
  if seconds < 172800 then return ("%.1f h"):format(seconds / 3600) end
  return ("%.1f d"):format(seconds / 86400)
end

return instant
