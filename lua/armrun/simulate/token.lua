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

-- ',"name":"value"', or nothing.
local function claim(name, value)
  return value and ',"' .. name .. '":"' .. text.escape(value) .. '"' or ""
end

-- What stays the same in all tokens of a person, in the parts between what does not.
local function user_parts(p)
  return {
    claim("groups", p.groups) .. ',"idtyp":"user"',
    claim("name", p.name) .. claim(M .. "identity/claims/objectidentifier", p.object_id) .. claim("puid", p.puid)
      .. claim("rh", p.rh) .. claim(M .. "identity/claims/scope", "user_impersonation"),
    claim(X .. "nameidentifier", p.name_id) .. claim(M .. "identity/claims/tenantid", p.tenant)
      .. claim(X .. "name", p.upn)
      .. claim(X .. "upn", p.upn),
    ',"ver":"1.0"' .. claim("wids", p.wids) .. ',"xms_tcdt":"1391159646"',
    ',"appidacr":"0"' .. claim(X .. "surname", p.family) .. claim(X .. "givenname", p.given),
  }
end

-- Without a look at the value: ids and addresses.
local function plain(name, value)
  return value and ',"' .. name .. '":"' .. value .. '"' or ""
end

local function user_claims(t, p)
  p.claim_parts = p.claim_parts or user_parts(p)
  local parts = p.claim_parts
  return plain(M .. "claims/authnclassreference", "1") .. ',"aio":"' .. random.noise(t.key, 118) .. '"'
    .. plain(M .. "claims/authnmethodsreferences", t.amr or "pwd,mfa") .. plain("appid", t.app) .. parts[5] .. parts[1]
    .. plain("ipaddr", t.ip) .. parts[2] .. ',"sid":"' .. text.guid(t.key, 5) .. '"' .. parts[3] .. ',"uti":"'
    .. random.noise(t.key + 1, 22) .. '"' .. parts[4]
end

local function app_parts(p)
  return {
    claim("appidacr", p.credential or "1") .. claim(M .. "identity/claims/identityprovider", "https://sts.windows.net/"
      .. p.tenant .. "/") .. ',"idtyp":"app"' .. claim(M .. "identity/claims/objectidentifier", p.object_id)
      .. claim("rh", p.rh) .. claim(X .. "nameidentifier", p.object_id)
      .. claim(M .. "identity/claims/tenantid", p.tenant),
    ',"ver":"1.0","xms_idrel":"7 20"' .. claim("xms_mirid", p.mirid) .. ',"xms_tcdt":"1391159646"',
  }
end

local function app_claims(t, p)
  p.claim_parts = p.claim_parts or app_parts(p)
  return ',"aio":"' .. random.noise(t.key, 86) .. '"' .. plain("appid", t.app) .. p.claim_parts[1] .. ',"uti":"'
    .. random.noise(t.key + 1, 22) .. '"' .. p.claim_parts[2]
end

--- The members of the claims object as JSON.
function token.claims(t)
  if t.text then return t.text end
  local p = t.principal
  if p.anonymous then return "" end
  local user = p.kind == "user"
  t.text = (user and '"aud":"https://management.core.windows.net/","iss":"https://sts.windows.net/'
      or '"aud":"https://management.azure.com","iss":"https://sts.windows.net/') .. p.tenant
    .. ('/","iat":"%d","nbf":"%d","exp":"%d"'):format(t.issued, t.issued, t.issued + 3600 + t.key % 1800)
    .. (user and user_claims(t, p) or app_claims(t, p))
  return t.text
end

--- The same as text within a JSON text, as Log Analytics has it.
function token.escaped(t)
  if not t.inner then t.inner = text.inner("{" .. token.claims(t) .. "}") end
  return t.inner
end

return token
