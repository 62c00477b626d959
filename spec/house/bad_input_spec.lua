-- Bad input, as a person meets it: a clear line that names file and record, the contract's exit code, every good record
-- counted, nothing lost uncounted: records = events + duplicates + skipped + rejected.
local program <const> = require "support.program"
local quote <const>, read <const>, write <const>, shell <const> =
  program.quote, program.read, program.write, program.shell
local has <const>, lacks <const> = program.has, program.lacks
local is_root <const> = program.output_of "id -u" == "0\n"
-- Sanitizers multiply memory and time: the large ones shrink there.
local megabytes <const> = tonumber(os.getenv "ARMRUN_LONG_MEGABYTES") or 100

-- One good record; each number is an act of its own. `more` goes into it as further keys.
local RECORD <const> = '{"time":"2024-05-02T10:%02d:00Z","resourceId":"/SUBSCRIPTIONS/'
  .. '11111111-1111-1111-1111-111111111111/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/SA%d",'
  .. '"operationName":"MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION","category":"Administrative",'
  .. '"resultType":"Success","correlationId":"c0000000-0000-0000-0000-%012d","callerIpAddress":"198.51.100.7",'
  .. '"identity":{"claims":{"http://schemas.microsoft.com/identity/claims/objectidentifier":'
  .. '"a0000000-0000-0000-0000-%012d","name":"Mallory"}}'

local function record(number, more)
  return RECORD:format(number % 60, number, number, number) .. (more or "") .. "}\n"
end

-- Says each good record: one alert each, for every principal is another one.
local RULE <const> = [[
rule "%s" {
  title = "Keys were listed", severity = "%s", needs = { "activity" },
  on = operation "Microsoft.Storage/storageAccounts/listKeys/action",
  burst = { by = { "principal" }, quiet = "30m" },
  detect = function(act) return alert { reason("keys", "keys of {name}", { name = act.name }) } end,
}
]]

-- The summary as numbers. A kind that did not occur has no line there.
local function counts(err)
  local function row(label) return tonumber(((err:match("\n?" .. label .. " +([%d,]+)") or "0"):gsub(",", ""))) end
  local told = { records = row "records", events = row "  events", duplicates = row "  duplicates",
    skipped = row "  skipped", rejected = row "  rejected", alerts = row "alerts" }
  assert.truthy(err:find "records +%d", "no summary in:\n" .. err)
  assert.equal(told.records, told.events + told.duplicates + told.skipped + told.rejected, err)
  return told
end

local function names_of_accounts(out)
  local names = {}
  for name in out:gmatch '"text":"keys of ([^"]+)"' do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, " ")
end

-- Runs over one log: exit code, accounts in the alerts, counts, diagnostics.
local function run(words)
  local code, out, err = shell("$A rule.lua " .. words)
  return code, names_of_accounts(out), counts(err), err
end

before_each(function()
  program.open()
  write("rule.lua", RULE:format("T_Keys", "low"))
end)

after_each(program.close)

describe("bad input: bytes that are no record", function()
  -- Three records, of which the second is bad: the others are seen, and the line names log.json:2.
  local function second_is_bad(bad, message)
    write("log.json", record(1), bad, record(3))
    local code, accounts, told, err = run "log.json"
    assert.equal(3, code)
    assert.equal("sa1 sa3", accounts)
    assert.same({ 3, 2, 1 }, { told.records, told.events, told.rejected })
    has(err, "armrun: log.json:2: " .. message)
  end

  it("truncated, between lines", function()
    write("log.json", record(1), record(2), record(3):sub(1, 200))
    local code, accounts, told, err = run "log.json"
    assert.equal(3, code)
    assert.equal("sa1 sa2", accounts)
    assert.same({ 3, 1 }, { told.records, told.rejected })
    has(err, "armrun: log.json:3: truncated: the file ends inside a record")
  end)

  it("truncated, inside an array, with a record cut and between two of them", function()
    write("log.json", "[", record(1), ",", record(2), ",", record(3):sub(1, 200))
    local code, accounts, told, err = run "log.json"
    assert.equal(3, code)
    assert.equal("sa1 sa2", accounts)
    assert.same({ 3, 1 }, { told.records, told.rejected })
    has(err, "armrun: log.json:3: truncated: the file ends inside a record")
    write("log.json", '{"value":[', record(1), ",", record(2))
    code, accounts, told, err = run "log.json"
    assert.equal(3, code)
    assert.equal("sa1 sa2", accounts)
    assert.same({ 2, 0 }, { told.records, told.rejected })
    has(err, "armrun: log.json: truncated: the file ends inside an array or an envelope")
  end)

  it("empty", function()
    for name, text in pairs { ["none.json"] = "", ["blank.json"] = "\r\n \n\t\n", ["bom.json"] = "\u{feff}" } do
      write(name, text)
      local code, accounts, told, err = run(name)
      assert.same({ "", 0 }, { accounts, told.records })
      if text == "" then
        assert.equal(3, code)
        has(err, "armrun: none.json: empty")
      end
    end
    write("list.json", '{"value":[]}')
    local code, _, told, err = run "list.json"
    assert.same({ 0, 0 }, { code, told.records })
    lacks(err, "armrun: ")
  end)

  it("not JSON", function()
    second_is_bad("hello, world\n", "not JSON: a record starts with '{'")
    second_is_bad('{"time":yesterday}\n', "not JSON: ")
    second_is_bad("\x89PNG\r\x1a\0\0\0\n", "not JSON: ")
    second_is_bad("<html><body>503</body></html>\n", "not JSON: ")
  end)

  it("an error that Azure answered with", function()
    second_is_bad('{"error":{"code":"AuthorizationFailed","message":"The client may not read events."}}\n',
      "Azure error AuthorizationFailed: The client may not read events.")
  end)

  it("nested a million deep", function()
    second_is_bad(('{"a":'):rep(200000) .. "1" .. ("}"):rep(200000) .. "\n", "")
    second_is_bad(("{\"a\":"):rep(1000000) .. "1" .. ("}"):rep(1000000) .. "\n", "larger than the limit for one record")
    second_is_bad(record(2, ',"x":' .. ("["):rep(5000) .. ("]"):rep(5000)), "not JSON: ")
    -- Never closed: what follows is inside it, as far as anybody can tell, or is found again at its line.
    write("log.json", record(1), ("["):rep(1000000), "\n", record(3))
    local code, accounts, told = run "log.json"
    assert.equal(3, code)
    assert.equal(1, told.rejected)
    assert.equal("sa1 sa3", accounts)
  end)

  it("a string of 100 MB", function()
    local part = ("a"):rep(1 << 20)
    local file = assert(io.open(program.place "log.json", "wb"))
    file:write(record(1), record(2):sub(1, -3), ',"x":"')
    for _ = 1, megabytes do file:write(part) end
    file:write('"}\n', record(3))
    file:close()
    local code, accounts, told, err = run "log.json"
    assert.equal(3, code)
    assert.equal("sa1 sa3", accounts)
    assert.same({ 3, 2, 1 }, { told.records, told.events, told.rejected })
    has(err, "armrun: log.json:2: larger than the limit for one record")
  end)

  it("NUL", function()
    second_is_bad("\0\0\0\0\n", "not JSON: ")
    second_is_bad(record(2, ',"x":"\0"'), "not JSON: ")
    write("log.json", record(1), record(2, ',"x":"\\u0000","\\u0000":1'), record(3))
    local code, accounts = run "log.json"
    assert.equal(0, code)
    assert.equal("sa1 sa2 sa3", accounts)
  end)

  it("numbers that 64 bits do not hold are data; what is no number is not", function()
    write("log.json", record(1, ',"x":1e400'), record(2, ',"x":18446744073709551616'), record(3, ',"x":-1E+999'),
      record(4, ',"x":[1e-999,' .. ("9"):rep(400) .. "]"))
    local code, accounts, told = run "log.json"
    assert.equal(0, code)
    assert.equal("sa1 sa2 sa3 sa4", accounts)
    assert.same({ 4, 4 }, { told.records, told.events })
    for _, number in ipairs { "01", "1e", "+1", ".5", "0x10", "NaN", "-Infinity" } do
      second_is_bad(record(2, ',"x":' .. number), "not JSON: ")
    end
  end)

  it("text that is not UTF-8", function()
    for _, bytes in ipairs { "\xff\xfe", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\\ud800" } do
      second_is_bad(record(2, ',"x":"' .. bytes .. '"'), "not JSON: ")
    end
  end)

  it("keys that stand twice", function()
    -- A record says what its last key says, as most readers have it: what is told once is not an error.
    write("log.json", record(1, ',"x":1,"x":2,"x":{"x":1,"x":2}'), record(2, ',"time":"2024-05-03T00:00:00Z"'),
      record(3))
    local code, accounts, told, err = run "log.json"
    assert.equal(0, code)
    assert.equal("sa1 sa2 sa3", accounts)
    assert.equal(3, told.events)
    lacks(err, "armrun: ")
  end)

  it("what is right, but no event: skipped or rejected, never lost", function()
    write("log.json", record(1), "{}\n", '{"a":1}\n', '[1,"x",null]\n', '{"time":"2024-05-02T10:00:00Z"}\n', record(3))
    local _, accounts, told = run "log.json"
    assert.equal("sa1 sa3", accounts)
    assert.equal(told.records - 2, told.rejected + told.skipped)
    assert.is_true(told.records >= 6)
  end)
end)

describe("bad input: files", function()
  it("a compressed file that is damaged or cut: what came before counts", function()
    local lines = {}
    for i = 1, 500 do lines[i] = record(i) end
    write("log.json", table.concat(lines))
    shell "gzip -k log.json && head -c 3000 log.json.gz >cut.json.gz"
    shell "zstd -q log.json && head -c 2000 log.json.zst >cut.json.zst"
    for _, name in ipairs { "cut.json.gz", "cut.json.zst" } do
      local code, _, told, err = run(name)
      assert.equal(3, code)
      has(err, "armrun: " .. name .. ": truncated: ")
      if name == "cut.json.gz" then assert.is_true(told.events > 10) end
    end
    local bytes = read "log.json.gz"
    write("bad.json.gz", bytes:sub(1, 3000), ("\xaa"):rep(64), bytes:sub(3065))
    local code, _, told, err = run "bad.json.gz"
    assert.equal(3, code)
    has(err, "armrun: bad.json.gz: damaged gzip data")
    assert.is_true(told.events > 10 and told.events < 500)
    -- A checksum that is wrong harms no record, but something is wrong with the file.
    write("sum.json.gz", bytes:sub(1, -9), "\0\0\0\0", bytes:sub(-4))
    code, _, told, err = run "sum.json.gz"
    assert.equal(3, code)
    assert.equal(500, told.events)
    has(err, "armrun: sum.json.gz: damaged gzip data")
    write("text.json.gz", record(1))
    code, _, told = run "text.json.gz"
    assert.same({ 0, 1 }, { code, told.events })
  end)

  it("a folder without logs", function()
    os.execute("mkdir -p " .. quote(program.place "none/deeper"))
    local code, _, told, err = run "none"
    assert.equal(3, code)
    assert.equal(0, told.records)
    has(err, "armrun: none: ")
  end)

  it("links that lead nowhere or in circles", function()
    write("log.json", record(1))
    shell "ln -s nowhere dangling.json; ln -s circle circle; mkdir logs; cp log.json logs; ln -s ../logs logs/again"
    local code, accounts, _, err = run "dangling.json log.json"
    assert.equal(3, code)
    assert.equal("sa1", accounts)
    has(err, "armrun: dangling.json: cannot open: No such file or directory")
    code, accounts, _, err = run "circle log.json"
    assert.equal(3, code)
    assert.equal("sa1", accounts)
    has(err, "armrun: circle: cannot open: Too many levels of symbolic links")
    local told
    _, accounts, told = run "logs"
    assert.equal("sa1", accounts)
    assert.equal(1, told.events)
  end)

  it("one that may not be read", function()
    write("log.json", record(1))
    write("secret.json", record(2))
    shell "chmod 000 secret.json; chmod 755 ."
    -- Root may read everything, so root becomes nobody for this.
    local as = is_root and "setpriv --reuid=65534 --regid=65534 --clear-groups " or ""
    if shell(as .. "$A --version") ~= 0 then return pending "nobody may not run the program here: run as no root" end
    local code, out, err = shell(as .. "$A rule.lua secret.json log.json")
    assert.equal(3, code)
    assert.equal("sa1", names_of_accounts(out))
    has(err, "armrun: secret.json: cannot open: Permission denied")
  end)

  it("every bad file at once: each is named, all good records count", function()
    write("a.json", record(1), "{broken}\n")
    write("b.json", "")
    write("c.json", record(2))
    write("d.json", '{"error":{"code":"TooManyRequests","message":"later"}}')
    local code, accounts, told, err = run "a.json b.json c.json d.json none.json"
    assert.equal(3, code)
    assert.equal("sa1 sa2", accounts)
    assert.same({ 4, 2, 2 }, { told.records, told.events, told.rejected })
    for _, part in ipairs { "a.json:2: not JSON", "b.json: empty", "d.json:1: Azure error TooManyRequests",
      "none.json: cannot open" } do
      has(err, "armrun: " .. part)
    end
  end)

  it("the same file twice is duplicates", function()
    write("log.json", record(1), record(2))
    local code, accounts, told, err = run "log.json ./log.json log.json"
    assert.equal(0, code)
    assert.equal("sa1 sa2", accounts)
    assert.same({ 6, 2, 4 }, { told.records, told.events, told.duplicates })
    has(err, "  duplicates             4")
  end)
end)

describe("bad input: pipes", function()
  it("reads a pipe and a FIFO, in order or not", function()
    write("log.json", record(9), record(1), record(50), record(2):sub(1, 99))
    local code, out, err = shell "cat log.json | $A rule.lua -"
    assert.equal(3, code)
    assert.equal("sa1 sa50 sa9", names_of_accounts(out))
    assert.equal(1, counts(err).rejected)
    has(err, "armrun: stdin:4: truncated")
    code, out = shell "mkfifo pipe && { cat log.json >pipe & $A rule.lua pipe; }"
    assert.equal(3, code)
    assert.equal("sa1 sa50 sa9", names_of_accounts(out))
  end)

  it("says that a closed or empty standard input gave nothing", function()
    local code, _, err = shell "$A rule.lua - </dev/null"
    assert.equal(3, code)
    has(err, "armrun: stdin: empty")
    code, _, err = shell "$A rule.lua - <&-"
    assert.equal(3, code)
    has(err, "armrun: stdin: ")
  end)

  it("ends quietly when nobody reads any more", function()
    local lines = {}
    for i = 1, 400 do lines[i] = record(i) end
    write("log.json", table.concat(lines))
    local code, out, err = shell "{ $A rule.lua log.json; echo $? >code; } | head -c 1"
    assert.equal(0, code)
    assert.equal("{", out)
    assert.equal("", err)
    assert.equal("0\n", read "code")
  end)

  it("says that a disk is full, with exit code 4", function()
    write("log.json", record(1))
    write("broken.json", "{broken\n")
    local full = { "log.json >/dev/full", "log.json -o /dev/full", "log.json broken.json --rejects /dev/full" }
    for _, words in ipairs(full) do
      local code, _, err = shell("$A rule.lua " .. words)
      assert.equal(4, code, words)
      has(err, "could not be written: No space left on device")
    end
  end)
end)

describe("bad input: rules and words", function()
  it("a broken rule file is told with its line, and nothing is run", function()
    write("log.json", record(1))
    local broken = {
      { 'rule "T_X" {\n  title = "x",\n  severty = "low",\n}\n', "rules/b.lua:3: ", "severity" },
      { 'rule "T_X" {\n  title = \n}\n', "rules/b.lua:3: " },
      { '\nlocal x = undefined_word\n', "rules/b.lua:2: " },
      { "\27Lua", "rules/b.lua:" },
      { RULE:format("T_Keys", "low"), "rules/b.lua:1: ", "T_Keys" },
      { (RULE:format("T_X", "low"):gsub("act.name", "act.nmae")), "rules/b.lua:5: ", "did you mean 'name'?" },
    }
    for _, case in ipairs(broken) do
      shell "mkdir -p rules && cp rule.lua rules/a.lua"
      write("rules/b.lua", case[1])
      local code, out, err = shell "$A rules log.json -o alerts.json --rejects rejects.json"
      assert.equal(2, code, err)
      assert.equal("", out)
      has(err, case[2])
      if case[3] then has(err, case[3]) end
      lacks(err, "records")
      assert.is_nil(io.open(program.place "alerts.json"))
      assert.is_nil(io.open(program.place "rejects.json"))
    end
  end)

  it("an option that does not exist: the one that was meant, exit code 2", function()
    local code, out, err = shell "$A rule.lua log.json --rejcts x"
    assert.equal(2, code)
    assert.equal("", out)
    has(err, "there is no option '--rejcts', did you mean '--rejects'?")
  end)

  it("an IP list that is not there or holds nothing", function()
    write("log.json", record(1))
    local code, out, err = shell "$A rule.lua log.json --intel tor=none.txt"
    assert.equal(2, code)
    assert.equal("", out)
    has(err, "none.txt")
  end)
end)

describe("what is reported", function()
  before_each(function()
    os.execute("mkdir " .. quote(program.place "rules"))
    write("rules/low.lua", RULE:format("T_Low", "low"))
    write("rules/high.lua", RULE:format("T_High", "high"))
    write("rules/signin.lua", (RULE:format("T_Signin", "high"):gsub('"activity"', '"signin"')
      :gsub("operation [^\n]+", 'act { source = "signin" },')))
    write("log.json", record(1), record(30), record(59))
  end)

  local function alerts(words)
    local code, out, err = shell("$A rules log.json " .. words)
    local found = {}
    for id, time in out:gmatch '"rule":"T_(%w+)".-"time":"2024%-05%-02T10:(%d%d):00Z"' do
      found[#found + 1] = id .. time
    end
    table.sort(found)
    return table.concat(found, " "), code, err
  end

  it("is what was asked for", function()
    assert.equal("High01 High30 High59 Low01 Low30 Low59", (alerts ""))
    assert.equal("Low01 Low30 Low59", (alerts "--only T_Low"))
    assert.equal("High01 High30 High59", (alerts "--except 'T_L*'"))
    assert.equal("High01 High30 High59", (alerts "--min-severity medium"))
    assert.equal("Low30 Low59", (alerts "--only T_Low --since 2024-05-02T10:30:00Z"))
    assert.equal("Low01", (alerts "--only T_Low --until 2024-05-02T10:30:00Z"))
  end)

  it("decides the exit code: 1 wins over 3", function()
    write("log.json", record(1), "{broken\n")
    assert.same({ 3, 1, 1 }, { select(2, alerts ""), (select(2, alerts "--fail-on high")),
      (select(2, alerts "--fail-on informational --only T_Low")) })
    assert.equal(3, (select(2, alerts "--fail-on high --only T_Low")))
    local _, _, err = alerts "--fail-on high"
    has(err, "  rejected               1")
  end)

  it("is silent with --quiet, but not about what was lost", function()
    write("log.json", record(1), "{broken\n")
    local _, code, err = alerts "--quiet"
    assert.equal(3, code)
    assert.truthy(err:match "^armrun: log%.json:2: [^\n]+\n$", err)
  end)

  it("is the same with one thread and two", function()
    local lines = {}
    for i = 1, 3000 do lines[i] = record(i) end
    write("log.json", table.concat(lines))
    local _, one = shell "$A rules log.json --quiet --threads 1"
    local _, two = shell "$A rules log.json --quiet --threads 2"
    assert.is_true(#one > 1000000)
    assert.is_true(one == two)
  end)

  it("names the rules that cannot fire, and the source they lack", function()
    local _, _, err = alerts ""
    assert.truthy(err:match "cannot fire +1  no signin in what was read\n +T_Signin\n", err)
  end)

  it("tells each loss in --rejects", function()
    local first, bad = record(1), '{"time":\n'
    write("log.json", first, bad, record(2), "\xff\n")
    local _, code = alerts "--rejects rejects.json"
    assert.equal(3, code)
    local lines = {}
    for line in read("rejects.json"):gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal(2, #lines)
    has(lines[1], ('"file":"log.json","record":2,"offset":%d,"len":8,"reason":'):format(#first))
    has(lines[2], ('"file":"log.json","record":4,"offset":%d,'):format(2 * #first + #bad))
    assert.truthy(lines[1]:match '"sha256":"%x+"}$')
    has(lines[1], program.output_of("printf '{\"time\":' | sha256sum"):sub(1, 64))
  end)

  it("has no colours with NO_COLOR, nor in a file", function()
    local _, out = shell "NO_COLOR=1 $A rules log.json --format text"
    has(out, "HIGH   Keys were listed")
    lacks(out, "\27")
  end)
end)
