-- A soft-deleted key vault comes back to life in other hands: its secrets and its access policies return with it. Or a
-- secret, a key, a certificate of one that lives.
local vault = require "lib.vault"

rule "Arm_Suspicious_Vault_Recovering" {
  title      = "Suspicious key vault recovery detected",
  severity   = { "medium", "high" },
  confidence = "medium",
  tactics    = { "LateralMovement" },
  techniques = { "T1555.006" },
  preview    = true,
  needs      = { any_of { "activity", "keyvault" } },
  params     = { remembered = "90d", rare = "180d" },

  on = any_of {
    operation { "Microsoft.KeyVault/vaults/delete", "Microsoft.KeyVault/vaults/write",
      "Microsoft.KeyVault/locations/deletedVaults/purge/action" },
    operation(vault.recoveries) { source = "keyvault" },
  },
  state = {
    deleted    = tombstone { by = { "name" }, of = "principal", within = param "remembered" },
    objects    = first_seen { by = { "resource" }, within = param "remembered" },
    recoveries = first_seen { by = { "principal" }, within = param "rare" },
  },
  burst = { by = { "principal", "name" }, quiet = "24h" },

  about = {
    means   = "A deleted key vault was recovered by somebody who did not delete it, and who rarely recovers any or "
      .. "signed in without a second factor.",
    numbers = "The other hand is a must. With one more part the severity is medium, with both high; a log that does "
      .. "not tell the factor is no part. A vault's name is unique and a deleted one cannot be made anew: a write "
      .. "on it is a recovery also without a body. Deleted vaults live 90 days; one recovery in 180 is rare. The same "
      .. "holds for a secret, key or certificate, where the vault's own log is there. Whose habits are known, and who "
      .. "keeps to network, client and subscription, repairs a colleague's mistake: no alert.",
    false_positives = { "an operator who repairs a colleague's mistake from a new place" },
    evasion = { "deleting and recovering with one stolen account", "a thief at the owner's own machine" },
  },

  detect = function(act, state, params)
    if act.source == "keyvault" then return vault.recovered(act, state, params) end
    if suffix(act.operation, "/delete") then state.deleted:put(act) return end
    if suffix(act.operation, "/action") then state.deleted:clear(act) return end
    local tomb, told = state.deleted:look(act), act:body "properties.createMode" == "recover"
    if not (tomb.found or told) then return end
    state.deleted:clear(act)
    local who, deleter = act.principal, tomb.found and tomb.act.principal
    local rare = not state.recoveries:add(act).known
    local weak = who.mfa == false -- known of people only
    if not deleter or tomb.same or not (rare or weak) or vault.is_at_home(act) then return end
    return alert {
      severity   = rare and weak and "high" or "medium",
      confidence = told and "high" or "medium",
      reason("other_hand", "recovered vault {vault}, which {deleter} had deleted {seconds:span} before",
        { vault = act.resource_name, deleter = deleter.name or deleter.key, seconds = act.time - tomb.at }),
      rare and reason("rare", "recovered no other vault in {span:span}", { span = params.rare }),
      weak and reason("no_mfa", "signed in without a second factor"),
    }
  end,
}
