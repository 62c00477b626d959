-- An account that nobody used for weeks comes back, and within its first session does what keeps an intruder inside.
local returns = require "lib.returns"

rule "ARM_UnusedAccountPersistence" {
  title      = "Suspicious management session using an inactive account detected",
  severity   = "medium",
  confidence = "medium",
  tactics    = { "Persistence" },
  techniques = { "T1078.004" },
  preview    = true,
  needs      = { "activity" },
  params     = { gap = "45d", session = "8h", idle = "60m", periodic = 0.2, remembered = "400d", never_seen = false },
  learning   = "59d",

  on    = any_of { act { dormant = param "gap" }, high_risk("Persistence", "PrivilegeEscalation") { everyday = true } },
  state = {
    returns = first_seen { by = { "principal" }, within = param "remembered" },
    session = lifetime { by = { "principal", "network", "app" }, within = param "session" },
    back    = count { by = { "principal" }, within = param "session", fed = act { dormant = param "gap" } },
    strange = count { by = { "principal" }, within = param "session", fed = act { unused_app = "400d" } },
  },
  when = any_of { at_least { state = "back", total = 1 }, at_least { state = "strange", total = 1 } },
  burst = { by = { "principal" }, quiet = "24h" },

  about = {
    means   = "A principal without an act for a long time is back and secures a foothold in its first session.",
    numbers = "45 days as Microsoft says of its portal alert; 59 days of coverage are that and 14 to learn in. A "
      .. "session is one principal, network and client, never idle for an hour, eight hours at most. Returns that are "
      .. "as far apart as those before, give or take a fifth, are a job's. Accounts never seen before are left to the "
      .. "anomaly rules (newcomers do such things in their first hours) unless never_seen = true.",
    false_positives = { "a person back from a long leave", "an emergency account in a drill", "a job's second run" },
    evasion = { "waiting an hour after the first act", "changing the network after the first act" },
  },

  detect = function(act, state, params)
    local who, past = act.principal, act.profile
    local back = past.found and past.gap >= params.gap
    if back and not returns.is_periodic(act, state.returns:add(act), params.periodic) then state.session:open(act) end
    local session = state.session:look(act)
    if not (session.found or params.never_seen) or not returns.is_foothold(act) then return end
    local awake = session.found and not returns.is_broken(past, params.idle, params.gap)
    local stranger = params.never_seen and not (past.found and act.time - past.first > params.session)
    if not (awake or stranger) then return end
    return alert {
      confidence = awake and "medium" or "low",
      evidence   = { awake and session.act or act, act },
      awake and reason("idle", "came back {seconds:span} before, after {days} days or more", {
        days = math.max(past.gap, past.gap_before, params.gap) // 86400, seconds = act.time - session.opened }),
      stranger and reason("never_seen", "was never seen in {days} days", { days = act.coverage.tenant_days }),
      returns.why(act),
      not past.network.known and act.network and reason("new_network", "came from {at}, never before",
        { at = act.network }),
      who.mfa == false and reason("no_mfa", "signed in without a second factor", {}),
    }
  end,
}
