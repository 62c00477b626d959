-- The corpus of JSON, and records made to hurt, as a log: the program takes what it must, rejects what it must, reads
-- the next line in any case, and holds no more memory for it.
local core = require "armrun.core"
local corpus = require "support.json_corpus"

local RULE <const> = [[
rule "R" { title = "r", severity = "low", on = operation "a/b/c", burst = { by = { "principal" }, quiet = "1s" },
  detect = function(act) return alert { reason("seen", "{name}", { name = act.name }) } end }]]

local function record(number, member)
  return ('{"time":"2024-05-02T10:%02d:00Z","resourceId":"/subscriptions/11111111-1111-1111-1111-111111111111/'
    .. 'resourceGroups/rg/providers/a/b/x%d","operationName":"A/B/C","category":"Administrative",'
    .. '"resultType":"Success","correlationId":"c0000000-0000-0000-0000-%012d","identity":{"claims":{'
    .. '"http://schemas.microsoft.com/identity/claims/objectidentifier":"a0000000-0000-0000-0000-%012d"}}%s}\n')
    :format(number % 60, number, number, number, member and ',"member":' .. member or "")
end

local function engine()
  return assert(core.engine { text = RULE, now = "2024-06-01T00:00:00Z", seed = 7 })
end

local function run(log)
  local one = engine()
  local result = one:run(log, "log.json")
  one:close()
  local seen = {}
  for _, alert in ipairs(result.alerts) do seen[alert.reasons[1].values.name] = true end
  return result.summary, seen, result.findings
end

local function names_of(list)
  local names = {}
  for name in pairs(list) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function taken(text)
  local summary, seen, findings = run(record(1) .. record(2, text) .. record(3))
  assert.is_true(seen.x1 and seen.x3, "the lines beside it")
  assert.equal(summary.records, summary.events + summary.rejected + summary.skipped + summary.duplicates)
  return seen.x2 == true, summary, findings
end

describe("the corpus", function()
  for _, name in ipairs(names_of(corpus.y)) do
    it("y_" .. name .. " is read", function()
      local yes, summary, findings = taken(corpus.y[name])
      assert.same({ true, 0, 0 }, { yes, summary.rejected, #findings })
    end)
  end

  for _, name in ipairs(names_of(corpus.n)) do
    it("n_" .. name .. " is rejected, and told", function()
      local yes, summary, findings = taken(corpus.n[name])
      assert.is_false(yes)
      assert.is_true(summary.rejected >= 1)
      assert.equal("armrun.UnreadableRecords", findings[1].rule)
    end)
  end

  for _, name in ipairs(names_of(corpus.i)) do
    local case = corpus.i[name]
    it("i_" .. name .. (case.taken and " is read" or " is rejected, and told"), function()
      local yes, summary, findings = taken(case.text)
      assert.equal(case.taken, yes)
      assert.equal(case.taken and 0 or 1, summary.rejected)
      if not case.taken then assert.equal("armrun.UnreadableRecords", findings[1].rule) end
    end)
  end

  it("has all kinds", function()
    assert.is_true(#names_of(corpus.y) >= 45 and #names_of(corpus.n) >= 100 and #names_of(corpus.i) >= 20)
  end)

  it("in one log: every tenth line is bad, and every good one counts", function()
    local lines, bad = {}, names_of(corpus.n)
    for number = 1, 1000 do
      lines[#lines + 1] = number % 10 == 0 and record(number, corpus.n[bad[number // 10 % #bad + 1]]) or record(number)
    end
    local summary = run(table.concat(lines))
    assert.equal(900, summary.events)
    assert.equal(summary.records, 900 + summary.rejected)
  end)
end)

-- ---- memory ------------------------------------------------------------------------------------------------------

local sanitized <const> = (os.getenv "LD_PRELOAD" or ""):find "san" ~= nil

local function status(name)
  local file <close> = assert(io.open "/proc/self/status")
  return tonumber(file:read("a"):match(name .. ":%s+(%d+)"))
end

-- KiB that the process came to hold at most above what it held before.
local function growth(work)
  collectgarbage()
  collectgarbage()
  local file = assert(io.open("/proc/self/clear_refs", "w"))
  file:write "5"
  file:close()
  local before = status "VmRSS"
  work()
  return status "VmHWM" - before
end

describe("a record made to hurt", function()
  local path
  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  -- Pieces are written one by one, so that the spec itself never holds the whole.
  local function write(...)
    local file <close> = assert(io.open(path, "wb"))
    file:write(record(1))
    for _, piece in ipairs { ... } do
      for _ = 1, piece[2] do file:write(piece[1]) end
    end
    file:write("\n", record(3))
  end

  local open <const> = record(2):sub(1, -3)
  local part <const> = ("a"):rep(1 << 16)
  local mebibytes <const> = sanitized and 4 or 100
  local cases = {
    { "lists a million deep", { open .. ',"x":', 1 }, { ("["):rep(1000), 1000 }, { ("]"):rep(1000), 1000 },
      { "}", 1 } },
    { "objects a million deep", { open .. ',"x":', 1 }, { ('{"a":'):rep(1000), 1000 }, { "1", 1 },
      { ("}"):rep(1000), 1000 }, { "}", 1 } },
    { "lists 400,000 deep, within the size", { open .. ',"x":', 1 }, { ("["):rep(1000), 400 },
      { ("]"):rep(1000), 400 }, { "}", 1 } },
    { "a string without end", { open .. ',"x":"', 1 }, { part, mebibytes * 16 }, { '"}', 1 } },
    { "a key without end", { open .. ',"', 1 }, { part, mebibytes * 16 }, { '":1}', 1 } },
    { "a million keys", { open, 1 }, { (',"k":1'):rep(1000), 1000 }, { "}", 1 } },
    { "a million numbers", { open .. ',"x":[0', 1 }, { (",0"):rep(1000), 1000 }, { "]}", 1 } },
    { "half a million numbers, within the size", { open .. ',"x":[0', 1 }, { (",0"):rep(1000), 500 }, { "]}", 1 } },
    { "a million numbers that no type holds", { open .. ',"x":[0', 1 }, { (",1e400"):rep(1000), 100 }, { "]}", 1 } },
    { "a number of a million digits", { open .. ',"x":1', 1 }, { ("9"):rep(1000), 1000 }, { "}", 1 } },
    { "escapes to the brim", { open .. ',"x":"', 1 }, { ("\\u0000"):rep(1000), 170 }, { '"}', 1 } },
    { "JSON in a string in a string", { open .. ',"properties":"{\\"requestbody\\":\\"', 1 }, { ("["):rep(1000), 900 },
      { '\\"}"}', 1 } },
    { "a row of NULs", { ("\0"):rep(1000), 2000 } },
    { "a line of blanks", { (" "):rep(1000), 2000 } },
  }
  local function read()
    local one = engine()
    local result = one:run { path }
    one:close()
    return result
  end

  for _, case in ipairs(cases) do
    it("holds no more than 8 MiB: " .. case[1], function()
      write(table.unpack(case, 2))
      local first = read() -- warms up
      local seen = {}
      for _, alert in ipairs(first.alerts) do seen[alert.reasons[1].values.name] = true end
      assert.is_true(seen.x1 and seen.x3)
      assert.is_true(first.summary.rejected <= 1)
      if sanitized then return end
      local kib = growth(read)
    assert.is_true(kib <= 8 * 1024, kib .. " KiB")
    end)
  end
end)
