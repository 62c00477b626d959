-- ipset: MaxMind databases, made here byte by byte after the published format.
local core = require "armrun.core"
local T = core.T.ipset

-- ---- a small writer ----------------------------------------------------------------------------------------------

local encode

local function control(kind, size)
  local high = size < 29 and size or 29
  local tail = size < 29 and "" or string.char(size - 29)
  if kind < 8 then return string.char(kind << 5 | high) .. tail end
  return string.char(high, kind - 7) .. tail
end

local function unsigned(kind, n)
  local bytes = (">I8"):pack(n):gsub("^\0+", "")
  return control(kind, #bytes) .. bytes
end

-- Text, boolean, { u16 = n }, { u32 = n }, { u64 = n }, { list = {…} }, else a map.
function encode(value)
  if type(value) == "string" then return control(2, #value) .. value end
  if type(value) == "boolean" then return control(14, value and 1 or 0) end
  if value.u16 then return unsigned(5, value.u16) end
  if value.u32 then return unsigned(6, value.u32) end
  if value.u64 then return unsigned(9, value.u64) end
  if value.list then
    local out = { control(11, #value.list) }
    for _, item in ipairs(value.list) do out[#out + 1] = encode(item) end
    return table.concat(out)
  end
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  local out = { control(7, #keys) }
  for _, key in ipairs(keys) do out[#out + 1] = encode(key) .. encode(value[key]) end
  return table.concat(out)
end

local function bits_of(net)
  local address, length = net:match "^(.*)/(%d+)$"
  local bits = {}
  if address:find ":" then
    local head, groups = address:match "^(.-)::", {}
    for group in (head or address):gmatch "%x+" do groups[#groups + 1] = tonumber(group, 16) end
    for i = 1, 8 do
      for bit = 15, 0, -1 do bits[#bits + 1] = (groups[i] or 0) >> bit & 1 end
    end
  else
    for byte in address:gmatch "%d+" do
      for bit = 7, 0, -1 do bits[#bits + 1] = tonumber(byte) >> bit & 1 end
    end
  end
  return bits, tonumber(length)
end

-- nets: list of { "20.1.0.0/16", record }; in a version 6 tree IPv4 hangs at ::/96. aliases: paths of bits that lead to
-- the IPv4 tree again.
local function database(kind, version, nets, alias)
  local nodes, data, size = { {} }, {}, 0
  local function walk(bits, length)
    local node = 1
    for i = 1, length - 1 do
      local next_node = nodes[node][bits[i]]
      if not next_node then
        nodes[#nodes + 1] = {}
        next_node = #nodes
        nodes[node][bits[i]] = next_node
      end
      node = next_node
    end
    return node
  end
  local function v4_bits(bits)
    local all = {}
    for i = 1, 96 do all[i] = 0 end
    return table.move(bits, 1, 32, 97, all)
  end
  for _, net in ipairs(nets) do
    local bits, length = bits_of(net[1])
    if version == 6 and not net[1]:find ":" then bits, length = v4_bits(bits), length + 96 end
    local bytes = encode(net[2])
    nodes[walk(bits, length)][bits[length]] = -(size + 1)
    data[#data + 1] = bytes
    size = size + #bytes
  end
  if alias then
    local bits, length = bits_of(alias)
    nodes[walk(bits, length)][bits[length]] = nodes[walk(v4_bits {}, 96)][0]
  end
  local tree = {}
  for i, node in ipairs(nodes) do
    for bit = 0, 1 do
      local to = node[bit]
      tree[#tree + 1] = (">I3"):pack(not to and #nodes or to < 0 and #nodes + 16 - to - 1 or to - 1)
    end
    assert(i)
  end
  local metadata = {
    node_count = { u32 = #nodes }, record_size = { u16 = 24 }, ip_version = { u16 = version }, database_type = kind,
    languages = { list = { "en" } }, binary_format_major_version = { u16 = 2 },
    binary_format_minor_version = { u16 = 0 },
    build_epoch = { u64 = 1768003200 }, description = { en = "made for a spec" },
  }
  return table.concat(tree) .. ("\0"):rep(16) .. table.concat(data) .. "\xAB\xCD\xEFMaxMind.com" .. encode(metadata)
end

-- ---- the specs ------------------------------------------------------------------------------------------------------

describe("ipset mmdb", function()
  local set, path

  before_each(function()
    set = T.new()
    path = os.tmpname()
  end)
  after_each(function() os.remove(path) end)

  local function write(bytes)
    local file = assert(io.open(path, "wb"))
    file:write(bytes)
    file:close()
  end

  local function load(...)
    write(database(...))
    local report = assert(set:file("malicious", path))
    assert(set:build())
    return report
  end

  it("turns the anonymiser flags into tags, whatever tag was given", function()
    local report = load("GeoIP2-Anonymous-IP", 4, {
      { "20.1.0.0/16", { is_anonymous = true, is_tor_exit_node = true } },
      { "20.2.0.0/24", { is_anonymous = true, is_anonymous_vpn = true, is_hosting_provider = true } },
      { "20.2.1.1/32", { is_public_proxy = true } },
      { "20.2.1.2/32", { is_residential_proxy = true } },
      { "20.3.0.0/16", { is_anonymous = true } },
      { "20.4.0.0/16", { is_tor_exit_node = false } },
      { "20.5.0.0/16", { traits = { is_anonymous_proxy = true } } },
      { "10.1.0.0/16", { is_tor_exit_node = true } },
    })
    assert.same({ "mmdb", 5, 1, 0 }, { report.format, report.read, report.private, report.bad })
    assert.equal(1768003200 * 10000000, report.newest)
    assert.same({ "tor", path, 16, 0, "" }, { set:find "20.1.2.3" })
    assert.same({ "vpn hosting", path, 24, 0, "" }, { set:find "20.2.0.255" })
    assert.equal("proxy", (set:find "20.2.1.1"))
    assert.equal("proxy", (set:find "20.2.1.2"))
    assert.equal("", (set:find "20.2.1.3"))
    assert.equal("", (set:find "20.3.0.1"))
    assert.equal("", (set:find "20.4.0.1"))
    assert.equal("proxy", (set:find "20.5.0.1"))
    assert.equal("tor proxy vpn hosting", set:tags())
  end)

  it("reads IPv6 trees, IPv4 in them once", function()
    local report = load("GeoIP2-Anonymous-IP", 6, {
      { "20.1.0.0/16", { is_tor_exit_node = true } },
      { "2a01:1::/32", { is_anonymous_vpn = true } },
    }, "2002::/16")
    assert.equal(2, report.read)
    assert.equal("tor", (set:find "20.1.2.3"))
    assert.equal("vpn", (set:find "2a01:1:2::3"))
    assert.equal("", (set:find "2a01:2::"))
    assert.equal("", (set:find "2002:1401:203::1"))
  end)

  it("tells ASN and country, of files that have them", function()
    write(database("GeoLite2-ASN", 4, { { "20.1.0.0/16", { autonomous_system_number = { u32 = 8075 } } } }))
    assert.equal(0, assert(set:file("vpn", path)).read)
    local country = os.tmpname()
    local file = assert(io.open(country, "wb"))
    file:write(database("GeoLite2-Country", 6, {
      { "20.1.0.0/16", { country = { iso_code = "NL" } } },
      { "20.2.0.0/16", { registered_country = { iso_code = "US" } } },
      { "20.3.0.0/16", { country = { iso_code = "long" } } },
      { "2a01:1::/32", { country = { iso_code = "FR" } } },
    }))
    file:close()
    assert(set:file("vpn", country))
    assert(set:text("tor", "exits", "20.1.1.1"))
    assert(set:build())
    os.remove(country)
    assert.same({ "tor", "exits", 32, 8075, "NL" }, { set:find "20.1.1.1" })
    assert.same({ "", nil, 0, 8075, "NL" }, { set:find "20.1.1.2" })
    assert.same({ "", nil, 0, 0, "US" }, { set:find "20.2.1.1" })
    assert.same({ "", nil, 0, 0, "" }, { set:find "20.3.1.1" })
    assert.same({ "", nil, 0, 0, "FR" }, { set:find "2a01:1::1" })
    assert.same({ "", nil, 0, 0, "" }, { set:find "21.1.1.1" })
    assert.equal("tor", set:tags())
  end)

  it("survives every cut and many damages", function()
    local bytes = database("GeoIP2-Anonymous-IP", 6, {
      { "20.1.0.0/16", { is_tor_exit_node = true } }, { "2a01:1::/32", { traits = { is_anonymous_vpn = true } } },
    })
    local seed = 99
    local function random(n)
      seed = seed * 48271 % 2147483647
      return seed % n + 1
    end
    local refused = 0
    for i = 1, 300 do
      local broken = bytes
      if i % 3 == 0 then broken = bytes:sub(1, random(#bytes))
      else
        for _ = 1, random(4) do
          local at = random(#broken)
          broken = broken:sub(1, at - 1) .. string.char(random(256) - 1) .. broken:sub(at + 1)
        end
      end
      write(broken)
      local s = T.new()
      local report, message = s:file("tor", path)
      if not report then
        refused = refused + 1
        assert.is_truthy(message)
      end
      assert(s:build())
      s:find "20.1.2.3"
      s:find "2a01:1::1"
      getmetatable(s).__gc(s)
    end
    assert.is_true(refused > 50)
  end)

  it("is read from disk only", function()
    local report, message = set:text("tor", "x", database("GeoIP2-Anonymous-IP", 4, {}))
    assert.is_nil(report)
    assert.equal("x: an mmdb is read from disk", message)
  end)
end)
