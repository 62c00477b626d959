--- labels.jsonl: what is in the log, one JSON object a line.
local text = require "armrun.simulate.text"
local json = require "armrun.json"

local labels = {}

local function list(items)
  return #items > 0 and items or { array = true }
end

--- One line.
function labels.line(label)
  local out = {}
  for name, value in pairs(label) do
    out[name] = (name == "from" or name == "until" or name == "judged_from") and text.label_time(value) or value
    if name == "sources" or name == "principals" or name == "accepts" then
      out[name] = type(value) == "table" and list(value) or value
    end
  end
  return json.encode(out) .. "\n"
end

local function simulation(sim)
  local archetypes, intel = {}, {}
  for _, p in ipairs(sim.principals) do archetypes[p.archetype] = (archetypes[p.archetype] or 0) + 1 end
  for tag in pairs(sim.networks.listed) do intel[tag] = "intel/" .. tag .. ".txt" end
  return {
    kind = "simulation", seed = sim.seed, principals = #sim.principals, days = sim.days, from = sim.from,
    judged_from = sim.judged_from, ["until"] = sim.until_, shape = sim.shape, sources = sim.source_list,
    subscriptions = #sim.tenant.subscriptions, archetypes = archetypes, intel = intel, tenant = sim.tenant.id,
    attacks = sim.attacks,
  }
end

--- All lines: the simulation, the principals, the sessions.
function labels.all(sim)
  local lines = { labels.line(simulation(sim)) }
  for _, p in ipairs(sim.principals) do
    lines[#lines + 1] = labels.line { kind = "principal", id = p.id, name = p.upn or p.name, archetype = p.archetype }
  end
  for _, label in ipairs(sim.sessions) do lines[#lines + 1] = labels.line(label) end
  return table.concat(lines)
end

return labels
