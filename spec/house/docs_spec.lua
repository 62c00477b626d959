-- What the pages say works: their rules load, their spec is green, their links lead somewhere, their options exist.
local program <const> = require "support.program"
local write <const> = program.write

-- A page of the source tree.
local function read(path) return program.read(program.source .. "/" .. path) end

local function armrun(words) return program.shell("$A " .. words .. " 2>&1") end

local function blocks(path)
  local found = {}
  for block in read(path):gmatch "\n```lua\n(.-)\n```" do found[#found + 1] = block .. "\n" end
  return found
end

local function pages()
  local pipe = assert(io.popen "ls README.md examples/README.md docs/*.md docs/alerts/*.md docs/decisions/*.md")
  local paths = {}
  for path in pipe:lines() do paths[#paths + 1] = path end
  pipe:close()
  return paths
end

describe("the pages", function()
  before_each(program.open)
  after_each(program.close)

  it("hold rules that load", function()
    for _, path in ipairs { "README.md", "docs/writing-rules.md" } do
      write("rule.lua", blocks(path)[1])
      local code, out = armrun "check rule.lua"
      assert.equal(0, code, out)
      assert.equal("1 rule, no problems\n", out)
    end
  end)

  it("hold a walk that ends green, and red when the rule is broken", function()
    local code, out = armrun "new CONTOSO_LocksRemoved"
    assert.equal(0, code)
    local printed = "\n    $ armrun new CONTOSO_LocksRemoved\n" .. out:gsub("[^\n]+\n", "    %0")
    assert.truthy(read("docs/writing-rules.md"):find(printed, 1, true), printed)
    local found = blocks "docs/writing-rules.md"
    assert.equal(2, #found)
    write("rules/contoso_locks_removed.lua", found[1])
    write("spec/rules/contoso_locks_removed_spec.lua", found[2])
    code, out = armrun "test spec/rules/contoso_locks_removed_spec.lua"
    assert.equal(0, code, out)
    assert.truthy(out:find("2 successes / 0 failures / 0 errors", 1, true), out)
    write("rules/contoso_locks_removed.lua", (found[1]:gsub("locks = 3", "locks = 4")))
    code, out = armrun "test spec/rules/contoso_locks_removed_spec.lua"
    assert.equal(1, code, out)
    write("rules/contoso_locks_removed.lua", (found[1]:gsub("severity  ", "severty   ")))
    code, out = armrun "check rules/contoso_locks_removed.lua"
    assert.equal(2, code)
    local first = out:match "^[^\n]+"
    assert.truthy(read("docs/writing-rules.md"):find("\n    " .. first .. "\n", 1, true), first)
  end)

  it("link to what is there", function()
    local dead = {}
    for _, path in ipairs(pages()) do
      for target in read(path):gmatch "%]%(([^)#]+)[^)]*%)" do
        local place = (path:match "^(.*/)" or "") .. target
        if not target:match "^https?:" and not os.rename(place, place) then dead[#dead + 1] = path .. ": " .. target end
      end
    end
    assert.same({}, dead)
  end)

  it("name no option that does not exist", function()
    local _, general = armrun "--help"
    local tools = { simulate = select(2, armrun "simulate --help"), evaluate = select(2, armrun "evaluate --help"),
      check = select(2, armrun "check --help") }
    local unknown, seen = {}, 0
    for _, path in ipairs(pages()) do
      for words in read(path):gmatch "[\n`] *[%w/]*%f[%w]armrun ([^\n`]*)" do
        local help = tools[words:match "^%l+"] or general
        for option in words:gmatch "%f[-]%-%-(%l[%l-]+)" do
          seen = seen + 1
          if not help:find("--" .. option, 1, true) then unknown[#unknown + 1] = path .. ": --" .. option end
        end
      end
    end
    assert.same({}, unknown)
    assert.is_true(seen >= 5, seen)
  end)
end)
