-- Get-AzKeyVaultKeysREST walks through the vaults: lists the keys of each, then reads every key twice, without and with
-- its version; the second time there is a slash too many in the address.
local client, vault = require "lib.client", require "lib.vault"
local any = { source = "keyvault", status = "any" }

rule "ARM_MicroBurst.AzKeyVaultKeysREST" {
  title      = "MicroBurst exploitation toolkit used to extract keys from your Azure key vaults",
  severity   = "high",
  confidence = "medium",
  techniques = { "T1555.006" },
  needs      = { "keyvault" },
  params     = { vaults = 2, within = "5m" },

  on = operation { "KeyList", "KeyGet" } (any),
  state = {
    lists   = distinct { by = { "principal", "ip" }, of = "resource", within = param "within" },
    granted = count { by = { "principal", "ip" }, within = param "within" },
    gets    = tally { by = { "principal", "ip" }, of = "name", within = param "within" },
    secrets = count { by = { "principal", "ip" }, within = param "within",
      fed = operation { "SecretList", "SecretGet" } (any) },
  },
  burst = { by = { "principal", "ip" }, quiet = "30m" },

  about = {
    means   = "Somebody took the public parts of all keys and learned what is encrypted with which.",
    numbers = "One address with the tool's slash is enough. Without it: two vaults in five minutes, every key twice, "
      .. "no secrets, and a client that is PowerShell itself or not told. A walk that every vault refused counts, too.",
    false_positives = { "a script that reads every key twice with Invoke-WebRequest" },
    evasion = { "vaults without diagnostic settings, which is the default", "another user agent and another address" },
  },

  detect = function(act, state, params)
    if act.status ~= "failed" then state.granted:add(act) end
    if act.operation == "keylist" then state.lists:add(act) else state.gets:add(act, vault.object(act)) end
    local lists, granted, gets = state.lists:look(act).distinct, state.granted:look(act).total, state.gets:look(act)
    local twice, keys = gets:exactly(2), gets.distinct
    local exact = act.operation == "keyget" and vault.has_odd_slash(act)
    local kind, told = client.of(act.user_agent), act.user_agent ~= nil
    local walk = lists >= params.vaults and (kind == "raw" or not told) and state.secrets:look(act).total == 0
    local read = walk and twice > 0 and twice >= keys - 1
    local refused = walk and granted == 0 and kind == "raw"
    if not (exact or read or refused) then return end
    return alert {
      confidence = exact and "high" or read and told and "medium" or "low",
      exact and reason("odd_slash", "a key was asked for with a slash behind its version, as only the tool does"),
      read and reason("keys_twice", "{keys} keys of {vaults} vaults read twice", { keys = twice, vaults = lists }),
      refused and reason("refused", "{vaults} vaults refused to list their keys", { vaults = lists }),
      not told and reason("partial_evidence", "the log does not tell the client"),
    }
  end,
}
