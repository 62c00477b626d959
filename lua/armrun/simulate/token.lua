--- Access tokens: the claims that every record of one sign-in carries.
local random = require "armrun.simulate.random"
local text = require "armrun.simulate.text"

local token = {}

local M <const> = "http://schemas.microsoft.com/"
local X <const> = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"

--- A token for what a principal does from one address with one app within an hour.
---@param principal table
---@param app string? client app; service principals use their own
---@param ip string?
---@param ms integer time of issue
---@param key integer its random bits
function token.new(principal, app, ip, ms, key)
  return {
    principal = principal, app = principal.kind ~= "user" and principal.app_id or app, ip = ip, issued = ms // 1000,
    key = key, amr = principal.amr,
  }
end

local function base64(key, length)
  return random.stream(key, 7):base64(length)
end

local function sorted_claims(extra)
  local names = {}
  for name in pairs(extra) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- Lists of pairs, so that claims come in the order tokens have them. What a principal always has is kept with it.
local function common(t)
  local p = t.principal
  local tenant = p.tenant
  return {
    { "aud", p.kind == "user" and "https://management.core.windows.net/" or "https://management.azure.com" },
    { "iss", "https://sts.windows.net/" .. tenant .. "/" }, { "iat", tostring(t.issued) },
    { "nbf", tostring(t.issued) },
    { "exp", tostring(t.issued + 3600 + t.key % 1800) },
  }
end

local function add(list, name, value)
  if value then list[#list + 1] = { name, value } end
end

local function user_claims(t, list)
  local p = t.principal
  add(list, M .. "claims/authnclassreference", "1")
  add(list, "aio", base64(t.key, 118))
  add(list, M .. "claims/authnmethodsreferences", t.amr or "pwd,mfa")
  add(list, "appid", t.app)
  add(list, "appidacr", "0")
  add(list, X .. "surname", p.family)
  add(list, X .. "givenname", p.given)
  add(list, "groups", p.groups)
  add(list, "idtyp", "user")
  add(list, "ipaddr", t.ip)
  add(list, "name", p.name)
  add(list, M .. "identity/claims/objectidentifier", p.object_id)
  add(list, "puid", p.puid)
  add(list, "rh", p.rh)
  add(list, M .. "identity/claims/scope", "user_impersonation")
  add(list, "sid", text.guid(t.key, 5))
  add(list, X .. "nameidentifier", p.name_id)
  add(list, M .. "identity/claims/tenantid", p.tenant)
  add(list, X .. "name", p.upn)
  add(list, X .. "upn", p.upn)
  add(list, "uti", base64(t.key + 1, 22))
  add(list, "ver", "1.0")
  add(list, "wids", p.wids)
  add(list, "xms_tcdt", "1391159646")
end

local function app_claims(t, list)
  local p = t.principal
  add(list, "aio", base64(t.key, 86))
  add(list, "appid", t.app)
  add(list, "appidacr", p.credential or "1")
  add(list, M .. "identity/claims/identityprovider", "https://sts.windows.net/" .. p.tenant .. "/")
  add(list, "idtyp", "app")
  add(list, M .. "identity/claims/objectidentifier", p.object_id)
  add(list, "rh", p.rh)
  add(list, X .. "nameidentifier", p.object_id)
  add(list, M .. "identity/claims/tenantid", p.tenant)
  add(list, "uti", base64(t.key + 1, 22))
  add(list, "ver", "1.0")
  add(list, "xms_idrel", "7 20")
  add(list, "xms_mirid", p.mirid)
  add(list, "xms_tcdt", "1391159646")
end

local function put_extra(list, extra)
  for _, name in ipairs(sorted_claims(extra)) do
    local at = #list + 1
    for i, pair in ipairs(list) do
      if pair[1] == name then at = i end
    end
    list[at] = { name, tostring(extra[name]) }
  end
end

--- The members of the claims object as JSON.
function token.claims(t)
  if t.text then return t.text end
  if t.principal.anonymous then return "" end
  local list, out = common(t), {}
  if t.principal.kind == "user" then user_claims(t, list) else app_claims(t, list) end
  if t.extra then put_extra(list, t.extra) end
  for i, pair in ipairs(list) do out[i] = '"' .. pair[1] .. '":"' .. text.escape(pair[2]) .. '"' end
  t.text = table.concat(out, ",")
  return t.text
end

--- The same as text within a JSON text, as Log Analytics has it.
function token.escaped(t)
  if not t.inner then t.inner = text.escape("{" .. token.claims(t) .. "}") end
  return t.inner
end

return token
