-- ipset: loading feeds of every format, merging, validity, and what is refused.
local core = require "armrun.core"
local T, I = core.T.ipset, core.T.instant
local base = core.T.base

local function at(text) return (assert(I.parse(text))) end

local set

local function load(text, tag, name) return set:text(tag or "malicious", name or "feed", text) end

local function built(text, tag)
  local report = assert(load(text, tag))
  assert(set:build())
  return report
end

local function tags(ip, when) return (set:find(ip, when)) end

describe("ipset", function()
  before_each(function() set = T.new() end)
  after_each(function() base.alloc_fail_at(0) end)

  describe("plain lists", function()
    it("take addresses, networks and ranges, whatever stands around them", function()
      local report = built("\239\187\191# header\r\n20.1.1.1\r\n  20.1.2.0/24 ; SBL1\n20.1.4.1-20.1.4.9 // note\n"
        .. "20.1.5.1 - 20.1.5.2\n20.1.6.1\t9\n2a01:1::1\n2a01:2::/32 # x, y\n\n;c\n//c\n20.1.7.7:443\n[2a01:3::3]:80\n"
        .. "20.1.8.0/255.255.255.0\n20.1.9.77/24\n20.1.10.1 - seen twice\n20.1.11.1- 20.1.11.2\n20.1.12.1 -20.1.12.2")
      assert.same({ "plain", 14, 0 }, { report.format, report.read, report.bad })
      for _, ip in ipairs { "20.1.1.1", "20.1.2.0", "20.1.2.255", "20.1.4.1", "20.1.4.5", "20.1.4.9", "20.1.5.1",
        "20.1.5.2",
                            "20.1.6.1", "2a01:1::1", "2a01:2::", "2a01:2:ffff:ffff:ffff:ffff:ffff:ffff", "20.1.7.7",
                            "2a01:3::3", "20.1.8.9", "20.1.9.0", "20.1.9.255", "20.1.10.1", "20.1.11.2", "20.1.12.2",
                            "::ffff:20.1.1.1" } do
        assert.equal("malicious", tags(ip), ip)
      end
      for _, ip in ipairs { "20.1.1.0", "20.1.1.2", "20.1.1.255", "20.1.3.0", "20.1.4.0", "20.1.4.10", "20.1.5.3",
        "2a01:1::",
                            "2a01:1::2", "2a01:1:ffff::", "2a01:3::", "20.1.10.0", "20.1.12.3",
                            "1.1.1.1", "223.255.255.255", "3000::" } do
        assert.equal("", tags(ip), ip)
      end
    end)

    it("count what is bad, with its line, readable", function()
      local report = assert(load("20.1.1.1\nevil\27[31m\xff\n300.1.1.1\n020.1.1.1\n0x14.1.1.1\n335610371\n"
        .. "20.1.1.9-20.1.1.1\n"
        .. "20.1.1.0/33\n2a01::/129\n20.1.1.0/-1\n20.1.1.0/\n20.1.1.0/024\n20.1.1.0/255.0.255.0\n20.1.1.1-2a01::1\n"
          .. "20.1.2.1\n"))
      assert.equal(2, report.read)
      assert.equal(13, report.bad)
      assert.same({ 2, 3, 4, 5, 6, 7, 8, 9 }, report.lines)
      assert.equal("evil\\x1B[31m\\xFF", report.first_bad)
    end)

    it("shorten what is bad and long", function()
      local report = assert(load("20.1.1.1\n" .. ("\\"):rep(1000) .. "\n"))
      assert.matches("^\\x5C.*%.%.%.$", report.first_bad)
      assert.is_true(#report.first_bad < 96)
    end)

    it("may be an ipset save file", function()
      local report = built("create bad hash:net family inet hashsize 1024\nadd bad 20.1.1.0/24 timeout 60\n"
        .. "add bad 20.1.2.1\nCOMMIT\n")
      assert.same({ 2, 0 }, { report.read, report.bad })
      assert.equal("malicious", tags "20.1.1.9")
      assert.equal("malicious", tags "20.1.2.1")
    end)

    it("lose private space and what is too wide", function()
      local report = built("10.0.0.0/8\n192.168.1.1\n127.0.0.1\n0.0.0.0\n203.0.113.5\nfe80::1\n2001:db8::/32\n"
        .. "100.64.0.0/10\n::/0\n"
        .. "20.0.0.0/7\n0.0.0.0/0\n20.0.0.0-22.0.0.0\n2a00::/18\n20.0.0.0/8\n2a00::/19\n20.1.1.1\n")
      assert.same({ 3, 8, 5, 0 }, { report.read, report.private, report.wide, report.bad })
      assert.equal("malicious", tags "20.255.255.255")
      assert.equal("", tags "21.0.0.0")
      assert.equal("malicious", tags "2a00:1fff::")
      assert.equal("", tags "2a00:2000::")
    end)

    it("never say a word about private space inside a network", function()
      built("198.0.0.0/8\n192.0.0.0/8\n2001::/19")
      for _, ip in ipairs { "198.17.255.255", "198.20.0.0", "198.255.255.255", "192.167.255.255", "2001:1234::1" } do
        assert.equal("malicious", tags(ip), ip)
      end
      for _, ip in ipairs { "198.18.0.0", "198.19.255.255", "192.168.0.1", "198.51.100.1", "2001:db8::1" } do
        assert.equal("", tags(ip), ip)
      end
    end)
  end)

  describe("overlap", function()
    it("adds tags up and names the innermost bad feed", function()
      assert(load("20.0.0.0/8", "hosting", "cloud"))
      assert(load("20.1.0.0/16\n20.2.0.0/16", "vpn", "vpns"))
      assert(load("20.1.1.1\n20.1.1.4/30", "tor", "exits"))
      assert(load("20.1.1.1", "malicious", "late"))
      assert(set:build())
      assert.same({ "hosting", "cloud", 8, 0, "" }, { set:find "20.3.0.0" })
      assert.same({ "vpn hosting", "vpns", 16, 0, "" }, { set:find "20.1.0.0" })
      assert.same({ "malicious tor vpn hosting", "exits", 32, 0, "" }, { set:find "20.1.1.1" })
      assert.same({ "tor vpn hosting", "exits", 30, 0, "" }, { set:find "20.1.1.7" })
      assert.same({ "vpn hosting", "vpns", 16, 0, "" }, { set:find "20.1.1.8" })
      assert.same({ "vpn hosting", "vpns", 16, 0, "" }, { set:find "20.2.255.255" })
      assert.same({ "", nil, 0, 0, "" }, { set:find "21.0.0.0" })
      assert.equal("malicious tor vpn hosting", set:tags())
    end)

    it("allow wins, wherever and whenever it was loaded", function()
      assert(load("20.1.0.0/16", "allow", "ours"))
      assert(load("20.1.1.1\n20.2.1.1\n20.3.0.0/16", "malicious"))
      assert(load("20.3.3.3", "allow", "ours too"))
      assert(set:build())
      assert.equal("", tags "20.1.1.1")
      assert.equal("malicious", tags "20.2.1.1")
      assert.equal("malicious", tags "20.3.3.2")
      assert.equal("", tags "20.3.3.3")
      assert.equal("malicious", tags "20.3.3.4")
    end)

    it("merges neighbours that say the same", function()
      built "20.1.0.0/24\n20.1.1.0/24\n20.1.2.0/24\n20.1.0.128/25\n20.1.0.0/24\n20.9.9.9\n20.9.9.9"
      assert.is_true(set:ranges() <= 4)
      assert.equal("malicious", tags "20.1.2.255")
      assert.equal("", tags "20.1.3.0")
    end)

    it("is the same as asking every entry, for thousands of random networks", function()
      local seed = 12345
      local function random(n)
        seed = seed * 48271 % 2147483647
        return seed % n
      end
      local kinds, entries = { "malicious", "tor", "vpn", "allow" }, {}
      for _, kind in ipairs(kinds) do
        local lines = {}
        for i = 1, 700 do
          local bits = 20 + random(13)
          local size = 1 << (32 - bits)
          local first = (20 << 24 | random(1 << 16)) // size * size -- crowded on purpose
          local last = first + size - 1
          if i % 3 == 0 then last = first + random(5000) end
          local function quad(n) return ("%d.%d.%d.%d"):format(n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255) end
          lines[i] = i % 3 == 0 and quad(first) .. "-" .. quad(last) or quad(first) .. "/" .. bits
          entries[#entries + 1] = { first, last, kind }
        end
        assert.equal(700, assert(load(table.concat(lines, "\n"), kind, kind)).read)
      end
      assert(set:build())
      for _ = 1, 4000 do
        local n, said = 20 << 24 | random(1 << 16), {}
        for _, e in ipairs(entries) do
          if n >= e[1] and n <= e[2] then said[e[3]] = true end
        end
        local expected = {}
        for _, kind in ipairs(kinds) do
          if said[kind] and not said.allow then expected[#expected + 1] = kind end
        end
        assert.equal(table.concat(expected, " "), tags(("20.0.%d.%d"):format(n >> 8 & 255, n & 255)))
      end
    end)
  end)

  describe("csv", function()
    local function first(text)
      local report = assert(load(text))
      assert(set:build())
      return report
    end

    it("finds the column by its heading, even after one that holds addresses", function()
      local report = first 'reporter,Dst IP,port\n20.9.9.9,20.1.1.1,443\n"20.9.9.9","20.1.1.2","80"\n'
      assert.same({ "csv", 2, 0 }, { report.format, report.read, report.bad })
      assert.equal("malicious", tags "20.1.1.1")
      assert.equal("malicious", tags "20.1.1.2")
      assert.equal("", tags "20.9.9.9")
    end)

    it("finds the column by its cells when no heading tells", function()
      local report = first "# Firstseen,DstIP,DstPort\n2026-01-01 10:00:00,20.1.1.1,443\n2026-01-01,20.1.1.2,444\n"
      assert.same({ 2, 0 }, { report.read, report.bad })
      assert.equal("malicious", tags "20.1.1.2")
    end)

    it("reads quotes that hold delimiters, quotes and line ends, and counts lines", function()
      local report = first 'name,ip\n"a ""b"", c\nd",20.1.1.1\r\nx,"20.1.1.2"\ny,nonsense\n"unclosed,20.1.1.3\n'
      assert.same({ 2, 2 }, { report.read, report.bad })
      assert.same({ 5, 6 }, report.lines)
    end)

    it("takes other delimiters, and one column under a heading", function()
      assert.equal(1, first("id;cidr\n1;20.1.1.0/24\n").read)
      set = T.new()
      assert.equal(1, first("id\tip_address\n1\t20.1.1.1\n").read)
      set = T.new()
      assert.equal(2, first("network\n20.1.1.0/24\n20.1.2.0/24\n").read)
      assert.equal("malicious", tags "20.1.2.3")
    end)

    it("passes over rows that say they are something else", function()
      local report = first("type,indicator\nip,20.1.1.1\ndomain,evil.example\nurl,http://x/\nIPv6-Addr,2a01::1\n"
        .. "ip,nonsense\n")
      assert.same({ 2, 2, 1 }, { report.read, report.skipped, report.bad })
    end)

    it("survives rows of any width", function()
      local report = first("ip,x\n" .. ("x,"):rep(10000) .. "\n20.1.1.1" .. (","):rep(5000) .. "\n" .. "a"
        .. ("b"):rep(100000) .. "\n")
      assert.equal(1, report.read)
    end)
  end)

  describe("tor exit-addresses", function()
    local feed = [[
ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E
Published 2026-01-10 06:00:00
LastStatus 2026-01-10 09:00:00
ExitAddress 20.1.1.1 2026-01-10 08:00:00
ExitAddress 20.1.1.2 2026-01-10 09:00:00
ExitNode 0020D2D9F0AE6FC8B9D6BD18A7FE3B5F0A9E4F5B
ExitAddress 20.1.1.3 2026-01-09 00:00:00
]]
    it("hold from a day before publication to a day after the sighting", function()
      local report = built(feed, "tor")
      assert.same({ "tor exit-addresses", 3, 0 }, { report.format, report.read, report.bad })
      assert.equal(at "2026-01-10T09:00:00Z", report.newest)
      assert.equal("", tags("20.1.1.1", at "2026-01-09T05:59:59.9999999Z"))
      assert.equal("tor", tags("20.1.1.1", at "2026-01-09T06:00:00Z"))
      assert.equal("tor", tags("20.1.1.1", at "2026-01-11T08:00:00Z"))
      assert.equal("", tags("20.1.1.1", at "2026-01-11T08:00:00.0000001Z"))
      assert.equal("tor", tags("20.1.1.2", at "2026-01-11T09:00:00Z"))
      assert.equal("", tags("20.1.1.3", at "2026-01-07T23:59:59Z"))
      assert.equal("tor", tags("20.1.1.3", at "2026-01-08T00:00:00Z"))
      assert.equal("", tags("20.1.1.3", at "2026-01-10T00:00:01Z"))
    end)

    it("join windows of several snapshots, and count what is bad", function()
      assert(load(feed, "tor", "today"))
      local report = assert(load("ExitNode X\nPublished nonsense\nExitAddress 20.1.1.1 2026-01-12 00:00:00\n"
        .. "ExitAddress 20.1.1.1\nExitAddress nonsense 2026-01-12 00:00:00\nWhatever\n", "tor", "tomorrow"))
      assert.same({ 1, 4 }, { report.read, report.bad })
      assert.same({ 2, 4, 5, 6 }, report.lines)
      assert(set:build())
      assert.equal("tor", tags("20.1.1.1", at "2026-01-11T04:00:00Z"))
      assert.equal("tor", tags("20.1.1.1", at "2026-01-12T23:00:00Z"))
      assert.equal("", tags("20.1.1.1", at "2026-01-13T01:00:00Z"))
    end)

    it("add to what always holds", function()
      assert(load(feed, "tor", "exits"))
      assert(load("20.1.0.0/16", "hosting", "cloud"))
      assert(load("20.1.1.2", "allow", "ours"))
      assert(set:build())
      local now = at "2026-01-10T10:00:00Z"
      assert.same({ "tor hosting", "exits", 32, 0, "" }, { set:find("20.1.1.1", now) })
      assert.same({ "hosting", "cloud", 16, 0, "" }, { set:find("20.1.1.1", at "2027-01-01T00:00:00Z") })
      assert.equal("", tags("20.1.1.2", now))
    end)
  end)

  describe("stix", function()
    local function indicator(fields)
      local parts = { '"type":"indicator"' }
      for key, value in pairs(fields) do
        parts[#parts + 1] = ("%q:%s"):format(key, type(value) == "string" and ("%q"):format(value) or tostring(value))
      end
      return "{" .. table.concat(parts, ",") .. "}"
    end
    local function bundle(...)
      return '{"type":"bundle","id":"bundle--1","objects":[{"type":"identity"},' .. table.concat({ ... }, ",") .. "]}"
    end

    it("is valid from and until", function()
      local report = built(bundle(indicator { id = "a", pattern = "[ipv4-addr:value = '20.1.1.1']",
        valid_from = "2026-01-10T00:00:00Z", valid_until = "2026-01-20T00:00:00Z", modified = "2026-01-11T00:00:00Z" },
        indicator { id = "b", pattern = "[ipv4-addr:value = '20.1.1.2']", valid_from = "2026-01-10T00:00:00Z" }))
      assert.same({ "stix", 2, 0, 0 }, { report.format, report.read, report.bad, report.skipped })
      assert.equal(at "2026-01-11T00:00:00Z", report.newest)
      assert.equal("", tags("20.1.1.1", at "2026-01-09T23:59:59Z"))
      assert.equal("malicious", tags("20.1.1.1", at "2026-01-10T00:00:00Z"))
      assert.equal("malicious", tags("20.1.1.1", at "2026-01-20T00:00:00Z"))
      assert.equal("", tags("20.1.1.1", at "2026-01-20T00:00:01Z"))
      assert.equal("", tags("20.1.1.2", at "2026-01-09T00:00:00Z"))
      assert.equal("malicious", tags("20.1.1.2", at "2036-01-09T00:00:00Z"))
    end)

    it("reads the patterns that mean addresses", function()
      local report = built(bundle(
        indicator { pattern = "[ipv4-addr:value='20.1.1.1' OR ipv6-addr:value = '2a01::1']" },
        indicator { pattern = "[ipv4-addr:value ISSUBSET '20.2.0.0/16'] OR [ipv4-addr:value = '20.3.0.0/24']" },
        indicator { pattern = "[ipv4-addr:value IN ('20.4.1.1', '20.4.1.2')]" },
        indicator { pattern = "[network-traffic:dst_ref.type = 'ipv4-addr' AND "
          .. "network-traffic:dst_ref.value = '20.5.1.1']" },
        indicator { pattern = "([domain-name:value = 'x.example' or (ipv4-addr:value = '20.6.1.1')])" }))
      assert.same({ 8, 0, 0 }, { report.read, report.bad, report.skipped })
      for _, ip in ipairs { "20.1.1.1", "2a01::1", "20.2.9.9", "20.3.0.7", "20.4.1.1", "20.4.1.2", "20.5.1.1",
        "20.6.1.1" } do
        assert.equal("malicious", tags(ip), ip)
      end
    end)

    it("takes no pattern for more than it says", function()
      local report = assert(load(bundle(
        indicator { pattern = "[ipv4-addr:value = '20.1.1.1' AND domain-name:value = 'x.example']" }, -- 2nd object
        indicator { pattern = "[ipv4-addr:value = '20.1.1.1'] AND [ipv4-addr:value = '20.1.1.2']" },
        indicator { pattern = "[ipv4-addr:value != '20.1.1.1']" },
        indicator { pattern = "[NOT ipv4-addr:value = '20.1.1.1']" },
        indicator { pattern = "[ipv4-addr:value LIKE '20.1.%']" },
        indicator { pattern = "[ipv4-addr:value = '20.1.1.1'] FOLLOWEDBY [ipv4-addr:value = '20.1.1.2']" },
        indicator { pattern = "[ipv4-addr:value = '20.1.1.1'] WITHIN 5 SECONDS" },
        indicator { pattern = "[ipv4-addr:value = '20.1.1.1" },
        indicator { pattern = "" },
        indicator { pattern = "[ipv4-addr:value = 'nonsense']" },
        indicator { pattern = "[network-traffic:dst_ref.value = '20.1.1.1' AND network-traffic:dst_port = 443]" },
        indicator { pattern = "[ipv4-addr:value = '20.9.9.9']" })))
      assert.same({ 1, 11, 0 }, { report.read, report.bad, report.skipped })
      assert.same({ 2, 3, 4, 5, 6, 7, 8, 9 }, report.lines)
    end)

    it("passes over other kinds and what was revoked, also by a later version", function()
      local report = built(bundle(
        indicator { pattern = "[domain-name:value = 'x.example']" },
        indicator { pattern = "[file:hashes.'SHA-256' = 'abc' AND file:name = 'x']" },
        indicator { pattern = "[process:arguments[0] = 'x']" },
        indicator { pattern = "rule x { }", pattern_type = "yara" },
        indicator { id = "r", pattern = "[ipv4-addr:value = '20.1.1.1']", revoked = true },
        indicator { id = "v", pattern = "[ipv4-addr:value = '20.1.1.2']", modified = "2026-01-02T00:00:00Z",
          revoked = true },
        indicator { id = "v", pattern = "[ipv4-addr:value = '20.1.1.2']", modified = "2026-01-01T00:00:00Z" },
        indicator { id = "w", pattern = "[ipv4-addr:value = '20.1.1.3']", modified = "2026-01-01T00:00:00Z" },
        indicator { id = "w", pattern = "[ipv4-addr:value = '20.1.1.4']", modified = "2026-01-02T00:00:00Z" }))
      assert.same({ 1, 0, 6 }, { report.read, report.bad, report.skipped })
      assert.equal("", tags "20.1.1.1")
      assert.equal("", tags "20.1.1.2")
      assert.equal("", tags "20.1.1.3")
      assert.equal("malicious", tags "20.1.1.4")
    end)
  end)

  describe("misp", function()
    it("takes addresses that are meant for detection, within their sightings and a month", function()
      local report = built [[{"Event":{"Attribute":[
        {"type":"ip-src","to_ids":true,"value":"20.1.1.1","timestamp":"1768003200"},
        {"type":"ip-dst|port","to_ids":true,"value":"20.1.1.2|443"},
        {"type":"domain|ip","to_ids":true,"value":"x.example|20.1.1.3"},
        {"type":"ip-src","to_ids":false,"value":"20.1.1.4"},
        {"type":"ip-src","to_ids":true,"deleted":true,"value":"20.1.1.5"},
        {"type":"domain","to_ids":true,"value":"x.example"},
        {"type":"ip-src","to_ids":true,"value":"20.1.1.6","first_seen":"2026-01-10T00:00:00.000000+00:00",
         "last_seen":"2026-01-11T00:00:00.000000+00:00"},
        {"type":"ip-src","to_ids":true,"value":"nonsense"}],
        "Object":[{"Attribute":[{"type":"ip-dst","to_ids":"1","value":"20.1.1.7"}]}]}}]]
      assert.same({ "misp", 5, 1, 3 }, { report.format, report.read, report.bad, report.skipped })
      assert.same({ 8 }, report.lines)
      assert.equal(at "2026-01-10T00:00:00Z", report.newest)
      for _, ip in ipairs { "20.1.1.1", "20.1.1.2", "20.1.1.3", "20.1.1.7" } do
        assert.equal("malicious", tags(ip), ip) end
      for _, ip in ipairs { "20.1.1.4", "20.1.1.5" } do assert.equal("", tags(ip), ip) end
      assert.equal("", tags("20.1.1.6", at "2026-01-09T23:59:59Z"))
      assert.equal("malicious", tags("20.1.1.6", at "2026-02-10T00:00:00Z"))
      assert.equal("", tags("20.1.1.6", at "2026-02-10T00:00:01Z"))
    end)

    it("comes as a search result and as a warninglist", function()
      local list = '"Attribute":[{"type":"ip-src","to_ids":true,"value":"20.1.1.1"}]'
      assert.equal(1, assert(load('{"response":[{"Event":{' .. list .. "}}]}")).read)
      assert.equal(1, assert(load('{"response":{' .. list .. "}}")).read)
      local report = assert(load('{"name":"x","type":"cidr","list":["20.2.0.0/16","2a02::/32","nonsense"]}', "allow"))
      assert.same({ "misp warninglist", 2, 1 }, { report.format, report.read, report.bad })
    end)
  end)

  describe("other json", function()
    it("is Azure's service tags", function()
      local report = built('{"values":[{"name":"A","properties":{"addressPrefixes":["20.1.0.0/16","2603:1030::/32"]}},'
        .. '{"name":"B","properties":{"addressPrefixes":["20.2.0.0/16"]}}]}', "hosting")
      assert.same({ "servicetags", 3 }, { report.format, report.read })
      assert.equal("hosting", tags "20.2.3.4")
      assert.equal("hosting", tags "2603:1030:ffff::")
    end)

    it("is objects a line, as Spamhaus has them", function()
      local report = built('{"cidr":"20.1.0.0/16","sblid":"SBL1","rir":"x"}\n{"cidr":"bad"}\n{oops\n'
        .. '{"type":"metadata","timestamp":1}\n')
      assert.same({ "json lines", 1, 2, 1 }, { report.format, report.read, report.bad, report.skipped })
      assert.same({ 2, 3 }, report.lines)
      assert.equal("malicious", tags "20.1.2.3")
    end)

    it("is an array of texts or objects", function()
      assert.equal(2, assert(load '["20.1.1.1", "20.1.1.2"]').read)
      assert.equal(1, assert(load '[{"ip":"20.1.1.1"}]').read)
      assert.equal(1, assert(load '{"ip":"20.1.1.1"}').read)
    end)

    it("is refused when it is none of these", function()
      for _, text in ipairs { "{", "{}x", '{"a":1', "[1", '{"a":\n1}', ("["):rep(100000), '{"objects":['
        .. ("{"):rep(5000) } do
        local report, message, code = load(text)
        if report then assert.equal(0, report.read)
        else assert.is_true(code > 0 and #message > 20, message) end
      end
    end)
  end)

  describe("loading", function()
    it("says what was expected when nothing can be read, and leaves the set as it was", function()
      local live = base.alloc_live()
      local report, message = load("<html>\n<body>404</body>\n", "malicious", "list.txt")
      assert.is_nil(report)
      assert.matches("^list.txt:1: '<html>' is no address; expected addresses", message)
      assert.matches("list.txt: is empty", (select(2, load("\n \r\n", "malicious", "list.txt"))))
      assert.equal("", set:tags())
      assert(set:build())
      assert.is_nil(load "20.1.1.1") -- too late
      assert.is_true(base.alloc_live() >= live)
    end)

    it("takes a list of comments for an empty list", function()
      assert.equal(0, assert(load "# nothing today\n").read)
      assert(set:build())
      assert.equal("", tags "20.1.1.1")
      assert.equal(0, set:ranges())
    end)

    it("reads files, and says why not", function()
      local path = os.tmpname()
      local file = assert(io.open(path, "wb"))
      file:write "20.1.1.1\n"
      file:close()
      assert.equal(1, assert(set:file("tor", path)).read)
      os.remove(path)
      assert.matches("cannot be read: No such file", (select(2, set:file("tor", path))))
      assert.matches("is a folder", (select(2, set:file("tor", "/"))))
      assert(set:build())
      assert.same({ "tor", path, 32, 0, "" }, { set:find "20.1.1.1" })
    end)

    it("fails cleanly wherever memory runs out", function()
      local texts = {
        "20.1.1.1\n20.1.2.0/24\n2a01::1\n", "ip,x\n20.1.1.1,y\n", "ExitAddress 20.1.1.1 2026-01-10 08:00:00\n",
        '{"type":"bundle","objects":[{"type":"indicator","pattern":"[ipv4-addr:value = \'20.1.1.1\']"}]}',
      }
      collectgarbage()
      local before = base.alloc_live()
      for _, text in ipairs(texts) do
        for n = 1, 40 do
          local s = T.new()
          assert(s:text("vpn", "first", "20.9.9.9"))
          base.alloc_fail_at(n)
          local loaded = s:text("tor", "second", text)
          base.alloc_fail_at(0)
          assert.equal(loaded and "tor vpn" or "vpn", s:tags())
          base.alloc_fail_at(n)
          local ok = s:build()
          base.alloc_fail_at(0)
          assert(ok or s:build())
          assert.equal("vpn", (s:find "20.9.9.9"))
          assert.equal(loaded and "tor" or "", (s:find("20.1.1.1", at "2026-01-10T08:00:00Z")))
          getmetatable(s).__gc(s)
        end
      end
      assert.equal(before, base.alloc_live())
    end)
  end)
end)
