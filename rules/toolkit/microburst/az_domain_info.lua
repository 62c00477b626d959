-- Get-AzDomainInfo writes down a whole subscription: storage with its keys, databases, machines, networks, who may do
-- what; and, other than its AzureRM forerunner, vaults, runbooks, Logic Apps and policies.
local domain_info, list_keys = require "lib.domain_info", "Microsoft.Storage/storageAccounts/listKeys/action"

rule "ARM_MicroBurst.AzDomainInfo" {
  title       = "MicroBurst exploitation toolkit used to enumerate resources in your subscriptions",
  severity    = "low",
  confidence  = "medium",
  techniques  = { "T1526", "T1580", "T1087.004", "T1069.003" },
  needs       = { any_of { "read", "activity" } },
  better_with = { "read" },
  params      = { kinds = 8, extras = 2, within = "15m", habit = "14d", again = "20h", days = 2,
                    accounts = 3, spread = "10m", pace = "3s", told = "7d" },

  on    = domain_info.calls,
  when  = any_of { at_least { state = "seen", distinct = param "kinds" },
    at_least { state = "keys", distinct = param "accounts" } },
  state = domain_info.state {
    keys = tally { by = { "principal", "subscription", "app" }, of = "resource", within = param "spread",
      fed = operation(list_keys) { app = "Azure PowerShell" } },
    told = first_seen { by = { "subscription" }, within = param "told",
      fed = operation(domain_info.all_but(list_keys)) { source = "read", status = "any" } },
  },
  burst = { by = { "principal", "subscription" }, quiet = "30m" },

  about = {
    means   = "Somebody took stock of a subscription with a script.",
    numbers = "Eight of twelve kinds of resources in a quarter of an hour, access rights and network among them. "
      .. "Without reads in the input only the keys show: three storage accounts, once each, more than three seconds "
      .. "apart for the listing of what they hold, by Azure PowerShell; that proves little, so confidence is low.",
    false_positives = { "inventories written in PowerShell; who did the same on two of 14 days is left out" },
    evasion = { "switching parts of the tool off", "another user agent", "Resource Graph", "hours between the parts" },
  },

  detect = function(act, state, params)
    if not domain_info.is_tool(act) then return end
    local found = domain_info.find(act, state, params)
    if found and (found.extras > 0 or found.only_az or found.client == "az") then
      local sure = found.extras >= params.extras
      return alert {
        confidence = sure and found.in_order and "high" or sure and "medium" or "low",
        reason("kinds_read", "{kinds} of 12 kinds of resources were read, and {extras} of 4 that only Az knows",
          { kinds = found.kinds, extras = found.extras, threshold = params.kinds }),
        found.in_order and reason("in_order", "storage first, then the network, who may do what last"),
        not sure and reason("variant_unknown", "AzureDomainInfo may have done the same"),
      }
    end
    if state.told:look(act).known then return end
    local keys = state.keys:look(act)
    if keys.distinct < params.accounts or keys.most > 1 or keys.median_gap <= params.pace then return end
    return alert {
      confidence = "low",
      reason("keys_listed", "{accounts} storage accounts in {seconds:span}, one listKeys each and a pause after it",
        { accounts = keys.distinct, seconds = keys.span, threshold = params.accounts }),
      reason("partial_evidence", "no reads of this subscription are in the input, which could tell more"),
    }
  end,
}
