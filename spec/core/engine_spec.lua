-- The engine as a whole: what it counts, what it says it lacks, when it learns, what it does with the future.
local core = require "armrun.core"
local testing = require "armrun.testing"

local storage <const> = "Microsoft.Storage/storageAccounts/listKeys/action"

local function rule(extra)
  return [[rule "R" { title = "r", severity = "low", on = operation "]] .. storage .. [[", ]] .. (extra or "")
    .. [[ detect = function(act) return alert { reason("seen", "{at}", { at = act.time }) } end }]]
end

local function story_of(text) return testing.story { text = text } end

describe("the engine", function()
  it("accounts for every record of every file", function()
    local good = '{"eventTimestamp":"2026-01-01T00:00:00Z","operationName":{"value":"a/b/write"},'
      .. '"status":{"value":"Succeeded"},"correlationId":"c%d","resourceId":"/subscriptions/s/x"}'
    local lines = {}
    for i = 1, 50 do lines[#lines + 1] = good:format(i) end
    lines[#lines + 1] = good:format(7) -- a twin
    lines[#lines + 1] = "{ broken"
    lines[#lines + 1] = '{"time":"2026-01-01T00:00:00Z","category":"StorageRead","operationName":"GetBlob",'
      .. '"resourceId":"/subscriptions/s/x"}'
    lines[#lines + 1] = '{"error":{"code":"AuthorizationFailed","message":"no"}}'
    local engine = core.engine { text = { ["r.lua"] = rule() }, now = "2026-02-01" }
    local told = engine:run(table.concat(lines, "\n")).summary
    assert.same({ 54, 50, 1, 1, 2 }, { told.records, told.events, told.duplicates, told.skipped, told.rejected })
  end)

  it("names the sources that would have made an alert surer, when they are not there", function()
    local story = story_of(rule [[better_with = { "read", "audit" },]])
    story:act { at = "1s", by = "mallory", does = storage, on = "sa1" }
    assert.same({ "audit", "read" }, story:run().alerts[1].missing_sources)
    story:act { at = "2s", by = "alice", does = "Microsoft.Web/sites/read", on = "web1", source = "read" }
    assert.same({ "audit" }, story:run().alerts[1].missing_sources)
  end)

  it("does not hand an act that names nobody to a rule that is keyed by the principal", function()
    local keyed = rule [[state = { n = count { by = { "principal" }, within = "1h" } },]]
    local story = story_of(keyed)
    story:act { at = "1s", by = false, does = storage, on = "sa1" }
    assert.quiet(story, "R")
    assert.equal(1, story:run().summary.acts_nobody)
  end)

  it("learns who a caller is from earlier acts, and only from earlier ones", function()
    local text = [[rule "R" { title = "r", severity = "low", on = operation "]] .. storage .. [[",
      detect = function(act) return alert { reason("who", "{who}", { who = act.principal.key }) } end }]]
    local bare = '{"eventTimestamp":"2026-01-01T%s:00:00Z","operationName":{"value":"' .. storage .. '"},'
      .. '"status":{"value":"Succeeded"},"correlationId":"c%s","caller":"mallory@contoso.com",'
      .. '"resourceId":"/subscriptions/s/x"}'
    local story = story_of(text)
    story:record(bare:format("01", "1"))
    story:act { at = "2h", by = "mallory", does = "Microsoft.Web/sites/restart/action", on = "web1" }
    story:record(bare:format("03", "3"))
    local alerts = story:run().alerts
    assert.equal("mallory@contoso.com", alerts[1].reasons[1].text)
    assert.equal(testing.guid "mallory", alerts[2].reasons[1].text)
  end)

  it("learns who somebody is from a sign-in or an audit record, but no network and no client", function()
    local text = [[rule "R" { title = "r", severity = "low", on = operation "]] .. storage .. [[",
      detect = function(act)
        local past = act.profile
        return alert { reason("past", "{found}, {network}, {app}, {days}", {
          found = past.found and "found" or "stranger", network = past.network.known and "network" or "elsewhere",
          app = past.app.known and "app" or "another", days = past.active_days }) }
      end }]]
    local function after(first)
      local story = story_of(text)
      first.at, first.by, first.ip, first.app = "9h", "mallory", "51.2.3.4", "powershell"
      story:act(first)
      story:act { at = "33h", by = "mallory", ip = "51.2.3.4", app = "powershell", does = storage, on = "sa1" }
      return story:run().alerts[1].reasons[1].text
    end
    assert.equal("found, network, app, 1", after { does = "Microsoft.Web/sites/restart/action", on = "web1" })
    assert.equal("found, elsewhere, another, 1", after { source = "signin", does = "Sign-in activity" })
    assert.equal("found, elsewhere, another, 1", after { source = "audit", does = "Add user" })
  end)

  it("evaluates the future last, learns nothing from it, and is not confused by it", function()
    local function run(with_future)
      local story = story_of(rule [[state = { n = count { by = { "principal" }, within = "1h" } },]])
      story:with { now = "2026-01-02" }
      for i = 1, 5 do story:act { at = i .. "h", by = "mallory", does = storage, on = "sa" .. i } end
      if with_future then story:act { at = "4000d", by = "mallory", does = storage, on = "sa9" } end
      return story:run()
    end
    local without, with = run(false), run(true)
    assert.equal(2, with.summary.future) -- both records of the act
    assert.equal(#without.alerts + 1, #with.alerts)
    for i, alert in ipairs(without.alerts) do assert.equal(alert.id, with.alerts[i].id) end
  end)

  it("lets a rule that needs coverage be silent until there is enough of it", function()
    local function alerts_after(days)
      local story = story_of(rule [[learning = "3d",]])
      for day = 0, days do
        story:act { at = day .. "d", by = "alice", does = "Microsoft.Web/sites/restart/action", on = "web1" }
      end
      story:act { at = (days * 24 + 2) .. "h", by = "mallory", does = storage, on = "sa1" }
      return #story:run().alerts
    end
    assert.equal(0, alerts_after(1))
    assert.equal(1, alerts_after(3))
  end)

  it("quarantines a rule that keeps failing, names it, and leaves the others alone", function()
    local story = story_of(rule() .. [[
      rule "Bad" { title = "b", severity = "low", on = operation "]] .. storage .. [[",
        detect = function(act) return act.time + nil end }]])
    for i = 1, 10 do story:act { at = i .. "h", by = "mallory", does = storage, on = "sa" .. i } end
    local result = story:run()
    assert.truthy(result.rules.Bad.quarantined)
    assert.equal(3, result.rules.Bad.faults)
    assert.truthy(result.rules.Bad.fault:find("text.lua:", 1, true))
    assert.equal(10, result.rules.R.alerts)
  end)

  it("joins a late end to the evidence of an act that was evaluated unfinished", function()
    local text = [[rule "R" { title = "r", severity = "low", on = operation "]] .. storage .. [[" { status = "any" },
      detect = function(act) return alert { reason("status", "{s}", { s = act.status }) } end }]]
    local line = '{"eventTimestamp":"2026-01-01T%s:00Z","operationName":{"value":"' .. storage .. '"},'
      .. '"status":{"value":"%s"},"correlationId":"c1","caller":"mallory@contoso.com",'
      .. '"resourceId":"/subscriptions/s/x"}'
    local story = story_of(text)
    story:record(line:format("00:00", "Started"))
    story:record(line:format("03:00", "Succeeded"))
    local alerts = story:run().alerts
    assert.equal(1, #alerts)
    assert.equal("unfinished", alerts[1].reasons[1].text)
    assert.equal("2026-01-01T01:00:00Z", alerts[1].time)
    assert.equal(2, alerts[1].evidence_total)
  end)

  it("finds an operation whose name is too long or one too many to be numbered", function()
    local text = [[rule "R" { title = "r", severity = "low", on = operation "Microsoft.KeyVault/*",
      detect = function(act) return alert { reason("seen", "{o}", { o = act.operation }) } end }]]
    local line = '{"eventTimestamp":"2026-01-01T00:%02d:00Z","operationName":{"value":"%s"},"correlationId":"c%d",'
      .. '"status":{"value":"Succeeded"},"caller":"m@contoso.com","resourceId":"/subscriptions/s/x"}'
    local long = "Microsoft.KeyVault/" .. ("y"):rep(300) .. "/write"
    local function run(lines)
      local engine = core.engine { text = { ["r.lua"] = text }, now = "2026-02-01" }
      local alerts = engine:run(table.concat(lines, "\n")).alerts
      for _, alert in ipairs(alerts) do
        for _, evidence in ipairs(alert.evidence) do evidence.origin = nil end
      end
      return alerts
    end
    local odd = { line:format(30, long, 1), line:format(31, "Microsoft.KeyVault/hsms/zap/action", 2) }
    local expected = run(odd)
    assert.equal(2, expected[1].evidence_total)
    assert.equal(long:lower(), expected[1].evidence[1].operation)
    local lines = {}
    for i = 1, 66000 do lines[i] = line:format(i % 30, "junk.x/y" .. i .. "/write", i + 2) end
    table.move(odd, 1, 2, #lines + 1, lines)
    assert.same(expected, run(lines))
  end)

  it("says so when a file changed before a rule wanted a text of it", function()
    local path = os.tmpname()
    local pipe = path .. ".pipe"
    local line = '{"eventTimestamp":"2026-01-01T00:00:00Z","operationName":{"value":"' .. storage .. '"},'
      .. '"status":{"value":"Succeeded"},"correlationId":"c%d","caller":"m@contoso.com",'
      .. '"resourceId":"/subscriptions/s/x"}'
    local file = assert(io.open(path, "wb"))
    file:write(line:format(1), "\n")
    file:close()
    -- The writer of the pipe waits until the engine has read the file and opens the pipe.
    assert.truthy(os.execute(("mkfifo '%s'"):format(pipe)))
    os.execute(("{ exec 3>'%s'; : >'%s'; echo '%s' >&3; } >/dev/null 2>&1 &"):format(pipe, path, line:format(2)))
    local engine = core.engine { text = { ["r.lua"] = rule() }, now = "2026-02-01" }
    local result = engine:run { path, pipe }
    os.remove(path)
    os.remove(pipe)
    assert.equal(2, result.summary.events)
    assert.truthy(result.summary.lost > 0)
  end)
end)
