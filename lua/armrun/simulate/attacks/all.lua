--- All stories, of every family, in one list.
local families = {
  "origin", "microburst", "microburst_keys", "automation", "powerzure", "azurite", "compute", "vaults", "session",
  "access", "behaviour",
}

local stories = {}
for _, family in ipairs(families) do
  for _, story in ipairs(require("armrun.simulate.attacks." .. family)) do stories[#stories + 1] = story end
end
return stories
