-- What every rule's spec asks: the same alert, wherever and however its story is told.
--
--   for name, check in everywhere("ARM_Azurite", function() return story end) do it(name, check) end
local assert = require "luassert"

-- An alert without what differs by delivery: where its records lie, and the ids only some shapes carry.
local function told(story, id)
  local alerts = story:alerts(id)
  assert.not_equal(0, #alerts, "no alert " .. id)
  for _, alert in ipairs(alerts) do
    for _, record in ipairs(alert.evidence) do record.origin, record.event_id = nil, nil end
  end
  return alerts
end

local ways = {
  { "among 1,000 ordinary acts, shuffled, every record twice", function(story)
    return story:ordinary(1000, 7):shuffle(11):duplicate()
  end },
  { "as an event hub delivers it", function(story) return story:ordinary(200, 3):shape("eventhub"):shuffle(5) end },
  { "as Log Analytics exports it", function(story) return story:ordinary(200, 3):shape("loganalytics"):shuffle(5) end },
  { "in three shapes at once", function(story) return story:ordinary(200, 3):shape("mixed"):shuffle(5) end },
  { "with two threads, sorted, another seed", function(story)
    return story:with { threads = 2, sorted = true, seed = 99 }
  end },
}

--- Names and checks for `it`, one for each way.
---@param id string
---@param make fun(): armrun.Story  tells the smallest story that raises the alert
---@return fun(): string?, function?
return function(id, make)
  local n = 0
  return function()
    n = n + 1
    local way = ways[n]
    if not way then return nil end
    return "comes out the same " .. way[1], function() assert.same(told(make(), id), told(way[2](make()), id)) end
  end
end
