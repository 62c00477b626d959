-- The armrun program in a folder of its own, as specs run it: open() makes the folder, close() takes it away with all
-- that is in it. Names are relative to the folder, but for those that begin with a slash.
local assert <const> = require "luassert"

local program = {}

local folder

--- What a command prints.
function program.output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

--- One word for the shell.
function program.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local build <const> = os.getenv "ARMRUN_BUILD" or "build"
local quote <const> = program.quote

--- The source tree, the build tree and the program in it: absolute, for every command runs in the folder.
program.source = program.output_of "pwd":sub(1, -2)
program.build = build:sub(1, 1) == "/" and build or program.source .. "/" .. build
program.path = program.build .. "/armrun"

function program.open()
  folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir " .. quote(folder)))
end

function program.close()
  os.execute("rm -rf " .. quote(folder))
end

--- Where a file of the folder lies.
function program.place(name)
  return name:sub(1, 1) == "/" and name or folder .. "/" .. name
end

function program.read(name)
  local file <close> = assert(io.open(program.place(name), "rb"))
  return file:read "a"
end

--- Writes a file piece by piece, so that large ones are never one string. Makes the folders above it.
function program.write(name, ...)
  local path = program.place(name)
  if name:find("/", 1, true) then os.execute("mkdir -p " .. quote(path:match "^(.*)/")) end
  local file <close> = assert(io.open(path, "wb"))
  for _, piece in ipairs { ... } do file:write(piece) end
end

--- Runs a command in the folder, with A for the program: exit code (128 and the number of a signal), output, errors.
function program.shell(command)
  local line = "cd %s && A=%s && { %s; } >out 2>err </dev/null"
  local _, how, code = os.execute(line:format(quote(folder), quote(program.path), command))
  return how == "signal" and 128 + code or code, program.read "out", program.read "err"
end

function program.has(text, part)
  assert.truthy(text:find(part, 1, true), ("expected %q in:\n%s"):format(part, text))
end

function program.lacks(text, part)
  assert.falsy(text:find(part, 1, true), ("did not expect %q in:\n%s"):format(part, text))
end

return program
