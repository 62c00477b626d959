-- Events into acts: folding, duplicates, order, both modes.
local order = require("armrun.core").T.order

local S = 10000000 -- a second of event time
local MIN, HOUR = 60 * S, 3600 * S
local AR_ENOMEM, AR_EIO, AR_EUSAGE = 1, 2, 6

-- ev(time in seconds, act, phase, more)
local function ev(time, act, phase, more)
  local event = { time = math.floor(time * S), act = act, phase = phase }
  for key, value in pairs(more or {}) do event[key] = value end
  return event
end

-- "act a@12 succeeded 1,2": step, key, act.time in seconds, status, records of its events.
local function line_of(step, o)
  return (step .. " " .. o:line()):gsub("^(%l+ %S+) (-?%d+)", function(what, time)
    return ("%s@%.7g"):format(what, math.tointeger(time) / S)
  end)
end

local function drain(o, lines, on_step)
  while true do
    local step, message = o:next()
    assert(not message, message)
    if not step then return lines end
    lines[#lines + 1] = line_of(step, o)
    if on_step then on_step(o, step, o:act()) end
  end
end

-- The order of these options, with a push that takes a table.
local function new(options)
  options.seed = options.seed or 1
  local o = assert(order.new(options))
  return o, function(event) return o:push(order.pack(event, options.seed)) end
end

-- Pushes all (draining after each) and finishes: the lines and the order object.
local function run(options, events, on_step)
  local o, push = new(options)
  local lines = {}
  for _, event in ipairs(events) do
    assert.equal("taken", push(event))
    drain(o, lines, on_step)
  end
  assert(o:finish())
  return drain(o, lines, on_step), o
end

-- Records numbered as they stand; the same lines expected in both modes.
local function both(events, on_step, options)
  for i, event in ipairs(events) do event.record = event.record or i end
  local results, last = {}, nil
  for _, sorted in ipairs { false, true } do
    local with = { sorted = sorted, seed = sorted and 7 or 8, lateness = 24 * HOUR }
    for key, value in pairs(options or {}) do with[key] = value end
    results[#results + 1], last = run(with, events, on_step)
  end
  assert.same(results[1], results[2])
  return results[1], last
end

local function acts_of(events, options)
  local acts = {}
  local _, o = both(events, function(_, _, act) acts[#acts + 1] = act end, options)
  return table.move(acts, #acts // 2 + 1, #acts, 1, {}), o
end

local function records_of(duplicates)
  local records = {}
  for i, lost in ipairs(duplicates) do records[i] = lost.record end
  table.sort(records)
  return records
end

describe("folding", function()
  it("joins started, accepted and succeeded into one act at the time of the last", function()
    local acts, o = acts_of { ev(0, "a", 1), ev(3, "a", 2), ev(9, "a", 3) }
    assert.equal(1, #acts)
    assert.same({ 9 * S, 0, 9 * S, "succeeded", 1 },
      { acts[1].time, acts[1].started, acts[1].ended, acts[1].status, acts[1].number })
    assert.same({ 1, 2, 3 }, { acts[1].events[1].record, acts[1].events[2].record, acts[1].events[3].record })
    assert.same({ 3, 0, 1, 0 }, { o:counts().events, o:counts().duplicates, o:counts().acts, o:counts().unfinished })
    assert.same({ 0, 9 * S }, { o:counts().oldest, o:counts().newest })
  end)

  it("takes events in any order", function()
    assert.same({ "act a@9 succeeded 3,2,1" }, both { ev(9, "a", 3), ev(3, "a", 2), ev(0, "a", 1) })
  end)

  it("gives a failed end the status failed", function()
    assert.same({ "act a@2 failed 1,2" }, both { ev(1, "a", 1), ev(2, "a", 3, { status = "failed" }) })
  end)

  it("opens a new act for a phase that is not later", function()
    assert.same({ "act a@1 succeeded 1", "act a@2 succeeded 2", "act a@3 failed 3" },
      both { ev(1, "a", 3), ev(2, "a", 3), ev(3, "a", 3, { status = "failed" }) })
    -- The first start has lost its key to the second: the end belongs to the second.
    assert.same({ "act a@5 succeeded 2,3", "act a@3601 unfinished 1" },
      both { ev(1, "a", 1), ev(2, "a", 1), ev(5, "a", 3) })
  end)

  it("keeps acts with other keys apart, and sources too", function()
    assert.same({ "act b@2 succeeded 2", "act a@4 succeeded 1,3" },
      both { ev(0, "a", 1), ev(2, "b", 3), ev(4, "a", 3) })
    assert.same({ "act a@2 succeeded 2", "act a@3600 unfinished 1" },
      both { ev(0, "a", 1, { source = "activity" }), ev(2, "a", 3, { source = "directory" }) })
  end)

  it("folds directory events, and no others", function()
    assert.same({ "act a@5 succeeded 1,2" },
      both { ev(0, "a", 1, { source = "directory" }), ev(5, "a", 3, { source = "directory" }) })
    for _, source in ipairs { "keyvault", "read", "audit", "signin" } do
      assert.same({ "act a@0 started 1", "act a@5 succeeded 2" },
        both { ev(0, "a", 1, { source = source }), ev(5, "a", 3, { source = source }) })
    end
  end)

  it("folds phases of one instant in their order", function()
    assert.same({ "act a@1 succeeded 2,1" }, both { ev(1, "a", 3), ev(1, "a", 1) })
  end)

  it("merges facts: the first event that knows", function()
    local acts = acts_of {
      ev(1, "a", 1, { caller = "joe", tags = 4, op = 9 }),
      ev(2, "a", 2, { caller = "jim", object = "oid", ip = 5, tags = 2, kind = 1, candidate = true }),
      ev(3, "a", 3, { object = "other", ip = 6, tags = 8, kind = 2, app = "app", mfa = 2, delegated = 1,
        subscription = "sub", tenant = "ten", resource = "res", policy = true }),
    }
    local a = acts[1]
    assert.same({ "joe", "oid", "app", "sub", "ten", "res" },
      { a.caller, a.object, a.app, a.subscription, a.tenant, a.resource })
    assert.same({ 5, 2, 1, 2, 1, 1, 9, 32 }, { a.ip, a.tags, a.kind, a.mfa, a.delegated, a.candidate, a.op, a.flags })
  end)
end)

describe("unfinished acts", function()
  it("are evaluated at first event + fold, before later events", function()
    assert.same({ "act a@3600 unfinished 1", "act b@3600.5 succeeded 2" }, both { ev(0, "a", 1), ev(3600.5, "b", 3) })
    assert.same({ "act b@3599.5 succeeded 2", "act a@3600 unfinished 1" }, both { ev(0, "a", 1), ev(3599.5, "b", 3) })
  end)

  it("count an end exactly at the due time, and not one 100 ns later", function()
    assert.same({ "act a@3600 succeeded 1,2" }, both { ev(0, "a", 1), ev(3600, "a", 3) })
    assert.same({ "act a@3600 unfinished 1" }, both { ev(0, "a", 1), ev(3600.0000001, "a", 3) })
  end)

  it("stand among the acts of their instant by (source, order)", function()
    local function at_due(order_of_b, source_of_b)
      return both { ev(0, "a", 1, { order = 50 }), ev(3600, "b", 3, { order = order_of_b, source = source_of_b }) }
    end
    local first, second = "act a@3600 unfinished 1", "act b@3600 succeeded 2"
    assert.same({ second, first }, at_due(49))
    assert.same({ first, second }, at_due(51))
    assert.same({ first, second }, at_due(49, "directory"))
    -- order is unsigned
    assert.same({ first, second }, at_due(math.mininteger))
  end)

  it("take the fold option", function()
    assert.same({ "act a@60 unfinished 1" }, both({ ev(0, "a", 1), ev(61, "a", 3) }, nil, { fold = MIN }))
  end)

  it("come in order at the end of input, beyond the newest event", function()
    local lines, o = both { ev(5, "b", 2), ev(0, "a", 1), ev(7, "c", 3) }
    assert.same({ "act c@7 succeeded 3", "act a@3600 unfinished 2", "act b@3605 unfinished 1" }, lines)
    assert.equal(2, o:counts().unfinished)
  end)

  it("swallow a late end, so that it is no act of its own", function()
    assert.same({ "act a@3600 unfinished 1" }, both { ev(0, "a", 1), ev(24 * 3600, "a", 3) })
    assert.same({ "act a@3600 unfinished 1", "act a@86400.1 succeeded 2" },
      both { ev(0, "a", 1), ev(24 * 3600 + 0.1, "a", 3) })
  end)

  it("open a new act after a late end", function()
    assert.same({ "act a@3600 unfinished 1", "act a@8001 succeeded 3" },
      both { ev(0, "a", 1), ev(8000, "a", 3), ev(8001, "a", 3) })
  end)

  it("give up the oldest when too many linger, counted", function()
    -- a is pushed out by c; its end then is an act, that of b is not.
    local lines, o = both({ ev(0, "a", 1), ev(1, "b", 1), ev(2, "c", 1), ev(9000, "a", 3), ev(9001, "b", 3) }, nil,
      { linger_cap = 2 })
    assert.same({ "act a@3600 unfinished 1", "act b@3601 unfinished 2", "act c@3602 unfinished 3",
      "act a@9000 succeeded 4" }, lines)
    assert.equal(1, o:counts().join_evicted)
  end)

  it("are evaluated early when too many are open, counted", function()
    local lines, o = both({ ev(0, "a", 1), ev(1, "b", 1), ev(2, "c", 1), ev(3, "b", 3), ev(4, "a", 3) }, nil,
      { open_cap = 2 })
    assert.same({ "act a@2 unfinished 1", "act b@3 succeeded 2,4", "act c@3602 unfinished 3" }, lines)
    assert.equal(1, o:counts().open_evicted)
  end)
end)

describe("pins", function()
  local function pin(o, step) if step == "act" then o:pin() end end

  it("let a late event join, and end with the last one", function()
    local acts = {}
    local lines = both({ ev(0, "a", 1), ev(7000, "a", 2), ev(8000, "a", 3, { object = "late" }), ev(9000, "b", 3) },
      function(o, step, act)
        pin(o, step)
        acts[step .. act.key] = act
      end)
    assert.same({
      "act a@3600 unfinished 1", "joined a@3600 unfinished 1,2", "joined a@3600 unfinished 1,2,3",
      "dropped a@3600 unfinished 1,2,3", "act b@9000 succeeded 4", "dropped b@9000 succeeded 4",
    }, lines)
    -- Evidence only: who did it was decided at act.time.
    assert.is_nil(acts.droppeda.object)
    assert.equal(8000 * S, acts.droppeda.ended)
  end)

  it("are dropped 24 hours after the first event, in order with the others", function()
    assert.same({ "act a@3600 unfinished 1", "act b@86400 succeeded 2", "dropped b@86400 succeeded 2",
      "dropped a@3600 unfinished 1", "act c@86400.1 succeeded 3", "dropped c@86400.1 succeeded 3" },
      both({ ev(0, "a", 1), ev(86400, "b", 3), ev(86400.1, "c", 3) }, pin))
  end)

  it("are dropped after everything of their last instant", function()
    assert.same({ "act a@3600 unfinished 1", "act b@86400 unfinished 2", "dropped a@3600 unfinished 1",
      "dropped b@86400 unfinished 2" }, both({ ev(0, "a", 1), ev(86400 - 3600, "b", 1) }, pin))
    assert.same({ "act a@3600 unfinished 1", "act b@86400 unfinished 2", "joined a@3600 unfinished 1,3",
      "dropped a@3600 unfinished 1,3", "dropped b@86400 unfinished 2" },
      both({ ev(0, "a", 1, { order = 50 }), ev(86400 - 3600, "b", 1, { order = 10 }),
        ev(86400, "a", 3, { order = 50 }) }, pin))
  end)

  it("are dropped when another act takes the key", function()
    assert.same({ "act a@3600 unfinished 1", "dropped a@3600 unfinished 1", "act a@7600 unfinished 2",
      "dropped a@7600 unfinished 2" }, both({ ev(0, "a", 1), ev(4000, "a", 1) }, pin))
  end)

  it("are dropped when too many linger", function()
    assert.same({ "act a@3600 unfinished 1", "act b@3601 unfinished 2", "dropped a@3600 unfinished 1",
      "dropped b@3601 unfinished 2" }, both({ ev(0, "a", 1), ev(1, "b", 1) }, pin, { linger_cap = 1 }))
  end)

  it("may be taken back", function()
    assert.same({ "act a@3600 unfinished 1", "joined a@3600 unfinished 1,2" },
      both({ ev(0, "a", 1), ev(4000, "a", 2), ev(5000, "a", 3) },
        function(o, step) o:pin(step == "act" and 2 or -2) end))
  end)
end)

describe("started steps", function()
  local started = { started = true }

  it("come at the first event, before anything later", function()
    assert.same({ "started a@0 started 1", "started b@1 accepted 2", "act a@2 succeeded 1,3", "act b@3 failed 2,4" },
      both({ ev(0, "a", 1), ev(1, "b", 2), ev(2, "a", 3), ev(3, "b", 3, { status = "failed" }) }, nil, started))
  end)

  it("come for an act of one event, and for sources that do not fold", function()
    local numbers = {}
    assert.same({ "started a@0 succeeded 1", "act a@0 succeeded 1", "started k@1 succeeded 2", "act k@1 succeeded 2" },
      both({ ev(0, "a", 3), ev(1, "k", 3, { source = "keyvault" }) },
        function(_, _, act) numbers[#numbers + 1] = act.number end, started))
    assert.same({ 0, 1, 0, 2 }, table.move(numbers, 1, 4, 1, {}))
  end)

  it("are not given unasked", function()
    assert.same({ "act a@0 succeeded 1" }, both { ev(0, "a", 3) })
  end)
end)

describe("duplicates", function()
  it("count once: same act, phase and time", function()
    local lines, o = both { ev(0, "a", 3), ev(0, "a", 3), ev(0, "a", 3) }
    assert.same({ "act a@0 succeeded 1" }, lines)
    assert.same({ 1, 2, 1 }, { o:counts().events, o:counts().duplicates, o:counts().acts })
    assert.same({ 2, 3 }, records_of(o:duplicates()))
  end)

  it("are none when phase, time, act or source differ", function()
    local lines, o = both { ev(0, "a", 3), ev(0, "b", 3), ev(1, "a", 3), ev(0, "a", 1),
      ev(0, "a", 3, { source = "keyvault" }) }
    assert.equal(4, #lines)
    assert.equal(0, o:counts().duplicates)
  end)

  it("are none when event ids differ", function()
    local lines, o = both { ev(0, "a", 3, { id = "y", content = 2 }), ev(0, "a", 3, { id = "x", content = 1 }),
      ev(0, "a", 3, { id = "y", content = 2 }) }
    assert.same({ "act a@0 succeeded 2", "act a@0 succeeded 1" }, lines)
    assert.same({ 3 }, records_of(o:duplicates()))
  end)

  it("are represented by the larger content, whatever came first", function()
    for _, events in ipairs {
      { ev(0, "a", 3, { content = 5, record = 1 }), ev(0, "a", 3, { content = 9, record = 2 }) },
      { ev(0, "a", 3, { content = 9, record = 2 }), ev(0, "a", 3, { content = 5, record = 1 }) },
      -- content is unsigned
      { ev(0, "a", 3, { content = math.maxinteger, record = 1 }), ev(0, "a", 3, { content = -1, record = 2 }) },
    } do
      local lines, o = both(events)
      assert.same({ "act a@0 succeeded 2" }, lines)
      assert.same({ 1 }, records_of(o:duplicates()))
    end
  end)

  it("of equal content are represented by the smallest file, then record", function()
    local acts, o = acts_of {
      ev(0, "a", 3, { file = 2, record = 1 }), ev(0, "a", 3, { file = 1, record = 9 }),
      ev(0, "a", 3, { file = 1, record = 8 }),
    }
    assert.same({ 1, 8 }, { acts[1].events[1].file, acts[1].events[1].record })
    assert.same({ { file = 1, record = 9, body = 0 }, { file = 2, record = 1, body = 0 } }, o:duplicates())
  end)

  it("tell each other what one lacks, the larger content first", function()
    local acts = acts_of {
      ev(0, "a", 3, { content = 1, caller = "low", object = "oid", ip = 7, tags = 2, id = "x" }),
      ev(0, "a", 3, { content = 2, caller = "mid", app = "app", kind = 2 }),
      ev(0, "a", 3, { content = 3, resource = "res" }),
    }
    assert.equal(1, #acts)
    local a = acts[1]
    assert.same({ "mid", "oid", "app", "res", 7, 2, 2 },
      { a.caller, a.object, a.app, a.resource, a.ip, a.tags, a.kind })
    assert.same({ "x", 3 }, { a.events[1].id, a.events[1].record })
  end)

  it("leave the record whose body is kept to stand for the event", function()
    local acts, o = acts_of {
      ev(0, "a", 3, { content = 1, record = 1, body = 11, candidate = true }),
      ev(0, "a", 3, { content = 2, record = 2, body = 22, caller = "joe" }),
    }
    assert.same({ 1, 11, 2, "joe" },
      { acts[1].events[1].record, acts[1].events[1].body, acts[1].events[1].content, acts[1].caller })
    assert.same({ { file = 0, record = 2, body = 22 } }, o:duplicates())
  end)

  it("without an id go with the smallest of several that have one", function()
    local acts, o = acts_of {
      ev(0, "a", 3, { content = 9, id = "big" }), ev(0, "a", 3, { content = 7, ip = 5 }),
      ev(0, "a", 3, { content = 4, id = "small" }), ev(0, "a", 3, { content = 6, caller = "joe" }),
    }
    assert.equal(2, #acts)
    assert.same({ "small", 5, "joe", 2 },
      { acts[1].events[1].id, acts[1].ip, acts[1].caller, acts[1].events[1].record })
    assert.same({ "big", 0, 1 }, { acts[2].events[1].id, acts[2].ip, acts[2].events[1].record })
    assert.same({ 3, 4 }, records_of(o:duplicates()))
  end)

  it("are found among the phases of one act", function()
    assert.same({ "act a@2 succeeded 1,3" }, both { ev(0, "a", 1), ev(0, "a", 1), ev(2, "a", 3), ev(2, "a", 3) })
  end)

  it("are found among thousands of ids of one instant", function()
    local events = {}
    for i = 1, 3000 do
      for copy = 1, 2 do
        events[#events + 1] = ev(0, "a", 3, { id = "id" .. i, content = i, record = copy * 10000 + i })
      end
    end
    local lines, o = both(events)
    assert.equal(3000, #lines)
    assert.equal("act a@0 succeeded 10001", lines[1])
    assert.equal("act a@0 succeeded 13000", lines[3000])
    assert.equal(3000, o:counts().duplicates)
  end)

  it("stay bounded: beyond 4,096 ids a new group begins, exact copies are still found", function()
    local events = {}
    for copy = 1, 2 do
      for i = 1, 5000 do events[#events + 1] = ev(0, "a", 3, { id = "id" .. i, content = i, record = copy }) end
    end
    local _, o = both(events)
    assert.same({ 5000, 5000 }, { o:counts().acts, o:counts().duplicates })
  end)
end)

describe("order", function()
  it("is time, source, order, phase, content", function()
    local function none(time, act, more)
      more.source = more.source or "keyvault"
      return ev(time, act, more.phase or 3, more)
    end
    local events = {
      none(2, "a", { order = 1 }),
      none(1, "b", { order = 9, source = "signin" }),
      none(1, "c", { order = 8, source = "signin" }),
      none(1, "d", { order = 99, source = "read" }),
      none(1, "e", { order = 7, source = "signin", content = 2 }),
      none(1, "f", { order = 7, source = "signin", content = 1 }),
      none(1, "g", { order = 7, source = "signin", content = 3, phase = 1 }),
    }
    assert.same({ "act d@1 succeeded 4", "act g@1 started 7", "act f@1 succeeded 6", "act e@1 succeeded 5",
      "act c@1 succeeded 3", "act b@1 succeeded 2", "act a@2 succeeded 1" }, both(events))
  end)
end)

describe("in-order mode", function()
  it("gives out what is older than newest − lateness, and moves the watermark", function()
    local o, push = new { lateness = 10 * S }
    assert.is_nil(o:watermark())
    push(ev(0, "a", 3, { record = 1 }))
    assert.is_nil(o:next())
    push(ev(10, "b", 3, { record = 2 }))
    assert.is_nil(o:next())
    assert.equal(0, o:watermark())
    push(ev(10.5, "c", 3, { record = 3 }))
    assert.same({ "act a@0 succeeded 1" }, drain(o, {}))
    assert.equal(S // 2, o:watermark())
    assert.is_true(o:finish())
    assert.same({ "act b@10 succeeded 2", "act c@10.5 succeeded 3" }, drain(o, {}))
    assert.equal(10.5 * S, o:watermark())
    assert.same({}, drain(o, {}))
  end)

  it("gives out unfinished acts when the watermark passes their due time", function()
    local o, push = new { lateness = 10 * S, fold = 60 * S }
    push(ev(0, "a", 1, { record = 1 }))
    push(ev(70, "b", 3, { record = 2 }))
    assert.same({}, drain(o, {}))
    push(ev(70.1, "c", 3, { record = 3 }))
    assert.same({ "act a@60 unfinished 1" }, drain(o, {}))
  end)

  it("takes events as late as the watermark, and asks for a restart beyond", function()
    local _, push = new { lateness = 20 * MIN }
    assert.equal("taken", push(ev(1200, "a", 3)))
    assert.equal("taken", push(ev(0, "b", 3)))
    assert.equal("restart", push(ev(-0.0000001, "c", 3)))
  end)

  it("asks for a restart when more is pending than memory holds", function()
    local _, push = new { memory = 65536 }
    local taken = 0
    while push(ev(0, "a", 3)) == "taken" do taken = taken + 1 end
    assert.is_true(taken > 100 and taken < 65536 / 224)
  end)

  it("uses slots again: no allocation once the window is warm", function()
    local o, push = new { lateness = 10 * S }
    local lines = {}
    for i = 1, 20000 do
      if i == 10000 then order.fail_at(0) end
      push(ev(i / 100, "a" .. i // 2, i % 2 == 0 and 1 or 3))
      drain(o, lines)
    end
    assert.equal(0, order.fail_at(0))
  end)
end)

describe("future events", function()
  local function future(time, act, phase) return ev(time, act, phase, { future = true }) end

  local function records(act)
    local list = {}
    for i, event in ipairs(act.events) do list[i] = event.record end
    return table.concat(list, ",")
  end

  it("come last, in order, and fold among themselves", function()
    local acts, o = acts_of {
      future(900, "z", 3), ev(0, "a", 1), future(500, "y", 1), future(501, "a", 3), ev(1, "b", 3), future(502, "y", 3),
      future(900, "z", 3),
    }
    local lines = {}
    for i, act in ipairs(acts) do
      lines[i] = ("%s %s@%d %s %s"):format(act.future and "future" or "act", act.key, act.time // S, act.status,
        records(act))
    end
    assert.same({ "act b@1 succeeded 5", "act a@3600 unfinished 2", "future a@501 succeeded 4",
      "future y@502 succeeded 3,6", "future z@900 succeeded 1" }, lines)
    assert.same({ 0, S }, { o:counts().oldest, o:counts().newest })
    assert.same({ 6, 1, 5 }, { o:counts().events, o:counts().duplicates, o:counts().acts })
    assert.equal(3600 * S, o:watermark())
  end)

  it("neither move the watermark nor ask for a restart", function()
    local o, push = new { lateness = 10 * S }
    assert.equal("taken", push(ev(100, "a", 3)))
    assert.equal("taken", push(future(1000000, "b", 3)))
    assert.equal("taken", push(future(0, "b", 3)))
    assert.equal("taken", push(ev(95, "c", 3)))
    assert.same({}, drain(o, {}))
  end)

  it("spill when there are many, in either mode", function()
    for _, sorted in ipairs { false, true } do
      local o, push = new { sorted = sorted, memory = 65536 }
      local last, count = nil, 0
      for i = 1, 3000 do assert.equal("taken", push(future(i * 7919 % 3001, "a" .. i, 3))) end
      assert.is_true(o:finish())
      for step in function() return o:next() end do
        local time = o:act().time
        assert.equal("act", step)
        assert.is_true(not last or last < time)
        last, count = time, count + 1
      end
      assert.equal(3000, count)
      assert.is_true(o:counts().spilled_bytes >= 2900 * 200)
    end
  end)
end)

describe("a shuffled log", function()
  -- A small generator of our own, so that the log is the same everywhere.
  local function random(seed)
    local state = seed
    return function(n)
      state = (state * 6364136223846793005 + 1442695040888963407)
      return (state >> 33) % n + 1
    end
  end

  -- 100,000 records and more over two days, often several at one instant: acts of one to three events, repetitions
  -- with ids of their own, starts without an end, ends after the fold and after a day, duplicates with and without id.
  local function make_log()
    local pick, log = random(20240611), {}
    local function add(time, act, phase, more)
      local event = ev(0, act, phase, more)
      event.time = time
      event.record = #log + 1
      event.content = event.content or event.record
      log[#log + 1] = event
      if pick(10) == 1 then
        local copy = {}
        for key, value in pairs(event) do copy[key] = value end
        copy.record, copy.file, copy.content = #log + 1, 1, event.content - pick(2) * 1000000
        if pick(2) == 1 then copy.id = nil end
        log[#log + 1] = copy
      end
    end
    local number = 0
    while #log < 100000 do
      number = number + 1
      local key, at, id = "k" .. number, pick(2 * 86400) * S, "e" .. number .. "."
      local kind = pick(20)
      if kind <= 8 then
        add(at, key, 1, { id = id .. 1 })
        add(at + pick(600) * S, key, 3, { id = id .. 3 })
      elseif kind <= 12 then
        add(at, key, 1, { id = id .. 1, caller = "c" .. number % 50 })
        add(at, key, 2)
        add(at + pick(4000) * S, key, 3, { status = "failed", object = "o" .. number % 70 })
      elseif kind <= 14 then
        for i = 1, 3 do add(at, key, 3, { id = id .. i }) end
      elseif kind <= 16 then
        add(at, key, 1, { source = "directory" })
        if pick(2) == 1 then add(at + (86300 + pick(200)) * S, key, 3, { source = "directory" }) end
      else
        add(at, key, 3, { source = kind % 2 == 0 and "keyvault" or "signin" })
      end
    end
    return log
  end

  local function shuffle(log, seed)
    local pick, shuffled = random(seed), table.move(log, 1, #log, 1, {})
    for i = #shuffled, 2, -1 do
      local j = pick(i)
      shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
    end
    return shuffled
  end

  -- What semantics.md says, said again in the plainest way: groups by key, no streams, no timers.
  local function model(log)
    local groups = {}
    for _, event in ipairs(log) do
      local key = table.concat({ event.act, event.source or "activity", event.time, event.phase }, " ")
      groups[key] = groups[key] or {}
      table.insert(groups[key], event)
    end
    local by_act = {}
    for _, group in pairs(groups) do
      local ids, nameless, count = {}, false, 0
      for _, event in ipairs(group) do
        if event.id and not ids[event.id] then ids[event.id], count = true, count + 1 end
        nameless = nameless or not event.id
      end
      local first = group[1]
      local key = first.act .. " " .. (first.source or "activity")
      by_act[key] = by_act[key] or {}
      for _ = 1, math.max(count, 1) do table.insert(by_act[key], first) end
    end
    local acts = {}
    local function act(key, time, status)
      acts[#acts + 1] = ("%s %d %s"):format(key, time, status)
    end
    for key, events in pairs(by_act) do
      table.sort(events, function(a, b)
        if a.time ~= b.time then return a.time < b.time end
        return a.phase < b.phase
      end)
      local open
      local folding = key:find "activity$" or key:find "directory$"
      local function close()
        if open and not open.ended then act(key, open.first + HOUR, "unfinished") end
        open = nil
      end
      for _, event in ipairs(events) do
        local joins = folding and open and event.phase > open.phase and event.time - open.first <= 24 * HOUR
        if not joins then
          close()
          open = { first = event.time }
        end
        open.phase = event.phase
        if event.phase == 3 and not open.ended then
          open.ended = true
          local late = event.time > open.first + HOUR
          act(key, late and open.first + HOUR or event.time, late and "unfinished" or event.status or "succeeded")
        end
      end
      close()
    end
    table.sort(acts)
    return acts
  end

  local packed = {} -- by seed: event -> bytes
  local function pack(event, seed)
    packed[seed] = packed[seed] or {}
    packed[seed][event] = packed[seed][event] or order.pack(event, seed)
    return packed[seed][event]
  end

  -- Every step as a line; every third act pinned. Nothing that depends on the order of arrival is in them.
  local function steps_of(options, log)
    local o, lines = order.new(options), {}
    local function pull()
      for step in function() return o:next() end do
        lines[#lines + 1] = step .. " " .. o:line(true)
        if step == "act" and #lines % 3 == 0 then o:pin() end
      end
    end
    for i, event in ipairs(log) do
      if o:push(pack(event, options.seed)) == "restart" then return nil end
      if i % 100 == 0 then pull() end
    end
    assert(o:finish())
    pull()
    return lines, o
  end

  local log = make_log()
  local sorted = { sorted = true, started = true, seed = 1 }

  it("gives the acts that the plain reading of the semantics gives", function()
    local o, acts, last = order.new { sorted = true, seed = 1 }, {}, nil
    for _, event in ipairs(shuffle(log, 5)) do o:push(pack(event, 1)) end
    assert(o:finish())
    for step in function() return o:next() end do
      local act = o:act()
      assert.equal("act", step)
      assert.is_true(not last or last <= act.time)
      last = act.time
      acts[#acts + 1] = ("%s %s %d %s"):format(act.key, act.source, act.time, act.status)
    end
    table.sort(acts)
    local expected = model(log)
    assert.equal(#expected, #acts)
    for i = 1, #acts do
      if expected[i] ~= acts[i] then assert.equal(expected[i], acts[i]) end
    end
    local counts = o:counts()
    assert.equal(#log, counts.events + counts.duplicates)
    assert.is_true(counts.duplicates > 5000 and counts.unfinished > 5000)
  end)

  it("gives the same steps in any order, memory, mode and seed", function()
    local expected = steps_of(sorted, shuffle(log, 1))
    assert.is_true(#expected > 100000)
    local function same(options, events)
      options.started = true
      local lines, o = steps_of(options, events)
      assert.equal(#expected, #lines)
      for i = 1, #lines do
        if lines[i] ~= expected[i] then assert.equal(expected[i], lines[i]) end
      end
      return o:counts()
    end
    local counts = same({ sorted = true, seed = 2 }, shuffle(log, 2))
    assert.equal(0, counts.spilled_bytes)
    -- A few runs, then so many that runs are merged into one on the way.
    counts = same({ sorted = true, seed = 1, memory = 4 << 20 }, shuffle(log, 3))
    assert.is_true(counts.spilled_bytes > #log * 200)
    counts = same({ sorted = true, seed = 2, memory = 65536 }, shuffle(log, 4))
    assert.is_true(counts.spilled_bytes > 1.5 * #log * 200)

    -- In order: by time, each up to 20 minutes late.
    local pick, late = random(9), table.move(log, 1, #log, 1, {})
    local key = {}
    for _, event in ipairs(late) do key[event] = event.time + (pick(20 * 60) - 1) * S end
    table.sort(late, function(a, b)
      if key[a] ~= key[b] then return key[a] < key[b] end
      return a.record < b.record
    end)
    same({ seed = 1, lateness = 20 * MIN }, late)
    same({ seed = 2, lateness = 60 * MIN }, late)
    assert.is_true(steps_of({ seed = 1, lateness = 10 * MIN }, late) == nil)
  end)

  it("gives the same evictions in any order", function()
    local function evicting(options, events)
      options.linger_cap, options.open_cap = 50, 100
      local lines, o = steps_of(options, events)
      return lines, o:counts().join_evicted, o:counts().open_evicted
    end
    local lines, joins, opens = evicting({ sorted = true, seed = 1 }, shuffle(log, 1))
    local again, joins2, opens2 = evicting({ sorted = true, seed = 2, memory = 1 << 20 }, shuffle(log, 6))
    assert.is_true(joins > 1000 and opens > 1000)
    assert.same({ joins, opens, #lines }, { joins2, opens2, #again })
    for i = 1, #lines do
      if lines[i] ~= again[i] then assert.equal(lines[i], again[i]) end
    end
  end)
end)

describe("trouble", function()
  local function fill(o, push, count)
    for i = 1, count do
      local pushed, message, code = push(ev(i * 7919 % 100003, "a" .. i, 3))
      if not pushed then return message, code end
    end
    local finished, message, code = o:finish()
    if not finished then return message, code end
  end

  it("names the folder that does not exist", function()
    local o, push = new { sorted = true, memory = 65536 }
    local before = order.tmpdir "/nonexistent/folder"
    local message, code = fill(o, push, 5000)
    order.tmpdir(before)
    assert.equal(AR_EIO, code)
    assert.matches("cannot create a temporary file in /nonexistent/folder: No such file", message, 1, true)
    assert.matches("TMPDIR", message, 1, true)
  end)

  it("says when the temporary file cannot grow", function()
    local o, push = new { sorted = true, memory = 65536 }
    assert.is_true(order.file_limit(300000))
    local message, code = fill(o, push, 5000)
    order.file_limit(nil)
    assert.equal(AR_EIO, code)
    assert.matches("cannot write to a temporary file in ", message, 1, true)
  end)

  it("refuses events after the end", function()
    local o, push = new {}
    assert.is_true(o:finish())
    assert.is_true(o:finish())
    local pushed, message, code = push(ev(0, "a", 3))
    assert.same({ nil, AR_EUSAGE }, { pushed, code })
    assert.matches("after the end", message, 1, true)
  end)

  it("does not mind an order with nothing in it", function()
    for _, sorted in ipairs { false, true } do
      assert.same({}, (run({ sorted = sorted }, {})))
    end
  end)

  it("takes times at both ends", function()
    local far = { ev(0, "a", 1), ev(0, "b", 1), ev(0, "c", 3) }
    far[1].time, far[2].time, far[3].time = math.maxinteger, math.mininteger + 1, math.mininteger
    for i, event in ipairs(far) do event.record = i end
    local acts = {}
    for _, sorted in ipairs { false, true } do
      run({ sorted = sorted, lateness = 0 }, sorted and far or { far[3], far[2], far[1] }, function(_, _, act)
        acts[#acts + 1] = act.key .. act.time - math.mininteger
      end)
    end
    assert.same({ "c0", "b" .. HOUR + 1, "a-1", "c0", "b" .. HOUR + 1, "a-1" }, acts)
  end)

  -- Every allocation fails once: a clean failure, nothing leaks, and a pull may be repeated.
  local function survive(options, events, n)
    order.fail_at(n)
    local o, lines, failed = order.new(options), {}, false
    if not o then return true, nil end
    for _, event in ipairs(events) do
      local pushed, _, code = o:push(event)
      if not pushed then
        assert.equal(AR_ENOMEM, code)
        o:free()
        return true, nil
      end
    end
    local finished, _, code = o:finish()
    if not finished then
      assert.equal(AR_ENOMEM, code)
      o:free()
      return true, nil
    end
    while true do
      local step, message
      step, message, code = o:next()
      if step then lines[#lines + 1] = line_of(step, o)
      elseif message then
        assert.equal(AR_ENOMEM, code)
        failed = true
      else break end
    end
    local none_failed = not failed and n > order.fail_at(0)
    o:free()
    return not none_failed, lines
  end

  it("survives want of memory anywhere", function()
    local events = {}
    for i = 1, 1500 do
      events[#events + 1] = ev(i * 7919 % 1009, "a" .. i % 1200, i % 3 + 1, { id = "i" .. i, record = i })
    end
    for i = 1, 40 do events[#events + 1] = ev(500, "same", 3, { id = "s" .. i % 20, record = i, content = i }) end
    local packed = {}
    for i, event in ipairs(events) do packed[i] = order.pack(event, 1) end
    collectgarbage()
    for _, options in ipairs { { sorted = true }, { sorted = true, memory = 65536 }, { lateness = HOUR } } do
      local live, n, expected = order.live(), 0, (run(options, events))
      collectgarbage()
      repeat
        n = n + 1
        local hit, lines = survive(options, packed, n)
        if lines then assert.same(expected, lines) end
        assert.equal(live, order.live())
      until not hit
      assert.is_true(n > 10)
    end
    order.fail_at(0)
  end)
end)
