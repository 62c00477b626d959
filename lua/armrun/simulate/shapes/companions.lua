--- The logs beside the activity log, as diagnostic settings and downloads deliver them.
local rest = require "armrun.simulate.shapes.rest"
local text = require "armrun.simulate.text"

local companions = {}

-- Writes one record a line, in order of arrival.
local function by_line(log, record_of)
  return {
    record = record_of,
    write = function(list, sink, day)
      local file = sink:log(log, text.day(day) .. ".json")
      for _, record in ipairs(list) do file:write(record_of(record.act, record), "\n") end
    end,
  }
end

companions.directory = by_line("directory", rest.record)

return companions
