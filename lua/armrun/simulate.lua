--- armrun simulate: a tenant's activity log, made up from a seed, with labels that say what is in it.
local calendar = require "armrun.simulate.calendar"
local labels = require "armrun.simulate.labels"
local options = require "armrun.simulate.options"
local population = require "armrun.simulate.population"
local random = require "armrun.simulate.random"
local schedule = require "armrun.simulate.schedule"
local sink = require "armrun.simulate.sink"
local writer = require "armrun.simulate.writer"

local simulate = {}

local DAY <const> = calendar.DAY
local FROM <const> = 1767571200000 -- Monday, 2026-01-05
local SHAPES <const> = { "rest", "eventhub", "storage", "loganalytics" }
local SOURCES <const> = { "activity", "directory", "audit", "keyvault", "read", "signin" }

local HELP <const> = [[
Usage: armrun simulate [OPTION...] -o DIR
Writes the logs of an Azure tenant that does not exist: people with working hours, pipelines, managed identities, the
platform's own work, and attacks among them. The same options give the same bytes on every machine.

What is written:
  DIR/log/       the activity log in the shape asked for, and the logs beside it (directory, keyvault, audit, …)
  DIR/labels.jsonl   what is in the log: who there is, which attacks and look-alikes, when, and by whom
  DIR/intel/     lists of addresses for --intel: malicious, tor, proxy, vpn, hosting

Options:
  --seed N           which tenant; another number is another one (1)
  --principals P     how many people and machines (1000)
  --days D           how many days; the first 45 (or half of fewer) are for learning, the others are judged (120)
  --shape SHAPE      rest, eventhub, storage or loganalytics: how the activity log is delivered (rest)
  --attacks WHICH    all, none, or ids with commas between them; * and ? stand for anything; `switch` for pairs whose
                     identities are switched for three days (all)
  --without SOURCE   withholds a log: directory, audit, keyvault, read, signin, activity; repeatable
  --from DATE        the first day, as 2026-01-05 (that)
  -o DIR             where to; - writes the activity log alone to standard output
  --labels FILE      where the labels go when -o is -
  --self-check       writes no log; tells how often the simplest detector, first use of an operation by a principal,
                     would cry wolf on the everyday part of it
  --quiet            no progress on standard error

Examples:
  armrun simulate -o tenant                             a thousand principals for 120 days: some 10 GB
  armrun simulate --principals 100 --days 60 -o small   enough for a look
  armrun builtin small/log --intel tor=small/intel/tor.txt >alerts.jsonl
  armrun evaluate small/labels.jsonl alerts.jsonl       what was found, what was missed, what cried wolf
  armrun simulate --attacks none -o - --labels l.jsonl | zstd >log.zst

Exit code: 0 done, 2 an option makes no sense, 4 the log could not be written.
]]

-- ---- options ----

local function set(name, read)
  return function(value, into) into[name] = read and read(value) or value end
end

local function date(value)
  local y, m, d = value:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)$"
  if not y then options.fail("--from: expected a day as 2026-01-05, not '%s'", value) end
  local days = os.time { year = tonumber(y), month = tonumber(m), day = tonumber(d), hour = 12 }
  local ms = (days // 86400) * DAY
  if os.date("!%Y-%m-%d", ms // 1000) ~= value then options.fail("--from: there is no day %s", value) end
  return ms
end

local KNOWN <const> = {
  ["--seed"] = set("seed", function(v) return options.integer("--seed", v, 0, math.maxinteger) end),
  ["--principals"] = set("size", function(v) return options.integer("--principals", v, 10, 1000000) end),
  ["--days"] = set("days", function(v) return options.integer("--days", v, 1, 3660) end),
  ["--shape"] = set("shape", function(v) return options.choice("--shape", v, SHAPES) end),
  ["--from"] = set("from", date),
  ["--attacks"] = set "attacks", ["-o"] = set "output", ["--output"] = set "output", ["--labels"] = set "labels",
  ["--without"] = function(value, into)
    for _, word in ipairs(options.list(value)) do into.without[options.choice("--without", word, SOURCES)] = true end
  end,
  ["--quiet"] = { flag = function(into) into.quiet = true end },
  ["--self-check"] = { flag = function(into) into.self_check = true end },
  ["--help"] = { flag = function(into) into.help = true end }, ["-?"] = { flag = function(into) into.help = true end },
}

local function glob_to_pattern(glob)
  return "^" .. glob:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".") .. "$"
end

-- Each word of --attacks has to name something.
local function wanted_stories(words)
  if words == "all" then return function() return true end end
  if words == "none" then return function() return false end end
  local known = { "switch", "all", "none" }
  for _, story in ipairs(schedule.stories()) do known[#known + 1] = story.id end
  local patterns = {}
  for _, word in ipairs(options.list(words)) do
    local pattern, found = glob_to_pattern(word), false
    for _, id in ipairs(known) do found = found or id:match(pattern) ~= nil end
    if not found then options.fail("--attacks: no story is named '%s'%s", word, options.suggest(word, known)) end
    patterns[#patterns + 1] = pattern
  end
  return function(id)
    for _, pattern in ipairs(patterns) do
      if id:match(pattern) then return true end
    end
    return false
  end
end

-- ---- the simulation ----

local Simulation = {}
Simulation.__index = Simulation

local function new_simulation(o)
  local sim = setmetatable({
    seed = o.seed, size = o.size, days = o.days, shape = o.shape, attacks = o.attacks, from = o.from, sessions = {},
    planned = {}, switched = {}, left_out = 0, source_list = {}, sources = {},
  }, Simulation)
  sim.until_ = sim.from + sim.days * DAY
  sim.judged_from = sim.from + math.min(45, sim.days // 2) * DAY
  for _, source in ipairs(SOURCES) do
    if not o.without[source] then
      sim.sources[source] = true
      sim.source_list[#sim.source_list + 1] = source
    end
  end
  return sim
end

--- Keeps an act of a session for its day.
function Simulation:plan(act, key)
  act.key = act.key or key
  local day = math.max(0, (act.time - self.from) // DAY)
  local list = self.planned[day] or {}
  self.planned[day] = list
  list[#list + 1] = act
end

--- From now on, within the time, each of the two acts under the other's name.
function Simulation:switch(p, q, from, until_)
  for one, other in pairs { [p] = q, [q] = p } do
    local list = self.switched[one] or {}
    self.switched[one] = list
    list[#list + 1] = { from = from, until_ = until_, as = other }
  end
end

local function switched_act(self, act)
  for _, switch in ipairs(self.switched[act.principal] or {}) do
    if act.time >= switch.from and act.time < switch.until_ then
      local token = {}
      for name, value in pairs(act.token) do token[name] = value end
      token.principal, token.text, token.inner, token.amr = switch.as, nil, nil, switch.as.amr
      act.principal, act.token = switch.as, token
      return
    end
  end
end

local function run_day(sim, day)
  population.day(sim, day)
  for _, act in ipairs(sim.planned[day] or {}) do sim.take(act) end
  sim.planned[day] = nil
end

--- Runs all days; `take` gets each act, `flush` is called behind each day.
function simulate.run(sim, take, flush)
  sim.take = take
  sim.emit = function(act)
    if sim.switched[act.principal] then switched_act(sim, act) end
    take(act)
  end
  for day = 0, sim.days - 1 do
    run_day(sim, day)
    flush(sim.from + (day + 1) * DAY, day == sim.days - 1, day)
  end
end

-- ---- output ----

local function write_beside(sim, out, o)
  local lines = labels.all(sim)
  for tag, list in pairs(sim.networks:lists()) do out:beside("intel/" .. tag .. ".txt", list) end
  if out.root then return out:beside("labels.jsonl", lines) end
  if not o.labels then return end
  local file, why = io.open(o.labels, "w")
  if not file then error({ message = o.labels .. ": cannot be written: " .. why, code = 4 }, 0) end
  file:write(lines)
  file:close()
end

local function progress(o, w, day, days)
  if o.quiet then return end
  io.stderr:write(("\rday %d of %d, %d records"):format(day + 1, days, w.count), day + 1 == days and "\n" or "")
end

local function summary(sim, w, o)
  if o.quiet then return end
  local kinds = { attack = 0, look_alike = 0, switch = 0 }
  for _, label in ipairs(sim.sessions) do kinds[label.kind] = kinds[label.kind] + 1 end
  io.stderr:write(("%d principals, %d subscriptions, %d acts, %d records; %d attacks, %d look-alikes, %d switches\n"):format(
    #sim.principals, #sim.tenant.subscriptions, w.acts, w.count, kinds.attack, kinds.look_alike, kinds.switch))
  if sim.left_out > 0 then
    io.stderr:write(("%d sessions were left out: too few principals for them\n"):format(sim.left_out))
  end
end

local function write_log(sim, o)
  local out = sink.new(o.output ~= "-" and o.output or nil)
  if not out.root then
    for source in pairs(sim.sources) do sim.sources[source] = source == "activity" or nil end
    sim.source_list = { sim.sources.activity and "activity" }
  end
  write_beside(sim, out, o)
  local w = writer.new { shape = require("armrun.simulate.shapes." .. sim.shape), sources = sim.sources, sink = out,
    tenant = sim.tenant.id, seed = sim.seed }
  local keys = random.stream(sim.seed, "keys")
  simulate.run(sim, function(act) w:add(act, act.key or keys:bits()) end, function(until_, last, day)
    w:flush(until_, last)
    out:rest()
    progress(o, w, day, sim.days)
  end)
  summary(sim, w, o)
end

local function read_options(args)
  local o = { seed = 1, size = 1000, days = 120, shape = "rest", attacks = "all", from = FROM, without = {} }
  options.read(args, KNOWN, o)
  if o.self_check then o.attacks = "none" end
  if o.help or o.self_check then return o end
  if not o.output then options.fail "-o DIR is missing: where the logs go; - is standard output" end
  return o
end

--- Builds the tenant and its people and plans the sessions.
function simulate.build(o)
  local sim = new_simulation(o)
  population.build(sim)
  schedule.plan(sim, wanted_stories(o.attacks))
  return sim
end

local function work(args)
  local o = read_options(args)
  if o.help then
    io.stdout:write(HELP)
    return 0
  end
  local sim = simulate.build(o)
  if o.self_check then return require("armrun.simulate.self_check").run(sim, simulate.run) end
  write_log(sim, o)
  return 0
end

--- The command; returns its exit code.
---@param args string[]
function simulate.main(args)
  local ok, result = xpcall(work, function(why) return type(why) == "table" and why or debug.traceback(why, 2) end,
    args)
  if ok then return result end
  if type(result) ~= "table" then error(result, 0) end
  if result.message then io.stderr:write("armrun: ", result.message, "\n") end
  if result.code == 2 then io.stderr:write "Try 'armrun simulate --help' for more.\n" end
  return result.code
end

return simulate
