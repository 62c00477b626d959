--- Writes records day by day: activity log in the shape asked for, companion logs as they are delivered. What falls on
--- a later day waits.
local calendar = require "armrun.simulate.calendar"
local companions = require "armrun.simulate.shapes.companions"
local records = require "armrun.simulate.records"

local writer = {}

local Writer = {}
Writer.__index = Writer

local OVERLAP <const> = 600000 -- a download of a day begins ten minutes before it

---@param options { shape: table, sources: table<string, boolean>, sink: table, tenant: string, seed: integer }
function writer.new(options)
  local self = setmetatable({
    shape = options.shape, sources = options.sources, sink = options.sink, tenant = options.tenant,
    find_token = records.tokens(options.seed), waiting = {}, count = 0, acts = 0,
  }, Writer)
  self.emit = function(record) self:queue(record) end
  return self
end

function Writer:queue(record)
  local log = record.act.log
  local list = self.waiting[log]
  if not list then
    list = {}
    self.waiting[log] = list
  end
  list[#list + 1] = record
end

--- Takes an act; what its source is withheld for is dropped.
function Writer:add(act, key)
  records.complete(act, self.tenant, key, self.find_token)
  if not self.sources[act.log] then return end
  self.acts = self.acts + 1
  records.expand(act, self.emit)
end

-- ---- order ----

-- Sorted by time as integers whose low bits are the place in the list: no comparison function is called.
local function sorted(list, time_of)
  local keys = {}
  for i, record in ipairs(list) do keys[i] = record[time_of] << 24 | i end
  table.sort(keys)
  local out = {}
  for i, key in ipairs(keys) do out[i] = list[key & 0xFFFFFF] end
  return out
end

-- Parts a list in what belongs before `until_` and what waits.
local function split(list, time_of, until_)
  local now, later = {}, {}
  for _, record in ipairs(list) do
    if record[time_of] < until_ then now[#now + 1] = record else later[#later + 1] = record end
  end
  return now, later
end

local function keep_overlap(now, later, from)
  for _, record in ipairs(now) do
    if record.at >= from and not record.again then
      record.again = true
      later[#later + 1] = record
    end
  end
end

--- Writes what belongs before `until_`; the day is that which ends then.
function Writer:flush(until_, last)
  local logs = {}
  for log in pairs(self.waiting) do logs[#logs + 1] = log end
  table.sort(logs)
  for _, log in ipairs(logs) do
    local shape = log == "activity" and self.shape or companions[log]
    local time_of = shape.by_event_time and "at" or "arrival"
    local now, later = split(self.waiting[log], time_of, last and math.maxinteger or until_)
    if shape.overlaps and not last then keep_overlap(now, later, until_ - OVERLAP) end
    self.waiting[log] = later
    if #now > 0 then shape.write(sorted(now, time_of), self.sink, until_ - calendar.DAY) end
    self.count = self.count + #now
  end
end

return writer
