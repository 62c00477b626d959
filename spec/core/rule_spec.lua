local core = require "armrun.core"
local T, memory = core.T.rule, core.T.alert

local function rule(id, on, more)
  local r = { id = id, on = on, file = "rules/" .. id .. ".lua", line = 3 }
  for key, value in pairs(more or {}) do r[key] = value end
  return T.rule(r)
end

local function index(...)
  return assert(T.index { ... })
end

-- Which of the rules an act is handed to, "A B".
local function given(x, operation, more)
  local facts = { operation = operation }
  for key, value in pairs(more or {}) do facts[key] = value end
  return x:select(facts, facts.begun)
end

local function candidate(x, operation, more)
  local facts = { operation = operation }
  for key, value in pairs(more or {}) do facts[key] = value end
  return x:candidate(facts)
end

local LIST = "microsoft.storage/storageaccounts/listkeys/action"

describe("rule catalogue", function()
  it("numbers operations by name, whatever the order they came in", function()
    local c = T.catalogue()
    assert(c:add("B/x", { tactics = { "Impact" } }))
    assert(c:add("c/x", { tactics = { "Collection", "CredentialAccess" }, everyday = true }))
    assert(c:add("a/X", { tactics = { "Execution" } }))
    assert.same({ number = 1, tactics = 2, first = 2, everyday = false }, c:find "a/x")
    assert.same({ number = 2, tactics = 1024, first = 1024, everyday = false }, c:find "b/x")
    assert.same({ number = 3, tactics = 32 | 256, first = 32, everyday = true }, c:find "c/x")
    assert.same({ number = 0, tactics = 0, first = 0, everyday = false }, c:find "d/x")
  end)

  it("says no to an operation that stands there, and takes a first tactic", function()
    local c = T.catalogue()
    assert(c:add("a/x", { tactics = { "Collection", "CredentialAccess" } }))
    local done, message = c:add("A/X", { tactics = { "Impact" } })
    assert.is_nil(done)
    assert.equal('the catalogue has operation "a/x" already', message)
    assert(c:prefer("a/x", { tactics = { "Collection" } }))
    assert.equal(256, c:find("a/x").first)
    assert.is_nil(c:prefer("a/x", { tactics = { "Impact" } }))
    assert.is_nil(c:prefer("b/x", { tactics = { "Impact" } }))
  end)
end)

describe("rule index", function()
  it("hands an act to the rules that name its operation, by number", function()
    local x = index(rule("A", { { operations = { "b/x", LIST } } }), rule("B", { { operations = { "a/x" } } }),
      rule("C", { { operations = { LIST } }, { operations = { "a/x" } } }))
    assert.equal("A C", given(x, LIST))
    assert.equal("B C", given(x, "a/x"))
    assert.equal("A", given(x, "b/x"))
    assert.equal("", given(x, "b/xx"))
    assert.equal("", given(x, "b"))
  end)

  it("knows one '*', at any place", function()
    local x = index(rule("Prefix", { { operations = { "microsoft.compute/*" } } }),
      rule("Inner", { { operations = { "microsoft.*/listkeys/action" } } }),
      rule("Suffix", { { operations = { "*/delete" } } }), rule("All", { { operations = { "*" } } }))
    assert.equal("Prefix All", given(x, "microsoft.compute/virtualmachines/write"))
    assert.equal("Prefix Suffix All", given(x, "microsoft.compute/disks/delete"))
    assert.equal("Inner All", given(x, LIST))
    assert.equal("All", given(x, "microsoft.computer/x"))
    -- head and tail may not overlap
    assert.equal("All", given(x, "microsoft./action"))
    assert.equal("All", given(x, "/listkeys/action"))
  end)

  it("refuses two '*' naming file and line", function()
    local x, message = T.index { rule("A", { { operations = { "a/*/b/*" } } }) }
    assert.is_nil(x)
    assert.equal([[rules/A.lua:3: operation "a/*/b/*" has more than one '*'; one is the most]], message)
  end)

  it("hands an act once to a rule, however many of its selectors take it", function()
    local x = index(rule("A", { { operations = { "a/*", "a/x", "*/x" } }, { operations = { "a/x" } }, {} }),
      rule("B", { { ip_tags = { "tor" } }, { operations = { "a/x" } }, { novelty = { "app" } } }))
    assert.equal("A B", given(x, "a/x", { ip_tags = { "tor" }, novelty = { "app" } }))
  end)

  it("takes succeeded acts unless told otherwise", function()
    local x = index(rule("Default", { { operations = { "a/x" } } }),
      rule("Failed", { { operations = { "a/x" }, statuses = { "failed", "unfinished" } } }))
    assert.equal("Default", given(x, "a/x"))
    assert.equal("Failed", given(x, "a/x", { status = "failed" }))
    assert.equal("Failed", given(x, "a/x", { status = "unfinished" }))
    assert.equal("", given(x, "a/x", { status = "accepted" }))
  end)

  it("calls rules with at_started apart, at any status", function()
    local x = index(rule("Early", { { operations = { "a/x" } } }, { at_started = true }),
      rule("Late", { { operations = { "a/x" } } }),
      rule("Picky", { { operations = { "a/x" }, statuses = { "accepted" } } }, { at_started = true }))
    assert.equal("Early", given(x, "a/x", { status = "started", begun = true }))
    assert.equal("Early Picky", given(x, "a/x", { status = "accepted", begun = true }))
    assert.equal("Late", given(x, "a/x"))
  end)

  it("checks source, kind and ip tags", function()
    local x = index(rule("Vault", { { sources = { "keyvault", "read" } } }),
      rule("Robot", { { operations = { "a/x" }, kinds = { "service_principal" } } }),
      rule("Bad", { { ip_tags = { "malicious", "tor" } } }),
      rule("BadX", { { operations = { "a/x" }, ip_tags = { "proxy" } } }))
    assert.equal("Vault", given(x, "a/x", { source = "keyvault" }))
    assert.equal("Vault", given(x, "z", { source = "read" }))
    assert.equal("Robot", given(x, "a/x", { kind = "service_principal" }))
    assert.equal("Bad", given(x, "a/x", { ip_tags = { "tor" } }))
    assert.equal("BadX", given(x, "a/x", { ip_tags = { "proxy", "vpn" } }))
    assert.equal("", given(x, "a/x", { ip_tags = { "vpn" } }))
    assert.equal("", given(x, "b/x", { ip_tags = { "proxy" } }))
  end)

  it("asks for all of a selector's novelty, and for the gap of the dormant", function()
    local x = index(rule("Both", { { novelty = { "operation", "network" } } }),
      rule("Either", { { novelty = { "app" } }, { novelty = { "network" } } }),
      rule("Asleep", { { operations = { "a/x" }, novelty = { "dormant" }, dormant = 86400 } }))
    assert.equal("", given(x, "q", { novelty = { "operation" } }))
    assert.equal("Either", given(x, "q", { novelty = { "network" } }))
    assert.equal("Both Either", given(x, "q", { novelty = { "network", "operation", "app" } }))
    assert.equal("Asleep", given(x, "a/x", { gap = 86400 }))
    local settled = index(rule("Habits", { { novelty = { "network", "settled" } } }))
    assert.equal("", given(settled, "q", { novelty = { "network", "operation" } }))
    assert.equal("Habits", given(settled, "q", { novelty = { "network", "settled" } }))
    assert.equal("", given(x, "a/x", { gap = 86399 }))
    assert.equal("", given(x, "b/x", { gap = 86400 }))
  end)

  it("takes high-risk operations by tactic, everyday ones only when asked for", function()
    local c = T.catalogue()
    assert(c:add("run/it", { tactics = { "Execution" } }))
    assert(c:add("put/it", { tactics = { "Execution", "Persistence" }, everyday = true }))
    assert(c:add("get/it", { tactics = { "Collection" } }))
    local x = assert(T.index({ rule("Run", { { tactics = { "Execution" } } }),
      rule("Also", { { tactics = { "Execution", "Impact" }, everyday = true } }),
      rule("Keep", { { operations = { "*" }, tactics = { "Persistence" }, everyday = true } }) }, c))
    assert.equal("Run Also", given(x, "run/it"))
    assert.equal("Also Keep", given(x, "put/it"))
    assert.equal("", given(x, "get/it"))
    assert.equal("", given(x, "no/risk"))
    assert.equal(2, x:risk("put/it").number)
    assert.equal(0, x:risk("no/risk").number)
  end)

  it("takes high-risk operations by their first tactic alone when asked to", function()
    local c = T.catalogue()
    assert(c:add("a/x", { tactics = { "Execution", "Persistence" } }))
    assert(c:add("b/x", { tactics = { "Execution", "Persistence" } }))
    assert(c:prefer("B/x", { tactics = { "Persistence" } }))
    local x = assert(T.index({ rule("Run", { { tactics = { "Execution" }, first = true } }),
      rule("Keep", { { tactics = { "Persistence" }, first = true } }),
      rule("Any", { { tactics = { "Persistence" } } }) }, c))
    assert.equal("Run Any", given(x, "a/x"))
    assert.equal("Keep Any", given(x, "b/x"))
  end)

  it("says which records may matter, by operation, ip tags and source alone", function()
    local c = T.catalogue()
    assert(c:add("run/it", { tactics = { "Execution" } }))
    assert(c:add("get/it", { tactics = { "Collection" } }))
    local x = assert(T.index({ rule("A", { { operations = { "a/x" }, statuses = { "failed" }, kinds = { "user" } } }),
      rule("B", { { operations = { "b/*" }, sources = { "directory" } } }), rule("C", { { sources = { "keyvault" } } }),
      rule("D", { { ip_tags = { "tor" } } }), rule("E", { { operations = { "e/x" }, ip_tags = { "vpn" } } }),
      rule("F", { { tactics = { "Execution" } } }) }, c))
    assert.is_true(candidate(x, "a/x"))
    assert.is_false(candidate(x, "b/x"))
    assert.is_true(candidate(x, "b/x", { source = "directory" }))
    assert.is_true(candidate(x, "zzz", { source = "keyvault" }))
    assert.is_false(candidate(x, "zzz"))
    assert.is_true(candidate(x, "zzz", { ip_tags = { "tor" } }))
    assert.is_false(candidate(x, "zzz", { ip_tags = { "vpn" } }))
    assert.is_true(candidate(x, "e/x", { ip_tags = { "vpn" } }))
    assert.is_false(candidate(x, "e/x"))
    assert.is_true(candidate(x, "run/it"))
    assert.is_false(candidate(x, "get/it"))
  end)

  it("takes nothing without a rule", function()
    local x = index()
    assert.equal("", given(x, "a/x", { ip_tags = { "tor" } }))
    assert.is_false(candidate(x, "a/x", { ip_tags = { "tor" } }))
  end)

  it("says which operations need a profile", function()
    local x = index(rule("A", { { operations = { "a/x" }, novelty = { "app" } } }),
      rule("B", { { operations = { "b/x" } } }), rule("C", { { ip_tags = { "tor" } } }))
    assert.is_true(x:needs_profile "a/x")
    assert.is_false(x:needs_profile "b/x")
    assert.is_true(index(rule("N", { { novelty = { "dormant" } } })):needs_profile "b/x")
    assert.is_true(index(rule("N", { { ip_tags = { "tor" }, novelty = { "app" } } })):needs_profile "b/x")
  end)

  it("still serves operations that came after the names were full", function()
    local x = assert(T.index({ rule("A", { { operations = { "a/x" } } }), rule("Tor", { { ip_tags = { "tor" } } }),
      rule("Wild", { { operations = { "b/*" } } }) }, nil, 2))
    assert.equal("Wild", given(x, "b/1"))
    assert.equal("A", given(x, "a/x"))
    assert.equal("Tor", given(x, "b/2", { ip_tags = { "tor" } })) -- its name is lost: only what names none takes it
    assert.is_false(candidate(x, "b/2"))
    assert.is_true(candidate(x, "b/2", { ip_tags = { "tor" } }))
  end)

  it("agrees with each selector asked alone, for 5,000 rules", function()
    local rules, expected = {}, {}
    for i = 1, 5000 do
      local operation = ("p%d/t/o%d"):format(i % 50, i % 700)
      rules[i] = rule("R" .. i, { { operations = { operation } } })
      expected[operation] = (expected[operation] and expected[operation] .. " " or "") .. "R" .. i
    end
    local x = assert(T.index(rules, nil, 20000))
    for operation, ids in pairs(expected) do assert.equal(ids, given(x, operation)) end
    assert.equal("", given(x, "p1/t/o2"))
  end)

  it("answers several threads alike, also at first sight", function()
    local x = index(rule("A", { { operations = { "even/*" } } }), rule("B", { { operations = { "odd/1" } } }))
    for i = 2, 2999 do x:name((i % 2 == 0 and "even/" or "odd/") .. i) end -- 2,999 with the named one: a prime
    assert.same({ 1500, 1500, 1500, 1500 }, x:crowd())
    assert.same({ 1500, 1500, 1500, 1500 }, x:crowd())
  end)

  it("asks one selector alone", function()
    local x = index()
    assert.is_true(x:takes({ operations = { "a/*" } }, { operation = "a/x" }))
    assert.is_false(x:takes({ operations = { "a/*" } }, { operation = "a/x", status = "failed" }))
    assert.is_true(x:takes({ statuses = { "failed" } }, { operation = "q", status = "failed" }))
    assert.is_false(x:takes({ tactics = { "Impact" } }, { operation = "q" }))
    assert.is_false(x:takes({ novelty = { "dormant" }, dormant = 10 }, { operation = "q", gap = 9 }))
    local unused = { novelty = { "unused_app" }, unused_app = 10 }
    assert.is_false(x:takes(unused, { operation = "q", app_gap = 9 }))
    assert.is_true(x:takes(unused, { operation = "q", app_gap = 10 }))
  end)
end)

describe("rule memory", function()
  local function rules()
    return { rule("A", { { operations = { "a/x", "a/*" } }, { ip_tags = { "tor" } } }),
      rule("B", { { novelty = { "app" } }, { operations = { "a/x" } } }) }
  end

  it("builds an index or fails, and gives everything back", function()
    collectgarbage() collectgarbage()
    local before, failures = memory.live(), 0
    do
      local list = rules()
      for n = 1, 20 do -- where a name could not be kept the index is made all the same
        local x, message = T.index(list, nil, nil, n)
        assert.truthy(x or message:find("out of memory", 1, true))
        if not x then failures = failures + 1 end
      end
    end
    assert.equal(5, failures) -- itself and its four lists
    collectgarbage() collectgarbage()
    assert.equal(before, memory.live())
  end)

  it("selects right also while memory is out", function()
    for n = 1, 4 do
      local x = index(table.unpack(rules()))
      memory.fail_at(n) -- the name is known already: these are the index's own
      local now = given(x, "a/x")
      assert.equal(n > 3, memory.fail_at(0) < n) -- it came to the failure, but for the last
      assert.equal("A B", now)
      assert.equal("A B", given(x, "a/x"))
    end
  end)
end)
