local name = require "armrun.name"

describe("armrun.name", function()
  it("finds names drawn by lot, as in the tool's own help", function()
    for _, text in ipairs { "lGVeLPZARrTJdDu", "FCIGmKqaTkEUViN", "HzROkCvceonUNdh" } do
      assert.is_true(name.is_random_letters(text), text)
    end
  end)

  it("leaves names of people alone", function()
    for _, text in ipairs { "ScaleDownNights", "UpdateAzModules", "AzureAutomationTutorialPowerShell",
      "lgvelpzarrtjddu", "BACKUPDNSFRIGHT", "COPYRIGHTABLEFX",
      "lGVeLPZARrTJdD1", "", "short" } do
      assert.is_false(name.is_random_letters(text), text)
    end
    assert.is_false(name.is_random_letters(nil))
  end)

  it("counts letters and tells camel case", function()
    assert.equal(3, name.distinct_letters("aAb"))
    assert.equal(0, name.distinct_letters(""))
    assert.is_true(name.is_camel_case("ScaleDownNights"))
    assert.is_false(name.is_camel_case("ScaleVMNights"))
    assert.is_false(name.is_camel_case("ScaleDoN"))
  end)
end)
