--- Azurite's review of a subscription (Review-AzureRmSubscription 0.6 beta): networks first, then group by group.
local cast = require "armrun.simulate.attacks.cast"
local places = require "armrun.simulate.attacks.places"
local script = require "armrun.simulate.attacks.script"

local SITE, SQL, VAULT = "Microsoft.Web/sites", "Microsoft.Sql/servers", "Microsoft.KeyVault/vaults"
local NETWORK = "Microsoft.Network/"

local function networks(s, path)
  for _, type in ipairs { "virtualNetworks", "networkInterfaces", "virtualNetworkGateways" } do
    s:read(NETWORK .. type .. "/read", path)
  end
  s:read("Microsoft.Compute/virtualMachines/read", path)
  s:read(NETWORK .. "connections/read", path)
  if s.random:chance(0.4) then s:read(NETWORK .. "connections/sharedKey/read", path) end
end

-- The publishing profile in each of its three formats.
local function web_app(s, site)
  s:read("Microsoft.Web/certificates/read", places.group(site))
  for _, format in ipairs { "WebDeploy", "FileZilla3", "Ftp" } do
    s:call(SITE .. "/publishxml/action", site, { body = { format = format } })
  end
end

local function sql_server(s, server)
  for _, what in ipairs { "administrators", "auditingPolicies", "communicationLinks", "firewallRules", "databases" } do
    s:read(SQL .. "/" .. what .. "/read", server)
  end
  local database = places.below(server, "databases", s:name("db-"))
  for _, what in ipairs {
    "auditingPolicies", "dataMaskingPolicies", "connectionPolicies", "securityAlertPolicies",
    "transparentDataEncryption",
  } do s:read(SQL .. "/databases/" .. what .. "/read", database) end
end

local function vault(s, id)
  s:vault("VaultGet", id, "/?api-version=2015-06-01")
  s:vault("KeyList", id, "/keys?api-version=2016-10-01")
  for _ = 1, s.random:int(1, 4) do s:vault("KeyGet", id, "/keys/" .. s:name("key-") .. "?api-version=2016-10-01") end
  s:vault("SecretList", id, "/secrets?api-version=2016-10-01")
  for _ = 1, s.random:int(2, 8) do
    s:vault("SecretGet", id, "/secrets/" .. s:name("secret-") .. "?api-version=2016-10-01")
  end
end

local function group_reads(s, group)
  for _, operation in ipairs {
    "Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/extensions/read", SITE .. "/read",
    SQL .. "/read", NETWORK .. "localNetworkGateways/read", VAULT .. "/read",
  } do s:read(operation, group) end
end

local function review(world, time)
  local s, sub = script.start_inside(world, time, cast.tool_user(world, "azurerm"))
  local path = places.path(sub)
  s:signin()
  for _, operation in ipairs {
    "Microsoft.Resources/subscriptions/read", "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Authorization/classicAdministrators/read", "Microsoft.Resources/subscriptions/resourceGroups/read",
  } do s:read(operation, path) end
  networks(s, path)
  local sites = places.some(world, SITE, world.random:int(2, 6), sub)
  group_reads(s, places.group(sites[1]))
  for _, site in ipairs(sites) do web_app(s, site) end
  for _, id in ipairs(places.some(world, SQL, world.random:int(1, 3), sub)) do sql_server(s, id) end
  for _, id in ipairs(places.some(world, VAULT, world.random:int(1, 3), sub)) do vault(s, id) end
  s:read("Microsoft.Resources/subscriptions/resources/read", path)
  return s:finish()
end

-- A developer publishes from the editor: the profile once for each deployment.
local function editor_publish(world, time)
  local s = script.start(world, time, cast.honest(world, nil, "dev"))
  local site = places.one(world, SITE, world:subscription(s.who.principal))
  for _ = 1, 2 do
    s:call(SITE .. "/publishxml/action", site)
    s:call(SITE .. "/publish/Action", site, { seconds = 20 })
    s:minutes(20, 60)
  end
  return s:finish()
end

-- A pipeline brings a release to all its apps.
local function release(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, nil, "ci_hosted"))
  for _, site in ipairs(places.some(world, SITE, 5, sub)) do
    s:call(SITE .. "/publishxml/action", site)
    s:call(SITE .. "/config/write", places.below(site, "config/appsettings"), { seconds = 2 })
    s:call(SITE .. "/restart/Action", site)
  end
  return s:finish()
end

-- A vulnerability tool for databases reads their settings, and nothing else.
local function database_review(world, time)
  local s, sub = script.start_inside(world, time, cast.service(world, "python", "scanner"))
  for _, server in ipairs(places.some(world, SQL, 2, sub)) do
    for _, what in ipairs { "firewallRules", "databases", "databases/dataMaskingPolicies",
      "databases/transparentDataEncryption", "databases/vulnerabilityAssessments" } do
      s:read(SQL .. "/" .. what .. "/read", server)
    end
  end
  return s:finish()
end

return {
  { id = "ARM_Azurite", accepts = {}, difficulties = { "plain" }, sources = { "activity" }, severity = "High",
    attack = review, look_alikes = {
      { name = "editor_publish", run = editor_publish }, { name = "release", run = release },
      { name = "database_review", run = database_review },
    } },
}
