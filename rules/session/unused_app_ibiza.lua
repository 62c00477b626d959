-- Somebody who manages with scripts suddenly clicks in the portal, and what they click secures a foothold: a stolen
-- session looks like that.
rule "ARM_UnusedAppIbizaPersistence" {
  title      = "Suspicious management session using Azure portal detected",
  severity   = "medium",
  confidence = "medium",
  tactics    = { "Persistence" },
  techniques = { "T1078.004" },
  preview    = true,
  needs      = { "activity" },
  params     = { unused = "45d", observed = "45d", active_days = 5 },
  learning   = "45d",

  on    = high_risk("Persistence", "PrivilegeEscalation") { kind = "user" },
  burst = { by = { "principal", "subscription" }, quiet = "24h" },

  about = {
    means   = "The account has not managed through the portal for 45 days, or never in this subscription, though it works "
      .. "here with other tools; now it does through the portal what keeps an intruder inside.",
    numbers = "45 days are Microsoft's own figure. Five active days within them: who hardly works here has no habit to break.",
    false_positives = { "a person who looks something up in the portal for once and repairs it on the spot" },
    evasion = { "using the tool that the victim uses" },
  },

  detect = function(act, _, params)
    local who, past = act.principal, act.profile
    if who.app_name ~= "Azure portal" or not past.found then return end
    if past.active_days < params.active_days or act.time - past.first < params.observed then return end
    local unused_days = params.unused // 86400
    local idle = past.app.last_days_ago
    local new_here = past.subscription.known and past.subscription.days >= params.active_days
      and not past.app_in_subscription.known
    if idle and idle < unused_days and not new_here then return end
    return alert {
      reason("portal_unused", idle and "the portal was last used {idle} days ago" or "the portal was never used before",
        { idle = idle, threshold = unused_days }),
      reason("active_otherwise", "{days} active days with other tools", { days = past.active_days }),
      reason("foothold", "{operation} can secure persistence", { operation = act.operation }),
    }
  end,
}
