-- What `cmake --install` and the .deb put on a machine works there, away from the source.
local program <const> = require "support.program"
local has <const> = program.has

-- Runs a command in the spec's folder; BUILD is the build tree.
local function shell(command)
  return program.shell(("BUILD=%s; { %s; } 2>&1"):format(program.quote(program.build), command))
end

-- An installed tree at `root`: its rules, its words and its module are found by where the program lies.
local function works(root)
  local code, out = shell(root .. "/bin/armrun check builtin")
  assert.equal(0, code, out)
  has(out, "no problems")
  code, out = shell(root .. "/bin/armrun check --sandbox")
  assert.equal(0, code, out)
  has(out, "hostile rules held")
  code, out = shell("rm -rf site && mkdir site && cd site && printf '[]' >log.json && ../" .. root
    .. "/bin/armrun builtin log.json")
  assert.equal(0, code, out)
  has(out, "records                  0  in 1 file")
  code, out = shell("cd site && ../" .. root .. "/bin/armrun new ARM_Site.Thing && env -u LUA_PATH -u LUA_CPATH ../"
    .. root .. "/bin/armrun test")
  assert.equal(0, code, out)
  has(out, "0 failures / 0 errors / 0 pending")
  assert.equal(0, (shell("test -s " .. root .. "/share/man/man1/armrun.1")))
end

describe("the installed program", function()
  before_each(program.open)
  after_each(program.close)

  it("works from any prefix", function()
    local code, out = shell "cmake --install $BUILD --prefix $PWD/prefix"
    assert.equal(0, code, out)
    works "prefix"
  end)

  it("works from the .deb, which says what it depends on", function()
    local code, out = shell "cpack -G DEB --config $BUILD/CPackConfig.cmake -B $PWD/pack"
    assert.equal(0, code, out)
    code, out = shell "dpkg-deb -I pack/*.deb && dpkg-deb -x pack/*.deb root"
    assert.equal(0, code, out)
    for _, library in ipairs { "libc6", "liblua5.4-0", "libsimdjson", "libpcre2-8-0", "zlib1g" } do
      has(out, library)
    end
    works "root/usr"
  end)
end)
