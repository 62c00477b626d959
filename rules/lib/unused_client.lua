--- A client that a person comes with for the first time, or again after a long time, and the session that begins so.
--- For rules/session.
local returns = require "lib.returns"

local unused_client = {}

--- For `on`: acts with a client that its user did not use for params.unused, or ever.
function unused_client.arrivals(app)
  return act { source = "activity", kind = "user", app = app, unused_app = param "unused" }
end

--- For `on`: what secures a foothold through it.
function unused_client.footholds(app)
  return high_risk("Persistence", "PrivilegeEscalation") { kind = "user", app = app, everyday = true }
end

--- Days of work with other clients.
function unused_client.others(past)
  return past.active_days - past.app.days
end

--- Is the act the first with a client that was not used for params.unused, or ever? Of a person who is known for
--- params.observed and worked with other clients on params.active_days, of late too.
function unused_client.comes(act, params)
  local past = act.profile
  local idle = past.app.last_days_ago
  if not past.found or past.gap >= params.unused or act.time - past.first < params.observed then return false end
  return not (idle and idle < params.unused // 86400) and unused_client.others(past) >= params.active_days
end

--- The session (a lifetime by principal and app) within which the act secures a foothold; nil when it does not, or
--- when there was a pause of more than params.idle just before. The act may open the session itself.
function unused_client.session(act, sessions, params)
  if unused_client.comes(act, params) then sessions:open(act) end
  if not returns.is_foothold(act) then return nil end
  local session = sessions:look(act)
  local paused = session.found and session.age > 0 and act.profile.gap > params.idle
  return session.found and not paused and session or nil
end

--- "came through {client}, last used 50 days ago". How long a client was not used tells only the act that opens.
function unused_client.reason(code, client, act, session, params)
  local app, first = act.profile.app, session.age == 0
  local text = "came through {client}" .. (first and "" or " {seconds:span} before")
  if first and app.last_days_ago then
    text = text .. ", last used {idle} days ago"
  else
    text = text .. (app.days <= 1 and ", never used before" or ", after {threshold} days or more without it")
  end
  return reason(code, text, { client = client, idle = first and app.last_days_ago or nil,
    threshold = params.unused // 86400, seconds = not first and session.age or nil })
end

return unused_client
