---@meta
-- Types of everything a rule file and a tuning file can say, for editors (LuaLS) and for docs. Never loaded;
-- spec/house/api_spec.lua compares it with the live core both ways. Times are seconds since 1970 (UTC) as floats, spans
-- are seconds as floats; a value that is unknown is nil.

-- ---- words of a rule file ----------------------------------------------------------------------------------------

---@alias armrun.Severity "informational"|"low"|"medium"|"high"
---@alias armrun.Confidence "low"|"medium"|"high"
---@alias armrun.Source "activity"|"directory"|"keyvault"|"read"|"audit"|"signin"
---@alias armrun.Status "started"|"accepted"|"succeeded"|"failed"|"unfinished"
---@alias armrun.Kind "unknown"|"user"|"service_principal"|"platform"
---@alias armrun.Tag "malicious"|"tor"|"proxy"|"vpn"|"hosting"|"allow"
---@alias armrun.Tactic "InitialAccess"|"Execution"|"Persistence"|"PrivilegeEscalation"|"DefenseEvasion"
---| "CredentialAccess"|"Discovery"|"LateralMovement"|"Collection"|"Exfiltration"|"Impact"
---@alias armrun.Field "principal"|"tenant"|"subscription"|"group"|"resource"|"parent"|"name"|"operation"|"ip"
---| "network"|"app"|"correlation"
---@alias armrun.Span string  "90s", "5m", "24h", "60d", "1h30m"

---@class armrun.About  what the docs page of a rule says
---@field means string|string[]  what happened, in a sentence
---@field numbers string|string[]  why these thresholds
---@field false_positives string|string[]
---@field evasion string|string[]  how one gets past it

---@class armrun.Burst  which findings are one alert; left out: one principal, 30 minutes quiet, 24 hours at most
---@field by armrun.Field[]
---@field quiet armrun.Span?
---@field max armrun.Span?

---@class armrun.Head
---@field title string
---@field severity armrun.Severity|armrun.Severity[]  several: the alert says which
---@field confidence armrun.Confidence?  default medium
---@field tactics armrun.Tactic[]?
---@field techniques string[]?  { "T1552" }
---@field preview boolean?
---@field needs (armrun.Source|armrun.AnyOf|armrun.Intel)[]?  all of them
---@field better_with armrun.Source[]?
---@field params table<string, number|string|boolean>?  spans ("5m") are seconds in detect
---@field on armrun.Selector|armrun.AnyOf|nil  may be left out when a sequence has steps
---@field at "started"|nil  see acts at their first record, not when they have ended
---@field nobody boolean?  take acts that name no principal too
---@field learning armrun.Span?  "14d": days of coverage before it may alert
---@field state table<string, armrun.Declaration>?
---@field when armrun.AtLeast|armrun.AnyOf|nil  call detect only then
---@field burst armrun.Burst?
---@field yields_to string[]?  rules that own an act which both find
---@field about armrun.About?
---@field detect fun(act: armrun.Act, state: table<string, armrun.Table>, params: table): armrun.Alert?
---@field due (fun(match: armrun.Match, state: table, params: table): armrun.Alert?)?  a sequence's quiet time ended

--- Declares a rule. `rule "ARM_Azurite" { title = "…", severity = "high", on = …, detect = function(act) … end }`
---@param id string  as the alert is named
---@return fun(head: armrun.Head)
function rule(id) end

---@class armrun.Param
--- The value of a parameter inside state, burst or on, so that tuning reaches it: `within = param "within"`
---@param name string
---@return armrun.Param
function param(name) end

---@class armrun.Options  what a selector may ask besides the operation
---@field status armrun.Status|armrun.Status[]|"any"|nil  default succeeded
---@field source armrun.Source|armrun.Source[]|nil
---@field kind armrun.Kind|armrun.Kind[]|nil
---@field app string|string[]|nil  a client: "Azure portal", "Azure PowerShell", "Azure CLI" or a GUID; at most four
---@field ip armrun.Tag|armrun.Tag[]|nil  any of these tags
---@field novelty ("operation"|"network"|"app"|"subscription")[]|nil  all of these are new to the principal
---@field dormant armrun.Span|armrun.Param|nil  the principal was idle at least so long
---@field unused_app armrun.Span|armrun.Param|nil  the principal did not use this client for so many days, or never did
---@field settled boolean?  only of principals that have habits: first seen 14 days ago, and on at least 5 days
---@field everyday boolean?  with high_risk: everyday operations of the catalogue too
---@field first boolean?  with high_risk: only the first tactic of an operation counts

---@class armrun.Selector
---@operator call(armrun.Options): armrun.Selector

--- Acts of an operation, any case; one `*` stands for anything. `operation "Microsoft.KeyVault/*" { status = "any" }`
---@param names string|string[]
---@return armrun.Selector
function operation(names) end

--- Acts of every operation: `act { source = "keyvault", ip = { "tor" } }`
---@param options armrun.Options
---@return armrun.Selector
function act(options) end

--- Acts of the catalogue's operations, by tactic: `high_risk("Execution", "Impact") { novelty = { "operation" } }`
---@param ... armrun.Tactic
---@return armrun.Selector
function high_risk(...) end

---@class armrun.AnyOf
--- Alternatives: of selectors in `on`, of sources in `needs`. `any_of { "directory", "audit" }`
---@param list (armrun.Selector|armrun.AnyOf)[]|armrun.Source[]|armrun.AtLeast[]
---@return armrun.AnyOf
function any_of(list) end

---@class armrun.Intel
--- In `needs`: an ip list with one of these tags must be given. `needs = { "activity", intel "malicious" }`
---@param tags armrun.Tag|armrun.Tag[]
---@return armrun.Intel
function intel(tags) end

-- ---- state -------------------------------------------------------------------------------------------------------

---@class armrun.Declaration
---@class armrun.Window
---@field by armrun.Field[]  what is kept apart, at most four
---@field of armrun.Field?  the member; add(act, member) may give another
---@field within armrun.Span|armrun.Param  how long it is remembered
---@field cap integer?  keys (default 65,536); the oldest leave first and are counted
---@field cap_hits integer?  hits a key (default 256)
---@field fed armrun.Selector|armrun.AnyOf|nil  acts that the core adds by itself, whether or not `on` takes them

--- Counts acts per key within a window. `count { by = { "principal" }, within = "1h" }`
---@param window armrun.Window
---@return armrun.Declaration
function count(window) end

--- Counts different members per key. `distinct { by = { "principal" }, of = "resource", within = "1h" }`
---@param window armrun.Window
---@return armrun.Declaration
function distinct(window) end

--- Counts members, how often each came, and the pace. `tally { by = { "principal" }, of = "resource", within = "5m" }`
---@param window armrun.Window
---@return armrun.Declaration
function tally(window) end

--- Since when, how often and on how many days a member was seen.
--- `first_seen { by = { "principal" }, of = "app", within = "90d" }`
---@param window armrun.Window
---@return armrun.Declaration
function first_seen(window) end

--- Opened, then closed: how long it lived. `lifetime { by = { "resource" }, of = "principal", within = "1h" }`
---@param window armrun.Window
---@return armrun.Declaration
function lifetime(window) end

--- What was deleted, until cleared or forgotten. `tombstone { by = { "name" }, of = "principal", within = "90d" }`
---@param window armrun.Window
---@return armrun.Declaration
function tombstone(window) end

--- Adds up amounts per key, by UTC day and over the last day. `total { by = { "subscription" }, within = "45d" }`
---@param window armrun.Window
---@return armrun.Declaration
function total(window) end

---@class armrun.AtLeast
---@class armrun.Gate
---@field state string  a count, distinct or tally with `fed`
---@field total integer|armrun.Param|nil
---@field distinct integer|armrun.Param|nil
---@field most integer|armrun.Param|nil

--- In `when`: what a fed state has come to, for the act's key, before `detect` is called.
--- `when = at_least { state = "keys", distinct = param "accounts" }`
---@param gate armrun.Gate
---@return armrun.AtLeast
function at_least(gate) end

---@class armrun.Chain
---@field by armrun.Field[]
---@field within armrun.Span|armrun.Param  from first to last step
---@field steps armrun.Step[]  two to eight steps (with quiet one will do), what must not come after
---@field quiet armrun.Span|armrun.Param|nil  how long to wait after the last step; then `due` is called
---@field cap integer?

--- Steps in order.
--- `sequence { by = { "principal", "parent" }, within = "30m", steps = { step "a" { … }, step "b" { … } } }`
---@param chain armrun.Chain
---@return armrun.Declaration
function sequence(chain) end

---@class armrun.Step
---@operator call(armrun.Selector[]): armrun.Step

--- A step of a sequence: `step "written" { operation "…/runbooks/write" }`
---@param name string
---@return armrun.Step
function step(name) end

--- What must not come here, between its neighbours or, last, during quiet: `never "deleted" { operation "…/delete" }`
---@param name string
---@return armrun.Step
function never(name) end

---@class armrun.Table  state.<name> of count, distinct, tally and first_seen
---@field add fun(self, act: armrun.Act, member?: string): armrun.Tally|armrun.Seen
---@field look fun(self, act: armrun.Act, member?: string): armrun.Tally|armrun.Seen

---@class armrun.LifeTable
---@field open fun(self, act: armrun.Act, member?: string)
---@field close fun(self, act: armrun.Act, member?: string): armrun.Life
---@field look fun(self, act: armrun.Act, member?: string): armrun.Life

---@class armrun.TombTable
---@field put fun(self, act: armrun.Act, member?: string)
---@field look fun(self, act: armrun.Act, member?: string): armrun.Tomb
---@field clear fun(self, act: armrun.Act): boolean  was there one

---@class armrun.TotalTable
---@field add fun(self, act: armrun.Act, amount: integer): armrun.Total  with this amount, 0 or more
---@field look fun(self, act: armrun.Act): armrun.Total

---@class armrun.ChainTable
---@field add fun(self, act: armrun.Act): armrun.Match?  nil unless this act completes the sequence

-- ---- what detect reads -------------------------------------------------------------------------------------------

---@class armrun.Act  armrun.act
---@field time number  when it ended: of its first succeeded or failed record, 1767225601.5
---@field started number  its first record
---@field ended number  its last record
---@field status armrun.Status
---@field source armrun.Source
---@field future boolean  later than now: it teaches nothing
---@field records integer  how many records it has, 2
---@field operation string  lower case, "microsoft.storage/storageaccounts/listkeys/action"
---@field resource string?  whole id, lower case
---@field resource_name string?  last segment as it was written, "lGVeLPZARrTJdDu"
---@field name string?  last segment, lower case
---@field parent string?  the top-level resource that holds it, lower case; itself when it is top level
---@field group string?  resource group, lower case
---@field subscription string?  GUID
---@field tenant string?  GUID
---@field ip string?  "203.0.113.5"
---@field network string?  its /24 or /48: "203.0.113.0"
---@field token_network string?  the one its token was issued to
---@field correlation_id string?
---@field part_of string?  operation of the request it belongs to: a deployment, the deletion of its resource group
---@field event_id string?
---@field method string?  "PUT"
---@field user_agent string?  Key Vault, reads and sign-ins only
---@field level string?  as written, "Informational"
---@field category string?  as written, "Administrative"
---@field scope string?  of the authorization, as written
---@field principal armrun.Principal
---@field profile armrun.Profile  what was known of the principal before this act
---@field peers armrun.Peers
---@field coverage armrun.Coverage
---@field risk armrun.Risk
---@field intel armrun.IpIntel
---@field body fun(self, path: string): any, true?  in the request body, `act:body "properties.roleName"`; true: cut
---@field response fun(self, path: string): any  in the response body
---@field record fun(self, path: string): any  in the record as it was delivered
---@field has fun(self, path: string): boolean  is it there at all, maybe as null

---@class armrun.Principal  armrun.principal
---@field id string?  object id, GUID
---@field key string?  what state is keyed by: object id, else app id, else caller
---@field name string?  "mallory@contoso.com"
---@field kind armrun.Kind
---@field app_id string?  GUID
---@field app_name string?  of Microsoft's own: "Azure PowerShell"
---@field mfa boolean?
---@field delegated boolean?  acts from another tenant
---@field home_tenant string?  GUID

---@class armrun.Profile  armrun.profile
---@field found boolean  was it seen before
---@field forgotten boolean  there may have been more to know
---@field first number?
---@field last number?
---@field active_days integer
---@field acts integer
---@field gap number  span since its last act
---@field gap_before number  the one before that
---@field operation armrun.Known  this operation (of the high-risk catalogue)
---@field network armrun.Known
---@field app armrun.Known
---@field subscription armrun.Known
---@field app_in_subscription armrun.Known
---@field settled boolean  first seen 14 days ago or longer, and on at least 5 days
---@field settled_days integer  active days since it settled
---@field operations_new integer  how often something was new to it; once settled, since then
---@field operations_new_days integer  days before today on which one was new; once settled, since then
---@field operations_new_lately integer  each within an hour of the one before, the last within an hour of this act
---@field networks_new integer
---@field apps_new integer
---@field subscriptions_new integer
---@field hour_share number?  0 to 1: of its acts, those in this hour of day and its neighbours; nil below 20 acts

---@class armrun.Known  armrun.known
---@field known boolean  seen within 90 days; network, app, subscription: before today
---@field days integer  distinct days, at most 127
---@field last_days_ago integer?

---@class armrun.Peers  armrun.peers
---@field principals integer  of this kind in this subscription
---@field doing integer  of them, those that did this operation
---@field tenant_first boolean  nobody in the tenant did it before
---@field settled_days integer  active days since they settled, of all of this kind in the tenant; and what was new then:
---@field operations_new_days integer  days on which a high-risk operation was new to one of them
---@field networks_new integer
---@field apps_new integer
---@field subscriptions_new integer

---@class armrun.Coverage  armrun.coverage
---@field tenant_days integer  days with at least one act, before this one
---@field subscription_days integer

---@class armrun.Risk  armrun.risk
---@field listed boolean  is the operation in the catalogue
---@field tactics armrun.Tactic[]
---@field first armrun.Tactic?  the one an alert id uses
---@field everyday boolean

---@class armrun.IpIntel  armrun.intel
---@field tags armrun.Tag[]
---@field feed string?  who says so
---@field asn integer?
---@field country string?  "NL"
---@field prefix integer?  of the list's entry, 24
---@field tagged fun(self, tag: armrun.Tag): boolean

---@class armrun.Tally  armrun.tally
---@field total integer
---@field distinct integer  members
---@field most integer  hits of the member with most
---@field least integer
---@field span number  first to last hit
---@field median_gap number  between consecutive hits
---@field longest_gap number
---@field first number?
---@field last number?
---@field cut boolean  older hits were evicted: the numbers are lower bounds
---@field exactly fun(self, n: integer): integer  members with exactly n hits; before the next call on a state
---@field at_least fun(self, n: integer): integer
---@field serial fun(self): number  share of acts that began when the one before had ended, 0 to 1
---@field turns fun(self): integer  acts of another member than the act before: distinct - 1 for one after the other

---@class armrun.Seen  armrun.seen
---@field known boolean
---@field times integer
---@field days integer
---@field first number?
---@field last number?

---@class armrun.Life  armrun.life
---@field found boolean
---@field opened number?
---@field closed number?
---@field age number?  span
---@field act armrun.Witness?  that opened it
---@field same boolean  is the member (`of`) the one of this act

---@class armrun.Tomb  armrun.tomb
---@field found boolean
---@field at number?
---@field age number?  span
---@field act armrun.Witness?  that put it
---@field same boolean  is the member (`of`) the one of this act

---@class armrun.Total  armrun.total
---@field sum integer  of the window, in whole UTC days
---@field last_day integer  of the last 24 hours: this hour and the 23 before
---@field most_before integer  of the UTC day with most, of what was before those 24 hours
---@field days_before integer  how many days had any before them

---@class armrun.Match  armrun.match
---@field steps table<string|integer, armrun.Witness>  by name and by number
---@field first number
---@field last number
---@field span number
---@field maybe_missed boolean  an earlier one may have been evicted

---@class armrun.Witness  armrun.witness
---@field time number
---@field started number
---@field ended number
---@field status armrun.Status
---@field source armrun.Source
---@field operation string
---@field resource string?
---@field resource_name string?
---@field name string?
---@field parent string?
---@field group string?
---@field subscription string?
---@field tenant string?
---@field ip string?
---@field network string?
---@field correlation_id string?
---@field principal armrun.WitnessPrincipal

---@class armrun.WitnessPrincipal  armrun.witness.principal
---@field id string?
---@field key string?
---@field name string?
---@field kind armrun.Kind
---@field app_id string?
---@field app_name string?
---@field mfa boolean?
---@field delegated boolean?

-- ---- alerts ------------------------------------------------------------------------------------------------------

---@class armrun.Reason
--- Why, with numbers. Named: `reason("keys_listed", "{n} accounts in {took:span}", { n = 5, took = keys.span })`, where
--- bits = number is set apart; or as printf: `reason("keys_listed", "%d accounts in %s", 5, keys.span)`, where %s shows
--- a float as a span and the values are v1, v2 …
---@param code string  a-z, 0-9, _
---@param text string
---@param ... any
---@return armrun.Reason
function reason(code, text, ...) end

---@class armrun.Alert
---@class armrun.AlertOptions
---@field [integer] armrun.Reason  one at least
---@field severity armrun.Severity?
---@field confidence armrun.Confidence?
---@field score number?  with threshold
---@field threshold number?
---@field summary string?  default: who, and the first reason
---@field resource string?  default: of the act
---@field evidence (armrun.Act|armrun.Witness)[]|nil  default: the act and all that was looked at in state

--- What detect returns: `return alert { reason("code", "…"), severity = "high" }`
---@param options armrun.AlertOptions
---@return armrun.Alert
function alert(options) end

-- ---- text --------------------------------------------------------------------------------------------------------

--- Does `text` hold `part`? What is no text (nil, a boolean, a table out of a body) holds nothing.
---@param text string?
---@param part string
---@param option "i"?  ignore case (ASCII)
---@return boolean
function contains(text, part, option) end

--- Does `text` begin with `part`?
---@param text string?
---@param part string
---@param option "i"?  ignore case (ASCII)
---@return boolean
function prefix(text, part, option) end

--- Does `text` end with `part`?
---@param text string?
---@param part string
---@param option "i"?  ignore case (ASCII)
---@return boolean
function suffix(text, part, option) end

--- Does all of `text` fit, where `*` is any text and `?` any character?
---@param text string?
---@param pattern string
---@param option "i"?  ignore case (ASCII)
---@return boolean
function glob(text, pattern, option) end

---@class armrun.Regex
---@field match fun(self, text: string?): string|boolean|nil  nil; or true; or what the groups hold

--- Compiles a PCRE2 pattern, at load time: `local guid = regex [[^[0-9a-f-]{36}$]]`, then `guid:match(act.name)`
---@param pattern string
---@return armrun.Regex
function regex(pattern) end

--- Loads armrun.name and the like, and lib.x from the lib folder beside the rules.
---@param name string
---@return any
function require(name) end -- luacheck: ignore 121

-- ---- words of a tuning file --------------------------------------------------------------------------------------

---@class armrun.Tuning
---@field severity armrun.Severity?
---@field except (fun(act: armrun.Act): boolean)?
---@field [string] number|string|boolean  a parameter of the rule

--- Changes a rule for one site: `tune "ARM_Azurite" { apps = 5, except = function(act) return … end }`
---@param id string
---@return fun(tuning: armrun.Tuning)
function tune(id) end

---@class armrun.Ignore
---@field principal string?  object id, app id or name
---@field rules string?  id, may have `*`
---@field subscription string?
---@field ip string?  address or network; all addresses of the alert lie in it
---@field expires string?  "2026-12-31": of the alert's time
---@field because string?

--- Hides alerts, counted: `ignore { principal = "…", rules = "ARM_Anomalous*", because = "ticket 4711" }`
---@param what armrun.Ignore
function ignore(what) end
