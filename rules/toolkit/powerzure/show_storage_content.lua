-- Show-AzureStorageContent builds four account objects for every storage account (containers, blobs, shares, files),
-- and each of them asks for the keys once: four listKeys per account, in one go.
rule "ARM_PowerZure.ShowStorageContent" {
  title      = "PowerZure exploitation toolkit used to enumerate storage containers, shares, and tables",
  severity   = "high",
  confidence = "medium",
  techniques = { "T1619" },
  needs      = { "activity" },
  params     = { calls = 4, accounts = 2, within = "10m", alone = "60s" },

  on    = operation "Microsoft.Storage/storageAccounts/listKeys/action" { source = "activity" },
  state = { keys = tally { by = { "principal", "subscription" }, of = "resource", within = param "within" } },
  burst = { by = { "principal", "subscription" }, quiet = "30m" },

  about = {
    means   = "PowerZure walked through the storage accounts and listed what they hold.",
    numbers = "Four calls an account are the tool's own pattern. Two accounts with it: a refresh of infrastructure code "
      .. "does not ask every account exactly four times. One account alone counts only from PowerShell within a minute.",
    false_positives = { "a script that calls four storage cmdlets for each account" },
    evasion = { "accounts with shared keys disabled", "another tool", "one account from another client" },
  },

  detect = function(act, state, params)
    local keys = state.keys:add(act)
    local full = keys:exactly(params.calls)
    if act.principal.app_name == "Azure portal" or keys.most > params.calls then return end
    local sweep = full >= params.accounts
    local single = full == 1 and keys.distinct == 1 and keys.span <= params.alone
      and act.principal.app_name == "Azure PowerShell"
    if not (sweep or single) then return end
    return alert {
      confidence = sweep and "high" or "low",
      reason("four_calls_each", "{accounts} storage accounts with exactly {calls} listKeys each, within {seconds:span}",
        { accounts = full, calls = params.calls, seconds = keys.span }),
    }
  end,
}
