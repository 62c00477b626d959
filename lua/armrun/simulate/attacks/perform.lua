--- Performs rows of the table of actions, one after the other, a day apart, or by one template.
local places = require "armrun.simulate.attacks.places"

local perform = {}

local function is_write(row)
  return row[2]:lower():find("/write$") ~= nil
end

--- How many rows of a list write something.
function perform.writes(rows)
  local n = 0
  for _, row in ipairs(rows) do
    if is_write(row) then n = n + 1 end
  end
  return n
end

local function pool(rows, only_writes)
  local list = {}
  for _, row in ipairs(rows) do
    if not only_writes or is_write(row) then list[#list + 1] = { row, row[1] } end
  end
  return list
end

local function drop(list, row)
  for i, item in ipairs(list) do
    if item[1] == row then return table.remove(list, i) end
  end
end

--- Rows by their weight, each once; a short list is gone through again.
---@param range integer[] how many, from and to
function perform.choose(random, rows, range, only_writes)
  local chosen, rest = {}, pool(rows, only_writes)
  for i = 1, random:int(range[1], range[2]) do
    if #rest == 0 then rest = pool(rows, only_writes) end
    chosen[i] = random:weighted(rest)
    drop(rest, chosen[i])
  end
  return chosen
end

-- What is deleted is the story's own: others go on working with what they share, and would seem to bring it back.
local function base(s, sub, on, deleted)
  if on == "subscription" then return places.path(sub) end
  if on == "group" and deleted then return places.path(sub) .. "/resourceGroups/" .. s:name("rg-") end
  if on == "group" then return places.some_group(s.world, sub) end
  if deleted then return s.world:new_resource(on, sub) end
  if on == "any" then on = s.random:pick { "Microsoft.KeyVault/vaults", "Microsoft.Storage/storageAccounts" } end
  return places.one(s.world, on, sub)
end

local function target(s, sub, row)
  local deleted = not row[4] and row[2]:lower():find("/delete$") ~= nil
  local id = base(s, sub, row[3], deleted)
  if not row[4] then return id end
  local numbered = row[2]:find("roleAssignments", 1, true) or row[2]:find("jobs/write", 1, true)
  local name = numbered and s.random:guid() or s:name("")
  return id .. "/" .. row[4]:gsub("%*", name)
end

-- A tenth of what is tried is refused: a thief does not know what the identity may do.
local function outcome(s, row)
  local more = { body = row.body, seconds = row.seconds }
  if s.who.difficulty and s.random:chance(0.1) then more.status, more.seconds = "Failed", 0.5 end
  return more
end

local function act(s, sub, row)
  s:call(row[2], target(s, sub, row), outcome(s, row))
end

--- One after the other, with minutes between.
function perform.at_once(s, sub, rows)
  for _, row in ipairs(rows) do
    act(s, sub, row)
    s:minutes(0.3, 7)
  end
end

--- One a day.
function perform.daily(s, sub, rows)
  for i, row in ipairs(rows) do
    if i > 1 then s:next_day() end
    act(s, sub, row)
  end
end

--- By one deployment: they are its children.
function perform.in_template(s, sub, rows)
  local children = {}
  for i, row in ipairs(rows) do
    children[i] = { row[2], target(s, sub, row), { body = row.body, seconds = row.seconds } }
  end
  s:deployment(places.some_group(s.world, sub), children)
end

return perform
