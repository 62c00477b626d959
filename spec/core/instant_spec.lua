-- instant: points in time. Expected numbers are computed by hand (or by `date -u -d … +%s`), never by the code.
local T = require("armrun.core").T.instant

local second, day = 10000000, 864000000000

describe("instant", function()
  describe("parse", function()
    it("counts 100 ns since 1970", function()
      assert.equal(0, (T.parse "1970-01-01T00:00:00Z"))
      assert.equal(1, (T.parse "1970-01-01T00:00:00.0000001Z"))
      assert.equal(-1, (T.parse "1969-12-31T23:59:59.9999999Z"))
      assert.equal(day, (T.parse "1970-01-02T00:00:00Z"))
      assert.equal(1768035607 * second + 1234567, (T.parse "2026-01-10T09:00:07.1234567Z"))
      assert.equal(951782400 * second, (T.parse "2000-02-29T00:00:00Z"))
      assert.equal(-62135596800 * second, (T.parse "0001-01-01T00:00:00Z"))
      assert.equal(253402300799 * second + 9999999, (T.parse "9999-12-31T23:59:59.9999999Z"))
    end)

    -- 2007-01-09T09:41:00Z is 1168335660.
    local base = 1168335660 * second
    local forms = {
      { "01/09/2007 09:41:00", 0, false },
      { "1/9/2007 09:41:00", 0, false },
      { "01/09/2007 09:41:00 AM", 0, false },
      { "1/9/2007 9:41:00 AM", 0, false },
      { "1/9/2007 10:41:00 AM +01:00", 0, true },
      { "1/9/2007 9:41:00 PM", 12 * 3600 * second, false },
      { "2007-01-09T09:41:00", 0, false },
      { "2007-01-09T09:41:00.22Z", 2200000, true },
      { "2007-01-09T09:41:00.6816663Z", 6816663, true },
      { "2007-01-09T09:41:00.535404056Z", 5354040, true },
      { "2007-01-09T09:41:00.992099+00:00", 9920990, true },
      { "2007-01-09T11:41:00+02:00", 0, true },
      { "2007-01-09T11:41:00+0200", 0, true },
      { "2007-01-09T11:41:00+02", 0, true },
      { "2007-01-09T04:11:00-05:30", 0, true },
      { "2007-01-09 09:41:00.123", 1230000, false },
      { "2007-01-09 09:41:00 UTC", 0, true },
      { "2007-01-09T09: 41: 00.58Z", 5800000, true },
      { "2007-01-09t09:41:00z", 0, true },
      { "  2007-01-09T09:41:00Z\t", 0, true },
      { "2007-01-09T09:41Z", 0, true },
      { "2007-01-09T09:41:00.00000009999999999999Z", 0, true },
      { "2007-01-09", -(9 * 3600 + 41 * 60) * second, false },
    }
    for _, form in ipairs(forms) do
      it("reads '" .. form[1] .. "'", function()
        local at, zoned = T.parse(form[1])
        assert.equal(base + form[2], at)
        assert.equal(form[3], zoned)
      end)
    end

    it("knows noon and midnight of the twelve-hour clock", function()
      assert.equal(base - (9 * 3600 + 41 * 60) * second, (T.parse "1/9/2007 12:00:00 AM"))
      assert.equal(base + (2 * 3600 + 19 * 60) * second, (T.parse "1/9/2007 12:00:00 PM"))
      assert.is_nil(T.parse "1/9/2007 13:00:00 PM")
      assert.is_nil(T.parse "1/9/2007 0:00:00 AM")
    end)

    it("takes a leap second as the last moment before it", function()
      assert.equal(1483228799 * second + 9999999, (T.parse "2016-12-31T23:59:60Z"))
      assert.equal(1483228799 * second + 9999999, (T.parse "2016-12-31T23:59:60.5Z"))
    end)

    it("knows the calendar", function()
      assert.is_truthy(T.parse "2024-02-29T00:00:00Z")
      assert.is_nil(T.parse "2023-02-29T00:00:00Z")
      assert.is_truthy(T.parse "2000-02-29T00:00:00Z")
      assert.is_nil(T.parse "1900-02-29T00:00:00Z")
      assert.is_nil(T.parse "2023-02-30T00:00:00Z")
      assert.is_nil(T.parse "2023-04-31T00:00:00Z")
      assert.is_nil(T.parse "2023-00-10T00:00:00Z")
      assert.is_nil(T.parse "2023-13-10T00:00:00Z")
      assert.is_nil(T.parse "2023-12-00T00:00:00Z")
      assert.is_nil(T.parse "0000-01-01T00:00:00Z")
    end)

    local wrong = {
      "", " ", "Z", "now", "2023", "2023-01", "2023-01-01T", "2023-01-01TZ", "2023-01-01T10", "2023-01-01T10Z",
      "2023-01-01T24:00:00Z", "2023-01-01T10:60:00Z", "2023-01-01T10:00:61Z", "2023-01-01T10:00:00.Z",
      "2023-01-01T10:00:00ZZ", "2023-01-01T10:00:00X", "2023-01-01T10:00:00+1:00", "2023-01-01T10:00:00+24:00",
      "2023-01-01T10:00:00+01:60", "2023-01-01T10:00:00+01:", "2023-1-1T10:00:00Z", "23-01-01T10:00:00Z",
      "2023/01/01 10:00:00", "13/01/2023 10:00:00", "1/32/2023 10:00:00", "1/1/23 10:00:00", "1/1/2023",
      "2023-01-01T10:00:00\0Z", "２０２３-01-01T10:00:00Z", "2023-01-01T1O:00:00Z", "+023-01-01T10:00:00Z",
      "2023-01-01T-1:00:00Z", "2023-01-01T10:00:0:Z", "12023-01-01T10:00:00Z", "1673773200",
      "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:00-00:01",
    }
    for _, text in ipairs(wrong) do
      it(("refuses %q"):format(text), function() assert.is_nil(T.parse(text)) end)
    end

    it("gives the same for every cut of a good text, or refuses it", function()
      local whole = "2026-01-10T09:00:07.1234567Z"
      local function digits(ticks, cut)
        local unit = math.tointeger(10 ^ cut)
        return ticks // unit * unit
      end
      for cut = 0, #whole - 1 do
        local at = T.parse(whole:sub(1, cut))
        if cut == 10 then assert.equal(1768003200 * second, at) -- a date alone
        elseif cut == 16 then assert.equal(1768035600 * second, at) -- without seconds
        elseif cut == 19 then assert.equal(1768035607 * second, at)
        elseif cut >= 21 then assert.equal(1768035607 * second + digits(1234567, 27 - cut), at)
        else assert.is_nil(at, whole:sub(1, cut)) end
      end
    end)
  end)

  describe("text", function()
    it("writes as many digits as needed", function()
      assert.equal("1970-01-01T00:00:00Z", T.text(0))
      assert.equal("1970-01-01T00:00:00.0000001Z", T.text(1))
      assert.equal("1970-01-01T00:00:00.1Z", T.text(1000000))
      assert.equal("1969-12-31T23:59:59.9999999Z", T.text(-1))
      assert.equal("2026-01-10T09:00:07.1234567Z", T.text(1768035607 * second + 1234567))
      assert.equal("2007-01-09T09:41:00.22Z", T.text(1168335660 * second + 2200000))
    end)

    it("survives every number", function()
      assert.equal("", T.text(math.mininteger))
      assert.matches("^31197%-.*Z$", T.text(math.maxinteger)) -- 9223372036854775807 / 864e9 days: 10675199 of them
      assert.matches("Z$", T.text(math.mininteger + 1))
    end)

    it("is what parse reads, for every month of 1,200 years and the ends of time", function()
      local function check(year, month, mday)
        local text = ("%04d-%02d-%02dT23:59:59.5Z"):format(year, month, mday)
        local at = T.parse(text)
        assert.equal(text, at and T.text(at))
        return at
      end
      local last, lengths = nil, { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }
      for year = 1500, 2700 do
        for month = 1, 12 do
          local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
          local days = lengths[month] + ((month == 2 and leap) and 1 or 0)
          local first = check(year, month, 1)
          if last then assert.equal(day, first - last) end -- the day after the last of the month before
          last = check(year, month, days)
          assert.equal((days - 1) * day, last - first)
        end
      end
      check(1, 1, 1)
      check(9999, 12, 31)
    end)
  end)

  it("tells day and hour, before 1970 too", function()
    assert.equal(0, T.day(0))
    assert.equal(-1, T.day(-1))
    assert.equal(-1, T.day(-day))
    assert.equal(1, T.day(day))
    assert.equal(0, T.hour(0))
    assert.equal(23, T.hour(-1))
    assert.equal(9, T.hour(T.parse "2026-01-10T09:59:59Z"))
  end)

  it("has a clock", function()
    assert.is_true(math.abs(T.now() - os.time() * second) < 60 * second)
  end)

  describe("span", function()
    it("reads units and plain seconds", function()
      assert.equal(90 * second, T.span "90s")
      assert.equal(600 * second, T.span "10m")
      assert.equal(day, T.span "24h")
      assert.equal(45 * day, T.span "45d")
      assert.equal(5400 * second, T.span "1h30m")
      assert.equal(5400 * second, T.span " 1h 30m ")
      assert.equal(2500000, T.span "250ms")
      assert.equal(90 * second, T.span "90")
    end)

    for _, text in ipairs { "", " ", "s", "0", "0s", "-1s", "1.5h", "30m1h", "5m5m", "1h30", "1H", "1w", "1 h", "h1",
                            "99999999999999999999d", "20000000d", "1s\0" } do
      it(("refuses %q"):format(text), function() assert.is_nil(T.span(text)) end)
    end

    local texts = {
      { 0, "0 s" }, { 9999, "0 ms" }, { 120000, "12 ms" }, { 4000000, "0.4 s" }, { second, "1 s" },
      { 99999999, "9.9 s" }, { 41 * second, "41 s" }, { 599999999, "59 s" }, { 60 * second, "1 min" },
      { 200 * second, "3 min 20 s" }, { 7200 * second, "2 h" }, { 5400 * second, "1 h 30 min" }, { day, "1 day" },
      { 45 * day, "45 days" }, { 45 * day + 3 * 3600 * second, "45 days 3 h" }, { -41 * second, "-41 s" },
      { math.mininteger, "-10675199 days 2 h" },
    }
    for _, case in ipairs(texts) do
      it("says " .. case[2], function() assert.equal(case[2], T.span_text(case[1])) end)
    end
  end)
end)
