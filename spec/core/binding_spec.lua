-- Heads of rules: what is read from them, and what is said about mistakes.
local core = require "armrun.core"
local binding = core.T.binding

-- The example of the contract, as it stands there.
local contract = [[
rule "ARM_MicroBurst.AZStorageKeysREST" {
  title    = "MicroBurst exploitation toolkit used to extract keys to your storage accounts",
  severity = "low", confidence = "medium",
  tactics  = { "Collection" }, techniques = { "T1552" },
  needs    = { "activity" }, better_with = { "read" },
  params   = { accounts = 3, within = "5m", pace = "3s" },

  on        = operation "Microsoft.Storage/storageAccounts/listKeys/action" { status = "succeeded" },
  state     = { keys = tally { by = { "principal", "subscription" }, of = "resource", within = param "within" } },
  burst     = { by = { "principal", "subscription" }, quiet = "30m" },
  yields_to = { "ARM_PowerZure.ShowStorageContent", "ARM_MicroBurst.AzDomainInfo" },

  about = {
    means   = "A script asks every storage account for its keys, once each, about one a second.",
    numbers = "Three accounts: two are common in deployments.",
    false_positives = { "infrastructure code that refreshes many accounts: it asks several times per account" },
    evasion = { "one account at a time, hours apart", "tokens instead of keys" },
  },

  detect = function(act, state, params)
    local keys = state.keys:add(act)
    if keys.distinct < params.accounts or keys.most > 1 or keys.median_gap > params.pace then return end
    return alert { reason("keys_listed", "%d storage accounts in %s, one listKeys each", keys.distinct, keys.span) }
  end,
}
]]

-- A small head with `extra` lines in it; the rule stands on line 1, the extra begins on line 4.
local function head(extra, id)
  return ('rule "%s" {\n  title = "A title",\n  severity = "low",\n  %s\n  on = operation "a/b/c",\n' ..
    '  detect = function(act, state, params) end,\n}\n'):format(id or "X", extra or "")
end

local function problems(text, name, tuning)
  local _, list = binding.load(text, name, tuning)
  return list
end

local function load(text, tuning)
  local rules, list = binding.load(text, nil, tuning)
  assert.same({}, list)
  return rules
end

describe("a rule's head", function()
  it("of the contract's example is read", function()
    local rule = load(contract)["ARM_MicroBurst.AZStorageKeysREST"]
    assert.equal("low", rule.severity)
    assert.equal("medium", rule.confidence)
    assert.same({ "Collection" }, rule.tactics)
    assert.same({ "T1552" }, rule.techniques)
    assert.same({ "principal", "subscription" }, rule.burst_by)
    assert.equal(1800, rule.burst_quiet)
    assert.same({ 1 << 1 }, rule.needs) -- activity is the first source after none
    assert.equal(1 << 4, rule.better_with) -- read
    assert.same({ "microsoft.storage/storageaccounts/listkeys/action" }, rule.on[1].operations)
    assert.equal(1 << 3, rule.on[1].statuses) -- succeeded
    local keys = rule.states.keys
    assert.equal("tally", keys.kind)
    assert.equal("resource", keys.of)
    assert.equal(300, keys.within)
    assert.same({ "ARM_MicroBurst.AzDomainInfo", "ARM_PowerZure.ShowStorageContent" }, rule.yields_to)
    assert.is_false(rule.nobody)
  end)

  it("may be followed by others in its file", function()
    local rules = load(head(nil, "A") .. head(nil, "B"))
    assert.equal(1, rules.A.line)
    assert.equal(8, rules.B.line)
  end)

  it("defaults: medium confidence, succeeded acts, keyed by principal", function()
    local rule = load(head()).X
    assert.equal("medium", rule.confidence)
    assert.equal(1 << 3, rule.on[1].statuses)
    assert.is_false(rule.nobody)
    assert.same({}, rule.burst_by)
  end)

  it("takes acts of nobody when no key has the principal", function()
    assert.is_true(load(head('burst = { by = { "resource" }, quiet = "30m" },')).X.nobody)
    assert.is_false(load(head('burst = { by = { "resource" }, quiet = "30m" }, nobody = false,')).X.nobody)
    local keyed = 'burst = { by = { "resource" } }, state = { s = count { by = { "principal" }, within = "1h" } },'
    assert.is_false(load(head(keyed)).X.nobody)
  end)

  it("of several severities stands for the highest", function()
    assert.equal("high", load((head():gsub('"low"', '{ "low", "high" }'))).X.severity)
  end)

  it("names learning days, preview, started, techniques", function()
    local rule = load(head('learning = "14d", preview = true, at = "started", techniques = { "T1" },')).X
    assert.equal(14, rule.learning_days)
    assert.is_true(rule.preview)
    assert.is_true(rule.at_started)
    assert.equal(0, rule.on[1].statuses) -- before an act ends there is nothing to demand
  end)

  it("needs sources, either of sources, and tagged addresses", function()
    local rule = load(head('needs = { "activity", any_of { "directory", "audit" }, intel { "tor", "proxy" } },')).X
    assert.same({ 1 << 1, 1 << 2 | 1 << 5 }, rule.needs)
    assert.equal(2 | 4, rule.needs_tags)
  end)
end)

describe("selectors", function()
  local function on(text)
    return load((head():gsub('operation "a/b/c"', function() return text end))).X.on
  end

  it("stand alone, in braces, or as alternatives", function()
    assert.same({ "a/b" }, on('operation "A/b"')[1].operations)
    assert.same({ "a/b", "c/*" }, on('operation { "A/b", "c/*" }')[1].operations)
    local two = on('any_of { operation "a/b", operation "c/d" { status = "any" } }')
    assert.equal(2, #two)
    assert.equal(1 << 3, two[1].statuses)
    assert.equal(62, two[2].statuses) -- all five, from started to unfinished
  end)

  it("name status, source, kind, ip tags, novelty, dormancy", function()
    local s = on([[operation "a/b" { status = { "succeeded", "failed" }, source = "keyvault", kind = "user",
      ip = { "malicious", "tor" }, novelty = { "operation", "app" }, dormant = "60d", unused_app = "45d" }]])[1]
    assert.equal(1 << 3 | 1 << 4, s.statuses)
    assert.equal(1 << 3, s.sources)
    assert.equal(1 << 1, s.kinds)
    assert.equal(1 | 2, s.ip_tags)
    assert.equal(1 | 4 | 16 | 64, s.novelty) -- 16: dormant, 64: unused_app
    assert.same({ 60 * 86400, 45 * 86400 }, { s.dormant, s.unused_app })
  end)

  it("without an operation take every one, or the high-risk ones", function()
    assert.same({}, on('act { ip = { "proxy" } }')[1].operations)
    local s = on('high_risk("Execution", "Impact") { everyday = true }')[1]
    assert.equal(1 << 1 | 1 << 10, s.tactics)
    assert.equal(1, s.everyday)
  end)

  it("complain about words that do not exist, with the nearest", function()
    local text = (head():gsub('operation "a/b/c"', 'operation "a/b/c" { status = "succeded", kinds = "user" }'))
    assert.same({
      "rules/a.lua:5: selector: unknown option 'kinds', did you mean 'kind'?",
      "rules/a.lua:5: status: 'succeded' is not known, did you mean 'succeeded'?",
    }, (function() local p = problems(text); table.sort(p); return p end)())
  end)

  it("allow one star", function()
    assert.same({ "rules/a.lua:5: operation 'a/*/b/*': one * at most" },
      problems((head():gsub("a/b/c", "a/*/b/*"))))
  end)
end)

describe("state", function()
  it("takes spans and caps from params, tuned", function()
    local text = head('params = { within = "5m", n = 3 }, ' ..
      'state = { s = count { by = { "ip" }, within = param "within", cap = 10 } },')
    assert.equal(300, load(text).X.states.s.within)
    assert.equal(10, load(text).X.states.s.cap)
    assert.equal(7200, load(text, 'tune "X" { within = "2h" }').X.states.s.within)
    assert.equal(90, load(text, 'tune "X" { within = 90 }').X.states.s.within)
  end)

  it("describes a sequence: steps, what must not come between, what must not follow", function()
    local s = load(head([[due = function(match, state, params) end, state = { s = sequence {
      by = { "principal", "resource" }, within = "24h", quiet = "60m",
      steps = {
        step "written" { operation "r/write" },
        never "job" { operation "j/write" },
        step "hook" { operation "h/write", operation "h/action" },
        never "job",
        never "deleted" { operation "r/delete" },
      } } },]])).X.states.s
    assert.equal(2, s.positive)
    assert.equal(3600, s.quiet)
    assert.same({ 1 }, s.forbidden) -- after written: mark 0
    assert.equal(1 | 2, s.forbidden_after) -- after hook: the same mark 0, and mark 1
    local seen = {}
    for _, step in ipairs(s.steps) do
      seen[#seen + 1] = ("%s%s %d %s"):format(step.negative and "not " or "", step.name, step.mark // 1,
        step.selector.operations[1])
    end
    assert.same({ "written 0 r/write", "not job 0 j/write", "hook 1 h/write", "hook 1 h/action",
      "not deleted 1 r/delete" }, seen)
  end)

  it("tells `on` by itself when a sequence has steps", function()
    local text = head([[state = { s = sequence { by = { "ip" }, within = "1h",
      steps = { step "a" { operation "x/a" }, step "b" { operation "x/b" { status = "any" } } } } },]])
    local on = load((text:gsub('  on = operation "a/b/c",\n', ""))).X.on
    assert.same({ "x/a" }, on[1].operations)
    assert.same({ "x/b" }, on[2].operations)
    assert.equal(62, on[2].statuses)
  end)

  it("complains about what cannot be", function()
    assert.same({ "rules/a.lua:4: rule 'X': state.s: tally has no 'withn', did you mean 'within'?",
      "rules/a.lua:4: rule 'X': state.s: within: a span such as \"5m\", \"24h\" or \"60d\" was expected, not 'nil'" },
      problems(head('state = { s = tally { by = { "principal" }, of = "resource", withn = "5m" } },')))
    assert.same({ "rules/a.lua:4: rule 'X': state.s: by: 'principle' is not known, did you mean 'principal'?",
      "rules/a.lua:4: rule 'X': state.s: by = { … } is missing: what is counted apart" },
      problems(head('state = { s = count { by = { "principle" }, within = "5m" } },')))
    assert.same({ "rules/a.lua:4: rule 'X': state.s: " ..
      "a never after the last step needs quiet = \"…\": how long to wait for it" },
      problems(head([[state = { s = sequence { by = { "ip" }, within = "1h", steps = {
        step "a" { operation "a" }, step "b" { operation "b" }, never "c" { operation "c" } } } },]])))
    assert.same({ "rules/a.lua:4: rule 'X': state.s: a sequence has at least two steps, or one and a quiet time" },
      problems(head([[state = { s = sequence { by = { "ip" }, within = "1h", steps = {
        step "a" { operation "a" } } } },]])))
    assert.same({ "rules/a.lua:4: rule 'X': param \"withn\" is not among params, did you mean 'within'?",
      "rules/a.lua:4: rule 'X': state.s: within: a span such as \"5m\", \"24h\" or \"60d\" was expected, not 'nil'" },
      problems(head('params = { within = "5m" }, state = { s = count { by = { "ip" }, within = param "withn" } },')))
  end)
end)

describe("mistakes in a head", function()
  it("are told at the line of the key, with the nearest key", function()
    assert.same({ "rules/a.lua:3: rule 'X': unknown key 'severty', did you mean 'severity'?",
      "rules/a.lua:1: rule 'X': 'severity' is missing" }, problems((head():gsub("severity", "severty"))))
  end)

  it("are all told, of all rules in the file", function()
    local text = 'rule "A" {\n  title = 5,\n}\nrule "B" {\n  on = "text",\n  severity = "hihg",\n}\n'
    assert.same({
      "rules/a.lua:2: rule 'A': title: a text was expected",
      "rules/a.lua:1: rule 'A': 'severity' is missing",
      "rules/a.lua:1: rule 'A': 'detect' is missing",
      "rules/a.lua:1: rule 'A': 'on' is missing",
      "rules/a.lua:6: rule 'B': severity: 'hihg' is not known, did you mean 'high'?",
      "rules/a.lua:5: rule 'B': on: a selector was expected: " ..
        "operation \"…\", act { … }, high_risk(\"…\") or any_of { … }",
      "rules/a.lua:4: rule 'B': 'title' is missing",
      "rules/a.lua:4: rule 'B': 'detect' is missing",
    }, problems(text))
  end)

  it("like two rules of one id name both places", function()
    assert.same({ "rules/a.lua:8: rule 'X' stands twice, first in rules/a.lua:1" }, problems(head() .. head()))
  end)

  it("include unknown words of the language, and Lua that does not parse", function()
    assert.matches("^rules/a.lua:4: undefined name 'cuont', did you mean 'count'",
      problems(head("state = { s = cuont { } },"))[1])
    assert.matches("^rules/a.lua:2: ", problems('rule "X" {\n  title = = "x",\n}')[1])
  end)

  it("include due without quiet, and quiet without due", function()
    assert.same({ "rules/a.lua:4: rule 'X': due is for a sequence with quiet; there is none" },
      problems(head("due = function() end,")))
    assert.same({ "rules/a.lua:1: rule 'X': a sequence with quiet needs due = function(match, state, params) … end" },
      problems(head('state = { s = sequence { by = { "ip" }, within = "1h", quiet = "5m", ' ..
        'steps = { step "a" { operation "a" }, step "b" { operation "b" } } } },')))
  end)

  it("do not include an operation nobody has heard of", function()
    assert.same({}, problems((head():gsub("a/b/c", "Microsoft.Storrage/acounts/listKey/acton"))))
  end)

  it("end a file that never ends", function()
    assert.matches("^rules/a.lua:1: used up its", problems("while true do end")[1])
  end)
end)

describe("tuning", function()
  local text = head('params = { accounts = 3, within = "5m", name = "x", strict = false },')

  it("changes severity", function()
    assert.equal("high", load(text, 'tune "X" { severity = "high" }').X.severity)
  end)

  it("names an unknown rule, parameter or kind of value", function()
    assert.same({ "tune.lua:2: tune 'Quite.Other': there is no such rule" }, problems(text, nil,
      '\ntune "Quite.Other" { accounts = 4 }'))
    assert.same({ "tune.lua:2: rule 'X' has no parameter 'acounts', did you mean 'accounts'?" },
      problems(text, nil, 'tune "X" {\n  acounts = 4,\n}'))
    assert.same({ "tune.lua:1: rule 'X': parameter 'accounts' is a number, as its default '3'" },
      problems(text, nil, 'tune "X" { accounts = "many" }'))
    assert.same({ "tune.lua:1: severity: 'hihg' is not known, did you mean 'high'?" },
      problems(text, nil, 'tune "X" { severity = "hihg" }'))
  end)

  it("says things once", function()
    assert.same({ "tune.lua:2: tune 'X' stands twice, first in tune.lua:1" },
      problems(text, nil, 'tune "X" { accounts = 4 }\ntune "X" { severity = "high" }'))
  end)

  it("of a broken rule is not blamed for it", function()
    assert.same({ "rules/a.lua:3: rule 'X': severity: 'lov' is not known, did you mean 'low'?" },
      problems((text:gsub('"low"', '"lov"')), nil, 'tune "X" { accounts = 4 }'))
  end)

  it("must narrow what it ignores", function()
    assert.same({ "tune.lua:1: ignore: " ..
      "name a principal, rules, a subscription or an ip; else it would hide everything" },
      problems(text, nil, 'ignore { because = "quiet please" }'))
    assert.same({ "tune.lua:1: ignore: unknown key 'principle', did you mean 'principal'?" },
      problems(text, nil, 'ignore { rules = "X", principle = "a" }'))
    assert.same({ "tune.lua:1: ignore: rules 'Z*': there is no such rule" }, problems(text, nil,
      'ignore { rules = "Z*" }'))
    assert.same({ "tune.lua:1: ignore: expires: 'soon' is no time; write \"2026-12-31\"" },
      problems(text, nil, 'ignore { rules = "X", expires = "soon" }'))
  end)

  it("warns of what has expired", function()
    local _, list, notes = binding.load(text, nil, 'ignore { rules = "X", expires = "2001-01-01" }')
    assert.same({}, list)
    assert.same({ "tune.lua:1: this ignore expired on 2001-01-01; it hides nothing later than that" }, notes)
  end)

  it("stays in its own file", function()
    assert.same({ "rules/a.lua:1: tune stands in a tuning file (--tune), not in a rule file" },
      problems('tune "X" { a = 1 }'))
    assert.same({ "tune.lua:1: rule stands in a rule file; this one tunes" }, problems(text, nil, 'rule "Z" { }'))
  end)
end)
