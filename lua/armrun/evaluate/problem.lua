--- What a person who evaluates did wrong: raised as a value of its own, so that a mistake of ours still shows a trace.
local problem = {}

local kind = { __name = "armrun.evaluate.problem", __tostring = function(self) return self.text end }

--- Raises a problem: what, where, what was expected.
function problem.raise(format, ...)
  error(setmetatable({ text = select("#", ...) > 0 and format:format(...) or format }, kind), 0)
end

--- Is this raised value one of ours?
function problem.is(value)
  return getmetatable(value) == kind
end

return problem
