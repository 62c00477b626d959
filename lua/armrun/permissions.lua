--- What the permissions of a role definition let its holders do: wildcards expanded, notActions subtracted, conditions
-- read; and whether they can give themselves more by it. Microsoft's patterns have `*` for any text, in any case.
local member = require "armrun.member"

local permissions = {}

local PATTERNS_MAX <const> = 256 -- of one list that are looked at

-- Whoever may do one of these can take everything.
local rule_all <const> = {
  "microsoft.authorization/roleassignments/write", "microsoft.authorization/roledefinitions/write",
  "microsoft.authorization/roleassignmentschedulerequests/write",
  "microsoft.authorization/roleeligibilityschedulerequests/write",
  "microsoft.authorization/rolemanagementpolicies/write", "microsoft.authorization/elevateaccess/action",
  "microsoft.authorization/classicadministrators/write", "microsoft.managedservices/registrationassignments/write",
  "microsoft.authorization/policyassignments/write",
}

-- Ways to take what other identities have; `all` or `any` of the operations.
local borrow <const> = {
  { what = "remove deny assignments", any = { "microsoft.authorization/denyassignments/delete" } },
  { what = "assign identities", any = { "microsoft.managedidentity/userassignedidentities/assign/action" } },
  { what = "federate identities",
    any = { "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials/write" } },
  { what = "run code on machines", any = { "microsoft.compute/virtualmachines/runcommand/action",
    "microsoft.compute/virtualmachines/extensions/write" } },
  { what = "run runbooks", all = { "microsoft.automation/automationaccounts/runbooks/write",
    "microsoft.automation/automationaccounts/jobs/write" } },
  { what = "open key vaults", any = { "microsoft.keyvault/vaults/accesspolicies/write" } },
  { what = "list storage keys", any = { "microsoft.storage/storageaccounts/listkeys/action" } },
}

-- The only operation that a condition of Azure's can narrow down.
local ASSIGN <const> = rule_all[1]

-- ---- reading --------------------------------------------------------------------------------------------------------

-- Texts of a list in lower case, at most PATTERNS_MAX; and whether there were more.
local function texts(given)
  local list = {}
  for _, text in ipairs(type(given) == "table" and given or { given }) do
    if #list == PATTERNS_MAX then return list, true end
    if type(text) == "string" and #text <= 512 then list[#list + 1] = text:lower() end
  end
  return list, false
end

--- Does a condition look at what is assigned? One that does not narrows nothing down.
function permissions.is_narrowing(condition)
  return type(condition) == "string" and contains(condition, "microsoft.authorization/roleassignments:", "i")
end

--- The blocks of `properties.permissions` as this module takes them; `cut` when one has more than 256 patterns.
---@param given any  as act:body gives it
function permissions.read(given)
  local blocks, list = { cut = false }, type(given) == "table" and given or {}
  if #list == 0 and member.of(list, "actions") then list = { list } end
  for i = 1, math.min(#list, 16) do
    if type(list[i]) == "table" then
      local actions, more = texts(member.of(list[i], "actions"))
      local data = texts(member.of(list[i], "dataactions"))
      blocks[#blocks + 1] = { actions = actions, without = texts(member.of(list[i], "notactions")), data = data,
        narrowed = permissions.is_narrowing(member.of(list[i], "condition")) }
      blocks.cut = blocks.cut or more
    end
  end
  return blocks
end

-- ---- asking ---------------------------------------------------------------------------------------------------------

local function matches(patterns, operation)
  for _, pattern in ipairs(patterns) do
    if pattern == operation or glob(operation, pattern) then return true end
  end
  return false
end

--- Do the blocks grant an operation (lower case)? false, true, or "narrowed" when only under a condition.
function permissions.grants(blocks, operation)
  local found = false
  for _, block in ipairs(blocks) do
    if matches(block.actions, operation) and not matches(block.without, operation) then
      if not (block.narrowed and operation == ASSIGN) then return true end
      found = "narrowed"
    end
  end
  return found
end

local function all_of(blocks, operations)
  for _, operation in ipairs(operations) do
    if permissions.grants(blocks, operation) ~= true then return false end
  end
  return true
end

local function any_of_them(blocks, operations)
  for _, operation in ipairs(operations) do
    if permissions.grants(blocks, operation) == true then return true end
  end
  return false
end

local function has_all_data(blocks)
  for _, block in ipairs(blocks) do
    for _, pattern in ipairs(block.data) do
      if pattern == "*" then return true end
    end
  end
  return false
end

--- Can holders give themselves more? { privileged =, rules = { operation, … }, borrows = { "run code on machines", … },
-- narrowed = may assign roles under a condition, all_data = }. Privileged is who may do one of the operations that
-- rule everything, or has `ways` (4) ways of taking what others have.
---@param blocks table  of permissions.read
---@param ways integer?
function permissions.judge(blocks, ways)
  local found = { rules = {}, borrows = {}, narrowed = permissions.grants(blocks, ASSIGN) == "narrowed" }
  for _, operation in ipairs(rule_all) do
    if permissions.grants(blocks, operation) == true then found.rules[#found.rules + 1] = operation end
  end
  for _, way in ipairs(borrow) do
    local has = way.all and all_of(blocks, way.all) or way.any and any_of_them(blocks, way.any)
    if has then found.borrows[#found.borrows + 1] = way.what end
  end
  found.privileged = #found.rules > 0 or #found.borrows >= (ways or 4)
  found.all_data = has_all_data(blocks)
  return found
end

-- ---- where and under which name -------------------------------------------------------------------------------------

local reaches <const> = { [3] = "root or a management group", [2] = "a subscription", [0] = "a resource group" }

local function slashes(text)
  local count = 0
  for i = 1, #text do
    if text:sub(i, i) == "/" then count = count + 1 end
  end
  return count
end

--- How far a scope reaches: 3 for the root and management groups, 2 for a subscription, 0 for what lies in one; and in
-- words. Nil when it is no scope.
---@param scope any
function permissions.reach(scope)
  if type(scope) ~= "string" or scope:sub(1, 1) ~= "/" or #scope > 1024 then return nil end
  local lower, reach = scope:lower(), 0
  if #lower > 1 and lower:sub(-1) == "/" then lower = lower:sub(1, -2) end
  if lower == "/" or lower:sub(1, 49) == "/providers/microsoft.management/managementgroups/" then
    reach = 3
  elseif lower:sub(1, 15) == "/subscriptions/" and slashes(lower) == 2 then
    reach = 2
  end
  return reach, reaches[reach]
end

--- The farthest reach of a list of scopes.
function permissions.farthest(scopes)
  local best
  for i, scope in ipairs(type(scopes) == "table" and scopes or { scopes }) do
    local reach = i <= PATTERNS_MAX and permissions.reach(scope)
    if reach and reach > (best or -1) then best = reach end
  end
  return best, best and reaches[best]
end

local function letters(text)
  local kept = ""
  for i = 1, math.min(#text, 128) do
    local c = text:sub(i, i):lower()
    if c >= "a" and c <= "z" then kept = kept .. c end
  end
  return kept
end

local harmless <const> = { "reader", "readonly", "viewer", "monitor", "audit", "billing", "backupoperator" }
local builtin <const> = { owner = true, contributor = true, useraccessadministrator = true,
  virtualmachinecontributor = true, networkcontributor = true, storageaccountcontributor = true,
  securityadmin = true, managedidentityoperator = true, rolebasedaccesscontroladministrator = true }

--- Does the name of a role say less than it may do: sounds it harmless, or like one of Microsoft's own roles?
---@param name any
function permissions.is_disguised(name)
  if type(name) ~= "string" then return false end
  local text = letters(name)
  local singular = text:sub(-1) == "s" and text:sub(1, -2) or text
  if builtin[text] or builtin[singular] then return true end
  for _, part in ipairs(harmless) do
    if contains(text, part) then return true end
  end
  return false
end

return permissions
