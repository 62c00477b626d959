std = "lua54"
max_line_length = 120
files["spec/**/*.lua"] = { std = "+busted" }
local words = {
  "rule", "operation", "act", "high_risk", "any_of", "intel", "param", "count", "distinct", "tally",
  "sequence", "step", "never", "lifetime", "first_seen", "tombstone", "total", "at_least", "alert", "reason", "contains",
  "prefix", "suffix", "glob", "regex", "tune", "ignore",
}
-- Rules and their specs are half prose in strings: a word too long is better than a string in two parts.
files["rules/**/*.lua"] = { std = "lua54", read_globals = words, max_line_length = 140 }
files["spec/rules/**/*.lua"] = { std = "+busted", max_line_length = 140 }
files["spec/lua/*.lua"] = { std = "+busted", max_line_length = 140 }
files["spec/support/*.lua"] = { std = "+busted", max_line_length = 140 }
files["spec/quality/*.lua"] = { read_globals = words }
files["spec/fuzz/*.lua"] = { std = "lua54", read_globals = words, max_line_length = 140 }
files["examples/**/*.lua"] = { std = "lua54+busted", read_globals = words }
files["lua/armrun/*.lua"] = { read_globals = words, max_line_length = 128 }
files["lua/armrun/catalog/*.lua"] = { read_globals = words, max_line_length = false }
files["lua/armrun/evaluate/baselines/*.lua"] = { read_globals = words }
files["lua/armrun/simulate/operations.lua"] = { max_line_length = false } -- one line a resource type
files["lua/armrun/simulate/bodies.lua"] = { max_line_length = 132 } -- requests as they are sent
files["lua/armrun/_meta.lua"] = { ignore = { "11.", "12.", "21.", "131" } }
files["lua/armrun/templates/*.lua"] = { std = "lua54+busted", read_globals = words, ignore = { "143" } }
files["spec/core/event_*.lua"] = { max_line_length = false } -- records as they are delivered
