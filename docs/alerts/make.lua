-- Writes docs/alerts/: a page for every rule in rules/, from its head, and an index.
--
--   lua5.4 docs/alerts/make.lua            writes the pages
--   lua5.4 docs/alerts/make.lua --check    says which pages are not what the rules say; exit 1 when any is not
--
-- It reads the heads only: the rule files run with words that remember what they were given.
package.path = "lua/?.lua;lua/?/init.lua;rules/?.lua;" .. package.path

local make = {}

-- ---- heads ----

-- A word that can be called with anything, any number of times, and keeps what it got.
local Word = {}
Word.__index = Word
function Word:__call(...)
  local got = setmetatable({ word = self.word, args = { table.unpack(self.args) } }, Word)
  for _, value in ipairs { ... } do got.args[#got.args + 1] = value end
  return got
end

local function word(name) return setmetatable({ word = name, args = {} }, Word) end

local function environment(heads, file)
  local env = {}
  function env.rule(id)
    return function(head)
      heads[#heads + 1] = { id = id, file = file, head = head }
    end
  end
  function env.regex() return { match = function() end } end
  return setmetatable(env, {
    __index = function(_, name)
      if _G[name] ~= nil then return _G[name] end
      return word(name)
    end,
  })
end

local function files_of(folder)
  local pipe = assert(io.popen("find " .. folder .. " -name '*.lua' -not -path '*/lib/*' | LC_ALL=C sort"))
  local files = {}
  for file in pipe:lines() do files[#files + 1] = file end
  pipe:close()
  return files
end

-- Modules of rules may use the words of the sandbox while they load.
local function load_with_words(run)
  local old = getmetatable(_G)
  setmetatable(_G, { __index = function(_, name) return word(name) end })
  local good, message = pcall(run)
  setmetatable(_G, old)
  if not good then error(message, 0) end
end

function make.heads(folder)
  local heads = {}
  load_with_words(function()
    for _, file in ipairs(files_of(folder)) do
      assert(loadfile(file, "t", environment(heads, file)))()
    end
  end)
  table.sort(heads, function(a, b) return a.id < b.id end)
  return heads
end

-- ---- examples ----

local function examples()
  local found = {}
  local pipe = assert(io.popen "cat examples/*/alerts.jsonl 2>/dev/null")
  for line in pipe:lines() do
    local id = line:match '"rule":"([^"]+)"'
    if id and not found[id] then found[id] = line end
  end
  pipe:close()
  return found
end

-- A string value of the alert's top level; enough for a page, and no parser needed.
local function text_of(line, key)
  local raw = line:match('"' .. key .. '":"(.-[^\\])"')
  return raw and raw:gsub("\\(.)", { n = " ", t = " ", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" })
end

local function reasons_of(line)
  local list = {}
  for raw in line:gmatch '"code":"[^"]+","text":"(.-[^\\])"' do
    list[#list + 1] = "- " .. raw:gsub('\\"', '"')
  end
  return list
end

-- ---- one page ----

local function list_of(value)
  if type(value) ~= "table" or getmetatable(value) == Word then return { value } end
  return value
end

local function source_text(value)
  if type(value) == "string" then return "`" .. value .. "`" end
  local names = {}
  for _, arg in ipairs(value.args) do
    for _, name in ipairs(list_of(arg)) do names[#names + 1] = "`" .. tostring(name) .. "`" end
  end
  local either = table.concat(names, " or ")
  return value.word == "intel" and "`--intel` lists tagged " .. either or either
end

local function sources(list)
  local texts = {}
  for i, value in ipairs(list or {}) do texts[i] = source_text(value) end
  return #texts > 0 and table.concat(texts, ", ") or "nothing else"
end

local function words_of(value)
  local texts = {}
  for i, one in ipairs(list_of(value)) do texts[i] = tostring(one) end
  return #texts > 0 and table.concat(texts, ", ") or "none"
end

local function techniques_of(list)
  local texts = {}
  for i, id in ipairs(list or {}) do
    texts[i] = ("[%s](https://attack.mitre.org/techniques/%s/)"):format(id, id:gsub("%.", "/"))
  end
  return #texts > 0 and table.concat(texts, ", ") or "none"
end

local function add_params(page, params)
  local names = {}
  for name in pairs(params or {}) do names[#names + 1] = name end
  if #names == 0 then return end
  table.sort(names)
  page[#page + 1] = "\n## What a site may tune\n\n| parameter | default |\n|---|---|"
  for _, name in ipairs(names) do page[#page + 1] = ("| `%s` | %s |"):format(name, tostring(params[name])) end
end

local function add_list(page, title, list)
  if not list or #list == 0 then return end
  page[#page + 1] = "\n## " .. title .. "\n"
  for _, text in ipairs(list) do page[#page + 1] = "- " .. text end
end

local function add_example(page, line)
  if not line then return end
  page[#page + 1] = "\n## An example\n"
  page[#page + 1] = "> **" .. text_of(line, "title") .. "** (" .. text_of(line, "severity") .. ", confidence "
    .. text_of(line, "confidence") .. ")  \n> " .. text_of(line, "summary") .. "\n"
  for _, reason in ipairs(reasons_of(line)) do page[#page + 1] = reason end
end

function make.page(entry, example)
  local head, about = entry.head, entry.head.about or {}
  local page = {
    "# " .. entry.id,
    "\n<!-- Written by docs/alerts/make.lua from " .. entry.file .. ": edit the rule, not this page. -->",
    "\n**" .. head.title .. "**\n",
    about.means or "",
    "\n| | |\n|---|---|",
    "| severity | " .. words_of(head.severity):gsub(", ", " or ") .. " |",
    "| tactics | " .. words_of(head.tactics) .. " |",
    "| ATT&CK | " .. techniques_of(head.techniques) .. " |",
    "| preview | " .. (head.preview and "yes" or "no") .. " |",
    "| needs | " .. sources(head.needs) .. " |",
  }
  if head.better_with then page[#page + 1] = "| surer with | " .. sources(head.better_with) .. " |" end
  if head.learning then page[#page + 1] = "| learns first | " .. head.learning .. " of coverage |" end
  if head.yields_to then page[#page + 1] = "| yields to | " .. words_of(head.yields_to) .. " |" end
  page[#page + 1] = "| rule | [" .. entry.file .. "](../../" .. entry.file .. ") |"
  if about.numbers then page[#page + 1] = "\n## Why these numbers\n\n" .. about.numbers end
  add_params(page, head.params)
  add_list(page, "Known false positives", about.false_positives)
  add_list(page, "What evades it", about.evasion)
  add_example(page, example)
  return table.concat(page, "\n") .. "\n"
end

-- ---- all of them ----

local function index(heads)
  local page = {
    "# The alerts\n",
    "<!-- Written by docs/alerts/make.lua. -->\n",
    "| alert | title | severity | needs |\n|---|---|---|---|",
  }
  for _, entry in ipairs(heads) do
    page[#page + 1] = ("| [%s](%s.md) | %s | %s | %s |"):format(entry.id, entry.id, entry.head.title,
      (words_of(entry.head.severity):gsub(", ", " or ")), sources(entry.head.needs))
  end
  return table.concat(page, "\n") .. "\n"
end

--- Every page by its path.
function make.pages()
  local heads, shown = make.heads "rules", examples()
  local pages = { ["docs/alerts/README.md"] = index(heads) }
  for _, entry in ipairs(heads) do
    pages["docs/alerts/" .. entry.id .. ".md"] = make.page(entry, shown[entry.id])
  end
  return pages
end

local function read(path)
  local file = io.open(path)
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

--- Paths of pages that are missing, stale, or of rules that are gone.
function make.stale()
  local pages, wrong = make.pages(), {}
  for path, text in pairs(pages) do
    if read(path) ~= text then wrong[#wrong + 1] = path end
  end
  local pipe = assert(io.popen "ls docs/alerts/*.md 2>/dev/null")
  for path in pipe:lines() do
    if not pages[path] then wrong[#wrong + 1] = path end
  end
  pipe:close()
  table.sort(wrong)
  return wrong
end

local function write_all()
  local count = 0
  for path, text in pairs(make.pages()) do
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
    count = count + 1
  end
  print(count .. " pages written to docs/alerts")
end

if arg and arg[0] and arg[0]:match "make%.lua$" then
  if arg[1] == "--check" then
    local wrong = make.stale()
    for _, path in ipairs(wrong) do print(path .. " is not what the rules say: run lua5.4 docs/alerts/make.lua") end
    os.exit(#wrong == 0)
  end
  write_all()
end
return make
