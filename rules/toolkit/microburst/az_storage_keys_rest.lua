-- A script asks every storage account of a subscription for its keys: once each, one after the other, nothing else
-- in between. That is Get-AZStorageKeysREST; infrastructure code asks several times per account.
rule "ARM_MicroBurst.AZStorageKeysREST" {
  title       = "MicroBurst exploitation toolkit used to extract keys to your storage accounts",
  severity    = "low",
  confidence  = "medium",
  tactics     = { "Collection" },
  techniques  = { "T1552" },
  needs       = { "activity" },
  better_with = { "read" },
  params      = { accounts = 3, within = "5m", pace = "3s" },

  on        = operation "Microsoft.Storage/storageAccounts/listKeys/action" { source = "activity" },
  state     = { keys = tally { by = { "principal", "subscription" }, of = "resource", within = param "within" } },
  burst     = { by = { "principal", "subscription" }, quiet = "30m" },
  yields_to = { "ARM_PowerZure.ShowStorageContent" },

  about = {
    means   = "A script lists the storage accounts and takes the keys of each: whoever holds them reads all the data.",
    numbers = "Three accounts: one or two are common in deployments. Three seconds at the median: the tool makes no "
      .. "other call in between. Once per account: refreshes of infrastructure code ask again and again.",
    false_positives = { "inventory scripts that collect keys, one call an account" },
    evasion = { "one account at a time, minutes apart", "tokens or SAS instead of keys" },
  },

  detect = function(act, state, params)
    local keys = state.keys:add(act)
    if keys.distinct < params.accounts or keys.most > 1 or keys.median_gap > params.pace then return end
    return alert {
      reason("keys_listed", "{accounts} storage accounts in {seconds:span}, one listKeys each",
        { accounts = keys.distinct, seconds = keys.span, threshold = params.accounts }),
    }
  end,
}
