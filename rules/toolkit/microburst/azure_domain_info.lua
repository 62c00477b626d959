-- Get-AzureDomainInfo, the AzureRM forerunner of Get-AzDomainInfo: the same walk through a subscription, but no vaults,
-- runbooks, Logic Apps, policies, and containers only behind the storage keys.
local domain_info = require "lib.domain_info"

rule "ARM_MicroBurst.AzureDomainInfo" {
  title      = "MicroBurst exploitation toolkit used to enumerate resources in your subscriptions",
  severity   = "low",
  confidence = "medium",
  techniques = { "T1526", "T1580", "T1087.004", "T1069.003" },
  needs      = { "read" },
  params     = { kinds = 8, within = "15m", habit = "14d", again = "20h", days = 2 },

  on        = domain_info.calls,
  when      = at_least { state = "seen", distinct = param "kinds" },
  state     = domain_info.state {},
  burst     = { by = { "principal", "subscription" }, quiet = "30m" },
  yields_to = { "ARM_MicroBurst.AzDomainInfo" },

  about = {
    means   = "Somebody took stock of a subscription with an old script.",
    numbers = "Eight of twelve kinds of resources in a quarter of an hour, access rights and network among them, and "
      .. "none of what only ARM_MicroBurst.AzDomainInfo reads. The user agent of AzureRM makes it surer.",
    false_positives = { "inventories written in PowerShell; who did the same on two of 14 days is left out" },
    evasion = { "switching parts of the tool off", "another user agent", "Resource Graph", "hours between the parts" },
  },

  detect = function(act, state, params)
    if not domain_info.is_tool(act) then return end
    local found = domain_info.find(act, state, params)
    if not found or found.extras > 0 or found.only_az or found.client == "az" then return end
    return alert {
      confidence = found.client and "medium" or "low",
      reason("kinds_read", "{kinds} of 12 kinds of resources were read, and nothing that only Az knows",
        { kinds = found.kinds, threshold = params.kinds }),
      found.in_order and reason("in_order", "storage first, then the network, who may do what last"),
      not found.client and reason("variant_unknown", "the client is not told: AzDomainInfo may have done the same"),
    }
  end,
}
