-- Texts of records that cannot be read again are kept, in memory and then on disk, and come back as they were.
local reader = require("armrun.core").T.reader

local function lines(count)
  local list = {}
  for i = 1, count do
    list[i] = ('{"n":%d,"fill":"%s"}'):format(i, ("x"):rep(i * 37 % 900))
  end
  return list
end

local function size(list)
  return #table.concat(list)
end

describe("texts of compressed input", function()
  local list = lines(5000)
  local text = reader.gzip(table.concat(list, "\n"))

  it("stay in memory while there is room", function()
    local back, disk = reader.keep { text = text, memory = 64 << 20 }
    assert.same(list, back)
    assert.equal(0, disk)
  end)

  it("go to disk when there is none", function()
    local back, disk, after = reader.keep { text = text, memory = 0 }
    assert.same(list, back)
    assert.equal(size(list), disk)
    assert.equal(0, after)
  end)

  it("go to disk once memory is used up", function()
    local back, disk = reader.keep { text = text, memory = 1000000 }
    assert.same(list, back)
    assert.is_true(disk > 0)
    assert.is_true(disk < size(list))
    assert.is_true(disk >= size(list) - 1000000)
  end)

  it("come back when they were kept in turn, forgotten and kept again", function()
    local back = reader.keep { text = text, memory = 1000000, again = 1 }
    assert.same(list, back)
  end)
end)

describe("texts of a plain file", function()
  it("are read from it again", function()
    local list = lines(300)
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write(table.concat(list, "\n"))
    file:close()
    local back, disk = reader.keep { paths = { path }, memory = 0 }
    assert.same(list, back)
    assert.equal(0, disk)
    os.remove(path)
  end)
end)

describe("rows of a table", function()
  it("are kept as the objects that they became", function()
    local text = '{"tables":[{"columns":[{"name":"T"}],"rows":[[1],["x"]]}]}'
    for _, memory in ipairs { 0, 1000 } do
      assert.same({ '{"T":1}', '{"T":"x"}' }, (reader.keep { text = text, memory = memory }))
    end
  end)
end)

describe("a folder for temporary files that does not exist", function()
  it("is named", function()
    local order <const> = require("armrun.core").T.order
    local before = order.tmpdir "/nonexistent/folder"
    local kept, message = pcall(reader.keep, { text = reader.gzip "{}\n{}\n", memory = 0 })
    order.tmpdir(before)
    collectgarbage() -- what the error left, so that the next spec does not count it
    assert.is_false(kept)
    assert.matches("cannot create a temporary file in /nonexistent/folder: No such file", message, 1, true)
    assert.matches("record texts", message, 1, true)
  end)
end)

describe("memory that runs out", function()
  it("fails with a message and leaks nothing", function()
    local text = reader.gzip(table.concat(lines(50), "\n"))
    local failures = 0
    for n = 1, 40 do
      local live = reader.live()
      local done, message = pcall(reader.keep, { text = text, memory = 10000, fail_at = n })
      collectgarbage()
      assert.equal(live, reader.live())
      if not done then
        failures = failures + 1
        assert.matches("^out of memory while ", message)
      end
    end
    assert.is_true(failures > 5)
  end)
end)
