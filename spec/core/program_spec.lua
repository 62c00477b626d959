-- The armrun program, as a person or a script meets it: words in, exit codes, streams and files out.
local program <const> = require "support.program"
local quote <const>, read <const>, write <const>, shell <const> =
  program.quote, program.read, program.write, program.shell
local has <const>, lacks <const> = program.has, program.lacks

local RULE = [[
rule "%s" {
  title = "Keys were listed", severity = "%s", confidence = "medium",
  tactics = { "CredentialAccess" }, techniques = { "T1552" }, needs = { "activity" },
  on = operation "Microsoft.Storage/storageAccounts/listKeys/action" { status = "succeeded" },
  burst = { by = { "principal" }, quiet = "30m" },
  about = { means = "m", numbers = "n", false_positives = { "f" }, evasion = { "e" } },
  detect = function(act, state, params)
    return alert { reason("keys", "keys of %%s", act.resource) }
  end,
}
]]

local RECORD = '{"time":"2024-05-%02dT10:00:00Z","resourceId":"/SUBSCRIPTIONS/11111111-1111-1111-1111-111111111111/'
  .. 'RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/%s",'
  .. '"operationName":"MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION",'
  .. '"category":"Administrative","resultType":"Success","resultSignature":"Succeeded.",'
  .. '"correlationId":"c0000000-0000-0000-0000-%012d","callerIpAddress":"198.51.100.7",'
  .. '"identity":{"claims":{"http://schemas.microsoft.com/identity/claims/objectidentifier":'
  .. '"a0000000-0000-0000-0000-%012d",'
  .. '"name":"%s"}}}\n'

local function record(number, name, account)
  return RECORD:format(1 + number % 28, account or "SA" .. number, number, number, name or "Mallory")
end

before_each(function()
  program.open()
  write("rules/low.lua", RULE:format("ARM_Low.Keys", "low"))
  write("rules/high.lua", RULE:format("ARM_High.Keys", "high"))
  write("log.json", record(1))
end)

after_each(program.close)

describe("program: usage", function()
  local function refused(words, message)
    local code, out, err = shell("$A " .. words)
    assert.equal(2, code)
    assert.equal("", out)
    has(err, "armrun: " .. message)
  end

  it("says what is missing", function()
    refused("", "nothing to do: name the rules and a log")
    refused("rules", "no log after 'rules'")
    refused("check", "check what?")
    refused("new", "new what?")
  end)

  it("suggests the option that was meant", function()
    refused("rules log.json --min-severty high", "there is no option '--min-severty', did you mean '--min-severity'?")
    refused("rules log.json --hlep", "there is no option '--hlep', did you mean '--help'?")
    refused("check rules --tnue x", "there is no option '--tnue', did you mean '--tune'?")
  end)

  it("names a wrong value and what was expected", function()
    refused("rules log.json --min-severity hihg", "--min-severity: 'hihg' is unknown, did you mean 'high'?")
    refused("rules log.json --fail-on 3", "--fail-on: '3' is unknown; expected informational, low, medium or high")
    refused("rules log.json --since yesterday", "--since: 'yesterday' is no time; expected a day or a time in UTC")
    refused("rules log.json --until 2023-02-30", "--until: '2023-02-30' is no time")
    refused("rules log.json --memory 5X", "--memory: '5X' is no size")
    refused("rules log.json --memory 99999999999999999999G", "--memory: '99999999999999999999G' is no size")
    refused("rules log.json --memory -1", "--memory: '-1' is no size")
    refused("rules log.json --fold soon", "--fold: 'soon' is no duration")
    refused("rules log.json --threads 65", "--threads: '65' is no number from 1 to 64")
    refused("rules log.json --format xml", "--format: 'xml' is unknown; expected text or json")
    refused("rules log.json --intel tro=x", "--intel: 'tro' is unknown, did you mean 'tor'?")
    refused("rules log.json --intel tor", "--intel: 'tor' is not TAG=FILE")
    refused("rules log.json --only 'ARM_Lwo.Keys'",
      "--only: no rule is called 'ARM_Lwo.Keys', did you mean 'ARM_Low.Keys'?")
    refused("chekc rules", "chekc: No such file or directory; did you mean 'armrun check'?")
    refused("no-such-folder log.json", "no-such-folder: No such file or directory; expected a folder of rules")
  end)

  it("teaches in --help", function()
    local code, out = shell "$A --help"
    assert.equal(0, code)
    for _, part in ipairs {
      "RULES LOG...", "--intel", "--tune", "--format", "--output", "--rejects", "--only", "--except", "--min-severity",
      "--since", "--until", "--threads", "--memory", "--fold", "--lateness", "--now", "--learn-until", "--fail-on",
      "--stats", "--quiet", "--version", "Examples:", "Exit codes:", "armrun check RULES", "armrun new ID",
      "armrun test [SPEC...]", "armrun simulate", "armrun evaluate", "man armrun",
    } do has(out, part) end
    for _, command in ipairs { "check", "new", "test", "simulate", "evaluate" } do
      code, out = shell("$A " .. command .. " --help")
      assert.equal(0, code)
      has(out, "Usage: armrun " .. command)
    end
  end)

  it("has each option of --help in the manual page and in every completion", function()
    local _, out = shell "$A --help"
    local manual = read(program.source .. "/docs/armrun.1"):gsub("\\%-", "-")
    local pages = { manual }
    for _, name in ipairs { "armrun.bash", "_armrun" } do
      pages[#pages + 1] = read(program.source .. "/docs/completions/" .. name)
    end
    local fish, count = read(program.source .. "/docs/completions/armrun.fish"), 0
    for option in out:gmatch "%-%-([a-z][a-z-]+)[=%s]" do
      if option ~= "usage" then
        count = count + 1
        for _, page in ipairs(pages) do has(page, "--" .. option) end
        has(fish, "-l " .. option)
      end
    end
    assert.is_true(count >= 18)
  end)

  it("tells its version", function()
    local code, out = shell "$A --version"
    assert.equal(0, code)
    assert.truthy(out:match "^armrun %d+%.%d+%.%d+\n$")
  end)
end)

describe("program: a run", function()
  it("writes one json object a line when piped", function()
    local code, out, err = shell "$A rules log.json"
    assert.equal(0, code)
    local _, lines = out:gsub("\n", "\n")
    assert.equal(2, lines)
    assert.truthy(out:match '^{"schema":1,"rule":"ARM_')
    has(err, "records                  1  in 1 file")
    has(err, "alerts                   2  high 1, low 1")
  end)

  it("writes text for people when asked, without colours when piped", function()
    local code, out = shell "$A rules log.json --format text"
    assert.equal(0, code)
    has(out, "HIGH   Keys were listed\n       ARM_High.Keys  ")
    has(out, "LOW    Keys were listed\n")
    has(out, "\n  when       2024-05-02T10:00:00Z\n")
    has(out, "\n  from       198.51.100.7\n")
    has(out, "log.json:1\n")
    has(out, "\n  confidence medium\n")
    lacks(out, "\27")
  end)

  it("reads standard input, and says so in the evidence", function()
    local code, out = shell "cat log.json | $A rules - --only ARM_Low.Keys"
    assert.equal(0, code)
    has(out, '"file":"stdin"')
  end)

  it("colours the severity on a terminal only, and not with NO_COLOR", function()
    local function on_terminal(environment)
      local _, out = shell(environment .. " script -qec " .. quote(program.path .. " rules log.json") .. " /dev/null")
      return out
    end
    has(on_terminal "TERM=xterm", "\27[31;1mHIGH  \27[0m Keys were listed")
    for _, plain in ipairs { "TERM=xterm NO_COLOR=1", "TERM=dumb" } do
      local out = on_terminal(plain)
      has(out, "HIGH   Keys were listed")
      lacks(out, "\27[31;1m")
    end
  end)

  it("shows progress on a terminal only, and clears it", function()
    local lines = {}
    for i = 1, 2000 do lines[i] = record(i) end
    write("log.json", table.concat(lines))
    local command = program.path .. " rules log.json -o alerts.json"
    local _, out = shell("TERM=xterm script -qec " .. quote(command) .. " /dev/null")
    has(out, "records/s")
    has(out, "\r\27[Krecords              2,000  in 1 file")
    _, out = shell("TERM=xterm script -qec " .. quote(command .. " --quiet") .. " /dev/null")
    assert.equal("", out)
    local _, _, err = shell "$A rules log.json"
    lacks(err, "records/s")
  end)

  it("lets nothing of a log reach a terminal raw", function()
    local evil = "SA\\u001b[31mRED\\u202e\\u200b\\u0085"
    write("log.json", record(1, "Mal\\u001b]0;owned\\u0007\\u202elory", evil))
    for _, format in ipairs { "text", "json" } do
      local code, out, err = shell("$A rules log.json --format " .. format)
      assert.equal(0, code)
      for _, text in ipairs { out, err } do
        assert.falsy(text:find "[\0-\9\11-\31\127]")
        for _, hidden in ipairs { "\u{202e}", "\u{200b}", "\u{85}" } do lacks(text, hidden) end
      end
    end
    local _, out = shell "$A rules log.json --format text"
    has(out, "\\x1B[31m")
    has(out, "\\u{202E}")
  end)

  it("lets no file name reach a terminal raw", function()
    write("odd\27[31m.json", '{"a":')
    local _, _, err = shell "$A rules odd*"
    has(err, "odd\\x1B[31m.json:1: ")
    lacks(err, "\27")
  end)

  it("selects what is reported", function()
    local function rules_of(words)
      local code, out = shell("$A rules log.json " .. words)
      assert.equal(0, code)
      local ids = {}
      for id in out:gmatch '"rule":"([^"]+)"' do ids[#ids + 1] = id end
      table.sort(ids)
      return table.concat(ids, " ")
    end
    assert.equal("ARM_High.Keys ARM_Low.Keys", rules_of "")
    assert.equal("ARM_Low.Keys", rules_of "--only 'ARM_L*'")
    assert.equal("ARM_High.Keys ARM_Low.Keys", rules_of "--only 'ARM_L*' --only ARM_High.Keys")
    assert.equal("ARM_High.Keys", rules_of "--except ARM_Low.Keys")
    assert.equal("ARM_High.Keys", rules_of "--min-severity medium")
    assert.equal("", rules_of "--since 2024-05-03")
    assert.equal("ARM_High.Keys ARM_Low.Keys", rules_of "--since 2024-05-02T10:00:00Z --until 2024-05-02T10:00:01Z")
    assert.equal("", rules_of "--until 2024-05-02T10:00:00Z")
    local _, _, err = shell "$A rules log.json --min-severity medium"
    has(err, "alerts                   1  high 1, not selected 1")
  end)

  it("warns of an ignore that expired", function()
    write("old.lua", 'ignore { ip = "1.1.1.1", expires = "2020-01-01", because = "old" }')
    local _, _, err = shell "$A rules log.json --tune old.lua"
    has(err, "old.lua:1: this ignore expired on 2020-01-01")
  end)

  it("counts the events of a source without their duplicates", function()
    local _, _, once = shell "$A rules log.json"
    local _, _, twice = shell "$A rules log.json log.json"
    local events = assert(once:match "\n  events[^\n]*")
    has(twice, events)
  end)

  it("names a rule that failed also with --quiet", function()
    write("bad/bad.lua", (RULE:format("Bad", "low"):gsub("act%.resource", "(act).resourse")))
    local code, _, err = shell "$A bad log.json --quiet"
    assert.equal(3, code)
    has(err, "armrun: Bad failed")
    has(err, "did you mean 'resource'?")
  end)

  it("is silent on stderr with --quiet when all went well", function()
    local code, _, err = shell "$A rules log.json --quiet"
    assert.equal(0, code)
    assert.equal("", err)
  end)

  it("writes to a file with -o", function()
    local code, out = shell "$A rules log.json -o alerts.json"
    assert.equal(0, code)
    assert.equal("", out)
    has(read "alerts.json", '"rule":"ARM_High.Keys"')
  end)

  it("shows calls per rule with --stats", function()
    local _, _, err = shell "$A rules log.json --stats"
    has(err, "calls of Lua: 2000.0 for 1,000 acts")
    assert.truthy(err:find "ARM_Low%.Keys +1 +1 +%d")
  end)

  it("gives the same alerts whatever --threads and --memory", function()
    local lines = {}
    for i = 1, 200 do lines[i] = record(i) end
    write("log.json", table.concat(lines))
    local _, one = shell "$A rules log.json --threads 1"
    local _, four = shell "$A rules log.json --threads 4 --memory 1M"
    assert.equal(one, four)
    assert.is_true(#one > 100000)
  end)
end)

describe("program: exit codes", function()
  it("1 when an alert is as severe as --fail-on", function()
    assert.equal(1, (shell "$A rules log.json --fail-on high"))
    assert.equal(1, (shell "$A rules log.json --fail-on low --only ARM_Low.Keys"))
    assert.equal(0, (shell "$A rules log.json --fail-on medium --only ARM_Low.Keys"))
  end)

  it("1 wins over 3, and the summary tells both", function()
    write("bad.json", record(1) .. '{"a":\n')
    local code, _, err = shell "$A rules bad.json --fail-on high"
    assert.equal(1, code)
    has(err, "bad.json:2: ")
    has(err, "  rejected               1")
  end)

  it("2 when a rule is broken, with file and line; nothing is run", function()
    write("rules/broken.lua", 'rule "ARM_X" {\n  severty = "low",\n}\n')
    local code, out, err = shell "$A rules log.json -o alerts.json"
    assert.equal(2, code)
    assert.equal("", out)
    has(err, "rules/broken.lua:")
    has(err, "severty")
    assert.is_nil(io.open(program.place "alerts.json"))
  end)

  it("2 when tuning is broken", function()
    write("tune.lua", 'tune "ARM_NoSuchRule" { severity = "low" }\n')
    local code, _, err = shell "$A rules log.json --tune tune.lua"
    assert.equal(2, code)
    has(err, "ARM_NoSuchRule")
  end)

  it("3 when a record is rejected or a file cannot be read; the rest counts", function()
    write("bad.json", record(1) .. '{"a":\n' .. record(2))
    local code, out, err = shell "$A rules bad.json"
    assert.equal(3, code)
    has(out, '"record":3')
    has(err, "armrun: bad.json:2: ")
    has(err, "records                  3  in 1 file")
    code, out, err = shell "$A rules log.json no-such-file.json"
    assert.equal(3, code)
    has(out, "ARM_Low.Keys")
    has(err, "armrun: no-such-file.json: cannot open: No such file or directory")
    os.execute("mkdir " .. quote(program.place "empty"))
    assert.equal(3, (shell "$A rules log.json empty"))
  end)

  it("3 when a rule was quarantined, and names it", function()
    local lines = {}
    for i = 1, 20 do lines[i] = record(i) end
    write("log.json", table.concat(lines))
    write("rules/low.lua", (RULE:format("ARM_Low.Keys", "low"):gsub("return alert", "while true do end return alert")))
    local code, out, err = shell "$A rules log.json"
    assert.equal(3, code)
    has(out, "ARM_High.Keys")
    lacks(out, "ARM_Low.Keys")
    has(err, "ARM_Low.Keys, then quarantined: rules/low.lua:8: used up its 500,000 instructions")
  end)

  it("4 when output cannot be written", function()
    local code, _, err = shell "$A rules log.json >/dev/full"
    assert.equal(4, code)
    has(err, "armrun: standard output: could not be written: No space left on device")
    assert.equal(4, (shell "$A rules log.json -o /dev/full"))
    assert.equal(4, (shell "$A rules log.json -o no/such/folder"))
    assert.equal(4, (shell "$A rules log.json --rejects no/such/folder"))
  end)

  it("0, quietly, when the reader hangs up", function()
    local lines = {}
    for i = 1, 200 do lines[i] = record(i) end
    write("log.json", table.concat(lines))
    -- More than a pipe holds: the program is still writing when `true` is gone.
    local _, _, err = shell "{ $A rules log.json; echo $? >code; } | true"
    assert.equal("0\n", read "code")
    assert.equal("", err)
  end)
end)

describe("program: rejects", function()
  it("tells each kind once, with a count", function()
    write("bad.json", '{"a":\n{"b":\n{"c":\n' .. record(1))
    local _, _, err = shell "$A rules bad.json"
    local _, count = err:gsub("armrun: bad%.json:", "")
    assert.equal(1, count)
    has(err, "(the first of 3)")
  end)

  it("writes each one to --rejects, with the hash of its bytes", function()
    write("bad.json", record(1) .. '{"a":"\27\n' .. record(2) .. '{"b":')
    local code = shell "$A rules bad.json --rejects lost.json"
    assert.equal(3, code)
    local lost = read "lost.json"
    local _, lines = lost:gsub("\n", "\n")
    assert.equal(2, lines)
    has(lost, '{"file":"bad.json","record":2,"offset":' .. #record(1) .. ',')
    local pipe = assert(io.popen("printf '{\"b\":' | sha256sum"))
    has(lost, '"sha256":"' .. pipe:read(64) .. '"}')
    pipe:close()
    assert.falsy(lost:find "[\0-\9\11-\31\127]")
  end)
end)

describe("program: check", function()
  it("counts rules, or tells every problem", function()
    local code, out, err = shell "$A check rules"
    assert.same({ 0, "2 rules, no problems\n", "" }, { code, out, err })
    write("rules/low.lua", (RULE:format("ARM_Low.Keys", "low"):gsub("severity", "severty")))
    write("rules/worse.lua", "rule 'x' {")
    code, out, err = shell "$A check rules"
    assert.equal(2, code)
    assert.equal("", out)
    has(err, "rules/low.lua:")
    has(err, "did you mean 'severity'?")
    has(err, "rules/worse.lua:1: ")
  end)

  it("lints what loads and is of no use to an analyst", function()
    write("rules/low.lua", (RULE:format("ARM_Low.Keys", "low"):gsub('techniques = { "T1552" }, ', "")))
    local code, _, err = shell "$A check rules"
    assert.equal(2, code)
    has(err, "rules/low.lua:1: rule 'ARM_Low.Keys' names no techniques")
    has(err, "2 rules, 1 problem")
  end)

  it("wants at least one rule", function()
    shell "rm rules/*"
    local code, _, err = shell "$A check rules"
    assert.equal(2, code)
    has(err, "armrun: ")
  end)
end)

describe("program: new", function()
  it("writes a rule and its spec, and leaves what is there alone", function()
    local code, out = shell "$A new ARM_MicroBurst.AZStorageKeysREST"
    assert.equal(0, code)
    has(out, "rules/microburst/az_storage_keys_rest.lua\nspec/rules/microburst/az_storage_keys_rest_spec.lua\n")
    local rule = read "rules/microburst/az_storage_keys_rest.lua"
    has(rule, 'rule "ARM_MicroBurst.AZStorageKeysREST" {')
    has(read "spec/rules/microburst/az_storage_keys_rest_spec.lua",
      'testing.story "rules/microburst/az_storage_keys_rest.lua"')
    local again, _, err = shell "$A new ARM_MicroBurst.AZStorageKeysREST"
    assert.equal(2, again)
    has(err, "rules/microburst/az_storage_keys_rest.lua: is there already, and stays as it is")
    assert.equal(rule, read "rules/microburst/az_storage_keys_rest.lua")
  end)

  it("derives file names from ids", function()
    for id, name in pairs {
      ["Arm_Suspicious_Vault_Recovering"] = "suspicious_vault_recovering",
      ["ARM_MicroBurst.AzVMBulkCMD"] = "microburst/az_vm_bulk_cmd",
      ["RM_Thing"] = "thing", ["ARM_NetSPI.MaintainPersistence"] = "netspi/maintain_persistence", ["Plain"] = "plain",
    } do
      local code, out = shell("$A new " .. id .. " --rules r --specs s")
      assert.equal(0, code)
      assert.equal("r/" .. name .. ".lua", out:match "^[^\n]+")
    end
  end)

  it("refuses what is no id", function()
    for _, id in ipairs { "'a b'", "../up", "a..b", "a.", "1a", "''", "a/b" } do
      local code, _, err = shell("$A new " .. id)
      assert.equal(2, code)
      has(err, "is no id")
    end
  end)

  it("makes a pair that is green", function()
    assert.equal(0, (shell "rm rules/*; $A new ARM_Example.New && $A check rules"))
    local code, out, err = shell "$A test"
    assert.equal("2 successes / 0 failures / 0 errors / 0 pending", (out .. err):match "%d+ successes[^:]*pending")
    assert.equal(0, code)
  end)
end)

describe("program: test", function()
  it("says what to install when busted is missing", function()
    local code, _, err = shell "PATH=/nowhere; $A test"
    assert.equal(2, code)
    has(err, "busted is not installed; on Debian and Ubuntu: sudo apt install lua-busted")
  end)

  it("runs specs with spaces in their names, and passes options on", function()
    write("spec/a b_spec.lua", "it('one', function() end) it('two', function() error 'no' end)")
    local code, out = shell "$A test 'spec/a b_spec.lua' -- --filter=one -o TAP"
    assert.equal(0, code)
    has(out, "ok 1 - one")
    lacks(out, "two")
    assert.not_equal(0, (shell "$A test spec"))
  end)

  it("names a spec that is not there", function()
    local code, _, err = shell "$A test spec/none_spec.lua"
    assert.equal(2, code)
    has(err, "spec/none_spec.lua: No such file or directory")
  end)
end)
