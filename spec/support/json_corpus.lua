-- A corpus of JSON as it should be, as it should not be, and as the standard leaves open: one member of a record each.
-- y: every reader takes it; n: no reader takes it; i: a choice, and ours is `taken`.
local y <const>, n <const>, i <const> = {}, {}, {}

-- ---- y: structure ----
y.array_empty = "[]"
y.array_of_all = '[null,1,"1",{},[],true,false,1.5]'
y.array_nested = "[[[[[]]]]]"
y.array_with_space = " [ 1 ,\t2 ] "
y.array_long = "[" .. ("0,"):rep(5000) .. "0]"
y.object_empty = "{}"
y.object_empty_key = '{"":0}'
y.object_key_with_escapes = '{"\\u0061\\n\\"":1}'
y.object_key_of_blanks = '{"  ":1}'
y.object_same_values = '{"a":1,"b":1}'
y.object_nested = '{"a":{"b":{"c":{}}}}'
y.object_long_key = '{"' .. ("k"):rep(3000) .. '":1}'
y.object_many_keys = '{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7}'
y.null, y.yes, y.no = "null", "true", "false"
-- ---- y: numbers ----
y.number_zero, y.number_minus_zero, y.number_minus = "0", "-0", "-123"
y.number_fraction, y.number_small = "0.5", "-0.000000000000000001"
y.number_exponent, y.number_exponent_plus, y.number_exponent_minus = "1e5", "1E+5", "1.5e-5"
y.number_exponent_zeros = "1e0000000005"
y.number_2_63, y.number_min = "9223372036854775807", "-9223372036854775808"
y.number_uint64 = "18446744073709551615"
y.number_2_53_and_one = "9007199254740993"
y.number_long_fraction = "0." .. ("123456789"):rep(40)
y.number_underflow_of_zero = "0e99999"
-- ---- y: strings ----
y.string_empty, y.string_blank = '""', '" "'
y.string_escapes = [=["\"\\\/\b\f\n\r\t"]=]
y.string_nul = [=["a\u0000b"]=]
y.string_controls = [=["\u0001\u001f\u007f"]=]
y.string_pair = [=["\uD834\uDD1E"]=]
y.string_last_pair = [=["\uDBFF\uDFFF"]=]
y.string_no_character = [=["\uFFFF\uFDD0"]=]
y.string_utf8_2, y.string_utf8_3, y.string_utf8_4 = '"é"', '"€"', '"\u{1D11E}"'
y.string_utf8_last = '"\u{10FFFF}"'
y.string_line_separators = '"\u{2028}\u{2029}"'
y.string_delete = '"\x7f"'
y.string_bidi, y.string_zero_width = '"\u{202E}\u{2066}"', '"\u{200B}\u{FEFF}"'
y.string_comment, y.string_brackets = '"/* no */ // no"', '"[{]}"'
y.string_escaped_quote_last = [=["\""]=]
y.string_backslash_last = [=["\\"]=]
y.string_of_json = [=["{\"a\":[1,{\"b\":null}]}"]=]
y.string_half_escape_escaped = [=["\\ud800"]=]
y.string_long = '"' .. ("x"):rep(300000) .. '"'

-- ---- n: structure ----
n.array_open, n.array_comma_open, n.array_extra_comma = "[", "[1,", "[1,]"
n.array_double_comma, n.array_comma_first, n.array_only_comma = "[1,,2]", "[,1]", "[,]"
n.array_no_comma, n.array_colon, n.array_wrong_close = "[1 2]", "[1:2]", "[1}"
n.array_star, n.array_spread, n.array_unclosed_inner = "[*]", "[...1]", "[[1]"
n.array_formfeed, n.array_vertical_tab, n.array_no_break_space = "[\f1]", "[\v1]", "[\u{A0}1]"
n.object_open, n.object_no_value, n.object_no_colon = '{"a"', '{"a":}', '{"a" 1}'
n.object_double_colon, n.object_comma_last, n.object_double_comma = '{"a"::1}', '{"a":1,}', '{"a":1,,"b":2}'
n.object_key_bare, n.object_key_number, n.object_key_single = "{a:1}", "{1:1}", "{'a':1}"
n.object_key_null, n.object_key_list, n.object_only_comma = "{null:1}", "{[]:1}", "{,}"
n.object_comma_for_colon, n.object_no_comma, n.object_wrong_close = '{"a","b"}', '{"a":1 "b":2}', '{"a":1]'
n.object_emoji, n.object_comment = "{\u{1F600}:1}", '{"a":1/**/}'
n.two_values, n.trailing_bracket, n.trailing_hash = "1 2", "[]]", "1#"
n.comment_line, n.comment_block = "1//x", "/* */1"
n.nothing, n.only_blank = "", " "
-- ---- n: words ----
n.word_nul, n.word_tru, n.word_case, n.word_upper, n.word_nulll = "nul", "tru", "True", "NULL", "nulll"
n.word_nan, n.word_infinity, n.word_minus_infinity, n.word_undefined = "NaN", "Infinity", "-Infinity", "undefined"
n.word_bare, n.word_none, n.word_two = "abc", "None", "truefalse"
-- ---- n: numbers ----
n.number_leading_zero, n.number_minus_leading_zero, n.number_plus = "01", "-01", "+1"
n.number_dot_first, n.number_dot_last, n.number_minus_dot = ".5", "5.", "-.5"
n.number_no_exponent, n.number_exponent_sign, n.number_dot_exponent = "1e", "1e+", "1.e1"
n.number_two_dots, n.number_two_exponents, n.number_two_minus = "1.2.3", "1e2e3", "--1"
n.number_hex, n.number_underscore, n.number_letter = "0x1F", "1_000", "1a"
n.number_blank_inside, n.number_full_width, n.number_only_minus = "1 000", "\u{FF11}", "-"
n.number_exponent_fraction, n.number_comma = "1e1.5", "1,5"
-- ---- n: strings ----
n.string_open, n.string_single = '"', "'a'"
n.string_newline, n.string_tab, n.string_nul_raw, n.string_escape_raw = '"a\rb"', '"\t"', '"\0"', '"\27[2J"'
n.string_bad_escape, n.string_hex_escape, n.string_nul_escape = [=["\a"]=], [=["\x41"]=], [=["\0"]=]
n.string_escaped_newline, n.string_quote_escape = '"\\\r"', [=["\'"]=]
n.string_u_short, n.string_u_no_hex, n.string_u_upper = [=["\u00"]=], [=["\u00G0"]=], [=["\U0041"]=]
n.string_u_signed, n.string_backslash_open = [=["\u+041"]=], [=["\"]=]
n.string_bare_escape = "\\n"
n.utf8_continuation, n.utf8_ff, n.utf8_cut2, n.utf8_cut3 = '"\x80"', '"\xff"', '"\xc3"', '"\xe2\x82"'
n.utf8_cut4, n.utf8_latin1, n.utf8_fe = '"\xf0\x9f\x98"', '"caf\xe9"', '"\xfe\xff"'
n.utf8_overlong2, n.utf8_overlong3, n.utf8_overlong4 = '"\xc0\xaf"', '"\xe0\x80\xaf"', '"\xf0\x80\x80\xaf"'
n.utf8_surrogate, n.utf8_surrogate_last = '"\xed\xa0\x80"', '"\xed\xbf\xbf"'
n.utf8_above, n.utf8_five, n.utf8_six = '"\xf4\x90\x80\x80"', '"\xf8\x88\x80\x80\x80"', '"\xfc\x84\x80\x80\x80\x80"'
n.utf8_in_key = '{"\xe9":1}'

-- ---- i: ours to choose ----
-- A half surrogate has no UTF-8: nothing true could be said of the text, so the record goes to the rejects, and a
-- finding says so.
i.surrogate_high, i.surrogate_low = [=["\uD800"]=], [=["\uDC00"]=]
i.surrogate_two_high, i.surrogate_swapped = [=["\uD800\uD800"]=], [=["\uDC00\uD800"]=]
i.surrogate_before_letter, i.surrogate_before_escape = [=["\uD800x"]=], [=["\uD800\n"]=]
i.surrogate_cut_pair, i.surrogate_in_key = [=["\uD834\uDd"]=], [=[{"\uDFAA":0}]=]
-- Deeper than 64 is no Azure record.
i.deep_63 = ("["):rep(62) .. ("]"):rep(62)
i.deep_100, i.deep_500 = ("["):rep(100) .. ("]"):rep(100), ("["):rep(500) .. ("]"):rep(500)
-- Numbers that no type holds are text, and the record is flagged.
i.number_2_64, i.number_below_min = "18446744073709551616", "-9223372036854775809"
i.number_1e400, i.number_minus_1e400, i.number_1e999999 = "1e400", "-1e400", "1e999999999999"
i.number_400_digits, i.number_100_digits = ("9"):rep(400), ("1"):rep(100)
i.number_underflow, i.number_tiny = "1e-400", "123e-10000000"
-- Keys that stand twice, in one case or two: the record is read.
i.key_twice, i.key_twice_same = '{"a":1,"a":2}', '{"a":1,"a":1}'
i.key_case = '{"Caller":1,"caller":2}'
i.key_nul = [=[{"a\u0000":1,"a":2}]=]

local chosen <const> = {}
for name, text in pairs(i) do
  local refused = name:find "^surrogate" or name == "deep_100" or name == "deep_500"
  chosen[name] = { text = text, taken = not refused }
end

return { y = y, n = n, i = chosen }
