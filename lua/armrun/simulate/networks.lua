--- Addresses of the simulated world: offices, homes, hotspots, runners, and those that stand on lists.
local networks = {}

local Networks = {}
Networks.__index = Networks

-- First bytes of networks, by what lives there. The kinds do not overlap.
local homes <const> = { "77.", "78.", "79.", "82.", "84.", "86.", "88.", "90.", "92.", "94." }
local ranges <const> = {
  hotspot = { "2.", "31.", "37.", "46.", "62." }, clean = { "41.", "102.", "154.", "177.", "190.", "200." },
  azure = { "20.50.", "20.61.", "40.68.", "51.124.", "52.166.", "13.80." },
  runner = { "4.175.", "20.57.", "20.84.", "40.76.", "52.190.", "172.183." },
  saas = { "3.64.", "18.156.", "34.141.", "35.198." },
  hosting = { "139.59.", "159.65.", "167.99." }, tor = { "185.220.", "185.100." },
  proxy = { "45.86.", "103.152." }, vpn = { "146.70.", "193.138." }, malicious = { "5.188.", "193.32.", "91.240." },
}

local function address(stream, prefix)
  local _, dots = prefix:gsub("%.", "")
  for _ = dots + 1, 4 do prefix = prefix .. stream:int(1, 254) .. "." end
  return prefix:sub(1, -2)
end

--- An address of a kind never given before (as far as chance goes).
function networks.fresh(stream, kind)
  return address(stream, stream:pick(kind == "home" and homes or ranges[kind]))
end

--- Another address in the same /24.
function networks.near(stream, ip)
  return ip:match "^(.*%.)" .. stream:int(2, 253)
end

local LISTED <const> = { "tor", "proxy", "vpn", "malicious", "hosting" }

--- The company's own and the listed networks.
function networks.new(stream, principals)
  local self = setmetatable({ offices = {}, listed = {} }, Networks)
  for i = 1, 3 + principals // 400 do self.offices[i] = address(stream, "194." .. (20 + i) .. ".") end
  for _, kind in ipairs(LISTED) do
    self.listed[kind] = {}
    for i = 1, 40 do self.listed[kind][i] = networks.fresh(stream, kind) end
  end
  self.exits = { self.listed.vpn[1], self.listed.vpn[2] } -- the company's VPN leaves where others do too
  return self
end

--- An address of a kind: listed ones are on the lists written beside the log.
function Networks:of(kind, stream)
  if kind == "office" then return networks.near(stream, stream:pick(self.offices)) end
  local listed = self.listed[kind]
  if kind == "vpn" then return listed[stream:int(3, #listed)] end
  return listed and stream:pick(listed) or networks.fresh(stream, kind)
end

--- The lists as texts by tag, as intel feeds have them: addresses and networks.
function Networks:lists()
  local texts = {}
  for _, kind in ipairs(LISTED) do
    local lines = { "# " .. kind .. " addresses of the simulated world" }
    for i, ip in ipairs(self.listed[kind]) do
      lines[#lines + 1] = i % 5 == 0 and ip:match "^(.*%.)" .. "0/24" or ip
    end
    texts[kind] = table.concat(lines, "\n") .. "\n"
  end
  return texts
end

return networks
