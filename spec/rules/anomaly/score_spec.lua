-- What raises the score, what lowers it, and the honest work that looks like an attack.
local testing = require "armrun.testing"
local anomaly = require "support.anomaly"

local RULES <const> = "rules/anomaly"
local LIST_KEYS <const> = "Microsoft.Storage/storageAccounts/listKeys/action"
local CREDENTIALS <const>, SERVICE <const> = "ARM_AnomalousOperation.CredentialAccess",
  "ARM_AnomalousServiceOperation.CredentialAccess"
local list_keys = { does = LIST_KEYS, on = "sa1" }

local function with(act, changes)
  local copy = {}
  for key, value in pairs(act) do copy[key] = value end
  for key, value in pairs(changes) do copy[key] = value end
  return copy
end

local function attack(how, changes, kind)
  kind = kind or "user"
  return anomaly.attack(anomaly.team(RULES, kind), how, kind, with(list_keys, changes or {}))
end

-- Its 30 days at nine o'clock; a principal that did nothing new since: 7 bits for a new operation, 5.46 for one that
-- none of ten does and nobody in the tenant (-log2(0.5 / 11), and 1), 6 for a network, 5 for a client.
describe("the score of anomalous operations", function()
  it("adds two bits for a token that was issued elsewhere", function()
    assert.alert(attack("hard", { token_ip = "51.9.9.9" }), CREDENTIALS, { score = 14.46,
      reasons = { foreign_token = { token_network = "51.9.9.0" } } })
  end)

  it("knows that a login over IPv6 may be the same machine", function()
    assert.alert(attack("hard", { token_ip = "2001:db9::1" }), CREDENTIALS, { score = 12.46 })
  end)

  it("adds four bits for a listed address, once", function()
    local story = attack("medium"):intel("malicious", { "51.2.3.4" }):intel("tor", { "51.2.3.4" })
    assert.alert(story, CREDENTIALS, { score = 22.46, reasons = { listed_address = { tag = "malicious" } } })
  end)

  it("adds nothing for an address that is allowed", function()
    local story = attack("medium"):intel("malicious", { "51.2.3.0/24" }):intel("allow", { "51.2.3.4" })
    assert.alert(story, CREDENTIALS, { score = 18.46 })
  end)

  it("adds up to three bits for the hour, of people", function()
    local function at_night(kind)
      local story = anomaly.team(RULES, kind, 25)
      return anomaly.attack(story, "hard", kind, with(list_keys, { at = "2h30m" }))
    end
    assert.alert(at_night "user", CREDENTIALS, { score = 15.46,
      reasons = { odd_hour = { clock = "02:30", percent = 0 } } })
    assert.alert(at_night "service_principal", SERVICE, { score = 12.46 })
  end)

  it("adds for a subscription it never worked in", function()
    local story = anomaly.team(RULES, "user", 30, function(story)
      story:act { at = "8h", by = "neighbour", does = "Microsoft.Web/sites/restart/action", on = "x", sub = "second" }
    end)
    anomaly.attack(story, "hard", "user", with(list_keys, { sub = "second" }))
    -- 7, none of one: -log2(0.5 / 2) is 2, nobody in the tenant 1, a new subscription 4
    assert.alert(story, CREDENTIALS, { score = 14, reasons = { new_subscription = { new = 0, days = 16 } } })
  end)

  it("adds for other operations that were new just before", function()
    local story = anomaly.team(RULES, "user")
    anomaly.attack(story, "hard", "user", { does = "Microsoft.Compute/snapshots/delete", on = "s", at = "9h20m" })
    anomaly.attack(story, "hard", "user", { does = "Microsoft.Authorization/locks/delete", on = "l", at = "9h50m" })
    anomaly.attack(story, "hard", "user", with(list_keys, { at = "10h40m" }))
    -- new, today being the 17th day: -log2((2 + 3/40) / 20) is 3.27; 5.46; 1.5 * log2(3) is 2.38
    assert.alert(story, CREDENTIALS, { score = 11.11,
      reasons = { in_one_go = { others = 2 }, new_operation = { new = 2 } } })
  end)

  it("counts what was denied half, and says so", function()
    -- 3.5 and 2.73, and 6 for the network
    assert.alert(attack("medium", { status = "failed" }), CREDENTIALS, { score = 12.23, severity = "medium",
      reasons = { denied = { weight = 0.5 }, new_operation = {}, new_network = {} } })
    assert.quiet(attack("hard", { status = "failed" }))
  end)

  it("counts a part of a deployment half, by whom it may be", function()
    local function deployed(by)
      local story = anomaly.team(RULES, "user")
      story:act { at = "9h40m", took = "30m", by = by, app = "cli", correlation = testing.guid "deployment",
        does = "Microsoft.Resources/deployments/write", on = "main", body = { properties = { mode = "Incremental" } } }
      return anomaly.attack(story, "hard", "user", with(list_keys, { correlation = testing.guid "deployment" }))
    end
    assert.quiet(deployed "mallory")
    assert.alert(deployed "mate1", CREDENTIALS, { score = 12.46 })
    local elsewhere = deployed "mallory"
    elsewhere.acts[#elsewhere.acts].ip = "51.2.3.4"
    assert.alert(elsewhere, CREDENTIALS, { score = 12.23, count = 1,
      reasons = { part_of_request = { request = "microsoft.resources/deployments/write" } } })
  end)

  it("heeds tuning", function()
    local function tuned(threshold)
      return attack("hard"):tune(('tune "%s" { threshold = %s }'):format(CREDENTIALS, threshold))
    end
    assert.alert(tuned(12.46), CREDENTIALS, { threshold = 12.46 })
    assert.quiet(tuned(12.47))
  end)

  it("never counts those together who name nobody", function()
    local story = anomaly.team(RULES, "user")
    for i = 1, 5 do story:act(with(list_keys, { by = false, at = (9 + i) .. "h", ip = "51.2.3." .. i })) end
    assert.quiet(story)
  end)
end)

describe("an operation that is known", function()
  local function regular(kind, changes)
    local story = anomaly.team(RULES, kind, 30, function(story, day)
      if day % 5 == 0 then story:act(with(list_keys, { at = "9h15m", by = "mallory", kind = kind, app = "cli" })) end
    end)
    return anomaly.attack(story, "medium", kind, with(list_keys, changes or {}))
  end

  it("tells nothing from a new network, nor with a new client", function()
    assert.quiet(regular "user")
    assert.quiet(regular("service_principal"))
    local story = regular("user", { app = "powershell" })
    story.acts[#story.acts].ip = story.acts[1].ip -- a mate's, to be sure that it is no network of mallory's
    story.acts[#story.acts].ip = story.acts[#story.acts - 1].ip
    assert.quiet(story)
  end)

  it("tells from a new network with a new client", function()
    -- one of ten does it: -log2(1.5 / 11) is 2.87; 6 and 5 besides
    for kind, id in pairs { user = CREDENTIALS, service_principal = SERVICE } do
      assert.alert(regular(kind, { app = "powershell" }), id, { score = 13.87, count = 1,
        reasons = { rare_here = { doing = 1 }, new_network = {}, new_app = {} } })
    end
  end)
end)

describe("an everyday operation", function()
  local ACCOUNT <const> = "Microsoft.Storage/storageAccounts/write"
  local DOOR <const> = "ARM_AnomalousOperation.InitialAccess"
  local function write(how, properties)
    local body = properties and { location = "westeurope", properties = properties }
    return attack(how, { does = ACCOUNT, body = body })
  end

  it("is silent when its request is harmless, wherever it comes from", function()
    assert.quiet(write("easy", { allowBlobPublicAccess = false, minimumTlsVersion = "TLS1_2" }))
  end)

  it("counts in full when its request is dangerous", function()
    assert.alert(write("hard", { allowBlobPublicAccess = true }), DOOR, { score = 12.46,
      reasons = { dangerous_request = { why = "public access is on" } } })
  end)

  it("counts half when nothing is known of its request, and never alone", function()
    assert.quiet(write "hard")
    assert.alert(write "medium", DOOR, { score = 12.23, reasons = { everyday_operation = { weight = 0.5 } } })
    assert.quiet(write("hard"):tune(('tune "%s" { threshold = 1 }'):format(DOOR)))
  end)

  it("is no news from a new place when it is known", function()
    local story = anomaly.team(RULES, "user", 30, function(story, day)
      if day % 5 == 0 then story:act { at = "9h15m", by = "mallory", app = "cli", does = ACCOUNT, on = "sa1" } end
    end)
    assert.quiet(anomaly.attack(story, "easy", "user", { does = ACCOUNT, on = "sa1" }))
  end)
end)

describe("who has no habits yet", function()
  -- Comes on the last `days` days, and works in the first subscription.
  local function newcomer(days, changes)
    local story = anomaly.team(RULES, "user", 30, function(story, day)
      for i = 1, day % 7 == 1 and 9 or 0 do
        story:act { at = "8h", by = "mate" .. i, does = "Microsoft.Web/sites/restart/action", on = "x", sub = "second" }
      end
      story:act { at = "8h", by = "mate1", does = "Microsoft.Web/sites/restart/action", on = "x", sub = "second" }
      if day > 30 - days then
        story:act { at = "9h", by = "newcomer", app = "cli", does = "Microsoft.Web/sites/restart/action", on = "shop" }
      end
    end)
    return anomaly.attack(story, "easy", "user", with(list_keys, with({ by = "newcomer" }, changes or {})))
  end

  it("is silent about all that is new", function() assert.quiet(newcomer(10)) end)

  it("is told with low severity when peers do not do it, in a subscription it has no business in", function()
    -- none of nine: -log2(0.5 / 10) is 4.32, nobody in the tenant 1, another subscription 4
    assert.alert(newcomer(10, { sub = "second" }), CREDENTIALS, { score = 9.32, severity = "low", confidence = "low",
      reasons = { no_habits = { days = 9, active_days = 10 }, rare_here = { principals = 9, doing = 0 } } })
  end)

  it("is told with low severity from a listed address", function()
    -- none of eleven, which it is one of: -log2(0.5 / 12) is 4.58, 1, and 4
    assert.alert(newcomer(10):intel("malicious", { "51.2.3.4" }), CREDENTIALS, { score = 9.58, severity = "low" })
  end)

  it("is not told while the tool still learns, even from a listed address", function()
    local function after(days)
      local story = anomaly.attack(anomaly.team(RULES, "user", days), "medium", "user", list_keys)
      return story:intel("malicious", { "51.2.3.4" })
    end
    assert.quiet(after(13))
    assert.alert(after(14), CREDENTIALS, { count = 1 })
  end)

  it("has none on the thirteenth day, and some on the fourteenth", function()
    assert.quiet(newcomer(14))
    assert.alert(newcomer(15), CREDENTIALS, { severity = "medium" })
  end)

  it("has none after a month with four active days", function()
    local function seen(days)
      local story = anomaly.team(RULES, "user", 30, function(story, day)
        if day <= days then
          story:act { at = "9h", by = "rare", app = "cli", does = "Microsoft.Web/sites/restart/action", on = "shop" }
        end
      end)
      return anomaly.attack(story, "easy", "user", with(list_keys, { by = "rare" }))
    end
    assert.quiet(seen(4))
    assert.alert(seen(5), CREDENTIALS, { severity = "medium" })
  end)
end)

describe("honest work that looks like an attack", function()
  it("is a hosted runner whose network changes daily", function()
    local story = anomaly.team(RULES, "service_principal", 30, function(story, day)
      story:act { at = "10h", by = "ci", kind = "service_principal", ip = ("51.%d.7.7"):format(day),
        does = "Microsoft.Web/sites/restart/action", on = "shop" }
      if day % 7 == 0 then
        story:act { at = "10h1m", by = "ci", kind = "service_principal", ip = ("51.%d.7.7"):format(day),
          does = LIST_KEYS, on = "sa1" }
      end
    end)
    story:act { at = "10h", by = "ci", kind = "service_principal", ip = "51.99.7.7", does = LIST_KEYS, on = "sa1" }
    assert.quiet(story)
    -- 7; none of eleven: -log2(0.5 / 12) is 4.58, and 1; a network as every day: -log2((17 + 3/60) / 20) is 0.23
    story:act { at = "10h2m", by = "ci", kind = "service_principal", ip = "51.98.7.7", on = "snap1",
      does = "Microsoft.Compute/snapshots/delete" }
    assert.alert(story, "ARM_AnomalousServiceOperation.Impact", { score = 12.81,
      reasons = { new_network = { new = 17, days = 17 } } })
  end)

  it("is an explorer who does something new every week", function()
    local news = { "Microsoft.Compute/disks/beginGetAccess/action",
      "Microsoft.Automation/automationAccounts/listKeys/action",
      "Microsoft.Batch/batchAccounts/listKeys/action", "Microsoft.Compute/snapshots/delete",
      "Microsoft.Network/networkWatchers/packetCaptures/write", "Microsoft.CognitiveServices/accounts/listKeys/action",
      "Microsoft.Authorization/policyDefinitions/write", "Microsoft.Web/connections/write" }
    local function explorer(day, story)
      -- The mates have done all of it for long.
      if day == 1 then
        for i = 1, 4 do
          for _, does in ipairs(news) do story:act { at = "11h", by = "mate" .. i, does = does, on = "x" } end
          story:act { at = "11h", by = "mate" .. i, does = LIST_KEYS, on = "x" }
        end
      end
      if day % 4 == 0 then story:act { at = "9h30m", by = "mallory", app = "cli", does = news[day // 4], on = "x" } end
    end
    local story = anomaly.team(RULES, "user", 32, function(team, day) explorer(day, team) end)
    -- After 14 days: five in 18 active days, -log2((5 + 3/40) / 21) is 2.05; four of ten do it: -log2(4.5 / 11) is 1.29
    assert.quiet(anomaly.attack(story, "hard", "user", list_keys))
    -- Of one who never does anything new, with the same peers: 7 and 1.29 and 6.
    local settled = anomaly.team(RULES, "user", 32, function(team, day) if day == 1 then explorer(day, team) end end)
    assert.alert(anomaly.attack(settled, "medium", "user", list_keys), CREDENTIALS, { score = 14.29 })
  end)

  -- Sixty people with habits; twelve of them begin to list keys, five hours apart.
  local function wave(changes)
    local story = testing.story(RULES)
    story:days(30, function(day)
      story:act { at = "8h", by = "operator", does = "Microsoft.Resources/tags/write", on = "default" }
      for i = 1, day % 5 == 1 and 60 or 0 do
        story:act { at = "9h", by = "mate" .. i, app = "cli", does = "Microsoft.Web/sites/restart/action", on = "shop" }
      end
    end)
    for i = 1, 12 do
      story:act(with({ at = ("%dh"):format(i * 5), by = "mate" .. i, app = "cli", does = LIST_KEYS, on = "sa1" },
        changes or {}))
    end
    return story
  end

  it("is a rollout, but for the first who takes part in it", function()
    -- One active day since it settled: -log2((3/40) / 4) is 5.74. One of sixty-one does it: -log2(1.5 / 62) is 5.37;
    -- three quarters of both, 8.33, are no alert.
    local story = wave()
    assert.alert(story, CREDENTIALS, { count = 1, principal = "mate1" })
    assert.alert(wave():tune(('tune "%s" { threshold = 8.3 }'):format(CREDENTIALS)), CREDENTIALS, { count = 2 })
    assert.alert(wave():tune(('tune "%s" { threshold = 8.4 }'):format(CREDENTIALS)), CREDENTIALS, { count = 1 })
    story:tune(('tune "%s" { rollout = 100 }'):format(CREDENTIALS))
    assert.is_true(#story:alerts(CREDENTIALS) > 3)
  end)

  it("is no rollout of stolen accounts: from elsewhere, by another client, from a listed address", function()
    for _, changes in ipairs { { ip = "51.2.3.4" }, { app = "powershell" } } do
      for _, alert in ipairs(wave(changes):alerts(CREDENTIALS)) do
        for _, reason in ipairs(alert.reasons) do assert.not_equal("rollout", reason.code) end
      end
      assert.equal(12, #wave(changes):alerts(CREDENTIALS))
    end
    local listed, addresses = wave(), {}
    for i = 1, 12 do addresses[i] = listed.acts[#listed.acts - 12 + i].ip end
    assert.equal(12, #listed:intel("malicious", addresses):alerts(CREDENTIALS))
  end)

  it("counts only those for a wave who have habits", function()
    local story = anomaly.team(RULES, "user", 30, function(story, day)
      for i = 1, day > 25 and 3 or 0 do
        story:act { at = "9h", by = "new" .. i, app = "cli", does = "Microsoft.Web/sites/restart/action", on = "shop" }
      end
    end)
    for i = 1, 3 do story:act(with(list_keys, { at = "8h" .. i .. "m", by = "new" .. i, app = "cli" })) end
    anomaly.attack(story, "medium", "user", list_keys)
    -- 7 in full; three of thirteen: -log2(3.5 / 14) is 2; 6
    assert.alert(story, CREDENTIALS, { principal = "mallory", score = 15 })
  end)

  it("damps by degrees, and says so", function()
    for others, expected in pairs { 0.75, 0.63, 0.5, 0.5 } do
      local story = anomaly.team(RULES, "user", 30, function(story, day)
        for i = 1, day % 5 == 1 and 9 or 0 do
          story:act { at = "9h", by = "mate" .. i, app = "cli", does = "Microsoft.Web/sites/restart/action", on = "x" }
        end
      end)
      for i = 1, others do story:act(with(list_keys, { at = "8h" .. i .. "m", by = "mate" .. i, app = "cli" })) end
      anomaly.attack(story, "medium", "user", list_keys)
      local found
      for _, alert in ipairs(story:alerts(CREDENTIALS)) do
        if alert.principal.name == "mallory@contoso.com" then found = alert end
      end
      for _, reason in ipairs(found.reasons) do
        if reason.code == "rollout" then
          assert.same({ others, expected }, { reason.values.others, reason.values.weight })
          found = nil
          break
        end
      end
      assert.is_nil(found, "no reason 'rollout' with " .. others)
    end
  end)

  it("is not excused by harmless requests of an everyday operation", function()
    local function after(public)
      local story = anomaly.team(RULES, "user", 30, function(story, day)
        for i = 1, day % 5 == 1 and 9 or 0 do
          story:act { at = "9h", by = "mate" .. i, app = "cli", does = "Microsoft.Web/sites/restart/action", on = "x" }
        end
      end)
      local write = { does = "Microsoft.Storage/storageAccounts/write", on = "sa1" }
      for i = 1, 3 do
        story:act(with(write, { at = "8h" .. i .. "m", by = "mate" .. i, app = "cli",
          body = { properties = { allowBlobPublicAccess = public } } }))
      end
      anomaly.attack(story, "medium", "user",
        with(write, { body = { properties = { allowBlobPublicAccess = true } } }))
      for _, alert in ipairs(story:alerts "ARM_AnomalousOperation.InitialAccess") do
        if alert.principal.name == "mallory@contoso.com" then return alert.score end
      end
    end
    -- Three of ten do it: -log2(3.5 / 11) is 1.65; 7 and 6 besides. Half of the first two.
    assert.equal(14.65, after(false))
    assert.equal(10.33, after(true))
  end)

  it("forgets a wave after a week", function()
    local function after(days)
      local story = anomaly.team(RULES, "user")
      story:act(with(list_keys, { at = "9h", by = "mate1" }))
      story:days(days, function() end)
      return anomaly.attack(story, "medium", "user", with(list_keys, { at = "9h" }))
    end
    local function has_wave(story)
      local list = story:alerts(CREDENTIALS)
      for _, reason in ipairs(list[#list].reasons) do
        if reason.code == "rollout" then return true end
      end
      return false
    end
    assert.is_true(has_wave(after(6)))
    assert.is_false(has_wave(after(8)))
  end)

  it("is no rollout when those who do it have done it for long", function()
    local story = anomaly.team(RULES, "user", 30, function(story, day)
      for i = 1, day % 7 == 1 and 3 or 0 do story:act(with(list_keys, { at = "11h", by = "mate" .. i })) end
    end)
    for i = 1, 3 do
      story:act(with(list_keys, { at = "8h", by = "mate" .. i, ip = "51.5.5.5", app = "powershell" }))
    end
    anomaly.attack(story, "medium", "user", list_keys)
    -- 7 in full; three of ten do it: -log2(3.5 / 11) is 1.65; a network 6
    assert.alert(story, CREDENTIALS, { principal = "mallory", score = 14.65 })
  end)

  local children = { "Microsoft.Compute/snapshots/delete", "Microsoft.Authorization/locks/delete",
    "Microsoft.Insights/diagnosticSettings/delete", "Microsoft.Automation/automationAccounts/runbooks/delete",
    "Microsoft.Compute/virtualMachines/delete" }
  local GROUP <const> = "Microsoft.Resources/subscriptions/resourceGroups/delete"

  local function group_deleted(child)
    local story = anomaly.team(RULES, "user")
    local id = "/subscriptions/" .. testing.guid "subscription" .. "/resourceGroups/old"
    for i, does in ipairs(children) do
      anomaly.attack(story, "easy", "user",
        with(child, { does = does, on = "x" .. i, at = ("2h%dm"):format(i), group = "old" }))
    end
    return anomaly.attack(story, "easy", "user",
      { does = GROUP, on = id, at = "2h9m", took = "9m", group = "old", correlation = child.correlation })
  end

  it("is the deletion of a resource group: with all that goes with it, one alert", function()
    local id = "ARM_AnomalousOperation.Impact"
    for _, child in ipairs { { correlation = testing.guid "deletion" }, { action = GROUP } } do
      local story = group_deleted(child)
      assert.alert(story, id, { count = 1, resource = "old" })
      assert.equal(1, #story:alerts())
      assert.equal(1, #group_deleted(child):shape("mixed"):shuffle(3):duplicate():alerts())
    end
    assert.is_true(#group_deleted({}):alerts() > 1) -- what is deleted by itself, is told by itself
  end)
end)
