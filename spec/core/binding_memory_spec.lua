-- When memory is out: loading and running fail with that message, lose nothing, and work again afterwards.
local core = require "armrun.core"
local testing = require "armrun.testing"
local base = core.T.base

local rule = [[
rule "X" {
  title = "t", severity = "low", params = { within = "5m" },
  on = any_of { operation "Microsoft.Storage/storageAccounts/listKeys/action", operation "Microsoft.Web/*" },
  state = {
    keys = tally { by = { "principal" }, of = "resource", within = param "within" },
    life = lifetime { by = { "resource" }, within = "1h" },
    chain = sequence { by = { "principal" }, within = "1h", steps = {
      step "a" { operation "Microsoft.Web/sites/write" }, step "b" { operation "Microsoft.Web/sites/delete" } } },
  },
  detect = function(act, state)
    local keys = state.keys:add(act)
    state.life:open(act)
    local match = state.chain:add(act)
    if match then return alert { reason("chain", "{who}", { who = match.steps.a.principal.name }) } end
    if keys.distinct > 1 then
      return alert { reason("keys", "{n} in {t:span}", { n = keys.distinct, t = keys.span }),
        summary = act.principal.name }
    end
  end,
}]]
local tuning = [[
tune "X" { within = "10m", except = function(act) return act.name == "never" end }
ignore { ip = "1.1.1.1" }]]

local function log()
  local story = testing.story { text = rule }
  for i = 1, 3 do
    story:act { at = i .. "s", by = "m", does = "Microsoft.Storage/storageAccounts/listKeys/action", on = "a" .. i }
  end
  story:act { at = "5s", by = "m", does = "Microsoft.Web/sites/write", on = "s" }
  story:act { at = "6s", by = "m", does = "Microsoft.Web/sites/delete", on = "s" }
  return story:text()
end

local function load()
  return core.engine { text = rule, tune_text = tuning, now = "2100-01-01", seed = 1 }
end

-- For n = 1, 1 + step, …: calls prepare(), then f with its n-th allocation failing, until it needs fewer. f returns
-- nil, or what it complained of. Returns how often it failed.
local function starve(step, prepare, f)
  local failed = 0
  for n = 1, math.huge, step do
    collectgarbage()
    collectgarbage()
    local before = base.alloc_live()
    local made, complaint
    do
      local engine = prepare()
      base.alloc_fail_at(n)
      complaint = f(engine)
      made = base.alloc_fail_at(0)
      if engine then engine:close() end
    end
    if complaint then
      failed = failed + 1
      assert.matches("memory", complaint, 1, true)
    end
    collectgarbage()
    collectgarbage()
    assert.equal(before, base.alloc_live(), ("something is lost when allocation %d fails"):format(n))
    if made < n then return failed end
  end
end

describe("without memory", function()
  after_each(function() base.alloc_fail_at(0) end)

  it("loading fails cleanly", function()
    local failed = starve(29, function() end, function()
      local good, engine, message = pcall(load)
      if not good then return engine end
      if not engine then return message end
      engine:close()
    end)
    assert.is_true(failed > 10)
  end)

  it("running fails cleanly", function()
    local text = log()
    local failed = starve(11, load, function(engine)
      local good, result = pcall(engine.run, engine, text)
      if not good then return result end
      if result.rules.X.fault then return result.rules.X.fault end
      assert.equal(1, #result.alerts)
    end)
    assert.is_true(failed > 10)
  end)
end)
