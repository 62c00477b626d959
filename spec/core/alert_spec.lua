local json = require "dkjson"
local T = require("armrun.core").T.alert

-- 2024-05-01T00:00:00Z
local DAY = 1714521600

local function witness(order, more)
  local w = { order = order, time = DAY + order, texts = { operation = "op", resource = "r" .. order } }
  for key, value in pairs(more or {}) do w[key] = value end
  return T.witness(w)
end

-- A record of its own for every witness, told by its event id.
local function shown(order, record)
  return witness(order, { records = { record } })
end

local function list(line, key)
  return line:match('"' .. key .. '":(%b[])')
end

local function event_ids(line)
  local ids = {}
  for id in list(line, "evidence"):gmatch '"event_id":"([^"]*)"' do ids[#ids + 1] = id end
  return table.concat(ids, " ")
end

describe("alert json", function()
  it("writes every key of the contract, in its order", function()
    local act = T.witness {
      order = 1, time = DAY, texts = { operation = "a/b", resource = "/x" },
      records = {
        { time = DAY + 1.5, source = "activity", operation = "a/b", resource = "/x", status = "succeeded",
          ip = "192.0.2.1", correlation = "c-1", event_id = "e-1", file = "log.json", record = 7, offset = 4096 },
      },
      more = 2,
    }
    local alert = T.alert {
      rule = "ARM_X", id = "00112233445566778899aabbccddeeff", title = "T", summary = "S", severity = "high",
      confidence = "low", tactics = { "Impact", "Collection" }, techniques = { "T1552" }, preview = true,
      missing_sources = { "read" }, time = DAY, start = DAY, finish = DAY + 60,
      principal = { id = "o", key = "k", name = "n", kind = "user", app_id = "a", app_name = "A", mfa = true,
                    delegated = false },
      ips = { { address = "192.0.2.1", tags = { "tor", "malicious" }, asn = 64500, country = "DE" } },
      tenant = "t", subscription = "s", subscriptions = { "s" }, resource = "/x", resources = { "/x" },
      score = 7.5, threshold = 6,
      reasons = { { code = "keys_listed", text = "5 in 41 s", bits = 3.25,
                    values = { { "seconds", 41 }, { "accounts", 5 }, { "share", 0.5 }, { "who", "x" },
                               { "sure", true } } } },
      evidence = { act }, siblings = { "ARM_Y" }, rule_set = "f00d",
    }
    assert.equal(table.concat {
      '{"schema":1,"rule":"ARM_X","id":"00112233445566778899aabbccddeeff","title":"T","summary":"S",',
      '"severity":"high","confidence":"low","state":"final","tactics":["Collection","Impact"],"techniques":["T1552"],',
      '"preview":true,"missing_sources":["read"],"time":"2024-05-01T00:00:00Z","start":"2024-05-01T00:00:00Z",',
      '"end":"2024-05-01T00:01:00Z","principal":{"id":"o","key":"k","name":"n","kind":"user","app_id":"a",',
      '"app_name":"A","mfa":true,"delegated":false},"ips":[{"address":"192.0.2.1","tags":["malicious","tor"],',
      '"asn":64500,"country":"DE"}],"tenant":"t","subscription":"s","subscriptions":["s"],"resource":"/x",',
      '"resources":["/x"],"score":7.5,"threshold":6,"reasons":[{"code":"keys_listed","text":"5 in 41 s",',
      '"values":{"accounts":5,"seconds":41,"share":0.5,"sure":true,"who":"x"},"bits":3.25}],',
      '"evidence":[{"time":"2024-05-01T00:00:01.5Z","source":"activity","operation":"a/b","resource":"/x",',
      '"status":"succeeded","ip":"192.0.2.1","correlation_id":"c-1","event_id":"e-1",',
      '"origin":{"file":"log.json","record":7,"offset":4096}}],"evidence_total":3,"siblings":["ARM_Y"],',
      '"rule_set":"f00d"}',
    }, alert:json())
  end)

  it("leaves out what is unknown, and writes empty lists", function()
    assert.equal('{"schema":1,"rule":"R","state":"final","tactics":[],"techniques":[],"preview":false,' ..
      '"missing_sources":[],"ips":[],"subscriptions":[],"resources":[],"reasons":[],"evidence":[],' ..
      '"evidence_total":0,"siblings":[]}', T.alert({ rule = "R" }):json())
  end)

  it("keeps the unknown apart from the no", function()
    local line = T.alert({ rule = "R", principal = { key = "k", mfa = false } }):json()
    assert.equal('{"key":"k","mfa":false}', line:match '"principal":(%b{})')
  end)

  it("prints integers exactly, also past 2^53", function()
    local line = T.alert({ rule = "R", reasons = { { code = "c", text = "t", values = {
      { "big", math.maxinteger }, { "odd", (1 << 53) + 1 }, { "small", math.mininteger } } } } }):json()
    assert.equal('{"big":9223372036854775807,"odd":9007199254740993,"small":-9223372036854775808}',
      line:match '"values":(%b{})')
  end)

  it("leaves out numbers that are none, and keeps the last of equal names", function()
    local line = T.alert({ rule = "R", reasons = { { code = "c", text = "t", values = {
      { "nan", 0 / 0 }, { "inf", math.huge }, { "n", 1 }, { "a", 2 }, { "n", 3 } } } } }):json()
    assert.equal('{"a":2,"n":3}', line:match '"values":(%b{})')
  end)

  it("escapes what an eye or a terminal would not see", function()
    local function title(text) return T.alert({ rule = "R", title = text }):json():match '"title":"(.-)","state"' end
    assert.equal([[\u0001\u001b[31m\n\u007f]], title "\1\27[31m\n\127")
    assert.equal([[\u0080\u009f]], title "\u{80}\u{9f}")
    assert.equal([[a\u200b\u200fb\u202a\u202eb\u2066\u2069\ufeff]],
      title "a\u{200B}\u{200F}b\u{202A}\u{202E}b\u{2066}\u{2069}\u{FEFF}")
    assert.equal([[\u2028\u061c\udb40\udc41]], title "\u{2028}\u{61C}\u{E0041}")
    assert.equal("\u{A0}Zürich \u{200A}日本\u{1F600}", title "\u{A0}Zürich \u{200A}日本\u{1F600}")
    assert.equal([[\"\\]], title [["\]])
  end)

  it("replaces ill-formed UTF-8", function()
    local function title(text) return T.alert({ rule = "R", title = text }):json():match '"title":"(.-)","state"' end
    local bad = "\u{FFFD}"
    assert.equal("a" .. bad .. "b", title "a\xFFb")
    assert.equal(bad .. bad .. "x", title "\xC0\x80x")               -- overlong
    assert.equal(bad .. bad .. bad, title "\xED\xA0\x80")            -- a surrogate
    assert.equal(bad, title "\xE2\x82")                              -- cut off
    assert.equal(bad .. bad .. bad .. bad, title "\xF4\x90\x80\x80") -- past U+10FFFF
    assert.equal("\u{10FFFF}", title "\u{10FFFF}")
  end)

  it("is well-formed and shows everything, whatever bytes come in", function()
    local bytes = { "\0", "\t", '"', "\\", "a", "\127", "\x80", "\x8E", "\xA0", "\xBF", "\xC2", "\xE2", "\xED", "\xEF",
                    "\xF0", "\xF4", "\xFE", "\u{202E}", "\u{FEFF}", "\u{1F600}", "é" }
    local state = 1
    for _ = 1, 3000 do
      local parts = {}
      for i = 1, 8 do
        state = (state * 1103515245 + 12345) % 2147483648
        parts[i] = bytes[state // 65536 % #bytes + 1]
      end
      local line = T.alert({ rule = "R", title = table.concat(parts) }):json()
      assert.truthy(utf8.len(line))
      assert.is_nil(line:find "%c" or line:find "\xC2[\x80-\x9F]" or line:find "\u{202E}" or line:find "\u{FEFF}")
      assert.equal("R", (json.decode(line) or {}).rule)
    end
  end)

  it("names at most 100 resources, and counts them all", function()
    local alert = T.alert { rule = "R" }
    for i = 150, 1, -1 do alert:add_resource(("r%03d"):format(i)) end
    local line = alert:json()
    local _, shown_count = list(line, "resources"):gsub('"r%d+"', "")
    assert.equal(100, shown_count)
    assert.truthy(line:find('"r100"],"resources_total":150', 1, true))
  end)
end)

describe("alert evidence", function()
  it("shows the first 20 records by (time, operation, resource) whatever the order they came in", function()
    local acts = {}
    for i = 1, 30 do
      local at = (i * 7) % 30
      acts[i] = shown(i, { time = DAY + at, operation = "op", event_id = tostring(at) })
    end
    local forward, backward = T.alert { rule = "R" }, T.alert { rule = "R" }
    for i = 1, 30 do
      forward:add_evidence(acts[i])
      backward:add_evidence(acts[31 - i])
    end
    assert.equal("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19", event_ids(forward:json()))
    assert.equal(forward:json(), backward:json())
    assert.truthy(forward:json():find('"evidence_total":30', 1, true))
  end)

  it("breaks ties of time by operation, then resource", function()
    local alert = T.alert { rule = "R", evidence = {
      shown(1, { time = DAY, operation = "b", resource = "1", event_id = "3" }),
      shown(2, { time = DAY, operation = "a", resource = "2", event_id = "2" }),
      shown(3, { time = DAY, operation = "a", resource = "1", event_id = "1" }),
      shown(4, { time = DAY, resource = "9", event_id = "0" }),
    } }
    assert.equal("0 1 2 3", event_ids(alert:json()))
  end)

  it("takes an act once, as the same object and as an equal one", function()
    local alert, act = T.alert { rule = "R" }, witness(5)
    assert.equal(1, alert:add_evidence(act))
    assert.equal(1, alert:add_evidence(act))
    assert.equal(1, alert:add_evidence(witness(5)))
    assert.equal(2, T.references(act))
    assert.equal(2, alert:add_evidence(witness(6)))
  end)

  it("keeps acts apart that differ in anything but their memory", function()
    local base = { order = 1, time = DAY, texts = { operation = "o", resource = "r", correlation = "c" },
                   records = { { event_id = "e" } } }
    local function with(change)
      local copy = { texts = { operation = "o", resource = "r", correlation = "c" } }
      for key, value in pairs(base) do if key ~= "texts" then copy[key] = value end end
      change(copy)
      return T.witness(copy)
    end
    local one = with(function() end)
    assert.equal(0, T.compare_witnesses(one, with(function() end)))
    for name, change in pairs {
      order = function(w) w.order = 2 end,
      started = function(w) w.started = DAY + 1 end,
      operation = function(w) w.texts.operation = "p" end,
      resource = function(w) w.texts.resource = "s" end,
      correlation = function(w) w.texts.correlation = "d" end,
      event_id = function(w) w.records = { { event_id = "f" } } end,
      source = function(w) w.source = "directory" end,
    } do
      local other = with(change)
      assert.is_true(T.compare_witnesses(one, other) < 0, name)
      assert.is_true(T.compare_witnesses(other, one) > 0, name)
    end
  end)

  it("counts records that are not kept", function()
    local line = T.alert({ rule = "R", left_out = 40, evidence = { shown(1, { event_id = "1" }) } }):json()
    assert.truthy(line:find('"evidence_total":41', 1, true))
  end)
end)

describe("alert parts", function()
  it("replaces a reason with the same code in its place", function()
    local alert = T.alert { rule = "R", reasons = {
      { code = "a", text = "1" }, { code = "b", text = "2" }, { code = "a", text = "3" } } }
    assert.equal('[{"code":"a","text":"3","values":{}},{"code":"b","text":"2","values":{}}]',
      list(alert:json(), "reasons"))
  end)

  it("joins what is known of an address, and sorts by its text", function()
    local alert = T.alert { rule = "R", ips = {
      { address = "9.9.9.9" }, { address = "1.1.1.1", tags = { "vpn" } },
      { address = "9.9.9.9", tags = { "tor" }, asn = 3, country = "CH" }, { address = "9.9.9.9", asn = 4 } } }
    assert.equal('[{"address":"1.1.1.1","tags":["vpn"]},{"address":"9.9.9.9","tags":["tor"],"asn":3,"country":"CH"}]',
      list(alert:json(), "ips"))
  end)

  it("orders by time, then id", function()
    local function alert(time, id, rule) return T.alert { rule = rule or "R", time = time, id = id } end
    assert.is_true(T.compare(alert(1, "b"), alert(2, "a")) < 0)
    assert.is_true(T.compare(alert(1, "b", "A"), alert(1, "a", "B")) > 0)
    assert.equal(0, T.compare(alert(1, "a"), alert(1, "a")))
  end)
end)

describe("alert memory", function()
  -- Lets every allocation of `act` fail in turn until it succeeds; leaks nothing on the way.
  local function survives(act)
    for n = 1, 100 do
      T.fail_at(n)
      local result, message = act()
      T.fail_at(0)
      if result then return n end
      assert.truthy(message:find("out of memory", 1, true))
    end
    error "never succeeded"
  end

  it("writes or fails, and gives everything back", function()
    local alert = T.alert { rule = "R", title = "\xFF", evidence = { shown(1, { event_id = "\xFF" }) } }
    collectgarbage()
    local before = T.live()
    assert.is_true(survives(function() return alert:json() end) >= 4)
    collectgarbage()
    assert.equal(before, T.live())
  end)

  it("adds or stays as it was", function()
    collectgarbage()
    local before = T.live()
    do
      local alert, act = T.alert { rule = "R" }, witness(1)
      survives(function() return alert:add_evidence(act) end)
      survives(function() return alert:add_ip "1.1.1.1" end)
      survives(function() return alert:add_resource "r" end)
      survives(function() return alert:add_reason("c", "t") end)
      assert.equal(2, T.references(act))
      assert.truthy(alert:json():find('"resources":["r"],"reasons":[{"code":"c"', 1, true))
    end
    collectgarbage()
    collectgarbage()
    assert.equal(before, T.live())
  end)
end)
