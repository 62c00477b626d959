describe("@ID@", function()
  local testing = require "armrun.testing"

  local function story_of(accounts)
    local story = testing.story "@FILE@"
    for i = 1, accounts do
      story:act {
        at = i .. "s", by = "mallory",
        does = "Microsoft.Storage/storageAccounts/listKeys/action", on = "sa" .. i,
      }
    end
    return story
  end

  it("fires when what it looks for happens", function()
    assert.alert(story_of(2), "@ID@", { severity = "low", principal = "mallory" })
  end)

  it("is quiet when it does not", function()
    assert.quiet(story_of(1), "@ID@")
  end)
end)
