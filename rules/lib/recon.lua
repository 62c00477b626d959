-- What tools read that look around in a subscription: kinds of settings, by the operations that read them.
local recon = {}

--- Settings that Azurite reads and hardly anybody else.
recon.odd_settings = {
  "Microsoft.Sql/servers/communicationLinks/read",
  "Microsoft.Sql/servers/databases/dataMaskingPolicies/read",
  "Microsoft.Sql/servers/databases/connectionPolicies/read",
  "Microsoft.Authorization/classicAdministrators/read",
  "Microsoft.Network/connections/sharedKey/*",
  "Microsoft.Network/localNetworkGateways/read",
  "Microsoft.Network/virtualNetworkGateways/read",
}

return recon
