--- Which sessions of attacks and look-alikes there are, and when; and whose identities are switched.
local apps = require "armrun.simulate.apps"
local calendar = require "armrun.simulate.calendar"
local random = require "armrun.simulate.random"
local world = require "armrun.simulate.world"

local schedule = {}

local DAY <const> = calendar.DAY
local FULL <const> = 12 -- sessions of each id and difficulty with a thousand principals: some 1,700, or two for each
local LOOK_ALIKES <const> = 10

-- ---- the stories ----

--- Every story of every family, in the order they are listed.
function schedule.stories()
  local found, stories = pcall(require, "armrun.simulate.attacks.all")
  if not found then error("the stories of attacks cannot be read: " .. tostring(stories), 0) end
  return stories
end

-- ---- sessions ----

local function severity_of(story, difficulty)
  local severity = story.severity
  return type(severity) == "table" and severity[difficulty] or severity
end

local function ids(principals)
  local list = {}
  for i, p in ipairs(principals) do list[i] = type(p) == "table" and p.id or p end
  return list
end

local function span(acts)
  local from, until_ = math.maxinteger, math.mininteger
  for _, act in ipairs(acts) do
    from = math.min(from, act.time)
    until_ = math.max(until_, act.time + math.floor((act.seconds or 0) * 1000))
  end
  return from, until_
end

local function by_name(map)
  local list = {}
  for name in pairs(map) do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- Who the session is about: what the story says, else whoever acts in it.
local function principals_of(acts, more)
  if more.principals then return ids(more.principals) end
  if more.principal then return ids { more.principal } end
  local seen = {}
  for _, act in ipairs(acts) do seen[act.principal.id] = true end
  return by_name(seen)
end

local function make_label(label, acts, more)
  label.principals = principals_of(acts, more)
  label.from, label["until"] = span(acts)
  for name, value in pairs(more) do
    if name ~= "principal" and name ~= "principals" and label[name] == nil then label[name] = value end
  end
  if type(label.subscription) == "table" then label.subscription = label.subscription.id end
  return label
end

-- The acts of a story, or nil when it found no free principal; any other failure is a mistake in the story.
local function tell(w, run, time, difficulty)
  local function trace(why) return type(why) == "table" and why or debug.traceback(why, 2) end
  local ok, acts, more = xpcall(run, trace, w, time, difficulty)
  if ok and #acts > 0 and w:seal(acts) then return acts, more or {} end
  w:release()
  if ok or (type(acts) == "table" and acts.no_principal) then return nil end
  error(("the story of session %s failed: %s"):format(w.name, acts), 0)
end

local TRIES <const> = 8

-- Tries several times of the judged part, until there is somebody for the story.
local function find_time(sim, name, margin, run, difficulty)
  local s = random.stream(sim.seed, "time/" .. name)
  local room = math.max(DAY // 4, sim.until_ - sim.judged_from - math.floor(margin * DAY))
  for try = 1, TRIES do
    local time = sim.judged_from + math.floor(s:real() * room)
    local acts, more = tell(world.new(sim, name .. "/" .. try, time), run, time, difficulty)
    if acts then return acts, more, s end
  end
end

local function add_session(sim, name, margin, label, run, difficulty)
  local acts, more, s = find_time(sim, name, margin, run, difficulty)
  if not acts then
    sim.left_out = sim.left_out + 1
    return
  end
  label.session = #sim.sessions + 1
  sim.sessions[label.session] = make_label(label, acts, more)
  for _, act in ipairs(acts) do sim:plan(act, s:bits()) end
end

local MARGINS <const> = { slow = 20 }

-- The n-th session of a story at each of its difficulties.
local function add_attacks(sim, story, n)
  for _, difficulty in ipairs(story.difficulties or { "plain" }) do
    local label = {
      kind = "attack", id = story.id, accepts = story.accepts or {}, difficulty = difficulty,
      severity = severity_of(story, difficulty), sources = story.sources or { "activity" },
    }
    local margin = math.min(MARGINS[difficulty] or 2, (sim.until_ - sim.judged_from) / DAY / 2)
    add_session(sim, ("%s/%s/%d"):format(story.id, difficulty, n), margin, label, story.attack, difficulty)
  end
end

local function add_look_alikes(sim, story, n)
  for _, look_alike in ipairs(story.look_alikes or {}) do
    local label = { kind = "look_alike", id = story.id, name = look_alike.name }
    add_session(sim, ("%s/like/%s/%d"):format(story.id, look_alike.name, n), 2, label, look_alike.run)
  end
end

-- ---- identity switching ----

local SWITCHED_DAYS <const> = 3

-- Each works as the other does: with the other's clients.
local function note_clients(p, q, time)
  for _, item in ipairs(q.apps or {}) do world.note_use(p, apps[item[1]], time) end
  if q.pim then world.note_use(p, apps.portal, time) end
end

local function other_duties(p)
  return function(q) return q ~= p and (q.archetype ~= p.archetype or q.subscriptions[1] ~= p.subscriptions[1]) end
end

local function switch_pair(sim, n)
  local s = random.stream(sim.seed, "switch/" .. n)
  local days = (sim.until_ - sim.judged_from) // DAY
  local from = sim.judged_from + s:int(0, math.max(0, days - SWITCHED_DAYS)) * DAY
  local w = world.new(sim, "switch/" .. n, from)
  local want = { kind = "user", mature = true }
  local ok, p = pcall(w.principal, w, want)
  if not ok then return end
  want.where = other_duties(p)
  local found, q = pcall(w.principal, w, want)
  if not found then return end
  local until_ = math.min(sim.until_, from + SWITCHED_DAYS * DAY)
  sim:switch(p, q, from, until_)
  note_clients(p, q, from)
  note_clients(q, p, from)
  sim.sessions[#sim.sessions + 1] = {
    kind = "switch", session = #sim.sessions + 1, principals = { p.id, q.id }, from = from, ["until"] = until_,
  }
end

-- ---- all ----

--- Plans the sessions of the wanted stories. `wanted(id)` says which; look-alikes come with their story.
function schedule.plan(sim, wanted)
  local count = math.min(FULL, math.max(2, math.ceil(FULL * sim.size / 1000)))
  local stories = {}
  if wanted "switch" then
    for n = 1, math.min(50, math.max(1, sim.size // 20)) do switch_pair(sim, n) end
  end
  for _, story in ipairs(schedule.stories()) do
    if wanted(story.id) then stories[#stories + 1] = story end
  end
  -- One of each, then a second of each: where principals run short, every story lacks about as many.
  for n = 1, count do
    for _, story in ipairs(stories) do
      add_attacks(sim, story, n)
      if n <= math.min(LOOK_ALIKES, math.ceil(count / 3)) then add_look_alikes(sim, story, n) end
    end
  end
end

return schedule
