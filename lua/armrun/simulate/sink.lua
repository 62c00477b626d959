--- Where the simulator writes: a folder, or standard output for the activity log alone.
local sink = {}

local Sink = {}
Sink.__index = Sink

local OPEN_AT_ONCE <const> = 64
local BUFFER <const> = 1 << 16

-- The program brings a function for folders; plain Lua, as specs have it, asks the shell.
local function make_folder(path)
  local known, tool = pcall(require, "armrun.tool")
  if known then return tool.make_folder(path) end
  return os.execute("mkdir -p '" .. path:gsub("'", "'\\''") .. "'"), "cannot make the folder " .. path
end

local function fail(path, why)
  error({ message = ("%s: cannot be written: %s"):format(path, why), code = 4 }, 0)
end

function Sink:folder(path)
  if self.folders[path] then return end
  local made, why = make_folder(path)
  if not made then fail(path, why) end
  self.folders[path] = true
end

local function close_all(self)
  for _, file in ipairs(self.open) do file:close() end
  self.open, self.by_path = {}, {}
end

function Sink:file(path)
  local file = self.by_path[path]
  if file then return file end
  if #self.open >= OPEN_AT_ONCE then close_all(self) end
  self:folder(path:match "^(.*)/")
  local why
  file, why = io.open(path, self.seen[path] and "ab" or "wb")
  if not file then fail(path, why) end
  file:setvbuf("full", BUFFER)
  self.seen[path], self.by_path[path] = true, file
  self.open[#self.open + 1] = file
  return file
end

--- The file of a log for records of some time; on standard output all go the same way.
function Sink:log(log, name)
  if not self.root then return self.stdout end
  return self:file(self.root .. "/log/" .. log .. "/" .. name)
end

--- A file beside the logs.
function Sink:beside(name, content)
  if not self.root then return end
  self:file(self.root .. "/" .. name):write(content)
end

--- Closes files that are not written any more.
function Sink:rest()
  close_all(self)
end

--- A checked standard output: a reader that hangs up ends the run quietly.
local function checked_stdout()
  io.stdout:setvbuf("full", BUFFER)
  local file = {}
  function file.write(_, ...)
    if io.stdout:write(...) then return end
    error({ message = nil, code = 0 }, 0)
  end
  return file
end

---@param root string? nil: the activity log goes to standard output
function sink.new(root)
  return setmetatable({ root = root, stdout = not root and checked_stdout(), folders = {}, seen = {}, open = {},
    by_path = {} }, Sink)
end

return sink
