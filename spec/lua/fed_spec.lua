-- What the core adds to a rule's tables by itself (`fed`), and the gate before detect (`when`).
local testing = require "armrun.testing"
local LIST_KEYS <const> = "Microsoft.Storage/storageAccounts/listKeys/action"

-- A rule with these lines in its head, and this detect.
local function rule(head, detect)
  return ([[
    local keys, tags = operation "Microsoft.Storage/storageAccounts/listKeys/action", operation "Microsoft.Resources/tags/write"
    rule "X" {
      title = "x", severity = "low", params = { accounts = 3 },
      %s
      burst = { by = { "principal" }, quiet = "30m" },
      detect = function(act, state, params) %s end,
    }]]):format(head, detect)
end

local function story(head, detect) return testing.story { text = rule(head, detect) } end

local GATED <const> = [[on = keys, when = at_least { state = "seen", distinct = param "accounts" },
  state = { seen = tally { by = { "principal" }, of = "resource", within = "5m", fed = keys } },]]
local SAY <const> = [[local seen = state.seen:look(act)
  return alert { reason("n", "{n} of {all}", { n = seen.distinct, all = seen.total }) }]]

local function ask(told, n, more)
  for i = 1, n do
    local act = { at = i .. "s", by = "mallory", does = LIST_KEYS, on = "sa" .. i }
    for key, value in pairs(more or {}) do act[key] = value end
    told:act(act)
  end
  return told
end

local function calls(told) return told:run().rules.X.calls end

describe("when", function()
  it("calls detect once the table has come to it, with the act in it", function()
    local told = ask(story(GATED, SAY), 5)
    assert.alert(told, "X", { count = 1, resource = "sa3", reasons = { n = { n = 5, all = 5 } } })
    assert.equal(3, calls(told)) -- the third, the fourth and the fifth
    assert.equal(0, calls(ask(story(GATED, SAY), 2)))
  end)

  it("gives the very alert that adding in detect does", function()
    local plain = [[on = keys, state = { seen = tally { by = { "principal" }, of = "resource", within = "5m" } },]]
    local add = [[local seen = state.seen:add(act)
      if seen.distinct < params.accounts then return end ]] .. SAY
    local function told(head, detect)
      local it = ask(ask(story(head, detect), 4), 5, { by = "trent", at = "9s" })
      return it:act { at = "400s", by = "mallory", does = LIST_KEYS, on = "sa9" }:shuffle(3)
    end
    local one, other = told(plain, add), told(GATED, SAY)
    local first, second = one:alerts "X", other:alerts "X"
    assert.equal(2, #first)
    for i, alert in ipairs(first) do
      alert.rule_set, second[i].rule_set = nil, nil -- the texts of the rules differ
      assert.same(alert, second[i])
    end
    assert.equal(10, calls(one))
    assert.equal(2 + 3, calls(other))
  end)

  it("asks for the key of the act, and forgets what is out of the window", function()
    assert.quiet(ask(ask(story(GATED, SAY), 2), 2, { by = "trent" }))
    local told = ask(story(GATED, SAY), 2)
    assert.quiet(told:act { at = "303s", by = "mallory", does = LIST_KEYS, on = "sa3" })
    told = ask(story(GATED, SAY), 2)
    assert.alert(told:act { at = "300s", by = "mallory", does = LIST_KEYS, on = "sa3" }, "X")
  end)

  it("can be tuned", function()
    local told = ask(story(GATED, SAY), 5):tune [[tune "X" { accounts = 5 }]]
    assert.alert(told, "X", { resource = "sa5" })
    assert.equal(1, calls(told))
  end)

  it("asks for total and most, all that is said, of any alternative", function()
    local function with(when)
      return story(([[on = keys, when = %s, state = {
        seen = tally { by = { "principal" }, of = "resource", within = "5m", fed = keys },
        marks = count { by = { "principal" }, within = "5m", fed = tags } },]]):format(when), SAY)
    end
    local most = with [[at_least { state = "seen", most = 2 }]]
    assert.quiet(ask(most, 4))
    assert.alert(ask(most, 1, { at = "8s" }), "X", { resource = "sa1" })
    assert.equal(2, calls(ask(with [[at_least { state = "seen", total = 3 }]], 4)))
    assert.equal(2, calls(ask(with [[at_least { state = "seen", total = 3, distinct = 2 }]], 4)))
    assert.equal(0, calls(ask(with [[at_least { state = "seen", total = 3, most = 2 }]], 4)))
    local either = [[any_of { at_least { state = "seen", total = 4 }, at_least { state = "marks", total = 1 } }]]
    assert.equal(1, calls(ask(with(either), 4)))
    local marked = with(either):act { at = "0s", by = "mallory", does = "Microsoft.Resources/tags/write", on = "default" }
    assert.equal(4, calls(ask(marked, 4)))
  end)
end)

describe("fed", function()
  local FED <const> = [[on = keys, state = {
    marks = count { by = { "principal" }, within = "5m", fed = tags },
    seen = first_seen { by = { "principal" }, of = "operation", within = "5m", fed = any_of { tags, keys } } },]]

  it("adds what `on` does not take, and calls nobody for it", function()
    local told = story(FED, [[return alert { reason("n", "{n}", { n = state.marks:look(act).total,
      tags = state.seen:look(act, "Microsoft.Resources/tags/write").known, keys = state.seen:look(act).known,
      times = state.seen:look(act, "microsoft.resources/tags/write").times }) }]])
    for i = 1, 3 do told:act { at = i, by = "mallory", does = "Microsoft.Resources/tags/write", on = "default" } end
    told:act { at = 4, by = "mallory", does = "Microsoft.Resources/tags/write", on = "default", status = "failed" }
    told:act { at = 4, by = "trent", does = "Microsoft.Resources/tags/write", on = "default" }
    told:act { at = 5, by = "mallory", does = LIST_KEYS, on = "sa1" }
    assert.alert(told, "X", { count = 1, reasons = { n = { n = 3, tags = true, keys = true, times = 3 } } })
    assert.equal(1, calls(told))
  end)

  it("shows what was fed as evidence", function()
    local accounts = {}
    for _, record in ipairs(ask(story(GATED, SAY), 3):alerts("X")[1].evidence) do
      accounts[record.resource:match "[^/]+$"] = true
    end
    assert.same({ sa1 = true, sa2 = true, sa3 = true }, accounts)
  end)

  it("is the same in sorted mode, shuffled and told twice", function()
    for _, way in ipairs { function(s) return s:shuffle(9) end, function(s) return s:duplicate() end,
      function(s) return s:with { sorted = true } end } do
      assert.alert(way(ask(story(GATED, SAY), 5)), "X", { count = 1, resource = "sa3" })
    end
  end)
end)

describe("a head", function()
  local function problems(head)
    local ok, message = pcall(function() return story(head, "return"):run() end)
    assert.is_false(ok)
    return tostring(message)
  end
  local SEEN <const> = [[on = keys, state = { seen = tally { by = { "principal" }, of = "resource", within = "5m",
    fed = keys }, plain = count { by = { "principal" }, within = "5m" }, ever = first_seen { by = { "principal" },
    within = "5m", fed = keys } }, ]]

  for name, case in pairs {
    ["an unknown state"] = { [[when = at_least { state = "sen", total = 1 },]], "no state 'sen', did you mean 'seen'?" },
    ["a state that is not fed"] = { [[when = at_least { state = "plain", total = 1 },]], "with fed = …" },
    ["a kind without counts"] = { [[when = at_least { state = "ever", total = 1 },]], "a count, distinct or tally" },
    ["an unknown measure"] = { [[when = at_least { state = "seen", distnict = 1 },]], "did you mean 'distinct'?" },
    ["no number"] = { [[when = at_least { state = "seen", total = "5" },]], "whole number above 0" },
    ["nothing to measure"] = { [[when = at_least { state = "seen" },]], "none of total, distinct and most" },
    ["another word"] = { [[when = keys,]], "was expected" },
    ["too many alternatives"] = { "when = any_of { " .. ("at_least { state = \"seen\", total = 1 }, "):rep(5) .. "},",
      "at most 4" },
    ["acts at their start"] = { [[at = "started",]], "fed states see acts that have ended" },
  } do
    it("is refused with " .. name, function()
      assert.truthy(problems(SEEN .. case[1]):find(case[2], 1, true), problems(SEEN .. case[1]))
    end)
  end

  it("is refused with something that is not fed by acts", function()
    local function fed(what) return problems(("on = keys, state = { x = %s },"):format(what)) end
    assert.truthy(fed([[count { by = { "principal" }, within = "5m", fed = true }]]):find("fed: a selector was expected",
      1, true))
    assert.truthy(fed([[total { by = { "principal" }, within = "5m", fed = keys }]]):find("total has no 'fed'", 1, true))
  end)
end)

describe("app", function()
  local function by(app, more)
    local told = story(("on = operation '%s' { app = %s },"):format(LIST_KEYS, app), [[return alert { reason("a", "a") }]])
    return ask(told, 1, more)
  end

  it("takes the clients that are named, by name or id", function()
    assert.alert(by([["Azure PowerShell"]], { app = "powershell" }), "X")
    assert.alert(by([["azure powershell"]], { app = "powershell" }), "X")
    assert.quiet(by([["Azure PowerShell"]], { app = "portal" }))
    assert.alert(by([[{ "Azure CLI", "C44B4083-3BB0-49C1-B47D-974E53CBDF3C" }]], { app = "portal" }), "X")
    assert.quiet(by([[{ "Azure CLI", "c44b4083-3bb0-49c1-b47d-974e53cbdf3c" }]], { app = "powershell" }))
    assert.quiet(by([["11111111-1111-1111-1111-111111111111"]], { app = "portal" }))
  end)

  it("is refused when it is neither", function()
    for _, case in ipairs { { [["Azure PowerShel"]], "did you mean 'Azure PowerShell'?" }, { [["c44b4083"]], "neither a GUID" },
      { [["zzzzzzzz-1111-1111-1111-111111111111"]], "neither a GUID" },
      { [[{ "Azure CLI", "Azure CLI", "Azure CLI", "Azure CLI", "Azure CLI" }]], "at most 4" } } do
      local ok, message = pcall(function() return by(case[1], {}):run() end)
      assert.is_false(ok)
      assert.truthy(tostring(message):find(case[2], 1, true), tostring(message))
    end
  end)
end)
