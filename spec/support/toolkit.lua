--- What every toolkit rule must bear: its story told twice, out of order, among other people's work, in other shapes.
local assert = require "luassert"
local testing = require "armrun.testing"

local toolkit = {}

local ways = {
  { "delivered twice", function(story) story:duplicate() end },
  { "out of order", function(story) story:shuffle(7) end },
  { "twice and out of order", function(story) story:duplicate():shuffle(11) end },
  { "among 1,000 ordinary acts", function(story) story:ordinary(1000, 3) end },
  { "in three delivery shapes", function(story) story:shape("mixed"):shuffle(5) end },
}

--- Declares one test for each way: `it` is busted's, `make()` gives the story afresh, the alert must be the same one.
function toolkit.bears(it, make, id, expected)
  for _, way in ipairs(ways) do
    it("fires just so " .. way[1], function()
      local story = make()
      way[2](story)
      local wanted = { count = 1 }
      for key, value in pairs(expected) do wanted[key] = value end
      assert.alert(story, id, wanted)
    end)
  end
end

--- A story of one rule file; `acts` are given to story:act one after the other.
function toolkit.story(file, ...)
  local story = testing.story("rules/" .. file)
  for _, acts in ipairs { ... } do
    for _, act in ipairs(acts) do story:act(act) end
  end
  return story
end

--- The acts once more, with these fields set in all of them.
function toolkit.with(acts, fields)
  local out = {}
  for i, act in ipairs(acts) do
    out[i] = {}
    for key, value in pairs(act) do out[i][key] = value end
    for key, value in pairs(fields) do out[i][key] = value end
  end
  return out
end

--- The acts once more, so many seconds later; their times are seconds, as "3.5s".
function toolkit.later(acts, seconds)
  local out = toolkit.with(acts, {})
  for _, act in ipairs(out) do act.at = tonumber((act.at:gsub("s$", ""))) + seconds .. "s" end
  return out
end

--- The acts without those at these places.
function toolkit.without(acts, ...)
  local out, gone = {}, {}
  for _, place in ipairs { ... } do gone[place] = true end
  for i, act in ipairs(acts) do
    if not gone[i] then out[#out + 1] = act end
  end
  return out
end

return toolkit
