-- The words of rules at work: rules of a few lines, read by the real engine out of real-shaped records.
local testing = require "armrun.testing"

local LIST_KEYS = "Microsoft.Storage/storageAccounts/listKeys/action"
local RUNBOOK = "Microsoft.Automation/automationAccounts/runbooks/"

-- A rule "X" on listKeys with this body of detect; `head` adds lines.
local function rule(body, head)
  return { text = ([[
rule "X" {
  title = "A title", severity = "low", tactics = { "Collection" },
  %s
  detect = function(act, state, params)
    %s
  end,
}]]):format(head or ('on = operation "%s",'):format(LIST_KEYS), body) }
end

local function story(body, head)
  return testing.story(rule(body, head))
end

-- One listKeys by mallory on sa1; `extra` overrides.
local function list_keys(s, extra)
  local act = { at = "1s", by = "mallory", does = LIST_KEYS, on = "sa1" }
  for key, value in pairs(extra or {}) do act[key] = value end
  return s:act(act)
end

-- What an expression over `act` gives, told by the alert of one listKeys.
local function value_of(expression, extra, source)
  local body = 'local v = %s\n return alert { reason("value", "{v}", { v = v == nil and "nil" or v }) }'
  local s = story(body:format(expression),
    source and ('on = act { source = "%s", status = "any" }, nobody = true,'):format(source)
      or ('on = operation "%s" { status = "any" }, nobody = true,'):format(LIST_KEYS))
  list_keys(s, extra)
  local alert = s:alerts("X")[1]
  assert(alert, (s:run().rules.X.fault or "no alert"))
  return alert.reasons[1].values.v
end

describe("the act", function()
  local guid = testing.guid

  it("says when and what", function()
    assert.equal(1767225601, value_of("act.time")) -- the story begins at 2026-01-01T00:00:00Z
    assert.equal(1767225600.5, value_of("act.started"))
    assert.equal(1767225601, value_of("act.ended"))
    assert.equal("succeeded", value_of("act.status"))
    assert.equal("failed", value_of("act.status", { status = "failed" }))
    assert.equal("activity", value_of("act.source"))
    assert.equal(LIST_KEYS:lower(), value_of("act.operation"))
    assert.equal(2, value_of("act.records"))
    assert.is_false(value_of("act.future"))
  end)

  it("says where", function()
    local id = ("/subscriptions/%s/resourcegroups/rg/providers/microsoft.storage/storageaccounts/sa1"):format(guid "s1")
    assert.equal(id, value_of("act.resource", { sub = "s1" }))
    assert.equal(id, value_of("act.parent", { sub = "s1" }))
    assert.equal("sa1", value_of("act.name"))
    assert.equal("SA1x", value_of("act.resource_name", { on = "SA1x" }))
    assert.equal("rg", value_of("act.group"))
    assert.equal(guid "s1", value_of("act.subscription", { sub = "s1" }))
    assert.equal(guid "tenant", value_of("act.tenant"))
    assert.equal("20.1.2.3", value_of("act.ip", { ip = "20.1.2.3" }))
    assert.equal("20.1.2.0", value_of("act.network", { ip = "20.1.2.3" }))
    assert.equal("nil", value_of("act.ip", { ip = false }))
    assert.equal("POST", value_of("act.method"))
    assert.equal("Administrative", value_of("act.category"))
    assert.equal(guid "c", value_of("act.correlation_id", { correlation = guid "c" }))
  end)

  it("prefers the spelling somebody wrote to an export in capitals", function()
    assert.equal("SaOne", value_of("act.resource_name", { on = "SaOne", shape = "eventhub" }))
  end)

  it("says who", function()
    assert.equal("mallory@contoso.com", value_of("act.principal.name"))
    assert.equal(guid "mallory", value_of("act.principal.id"))
    assert.equal(guid "mallory", value_of("act.principal.key"))
    assert.equal("user", value_of("act.principal.kind"))
    assert.equal("Azure CLI", value_of("act.principal.app_name"))
    assert.equal(testing.apps.powershell, value_of("act.principal.app_id", { app = "powershell" }))
    assert.is_true(value_of("act.principal.mfa", { mfa = true }))
    assert.is_false(value_of("act.principal.mfa", { mfa = false }))
    assert.equal("nil", value_of("act.principal.mfa"))
    assert.equal("service_principal", value_of("act.principal.kind", { by = "ci", kind = "service_principal" }))
    assert.equal("platform", value_of("act.principal.kind", { by = "backup", kind = "platform" }))
    assert.equal("nil", value_of("act.principal.key", { by = false }))
  end)

  it("gives what lies in bodies and records", function()
    local body = { properties = { roleDefinitionId = "r1", tags = { "a", "b" }, count = 7,
      gone = require("armrun.json").null } }
    local extra = { body = body, response = { id = "x", deep = { n = 2.5 } } }
    assert.equal("r1", value_of('act:body "properties.roleDefinitionId"', extra))
    assert.equal("r1", value_of('act:body "Properties.RoleDefinitionID"', extra))
    assert.equal("b", value_of('act:body("properties.tags")[2]', extra))
    assert.equal(7, value_of('act:body("properties").count', extra))
    assert.equal("nil", value_of('act:body "properties.gone"', extra))
    assert.is_true(value_of('act:has "properties.gone"', extra))
    assert.is_false(value_of('act:has "properties.never"', extra))
    assert.equal(2.5, value_of('act:response "deep.n"', extra))
    assert.equal("Operation", value_of('act:record "channels"', extra))
  end)

  it("is what the engine knew before it", function()
    assert.is_false(value_of("act.profile.found"))
    assert.is_false(value_of("act.profile.network.known"))
    assert.equal("nil", value_of("act.profile.app.last_days_ago"))
    assert.equal(0, value_of("act.coverage.tenant_days"))
    assert.equal(0, value_of("#act.intel.tags"))
    assert.equal("nil", value_of("act.intel.feed"))
    assert.is_false(value_of('act.intel:tagged "tor"'))
  end)

  it("can come from a vault", function()
    local extra = { does = "SecretGet", on = "v1", source = "keyvault", item = "https://v1.vault.azure.net/secrets/s",
                    user_agent = "curl/8" }
    assert.equal("secretget", value_of("act.operation", extra, "keyvault"))
    assert.equal("curl/8", value_of("act.user_agent", extra, "keyvault"))
    assert.equal("v1", value_of("act.name", extra, "keyvault"))
    extra.status = "failed"
    assert.equal("failed", value_of("act.status", extra, "keyvault"))
  end)

  it("can come from the directory, Entra and reads", function()
    assert.equal("directory", value_of("act.source",
      { does = "Microsoft.Authorization/elevateAccess/action", source = "directory" }, "directory"))
    assert.equal("add member to role", value_of("act.operation", { does = "Add member to role", source = "audit" },
      "audit"))
    assert.equal("mallory@contoso.com", value_of("act.principal.name", { does = "Sign-in activity",
      source = "signin" }, "signin"))
    assert.equal("read", value_of("act.source",
      { does = "Microsoft.Storage/storageAccounts/read", source = "read" }, "read"))
  end)
end)

describe("selectors at work", function()
  local say = 'return alert { reason("seen", "{status} {records}", { status = act.status, records = act.records }) }'

  local function of(on, more)
    return story(say, ("on = %s, %s"):format(on, more or ""))
  end

  it("see an act at its start when the rule says so", function()
    local s = list_keys(of(('operation "%s"'):format(LIST_KEYS), 'at = "started",'), { status = "failed" })
    assert.alert(s, "X", { count = 1, reasons = { seen = { status = "started", records = 1 } },
      time = "2026-01-01T00:00:00.5Z" })
  end)

  it("tell outcomes apart", function()
    local failed = ('operation "%s" { status = "failed" }'):format(LIST_KEYS)
    assert.alert(list_keys(of(failed), { status = "failed" }), "X", { reasons = { seen = { status = "failed" } } })
    assert.quiet(list_keys(of(failed)), "X")
    local unfinished = ('operation "%s" { status = "unfinished" }'):format(LIST_KEYS)
    assert.alert(list_keys(of(unfinished), { status = "started" }), "X",
      { reasons = { seen = { status = "unfinished" } } })
  end)

  it("tell kinds, sources and stars apart", function()
    local sp = of('operation "Microsoft.Storage/*/listKeys/action" { kind = "service_principal" }')
    assert.alert(list_keys(list_keys(sp), { by = "ci", kind = "service_principal" }), "X", { principal = "ci",
      count = 1 })
    local vault = of('act { source = "keyvault" }')
    list_keys(vault)
    vault:act { by = "eve", does = "SecretGet", source = "keyvault", on = "v1" }
    assert.alert(vault, "X", { principal = "eve", count = 1 })
  end)

  it("know what is new to somebody, and who was away", function()
    local function days_of_work(s)
      return s:days(20, function()
        s:act { at = "9h", by = "mallory", does = LIST_KEYS, on = "sa1", app = "cli", ip = "20.1.1.1" }
      end)
    end
    local s = days_of_work(of(('operation "%s" { novelty = { "network" } }'):format(LIST_KEYS), 'learning = "14d",'))
    assert.quiet(s, "X") -- the first day is new too, and is learned
    s:act { at = "9h", by = "mallory", does = LIST_KEYS, on = "sa1", app = "cli", ip = "20.9.9.9" }
    assert.alert(s, "X", { count = 1, time = "2026-01-21T09:00:00Z" })
    local away = days_of_work(of(('operation "%s" { dormant = param "idle" }'):format(LIST_KEYS),
      'params = { idle = "30d" },'))
    away:act { at = "29d", by = "mallory", does = LIST_KEYS, on = "sa1" }
    assert.quiet(away, "X")
    away:act { at = "60d", by = "mallory", does = LIST_KEYS, on = "sa1" }
    assert.alert(away, "X", { count = 1 })
  end)

  it("know the first act with a client that was not used for days, or never", function()
    local s = of(('operation "%s" { unused_app = param "unused" }'):format(LIST_KEYS), 'params = { unused = "9d" },')
    local function keys(day, app) s:act { at = day .. "d9h", by = "mallory", does = LIST_KEYS, on = "sa1", app = app } end
    for day = 0, 30 do keys(day, "cli") end
    for _, day in ipairs { 3, 11, 20, 29, 30 } do keys(day, "portal") end
    for _, at in ipairs { "3d10h", "20d10h" } do
      s:act { at = at, by = "mallory", does = LIST_KEYS, on = "sa2", app = "portal" }
    end
    local days = {}
    for i, alert in ipairs(s:alerts "X") do days[i] = alert.time:sub(9, 10) end
    assert.same({ "01", "04", "21", "30" }, days) -- the first with either; nine days later, twice
  end)

  it("take an operation of the catalogue by its first tactic, and by whether one has habits", function()
    local function hook(s) -- in the catalogue: Persistence, then Execution
      return s:act { by = "mallory", does = "Microsoft.Automation/automationAccounts/webhooks/write", on = "aa/hook" }
    end
    assert.alert(hook(of('high_risk("Execution") {}')), "X", { count = 1 })
    assert.quiet(hook(of('high_risk("Execution") { first = true }')), "X")
    assert.alert(hook(of('high_risk("Persistence") { first = true }')), "X", { count = 1 })
    local s = of('high_risk("Persistence") { settled = true }')
    for _ = 1, 4 do hook(s:days(1)) end
    assert.quiet(s, "X")
    hook(s:days(1))
    assert.quiet(s:days(7), "X")
    assert.alert(hook(s:days(3)), "X", { count = 1 })
  end)

  it("tell what an act is a part of, and where its token came from", function()
    local s = story([[if not act.part_of then return end
      return alert { reason("p", "x", { of = act.part_of, token = act.token_network or "none" }) }]])
    list_keys(s, { action = "Microsoft.Resources/subscriptions/resourceGroups/delete", token_ip = "203.0.113.77" })
    assert.alert(s, "X", { count = 1, reasons = { p = { token = "203.0.113.0",
      of = "microsoft.resources/subscriptions/resourcegroups/delete" } } })
    local alone = story([[if not act.part_of then return end return alert { reason("p", "x", {}) }]])
    assert.quiet(list_keys(alone, { action = "MICROSOFT.STORAGE/storageaccounts/LISTKEYS/action" }), "X")
  end)

  it("tell what the profile knew", function()
    local s = story([[local p = act.profile
      if act.time < 1767225600 + 20 * 86400 then return end
      return alert { reason("p", "x", { days = p.active_days, gap = p.gap, net = p.network.known, app = p.app.known,
        ago = p.network.last_days_ago, seen = p.network.days, coverage = act.coverage.subscription_days }) }]])
    s:days(20, function() list_keys(s, { at = "9h", ip = "20.1.1.1", app = "cli" }) end)
    list_keys(s, { at = "10h", ip = "20.1.1.2", app = "portal" })
    assert.alert(s, "X", { reasons = { p = { days = 20, gap = 25 * 3600, net = true, app = false, ago = 1, seen = 20,
      coverage = 20 } } })
  end)
end)

describe("a mistake at run time", function()
  local function fault(body)
    local s = story(body)
    list_keys(s)
    return s:run().rules.X.fault
  end

  it("names file, line and the nearest field", function()
    assert.equal("rules/text.lua:5: act has no 'recource', did you mean 'resource'?", fault("local x = (act).recource"))
    assert.equal("rules/text.lua:5: act.principal has no 'upn'", fault("local who = act.principal return who.upn"))
    assert.equal("rules/text.lua:5: params has no 'acounts'", fault("return params.acounts"))
    assert.equal("rules/text.lua:5: act can be read, not changed", fault("act.time = 1"))
    assert.matches("^rules/text.lua:5: attempt to", fault("return act.time + nil"))
  end)

  it("is to return something else than an alert", function()
    assert.equal("rules/text.lua:1: rule 'X': detect must return alert { … } or nothing, not a table",
      fault("return { }"))
  end)

  it("is an alert without a reason, or with a wrong word", function()
    assert.equal("rules/text.lua:5: alert without a reason: say why, alert { reason(\"code\", \"text with %d\", n) }",
      fault("return alert { }"))
    assert.equal("rules/text.lua:5: alert has no 'severty', did you mean 'severity'?",
      fault('return alert { reason("a", "b"), severty = "low" }'))
    assert.equal("rules/text.lua:5: severity has no 'hgih', did you mean 'high'?",
      fault('return alert { reason("a", "b"), severity = "hgih" }'))
assert.equal("rules/text.lua:5: reason: the text wants more values than the 1 given",
      fault('return reason("a", "%d %d", 1)'))
    assert.equal("rules/text.lua:5: bad argument #1 to 'reason' (a code of a-z, 0-9 and _, such as \"keys_listed\")",
      fault('return reason("Keys", "x")'))
  end)

  it("is to keep the act for later", function()
    local s = testing.story { text = ([[
local kept
rule "X" {
  title = "A title", severity = "low", on = operation "%s",
  detect = function(act)
    if kept then return kept.time end
    kept = act
  end,
}]]):format(LIST_KEYS) }
    list_keys(s)
    list_keys(s, { at = "9s", on = "sa2" })
    assert.equal("rules/text.lua:5: act used after detect() returned: " ..
      "what a rule shall remember belongs into its state",
      s:run().rules.X.fault)
  end)

  it("is to use the state of another rule", function()
    local head = 'state = { %s = count { by = { "principal" }, within = "1h" } },'
    local s = testing.story { text = ([[
local other
rule "A" { title = "t", severity = "low", on = operation "%s", %s
  detect = function(act, state) other = state.a end }
rule "B" { title = "t", severity = "low", on = operation "%s",
  detect = function(act) if other then other:add(act) end end }]]):format(LIST_KEYS, head:format "a", LIST_KEYS) }
    assert.equal("rules/text.lua:5: state of another rule", list_keys(s):run().rules.B.fault)
  end)

  it("ends a loop, and the others go on", function()
    local s = testing.story { text = rule("while true do end").text ..
      rule('return alert { reason("a", "b") }').text:gsub('"X"', '"Y"') }
    list_keys(s)
    assert.matches("^rules/text.lua:5: used up its", s:run().rules.X.fault)
    assert.equal(1, #s:alerts("Y"))
  end)
end)

describe("an alert", function()
  it("tells numbers by name", function()
    local s = story([[
      return alert { reason("listed", "{n} accounts in {took:span}, {share} of all", { n = 3, took = 41.0,
        share = 0.5, more = "yes" }) }]])
    list_keys(s)
    local reason = s:alerts("X")[1].reasons[1]
    assert.equal("3 accounts in 41 s, 0.5 of all", reason.text)
    assert.same({ n = 3, took = 41, share = 0.5, more = "yes" }, reason.values)
  end)

  it("says unknown for what the log does not tell", function()
    local s = story('return alert { reason("a", "{who} from {ip}", { who = act.principal.name, ip = act.ip }) }')
    list_keys(s, { ip = false })
    local reason = s:alerts("X")[1].reasons[1]
    assert.equal("mallory@contoso.com from unknown", reason.text)
    assert.same({ who = "mallory@contoso.com" }, reason.values)
  end)

  it("tells them by position too, a float as a span", function()
    local s = story('return alert { reason("listed", "%d in %s, %.1f%% of %s", 3, 90.0, 12.34, "all") }')
    list_keys(s)
    local reason = s:alerts("X")[1].reasons[1]
    assert.equal("3 in 1 min 30 s, 12.3% of all", reason.text)
    assert.same({ v1 = 3, v2 = 90, v3 = 12.34, v4 = "all" }, reason.values)
  end)

  it("may say severity, confidence, score, summary and resource", function()
    local s = story([[return alert { reason("bits", "rare", { n = 1, bits = 6.5 }), severity = "high",
      confidence = "low",
      score = 11.5, threshold = 9, summary = "All of it.", resource = act.parent }]])
    list_keys(s)
    local a = s:alerts("X")[1]
    assert.equal("high", a.severity)
    assert.equal("low", a.confidence)
    assert.equal(11.5, a.score)
    assert.equal(9, a.threshold)
    assert.equal("All of it.", a.summary)
    assert.equal(6.5, a.reasons[1].bits)
    assert.same({ n = 1 }, a.reasons[1].values)
  end)

  it("must say which severity when the head has two", function()
    local head = ('on = operation "%s", confidence = "high",'):format(LIST_KEYS)
    local text = rule('return alert { reason("a", "b"), severity = act.ip and "high" or nil }', head).text
    text = text:gsub('severity = "low"', 'severity = { "low", "high" }')
    local s = list_keys(testing.story { text = text })
    assert.alert(s, "X", { severity = "high", confidence = "high" })
    local silent = list_keys(testing.story { text = text }, { ip = false })
    assert.equal("rules/text.lua:5: rule 'X' has several severities: alert { … } must say which",
      silent:run().rules.X.fault)
  end)
end)

describe("tally", function()
  local head = ([[on = operation "%s", params = { within = "5m" },
  state = { keys = tally { by = { "principal" }, of = "resource", within = param "within" } },]]):format(LIST_KEYS)

  it("counts members, their multiplicity and the pace", function()
    local s = story([[
      local k = state.keys:add(act)
      if k.total < 5 then return end
      return alert { reason("k", "{d} {most} {least} {span} {median} {longest} {once} {twice}", { d = k.distinct,
        most = k.most,
        least = k.least, span = k.span, median = k.median_gap, longest = k.longest_gap, once = k:exactly(1),
          twice = k:at_least(2) }) }]],
      head)
    for i, name in ipairs { "a", "b", "a", "c", "a" } do list_keys(s, { at = i * i .. "s", on = name }) end
    assert.alert(s, "X", { count = 1, reasons = { k = { d = 3, most = 3, least = 1, span = 24, median = 6,
      longest = 9, once = 2, twice = 1 } } })
  end)

  it("shows what it counted as evidence", function()
    local s = story([[local k = state.keys:add(act) if k.total == 3 then return alert { reason("k", "x") } end]], head)
    for i = 1, 3 do list_keys(s, { at = i .. "s", on = "sa" .. i }) end
    local a = s:alerts("X")[1]
    assert.equal(6, a.evidence_total) -- three acts of two records
    assert.equal(3, #a.resources)
  end)

  it("forgets what lies outside its window, and keeps principals apart", function()
    local s = story([[local k = state.keys:add(act) if k.total == 3 then return alert { reason("k", "x") } end]], head)
    list_keys(s, { at = "1s" })
    list_keys(s, { at = "2s" })
    list_keys(s, { at = "3s", by = "alice" })
    list_keys(s, { at = "302s" })
    assert.quiet(s, "X")
    list_keys(s, { at = "303s", on = "sa9" })
    assert.quiet(s, "X")
    list_keys(s, { at = "304s", on = "sa9" })
    assert.alert(s, "X", { principal = "mallory", resource = "sa9", count = 1 })
  end)

  it("takes a member of the rule's own", function()
    local s = story([[local k = state.keys:add(act, act.resource_name:lower():sub(1, 2))
      return k.distinct == 2 and alert { reason("k", "x") }]], head)
    for i, name in ipairs { "aa1", "AA2", "bb1" } do list_keys(s, { at = i .. "s", on = name }) end
    assert.alert(s, "X", { resource = "bb1", count = 1 })
  end)
end)

describe("sequence", function()
  local function chain(due)
    return ([[
  state = { chain = sequence { by = { "principal", "parent" }, within = "30m", %s
    steps = { step "written" { operation "%swrite" },
      never "job" { operation "Microsoft.Automation/automationAccounts/jobs/write" },
      step "published" { operation "%spublish/action" }, %s } } },]]):format(due and 'quiet = "10m",' or "", RUNBOOK,
        RUNBOOK,
      due and ('never "deleted" { operation "%sdelete" }'):format(RUNBOOK) or "")
  end
  local found = [[local m = state.chain:add(act)
    if m then return alert { reason("chain", "{a} then {b} in {span:span}", { a = m.steps.written.resource_name,
      b = m.steps[2].name, span = m.span, who = m.steps.written.principal.name }) } end]]

  local function run(s, list)
    for _, act in ipairs(list) do s:act { at = act[1], by = act[3] or "mallory", does = act[2],
      on = act[4] or "aa/Rb" } end
    return s
  end

  it("is complete when its steps come in order", function()
    local s = run(story(found, chain()), { { "1s", RUNBOOK .. "write" }, { "9s", RUNBOOK .. "publish/action" } })
    assert.alert(s, "X", { count = 1, reasons = { chain = { a = "Rb", b = "rb", span = 8,
      who = "mallory@contoso.com" } } })
    assert.equal(4, s:alerts("X")[1].evidence_total)
  end)

  it("is not in the other order, too slow, by two people, or with what must not come between", function()
    local job = "Microsoft.Automation/automationAccounts/jobs/write"
    assert.quiet(run(story(found, chain()), { { "9s", RUNBOOK .. "write" }, { "1s", RUNBOOK .. "publish/action" } }),
      "X")
    assert.quiet(run(story(found, chain()), { { "1s", RUNBOOK .. "write" }, { "31m", RUNBOOK .. "publish/action" } }),
      "X")
    assert.quiet(run(story(found, chain()), { { "1s", RUNBOOK .. "write" }, { "9s", RUNBOOK .. "publish/action",
      "bob" } }), "X")
    assert.quiet(run(story(found, chain()), { { "1s", RUNBOOK .. "write" }, { "5s", job }, { "9s", RUNBOOK ..
      "publish/action" } }), "X")
  end)

  it("waits out its quiet time before due is asked", function()
    local head = chain(true) .. [[
  due = function(match)
    return alert { reason("kept", "{a} was kept", { a = match.steps.published.resource_name }), severity = "high" }
  end,]]
    local both = { { "1s", RUNBOOK .. "write" }, { "9s", RUNBOOK .. "publish/action" } }
    local kept = run(story("state.chain:add(act)", head), both)
    assert.alert(kept, "X", { severity = "high", principal = "mallory", reasons = { kept = { a = "Rb" } }, count = 1 })
    local deleted = run(story("state.chain:add(act)", head), { both[1], both[2], { "9m", RUNBOOK .. "delete" } })
    assert.quiet(deleted, "X")
    local late = run(story("state.chain:add(act)", head), { both[1], both[2], { "11m", RUNBOOK .. "delete" } })
    assert.alert(late, "X", { count = 1 })
  end)
end)

describe("a sequence of one step", function()
  it("waits out its quiet time", function()
    local function told(verb)
      local s = story([[state.chain:add(act)]], ([[on = operation "%s*",
  state = { chain = sequence { by = { "principal" }, within = "1h", quiet = "5m", steps = {
    step "a" { operation "%swrite" }, never "b" { operation "%sdelete" } } } },
  due = function(match) return alert { reason("alone", "{what}", { what = match.steps.a.name }) } end,]]):format(
        RUNBOOK, RUNBOOK, RUNBOOK))
      s:act { at = "1s", by = "mallory", does = RUNBOOK .. "write", on = "aa/rb" }
      return s:act { at = "2s", by = "mallory", does = RUNBOOK .. verb, on = "aa/rb" }
    end
    assert.alert(told "publish/action", "X", { count = 1, reasons = { alone = { what = "rb" } } })
    assert.quiet(told "delete", "X")
  end)
end)

describe("looks from due", function()
  it("ask about a remembered act, and what they find is evidence", function()
    local s = story([[state.keys:add(act) state.chain:add(act)]], ([[on = operation "%s*",
  state = {
    keys = tally { by = { "principal" }, of = "resource", within = "1h" },
    chain = sequence { by = { "principal" }, within = "1h", quiet = "5m", steps = {
      step "a" { operation "%swrite" }, step "b" { operation "%spublish/action" } } } },
  due = function(match, state)
    local keys = state.keys:look(match.steps.a)
    return alert { reason("seen", "{n}", { n = keys.total }) }
  end,]]):format(RUNBOOK, RUNBOOK, RUNBOOK))
    for i, verb in ipairs { "write", "publish/action", "delete" } do
      s:act { at = i .. "s", by = "mallory", does = RUNBOOK .. verb, on = "aa/rb" }
    end
    assert.alert(s, "X", { count = 1, reasons = { seen = { n = 3 } } })
    assert.equal(6, s:alerts("X")[1].evidence_total)
  end)
end)

describe("lifetime, tombstone, first_seen", function()
  it("tell how long something lived, and whose it was", function()
    local s = story([[
      if suffix(act.operation, "/write") then state.life:open(act) return end
      local life = state.life:close(act)
      if life.found and life.age < 600 then
        return alert { reason("short", "lived {age:span}", { age = life.age, same = life.same,
          by = life.act.principal.name }) }
      end]], ([[on = operation { "%swrite", "%sdelete" },
  state = { life = lifetime { by = { "resource" }, of = "principal", within = "1h" } },]]):format(RUNBOOK, RUNBOOK))
    s:act { at = "1s", by = "mallory", does = RUNBOOK .. "write", on = "aa/rb" }
    s:act { at = "61s", by = "bob", does = RUNBOOK .. "delete", on = "aa/rb" }
    s:act { at = "62s", by = "bob", does = RUNBOOK .. "delete", on = "aa/rb" }
    assert.alert(s, "X", { count = 1, reasons = { short = { age = 60, same = false, by = "mallory@contoso.com" } } })
  end)

  it("remember what was deleted until it is cleared", function()
    local vault = "Microsoft.KeyVault/vaults/"
    local text = ([[on = operation { "%sdelete", "%swrite" },
  state = { tombs = tombstone { by = { "name" }, of = "principal", within = "90d" } },]]):format(vault, vault)
    local body = [[
      if suffix(act.operation, "/delete") then state.tombs:put(act) return end
      local tomb = state.tombs:look(act)
      state.tombs:clear(act)
      if tomb.found and not tomb.same then
        return alert { reason("back", "deleted by {by} {age:span} ago", { by = tomb.act.principal.name,
          age = tomb.age }) }
      end]]
    local s = story(body, text)
    s:act { at = "1s", by = "alice", does = vault .. "delete", on = "v1" }
    s:act { at = "1h1s", by = "mallory", does = vault .. "write", on = "V1" }
    s:act { at = "2h", by = "bob", does = vault .. "write", on = "v1" }
    assert.alert(s, "X", { principal = "mallory", count = 1, reasons = { back = { by = "alice@contoso.com",
      age = 3600 } } })
    assert.equal(4, s:alerts("X")[1].evidence_total)
    local own = story(body, text)
    own:act { at = "1s", by = "alice", does = vault .. "delete", on = "v1" }
    own:act { at = "2s", by = "alice", does = vault .. "write", on = "v1" }
    assert.quiet(own, "X")
  end)

  it("know what was seen before", function()
    local s = story([[local seen = state.seen:add(act)
      if not seen.known then return alert { reason("new", "{n} times", { n = seen.times }) } end]],
      ([[on = operation "%s", burst = { by = { "resource" }, quiet = "1s" },
  state = { seen = first_seen { by = { "principal" }, of = "resource", within = "30d" } },]]):format(LIST_KEYS))
    for i, name in ipairs { "a", "b", "a", "b", "c" } do list_keys(s, { at = i .. "m", on = name }) end
    assert.alert(s, "X", { count = 3 })
  end)

  it("take a member as text for the one the field names", function()
    for field, expression in pairs { operation = "act.operation", resource = "act.resource:upper()", name = '"SA1"',
                                     principal = "act.principal.id", ip = "act.ip",
                                     network = "act.network" } do
      local s = story(([[local before = state.seen:look(act, %s)
        state.seen:add(act)
        return alert { reason("seen", "{n}", { n = before.times }) }]]):format(expression),
        ([[on = operation "%s", burst = { by = { "resource" }, quiet = "1s" },
  state = { seen = first_seen { by = { "tenant" }, of = "%s", within = "30d" } },]]):format(LIST_KEYS, field))
      list_keys(list_keys(s), { at = "1m" })
      assert.equal(1, s:with({ seed = 7 }):alerts("X")[2].reasons[1].values.n, field)
    end
  end)

  it("add up amounts", function()
    local s = story([[local sum = state.sum:add(act, 40)
      if sum.last_day > sum.most_before and sum.days_before > 0 then
        return alert { reason("more", "{now} today, {before} before", { now = sum.last_day, before = sum.most_before,
          all = state.sum:look(act).sum, days = sum.days_before }) }
      end]], ([[on = operation "%s", burst = { by = { "principal" }, quiet = "1s" },
  state = { sum = total { by = { "principal" }, within = "45d" } },]]):format(LIST_KEYS))
    for _, at in ipairs { "1h", "2h", "2d", "2d1h", "2d2h" } do list_keys(s, { at = at }) end
    list_keys(s, { at = "2d3h", by = "bob" })
    assert.alert(s, "X", { count = 1, reasons = { more = { now = 120, before = 80, all = 200, days = 1 } } })
    for amount, says in pairs { ["-1"] = "an amount of 0 or more", ["1.5"] = "no integer representation" } do
      local wrong = story(("state.sum:add(act, %s)"):format(amount), ([[on = operation "%s",
  state = { sum = total { by = { "principal" }, within = "45d" } },]]):format(LIST_KEYS))
      assert.truthy(list_keys(wrong):run().rules.X.fault:find(says, 1, true), says)
    end
  end)

  it("have the methods of their kind only", function()
    local s = story("state.seen:put(act)", ([[on = operation "%s",
  state = { seen = first_seen { by = { "principal" }, of = "resource", within = "30d" } },]]):format(LIST_KEYS))
    assert.equal("rules/text.lua:6: state.seen (first_seen) has no 'put'", list_keys(s):run().rules.X.fault)
    s = story("state.sean:add(act)", ([[on = operation "%s",
  state = { seen = first_seen { by = { "principal" }, of = "resource", within = "30d" } },]]):format(LIST_KEYS))
    assert.equal("rules/text.lua:6: state has no 'sean', did you mean 'seen'?", list_keys(s):run().rules.X.fault)
  end)
end)

describe("site tuning", function()
  local always = rule('return alert { reason("a", "b") }')

  it("changes parameters and severity", function()
    local text = rule([[if params.n > 3 and params.span == 120 then return alert { reason("a", "b") } end]],
      ('on = operation "%s", params = { n = 3, span = "1m" },'):format(LIST_KEYS))
    assert.quiet(list_keys(testing.story(text)), "X")
    local tuned = list_keys(testing.story(text)):tune('tune "X" { n = 4, span = "2m", severity = "medium" }')
    assert.alert(tuned, "X", { severity = "medium" })
  end)

  it("excepts by asking, of each finding", function()
    local except = 'tune "X" { except = function(act) return act.principal.name == "backup@contoso.com" end }'
    local s = list_keys(testing.story(always), { by = "backup" }):tune(except)
    assert.quiet(s, "X")
    assert.equal(1, s:run().ignored)
    list_keys(s, { by = "mallory", at = "9s" })
    assert.alert(s, "X", { principal = "mallory", count = 1 })
  end)

  it("excepts what due found, by its last step", function()
    local head = ([[state = { chain = sequence { by = { "principal" }, within = "1h", quiet = "5m", steps = {
      step "a" { operation "%swrite" }, step "b" { operation "%spublish/action" } } } },
  due = function(match) return alert { reason("a", "b") } end,]]):format(RUNBOOK, RUNBOOK)
    local function run(name)
      local s = story("state.chain:add(act)", head)
      s:act { at = "1s", by = "backup", does = RUNBOOK .. "write", on = "aa/rb" }
      s:act { at = "2s", by = "backup", does = RUNBOOK .. "publish/action", on = "aa/rb" }
      return s:tune(('tune "X" { except = function(act) return act.principal.name == "%s" end }'):format(name))
    end
    assert.quiet(run "backup@contoso.com", "X")
    assert.alert(run "other@contoso.com", "X", { count = 1 })
  end)

  it("leaves the alert standing when the exception fails, and says so", function()
    local s = list_keys(testing.story(always)):tune('tune "X" { except = function(act) return act.nmae end }')
    assert.alert(s, "X", { count = 1 })
    assert.same({ "tune.lua:1: act has no 'nmae', did you mean 'name'?" }, s:run().notes)
  end)

  it("ignores principals, rules, subscriptions, addresses, until it expires", function()
    local function hidden(tuning, extra)
      local s = list_keys(testing.story(always), extra):tune(tuning)
      return #s:alerts() == 0 and s:run().ignored == 1
    end
    assert.is_true(hidden('ignore { principal = "mallory@contoso.com", because = "ticket" }'))
    assert.is_true(hidden(('ignore { principal = "%s" }'):format(testing.guid "mallory")))
    assert.is_false(hidden('ignore { principal = "alice@contoso.com" }'))
    assert.is_true(hidden('ignore { rules = "X*" }'))
    assert.is_true(hidden(('ignore { subscription = "%s" }'):format(testing.guid "s1"), { sub = "s1" }))
    assert.is_false(hidden(('ignore { subscription = "%s" }'):format(testing.guid "s1"), { sub = "s2" }))
    assert.is_true(hidden('ignore { ip = "20.9.0.0/16" }', { ip = "20.9.1.1" }))
    assert.is_false(hidden('ignore { ip = "20.9.0.0/16" }', { ip = "20.8.1.1" }))
    assert.is_true(hidden('ignore { ip = "20.9.1.1" }', { ip = "20.9.1.1" }))
    assert.is_true(hidden('ignore { rules = "X", expires = "2026-01-02" }'))
    assert.is_false(hidden('ignore { rules = "X", expires = "2025-12-31" }'))
  end)
end)
