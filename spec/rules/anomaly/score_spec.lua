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

-- Its 30 days at nine o'clock; a principal that did nothing new since it settled, in n active days (16, unless a spec
-- says otherwise). Of what it begins, its kind's rate in a tenant with d such days and k new things is
-- (k + 300 * c) / (d + 300), where c is 1/40 for operations, 1/20 for networks, 1/60 for clients and subscriptions of
-- people; its own is ten days of that, and its own new things, in n + 10. With n and d 16: 6.78 bits for a new operation,
-- 5.78 for a network, 5 (of 7.36) for a client. 5.46 for an operation that none of ten does and nobody in the tenant:
-- -log2(0.5 / 11), and 1.
describe("the score of anomalous operations", function()
  it("adds two bits for a token that was issued elsewhere", function()
    assert.alert(attack("hard", { token_ip = "51.9.9.9" }), CREDENTIALS, { score = 14.24,
      reasons = { foreign_token = { token_network = "51.9.9.0" } } })
  end)

  it("knows that a login over IPv6 may be the same machine", function()
    assert.alert(attack("hard", { token_ip = "2001:db9::1" }), CREDENTIALS, { score = 12.24 })
  end)

  it("adds four bits for a listed address, once", function()
    local story = attack("medium"):intel("malicious", { "51.2.3.4" }):intel("tor", { "51.2.3.4" })
    assert.alert(story, CREDENTIALS, { score = 22.02, reasons = { listed_address = { tag = "malicious" } } })
  end)

  it("adds nothing for an address that is allowed", function()
    local story = attack("medium"):intel("malicious", { "51.2.3.0/24" }):intel("allow", { "51.2.3.4" })
    assert.alert(story, CREDENTIALS, { score = 18.02 })
  end)

  it("adds up to three bits for the hour, of people", function()
    local function at_night(kind)
      local story = anomaly.team(RULES, kind, 25)
      return anomaly.attack(story, "hard", kind, with(list_keys, { at = "2h30m" }))
    end
    -- 11 days: -log2(10 * (7.5 / 311) / 21) is 6.44; 5.46; and 3. A machine's 7 (-log2(10 * (2.5 / 311) / 21)) and 5.46
    assert.alert(at_night "user", CREDENTIALS, { score = 14.9,
      reasons = { odd_hour = { clock = "02:30", percent = 0 } } })
    assert.alert(at_night "service_principal", SERVICE, { score = 12.46 })
  end)

  it("adds for a subscription it never worked in", function()
    local story = anomaly.team(RULES, "user", 30, function(story)
      story:act { at = "8h", by = "neighbour", does = "Microsoft.Web/sites/restart/action", on = "x", sub = "second" }
    end)
    anomaly.attack(story, "hard", "user", with(list_keys, { sub = "second" }))
    -- Two have 16 days each: -log2(10 * (7.5 / 332) / 26) is 6.85; none of one: -log2(0.5 / 2) is 2, nobody in the
    -- tenant 1; a new subscription 4
    assert.alert(story, CREDENTIALS, { score = 13.85, reasons = { new_subscription = { new = 0, days = 16 } } })
  end)

  it("adds for other operations that were new just before", function()
    local story = anomaly.team(RULES, "user")
    anomaly.attack(story, "hard", "user", { does = "Microsoft.Compute/snapshots/delete", on = "s", at = "9h20m" })
    anomaly.attack(story, "hard", "user", { does = "Microsoft.Authorization/locks/delete", on = "l", at = "9h50m" })
    anomaly.attack(story, "hard", "user", with(list_keys, { at = "10h40m" }))
    -- The 17th day is the first with new ones, which the tenant knows, though they are not held against mallory:
    -- -log2(10 * (8.5 / 317) / 27) is 6.65; 5.46; after two others, -2 * log2(0.3) is 3.47
    assert.alert(story, CREDENTIALS, { score = 15.58,
      reasons = { in_one_go = { others = 2, percent = 30 }, new_operation = { new = 0 } } })
  end)

  it("counts what was denied half, and says so", function()
    -- 3.39 and 2.73, and 5.78 for the network
    assert.alert(attack("medium", { status = "failed" }), CREDENTIALS, { score = 11.9, severity = "medium",
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
    assert.alert(deployed "mate1", CREDENTIALS, { score = 12.24 })
    local elsewhere = deployed "mallory"
    elsewhere.acts[#elsewhere.acts].ip = "51.2.3.4"
    assert.alert(elsewhere, CREDENTIALS, { score = 11.9, count = 1,
      reasons = { part_of_request = { request = "microsoft.resources/deployments/write" } } })
  end)

  it("heeds tuning", function()
    local function tuned(threshold)
      return attack("hard"):tune(('tune "%s" { threshold = %s }'):format(CREDENTIALS, threshold))
    end
    assert.alert(tuned(12.24), CREDENTIALS, { threshold = 12.24 })
    assert.quiet(tuned(12.25))
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
    -- one of ten does it: -log2(1.5 / 11) is 2.87; a network 5.78 (of a machine 6), a client 5
    for kind, expected in pairs { user = { CREDENTIALS, 13.65 }, service_principal = { SERVICE, 13.87 } } do
      assert.alert(regular(kind, { app = "powershell" }), expected[1], { score = expected[2], count = 1,
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
    assert.alert(write("hard", { allowBlobPublicAccess = true }), DOOR, { score = 12.24,
      reasons = { dangerous_request = { why = "public access is on" } } })
  end)

  it("counts half when nothing is known of its request, and never alone", function()
    assert.quiet(write "hard")
    -- as of what was denied
    assert.alert(write "medium", DOOR, { score = 11.9, reasons = { everyday_operation = { weight = 0.5 } } })
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
  -- Comes on the last `days` days, and works in the first subscription, as `crowd` people do with it; in the second one
  -- so many others.
  local function newcomer(days, changes, crowd)
    crowd = crowd or 31
    local story = anomaly.team(RULES, "user", 30, function(story, day)
      for i = 1, day % 7 == 1 and crowd or 0 do
        story:act { at = "8h", by = "mate" .. i, does = "Microsoft.Web/sites/restart/action", on = "x", sub = "second" }
      end
      for i = 10, day % 7 == 1 and crowd - 2 or 0 do -- and nine, mallory, the newcomer
        story:act { at = "8h30m", by = "mate" .. i, does = "Microsoft.Web/sites/restart/action", on = "shop" }
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
    -- none of 31: -log2(0.5 / 32) is 6, nobody in the tenant 1, another subscription 4
    assert.alert(newcomer(10, { sub = "second" }), CREDENTIALS, { score = 11, severity = "low", confidence = "low",
      reasons = { no_habits = { days = 9, active_days = 10 }, rare_here = { principals = 31, doing = 0 } } })
  end)

  it("is not told among few peers, unless from a listed address", function()
    -- none of nine: -log2(0.5 / 10) is 4.32; 1 and 4, and 4 for the list
    assert.quiet(newcomer(10, { sub = "second" }, 9))
    local story = newcomer(10, { sub = "second" }, 9):intel("malicious", { "51.2.3.4" })
    assert.alert(story, CREDENTIALS, { score = 13.32, severity = "low" })
  end)

  it("is told with low severity from a listed address", function()
    -- none of 31, which it is one of: 6, 1, and 4
    assert.alert(newcomer(10):intel("malicious", { "51.2.3.4" }), CREDENTIALS, { score = 11, severity = "low" })
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
    -- 7 (of 8.49); none of eleven: -log2(0.5 / 12) is 4.58, and 1; a network as every day: its kind had 17 in 33 days,
    -- 16 of them mallory's, so that -log2((17 + 10 * (17 + 5) / 333) / 27) is 0.61
    story:act { at = "10h2m", by = "ci", kind = "service_principal", ip = "51.98.7.7", on = "snap1",
      does = "Microsoft.Compute/snapshots/delete" }
    assert.alert(story, "ARM_AnomalousServiceOperation.Impact", { score = 13.19,
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
    -- After 14 days: on five of 18, -log2((5 + 10 * (5 + 7.5) / 318) / 28) is 2.38; four of ten do it: -log2(4.5 / 11)
    -- is 1.29
    assert.quiet(anomaly.attack(story, "hard", "user", list_keys))
    -- Of one who never does anything new, with the same peers: -log2(10 * (7.5 / 318) / 28) is 6.89, 1.29, and with 15
    -- for 7.5 a network 5.89.
    local settled = anomaly.team(RULES, "user", 32, function(team, day) if day == 1 then explorer(day, team) end end)
    assert.alert(anomaly.attack(settled, "medium", "user", list_keys), CREDENTIALS, { score = 14.07 })
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
    local function tuned(params) return wave():tune(('tune "%s" { %s }'):format(CREDENTIALS, params)) end
    -- The operator has 16 days since it settled, each mate one. The first: -log2(10 * (7.5 / 376) / 11) is 5.79; none of
    -- sixty-one and nobody in the tenant: 6 and 1.
    assert.alert(wave(), CREDENTIALS, { count = 1, principal = "mate1", score = 12.79 })
    -- The second: -log2(10 * (8.5 / 377) / 11) is 5.61; one of sixty-one does it: -log2(1.5 / 62) is 5.37; three
    -- quarters of each are 4.21 and 4.03, no alert.
    assert.alert(tuned "threshold = 8.24", CREDENTIALS, { count = 2 })
    assert.alert(tuned "threshold = 8.25", CREDENTIALS, { count = 1 })
    -- If it were none, these came to 10.98; 5.45 and 4.63; 5.31 and 4.15; 5.18 and 3.78, too few: less 1 % for each other.
    assert.alert(tuned "threshold = 9, rollout = 100", CREDENTIALS, { count = 4 })
  end)

  it("is no rollout of stolen accounts: from elsewhere, by another client, from a listed address", function()
    -- Even so the tenant and the peers get used to it. The twelfth, after eleven: -log2(10 * ((11 + 7.5) / 387) / 11) is
    -- 4.52, -log2(11.5 / 62) is 2.43; with a network, -log2(10 * ((11 + 15) / 387) / 11), 4.03 more: 10.98, and from a
    -- listed address 4: 10.95. With a client, -log2(10 * ((11 + 5) / 387) / 11), 4.73 more: 11.68. The eleventh: 4.6,
    -- 2.56, and 4.09 or 4 or 4.82.
    local function told(story)
      local alerts = story:alerts(CREDENTIALS)
      for _, alert in ipairs(alerts) do
        for _, reason in ipairs(alert.reasons) do assert.not_equal("rollout", reason.code) end
      end
      return #alerts
    end
    assert.equal(11, told(wave { ip = "51.2.3.4" }))
    assert.equal(12, told(wave { app = "powershell" }))
    local listed, addresses = wave(), {}
    for i = 1, 12 do addresses[i] = listed.acts[#listed.acts - 12 + i].ip end
    assert.equal(11, told(listed:intel("malicious", addresses)))
  end)

  it("counts only those for a wave who have habits", function()
    local story = anomaly.team(RULES, "user", 30, function(story, day)
      for i = 1, day > 25 and 3 or 0 do
        story:act { at = "9h", by = "new" .. i, app = "cli", does = "Microsoft.Web/sites/restart/action", on = "shop" }
      end
    end)
    for i = 1, 3 do story:act(with(list_keys, { at = "8h" .. i .. "m", by = "new" .. i, app = "cli" })) end
    anomaly.attack(story, "medium", "user", list_keys)
    -- 6.78 in full; three of thirteen: -log2(3.5 / 14) is 2; 5.78
    assert.alert(story, CREDENTIALS, { principal = "mallory", score = 14.56 })
  end)

  it("damps by degrees, and says so", function()
    for others, expected in pairs { 0.75, 0.63, 0.5, 0.5 } do
      local story = anomaly.team(RULES, "user", 30, function(story, day)
        for i = 1, day % 5 == 1 and 9 or 0 do
          story:act { at = "9h", by = "mate" .. i, app = "cli", does = "Microsoft.Web/sites/restart/action", on = "x" }
        end
      end)
      for i = 1, others do story:act(with(list_keys, { at = "8h" .. i .. "m", by = "mate" .. i, app = "cli" })) end
      anomaly.attack(story, "medium", "user", with(list_keys, { app = "powershell" }))
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
        with(write, { app = "powershell", body = { properties = { allowBlobPublicAccess = true } } }))
      for _, alert in ipairs(story:alerts "ARM_AnomalousOperation.InitialAccess") do
        if alert.principal.name == "mallory@contoso.com" then return alert.score end
      end
    end
    -- Nine mates have five days since they settled, on the sixteenth; three of them begin it on a sixth one; mallory has
    -- sixteen: 64. -log2(10 * ((3 + 7.5) / 364) / 26) is 6.49; three of ten do it: -log2(3.5 / 11) is 1.65; a network
    -- -log2(10 * (15 / 364) / 26) is 5.98, a client 5. Of those who
    -- write what is dangerous only the first could be told itself (6.17 and 5.46), and of everyday operations only such
    -- count: three quarters of the first two, 4.87 and 1.24.
    assert.equal(19.12, after(false))
    assert.equal(17.09, after(true))
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
    -- In full: 16 days of mallory, one each of three mates, who came from a new network: -log2(10 * (7.5 / 319) / 26) is
    -- 6.79; three of ten do it: -log2(3.5 / 11) is 1.65; a network -log2(10 * ((3 + 15) / 319) / 26) is 5.53
    assert.alert(story, CREDENTIALS, { principal = "mallory", score = 13.97 })
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
