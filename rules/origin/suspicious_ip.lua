-- Somebody managed Azure from an address that a threat-intelligence feed calls malicious.
rule "ARM_OperationFromSuspiciousIP" {
  title      = "Azure Resource Manager operation from suspicious IP address",
  severity   = { "medium", "informational" },
  confidence = "high",
  tactics    = { "Execution" },
  techniques = { "T1078.004" },
  needs      = { any_of { "activity", "directory", "read" }, intel "malicious" },
  params     = { habitual_days = 3 },

  on    = act { ip = { "malicious" }, source = { "activity", "directory", "read" }, status = "any" },
  burst = { by = { "principal", "network" }, quiet = "24h", max = "24h" },

  about = {
    means   = "A management operation, successful or not, came from an address that --intel malicious=FILE lists.",
    numbers = "One alert for each principal and network a day. A network that it used on three days before is its "
      .. "habit; then informational, for the feed has probably caught a shared address.",
    false_positives = { "shared addresses of carriers and cloud shells that found their way onto a feed" },
    evasion = { "any address that no feed lists yet", "staying: after three days (and alerts) it looks like a habit" },
  },

  detect = function(act, _, params)
    local days = act.profile.network.days
    local habitual = days >= params.habitual_days
    return alert {
      severity   = habitual and "informational" or "medium",
      confidence = habitual and "low" or "high",
      reason("listed_address", "{ip} is listed as malicious by {feed}", { ip = act.ip, feed = act.intel.feed }),
      habitual and reason("habitual_network", "but the principal worked from this network on {days} days before",
        { days = days, threshold = params.habitual_days }),
    }
  end,
}
