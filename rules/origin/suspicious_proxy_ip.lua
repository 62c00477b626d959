-- Somebody managed Azure through Tor or an open proxy.
rule "ARM_OperationFromSuspiciousProxyIP" {
  title      = "Azure Resource Manager operation from suspicious proxy IP address",
  severity   = "medium",
  confidence = "medium",
  tactics    = { "DefenseEvasion" },
  techniques = { "T1090.003" },
  needs      = { any_of { "activity", "directory", "read" }, intel { "tor", "proxy", "vpn" } },
  params     = { vpn = false, habitual_days = 3 },

  on    = act { ip = { "tor", "proxy", "vpn" }, source = { "activity", "directory", "read" }, status = "any" },
  burst = { by = { "principal", "network" }, quiet = "24h", max = "24h" },

  about = {
    means   = "The caller hid behind an anonymiser: a Tor exit, an open proxy, or (with vpn = true) a commercial VPN.",
    numbers = "VPN lists catch many honest exits, so they count only when asked for, and never for a network that the "
      .. "principal used on three days before. Hosting ranges never count: build agents live there.",
    false_positives = { "people who use Tor by habit", "a company proxy that landed on a list" },
    evasion = { "residential proxies that no list has", "a cloud machine as the last hop" },
  },

  detect = function(act, _, params)
    local tor, proxy = act.intel:tagged "tor", act.intel:tagged "proxy"
    local habitual = act.profile.network.days >= params.habitual_days
    if not (tor or proxy) and (habitual or not params.vpn) then return end
    return alert {
      confidence = tor and "high" or proxy and "medium" or "low",
      reason("anonymiser", "{ip} is {what}, says {feed}", {
        ip = act.ip, feed = act.intel.feed,
        what = tor and "a Tor exit" or proxy and "an open proxy" or "a VPN exit",
      }),
    }
  end,
}
