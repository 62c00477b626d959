--- Activity log as a diagnostic setting archives it: a blob for each subscription and hour, one record a line, in order
--- of arrival.
local eventhub = require "armrun.simulate.shapes.eventhub"
local text = require "armrun.simulate.text"

local storage = {}

local HOUR <const> = 3600000

local function blob(sink, record)
  local at = os.date("!y=%Y/m=%m/d=%d/h=%H/m=00/PT1H.json", record.at // 1000)
  return sink:log("insights-activity-logs", ("resourceId=/SUBSCRIPTIONS/%s/%s"):format(record.act.where.sub_key, at))
end

-- Blob by blob, so that few files are open: by subscription, then by hour.
local function by_blob(list)
  local blobs, order = {}, {}
  for _, record in ipairs(list) do
    local key = record.act.where.sub_key .. "/" .. record.at // HOUR
    if not blobs[key] then
      blobs[key] = {}
      order[#order + 1] = key
    end
    table.insert(blobs[key], record)
  end
  return blobs, order
end

--- Writes records into their blobs; into one stream they go in order of arrival.
function storage.write(list, sink, day)
  if not sink.root then
    local file = sink:log("activity", text.day(day))
    for _, record in ipairs(list) do file:write(eventhub.record(record.act, record), "\r\n") end
    return
  end
  local blobs, order = by_blob(list)
  for _, key in ipairs(order) do
    local file = blob(sink, blobs[key][1])
    for _, record in ipairs(blobs[key]) do file:write(eventhub.record(record.act, record), "\r\n") end
  end
end

return storage
