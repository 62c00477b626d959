-- Which files the reader takes from paths and folders, what it tells of them, and how it reads records again.
local reader = require("armrun.core").T.reader

local function sh(command, ...)
  assert(os.execute(command:format(...)), command)
end

local folder

local function put(name, text)
  local file = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(text)
  file:close()
  return folder .. "/" .. name
end

local function names(result)
  local list = {}
  for i, file in ipairs(result.files) do
    list[i] = file.name:sub(#folder + 2)
  end
  return list
end

local function texts(result)
  local list = {}
  for i, record in ipairs(result.records) do
    list[i] = record.text
  end
  return list
end

before_each(function()
  folder = os.tmpname()
  os.remove(folder)
  sh("mkdir '%s'", folder)
end)

after_each(function()
  sh("chmod -R u+rwx '%s' && rm -rf '%s'", folder, folder)
end)

describe("a folder", function()
  it("is read to any depth, in byte order of names", function()
    sh("mkdir -p '%s/y=2024/m=05/d=01/h=10/m=00' '%s/y=2024/m=05/d=01/h=02/m=00'", folder, folder)
    put("y=2024/m=05/d=01/h=10/m=00/PT1H.json", '{"n":3}\n')
    put("y=2024/m=05/d=01/h=02/m=00/PT1H.json", '{"n":2}\n')
    put("B.log", '{"n":1}\n')
    put("z.ndjson", '{"n":4}')
    local result = reader.read { paths = { folder } }
    assert.same({
      "B.log",
      "y=2024/m=05/d=01/h=02/m=00/PT1H.json",
      "y=2024/m=05/d=01/h=10/m=00/PT1H.json",
      "z.ndjson",
    }, names(result))
    assert.same({ '{"n":1}', '{"n":2}', '{"n":3}', '{"n":4}' }, texts(result))
    assert.equal(0, result.records[1].file)
    assert.equal(3, result.records[4].file)
    assert.equal(1, result.records[4].number)
    assert.equal(0, result.records[4].offset)
    assert.equal(31, result.total)
    assert.equal(31, result.done)
  end)

  it("gives names that logs have, and counts the others", function()
    for _, name in ipairs {
      "a.JSON", "b.jsonl", "c.txt", "d", "e.json.gz", "f.zst", ".hidden.json", "g.csv", "h.json~" } do
      put(name, "")
    end
    local result = reader.read { paths = { folder } }
    assert.same({ "a.JSON", "b.jsonl", "c.txt", "d", "e.json.gz", "f.zst" }, names(result))
    assert.equal(3, result.passed_over)
  end)

  it("without logs says what was looked for", function()
    put("readme.md", "x")
    sh("mkdir '%s/sub'", folder)
    local result = reader.read { paths = { folder } }
    assert.equal(1, #result.files)
    assert.equal(folder, result.files[1].name)
    assert.is_true(result.files[1].unreadable)
    assert.equal(
      "no log in this folder: looked for names ending in .json .jsonl .ndjson .log .txt .gz .zst, or without a dot",
      result.files[1].problem
    )
  end)

  it("that links lead back to is read once", function()
    put("a.json", '{"n":1}')
    sh("mkdir '%s/sub' && ln -s .. '%s/sub/up' && ln -s . '%s/here' && ln -s sub '%s/zub'", folder,
      folder, folder, folder)
    put("sub/b.json", '{"n":2}')
    local result = reader.read { paths = { folder } }
    assert.same({ '{"n":1}', '{"n":2}' }, texts(result))
  end)

  it("with a pipe in it does not hang", function()
    put("a.json", '{"n":1}')
    sh("mkfifo '%s/b.json'", folder)
    local result = reader.read { paths = { folder } }
    assert.same({ '{"n":1}' }, texts(result))
    assert.equal(1, result.passed_over)
  end)

  it("with a broken link names it", function()
    put("a.json", '{"n":1}')
    sh("ln -s nowhere '%s/b.json'", folder)
    local result = reader.read { paths = { folder } }
    assert.same({ '{"n":1}' }, texts(result))
    assert.equal("cannot open: No such file or directory", result.files[2].problem)
  end)
end)

describe("a file", function()
  it("that is missing is told, and the others are read", function()
    local path = put("a.json", '{"n":1}')
    local result = reader.read { paths = { folder .. "/none.json", path } }
    assert.is_true(result.files[1].unreadable)
    assert.equal("cannot open: No such file or directory", result.files[1].problem)
    assert.same({ '{"n":1}' }, texts(result))
    assert.equal(1, result.records[1].file)
  end)

  it("that may not be read is told", function()
    local path = put("a.json", '{"n":1}')
    sh("chmod 0 '%s'", path)
    local probe = io.open(path)
    if probe then -- root may read everything
      probe:close()
      return
    end
    local result = reader.read { paths = { path } }
    assert.equal("cannot open: Permission denied", result.files[1].problem)
  end)

  it("may be given whatever its name, or as a pipe", function()
    local path = put("odd.name", '{"n":1}')
    assert.same({ '{"n":1}' }, texts(reader.read { paths = { path } }))
    sh("mkfifo '%s/pipe' && (printf '{\"n\":2}' > '%s/pipe' &)", folder, folder)
    local result = reader.read { paths = { folder .. "/pipe" } }
    assert.same({ '{"n":2}' }, texts(result))
    assert.is_false(result.records[1].seekable)
    assert.is_false(result.can_rewind)
    assert.equal(0, result.total)
  end)

  it("that is compressed is so whatever its name", function()
    local path = put("a.log", reader.gzip '{"n":1}\n')
    local result = reader.read { paths = { path } }
    assert.same({ '{"n":1}' }, texts(result))
    assert.is_true(result.files[1].compressed)
    assert.is_false(result.files[1].seekable)
    assert.equal(8, result.files[1].bytes)
  end)

  it("counts its records and rejects apart from those of others", function()
    local a, b = put("a.json", '{"n":1}\nprose\n{"n":2}'), put("b.json", 'prose\n{"n":3}\n')
    local result = reader.read { paths = { a, b }, batch = 300 }
    assert.same({ 3, 1 }, { result.files[1].records, result.files[1].rejects })
    assert.same({ 2, 1 }, { result.files[2].records, result.files[2].rejects })
    assert.same({ 1, 2, 6 }, { result.rejects[2].file, result.records[3].number, result.records[3].offset })
  end)
end)

describe("reading again", function()
  local function big()
    local list = {}
    for i = 1, 3000 do
      list[i] = ('{"n":%d,"fill":"%s"}'):format(i, ("x"):rep(i % 700))
    end
    return list
  end

  it("brings every seekable record back by its offset", function()
    local records = big()
    local plain = put("a.json", "\xEF\xBB\xBF" .. table.concat(records, "\r\n"))
    local wrapped = put("b.json", '{"records":[' .. table.concat(records, ",\n") .. "]}")
    local result = reader.read { paths = { plain, wrapped }, reread = 1 }
    assert.equal(6000, #result.records)
    for _, record in ipairs(result.records) do
      assert.is_true(record.seekable)
      assert.equal(record.text, record.again)
    end
  end)

  it("works for more files than are kept open", function()
    local paths = {}
    for i = 1, 40 do
      paths[i] = put(i .. ".json", ('{"n":%d}'):format(i))
    end
    local result = reader.read { paths = paths, reread = 1 }
    assert.equal(40, #result.records)
    for i, record in ipairs(result.records) do
      assert.equal(('{"n":%d}'):format(i), record.again)
    end
  end)

  it("from the start gives the same again", function()
    local path = put("a.json", table.concat(big(), "\n"))
    local once = reader.read { paths = { path } }
    local twice = reader.read { paths = { path }, rewind = 1 }
    assert.same(texts(once), texts(twice))
    assert.equal(3000, twice.files[1].records)
    assert.equal(once.files[1].bytes, twice.files[1].bytes)
    assert.is_true(twice.can_rewind)
  end)

  it("from the start is refused for standard input", function()
    local result = reader.read { paths = { "-" }, only_open = 1, rewind = 1 }
    assert.equal("the input cannot be read twice: standard input or a pipe is part of it", result.failed)
  end)

  it("of a file that was replaced or cut fails and says so", function()
    local path = put("a.json", '{"n":1}\n{"n":2}\n')
    local message = "changed since it was read; record 2 at byte 8 cannot be read again"
    local result = reader.read {
      paths = { path },
      before_reread = function()
        put("a.json", '{"n":1}\n')
      end,
    }
    assert.equal(path .. ": " .. message, result.records[2].again)
    assert.equal('{"n":1}', result.records[1].again)
    result = reader.read {
      paths = { put("a.json", '{"n":1}\n{"n":2}\n') },
      before_reread = function()
        put("b.json", '{"n":1}\n{"n":3}\n')
        os.rename(folder .. "/b.json", path)
      end,
    }
    assert.equal(path .. ": " .. message, result.records[2].again)
  end)
end)
