-- Somebody who never manages with PowerShell suddenly does, and what they run secures a foothold: a stolen session
-- looks like that.
local returns, unused_client = require "lib.returns", require "lib.unused_client"

local arrivals <const> = unused_client.arrivals "Azure PowerShell"

rule "ARM_UnusedAppPowershellPersistence" {
  title      = "Suspicious management session using PowerShell detected",
  severity   = "medium",
  confidence = "medium",
  tactics    = { "Persistence" },
  techniques = { "T1078.004", "T1059.009" },
  preview    = true,
  needs      = { "activity" },
  params     = { unused = "45d", observed = "45d", active_days = 5, session = "8h", idle = "60m" },
  learning   = "14d",

  on    = any_of { arrivals, unused_client.footholds "Azure PowerShell" },
  state = {
    sessions = lifetime { by = { "principal", "app" }, within = param "session" },
    begun    = count { by = { "principal", "app" }, within = param "session", fed = arrivals },
  },
  when  = at_least { state = "begun", total = 1 },
  burst = { by = { "principal" }, quiet = "24h" },

  about = {
    means   = "The account has not managed through PowerShell for 45 days or ever, though it works with other tools; "
      .. "now it does, and secures in that session what keeps an intruder inside.",
    numbers = "45 days are what Microsoft says of the portal. Five active days, the first at least 45 days ago: who "
      .. "hardly works here has no habit to break. Who did nothing at all for 45 days is another alert's. A session "
      .. "begins with whatever comes first through PowerShell, is never idle for an hour, and lasts eight hours at most.",
    false_positives = { "a person who runs a colleague's script for once", "a change of tools" },
    evasion = { "using the tool that the victim uses", "acting as an application: its tokens do not tell the tool",
      "waiting an hour after the first act" },
  },

  detect = function(act, state, params)
    local session = unused_client.session(act, state.sessions, params)
    if not session then return end
    return alert {
      evidence = { session.act, act },
      unused_client.reason("powershell_unused", "PowerShell", act, session, params),
      reason("active_otherwise", "worked with other tools on {days} days",
        { days = unused_client.others(act.profile), threshold = params.active_days }),
      returns.why(act),
    }
  end,
}
