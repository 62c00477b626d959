-- A soft-deleted key vault comes back to life in another one's hands: its secrets and its access policies return with it.
rule "Arm_Suspicious_Vault_Recovering" {
  title      = "Suspicious key vault recovery detected",
  severity   = { "medium", "high" },
  confidence = "medium",
  tactics    = { "LateralMovement" },
  techniques = { "T1555.006" },
  preview    = true,
  needs      = { "activity" },
  params     = { remembered = "90d", rare = "180d" },

  on = any_of {
    operation "Microsoft.KeyVault/vaults/delete",
    operation "Microsoft.KeyVault/vaults/write",
    operation "Microsoft.KeyVault/locations/deletedVaults/purge/action",
  },
  state = {
    deleted    = tombstone { by = { "name" }, of = "principal", within = param "remembered" },
    recoveries = first_seen { by = { "principal" }, within = param "rare" },
  },
  burst = { by = { "principal", "name" }, quiet = "24h" },

  about = {
    means   = "A deleted key vault was recovered by somebody who did not delete it, rarely recovers any, or signed in "
      .. "without a second factor.",
    numbers = "The other hand is a must. With one more part the severity is medium, with both high. A vault's name is "
      .. "unique and a soft-deleted one cannot be made anew, so a write on it is a recovery also without a body.",
    false_positives = { "an operator who repairs a colleague's mistake" },
    evasion = { "deleting and recovering with one stolen account", "waiting until the deletion is forgotten" },
  },

  detect = function(act, state)
    if act.operation == "microsoft.keyvault/vaults/delete" then return state.deleted:put(act) end
    if act.operation ~= "microsoft.keyvault/vaults/write" then return state.deleted:clear(act) end
    local tomb = state.deleted:look(act)
    if not tomb.found then return end
    state.deleted:clear(act)
    local rare = not state.recoveries:add(act).known
    if tomb.same then return end
    local who, mfa = act.principal, act.principal.mfa
    local weak = who.kind == "user" and mfa ~= true
    if not (rare or weak) then return end
    local body = act:body "properties.createMode"
    return alert {
      severity   = rare and weak and mfa == false and "high" or "medium",
      confidence = body == "recover" and "high" or "medium",
      reason("other_hand", "vault {vault} was deleted by {deleter} {seconds:span} before, and recovered by {who}",
        { vault = act.resource_name, deleter = tomb.act.principal.name or tomb.act.principal.key, seconds = act.time - tomb.at, who = who.name or who.key }),
      rare and reason("rare", "{who} recovered no vault in {days} days", { who = who.name or who.key, days = 180 }),
      weak and reason("weak_login", "signed in without a second factor, as far as the log tells: {mfa}",
        { mfa = mfa == nil and "unknown" or "no" }),
    }
  end,
}
