-- Somebody who never manages with PowerShell suddenly does, and what they run secures a foothold: a stolen session
-- looks like that.
rule "ARM_UnusedAppPowershellPersistence" {
  title      = "Suspicious management session using PowerShell detected",
  severity   = "medium",
  confidence = "medium",
  tactics    = { "Persistence" },
  techniques = { "T1078.004", "T1059.009" },
  preview    = true,
  needs      = { "activity" },
  params     = { unused = "45d", observed = "45d", active_days = 5 },
  learning   = "14d",

  on    = high_risk("Persistence", "PrivilegeEscalation") { kind = "user" },
  burst = { by = { "principal" } },

  about = {
    means   = "The account has not managed through PowerShell for 45 days or ever, though it works with other tools; "
      .. "now it does through PowerShell what keeps an intruder inside.",
    numbers = "45 days are what Microsoft says of the portal. Five active days, the first at least 45 days ago: who "
      .. "hardly works here has no habit to break. Who did nothing at all for 45 days is another alert's.",
    false_positives = { "a person who runs a colleague's script for once", "a change of tools" },
    evasion = { "using the tool that the victim uses", "acting as an application: its tokens do not tell the tool" },
  },

  detect = function(act, _, params)
    local who, past = act.principal, act.profile
    if who.app_name ~= "Azure PowerShell" or not past.found or past.gap >= params.unused then return end
    local idle, others = past.app.last_days_ago, past.active_days - past.app.days
    if others < params.active_days or act.time - past.first < params.observed then return end
    if idle and idle < params.unused // 86400 then return end
    return alert {
      reason("powershell_unused",
        idle and "came through PowerShell, last used {idle} days ago" or "came through PowerShell, never used before",
        { idle = idle, threshold = params.unused // 86400 }),
      reason("active_otherwise", "worked with other tools on {days} days",
        { days = others, threshold = params.active_days }),
      reason("foothold", "{operation} can secure a foothold", { operation = act.operation }),
    }
  end,
}
