--- Built-in roles by the power they give, in bits: how much more a grant of one surprises than of any other role.
--
-- 3: gives access to all. 2: gives access to something, or all but access. 1: takes what others have (secrets, keys, a
-- machine's or an identity's rights), or all of some data. -3: looks on. Edit freely. Ids and names are those of
-- Microsoft's reference of built-in roles (September 2026).
local roles = {}

roles.built_in = {
  ["8e3af657-a8ff-443c-a75c-2fe8c4bcb635"] = { bits = 3, name = "Owner" },
  ["18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"] = { bits = 3, name = "User Access Administrator" },
  ["f58310d9-a9f6-439a-9e8d-f62e7b41a168"] = { bits = 3, name = "Role Based Access Control Administrator" },

  ["b24988ac-6180-42a0-ab88-20f7382dd24c"] = { bits = 2, name = "Contributor" },
  ["36243c78-bf99-498c-9df9-86d9f8d28608"] = { bits = 2, name = "Resource Policy Contributor" },
  ["437d2ced-4a38-4302-8479-ed2bcb43d090"] = { bits = 2, name = "Blueprint Operator" },
  -- May assign roles; which ones, a condition of the role itself says, or where.
  ["8b54135c-b56d-4d72-a534-26097cfdc8d8"] = { bits = 2, name = "Key Vault Data Access Administrator" },
  ["66f75aeb-eabe-4b70-9f1e-c350c4c9ad04"] = { bits = 2, name = "Virtual Machine Data Access Administrator" },
  ["95dd08a6-00bd-4661-84bf-f6726f83a4d0"] = { bits = 2, name = "Azure Container Storage Contributor" },
  ["95de85bd-744d-4664-9dde-11430bc34793"] = { bits = 2, name = "Azure Container Storage Owner" },
  ["e47c6f54-e4a2-4754-9501-8e0985b135e1"] = { bits = 2, name = "Foundry Account Owner" },
  ["eadc314b-1a2d-4efa-be10-5d325db5065e"] = { bits = 2, name = "Foundry Project Manager" },
  ["4e50c84c-c78e-4e37-b47e-e60ffea0a775"] = { bits = 2, name = "Service Group Administrator" },
  ["bda0d508-adf1-4af0-9c28-88919fc3ae06"] = { bits = 2, name = "Azure Stack HCI Administrator" },
  ["4c6569b6-f23e-4295-9b90-bd4cc4ff3292"] = { bits = 2, name = "DevCenter Owner" },
  ["fd8ea4d5-6509-4db0-bada-356ab233b4fa"] = { bits = 2, name = "Azure Migrate Owner" },
  ["fd8ea4d5-6509-4db0-bada-356ab233b4fb"] = { bits = 2, name = "Azure Local Migrate Owner" },
  ["1cfa4eac-9a23-481c-a793-bfb6958e836b"] = { bits = 2, name = "Azure Migrate Execute Expert" },
  ["77789c21-1643-48a2-8f27-47f858540b51"] = { bits = 2, name = "Storage Actions Task Assignment Contributor" },
  ["0f641de8-0b88-4198-bdef-bd8b45ceba96"] = { bits = 2, name = "Defender for Storage Scanner Operator" },
  ["8480c0f0-4509-4229-9339-7c10018cb8c4"] = { bits = 2, name = "Defender CSPM Storage Scanner Operator" },
  ["5a382001-fe36-41ff-bba4-8bf06bd54da9"] = { bits = 2, name = "Azure Sphere Owner" },
  ["a8889054-8d42-49c9-bc1c-52486c10e7cd"] = { bits = 2, name = "Reservations Administrator" },

  ["00482a5a-887f-4fb3-b363-3b7fe8e74483"] = { bits = 1, name = "Key Vault Administrator" },
  ["f25e0fa2-a7c8-4377-a976-54943a77a395"] = { bits = 1, name = "Key Vault Contributor" },
  ["b86a8fe4-44ce-4948-aee5-eccb2c155cd7"] = { bits = 1, name = "Key Vault Secrets Officer" },
  ["a4417e6f-fecd-4de8-b567-7b0420556985"] = { bits = 1, name = "Key Vault Certificates Officer" },
  ["14b46e9e-c2b7-41b4-b07b-48a6ebf60603"] = { bits = 1, name = "Key Vault Crypto Officer" },
  ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = { bits = 1, name = "Storage Blob Data Owner" },
  ["17d1049b-9a84-46fb-8f53-869881c3d3ab"] = { bits = 1, name = "Storage Account Contributor" },
  ["81a9662b-bebf-436f-a333-f67b29880f12"] = { bits = 1, name = "Storage Account Key Operator Service Role" },
  ["69566ab7-960f-475b-8e7c-b3118f30c6bd"] = { bits = 1, name = "Storage File Data Privileged Contributor" },
  ["bbf004e3-0e4b-4f86-ae4f-1f8fb47b357b"] = { bits = 1, name = "Storage File Data SMB Admin" },
  ["959f8984-c045-4866-89c7-12bf9737be2e"] = { bits = 1, name = "Data Operator for Managed Disks" },
  ["b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b"] = { bits = 1, name = "Azure Kubernetes Service RBAC Cluster Admin" },
  ["0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8"] = { bits = 1, name = "Azure Kubernetes Service Cluster Admin Role" },
  ["8393591c-06b9-48a2-a542-1bd6b377f6a2"] = { bits = 1, name = "Azure Arc Kubernetes Cluster Admin" },
  ["1c0163c0-47e6-4577-8991-ea5c82e286e4"] = { bits = 1, name = "Virtual Machine Administrator Login" },
  ["9980e02c-c2be-4d73-94e8-173b1dc7cf3c"] = { bits = 1, name = "Virtual Machine Contributor" },
  ["a6333a3e-0164-44c3-b281-7a577aff287f"] = { bits = 1, name = "Windows Admin Center Administrator Login" },
  ["f353d9bd-d4a6-484e-a77a-8050b599b867"] = { bits = 1, name = "Automation Contributor" },
  ["e40ec5ca-96e0-45a2-b4ff-59039f2c2b59"] = { bits = 1, name = "Managed Identity Contributor" },
  ["f1a07417-d97a-45cb-824c-7a7467783830"] = { bits = 1, name = "Managed Identity Operator" },

  ["acdd72a7-3385-48ef-bd42-f606fba81ae7"] = { bits = -3, name = "Reader" },
  ["39bc4728-0917-49c7-9d2c-d95423bc2eb4"] = { bits = -3, name = "Security Reader" },
  ["43d0d8ad-25c7-4714-9337-8ba259a9fe05"] = { bits = -3, name = "Monitoring Reader" },
  ["fa23ad8b-c56e-40d8-ac0c-ce449e1d2c64"] = { bits = -3, name = "Billing Reader" },
  ["72fafb9e-0641-4937-9268-a91bfd8191a3"] = { bits = -3, name = "Cost Management Reader" },
}

local CONTRIBUTOR <const> = "b24988ac-6180-42a0-ab88-20f7382dd24c"
local last_part <const> = regex [[([^/]{1,64})/?$]]
local bare <const> = regex [[^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$]]

--- The id of a role out of what a request names it by: whatever stands before it, in any case, with hyphens or without.
---@param text any
---@return string?
function roles.id(text)
  local part = type(text) == "string" and #text <= 1024 and last_part:match(text:lower()) or nil
  local a, b, c, d, e = bare:match(part)
  return a and ("%s-%s-%s-%s-%s"):format(a, b, c, d, e) or part
end

--- Is it a role with which one rules a subscription: that gives access to all, or everything but access?
---@param text any  as roles.id takes it
function roles.rules(text)
  local id = roles.id(text)
  local role = id and roles.built_in[id]
  return role ~= nil and (role.bits == 3 or id == CONTRIBUTOR)
end

return roles
