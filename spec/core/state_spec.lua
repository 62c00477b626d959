-- state_spec.lua — the kinds of table: what they remember, what they forget, and in which order.
local core = require "armrun.core"
local T = core.T.state

local DAY = 86400

local function state(plan)
  plan.within = plan.within or 60
  plan.seed = plan.seed or 7
  return assert(T.new(plan))
end

-- Every witness given was released once: neither lost nor given back twice.
local function assert_no_witness_out(s)
  local out, sum = s:witnesses()
  assert.same({ 0, 0 }, { out, sum })
end

local function witnesses_of(result)
  local list = {}
  for i, hit in ipairs(result.hits or result.steps) do list[i] = hit.witness end
  return list
end

describe("a plan", function()
  it("says what is wrong with it", function()
    local made, message = T.new { kind = "count", within = 0 }
    assert.is_nil(made)
    assert.equal("count: `within` must be longer than zero", message)
    made, message = T.new { kind = "sequence", within = 60, steps = 9 }
    assert.is_nil(made)
    assert.equal("sequence: 1 to 8 steps, got 9", message)
    made, message = T.new { kind = "tally", within = 60, cap_hits = 5000 }
    assert.is_nil(made)
    assert.equal("tally: at most 4096 hits a key, asked for 5000", message)
    made, message = T.new { kind = "tally", within = 60, cap = 20000000 }
    assert.is_nil(made)
    assert.equal("tally: at most 16777216 keys, asked for 20000000", message)
    made, message = T.new { kind = "total", within = 400 * DAY + 1 }
    assert.is_nil(made)
    assert.equal("total: `within` must be at most 400 days", message)
  end)

  it("keeps kinds apart, and takes the witness all the same", function()
    local s = state { kind = "count" }
    local ok, message = s:open("k", "m", 1, 5)
    assert.is_nil(ok)
    assert.equal("this state is a count, not a lifetime", message)
    ok, message = s:step("k", 0, 1, 6)
    assert.is_nil(ok)
    assert.equal("this state is a count, not a sequence", message)
    assert_no_witness_out(s)
    local t = state { kind = "tombstone" }
    ok, message = t:add("k", "m", 1, 7)
    assert.is_nil(ok)
    assert.equal("this state is a tombstone, which has no hits to add", message)
    assert_no_witness_out(t)
  end)

  it("remembers nothing for nobody", function()
    local s = state { kind = "tally" }
    assert.equal(0, s:add("", "m", 1, 1).total)
    local q = state { kind = "sequence", steps = 2 }
    assert.equal(0, q:step("", 0, 1, 2).done)
    local l = state { kind = "lifetime" }
    assert.is_true(l:open("", "m", 1, 3))
    assert.is_nil(l:life("", 2))
    for _, each in ipairs { s, q, l } do
      assert.equal(0, each:tell().keys)
      assert_no_witness_out(each)
    end
  end)
end)

describe("count", function()
  it("counts the hits of a key in (at - within, at]", function()
    local s = state { kind = "count", within = 60 }
    assert.equal(1, s:add("a", "", 0).total)
    assert.equal(2, s:add("a", "", 59.5).total)
    assert.equal(1, s:add("b", "", 59.5).total)
    local tally = s:add("a", "", 60)
    assert.same({ 2, 59.5, 60 }, { tally.total, tally.first, tally.last })
    assert.equal(1, s:look("a", 119.9).total)
    assert.equal(0, s:look("a", 120).total)
  end)

  it("gives witnesses back as their hits leave the window", function()
    local s = state { kind = "count", within = 10 }
    s:add("a", "", 0, 1)
    s:add("a", "", 5, 2)
    assert.same({ 2 }, witnesses_of(s:look("a", 10)))
    assert.same({ 2, 3 }, witnesses_of(s:add("a", "", 12, 3)))
    local out, sum = s:witnesses()
    assert.same({ 2, 5 }, { out, sum })
    assert.equal(0, s:look("a", 30).total)
    assert_no_witness_out(s)
    assert.same({ 0, 1 }, { s:tell().keys, s:tell().expired })
  end)

  it("takes a time that goes back for the latest one seen", function()
    local s = state { kind = "count", within = 60 }
    s:add("a", "", 100)
    local tally = s:add("a", "", 10)
    assert.same({ 2, 100, 100 }, { tally.total, tally.first, tally.last })
  end)
end)

describe("distinct", function()
  it("counts members once, at their latest hit", function()
    local s = state { kind = "distinct", within = 60 }
    s:add("k", "x", 0, 1)
    s:add("k", "y", 10, 2)
    local tally = s:add("k", "x", 20, 3)
    assert.same({ 2, 2, 10, 20, 10 }, { tally.total, tally.distinct, tally.first, tally.last, tally.span })
    assert.same({ 2, 3 }, witnesses_of(tally))
    assert.equal(1, s:look("k", 70).distinct)
    assert.equal(0, s:look("k", 80).distinct)
    assert_no_witness_out(s)
  end)

  it("is not blinded by a member repeated at will", function()
    local s = state { kind = "distinct", within = 3600, cap_hits = 4 }
    s:add("k", "a", 1)
    s:add("k", "b", 2)
    for i = 1, 1000 do s:add("k", "noise", 2 + i) end
    local tally = s:look("k", 1010)
    assert.same({ 3, false }, { tally.distinct, tally.cut })
  end)

  it("leaves a hit without member out", function()
    local s = state { kind = "distinct" }
    s:add("k", "a", 1, 1)
    assert.equal(1, s:add("k", "", 2, 2).distinct)
    s:free()
    assert_no_witness_out(s)
  end)
end)

describe("tally", function()
  it("tells who came how often, and the pace", function()
    local s = state { kind = "tally", within = 100 }
    local members = { "a", "b", "a", "c", "a", "b" }
    local times = { 0, 1, 3, 10, 11, 15 } -- gaps 1 2 7 1 4: sorted 1 1 2 4 7
    local tally
    for i, member in ipairs(members) do tally = s:add("k", member, times[i], i) end
    assert.same({ 6, 3, 3, 1 }, { tally.total, tally.distinct, tally.most, tally.least })
    assert.same({ 15, 2, 7 }, { tally.span, tally.median_gap, tally.longest_gap })
    assert.same({ 1, 2 }, { tally.once, tally.twice_or_more })
    assert.same({ 1, 2, 3, 4, 5, 6 }, witnesses_of(tally))
    tally = s:look("k", 102) -- (2, 102]: a c a b at 3 10 11 15; gaps 7 1 4
    assert.same({ 4, 3, 2, 1, 4, 7 },
      { tally.total, tally.distinct, tally.most, tally.least, tally.median_gap, tally.longest_gap })
    tally = s:look("k", 104) -- c a b at 10 11 15; gaps 1 4: their mean
    assert.same({ 3, 1, 1, 2.5 }, { tally.total, tally.most, tally.least, tally.median_gap })
  end)

  it("has no pace with fewer than two hits", function()
    local tally = state({ kind = "tally" }):add("k", "a", 5)
    assert.same({ 1, 0, 0, 0 }, { tally.total, tally.span, tally.median_gap, tally.longest_gap })
  end)

  it("counts a hit without member in total only", function()
    local s = state { kind = "tally" }
    s:add("k", "", 1)
    local tally = s:add("k", "a", 2)
    assert.same({ 2, 1, 1, 1 }, { tally.total, tally.distinct, tally.most, tally.least })
  end)

  it("finds the middle of many gaps", function()
    local s = state { kind = "tally", within = 100000 }
    local at, gaps, tally = 0, {}, s:add("k", "m0", 0)
    for i = 1, 200 do
      gaps[i] = i * 37 % 101
      at = at + gaps[i]
      tally = s:add("k", "m" .. i % 50, at)
    end
    table.sort(gaps)
    assert.equal((gaps[100] + gaps[101]) / 2, tally.median_gap)
    assert.equal(100, tally.longest_gap)
    assert.same({ 50, 5, 4 }, { tally.distinct, tally.most, tally.least })
  end)

  it("says when hits were cut, as long as they would count", function()
    local s = state { kind = "tally", within = 100, cap_hits = 3 }
    for i = 1, 5 do s:add("k", "m" .. i, i, i) end
    local tally = s:look("k", 5)
    assert.same({ 3, true }, { tally.total, tally.cut })
    assert.same({ 3, 4, 5 }, witnesses_of(tally))
    assert.equal(2, s:tell().hits_evicted)
    assert.is_true(s:look("k", 101.9).cut)
    assert.is_false(s:look("k", 102).cut) -- the hits of 1 and 2 would be gone anyway
    s:free()
    assert_no_witness_out(s)
  end)

  it("keeps a key at its cap, whatever comes", function()
    local s = state { kind = "tally", within = 1000000, cap_hits = 256 }
    for i = 1, 3000 do s:add("k", "m" .. i, i, i) end
    local told = s:tell()
    assert.same({ 1, 256, 3000 - 256 }, { told.keys, told.hits, told.hits_evicted })
    assert.is_true(told.bytes < 40000, told.bytes)
    assert.equal(256, (s:witnesses()))
  end)
end)

describe("eviction", function()
  local function keys_left(s, names, at)
    local left = {}
    for name in names:gmatch "%S+" do
      if s:look(name, at).total > 0 then left[#left + 1] = name end
    end
    return table.concat(left, " ")
  end

  it("takes the key least recently touched; looking is not touching", function()
    local s = state { kind = "count", cap = 3, within = 1000 }
    s:add("a", "", 1, 1)
    s:add("b", "", 2, 2)
    s:add("c", "", 3, 3)
    s:add("a", "", 4, 4)
    s:look("b", 5)
    s:add("d", "", 6, 5)
    assert.equal("a c d", keys_left(s, "a b c d", 6))
    assert.equal(1, s:tell().evicted)
    assert.equal(4, (s:witnesses()))
  end)

  it("lets expired keys go first, uncounted as evictions", function()
    local s = state { kind = "count", cap = 3, within = 10 }
    s:add("a", "", 1)
    s:add("b", "", 2)
    s:add("c", "", 11)
    s:add("d", "", 12)
    assert.equal("c d", keys_left(s, "a b c d", 12))
    local told = s:tell()
    assert.same({ 2, 2, 0 }, { told.keys, told.expired, told.evicted })
  end)

  it("spares held keys up to half of the table", function()
    local s = state { kind = "count", cap = 4, within = 1000 }
    for i, key in ipairs { "a", "b", "c", "d" } do s:add(key, "", i) end
    assert.is_true(s:hold("a", true))
    assert.is_true(s:hold("b", true))
    assert.is_false(s:hold("stranger", true))
    s:add("e", "", 5)
    s:add("f", "", 6)
    s:add("g", "", 7)
    assert.equal("a b f g", keys_left(s, "a b c d e f g", 7))
    assert.equal(0, s:tell().held_evicted)
  end)

  it("takes the oldest held key when they are more than half", function()
    local s = state { kind = "count", cap = 4, within = 1000 }
    for i, key in ipairs { "a", "b", "c", "d" } do
      s:add(key, "", i)
      if i < 4 then s:hold(key, true) end
    end
    s:add("e", "", 5)
    assert.equal("b c d e", keys_left(s, "a b c d e", 5))
    assert.equal(1, s:tell().held_evicted)
    s:add("f", "", 6) -- two held are half: the oldest of the others
    assert.equal("b c e f", keys_left(s, "a b c d e f", 6))
    s:hold("c", false)
    s:hold("b", false)
    s:add("c", "", 7)
    s:add("b", "", 8)
    s:add("g", "", 9)
    assert.equal("b c f g", keys_left(s, "b c e f g", 9))
  end)

  it("bounds the hits of all keys together", function()
    local s = state { kind = "count", cap = 2000, within = 1e6, cap_hits = 256 }
    for i = 0, 2000 * 40 do s:add("k" .. i % 2000, "", i, i + 1) end
    local told = s:tell()
    assert.is_true(told.hits <= 32000 and told.hits > 30000, told.hits)
    assert.is_true(told.evicted > 0)
    assert.equal(told.hits, (s:witnesses()))
    s:free()
    assert_no_witness_out(s)
  end)

  it("stays within cap and bytes under a flood of keys", function()
    local s = state { kind = "tally", cap = 10000, within = 1e6 }
    local most = 0
    for i = 1, 200000 do
      s:add("p" .. i, "m", i, i)
      if i % 10000 == 0 then most = math.max(most, s:tell().bytes) end
    end
    local told = s:tell()
    assert.same({ 10000, 190000 }, { told.keys, told.evicted })
    assert.is_true(most < 10000 * 200, most) -- node 72, slots 13, room for two hits 64, and some slack
    assert.is_true(told.probes < 200000 * 16, told.probes)
    assert.equal(10000, (s:witnesses()))
  end)
end)

describe("sequence", function()
  local function sequence(plan)
    plan.kind = "sequence"
    plan.within = plan.within or 100
    return state(plan)
  end

  it("is complete at its last step, in order and in time", function()
    local s = sequence { steps = 3 }
    assert.equal(0, s:step("k", 1, 1, 1).done) -- nothing to follow
    assert.equal(1, s:step("k", 0, 10, 2).done)
    assert.equal(1, s:step("k", 2, 20, 3).done) -- step 1 is missing
    assert.equal(2, s:step("k", 1, 30, 4).done)
    assert.equal(0, s:step("other", 2, 40, 5).done)
    local match = s:step("k", 2, 110, 6)
    assert.same({ true, 3, false }, { match.complete, match.done, match.maybe_missed })
    assert.same({ 2, 4, 6 }, witnesses_of(match))
    assert_no_witness_out(s)
    assert.equal(0, s:tell().keys)
  end)

  it("spans at most `within`, and starts anew after that", function()
    local s = sequence { steps = 2, within = 100 }
    s:step("k", 0, 10, 1)
    assert.is_false(s:step("k", 1, 110.5, 2).complete)
    s:step("k", 0, 200, 3)
    assert.is_true(s:step("k", 1, 300, 4).complete)
    assert_no_witness_out(s)
    assert.equal(1, s:tell().expired)
  end)

  it("lets steps of one instant follow each other", function()
    local s = sequence { steps = 2 }
    s:step("k", 0, 10)
    assert.is_true(s:step("k", 1, 10).complete)
  end)

  it("is not outrun by an early first step", function()
    local s = sequence { steps = 3, within = 100 }
    s:step("k", 0, 0, 1)
    s:step("k", 1, 10, 2)
    s:step("k", 0, 50, 3) -- a second one, while the first waits for its last step
    s:step("k", 1, 60, 4) -- takes the place of the first, having started later
    local match = s:step("k", 2, 140, 5)
    assert.is_true(match.complete)
    assert.same({ 3, 4, 5 }, witnesses_of(match))
    assert_no_witness_out(s)
  end)

  it("ends at a negative step only where it is forbidden", function()
    local s = sequence { steps = 3, forbidden = { 2, 1 } } -- mark 1 before step 1, mark 0 before step 2
    s:step("k", 0, 1, 1)
    s:mark("k", 0, 2)
    assert.equal(2, s:step("k", 1, 3, 2).done)
    s:mark("k", 1, 4)
    s:mark("other", 0, 4)
    s:mark("k", 31, 4)
    s:mark("k", 99, 4)
    assert.equal(2, s:tell().hits)
    s:mark("k", 0, 5)
    assert.is_false(s:step("k", 2, 6, 3).complete)
    assert_no_witness_out(s)
  end)

  it("goes on with a newer start when the one ahead is ended", function()
    local s = sequence { steps = 3, forbidden = { 0, 1 } }
    s:step("k", 0, 1, 1)
    s:step("k", 1, 2, 2)
    s:step("k", 0, 3, 3)
    s:mark("k", 0, 4)
    assert.equal(1, s:tell().hits)
    s:step("k", 1, 5, 4)
    local match = s:step("k", 2, 6, 5)
    assert.same({ 3, 4, 5 }, witnesses_of(match))
    assert_no_witness_out(s)
  end)

  it("waits out its quiet time, by event time", function()
    local s = sequence { steps = 2, quiet = 60, within = 10 }
    s:step("k", 0, 0, 1)
    local match = s:step("k", 1, 5, 2)
    assert.same({ false, 2, 65 }, { match.complete, match.done, match.due })
    assert.equal(65, s:next_due())
    s:step("k", 0, 20, 3) -- long past `within`: what waits does not expire
    s:step("k", 1, 21, 4) -- does not renew the wait
    assert.is_nil(s:due(64.5))
    match = s:due(65)
    assert.is_true(match.complete)
    assert.same({ 1, 2 }, witnesses_of(match))
    assert.is_nil(s:due(1000))
    assert.is_nil(s:next_due())
    assert_no_witness_out(s)
  end)

  it("is ended by a negative step within the quiet time, its end included", function()
    local s = sequence { steps = 1, quiet = 60, forbidden_after = 1 }
    for i, key in ipairs { "a", "b", "c" } do s:step(key, 0, 0, i) end
    s:mark("a", 1, 30) -- another mark
    s:mark("a", 0, 59.5)
    s:mark("b", 0, 60)
    s:mark("c", 0, 60.5)
    assert.same({ 3 }, witnesses_of(s:due(61)))
    assert.is_nil(s:due(1000))
    assert_no_witness_out(s)
  end)

  it("hands over what is due by time, then by who waited first", function()
    local s = sequence { steps = 1, quiet = 10 }
    for i, key in ipairs { "c", "a", "b" } do s:step(key, 0, 5, i) end
    s:step("d", 0, 6, 4)
    local order = {}
    for match in function() return s:due(100) end do order[#order + 1] = match.steps[1].witness end
    assert.same({ 1, 2, 3, 4 }, order)
  end)

  it("holds a newer start while an older one waits", function()
    local s = sequence { steps = 2, quiet = 10, within = 100 }
    s:step("k", 0, 0, 1)
    s:step("k", 1, 1, 2)
    s:step("k", 0, 5, 3)
    assert.same({ 1, 2 }, witnesses_of(s:due(11)))
    s:step("k", 1, 20, 4)
    assert.same({ 3, 4 }, witnesses_of(s:due(30)))
    assert_no_witness_out(s)
  end)

  it("lets expired keys go although others wait", function()
    local s = sequence { steps = 1, quiet = 1000, within = 10, cap = 3 }
    s:step("waits", 0, 0)
    local t = sequence { steps = 2, quiet = 1000, within = 10, cap = 3 }
    t:step("waits", 0, 0)
    t:step("waits", 1, 1)
    t:step("old", 0, 2)
    t:step("older", 0, 3)
    t:step("new", 0, 20)
    assert.same({ 2, 2, 0 }, { t:tell().keys, t:tell().expired, t:tell().evicted })
    assert.equal(1001, t:next_due())
    assert.equal(1000, s:next_due())
  end)

  it("says that a match may have been missed", function()
    local s = sequence { steps = 2, cap = 2, within = 100 }
    s:step("a", 0, 1, 1)
    s:step("b", 0, 2, 2)
    s:step("c", 0, 3, 3)
    assert.equal(1, s:tell().evicted)
    local match = s:step("a", 1, 4, 4)
    assert.same({ 0, true }, { match.done, match.maybe_missed })
    assert.is_false(s:step("c", 1, 5, 5).maybe_missed)
    assert.is_true(s:step("a", 1, 103, 6).maybe_missed)
    assert.is_false(s:step("a", 1, 103.5, 7).maybe_missed) -- it would have ended by now
    s:free()
    assert_no_witness_out(s)
  end)

  it("owns up when it no longer knows whom it evicted", function()
    local s = sequence { steps = 2, cap = 2, within = 100 }
    for i = 1, 300 do s:step("k" .. i, 0, 1, i) end
    assert.is_true(s:step("stranger", 1, 50).maybe_missed)
    assert.is_false(s:step("stranger", 1, 102).maybe_missed)
  end)

  it("evicts what waits like any other, and forgets its due time", function()
    local s = sequence { steps = 1, quiet = 100, cap = 2 }
    s:step("a", 0, 1, 1)
    s:step("b", 0, 2, 2)
    s:step("c", 0, 3, 3)
    assert.equal(102, s:next_due())
    assert.same({ 2 }, witnesses_of(s:due(1000)))
    assert.same({ 3 }, witnesses_of(s:due(1000)))
    assert_no_witness_out(s)
  end)

  it("refuses a step that the plan has not", function()
    local s = sequence { steps = 2 }
    local ok, message = s:step("k", 2, 1, 9)
    assert.is_nil(ok)
    assert.equal("sequence: step 3 of 2", message)
    assert_no_witness_out(s)
  end)
end)

describe("lifetime", function()
  it("tells how long something lived", function()
    local s = state { kind = "lifetime", within = 100 }
    s:open("vm", "mallory", 10, 1)
    s:open("vm", "mallory", 20, 2) -- a later write
    local life = s:life("vm", 30)
    assert.same({ 10, 20, 1 }, { life.opened, life.age, life.witness })
    assert.is_nil(life.closed)
    life = s:close("vm", 110)
    assert.same({ 10, 110, 100, 1 }, { life.opened, life.closed, life.age, life.witness })
    assert.equal(1, (s:witnesses())) -- lent until the next call
    assert.is_nil(s:close("vm", 111))
    assert_no_witness_out(s)
  end)

  it("forgets after `within`", function()
    local s = state { kind = "lifetime", within = 100 }
    s:open("vm", "", 10, 1)
    assert.is_nil(s:close("vm", 110.5))
    s:open("vm", "", 120, 2)
    assert.equal(5, s:close("vm", 125).age)
    assert.equal(1, s:tell().expired)
  end)
end)

describe("tombstone", function()
  it("stands until cleared, or forgotten", function()
    local s = state { kind = "tombstone", within = 90 * DAY }
    s:bury("vault", "alice", 10, 1)
    s:bury("vault", "bob", 20, 2)
    assert.same({ at = 20, witness = 2 }, s:tomb("vault", 20 + 90 * DAY))
    assert.is_nil(s:tomb("vault", 21 + 90 * DAY))
    assert_no_witness_out(s)
    s:bury("vault", "bob", 100 * DAY, 3)
    assert.is_true(s:unbury("vault"))
    assert.is_false(s:unbury("vault"))
    assert.is_nil(s:tomb("vault", 100 * DAY))
    assert_no_witness_out(s)
  end)
end)

describe("first seen", function()
  it("tells since when, how often, on how many days", function()
    local s = state { kind = "first_seen", within = 30 * DAY }
    assert.same({ known = false, times = 0, days = 0 }, s:see("p", "app", 10))
    assert.same({ known = true, first = 10, last = 10, times = 1, days = 1 }, s:see("p", "app", DAY - 1))
    assert.same({ known = true, first = 10, last = DAY - 1, times = 2, days = 1 }, s:see("p", "app", DAY))
    assert.same({ known = true, first = 10, last = DAY, times = 3, days = 2 }, s:seen("p", "app", 31 * DAY))
    assert.is_false(s:seen("p", "other", 31 * DAY).known)
    assert.is_false(s:seen("q", "app", 31 * DAY).known)
  end)

  it("forgets what was not seen for longer than `within`", function()
    local s = state { kind = "first_seen", within = 30 * DAY }
    s:see("p", "a", 0)
    s:see("p", "b", 10 * DAY)
    assert.is_false(s:see("p", "a", 30 * DAY + 1).known)
    local again = s:see("p", "a", 30 * DAY + 2)
    assert.same({ 30 * DAY + 1, 1, 1 }, { again.first, again.times, again.days })
    assert.is_true(s:seen("p", "b", 40 * DAY).known)
  end)

  it("lets the member go that was not seen for longest", function()
    local s = state { kind = "first_seen", within = 1e6, cap_hits = 3 }
    s:see("p", "a", 1)
    s:see("p", "b", 2)
    s:see("p", "c", 3)
    s:see("p", "a", 4)
    s:see("p", "d", 5)
    assert.is_false(s:seen("p", "b", 6).known)
    for _, member in ipairs { "a", "c", "d" } do assert.is_true(s:seen("p", member, 6).known) end
    assert.same({ 3, 1 }, { s:tell().hits, s:tell().hits_evicted })
  end)
end)

describe("total", function()
  local HOUR = 3600

  local function sums(total)
    return { total.sum, total.last_day, total.most_before, total.days_before }
  end

  it("adds up the window, the last day, and the biggest day before that", function()
    local s = state { kind = "total", within = 45 * DAY }
    assert.same({ 5, 5, 0, 0 }, sums(s:total("k", 5, 10 * HOUR)))
    assert.same({ 12, 12, 0, 0 }, sums(s:total("k", 7, 20 * HOUR)))
    assert.same({ 112, 107, 5, 1 }, sums(s:total("k", 100, DAY + 10 * HOUR))) -- 10:00 has left, 20:00 has not
    assert.same({ 112, 100, 12, 1 }, sums(s:sum("k", DAY + 20 * HOUR)))
    assert.same({ 112, 0, 100, 2 }, sums(s:sum("k", 3 * DAY)))
    assert.same({ 113, 1, 100, 2 }, sums(s:total("k", 1, 3 * DAY)))
    assert.same({ 0, 0, 0, 0 }, sums(s:sum("other", 3 * DAY)))
  end)

  it("counts the last day by hours of the clock", function()
    local s = state { kind = "total", within = 45 * DAY }
    s:total("k", 5, 10 * HOUR + 1)
    assert.same({ 5, 5, 0, 0 }, sums(s:sum("k", DAY + 10 * HOUR - 1)))
    assert.same({ 5, 0, 5, 1 }, sums(s:sum("k", DAY + 10 * HOUR)))
  end)

  it("forgets a day when the window has passed it", function()
    local s = state { kind = "total", within = 45 * DAY }
    s:total("k", 5, 10 * HOUR)
    s:total("k", 6, DAY)
    assert.same({ 11, 0, 6, 2 }, sums(s:sum("k", 45 * DAY - 1)))
    assert.same({ 6, 0, 6, 1 }, sums(s:sum("k", 45 * DAY)))
    assert.same({ 0, 0, 0, 0 }, sums(s:sum("k", 46 * DAY)))
    assert.same({ 3, 3, 0, 0 }, sums(s:total("k", 3, 1000 * DAY)))
  end)

  it("knows days before 1970 as well", function()
    local s = state { kind = "total", within = 3 * DAY }
    s:total("k", 5, -DAY - 1)
    assert.same({ 7, 2, 5, 1 }, sums(s:total("k", 2, -1)))
    assert.same({ 8, 3, 5, 1 }, sums(s:total("k", 1, 0)))
    assert.same({ 3, 0, 2, 2 }, sums(s:sum("k", DAY)))
  end)

  it("stays at what fits", function()
    local s = state { kind = "total", within = DAY }
    s:total("k", -1, 1) -- 2^64 - 1
    assert.equal(-1, s:total("k", 2, 2).sum)
    assert.equal(-1, s:sum("k", 2).last_day)
  end)

  it("is of its kind only, and of no key", function()
    local s = state { kind = "total", within = DAY }
    local ok, message = s:add("k", "m", 1)
    assert.is_nil(ok)
    assert.equal("this state is a total, which has no hits to add", message)
    assert.same({ 0, 0, 0, 0 }, sums(s:total("", 3, 1)))
    assert.same({ 0, 0, 0, 0 }, sums(s:sum("", 1)))
    assert.same({ 0, 0, 0, 0 }, sums(state { kind = "count" }:sum("k", 1)))
  end)

  it("needs a kilobyte a key for 45 days, in whatever number of amounts", function()
    local s = state { kind = "total", within = 45 * DAY, cap = 100 }
    for i = 1, 20000 do s:total("k" .. i % 150, i, i * 60) end
    local told = s:tell()
    assert.same({ 100, 0 }, { told.keys, told.hits })
    assert.is_true(told.evicted >= 50 and told.bytes < 200000, told.bytes)
  end)
end)

describe("any kind", function()
  -- A call that remembers, and holds a witness where the kind has one.
  local kinds = {
    count = function(s, key, at, w) return s:add(key, "m" .. w % 5, at, w) end,
    distinct = function(s, key, at, w) return s:add(key, "m" .. w % 5, at, w) end,
    tally = function(s, key, at, w) return s:add(key, "m" .. w % 5, at, w) end,
    sequence = function(s, key, at, w) return s:step(key, w % 3 == 0 and 1 or 0, at, w) end,
    lifetime = function(s, key, at, w) return s:open(key, "m", at, w) end,
    tombstone = function(s, key, at, w) return s:bury(key, "m", at, w) end,
    first_seen = function(s, key, at, w) return s:see(key, "m" .. w, at) end,
    total = function(s, key, at, w) return s:total(key, w, at) end,
  }

  for kind, call in pairs(kinds) do
    local function new(seed)
      return T.new { kind = kind, within = 50, cap = 20, cap_hits = 4, steps = 3, quiet = 20, seed = seed }
    end

    it("gives every witness back: " .. kind, function()
      local s = new(1)
      for i = 1, 5000 do
        call(s, "k" .. i * 7919 % 60, i // 10, i)
        if i % 1700 == 0 then
          assert.is_true(s:tell().evicted > 0)
          s:clear()
          assert_no_witness_out(s)
          local told = s:tell()
          assert.same({ 0, 0, 0 }, { told.keys, told.hits, told.adds })
        end
      end
      s:free()
      assert_no_witness_out(s)
    end)

    it("survives every failing allocation: " .. kind, function()
      local failures = 0
      collectgarbage()
      local live = T.live_blocks()
      for n = 1, 1000 do
        T.fail_at(n)
        local s, failed = new(1), false
        if not s then failed = true end
        for i = 1, 60 do
          local before = s and s:tell()
          if s and not call(s, "k" .. i % 40, i // 40, i) then
            failed = true
            local after = s:tell()
            assert.same({ before.keys, before.hits, before.adds, before.evicted },
              { after.keys, after.hits, after.adds, after.evicted })
          end
        end
        T.fail_at(0)
        if s then
          s:free()
          assert_no_witness_out(s)
        end
        assert.equal(live, T.live_blocks())
        if not failed then break end
        failures = failures + 1
      end
      assert.is_true(failures >= 4 and failures < 1000, failures)
    end)
  end
end)

describe("two seeds", function()
  local fields = { "total", "distinct", "most", "least", "median_gap", "longest_gap", "cut", "done", "due", "complete",
    "maybe_missed", "opened", "age", "at", "witness", "known", "first", "last", "times", "days",
    "sum", "last_day", "most_before", "days_before" }

  local function fingerprint(result)
    if type(result) ~= "table" then return tostring(result) end
    local parts = {}
    for _, name in ipairs(fields) do parts[#parts + 1] = tostring(result[name]) end
    for _, hit in ipairs(result.hits or result.steps or {}) do
      parts[#parts + 1] = hit.at .. "/" .. tostring(hit.witness)
    end
    return table.concat(parts, " ")
  end

  -- One random call, the same for every table it is put to.
  local calls = {
    count = { "add", "add", "add", "look" },
    distinct = { "add", "add", "add", "look" },
    tally = { "add", "add", "add", "look" },
    sequence = { "step", "step", "step", "mark", "due" },
    lifetime = { "open", "open", "life", "close" },
    tombstone = { "bury", "bury", "tomb", "unbury" },
    first_seen = { "see", "see", "see", "seen" },
    total = { "total", "total", "sum" },
  }
  local takes = {
    add = "kmtw", look = "kt", step = "kstw", mark = "kst", due = "t", open = "kmtw", life = "kt", close = "kt",
    bury = "kmtw", tomb = "kt", unbury = "k", see = "kmt", seen = "kmt",
    total = "kst", sum = "kt",
  }

  for kind, methods in pairs(calls) do
    it("give the same answers to 15,000 random calls: " .. kind, function()
      local plan = { kind = kind, within = 40, cap = 12, cap_hits = 5, steps = 3, quiet = 15, forbidden = { 1, 2 },
        forbidden_after = 4 }
      local tables = {}
      for i, seed in ipairs { 1, 0x123456789abcdef } do
        plan.seed = seed
        tables[i] = state(plan)
      end
      local random = 42
      local function r(n)
        random = (random * 1103515245 + 12345) % 2147483648
        return random // 65536 % n + 1
      end
      local at, one, two = 0, tables[1], tables[2]
      for i = 1, 15000 do
        at = at + (r(4) == 1 and r(3) or 0)
        local method, value = methods[r(#methods)], { k = "k" .. r(60), m = "m" .. r(9), s = r(3) - 1, t = at, w = i }
        local arguments = {}
        for letter in takes[method]:gmatch "." do arguments[#arguments + 1] = value[letter] end
        local a = fingerprint(one[method](one, table.unpack(arguments)))
        local b = fingerprint(two[method](two, table.unpack(arguments)))
        if a ~= b then assert.equal(a, b, method .. " at call " .. i) end
        if i % 5 == 0 then
          local on = i % 10 == 0
          assert.equal(one:hold(value.k, on), two:hold(value.k, on))
        end
      end
      local told, told_two = one:tell(), two:tell()
      told.probes, told_two.probes, told.longest, told_two.longest = nil, nil, nil, nil
      assert.same(told, told_two)
      assert.is_true(told.evicted > 0)
      for _, each in ipairs(tables) do
        each:free()
        assert_no_witness_out(each)
      end
    end)
  end
end)

describe("a plain model", function()
  local random = 5
  local function r(n)
    random = (random * 1103515245 + 12345) % 2147483648
    return random // 65536 % n + 1
  end

  -- What a tally should say of hits { at, member }, written the slow way.
  local function slow_tally(hits, at, within)
    local members, gaps, total, last = {}, {}, 0, nil
    for _, hit in ipairs(hits) do
      if hit.at > at - within then
        total = total + 1
        members[hit.member] = (members[hit.member] or 0) + 1
        if last then gaps[#gaps + 1] = hit.at - last end
        last = hit.at
      end
    end
    local distinct, most, least = 0, 0, total
    for _, n in pairs(members) do
      distinct, most, least = distinct + 1, math.max(most, n), math.min(least, n)
    end
    table.sort(gaps)
    local half = #gaps // 2
    local median = #gaps == 0 and 0 or #gaps % 2 == 1 and gaps[half + 1] or (gaps[half] + gaps[half + 1]) / 2
    return { total, distinct, most, least, median, gaps[#gaps] or 0 }
  end

  it("agrees with tally, distinct and count", function()
    local tally = state { kind = "tally", within = 200 }
    local distinct = state { kind = "distinct", within = 200 }
    local count = state { kind = "count", within = 200 }
    local hits, at = { {}, {}, {} }, 0
    for _ = 1, 3000 do
      at = at + r(12) - 1
      local key, member = r(3), "m" .. r(6) * r(6)
      table.insert(hits[key], { at = at, member = member })
      local t = tally:add("k" .. key, member, at)
      local want = slow_tally(hits[key], at, 200)
      assert.same(want, { t.total, t.distinct, t.most, t.least, t.median_gap, t.longest_gap })
      assert.equal(want[2], distinct:add("k" .. key, member, at).distinct)
      assert.equal(want[1], count:add("k" .. key, member, at).total)
    end
  end)

  -- Is there a chain of all steps that ends with the last act, within the span? Tried from every step 0.
  local function slow_complete(acts, steps, within)
    local last = acts[#acts]
    if last.step ~= steps - 1 then return false end
    for start = 1, #acts do
      local wanted = 0
      if acts[start].step == 0 and last.at - acts[start].at <= within then
        for i = start, #acts do
          if acts[i].step == wanted then wanted = wanted + 1 end
        end
      end
      if wanted == steps then return true end
    end
    return false
  end

  it("agrees on when a sequence is first complete", function()
    local completed = 0
    for steps = 2, 5 do
      local s = state { kind = "sequence", steps = steps, within = 30 }
      local at = 0
      for stream = 1, 300 do
        local acts = {}
        for _ = 1, 40 do
          at = at + r(5) - 1
          acts[#acts + 1] = { at = at, step = r(steps) - 1 }
          local complete = s:step(steps .. "/" .. stream, acts[#acts].step, at).complete
          if complete ~= slow_complete(acts, steps, 30) then
            assert.equal(not complete, complete, ("stream %d of %d steps, act %d"):format(stream, steps, #acts))
          end
          if complete then
            completed = completed + 1
            break
          end
        end
      end
    end
    assert.is_true(completed > 300 and completed < 1200, completed)
  end)
end)
