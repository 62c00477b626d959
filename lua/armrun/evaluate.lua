--- armrun evaluate: alerts beside the labels of a simulated log.
local gate = require "armrun.evaluate.gate"
local html = require "armrun.evaluate.html"
local list = require "armrun.evaluate.list"
local json = require "armrun.json"
local match = require "armrun.evaluate.match"
local measure = require "armrun.evaluate.measure"
local options = require "armrun.evaluate.options"
local problem = require "armrun.evaluate.problem"
local read = require "armrun.evaluate.read"
local text = require "armrun.evaluate.text"

local evaluate = {}

local DONE <const>, FAILED <const>, USAGE <const>, OUTPUT <const> = 0, 1, 2, 4

--- The report of pairs { labels, alerts } of paths; beside: name = paths, in the order of names. And the judged runs.
function evaluate.report(pairs_of, names, beside)
  local labels, runs = {}, {}
  for i, pair in ipairs(pairs_of) do
    labels[i] = read.labels(pair.labels)
    runs[i] = match.run(labels[i], pair.alerts)
  end
  local report = measure.report(runs)
  for _, name in ipairs(names or {}) do
    local others = {}
    for i, path in ipairs(beside[name]) do others[i] = match.run(labels[i], path) end
    table.insert(report.beside, measure.beside(name, others))
  end
  return report, runs
end

-- JSON with one line for each id, group and so on, so that two reports can be compared line by line.
local function write_json(report)
  local keys, out = {}, {}
  for key in pairs(report) do keys[#keys + 1] = key end
  table.sort(keys)
  for i, key in ipairs(keys) do
    local value = report[key]
    local lines = {}
    if type(value) == "table" and #value > 0 then
      for n, item in ipairs(value) do lines[n] = "\n    " .. json.encode(item) end
      out[i] = ('  "%s": [%s\n  ]'):format(key, table.concat(lines, ","))
    else
      local empty = type(value) == "table" and next(value) == nil
      out[i] = ('  "%s": %s'):format(key, empty and "[]" or json.encode(value))
    end
  end
  return "{\n" .. table.concat(out, ",\n") .. "\n}\n"
end

local writers = {
  text = text.write, html = html.write, json = write_json,
  list = function(_, runs) return list.write(runs) end,
  gate = function(report) return write_json(gate.extract(report)) end,
}

local function say(format, ...)
  io.stderr:write("armrun evaluate: ", format:format(...), "\n")
end

local function put(content, path)
  local file, why = io.stdout, nil
  if path then file, why = io.open(path, "wb") end
  local good = file and file:write(content)
  if good then good, why = file:flush() end
  if path and file then file:close() end
  if not good then say("%s cannot be written: %s", path or "stdout", tostring(why)) end
  return good
end

local function pass(path, report)
  local failures = gate.compare(gate.read(path), report)
  for _, failure in ipairs(failures) do say("gate: %s", failure) end
  if #failures == 0 then say("gate: passed, nothing is worse than in %s", path) end
  return #failures == 0
end

-- Every format beside each other; true when all could be written.
local function put_all(report, runs, prefix)
  for format, writer in pairs(writers) do
    if not put(writer(report, runs), prefix .. "." .. format) then return false end
  end
  return true
end

local function run(words)
  local o = options.parse(words)
  if o.help then return put(options.HELP) and DONE or OUTPUT end
  local report, runs = evaluate.report(o.pairs, o.names, o.beside)
  if not put(writers[o.format](report, runs), o.output) then return OUTPUT end
  if o.reports and not put_all(report, runs, o.reports) then return OUTPUT end
  return not o.gate and DONE or pass(o.gate, report) and DONE or FAILED
end

--- The command.
---@param words string[]  after `armrun evaluate`
---@return integer  exit code
function evaluate.main(words)
  local good, code = xpcall(run, function(raised)
    return problem.is(raised) and raised or debug.traceback(tostring(raised))
  end, words)
  if good then return code end
  if not problem.is(code) then error(code, 0) end
  say("%s", code.text)
  return USAGE
end

return evaluate
