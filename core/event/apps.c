/* apps.c — Microsoft's own applications, by application id, and the callers that stand for the platform itself. */
#include "event/private.h"

#define CLIENT(hi, lo, name)                                                                                           \
  { { 0x##hi, 0x##lo }, name, false }
#define PLATFORM(hi, lo, name)                                                                                         \
  { { 0x##hi, 0x##lo }, name, true }

static const known_app apps[] = {
  CLIENT(c44b40833bb049c1, b47d974e53cbdf3c, "Azure portal"),
  CLIENT(1950a258227b4e31, a9cf717495945fc2, "Azure PowerShell"),
  CLIENT(04b077958ddb461a, bbee02f9e1bf7b46, "Azure CLI"),
  CLIENT(872cd9fad31f45e0, 9eab6e460a02d1f1, "Visual Studio"),
  CLIENT(aebc6443996d45c2, 90f0388ff96faa56, "Visual Studio Code"),
  CLIENT(1b73095416854b74, 9bfddac224a7b894, "Azure AD PowerShell"),
  CLIENT(14d82eec204b4c2f, b7e8296a70dab67e, "Microsoft Graph PowerShell"),
  CLIENT(de8bc8b5d9f948b1, a8adb748da725064, "Graph Explorer"),
  CLIENT(d3590ed652b34102, aeffaad2292ab01c, "Microsoft Office"),
  CLIENT(1fec8e78bce44aaf, ab1b5451cc387264, "Microsoft Teams"),
  CLIENT(29d9ed98a4694536, ade2f981bc1d605e, "Microsoft Authentication Broker"),
  PLATFORM(01fc33a778ba4d2f, a4b7768e336e890e, "MS-PIM"),
  PLATFORM(262044b1e2ce469f, a19669ab7ada62d3, "Backup Management Service"),
  PLATFORM(1d78a85d813d46f0, b496dd72f50a3ec0, "Microsoft Azure Policy Insights"),
  PLATFORM(ddbf3205c6bd46ae, 812760eb93363864, "Microsoft Azure Batch"),
  PLATFORM(7319c514987d4e9b, ac3dd38c4f427f4c, "Azure Kubernetes Service"),
  PLATFORM(abfa0a7ca6b64736, 83105855508787cd, "Microsoft Azure App Service"),
  PLATFORM(80369ed65f114dd9, bef3692475845e77, "Microsoft.EventHubs"),
  PLATFORM(8edd93e1210340b4, bd706e34e586362d, "Windows Azure Security Resource Provider"),
  PLATFORM(fc780465201740d4, a0c5307022471b92, "WindowsDefenderATP"),
  PLATFORM(509e4652da8d478d, a730e9d4a1996ca4, "Azure Resource Graph"),
  PLATFORM(022907d30f1b48f7, badc1ba6abab6d66, "Azure SQL Database"),
  PLATFORM(cfa8b33982a2471a, a3c90fc0be7a4093, "Azure Key Vault"),
};

const known_app *ar_app_find(ar_str app_id) {
  ar_id id;
  if (!ar_guid(app_id, &id)) return NULL;
  for (size_t i = 0; i < sizeof apps / sizeof apps[0]; i++)
    if (ar_id_eq(apps[i].id, id)) return &apps[i];
  return NULL;
}

const char *ar_app_name(ar_str app_id) {
  const known_app *app = ar_app_find(app_id);
  return app ? app->name : NULL;
}

bool ar_app_is_platform(ar_str app_id) {
  const known_app *app = ar_app_find(app_id);
  return app && app->platform;
}

/* Microsoft.Advisor, Microsoft.Insights/alertRules: a resource provider as caller. */
bool ar_name_is_platform(ar_str name) {
  return STARTS(name, "Microsoft.") && !memchr(name.ptr, '@', name.len);
}
