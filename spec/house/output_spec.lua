-- Ten thousand hostile strings through everything people read: alerts as text, summary, diagnostics, file names,
-- messages about rules; and through JSON, whose strings are escaped as well. Nothing that a terminal obeys, nothing
-- that hides.
local program <const> = require "support.program"
local quote <const>, read <const>, write <const> = program.quote, program.read, program.write
local count <const> = (os.getenv "LD_PRELOAD" or ""):find "san" and 1000 or 10000

local function run(words) return program.shell("$A " .. words) end

-- ---- strings ----

local seed = 20240502
local function random(n)
  seed = seed * 48271 % 2147483647
  return seed % n + 1
end

-- Code points that a terminal obeys or does not show, and some that are as they look.
local points <const> = {}
for point = 0, 0x1F do points[#points + 1] = point end
for point = 0x7F, 0x9F do points[#points + 1] = point end
for point = 0x200B, 0x200F do points[#points + 1] = point end
for point = 0x202A, 0x202E do points[#points + 1] = point end
for point = 0x2060, 0x2069 do points[#points + 1] = point end
for _, point in ipairs { 0xAD, 0x61C, 0x180E, 0x2028, 0x2029, 0xFEFF, 0xFFF9, 0xFFFB, 0xE0001, 0xE0041, 0xE007F } do
  points[#points + 1] = point
end
local shown <const> = { 0x61, 0x22, 0x5C, 0x3C, 0x27, 0x25, 0x7B, 0x2C, 0x3D, 0xE9, 0x4E2D, 0x1F600 }
local sequences <const> = { { 0x1B, 0x5B, 0x32, 0x4A }, { 0x1B, 0x5D, 0x30, 0x3B }, { 0x9B, 0x33, 0x31, 0x6D },
  { 0x0D, 0x0A }, { 0x202E, 0x66, 0x64, 0x70, 0x202C }, { 0x1B, 0x50, 0x71 }, { 0x5C, 0x75, 0x30, 0x30, 0x31, 0x62 } }

local function hostile()
  local text = {}
  for _ = 1, random(8) do
    local kind = random(4)
    if kind == 1 then
      for _, point in ipairs(sequences[random(#sequences)]) do text[#text + 1] = point end
    else
      text[#text + 1] = kind == 2 and shown[random(#shown)] or points[random(#points)]
    end
  end
  return text
end

-- In JSON: escaped, or raw where the grammar lets it stand.
local function json(text)
  local out = {}
  for i, point in ipairs(text) do
    if point < 0x20 or point == 0x22 or point == 0x5C or (point < 0x10000 and random(2) == 1) then
      out[i] = ("\\u%04x"):format(point)
    else
      out[i] = utf8.char(point)
    end
  end
  return table.concat(out)
end

local function record(number)
  local name, resource, app, category = json(hostile()), json(hostile()), json(hostile()), json(hostile())
  return ('{"time":"2024-05-%02dT%02d:%02d:00Z","resourceId":"/subscriptions/11111111-1111-1111-1111-111111111111/'
    .. 'resourceGroups/rg/providers/a/b/x%s","operationName":"A/B/C","category":"%s","resultType":"Success",'
    .. '"correlationId":"c%012d%s","callerIpAddress":"%s","identity":{"claims":{"name":"%s","appid":"%s",'
    .. '"http://schemas.microsoft.com/identity/claims/objectidentifier":"a0000000-0000-0000-0000-%012d"}},'
    .. '"properties":{"%s":"%s"}}\n')
    :format(number // 1440 % 20 + 1, number // 60 % 24, number % 60, resource,
      number % 10 == 0 and category or "Administrative", number, app, number % 7 == 0 and category or "198.51.100.7",
      name, app, number, app, name)
end

local RULE <const> = [[
rule "R" { title = "r", severity = "low", on = operation "a/b/c", burst = { by = { "principal" }, quiet = "1s" },
  detect = function(act)
    return alert { reason("seen", "{name} {who} {raw}", { name = act.resource_name, who = act.principal.name,
      raw = act:record "properties" and "x" or "y" }) }
  end }]]

-- ---- what must not be there ----

local function is_hidden(point)
  return point < 0x20 and point ~= 0x0A or point >= 0x7F and point <= 0x9F or point >= 0x200B and point <= 0x200F
    or point >= 0x2028 and point <= 0x202E or point >= 0x2060 and point <= 0x206F or point == 0xFEFF or point == 0xAD
    or point == 0x61C or point == 0x180E or point >= 0xFFF9 and point <= 0xFFFB or point >= 0xE0000 and point <= 0xE0FFF
end

local function assert_clean(text, what)
  assert.truthy(utf8.len(text), what .. " is not UTF-8")
  for at, point in utf8.codes(text) do
    if is_hidden(point) then
      error(("%s: U+%04X at byte %d in %q"):format(what, point, at, text:sub(at > 40 and at - 40 or 1, at + 10)))
    end
  end
end

describe("hostile strings", function()
  setup(function()
    program.open()
    local lines = {}
    for number = 1, count do lines[number] = record(number) end
    for _ = 1, 50 do lines[#lines + 1] = ("{%s\n"):format(json(hostile()):gsub("\n", "")) end
    write("log.json", table.concat(lines))
    write("rule.lua", RULE)
  end)

  teardown(program.close)

  it("do not reach a terminal: alerts as text, summary and diagnostics", function()
    local code, out, err = run "rule.lua log.json --format text --stats"
    assert.equal(3, code)
    local _, alerts = out:gsub("\n  when ", "")
    assert.is_true(alerts > count / 2, alerts .. " alerts")
    assert_clean(out, "the alerts")
    assert_clean(err, "the summary")
    assert.truthy(out:find("\\x1B", 1, true) and out:find("\\u{202E}", 1, true), "they are shown, not dropped")
  end)

  it("are escaped in JSON: alerts, findings and rejects", function()
    local code, out = run "rule.lua log.json --format json --quiet --rejects rejects.json"
    assert.equal(3, code)
    assert_clean(out, "the alerts")
    assert_clean(read "rejects.json", "the rejects")
    assert.truthy(out:find("\\u001b", 1, true) and out:find("\\u202e", 1, true))
  end)

  it("do not reach one as names of files, folders, rules and options", function()
    for number = 1, 15 do
      local name = utf8.char(table.unpack(hostile())):gsub("[%z/]", "_"):gsub("^[-.]", "_")
      if #name < 200 and name:match "[^.]" then
        write(name .. ".json", "{broken\n" .. record(number))
        write(name .. ".lua", 'rule "X" { titel = "' .. number .. '" }')
        for _, words in ipairs { "rule.lua " .. quote(name .. ".json") .. " --format text",
          quote(name .. ".lua") .. " log.json", "check " .. quote(name .. ".lua"), "rule.lua " .. quote(name .. "none"),
          "rule.lua log.json --only " .. quote(name), "rule.lua log.json --min-severity " .. quote(name),
          "rule.lua log.json --intel tor=" .. quote(name), "rule.lua log.json " .. quote("--" .. name),
          "rule.lua log.json " .. quote("-" .. name),
          "rule.lua log.json " .. quote("-q" .. name), "rule.lua log.json " .. quote("--m=" .. name) } do
          local _, out, err = run(words)
          assert_clean(out, words)
          assert_clean(err, words)
        end
      end
    end
  end)

  it("do not reach one out of a rule's own mouth", function()
    for number = 1, 15 do
      local text = {}
      for i, point in ipairs(hostile()) do text[i] = ("\\u{%X}"):format(point) end
      local word = table.concat(text)
      write("own.lua", ('rule "R%d" { title = "%s", severity = "low", on = operation "a/b/c",\n'
        .. 'detect = function(act) if act.name == "x" then error("%s") end '
        .. 'return alert { reason("code", "%s {v}", { v = "%s" }), summary = "%s" } end }')
        :format(number, word, word, word:gsub("%%", ""):gsub("\\u{25}", ""), word, word))
      for _, words in ipairs { "own.lua log.json --format text", "check own.lua" } do
        local _, out, err = run(words .. " --quiet")
        assert_clean(out, words)
        assert_clean(err, words)
      end
    end
  end)
end)
