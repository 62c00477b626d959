-- Somebody who manages with scripts suddenly clicks in the portal, and what they click secures a foothold: a stolen
-- session looks like that.
local returns, unused_client = require "lib.returns", require "lib.unused_client"

-- The portal is new here, though the person works here, and uses it elsewhere on so many days that this is no chance.
local function is_new_here(act, params)
  local past = act.profile
  if not past.found or act.time - past.first < params.observed or past.gap >= params.unused then return false end
  local here, share = past.subscription.days, past.app.days / past.active_days
  return here >= params.active_days and past.app_in_subscription.days == 0 and (1 - share) ^ here <= params.chance
end

rule "ARM_UnusedAppIbizaPersistence" {
  title      = "Suspicious management session using Azure portal detected",
  severity   = "medium",
  confidence = "medium",
  tactics    = { "Persistence" },
  techniques = { "T1078.004" },
  preview    = true,
  needs      = { "activity" },
  params     = { unused = "45d", observed = "45d", active_days = 5, session = "8h", idle = "60m", chance = 0.05 },
  learning   = "14d",

  on    = any_of { unused_client.arrivals "Azure portal", unused_client.footholds "Azure portal" },
  state = { sessions = lifetime { by = { "principal", "app" }, within = param "session" } },
  burst = { by = { "principal", "subscription" }, quiet = "24h" },

  about = {
    means   = "The account has not managed through the portal for 45 days, or never in this subscription, though it "
      .. "works here with other tools; now it does, and secures in that session what keeps an intruder inside.",
    numbers = "45 days are Microsoft's own figure. Five days of work with other tools, the last of them within the "
      .. "45: who hardly works here has no habit to break, and who was away is for ARM_UnusedAccountPersistence. A "
      .. "session begins with whatever comes first through the portal, is never idle for an hour, and lasts eight "
      .. "hours at most. New in a subscription is the portal when it is used elsewhere on so many days that its absence "
      .. "here is a chance of one in twenty. Activating a role for oneself is no foothold: PIM has no other place for it.",
    false_positives = { "a person who looks something up in the portal for once and repairs it on the spot" },
    evasion = { "using the tool that the victim uses", "waiting an hour after the first act" },
  },

  detect = function(act, state, params)
    local past, session = act.profile, unused_client.session(act, state.sessions, params)
    local new_here = not session and is_new_here(act, params) and returns.is_foothold(act)
    if not (session or new_here) then return end
    return alert {
      evidence = { session and session.act or act, act },
      session and unused_client.reason("portal_unused", "the portal", act, session, params),
      new_here and reason("portal_new_here",
        "came through the portal, never used in this subscription before, but on {portal} of {active} days elsewhere",
        { portal = past.app.days, active = past.active_days }),
      reason("active_otherwise", "worked with other tools on {days} days",
        { days = session and unused_client.others(past) or past.subscription.days, threshold = params.active_days }),
      returns.why(act),
    }
  end,
}
