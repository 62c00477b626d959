-- A script asks every storage account of a subscription for its keys: once each, one after the other, nothing else
-- in between. That is Get-AZStorageKeysREST; infrastructure code asks in parallel, and several times an account.
local habit, domain_info = require "lib.habit", require "lib.domain_info"
local storage = "Microsoft.Storage/storageAccounts/"
local list_keys = operation(storage .. "listKeys/action") {
  source = "activity", kind = { "user", "service_principal", "unknown" },
}
local others = operation(domain_info.all_but(storage .. "listKeys/action", storage .. "read")) {
  source = "read", status = "any",
}

rule "ARM_MicroBurst.AZStorageKeysREST" {
  title       = "MicroBurst exploitation toolkit used to extract keys to your storage accounts",
  severity    = "low",
  confidence  = "medium",
  tactics     = { "Collection" },
  techniques  = { "T1552" },
  needs       = { "activity" },
  better_with = { "read" },
  params      = { accounts = 3, within = "5m", pace = "3s", least_span = "30s", serial_share = 0.8,
                  habit = "30d", again = "20h", days = 1, beside = "60s", reads = 3 },

  on    = list_keys,
  when  = at_least { state = "keys", distinct = param "accounts" },
  state = {
    keys = tally { by = { "principal", "subscription" }, of = "resource", within = param "within", fed = list_keys },
    done = first_seen { by = { "principal", "subscription" }, within = param "habit" },
    reads = distinct { by = { "principal", "subscription", "app" }, of = "operation", within = param "beside", fed = others },
  },
  burst     = { by = { "principal", "subscription" }, quiet = "8h" },
  yields_to = { "ARM_PowerZure.ShowStorageContent", "ARM_MicroBurst.AzDomainInfo", "ARM_MicroBurst.AzureDomainInfo",
    "ARM_MicroBurst.RunCodeOnBehalf" },

  about = {
    means   = "A script lists the storage accounts and takes the keys of each: whoever holds them reads all the data.",
    numbers = "Three accounts: one or two are common in deployments. Three seconds at the median, and three an account "
      .. "(or thirty) in all: the tool makes no other call in between. Once per account, and four in five calls only "
      .. "when the one before has its answer: refreshes of infrastructure code ask again and again, in parallel, and "
      .. "read three other kinds of things in the same minute. Who did so here on one of 30 days before is left out: "
      .. "scanners, inventories and refreshes do it day after day.",
    false_positives = { "the first day of a scanner or an inventory that collects keys" },
    evasion = { "one account at a time, minutes apart", "parallel calls", "tokens or SAS instead of keys",
      "an identity that does so anyway" },
  },

  detect = function(act, state, params)
    local keys = state.keys:look(act)
    local longest = math.max(params.least_span, params.pace * keys.distinct)
    if keys.most > 1 then return end
    if keys.median_gap > params.pace or keys.span > longest or keys:serial() < params.serial_share then return end
    if state.reads:look(act).distinct >= params.reads then return end
    if habit.is_usual(state.done:add(act), act, params) then return end
    return alert {
      reason("keys_listed", "{accounts} storage accounts in {seconds:span}, one listKeys each",
        { accounts = keys.distinct, seconds = keys.span, threshold = params.accounts }),
    }
  end,
}
