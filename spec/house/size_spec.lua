-- Sizes and heads of what lies in core/: functions stay short, every file says what it is.

local LONGEST <const>, MEDIAN <const> = 80, 12

local function sources(pattern)
  local pipe = assert(io.popen("find core " .. pattern .. " | sort"))
  local paths = {}
  for path in pipe:lines() do paths[#paths + 1] = path end
  pipe:close()
  return paths
end

-- At column 0, which clang-format sees to: the last line that starts with a letter is the head, a line that ends in
-- ") {" opens the function, a line that starts with "}" closes whatever was open.
local function functions_of(path)
  local found, head, opened, number = {}, nil, nil, 0
  for line in io.lines(path) do
    number = number + 1
    if not opened then
      if line:match "^[%a_]" then head = { name = line:match "([%w_]+)%(" or line, at = number } end
      if line:match "%) {$" and head then opened = head end
      if line:match "{$" and not opened then opened = { no_function = true } end
    elseif line:match "^}" then
      if not opened.no_function then
        found[#found + 1] = { name = opened.name, path = path, length = number - opened.at + 1 }
      end
      opened, head = nil, nil
    end
  end
  return found
end

local function all_functions()
  local all = {}
  for _, path in ipairs(sources "-name '*.c' -o -name '*.cpp'") do
    for _, found in ipairs(functions_of(path)) do all[#all + 1] = found end
  end
  table.sort(all, function(a, b) return a.length < b.length end)
  return all
end

describe("the size of functions in core/", function()
  local all = all_functions()

  it("is found for nearly all there are", function()
    -- Another way to count: definitions end in a line that is just "}".
    local closed = 0
    for _, path in ipairs(sources "-name '*.c' -o -name '*.cpp'") do
      for line in io.lines(path) do closed = closed + (line == "}" and 1 or 0) end
    end
    assert.is_true(#all > 1000)
    assert.is_true(#all >= 0.98 * closed, ("%d functions found, %d lines close one"):format(#all, closed))
  end)

  it("is at most " .. LONGEST .. " lines", function()
    local long = {}
    for _, found in ipairs(all) do
      local text = ("%s: %s has %d lines"):format(found.path, found.name, found.length)
      if found.length > LONGEST then long[#long + 1] = text end
    end
    assert.same({}, long)
  end)

  it("is at most " .. MEDIAN .. " lines for half of them", function()
    assert.is_true(all[(#all + 1) // 2].length <= MEDIAN)
  end)
end)

describe("every file of core/", function()
  it("says on top what it is", function()
    local silent = {}
    for _, path in ipairs(sources "-name '*.[ch]' -o -name '*.cpp'") do
      local file = assert(io.open(path))
      local first = file:read "l" or ""
      file:close()
      if not first:match "^/[/*]%*? *%w.*%w" then silent[#silent + 1] = path .. ": " .. first end
    end
    assert.same({}, silent)
  end)

  it("that is a header guards itself against being read twice", function()
    local wrong = {}
    for _, path in ipairs(sources "-name '*.h'") do
      local file = assert(io.open(path))
      local text = file:read "a"
      file:close()
      local guard = text:match "#ifndef ([%u%d_]+_H)\n#define %1\n"
      if not guard then wrong[#wrong + 1] = path .. " has no include guard" end
    end
    assert.same({}, wrong)
  end)
end)
