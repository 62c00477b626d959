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
  learning   = "14d",

  on    = high_risk("Persistence", "PrivilegeEscalation") { kind = "user" },
  burst = { by = { "principal", "subscription" } },

  about = {
    means   = "The account has not managed through the portal for 45 days, or never in this subscription, though it "
      .. "works here with other tools; now it does through the portal what keeps an intruder inside.",
    numbers = "45 days are Microsoft's own figure. Five days of work with other tools, the last of them within the "
      .. "45: who hardly works here has no habit to break, and who was away is for ARM_UnusedAccountPersistence.",
    false_positives = { "a person who looks something up in the portal for once and repairs it on the spot" },
    evasion = { "using the tool that the victim uses" },
  },

  detect = function(act, _, params)
    local past = act.profile
    if act.principal.app_name ~= "Azure portal" or not past.found then return end
    if act.time - past.first < params.observed or past.gap >= params.unused then return end
    local idle, here = past.app.last_days_ago, past.subscription.days
    local others = past.active_days - past.app.days
    local unused = not (idle and idle < params.unused // 86400) and others >= params.active_days
    local new_here = here >= params.active_days and not past.app_in_subscription.known
    if not (unused or new_here) then return end
    return alert {
      unused and reason("portal_unused",
        idle and "came through the portal, last used {idle} days ago" or "came through the portal, never used before",
        { idle = idle, threshold = params.unused // 86400 }),
      not unused and reason("portal_new_here", "came through the portal, never used in this subscription before"),
      reason("active_otherwise", "worked with other tools on {days} days",
        { days = unused and others or here, threshold = params.active_days }),
      reason("foothold", "{operation} can secure a foothold", { operation = act.operation }),
    }
  end,
}
