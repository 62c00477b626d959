rule "@ID@" {
  title      = "A storage account was asked for its keys",
  severity   = "low",
  confidence = "medium",
  tactics    = { "CredentialAccess" },
  techniques = { "T1552" },
  needs      = { "activity" },
  params     = { accounts = 2, within = "10m" },

  on    = operation "Microsoft.Storage/storageAccounts/listKeys/action" { status = "succeeded" },
  state = { keys = tally { by = { "principal" }, of = "resource", within = param "within" } },
  burst = { by = { "principal" }, quiet = "30m" },

  about = {
    means           = "What an attacker gains by this, in a sentence.",
    numbers         = "Why these thresholds.",
    false_positives = { "who does this for good reasons" },
    evasion         = { "how one could do it unseen" },
  },

  detect = function(act, state, params)
    local keys = state.keys:add(act)
    if keys.distinct < params.accounts then return end
    return alert { reason("keys_listed", "%d storage accounts in %s", keys.distinct, keys.span) }
  end,
}
