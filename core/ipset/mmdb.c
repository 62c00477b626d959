/* mmdb.c — MaxMind databases: the anonymiser flags of every network into the set; country and ASN stay in the file and
 * are looked up when somebody asks. */
#include "ipset/private.h"

#include <string.h>

bool ar_ip_is_mmdb(ar_str text) {
  static const char marker[] = "\xAB\xCD\xEFMaxMind.com";
  size_t window = text.len < 131072 ? text.len : 131072; /* the metadata lies in the last 128 KiB */
  return window && memmem(text.ptr + text.len - window, window, marker, sizeof marker - 1) != NULL;
}

/* ---- flags ------------------------------------------------------------------------------------------------------- */

static const struct flag {
  const char *key;
  unsigned tag;
} flags[] = {
  { "is_tor_exit_node", AR_IP_TOR },       { "is_public_proxy", AR_IP_PROXY }, { "is_anonymous_proxy", AR_IP_PROXY },
  { "is_residential_proxy", AR_IP_PROXY }, { "is_anonymous_vpn", AR_IP_VPN },  { "is_hosting_provider", AR_IP_HOSTING },
};

static bool value_at(MMDB_entry_s *entry, const char *const *path, uint32_t type, MMDB_entry_data_s *out) {
  return MMDB_aget_value(entry, out, path) == MMDB_SUCCESS && out->has_data && out->type == type;
}

/* Flags stand at the top (Anonymous IP) or under "traits" (Enterprise). */
static unsigned tags_of(MMDB_entry_s *entry) {
  unsigned tags = 0;
  MMDB_entry_data_s data;
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    const char *top[] = { flags[i].key, NULL }, *traits[] = { "traits", flags[i].key, NULL };
    bool set = (value_at(entry, top, MMDB_DATA_TYPE_BOOLEAN, &data) && data.boolean) ||
               (value_at(entry, traits, MMDB_DATA_TYPE_BOOLEAN, &data) && data.boolean);
    if (set) tags |= flags[i].tag;
  }
  return tags;
}

/* ---- the walk over the tree ----------------------------------------------------------------------------------------
 */

/* Many networks share a record: what the records read last said, by their offset. */
#define MEMO 4096

typedef struct memo {
  uint32_t offset[MEMO]; /* plus one */
  unsigned char tags[MEMO];
} memo;

static unsigned recall(memo *m, MMDB_entry_s *entry) {
  size_t slot = entry->offset * 2654435761u % MEMO;
  if (m->offset[slot] == entry->offset + 1) return m->tags[slot];
  m->offset[slot] = entry->offset + 1;
  m->tags[slot] = (unsigned char)tags_of(entry);
  return m->tags[slot];
}

typedef struct node {
  uint64_t record;
  u128 first;
  unsigned bits;
} node;

typedef struct walk {
  ip_load *load;
  const MMDB_s *db;
  memo *memo;
  node stack[130]; /* one a level waits while its sibling is walked */
  size_t depth;
  uint64_t budget; /* nodes left: a damaged tree may have cycles */
} walk;

static void take_network(walk *w, node n, MMDB_entry_s *entry) {
  unsigned tags = recall(w->memo, entry);
  u128 last = n.bits == 128 ? n.first : n.first | ((~(u128)0) >> n.bits);
  if (!tags) return;
  if (ar_ip_all_special(n.first, last))
    w->load->report->dropped_private++;
  else {
    w->load->report->read++;
    ar_ipload_span(w->load, n.first, last, tags);
  }
}

/* The IPv4 tree hangs at ::/96, and databases let 2002::/16, ::ffff:0:0/96 and Teredo point there again. */
static u128 placed(u128 first, unsigned bits) {
  return bits >= 96 && first >> 32 == 0 ? first | (u128)0xFFFF << 32 : first;
}

static void visit(walk *w, uint64_t record, unsigned char type, MMDB_entry_s *entry, node n) {
  bool alias = n.bits && record == w->db->ipv4_start_node.node_value && n.first != 0;
  if (type == MMDB_RECORD_TYPE_SEARCH_NODE && n.bits < 128 && !alias) {
    n.record = record;
    w->stack[w->depth++] = n;
  } else if (type == MMDB_RECORD_TYPE_DATA) {
    n.first = placed(n.first, n.bits);
    take_network(w, n, entry);
  }
}

static bool walk_tree(walk *w) {
  while (w->depth && w->budget-- && !w->load->nomem) {
    node n = w->stack[--w->depth];
    MMDB_search_node_s pair;
    if (MMDB_read_node(w->db, (uint32_t)n.record, &pair) != MMDB_SUCCESS) return false;
    node left = { 0, n.first, n.bits + 1 }, right = { 0, n.first | (u128)1 << (127 - n.bits), n.bits + 1 };
    visit(w, pair.left_record, pair.left_record_type, &pair.left_record_entry, left);
    visit(w, pair.right_record, pair.right_record_type, &pair.right_record_entry, right);
  }
  return w->depth == 0;
}

/* Databases that only locate are not walked: they have millions of networks and no flag. */
static bool has_flags(const MMDB_s *db) {
  static const char *const plain[] = { "ASN", "City", "Country", "ISP", "Domain", "Connection" };
  const char *type = db->metadata.database_type ? db->metadata.database_type : "";
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
    if (strstr(type, plain[i])) return false;
  return true;
}

static bool take_flags(ip_load *load, const MMDB_s *db, const char *path, ar_err *err) {
  bool v4 = db->metadata.ip_version == 4;
  walk w = {
    .load = load, .db = db, .memo = ar_alloc(sizeof(memo)), .budget = 2 * (uint64_t)db->metadata.node_count + 2
  };
  if (!w.memo) return ar_nomem(err, "loading an IP list");
  w.stack[w.depth++] = (node){ 0, v4 ? (u128)0xFFFF << 32 : 0, v4 ? 96 : 0 };
  bool whole = walk_tree(&w);
  ar_free(w.memo);
  if (load->nomem) return ar_nomem(err, "loading an IP list");
  return whole || ar_fail(err, AR_EINPUT, "%s: its search tree is damaged", path);
}

bool ar_ipload_mmdb(ip_load *load, const char *path, ar_err *err) {
  ar_ipset *set = load->set;
  load->report->format = "mmdb";
  MMDB_s *grown = ar_grow(set->mmdb, &set->mmdb_room, set->mmdb_count + 1, sizeof *grown);
  if (!grown) return ar_nomem(err, "loading an IP list");
  set->mmdb = grown;
  MMDB_s *db = &set->mmdb[set->mmdb_count];
  int status = MMDB_open(path, MMDB_MODE_MMAP, db);
  if (status != MMDB_SUCCESS) return ar_fail(err, AR_EINPUT, "%s: %s", path, MMDB_strerror(status));
  set->mmdb_count++;
  ar_ipload_dated(load, (ar_instant)(db->metadata.build_epoch % 253402300800) * AR_SECOND);
  return !has_flags(db) || take_flags(load, db, path, err);
}

/* ---- country and ASN ------------------------------------------------------------------------------------------------
 */

static MMDB_lookup_result_s look_up(const MMDB_s *db, ar_ip ip) {
  int error = MMDB_SUCCESS;
  bool v4 = ar_ip_is_v4(ar_ip_number(ip));
  MMDB_lookup_result_s none = { .found_entry = false };
  struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl((uint32_t)ip.lo) };
  struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
  for (int i = 0; i < 16; i++) in6.sin6_addr.s6_addr[i] = (uint8_t)((i < 8 ? ip.hi : ip.lo) >> (56 - 8 * (i % 8)));
  const void *address = v4 ? (const void *)&in4 : (const void *)&in6;
  if (!v4 && db->metadata.ip_version == 4) return none;
  MMDB_lookup_result_s result = MMDB_lookup_sockaddr(db, address, &error);
  return error == MMDB_SUCCESS ? result : none;
}

static void read_asn(MMDB_entry_s *entry, ar_ip_hit *hit) {
  const char *top[] = { "autonomous_system_number", NULL }, *traits[] = { "traits", "autonomous_system_number", NULL };
  MMDB_entry_data_s data;
  if (value_at(entry, top, MMDB_DATA_TYPE_UINT32, &data) || value_at(entry, traits, MMDB_DATA_TYPE_UINT32, &data))
    hit->asn = data.uint32;
}

static void read_country(MMDB_entry_s *entry, ar_ip_hit *hit) {
  const char *here[] = { "country", "iso_code", NULL }, *registered[] = { "registered_country", "iso_code", NULL };
  MMDB_entry_data_s data;
  bool found = value_at(entry, here, MMDB_DATA_TYPE_UTF8_STRING, &data) ||
               value_at(entry, registered, MMDB_DATA_TYPE_UTF8_STRING, &data);
  if (!found || data.data_size != 2) return;
  memcpy(hit->country, data.utf8_string, 2);
  hit->country[2] = '\0';
}

void ar_ip_mmdb_facts(const ar_ipset *set, ar_ip ip, ar_ip_hit *hit) {
  for (size_t i = 0; i < set->mmdb_count; i++) {
    MMDB_lookup_result_s result = look_up(&set->mmdb[i], ip);
    if (!result.found_entry) continue;
    if (!hit->asn) read_asn(&result.entry, hit);
    if (!hit->country[0]) read_country(&result.entry, hit);
  }
}
