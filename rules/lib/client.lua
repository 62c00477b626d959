-- Which PowerShell sent a request, told by its user agent. Only vaults, ARM reads and Entra know user agents.
local client = {}

local module = regex [[\bAz\.\w+/\d]]

--- "az": a module of today, Az.*; "azurerm": its forerunner, retired in 2024; "raw": Invoke-WebRequest and the like;
--- nil: something else, or not known.
function client.of(agent)
  if contains(agent, "AzurePowershell/", "i") then return module:match(agent) and "az" or "azurerm" end
  if contains(agent, "PowerShell/") then return "raw" end
end

return client
