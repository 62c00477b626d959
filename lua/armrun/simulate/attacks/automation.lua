--- Code that is run through other people's Automation accounts: MicroBurst, PowerZure, and NetSPI's webhook.
local cast = require "armrun.simulate.attacks.cast"
local places = require "armrun.simulate.attacks.places"
local roles = require "armrun.simulate.attacks.roles"
local runbooks = require "armrun.simulate.attacks.runbooks"
local script = require "armrun.simulate.attacks.script"

local ACCOUNT = runbooks.ACCOUNT

-- The secrets Get-AzPasswords takes on its way, in its order; what a tenant has none of is passed over.
local before_runbooks = {
  { "Microsoft.Web/sites", "Microsoft.Web/sites/publishxml/action" },
  { "Microsoft.Web/sites", "Microsoft.Web/sites/config/list/action", "config/appsettings" },
  { "Microsoft.ContainerRegistry/registries", "Microsoft.ContainerRegistry/registries/listCredentials/action" },
  { "Microsoft.Storage/storageAccounts", "Microsoft.Storage/storageAccounts/listKeys/action" },
}
local after_runbooks = {
  { "Microsoft.DocumentDB/databaseAccounts", "Microsoft.DocumentDB/databaseAccounts/listKeys/action" },
  { "Microsoft.ContainerService/managedClusters",
    "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action" },
  { "Microsoft.ContainerService/managedClusters",
    "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action" },
  { "Microsoft.App/containerApps", "Microsoft.App/containerApps/listSecrets/action" },
  { "Microsoft.ServiceBus/namespaces", "Microsoft.ServiceBus/namespaces/authorizationRules/listKeys/action",
    "authorizationRules/RootManageSharedAccessKey" },
  { "Microsoft.CognitiveServices/accounts", "Microsoft.CognitiveServices/accounts/listKeys/action" },
}

local function sweep(s, sub, families)
  for _, family in ipairs(families) do
    for _, id in ipairs(places.present(s.world, family[1], 3, sub)) do
      s:call(family[2], family[3] and places.below(id, family[3]) or id)
    end
  end
end

local function look_at(s, account)
  for _, what in ipairs { "credentials", "connections", "certificates" } do
    s:read(ACCOUNT .. "/" .. what .. "/read", account)
  end
  s:read(ACCOUNT .. "/read", account)
end

-- A runbook for each connection, stored credential and identity of every account.
local function through_accounts(s, sub, run)
  s:read(ACCOUNT .. "/read", places.path(sub))
  for _, account in ipairs(places.some(s.world, ACCOUNT, s.random:int(1, 3), sub)) do
    look_at(s, account)
    for _ = 1, s.random:int(1, 3) do
      run(s, places.below(account, "runbooks", runbooks.lottery_name(s.random)))
      s:pause(1, 5)
    end
  end
end

local function microburst(tool, run, whole)
  return function(world, time)
    local s, sub = script.start_inside(world, time, cast.tool(world, tool))
    s:signin()
    if whole then sweep(s, sub, before_runbooks) end
    through_accounts(s, sub, run)
    if whole then sweep(s, sub, after_runbooks) end
    return s:finish()
  end
end

local variants = {
  microburst("az", runbooks.published, true), -- Get-AzPasswords as it comes
  microburst("az", runbooks.published, false), -- Get-AzPasswords for Automation alone, Get-AzKeyVaultsAutomation
  microburst("az", runbooks.tested, false), -- Get-AzPasswords -TestPane Y
  microburst("raw", runbooks.published, false), -- Get-AzAutomationAccountCredsREST
  microburst("azurerm", runbooks.published, false), -- Get-AzurePasswords
}

local function microburst_code(world, time)
  return world.random:pick(variants)(world, time)
end

-- A session at one account.
local function at_account(world, time, who)
  local s, sub = script.start_inside(world, time, who)
  return s, places.one(world, ACCOUNT, sub)
end

-- PowerZure lists the accounts before it takes one.
local function powerzure(world, time)
  local s, account = at_account(world, time, cast.tool_user(world, "az"))
  s:signin()
  s:read(ACCOUNT .. "/read", places.path(s.subscription))
  return s, account
end

-- Invoke-AzureCommandRunbook: the account's own identity then runs the command on the machine.
local function command_runbook(s, account)
  if s.random:chance(0.5) then
    for _, module in ipairs { "AzureRM.Compute", "AzureRM.Profile" } do
      s:call(ACCOUNT .. "/modules/write", places.below(account, "modules", module), { seconds = 3 })
    end
  end
  local id = places.below(account, "runbooks/AzureAutomationTutorialPowerShell")
  runbooks.import(s, id)
  runbooks.publish(s, id)
  runbooks.start(s, account)
  s:pause(15, 40)
  local robot = s.world:newcomer()
  local machine = places.one(s.world, "Microsoft.Compute/virtualMachines", s.subscription)
  s:by({ principal = robot, ip = s.world:network("hosting"), app = robot.app_id })
    :call("Microsoft.Compute/virtualMachines/runCommand/action", machine, { seconds = 35 })
  runbooks.poll(s, account, 10, s.random:int(2, 6))
  s:call(ACCOUNT .. "/runbooks/delete", id)
end

-- For Linux the import of a shell script is refused before it is sent: what follows finds no such runbook.
local function linux_runbook(s, account)
  local id = places.below(account, "runbooks/BashAutomationTutorial")
  s:call(ACCOUNT .. "/runbooks/publish/action", id, { status = "Failed", code = "NotFound" })
  s:pause(2, 5)
  s:call(ACCOUNT .. "/runbooks/delete", id, { status = "Failed", code = "NotFound" })
end

-- Get-AzureRunAsCertificate
local function certificate_runbook(s, account)
  local id = places.below(account, "runbooks/AutomationTutorialPowerShell")
  runbooks.import(s, id)
  runbooks.publish(s, id)
  runbooks.start(s, account)
  runbooks.poll(s, account, 10, s.random:int(3, 10))
  s:call(ACCOUNT .. "/runbooks/delete", id)
end

local function powerzure_code(world, time)
  local s, account = powerzure(world, time)
  local chance = world.random:real()
  local run = chance < 0.45 and command_runbook or chance < 0.6 and linux_runbook or certificate_runbook
  run(s, account)
  return s:finish()
end

local function make_owner(s, object_id)
  roles.assign(s, places.path(s.subscription), "Owner", object_id, "ServicePrincipal")
end

local function webhook(s, account, name)
  s:call(ACCOUNT .. "/webhooks/action", account)
  s:pause(1, 20)
  s:call(ACCOUNT .. "/webhooks/write", places.below(account, "webhooks", name), { seconds = 1 })
end

-- Days later a POST to the webhook makes the account's identity appoint an owner.
local function use_backdoor(s, robot)
  s:minutes(60, 60 * 30)
  local hand = s:by { principal = robot, ip = s.world:network("hosting"), app = robot.app_id }
  make_owner(hand, s.random:guid())
end

local function netspi_account(s, sub)
  if s.random:chance(0.3) then return places.one(s.world, ACCOUNT, sub) end
  local account = s.world:new_resource(ACCOUNT, sub)
  s:call(ACCOUNT .. "/write", account, { seconds = 5, body = { properties = { sku = { name = "Basic" } } } })
  s:minutes(1, 5)
  return account
end

local function netspi(world, time)
  local portal = world.random:chance(0.6)
  local who = cast.tool_user(world, portal and "portal" or "az")
  if portal then who.app = world.app.portal end
  local s, sub = script.start_inside(world, time, who)
  local robot = world:newcomer()
  s:signin()
  local account = netspi_account(s, sub)
  local id = places.below(account, "runbooks", s:name("Maintain"))
  runbooks.import(s, id)
  s:minutes(1, 4)
  runbooks.publish(s, id)
  s:minutes(1, 6)
  s:call(ACCOUNT .. "/modules/write", places.below(account, "modules/AzureAD"), { seconds = 4 })
  s:minutes(2, 15)
  make_owner(s, robot.object_id)
  s:minutes(2, 10)
  webhook(s, account, s:name("hook-"))
  if world.random:chance(0.5) then use_backdoor(s, robot) end
  return s:finish()
end

-- Create-Backdoor of PowerZure 1.x: runbook and webhook have one name, and nothing is started or deleted.
local function powerzure_backdoor(world, time)
  local s, account = powerzure(world, time)
  local id = places.below(account, "runbooks/AzureAutomationTutorialPowerShell")
  runbooks.import(s, id)
  runbooks.publish(s, id)
  webhook(s, account, "AzureAutomationTutorialPowerShell")
  return s:finish()
end

-- A pipeline tests a runbook every night: imported, started and taken away, under its proper name, by its own identity.
local function runbook_pipeline(world, time)
  local s, account = at_account(world, time, cast.service(world, nil, "ci_hosted"))
  local id = places.below(account, "runbooks/Test-StartStopMachines")
  for _ = 1, 3 do
    runbooks.import(s, id)
    runbooks.publish(s, id)
    runbooks.start(s, account)
    s:minutes(2, 6)
    s:call(ACCOUNT .. "/runbooks/delete", id)
    s:next_day()
  end
  return s:finish()
end

-- The test pane of an editor: drafts and trial runs of a runbook that stays.
local function test_pane(world, time)
  local s, account = at_account(world, time, cast.honest(world, nil, "admin"))
  local id = places.below(account, "runbooks/ScaleDownNights")
  for _ = 1, 3 do
    s:call(ACCOUNT .. "/runbooks/draft/content/write", id)
    s:call(ACCOUNT .. "/runbooks/draft/testJob/write", id)
    s:minutes(3, 12)
  end
  return s:finish()
end

-- An author writes a runbook of fifteen letters, publishes it, tries it and keeps it.
local function runbook_author(world, time)
  local s, account = at_account(world, time, cast.honest(world, "portal", "admin"))
  local name = world.random:pick { "ScaleDownNights", "UpdateAzModules", "StopLabMachines" }
  local id = places.below(account, "runbooks", name)
  runbooks.import(s, id)
  s:minutes(10, 30)
  runbooks.publish(s, id)
  runbooks.start(s, account)
  return s:finish()
end

-- A new account brings two tutorials along, by the service itself under the name of who made the account.
local function built_in_tutorials(world, time)
  local s, sub = script.start_inside(world, time, cast.honest(world, "portal", "admin"))
  local account = world:new_resource(ACCOUNT, sub)
  s:call(ACCOUNT .. "/write", account, { seconds = 6 })
  for _, name in ipairs { "AzureAutomationTutorialWithIdentity", "AzureAutomationTutorialWithIdentityGraphical" } do
    s:call(ACCOUNT .. "/runbooks/write", places.below(account, "runbooks", name))
  end
  return s:finish()
end

-- Somebody learns with a tutorial of nearly the same name.
local function tutorial_reader(world, time)
  local s, account = at_account(world, time, cast.honest(world, "portal", "dev"))
  local id = places.below(account, "runbooks/AzureAutomationTutorial")
  runbooks.publish(s, id)
  runbooks.start(s, account)
  return s:finish()
end

-- An alert is to start a runbook that has been there for long.
local function alert_webhook(world, time)
  local s, account = at_account(world, time, cast.honest(world, "portal", "admin"))
  webhook(s, account, "alert-scale-out")
  s:call("Microsoft.Insights/actionGroups/write",
    places.on(places.group(account), "microsoft.insights/actionGroups", "ops"), { seconds = 2 })
  return s:finish()
end

-- A template with everything in it, in one deployment.
local function template_webhook(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "terraform", "ci_hosted"))
  local account = world:new_resource(ACCOUNT, sub)
  local id = places.below(account, "runbooks/RestartOnAlert")
  s:deployment(places.group(account), {
    { ACCOUNT .. "/write", account }, { ACCOUNT .. "/runbooks/write", id },
    { ACCOUNT .. "/webhooks/write", places.below(account, "webhooks/alert") },
  })
  return s:finish()
end

local code = {
  { name = "runbook_pipeline", run = runbook_pipeline }, { name = "test_pane", run = test_pane },
  { name = "runbook_author", run = runbook_author }, { name = "built_in_tutorials", run = built_in_tutorials },
}
local hooks = {
  { name = "alert_webhook", run = alert_webhook }, { name = "template_webhook", run = template_webhook },
  { name = "runbook_author", run = runbook_author },
}
local tutorials = {
  { name = "built_in_tutorials", run = built_in_tutorials }, { name = "tutorial_reader", run = tutorial_reader },
  { name = "test_pane", run = test_pane },
}

local function story(id, attack, look_alikes)
  return { id = id, accepts = {}, difficulties = { "plain" }, sources = { "activity" }, severity = "High",
    attack = attack, look_alikes = look_alikes }
end

return {
  story("ARM_MicroBurst.RunCodeOnBehalf", microburst_code, code),
  story("ARM_PowerZure.RunCodeOnBehalf", powerzure_code, tutorials),
  story("ARM_NetSPI.MaintainPersistence", netspi, hooks),
  story("ARM_PowerZure.MaintainPersistence", powerzure_backdoor, {
    { name = "alert_webhook", run = alert_webhook }, { name = "tutorial_reader", run = tutorial_reader },
    { name = "built_in_tutorials", run = built_in_tutorials },
  }),
}
