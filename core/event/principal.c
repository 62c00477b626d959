/* principal.c — who acted: person, application or the platform, from which tenant and address, with what proof. */
#include "event/private.h"

static bool has_at(ar_str s) {
  return s.len && memchr(s.ptr, '@', s.len);
}

/* "live.com#rob@contoso.com" names rob@contoso.com; "rob_contoso.com#EXT#@fabrikam…" is a name as it stands. */
static ar_str without_provider(ar_str name) {
  const char *hash = name.len ? memchr(name.ptr, '#', name.len) : NULL;
  if (!hash) return name;
  ar_str before = { name.ptr, (size_t)(hash - name.ptr) }, rest = { hash + 1, name.len - before.len - 1 };
  bool provider =
      before.len && !has_at(before) && has_at(rest) && rest.ptr[0] != '@' && !memchr(rest.ptr, '#', rest.len);
  return provider ? ar_str_trim(rest) : name;
}

static ar_str first_of(ar_canon *c, const uint8_t *places, size_t count) {
  ar_str text = { NULL, 0 };
  for (size_t i = 0; i < count && !text.len; i++)
    if (slot_seen(c, places[i])) text = ar_slot_text(c, places[i]);
  return text;
}

/* ---- tenants ---- */

/* The first group of "tenant/group/group/subscription", when it is a GUID: the root group has the tenant's id. */
static ar_str tenant_of_hierarchy(ar_canon *c) {
  ar_id id;
  ar_str text = ar_slot_text(c, slot_seen(c, T_HIERARCHY) ? T_HIERARCHY : P_HIERARCHY);
  const char *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
  if (slash) text.len = (size_t)(slash - text.ptr);
  return ar_guid(text, &id) ? text : (ar_str){ NULL, 0 };
}

/* /tenants/<tenant>/providers/Microsoft.aadiam */
static ar_str tenant_of_resource(ar_canon *c) {
  ar_str id = ar_slot_text(c, T_RESOURCE_ID), prefix = AR_STR("/tenants/");
  if (!STARTS(id, "/tenants/")) return (ar_str){ NULL, 0 };
  ar_str rest = { id.ptr + prefix.len, id.len - prefix.len };
  const char *slash = rest.len ? memchr(rest.ptr, '/', rest.len) : NULL;
  if (slash) rest.len = (size_t)(slash - rest.ptr);
  return rest.len ? rest : (ar_str){ NULL, 0 };
}

/* https://sts.windows.net/<tenant>/ */
static ar_str tenant_of_provider(ar_str provider) {
  ar_id id;
  ar_str prefix = AR_STR("https://sts.windows.net/");
  if (!STARTS(provider, "https://sts.windows.net/") || provider.len < prefix.len + 36) return (ar_str){ NULL, 0 };
  ar_str tenant = { provider.ptr + prefix.len, 36 };
  return ar_guid(tenant, &id) ? tenant : (ar_str){ NULL, 0 };
}

static bool same_tenant(ar_str a, ar_str b) {
  ar_id x, y;
  if (same_text(a, b)) return true;
  return ar_guid(a, &x) && ar_guid(b, &y) && ar_id_eq(x, y); /* with hyphens and without */
}

/* A token tells its own tenant, which is the caller's, and for guests the tenant they came from. Only a record that
 * names the resource's tenant besides can tell that the two differ. */
static void read_tenants(ar_canon *c, ar_fields *out) {
  ar_str token = ar_slot_text(c, slot_seen(c, C_TENANT) ? C_TENANT : C_TID);
  ar_str provider = ar_slot_text(c, C_PROVIDER);
  if (!out->tenant.len) out->tenant = tenant_of_hierarchy(c);
  if (!out->tenant.len) out->tenant = tenant_of_resource(c);
  if (!out->home_tenant.len) out->home_tenant = provider.len ? tenant_of_provider(provider) : token;
  bool told = out->tenant.len || provider.len;
  if (!out->tenant.len) out->tenant = token;
  if (told && out->tenant.len && out->home_tenant.len)
    out->delegated = same_tenant(out->tenant, out->home_tenant) ? AR_NO : AR_YES;
}

/* ---- kind and name ---- */

static const uint8_t user_names[] = { C_UPN,      C_UPN_SHORT, C_UNIQUE_NAME, P_USER_NAME,
                                      N_USER_UPN, Y_NAME,      C_NAME,        C_EMAIL };

/* Claims that only the token of a person has. */
static bool has_user_claims(ar_canon *c) {
  static const uint8_t places[] = { C_UPN, C_UPN_SHORT, C_UNIQUE_NAME, C_SCOPE, C_SCP };
  return first_of(c, places, sizeof places).len > 0;
}

static ar_kind kind_of_claims(ar_canon *c, const ar_fields *out) {
  ar_str type = ar_slot_text(c, C_ID_TYPE);
  if (IS(type, "user")) return AR_KIND_USER;
  if (IS(type, "app")) return AR_KIND_SERVICE_PRINCIPAL;
  if (has_user_claims(c) || has_at(out->caller)) return AR_KIND_USER;
  if (slot_seen(c, Y_OBJECT_ID)) return AR_KIND_USER; /* PIM: people activate roles */
  if (slot_seen(c, C_PROVIDER) || out->app_id.len || slot_seen(c, C_SPN)) return AR_KIND_SERVICE_PRINCIPAL;
  return AR_KIND_UNKNOWN;
}

/* Without claims: the caller, which is a GUID for applications, then the holder of the role that was used. */
static ar_kind kind_without_claims(ar_canon *c, const ar_fields *out) {
  ar_id id;
  ar_str holder = ar_slot_text(c, E_PRINCIPAL_TYPE);
  if (ar_guid(out->caller, &id)) return AR_KIND_SERVICE_PRINCIPAL;
  if (IS(holder, "User")) return AR_KIND_USER;
  if (IS(holder, "ServicePrincipal")) return AR_KIND_SERVICE_PRINCIPAL;
  return AR_KIND_UNKNOWN;
}

static ar_kind kind_of_entra(ar_canon *c, form f) {
  static const uint8_t users[] = { P_USER_ID, P_USER_NAME, N_USER_ID, N_USER_UPN };
  static const uint8_t apps[] = { P_SP_ID, P_SP_NAME, N_APP_SP, N_APP_ID, N_APP_NAME };
  if (first_of(c, f == F_SIGNIN ? users : users + 2, 2).len) return AR_KIND_USER;
  if (first_of(c, f == F_SIGNIN ? apps : apps + 2, f == F_SIGNIN ? 2 : 3).len) return AR_KIND_SERVICE_PRINCIPAL;
  return AR_KIND_UNKNOWN;
}

/* Fills *app with the application, when it acted by itself and is one of Microsoft's. */
static ar_kind kind_of(ar_canon *c, form f, const known_app **app, const ar_fields *out) {
  bool entra = f == F_SIGNIN || f == F_AUDIT;
  ar_kind kind = entra ? kind_of_entra(c, f) : kind_of_claims(c, out);
  if (kind == AR_KIND_UNKNOWN && !entra) kind = kind_without_claims(c, out);
  if (kind == AR_KIND_USER) return kind;
  *app = ar_app_find(out->app_id);
  bool platform = (*app && (*app)->platform) || ar_name_is_platform(out->caller);
  return platform ? AR_KIND_PLATFORM : kind;
}

static ar_str name_of(ar_canon *c, const known_app *app, const ar_fields *out) {
  static const uint8_t app_names[] = { N_APP_NAME, P_SP_NAME, P_APP_NAME, T_IDENTITY };
  ar_str name = first_of(c, user_names, sizeof user_names);
  if (out->kind == AR_KIND_USER && name.len) return without_provider(name);
  if (out->kind == AR_KIND_USER) return out->caller;
  name = first_of(c, app_names, sizeof app_names);
  if (!name.len && app) name = ar_str_of(app->name);
  return name.len ? name : out->caller;
}

/* The role's holder is the caller unless the role came by a group. */
static ar_str holder_id(ar_canon *c) {
  ar_str type = ar_slot_text(c, E_PRINCIPAL_TYPE);
  return IS(type, "Group") ? (ar_str){ NULL, 0 } : ar_slot_text(c, E_PRINCIPAL_ID);
}

/* ---- proof and address ---- */

static bool method_is_mfa(ar_str methods) {
  return ar_text_has(methods, AR_STR("mfa")) || ar_text_has(methods, AR_STR("ngcmfa"));
}

/* The methods stand in one string with commas, or in an array. */
static ar_tri mfa_of_methods(ar_canon *c, unsigned s) {
  ar_json value, methods = slot_json(c, s);
  ar_str text = { NULL, 0 };
  bool any = false;
  ar_json_iter it = ar_json_each(methods);
  if (ar_json_string(methods, &text)) return method_is_mfa(text) ? AR_YES : text.len ? AR_NO : AR_UNKNOWN;
  while (ar_json_next(&it, NULL, &value)) {
    any = true;
    if (ar_json_string(value, &text) && method_is_mfa(text)) return AR_YES;
  }
  return any ? AR_NO : AR_UNKNOWN;
}

/* What a sign-in required, it had only if it succeeded. */
static ar_tri mfa_of_signin(ar_canon *c, const ar_fields *out) {
  ar_str required = ar_slot_text(c, P_REQUIREMENT);
  if (IS(required, "singleFactorAuthentication")) return AR_NO;
  bool multi = IS(required, "multiFactorAuthentication");
  return multi && out->status == AR_STATUS_SUCCEEDED ? AR_YES : AR_UNKNOWN;
}

static ar_tri mfa_of(ar_canon *c, form f, const ar_fields *out) {
  if (f == F_SIGNIN) return mfa_of_signin(c, out);
  ar_tri mfa = mfa_of_methods(c, slot_seen(c, C_METHODS) ? C_METHODS : C_AMR);
  /* A vault logs one method of several: that it is another one proves nothing. */
  return f == F_KEYVAULT && mfa == AR_NO ? AR_UNKNOWN : mfa;
}

static void read_addresses(ar_canon *c, ar_fields *out) {
  out->token_ip_text = ar_slot_text(c, C_IP);
  bool good = ar_ip_parse(out->token_ip_text, &out->token_ip);
  if (good && ar_str_eq(out->ip_text, out->token_ip_text))
    out->ip = out->token_ip;
  else if (out->ip_text.len && !ar_ip_parse(out->ip_text, &out->ip))
    out->flags |= AR_EVENT_BAD_IP;
  if (!ar_ip_none(out->ip) || ar_ip_none(out->token_ip)) return;
  out->ip = out->token_ip;
  if (!out->ip_text.len) out->ip_text = out->token_ip_text;
}

void ar_principal_read(ar_canon *c, form f, ar_fields *out) {
  out->caller = without_provider(out->caller);
  if (!out->object_id.len && f != F_SIGNIN && f != F_AUDIT) out->object_id = holder_id(c);
  read_tenants(c, out);
  const known_app *app = NULL;
  out->kind = kind_of(c, f, &app, out);
  out->name = name_of(c, app, out);
  out->mfa = mfa_of(c, f, out);
  read_addresses(c, out);
}
