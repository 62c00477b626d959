-- Get-AzKeyVaultSecretsREST walks through the vaults: lists the secrets of each, then reads every one of them once,
-- with Invoke-WebRequest and a fixed version of the interface.
local client, vault = require "lib.client", require "lib.vault"
local any = { source = "keyvault", status = "any" }

rule "ARM_MicroBurst.AzKeyVaultSecretsREST" {
  title      = "MicroBurst exploitation toolkit used to extract secrets from your Azure key vaults",
  severity   = "high",
  confidence = "medium",
  techniques = { "T1555.006" },
  needs      = { "keyvault" },
  params     = { vaults = 2, within = "5m", secrets = 5, together = "60s" },

  on = operation { "SecretList", "SecretGet" } (any),
  state = {
    lists   = distinct { by = { "principal", "ip" }, of = "resource", within = param "within" },
    granted = count { by = { "principal", "ip" }, within = param "within" },
    listed  = count { by = { "principal", "ip", "resource" }, within = param "together" },
    gets    = tally { by = { "principal", "ip", "resource" }, of = "name", within = param "together" },
    others  = count { by = { "principal", "ip", "resource" }, within = param "together",
      fed = operation { "KeyList", "KeyGet", "CertificateList", "CertificateGet" } (any) },
  },
  burst = { by = { "principal", "ip" }, quiet = "30m" },

  about = {
    means   = "A script took all secrets out of key vaults: passwords, connection strings, certificates' private keys.",
    numbers = "Two vaults listed in five minutes, also if they refuse, or five secrets of one, once each within a "
      .. "minute of its listing; by PowerShell itself, not its modules, api-version 7.0, and no keys of that vault.",
    false_positives = { "a migration script that copies secrets with Invoke-WebRequest" },
    evasion = { "vaults without diagnostic settings (the default)", "another user agent", "secrets read by name" },
  },

  detect = function(act, state, params)
    local uri = vault.uri(act)
    if client.of(act.user_agent) ~= "raw" or uri and not contains(uri, "api-version=7.0") then return end
    if act.status ~= "failed" then state.granted:add(act) end
    if act.operation == "secretlist" then
      state.lists:add(act)
      state.listed:add(act)
    else
      state.gets:add(act, vault.object(act))
    end
    local lists, granted = state.lists:look(act).distinct, state.granted:look(act).total
    local listed, others, gets = state.listed:look(act).total, state.others:look(act).total, state.gets:look(act)
    local dumped = listed > 0 and gets.distinct >= params.secrets and gets.most == 1
    if others > 0 or not (dumped or lists >= params.vaults) then return end
    return alert {
      confidence = granted == 0 and "low" or "medium",
      lists >= params.vaults and reason("vaults_listed", "secrets of {vaults} vaults were listed", { vaults = lists }),
      dumped and reason("secrets_taken", "{secrets} secrets of {vault} were read, once each",
        { secrets = gets.distinct, vault = act.name }),
      granted == 0 and reason("refused", "the vaults refused it"),
      not uri and reason("partial_evidence", "the log does not tell which version of the interface was asked"),
    }
  end,
}
