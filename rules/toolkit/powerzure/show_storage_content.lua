-- Show-AzureStorageContent builds four account objects for every storage account (containers, blobs, shares, files),
-- and each of them asks for the keys once: four listKeys an account, one after the other.
local list_keys = operation "Microsoft.Storage/storageAccounts/listKeys/action" {
  source = "activity", kind = { "user", "service_principal", "unknown" },
}

rule "ARM_PowerZure.ShowStorageContent" {
  title      = "PowerZure exploitation toolkit used to enumerate storage containers, shares, and tables",
  severity   = "high",
  confidence = "medium",
  techniques = { "T1619" },
  needs      = { "activity" },
  params     = { calls = 4, accounts = 2, within = "10m", alone = "60s", serial_share = 0.8 },

  on    = list_keys,
  when  = at_least { state = "keys", most = param "calls" },
  state = { keys = tally { by = { "principal", "subscription", "app" }, of = "resource", within = param "within",
    fed = list_keys } },
  burst = { by = { "principal", "subscription" }, quiet = "30m" },

  about = {
    means   = "PowerZure walked through the storage accounts and listed what they hold.",
    numbers = "Four calls an account are the tool's own pattern. Two accounts with it, four in five calls made when "
      .. "the one before has its answer, one account after the other (but once): a refresh of infrastructure code asks "
      .. "in parallel, or in rounds, and not every account four times. One account alone counts only from PowerShell, "
      .. "within a minute.",
    false_positives = { "a script that calls four storage cmdlets for each account" },
    evasion = { "accounts with shared keys disabled", "another tool", "one account from another client" },
  },

  detect = function(act, state, params)
    local app = act.principal.app_name
    if app == "Azure portal" then return end -- its pages ask whenever they are opened
    local keys = state.keys:look(act)
    local full = keys:exactly(params.calls)
    local sweep = full >= params.accounts
    local single = full == 1 and keys.distinct == 1 and keys.span <= params.alone and app == "Azure PowerShell"
    if not (sweep or single) or keys:turns() > keys.distinct or keys:serial() < params.serial_share then return end
    return alert {
      confidence = sweep and "high" or "low",
      reason("four_calls_each", "{accounts} storage accounts with exactly {calls} listKeys each, in {seconds:span}",
        { accounts = full, calls = params.calls, seconds = keys.span }),
    }
  end,
}
