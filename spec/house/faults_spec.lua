-- Memory that runs out and files that cannot be read or written, at any moment of a run of the program: a message, an
-- exit code of the contract, never a signal; what is said to be complete is complete. spec/support/faults.c makes the
-- n-th allocation of the whole process fail, those of the libraries and of Lua too.
local program <const> = require "support.program"
local quote <const>, read <const>, write <const>, shell <const> =
  program.quote, program.read, program.write, program.shell
-- The sanitizers have an allocator of their own; core/binding_memory_spec and others go through that one.
local sanitized <const> = (os.getenv "LD_PRELOAD" or ""):find "san" ~= nil

local every <const> = os.getenv "ARMRUN_EVERY_FAULT" ~= nil

local function record(number)
  return ('{"time":"2024-05-02T10:%02d:00Z","resourceId":"/subscriptions/11111111-1111-1111-1111-111111111111/'
    .. 'resourceGroups/rg/providers/a/b/x%d","operationName":"A/B/C","category":"Administrative",'
    .. '"resultType":"Success","correlationId":"c0000000-0000-0000-0000-%012d","identity":{"claims":{'
    .. '"http://schemas.microsoft.com/identity/claims/objectidentifier":"a0000000-0000-0000-0000-%012d"}}}\n')
    :format(number % 60, number, number, number)
end

local RULE <const> = [[
local r = regex "^x(\\d+)$"
rule "R" { title = "r", severity = "low", on = operation "a/b/c", burst = { by = { "principal" }, quiet = "1s" },
  state = { s = tally { by = { "principal" }, of = "resource", within = "1h" } },
  detect = function(act, state)
    return alert { reason("seen", "{name} {n}", { name = r:match(act.name), n = state.s:add(act).distinct }) }
  end }]]

local RUN <const> = "rule.lua log.json log.json.gz log.json.zst --intel tor=ips.json --threads 1 --format json"

describe("faults", function()
  setup(function()
    program.open()
    local lines = {}
    for number = 1, 30 do lines[number] = record(number) end
    write("log.json", table.concat(lines) .. "{broken\n")
    write("rule.lua", RULE)
    write("ips.json", '[{"type":"indicator","pattern":"[ipv4-addr:value = \'20.1.2.3\']"}]')
    assert.equal(0, (shell "gzip -k log.json && zstd -q log.json"))
    if not sanitized then
      local source = quote(program.source .. "/spec/support/faults.c")
      assert.equal(0, (shell("cc -shared -fPIC -O1 -o faults.so " .. source)))
    end
  end)

  teardown(program.close)

  local function with_fault(fault, words)
    return shell(("LD_PRELOAD=./faults.so ARMRUN_FAULT=%s $A %s"):format(quote(fault), words or RUN))
  end

  local function alerts_in(out) return select(2, out:gsub('"rule":"R"', "")) end

  -- A run that failed says why; one that says it is complete has all thirty alerts.
  local function judge(fault, code, out, err)
    assert.truthy(code >= 0 and code <= 4, ("%s: exit %d\n%s"):format(fault, code, err))
    if code == 2 or code == 4 then
      assert.truthy(err:find "memory" or err:find "read" or err:find "open" or err:find "written", fault .. "\n" .. err)
    elseif not err:find "cannot" and not err:find "memory" and not err:find "damaged" and not err:find "failed" then
      assert.equal(30, alerts_in(out), fault .. "\n" .. err)
    end
  end

  for _, mode in ipairs { "", "+" } do
    it("of memory, " .. (mode == "" and "once" or "from then on") .. ", at any allocation", function()
      if sanitized then return end
      assert.equal(3, (shell("LD_PRELOAD=./faults.so ARMRUN_FAULT_COUNT=count $A " .. RUN)))
      local all = tonumber(read("count"):match "^(%d+) ")
      assert.is_true(all > 1000)
      local n = 1
      while n <= all do
        local fault = ("malloc %d%s"):format(n, mode)
        local code, out, err = with_fault(fault)
        judge(fault, code, out, err)
        n = n + 1 + (every and 0 or n // 12)
      end
    end)
  end

  it("in a library that loops for ever: the watchdog names the rule", function()
    if sanitized then return end
    local code, out, err = with_fault("hang", "rule.lua log.json --quiet")
    assert.same({ 4, "" }, { code, out })
    assert.equal("armrun: R has been in one call for 10 seconds, and its budget did not end it; the run is given up\n",
      err)
  end)

  it("in a library that does not do its work: check --sandbox sees it", function()
    if sanitized then return end
    local code, out, err = with_fault("nomatch", "check --sandbox")
    assert.equal(3, code)
    assert.truthy(out:find("\nFAILED  a regex with verbs: ", 1, true), out:match "FAILED[^\n]*")
    assert.truthy(err:match "^armrun: %d+ of %d+ hostile rules were not held\n$", err)
  end)

  it("of reading, at any read", function()
    if sanitized then return end
    for n = 1, 20 do
      local fault = "read " .. n
      local code, out, err = with_fault(fault)
      judge(fault, code, out, err)
    end
    local code, _, err = with_fault("read 1", "rule.lua log.json")
    assert.truthy(code == 2 or code == 3)
    assert.truthy(err:find "Input/output error", err)
  end)

  it("of the file that alerts are put away in", function()
    if sanitized then return end
    local words <const> = "rule.lua log.json --memory 64K --threads 1 --format json"
    local small = select(2, shell("$A " .. words))
    local all = select(2, shell "$A rule.lua log.json --threads 1 --format json")
    assert.equal(30, alerts_in(all))
    assert.is_true(all == small)
    local told = { 0, 0 }
    for at, call in ipairs { "pwrite", "pread" } do
      for n = 1, 60 do
        local fault = ("%s %d"):format(call, n)
        local code, out, err = with_fault(fault, words)
        judge(fault, code, out, err)
        if code == 4 and err:find("alerts that do not fit into memory", 1, true) then told[at] = told[at] + 1 end
      end
    end
    assert.is_true(told[1] >= 20 and told[2] >= 20, table.concat(told, " "))
    local code, out, err = shell("TMPDIR=/nowhere $A " .. words)
    assert.same({ 4, "" }, { code, out })
    assert.truthy(err:find("cannot create a temporary file in /nowhere: No such file or directory", 1, true), err)
  end)

  it("of writing, at any kilobyte of any output", function()
    local _, whole = shell("$A " .. RUN)
    -- Standard error is a pipe here, since the limit is on files.
    local command <const> = "( (trap '' XFSZ; ulimit -f %d; $A %s %s); echo exit $? ) 2>&1 | cat >&2"
    for _, words in ipairs { "-o alerts.json", "--rejects alerts.json", "-o alerts.json --rejects rejects.json" } do
      for blocks = 0, #whole // 512, 7 do
        local _, _, err = shell(command:format(blocks, RUN, words))
        local code = tonumber(err:match "exit (%d+)\n$")
        assert.truthy(code == 4 or blocks > 0 and code == 3, words .. "\n" .. err)
        if code == 4 then assert.truthy(err:find("could not be written: File too large", 1, true), err) end
      end
    end
  end)
end)
