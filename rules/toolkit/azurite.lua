-- Azurite draws a map of a subscription and looks for what is open: it takes three publishing profiles of every web
-- app, reads settings nobody else reads, and lists keys, then secrets, of vault after vault, all with AzureRM.
local client, settings = require "lib.client", require("lib.recon").odd_settings
local profiles, vault = "microsoft.web/sites/publishxml/action", { source = "keyvault", status = "any" }
local function judge(at, state, params) -- all there is about the principal of this act, maybe a remembered one
  local apps = state.calls:look(at):exactly(params.profiles)
  local reads, vaults = state.reads:look(at).distinct, state.vaults:look(at).distinct
  local odd, signs = reads >= params.settings, (apps > 0 and 1 or 0) + (vaults > 0 and 1 or 0)
  return alert {
    confidence = (apps > 1 or signs > 1 or odd and signs > 0) and "high" or vaults > 0 and "low" or "medium",
    apps > 0 and reason("three_profiles", "{apps} web apps with exactly three publishing profiles", { apps = apps }),
    odd and reason("odd_settings", "{settings} kinds of settings that hardly anybody reads", { settings = reads }),
    vaults > 0 and reason("vault_walk", "keys, then secrets of {vaults} vaults, with AzureRM", { vaults = vaults }),
  }
end

rule "ARM_Azurite" {
  title = "Azurite toolkit run detected", severity = "high", preview = true,
  tactics = { "Collection" }, techniques = { "T1526", "T1580", "T1552" },
  needs = { any_of { "activity", "read", "keyvault" } }, better_with = { "activity", "read", "keyvault" },
  params = { profiles = 3, together = "30s", settings = 3, vaults = 2, within = "30m" },
  on = any_of { operation(profiles), operation(settings) { status = "any", kind = { "user", "service_principal" } },
    operation { "KeyList", "SecretList" } (vault) },
  burst = { by = { "principal", "subscription" }, quiet = "60m" },
  state = {
    calls  = tally { by = { "principal", "subscription" }, of = "resource", within = param "within" },
    app    = count { by = { "principal", "resource" }, within = param "within" },
    three  = sequence { by = { "principal", "resource" }, within = param "together", quiet = param "together", steps = {
      step "one" { operation(profiles) }, step "two" { operation(profiles) }, step "three" { operation(profiles) } } },
    reads  = distinct { by = { "principal", "subscription" }, of = "operation", within = param "within" },
    walk   = sequence { by = { "principal", "resource" }, within = "2m", steps = {
      step "keys" { operation "KeyList" (vault) }, step "secrets" { operation "SecretList" (vault) } } },
    vaults = distinct { by = { "principal", "subscription" }, of = "resource", within = param "within" },
  },
  about = {
    means = "Somebody mapped a subscription with a toolkit that was made to find its weak places.",
    numbers = "Three profiles a web app (a deployment takes one): two such apps are sure. Three of seven settings; "
      .. "two vaults: other AzureRM scripts do that too, so vaults alone say little. Two signs together are sure.",
    false_positives = { "security products that take stock of SQL masking and VPN gateways" },
    evasion = { "a Reader, to whom profiles are not given", "any other way to look around" },
  },
  detect = function(act, state, params)
    if act.operation == profiles then
      state.calls:add(act)
      state.app:add(act)
      state.three:add(act)
    elseif act.source == "keyvault" then
      if client.of(act.user_agent) ~= "azurerm" or not state.walk:add(act) then return end
      if state.vaults:add(act).distinct >= params.vaults then return judge(act, state, params) end
    elseif state.reads:add(act).distinct >= params.settings then
      return judge(act, state, params)
    end
  end,
  due = function(match, state, params)
    local last = match.steps.three
    if state.app:look(last).total == params.profiles then return judge(last, state, params) end
  end,
}
