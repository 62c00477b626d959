--- Days: weekends, holidays, local time.
local calendar = {}

local DAY <const>, HOUR <const> = 86400000, 3600000
calendar.DAY, calendar.HOUR = DAY, HOUR

-- Days off by nation, as day and month.
local HOLIDAYS <const> = {
  { "01-01", "01-06", "04-03", "04-06", "05-01", "05-14", "05-25" },
  { "01-01", "01-19", "02-16", "05-25", "07-03", "09-07", "11-26" },
  { "01-01", "01-26", "03-04", "04-03", "05-01", "08-15", "10-02" },
  { "01-01", "04-06", "04-27", "05-05", "05-14", "07-14", "11-01" },
}
local sets = {}
for nation, list in ipairs(HOLIDAYS) do
  sets[nation] = {}
  for _, date in ipairs(list) do sets[nation][date] = true end
end

--- Is it a weekend day or a holiday of the nation?
function calendar.is_off(ms, nation)
  local weekday = (ms // DAY + 4) % 7 -- 1970-01-01 was a Thursday; 0 is Sunday
  return weekday == 0 or weekday == 6 or sets[nation][os.date("!%m-%d", ms // 1000)] == true
end

--- The first workday of the nation from a day on; both are days since `from`.
function calendar.workday(from, day, nation)
  while calendar.is_off(from + day * DAY, nation) do day = day + 1 end
  return day
end

--- The moment of a local hour on a day given by its start in UTC; what falls before the day is moved behind it.
function calendar.moment(day_start, hour, zone)
  local ms = day_start + math.floor((hour - zone) * HOUR)
  return ms < day_start and ms + DAY or ms
end

return calendar
