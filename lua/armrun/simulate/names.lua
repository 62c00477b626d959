--- Names for people and machines.
local names = {}

local GIVEN <const> = {
  "Ada", "Aiko", "Amir", "Ana", "Anja", "Arjun", "Bea", "Bruno", "Carla", "Chen", "Dana", "David", "Elif", "Emma",
  "Erik", "Fatou", "Felix", "Gita", "Hana", "Hugo", "Ines", "Ivan", "Jana", "Jonas", "Kaito", "Karin", "Lars", "Lea",
  "Lin", "Luis", "Maja", "Marco", "Mei", "Milan", "Nadia", "Nils", "Olga", "Omar", "Paula", "Pavel", "Priya", "Rafael",
  "Rosa", "Sami", "Sara", "Sven", "Tara", "Tom", "Uma", "Vera", "Wei", "Yara", "Yusuf", "Zoe",
}
local FAMILY <const> = {
  "Adler", "Alvarez", "Bauer", "Berg", "Bianchi", "Chen", "Costa", "Dahl", "Diaz", "Dubois", "Eriksen", "Fischer",
  "Garcia", "Gupta", "Haas", "Hansen", "Hoffmann", "Ito", "Jansen", "Kaya", "Keller", "Khan", "Kim", "Klein",
  "Kowalski",
  "Kumar", "Lang", "Larsen", "Lopez", "Martin", "Meyer", "Mori", "Moreau", "Nagy", "Nguyen", "Novak", "Okafor", "Olsen",
  "Patel", "Peeters", "Petrov", "Popescu", "Reid", "Rossi", "Sato", "Schmidt", "Silva", "Singh", "Smith", "Svoboda",
  "Tanaka", "Torres", "Vos", "Wagner", "Weber", "Wolf", "Yilmaz", "Zhang",
}

--- Given and family name.
function names.person(stream)
  return stream:pick(GIVEN), stream:pick(FAMILY)
end

local JOBS <const> = {
  "deploy", "release", "infra", "nightly", "sync", "export", "import", "cleanup", "report", "monitor", "rotate",
  "scale",
  "build", "publish", "migrate", "ingest",
}

--- A machine's name: "sp-shop-deploy-3f2".
function names.machine(stream, prefix, topic)
  return prefix .. "-" .. topic .. "-" .. stream:pick(JOBS) .. "-" .. stream:word(3)
end

return names
