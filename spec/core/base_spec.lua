-- base: errors, slices, identities, memory, names.
local T = require("armrun.core").T.base

describe("base", function()
  after_each(function() T.alloc_fail_at(0) end)

  describe("an error message", function()
    it("is filled, and false comes back", function()
      local ok, message, code_kept = T.fail "logs.json:3: what"
      assert.is_false(ok)
      assert.equal("logs.json:3: what", message)
      assert.is_true(code_kept)
    end)

    it("is cut between characters", function()
      for pad = 0, 8 do
        for _, char in ipairs { "x", "é", "€", "\u{1F600}" } do
          local _, message = T.fail(("a"):rep(pad) .. char:rep(479))
          assert(utf8.len(message), pad .. char)
          assert.is_true(#message <= 479 and #message >= 475, pad .. char .. #message)
        end
      end
    end)

    it("survives bytes that are no characters", function()
      local _, message = T.fail(("\x80"):rep(600))
      assert.is_true(#message >= 475)
    end)
  end)

  describe("nearest", function()
    local words = { "severity", "confidence", "tactics", "title", "on", "needs" }
    it("finds slips", function()
      assert.equal("severity", T.nearest("severty", words))
      assert.equal("severity", T.nearest("SEVERITY", words))
      assert.equal("severity", T.nearest("severityy", words))
      assert.equal("tactics", T.nearest("tatcics", words))
      assert.equal("confidence", T.nearest("confidance", words))
      assert.equal("on", T.nearest("On", words))
    end)
    it("does not guess", function()
      assert.is_nil(T.nearest("burst", words))
      assert.is_nil(T.nearest("", words))
      assert.is_nil(T.nearest(("x"):rep(65), words))
      assert.is_nil(T.nearest("severity", {}))
      assert.is_nil(T.nearest("x", { ("x"):rep(65) }))
    end)
    it("takes the nearer of two, the first of equals", function()
      assert.equal("need", T.nearest("nee", { "needs", "need" }))
      assert.equal("need", T.nearest("nee", { "need", "seen", "neet" }))
    end)
  end)

  describe("slices", function()
    it("compare by bytes, then length", function()
      assert.equal(0, T.compare("", ""))
      assert.equal(-1, T.compare("", "\0"))
      assert.equal(-1, T.compare("a", "a\0"))
      assert.equal(1, T.compare("b", "abc"))
      assert.equal(-1, T.compare("Z", "a"))
      assert.equal(1, T.compare("\xff", "a"))
    end)
    it("are equal, or but for ASCII case", function()
      assert.same({ true, true }, { T.equal("aB\0", "aB\0") })
      assert.same({ false, true }, { T.equal("aB@[`{", "Ab@[`{") })
      assert.same({ false, false }, { T.equal("@", "`") })
      assert.same({ false, false }, { T.equal("É", "é") })
      assert.same({ false, false }, { T.equal("a", "ab") })
      assert.same({ false, false }, { T.equal("a\0b", "a\0c") })
    end)
    it("start with a prefix", function()
      assert.same({ true, true }, { T.starts("Microsoft", "") })
      assert.same({ true, true }, { T.starts("Microsoft", "Micro") })
      assert.same({ false, true }, { T.starts("Microsoft", "mICRO") })
      assert.same({ false, false }, { T.starts("Micro", "Microsoft") })
    end)
    it("lose white space at both ends only", function()
      assert.equal("a b", T.trim " \t\r\n\v\fa b \n")
      assert.equal("", T.trim " \n ")
      assert.equal("\0 x", T.trim "\0 x ")
      assert.equal("\u{A0}x", T.trim "\u{A0}x")
    end)
    it("lower ASCII only", function() assert.equal("azÉ@[\0", T.lower "AZÉ@[\0") end)
  end)

  describe("identities", function()
    local text = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    it("are GUIDs as they are", function()
      assert.equal(text, T.guid(text))
      assert.equal(text, T.guid(text:upper()))
      assert.equal(text, T.guid((text:gsub("-", ""))))
      assert.equal(T.id_name(text, 1), T.id_name(text:upper():gsub("-", ""), 2))
      assert.equal("3f2504e04f8911d39a0c0305e82c3301", T.id_name(text, 9))
      assert.is_nil(T.id_name("00000000-0000-0000-0000-000000000000", 1)) -- nobody
    end)
    it("are no GUIDs when a byte is off", function()
      for _, wrong in ipairs { "", text:sub(1, 35), text .. "0", "{" .. text .. "}", text:gsub("3f", "3g"),
                               text:gsub("-", "_"), "3f2504e04-f89-11d3-9a0c-0305e82c3301", (" "):rep(36),
                               text:sub(1, 31), ("-"):rep(32), ("-"):rep(36) } do
        assert.is_nil(T.guid(wrong), wrong)
      end
    end)
    it("of text are the same within a seed and differ between seeds", function()
      assert.equal(T.id_of("a", 1), T.id_of("a", 1))
      assert.not_equal(T.id_of("a", 1), T.id_of("a", 2))
      assert.not_equal(T.id_of("a", 1), T.id_of("b", 1))
      assert.not_equal(T.id_of("a", 1), T.id_of("A", 1))
      assert.is_nil(T.id_of("", 1))
    end)
    it("of names ignore case, at any length", function()
      for _, length in ipairs { 1, 31, 33, 37, 511, 512, 513, 1023, 1024, 1025, 4096, 100000 } do
        local name = ("Aé@[z"):rep(length):sub(1, length)
        assert.equal(T.id_name(name, 5), T.id_name(name:upper(), 5), length)
        assert.equal(T.id_of(name:lower(), 5), T.id_name(name, 5), length) -- in pieces or in one go
        assert.not_equal(T.id_name(name, 5), T.id_name(name .. "x", 5), length)
      end
    end)
    it("mix in order", function()
      local a, b = T.id_of("a", 1), T.id_of("b", 1)
      assert.equal(T.id_mix(a, b), T.id_mix(a, b))
      assert.not_equal(T.id_mix(a, b), T.id_mix(b, a))
      assert.not_equal(T.id_mix(a, nil), T.id_mix(nil, a))
      assert.not_equal(a, T.id_mix(a, nil))
      assert.is_nil(T.id_mix(nil, nil))
    end)
    it("hash for good: the published value of XXH3 for nothing, and another by seed", function()
      assert.equal(0x2D06800538D394C2, T.hash_fixed "")
      assert.equal(T.hash_fixed "", T.hash_seeded("", 0))
      assert.not_equal(T.hash_seeded("a", 1), T.hash_seeded("a", 2))
    end)
    it("SHA-256 as published", function()
      assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", T.sha256 "")
      assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", T.sha256 "abc")
      assert.equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", T.sha256(("a"):rep(1000000)))
    end)
    it("seeds differ", function() assert.not_equal(T.seed_new(), T.seed_new()) end)

    -- Ids are the sender's to choose (GUIDs in a log). Wherever the bits they vary lie, 4096 of them must fall into
    -- about 4096 × (1 - 1/e) = 2589 of 4096 slots; plain multiplication gave 1 for the top bits.
    for _, seed in ipairs { 1, 0x5DEECE66D, -1, math.mininteger + 1 } do
      it("fall into unforeseeable slots, seed " .. seed, function()
        for shift = 0, 116, 4 do
          for _, mask in ipairs { 4095, 65535 } do
            local slots, distinct = mask + 1, T.spread(seed, mask, shift, 4096)
            local expected = slots * (1 - math.exp(-4096 / slots))
            assert.is_true(distinct > 0.9 * expected, ("shift %d mask %d: %d slots"):format(shift, mask, distinct))
          end
        end
      end)
    end
    it("fall elsewhere under another seed", function()
      local same = 0
      for i = 1, 200 do
        local id = T.id_of("x" .. i, 1)
        if T.id_slot(id, 11, 1023) == T.id_slot(id, 13, 1023) then same = same + 1 end
      end
      assert.is_true(same < 10)
    end)
  end)

  describe("memory", function()
    it("grows by doubling, and not beyond what can be counted", function()
      assert.equal(8, T.grow(1, 16))
      assert.equal(8, T.grow(8, 16))
      assert.equal(16, T.grow(9, 16))
      assert.equal(1024, T.grow(1000, 1))
      assert.is_nil(T.grow(math.maxinteger, 16))
      assert.is_nil(T.grow(1 << 61, 8))
    end)

    it("fails when told to, once", function()
      T.alloc_fail_at(1)
      assert.is_nil(T.grow(1, 1))
      assert.equal(8, T.grow(1, 1))
      assert.equal(2, T.alloc_fail_at(0))
    end)

    it("arena: what is asked for, aligned, with a NUL behind copies", function()
      local arena = T.arena(64)
      for _, bytes in ipairs { 0, 1, 15, 16, 17, 64, 65, 1000, 3 } do assert.is_true(arena:alloc(bytes)) end
      assert.equal("a\0b", arena:copy "a\0b")
      assert.equal("", arena:copy "")
      assert.equal("microsoft", arena:lower "MicroSoft")
      assert.is_false(arena:alloc(math.mininteger))
      assert.is_false(arena:alloc(-1))
    end)

    it("arena: a reset keeps the blocks, and a warm arena does not allocate", function()
      local arena = T.arena(1024)
      local function record()
        for _, bytes in ipairs { 100, 3000, 5, 900, 900, 8000, 2000, 40 } do assert.is_true(arena:alloc(bytes)) end
        arena:reset()
      end
      record()
      record()
      local held = arena:bytes()
      T.alloc_fail_at(0)
      for _ = 1, 50 do record() end
      assert.equal(0, T.alloc_fail_at(0))
      assert.equal(held, arena:bytes())
    end)

    it("arena: requests that creep upwards do not add up", function()
      local arena = T.arena(4096)
      for bytes = 1, 500000, 797 do
        assert.is_true(arena:alloc(bytes))
        assert.is_true(arena:alloc(bytes // 2))
        arena:reset()
      end
      assert.is_true(arena:bytes() < 4 * 1048576, arena:bytes()) -- all together were 230 MB
    end)

    it("arena: out of memory is said, and nothing is lost", function()
      local before = T.alloc_live()
      local arena = T.arena(64)
      assert.equal("kept", arena:copy "kept")
      T.alloc_fail_at(1)
      assert.is_false(arena:alloc(1000))
      assert.is_true(arena:alloc(1000))
      T.alloc_fail_at(1)
      assert.is_nil(T.arena(64))
      getmetatable(arena).__gc(arena)
      assert.equal(before, T.alloc_live())
    end)
  end)

  describe("names", function()
    it("are numbers in the order of first sight", function()
      local names = T.names(10)
      assert.equal(1, names:add "a")
      assert.equal(2, names:add "b")
      assert.equal(1, names:add "a")
      assert.equal(3, names:add "A")
      assert.equal(4, names:add "a\0")
      assert.equal(5, names:add "")
      assert.equal(2, names:find "b")
      assert.equal(0, names:find "c")
      assert.equal("a\0", names:text(4))
      assert.is_nil(names:text(0))
      assert.is_nil(names:text(6))
      assert.same({ 5, 0 }, { names:counts() })
    end)

    it("are `other` beyond the cap, counted, and the known stay known", function()
      local names = T.names(3)
      for i = 1, 100 do assert.equal(i <= 3 and i or 0, names:add("n" .. i)) end
      assert.same({ 3, 97 }, { names:counts() })
      assert.equal(2, names:add "n2")
      assert.same({ 3, 97 }, { names:counts() })
      assert.equal(0, T.names(0):add "x")
    end)

    it("are `other` beyond the length", function()
      local names = T.names(3)
      assert.equal(1, names:add(("x"):rep(1024)))
      assert.equal(0, names:add(("x"):rep(1025)))
      assert.same({ 1, 1 }, { names:counts() })
    end)

    it("keep thousands apart through every growth", function()
      local names = T.names(100000, T.seed_new())
      for i = 1, 20000 do assert.equal(i, names:add("name" .. i)) end
      for i = 1, 20000 do
        assert.equal(i, names:find("name" .. i))
        assert.equal("name" .. i, names:text(i))
      end
    end)

    it("answer rightly while four threads add", function()
      for _ = 1, 5 do
        local names = T.names(10000, T.seed_new())
        assert.same({ 0, 4 }, { names:race(5003) })
        assert.same({ 5003, 0 }, { names:counts() })
        local seen = {}
        for i = 1, 5003 do seen[names:text(i)] = true end
        for i = 0, 5002 do assert.is_true(seen[("provider/kind/%d/write"):format(i)]) end
      end
    end)

    it("survive every failed allocation", function()
      local before = T.alloc_live()
      for n = 1, 4 do
        T.alloc_fail_at(n)
        assert.is_nil(T.names(10))
        assert.equal(before, T.alloc_live())
      end
      local names, number = T.names(5000), 0
      for i = 1, 3000 do
        T.alloc_fail_at(i % 3 + 1)
        local got = names:add("n" .. i)
        T.alloc_fail_at(0)
        if got > 0 then number = number + 1 end
        assert.equal(got > 0 and number or 0, got)
        assert.equal(got, names:find("n" .. i))
      end
      assert.is_true(number > 2900)
      assert.same({ number, 3000 - number }, { names:counts() })
    end)
  end)
end)
