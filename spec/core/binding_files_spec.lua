-- Rules as files: folders, lib, ties between rules, the hash of the set.
local core = require "armrun.core"

local folder

local function write(name, text)
  local path = folder .. "/" .. name
  os.execute(("mkdir -p '%s'"):format(path:match "^(.*)/"))
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local function rule(id, extra, body)
  return ('rule "%s" {\n  title = "t", severity = "low", on = operation "a/b",\n  %s\n' ..
    '  detect = function(act) %s end,\n}\n'):format(id, extra or "", body or 'return alert { reason("a", "b") }')
end

-- engine, or nil and the problems with the folder's name taken out
local function load(options)
  options = options or {}
  options.rules = options.rules or { folder }
  options.now = "2100-01-01"
  local engine, message, problems = core.engine(options)
  if engine then return engine end
  for i, text in ipairs(problems) do problems[i] = text:gsub(folder .. "/", "", 1) end
  return nil, problems, message
end

local record = '{"eventTimestamp":"2026-01-01T00:00:00Z","operationName":{"value":"a/b"},' ..
  '"status":{"value":"Succeeded"},' ..
  '"correlationId":"c","caller":"m@x.com","category":{"value":"Administrative"}}\n'

describe("a folder of rules", function()
  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    os.execute(("mkdir '%s'"):format(folder))
  end)
  after_each(function() os.execute(("rm -r '%s'"):format(folder)) end)

  it("is read with all its folders, but for lib and hidden files", function()
    write("one.lua", rule "A")
    write("deep/er/two.lua", rule "B")
    write("lib/help.lua", "this is no rule")
    write(".hidden.lua", "nor is this")
    write("readme.txt", "nor this")
    local result = assert(load()):run(record)
    local rules = { result.alerts[1].rule, result.alerts[2].rule }
    table.sort(rules)
    assert.same({ "A", "B" }, rules)
  end)

  it("lets its rules share code from lib, by each once", function()
    write("lib/help.lua", "return { word = 'shared' }")
    write("deep/one.lua", 'local help = require "lib.help"\n' ..
      rule("A", nil, 'return alert { reason("a", require("lib.help").word) }'))
    local result = assert(load()):run(record)
    assert.equal("shared", result.alerts[1].reasons[1].text)
  end)

  it("tells where a module was looked for, and lets nothing else in", function()
    write("one.lua", 'require "lib.none"\n')
    write("two.lua", 'require "io"\n')
    write("three.lua", 'require "lib...secret"\n')
    write("four.lua", 'require "armrun.testing"\n')
    local _, problems = load()
    table.sort(problems)
    local tail = "' not found: rules can require armrun.* and, as \"lib.name\", files of the lib folder beside them"
    assert.same({ "four.lua:1: module 'armrun.testing" .. tail, "one.lua:1: module 'lib.none" .. tail,
      "three.lua:1: module 'lib...secret" .. tail, "two.lua:1: module 'io" .. tail }, problems)
  end)

  it("tells all problems of all files, and runs nothing", function()
    write("a.lua", rule("A", "titel = 1,"))
    write("b.lua", "rule = 5\n")
    write("c.lua", rule "C")
    local engine, problems, message = load()
    assert.is_nil(engine)
    assert.same({ "a.lua:3: rule 'A': unknown key 'titel', did you mean 'title'?",
      "b.lua:1: 'rule' is not a local variable; write: local rule = …" }, problems)
    assert.matches("a.lua:3: rule 'A': unknown key 'titel'", message, 1, true)
  end)

  it("knows ids twice in different files", function()
    write("a.lua", rule "A")
    write("b.lua", "\n" .. rule "A")
    local _, problems = load()
    assert.matches("^b.lua:2: rule 'A' stands twice, first in .*/a.lua:1$", problems[1])
  end)

  it("notes what it yields to and does not have", function()
    write("a.lua", rule("ARM_One", 'yields_to = { "ARM_Tvo" },'))
    write("b.lua", rule "ARM_Two")
    local notes = assert(load()):run(record).notes
    assert.equal(1, #notes)
    assert.matches('a.lua:1: yields_to names "ARM_Tvo".*ARM_Two', notes[1])
  end)

  it("may not yield in a circle", function()
    write("a.lua", rule("A", 'yields_to = { "B" },'))
    write("b.lua", rule("B", 'yields_to = { "A" },'))
    local engine, _, message = load()
    assert.is_nil(engine)
    assert.matches("yields_to", message, 1, true)
  end)

  it("without rules says so", function()
    local _, problems = load()
    assert.matches("no .lua file in this folder", problems[1])
    local engine, missing = load { rules = { folder .. "/none.lua" } }
    assert.is_nil(engine)
    assert.matches("^none.lua: cannot open: No such file", missing[1])
  end)

  it("has one hash for its texts and tuning, wherever it lies", function()
    local function hash(options) return assert(load(options)):run(record).alerts[1].rule_set end
    write("a.lua", rule "A")
    local first = hash()
    assert.matches("^%x+$", first)
    assert.equal(64, #first)
    assert.equal(first, hash())
    assert.not_equal(first, hash { tune_text = 'tune "A" { severity = "high" }' })
    local elsewhere = folder .. "/moved"
    write("moved/a.lua", rule "A")
    assert.equal(first, hash { rules = { elsewhere } })
    write("a.lua", rule "A" .. "\n")
    assert.not_equal(first, hash { rules = { folder .. "/a.lua" } })
  end)

  it("never loads compiled Lua", function()
    write("a.lua", string.dump(function() end))
    local _, problems = load()
    assert.matches("this is compiled Lua", problems[1])
  end)
end)

describe("the catalogue", function()
  local function calls(on)
    local text = ([[rule "A" { title = "t", severity = "low", on = %s, detect = function(act)
      return alert { reason("a", "{t}", { t = act.risk.first }) } end }]]):format(on)
    local engine = assert(core.engine { text = text, now = "2100-01-01" })
    return engine:run((record:gsub("a/b", "Microsoft.Compute/virtualMachines/runCommand/action")))
  end

  it("tells high-risk operations by tactic", function()
    local ok = pcall(require, "armrun.catalog.high_risk")
    if not ok then return pending "the catalogue is not there yet" end
    assert.equal("Execution", calls('high_risk("Execution")').alerts[1].reasons[1].values.t)
    assert.same({}, calls('high_risk("InitialAccess")').alerts)
  end)
end)
