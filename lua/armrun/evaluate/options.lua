--- The words after `armrun evaluate`.
local problem = require "armrun.evaluate.problem"

local options = {}

options.HELP = [[
Usage: armrun evaluate [OPTIONS] LABELS ALERTS [LABELS ALERTS]...
Lays the alerts of a run beside the labels of the simulated log it read.

LABELS is the labels.jsonl that armrun simulate writes, ALERTS what armrun --format json prints for its log. Of several
pairs (other seeds, other sizes) sessions, false alerts and days are added up.

  --beside NAME=ALERTS   alerts of other rules for the same log, to stand beside; repeatable. With several pairs the
                         same NAME is given once for each pair, in their order.
  --format F             text (default), json, html; list: each attack that was missed and each false alert, one a
                         line with tabs; gate: what --gate compares with
  -o, --output FILE      writes there, not to stdout
  --reports PREFIX       writes all of them as well: PREFIX.text, PREFIX.json, PREFIX.html, PREFIX.list, PREFIX.gate
  --gate FILE            compares with stored figures (--format gate or json) of the same simulations: exit code 1 when
                         false alerts rose by more than 10 % or the recall of an id fell by more than .03
  --help                 this

Exit codes: 0 done; 1 the gate failed; 2 something to read or an option is wrong; 4 output could not be written.

Example: armrun evaluate labels.jsonl alerts.jsonl --beside new_terms_7=naive.jsonl --format html -o quality.html
]]

local formats = { text = true, json = true, html = true, list = true, gate = true }

local function nearest(word)
  for _, option in ipairs { "--beside", "--format", "--output", "--reports", "--gate", "--help" } do
    if option:sub(1, 4) == word:sub(1, 4) then return (", did you mean '%s'?"):format(option) end
  end
  return "; try armrun evaluate --help"
end

local takes = {}

takes["--beside"] = function(o, value)
  local name, path = value:match "^([^=]+)=(.+)$"
  if not name then problem.raise("--beside: '%s' is not NAME=ALERTS", value) end
  if not o.beside[name] then o.names[#o.names + 1] = name end
  o.beside[name] = o.beside[name] or {}
  table.insert(o.beside[name], path)
end

takes["--format"] = function(o, value)
  if not formats[value] then
    problem.raise("--format: '%s' is unknown; expected text, json, html, list or gate", value)
  end
  o.format = value
end

takes["--output"] = function(o, value) o.output = value end
takes["-o"] = takes["--output"]
takes["--reports"] = function(o, value) o.reports = value end
takes["--gate"] = function(o, value) o.gate = value end

-- "--format=html" in two; any other word as it is.
local function split(word)
  local name, value = word:match "^(%-%-[^=]+)=(.*)$"
  return name or word, value
end

local function check_pairs(o, words)
  if #words == 0 then problem.raise "nothing to do: name the labels and the alerts; try armrun evaluate --help" end
  if #words % 2 == 1 then problem.raise("no alerts after '%s'; expected pairs of LABELS ALERTS", words[#words]) end
  for i = 1, #words, 2 do o.pairs[#o.pairs + 1] = { labels = words[i], alerts = words[i + 1] } end
  for _, name in ipairs(o.names) do
    if #o.beside[name] ~= #o.pairs then
      problem.raise("--beside: '%s' has %d files for %d pairs of labels and alerts", name, #o.beside[name], #o.pairs)
    end
  end
end

--- What the words ask for: { pairs, names, beside (name = paths), format, output, reports, gate } or { help = true }.
---@param words string[]
function options.parse(words)
  local o, plain, i = { pairs = {}, names = {}, beside = {}, format = "text" }, {}, 1
  while i <= #words do
    local name, value = split(words[i])
    if name == "--help" or name == "-?" then return { help = true } end
    if name:sub(1, 1) == "-" and name ~= "-" then
      local take = takes[name] or problem.raise("there is no option '%s'%s", name, nearest(name))
      if not value then i = i + 1 end
      take(o, value or words[i] or problem.raise("%s: a value is missing", name))
    else
      plain[#plain + 1] = words[i]
    end
    i = i + 1
  end
  check_pairs(o, plain)
  return o
end

return options
