--- What can be done in the simulated tenant: resource types of Azure and their operations, spelled as Azure does.
--- One line a type: TYPE FIELD WEIGHT OPERATION... An operation is `name:weight` or `name/records:weight`; names other
--- than write and delete are actions. Records say how many an act leaves in the log: 3 with an Accepted one (long
--- running), 2, or 1. Weights say how common a type is within its field, and an operation within its type.
local operations = {}

local CATALOGUE <const> = [[
Microsoft.Compute/virtualMachines compute 30 write/3:10 delete/3:3 start/3:7 restart/3:5 deallocate/3:6 powerOff/3:2 runCommand/3:1.2 redeploy/3:.3 capture:.1 generalize:.2 reimage/3:.1 retrieveBootDiagnosticsData:1 installPatches/3:.5 assessPatches/3:.8 attachDetachDataDisks/3:.3 convertToManagedDisks/3:.05 performMaintenance/3:.1 simulateEviction:.05
Microsoft.Compute/virtualMachines/extensions compute 9 write/3:6 delete/3:1
Microsoft.Compute/virtualMachines/runCommands compute 1 write/3:1 delete/3:.4
Microsoft.Compute/disks compute 10 write/3:6 delete/3:3 beginGetAccess/3:.5 endGetAccess/3:.4
Microsoft.Compute/snapshots compute 5 write/3:5 delete/3:3 beginGetAccess/3:.3 endGetAccess/3:.2
Microsoft.Compute/images compute 2 write/3:3 delete/3:1
Microsoft.Compute/availabilitySets compute 1 write:2 delete:.5
Microsoft.Compute/proximityPlacementGroups compute .4 write:2 delete:.5
Microsoft.Compute/virtualMachineScaleSets compute 6 write/3:7 delete/3:1 restart/3:1 deallocate/3:1 start/3:1 manualUpgrade/3:2 rollingUpgrade/3:.3 scale/3:1 reimage/3:.4
Microsoft.Compute/virtualMachineScaleSets/extensions compute 1 write/3:2 delete/3:.4
Microsoft.Compute/virtualMachineScaleSets/virtualMachines compute 1.5 restart/3:2 delete/3:1 runCommand/3:.3 reimage/3:.4 write/3:.5
Microsoft.Compute/galleries compute .6 write/3:2 delete/3:.3 share/3:.2
Microsoft.Compute/galleries/images compute .6 write/3:2 delete/3:.4
Microsoft.Compute/galleries/images/versions compute 1.2 write/3:4 delete/3:1
Microsoft.Compute/galleries/applications/versions compute .3 write/3:2 delete/3:.4
Microsoft.Compute/sshPublicKeys compute .6 write:2 delete:.5 generateKeyPair:1
Microsoft.Compute/diskEncryptionSets compute .5 write/3:2 delete/3:.3
Microsoft.Compute/restorePointCollections compute .4 write/3:2 delete/3:.7
Microsoft.Compute/restorePointCollections/restorePoints compute .4 write/3:2 delete/3:.6 retrieveSasUris:.1
Microsoft.Compute/hostGroups compute .1 write/3:1 delete/3:.3
Microsoft.Compute/capacityReservationGroups compute .2 write:1 delete:.4
Microsoft.Compute/cloudServices compute .2 write/3:2 delete/3:1 restart/3:1
Microsoft.Maintenance/maintenanceConfigurations compute .6 write:2 delete:.4
Microsoft.Maintenance/configurationAssignments compute .8 write:3 delete:.5
Microsoft.SerialConsole/serialPorts compute .25 connect:1
Microsoft.Batch/batchAccounts compute .5 write/3:1 delete/3:.2 listKeys:2 regenerateKeys:.3 syncAutoStorageKeys:.2
Microsoft.Batch/batchAccounts/pools compute 1 write/3:3 delete/3:1 stopResize:.4 disableAutoscale:.2
Microsoft.Batch/batchAccounts/applications/versions compute .3 write:2 delete:.5 activate:1
Microsoft.ContainerService/managedClusters container 10 write/3:6 delete/3:1 listClusterUserCredential:6 listClusterAdminCredential:1.5 start/3:1 stop/3:1 runCommand/3:.7 rotateClusterCertificates/3:.3 resetAADProfile/3:.1 resetServicePrincipalProfile/3:.1 abort/3:.1 listClusterMonitoringUserCredential:.2
Microsoft.ContainerService/managedClusters/agentPools container 6 write/3:6 delete/3:1 upgradeNodeImageVersion/3:2
Microsoft.ContainerService/managedClusters/maintenanceConfigurations container .5 write:2 delete:.3
Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings container .2 write/3:1 delete/3:.3
Microsoft.ContainerService/fleets container .2 write/3:1 listCredentials:.6
Microsoft.ContainerRegistry/registries container 5 write/3:3 delete/3:.4 listCredentials:3 regenerateCredential:.4 importImage/3:3 scheduleRun:2 generateCredentials/3:.5 listBuildSourceUploadUrl:2 listPolicies:.3 updatePolicies:.3 privateEndpointConnectionsApproval:.4
Microsoft.ContainerRegistry/registries/webhooks container .6 write/3:2 delete/3:.5 ping:.6 getCallbackConfig:.3 listEvents:.4
Microsoft.ContainerRegistry/registries/tasks container .8 write/3:3 delete/3:.5 listDetails:.6
Microsoft.ContainerRegistry/registries/tokens container .4 write/3:2 delete/3:.4
Microsoft.ContainerRegistry/registries/scopeMaps container .3 write/3:2 delete/3:.3
Microsoft.ContainerRegistry/registries/replications container .3 write/3:2 delete/3:.5
Microsoft.ContainerRegistry/registries/cacheRules container .2 write/3:2 delete/3:.4
Microsoft.ContainerInstance/containerGroups container 2.5 write/3:5 delete/3:3 start/3:2 stop:1 restart/3:1
Microsoft.ContainerInstance/containerGroups/containers container .3 exec:1 attach:.4
Microsoft.App/containerApps container 6 write/3:7 delete/3:1 listSecrets:2 start/3:.4 stop/3:.4 getAuthToken:1.5 analyzeCustomHostname:.2
Microsoft.App/containerApps/revisions container 1.5 activate:1 deactivate:1 restart:2
Microsoft.App/jobs container 1.5 write/3:3 delete/3:.5 start/3:3 stop/3:.6 listSecrets:.6
Microsoft.App/managedEnvironments container 1 write/3:2 delete/3:.3 checkNameAvailability:1
Microsoft.App/managedEnvironments/certificates container .4 write/3:2 delete:.4
Microsoft.App/managedEnvironments/daprComponents container .4 write/3:2 delete:.4 listSecrets:.4
Microsoft.App/managedEnvironments/storages container .3 write/3:2 delete:.3
Microsoft.KubernetesConfiguration/extensions container .6 write/3:2 delete/3:.4
Microsoft.KubernetesConfiguration/fluxConfigurations container .7 write/3:3 delete/3:.4
Microsoft.RedHatOpenShift/openShiftClusters container .2 write/3:1 listCredentials:1 listAdminCredentials:.6
Microsoft.Network/virtualNetworks network 8 write/3:5 delete/3:1 join:.01 checkIpAddressAvailability:.5
Microsoft.Network/virtualNetworks/subnets network 8 write/3:7 delete/3:2 prepareNetworkPolicies/3:.5
Microsoft.Network/virtualNetworks/virtualNetworkPeerings network 2 write/3:4 delete/3:1
Microsoft.Network/networkInterfaces network 8 write/3:6 delete/3:3 effectiveRouteTable/3:1 effectiveNetworkSecurityGroups/3:1
Microsoft.Network/networkSecurityGroups network 9 write/3:5 delete/3:1.5
Microsoft.Network/networkSecurityGroups/securityRules network 9 write/3:7 delete/3:3
Microsoft.Network/publicIPAddresses network 6 write/3:5 delete/3:2
Microsoft.Network/publicIPPrefixes network .4 write/3:2 delete/3:.4
Microsoft.Network/loadBalancers network 4 write/3:5 delete/3:1
Microsoft.Network/loadBalancers/inboundNatRules network .4 write/3:2 delete/3:1
Microsoft.Network/loadBalancers/backendAddressPools network .6 write/3:2 delete/3:.6
Microsoft.Network/applicationGateways network 3 write/3:6 delete/3:.5 start/3:.6 stop/3:.5 backendhealth/3:3
Microsoft.Network/applicationGatewayWebApplicationFirewallPolicies network 1 write/3:4 delete/3:.4
Microsoft.Network/frontdoorWebApplicationFirewallPolicies network .5 write/3:3 delete/3:.3
Microsoft.Network/azureFirewalls network .8 write/3:3 delete/3:.3 packetCapture/3:.1
Microsoft.Network/firewallPolicies network 1 write/3:3 delete/3:.3
Microsoft.Network/firewallPolicies/ruleCollectionGroups network 2.5 write/3:6 delete/3:.7
Microsoft.Network/routeTables network 2 write/3:3 delete/3:.6
Microsoft.Network/routeTables/routes network 2 write/3:4 delete/3:1.2
Microsoft.Network/natGateways network .8 write/3:3 delete/3:.5
Microsoft.Network/privateEndpoints network 5 write/3:6 delete/3:1.5
Microsoft.Network/privateEndpoints/privateDnsZoneGroups network 3 write/3:6 delete/3:1
Microsoft.Network/privateDnsZones network 1.5 write/3:3 delete/3:.5
Microsoft.Network/privateDnsZones/virtualNetworkLinks network 1.5 write/3:4 delete/3:.7
Microsoft.Network/privateDnsZones/A network 2.5 write:5 delete:2
Microsoft.Network/privateDnsZones/CNAME network .6 write:3 delete:1
Microsoft.Network/dnszones network .7 write:3 delete:.4
Microsoft.Network/dnszones/A network 1.6 write:4 delete:1
Microsoft.Network/dnszones/CNAME network 1.8 write:5 delete:1.2
Microsoft.Network/dnszones/TXT network 1.8 write:5 delete:1.5
Microsoft.Network/dnszones/MX network .2 write:2 delete:.4
Microsoft.Network/dnszones/NS network .2 write:2 delete:.4
Microsoft.Network/dnsResolvers network .2 write/3:1 delete/3:.2
Microsoft.Network/virtualNetworkGateways network .6 write/3:3 delete/3:.3 reset/3:.4 generatevpnclientpackage/3:1 getvpnclientconnectionhealth/3:.6 startPacketCapture/3:.15 stopPacketCapture/3:.1
Microsoft.Network/localNetworkGateways network .4 write/3:3 delete/3:.5
Microsoft.Network/connections network .7 write/3:3 delete/3:.5 sharedkey:.5 resetconnection/3:.4
Microsoft.Network/expressRouteCircuits network .3 write/3:2 delete/3:.1 stats:1
Microsoft.Network/expressRouteCircuits/authorizations network .15 write/3:1 delete/3:.3 listKeys:.2
Microsoft.Network/virtualHubs network .3 write/3:2 delete/3:.2
Microsoft.Network/vpnGateways/vpnConnections network .2 write/3:2 delete/3:.4
Microsoft.Network/p2svpnGateways network .1 write/3:1 generatevpnprofile/3:1
Microsoft.Network/bastionHosts network 1 write/3:2 delete/3:.3 createShareableLinks/3:.4 getShareableLinks:.4 deleteShareableLinks/3:.2 getActiveSessions/3:.5
Microsoft.Network/trafficManagerProfiles network .6 write:3 delete:.3
Microsoft.Network/trafficManagerProfiles/azureEndpoints network .5 write:3 delete:.6
Microsoft.Network/networkWatchers network .5 configureFlowLog/3:1 queryFlowLogStatus/3:1 ipFlowVerify/3:2 nextHop/3:1 connectivityCheck/3:2 topology:1 securityGroupView/3:.7
Microsoft.Network/networkWatchers/flowLogs network .8 write/3:3 delete/3:.5
Microsoft.Network/networkWatchers/packetCaptures network .3 write/3:2 delete/3:1 stop/3:1 queryStatus/3:.8
Microsoft.Network/networkWatchers/connectionMonitors network .4 write/3:3 delete/3:.5
Microsoft.Network/applicationSecurityGroups network .5 write/3:3 delete/3:.5
Microsoft.Network/ipGroups network .4 write/3:4 delete/3:.3
Microsoft.Network/serviceEndpointPolicies network .1 write/3:1 delete/3:.3
Microsoft.Network/ddosProtectionPlans network .1 write/3:1 delete/3:.1
Microsoft.Network/networkManagers network .1 write:1 commit:1
Microsoft.Cdn/profiles network 1.2 write/3:3 delete/3:.4 CheckResourceUsage:.5
Microsoft.Cdn/profiles/endpoints network 1 write/3:3 delete/3:.5 purge/3:4 start/3:.3 stop/3:.3
Microsoft.Cdn/profiles/afdEndpoints network .9 write/3:3 delete/3:.5 purge/3:3
Microsoft.Cdn/profiles/afdEndpoints/routes network .9 write/3:4 delete/3:.7
Microsoft.Cdn/profiles/originGroups network .6 write/3:3 delete/3:.5
Microsoft.Cdn/profiles/customDomains network .6 write/3:3 delete/3:.5 refreshValidationToken/3:.5
Microsoft.Cdn/profiles/ruleSets/rules network .4 write/3:4 delete/3:1
Microsoft.Storage/storageAccounts storage 20 write/3:6 delete:1.2 listKeys:14 regenerateKey:.8 listAccountSas:1.6 listServiceSas:.8 restoreBlobRanges/3:.05 failover/3:.05 revokeUserDelegationKeys:.1 privateEndpointConnectionsApproval:.4
Microsoft.Storage/storageAccounts/blobServices storage 2.5 write:4
Microsoft.Storage/storageAccounts/blobServices/containers storage 7 write:8 delete:2 lease:.4 setLegalHold:.1 clearLegalHold:.06
Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies storage .3 write:1 delete:.2 lock:.2
Microsoft.Storage/storageAccounts/fileServices storage .6 write:2
Microsoft.Storage/storageAccounts/fileServices/shares storage 2.5 write:4 delete:1
Microsoft.Storage/storageAccounts/queueServices/queues storage 1.2 write:3 delete:.6
Microsoft.Storage/storageAccounts/tableServices/tables storage 1 write:3 delete:.5
Microsoft.Storage/storageAccounts/managementPolicies storage 1 write:3 delete:.3
Microsoft.Storage/storageAccounts/objectReplicationPolicies storage .2 write:2 delete:.3
Microsoft.Storage/storageAccounts/localUsers storage .3 write:2 delete:.5 regeneratePassword:.5 listKeys:.6
Microsoft.Storage/storageAccounts/inventoryPolicies storage .3 write:2 delete:.2
Microsoft.Storage/storageAccounts/encryptionScopes storage .2 write:2
Microsoft.StorageSync/storageSyncServices storage .3 write:2 delete:.3
Microsoft.StorageSync/storageSyncServices/syncGroups/cloudEndpoints storage .2 write/3:2 delete/3:.3 triggerChangeDetection/3:1
Microsoft.NetApp/netAppAccounts/capacityPools/volumes storage .5 write/3:3 delete/3:.5 revert/3:.1
Microsoft.NetApp/netAppAccounts/capacityPools/volumes/snapshots storage .4 write/3:3 delete/3:1
Microsoft.DataBox/jobs storage .1 write:2 listCredentials:.6 cancel:.2
Microsoft.Web/sites web 20 write:8 delete:1 restart:9 start:3 stop:3 publishxml:3 backup:.4 newpassword:.3 syncfunctiontriggers:4 applySlotConfig:.4 slotsswap/3:2 resetSlotConfig:.2 networkTrace:.1 publish:1
Microsoft.Web/sites/config web 12 write:9 list:10 delete:.05 snapshots:.05
Microsoft.Web/sites/slots web 3 write:5 delete:1 restart:3 start:1 stop:1 slotsswap/3:3 publishxml:.8
Microsoft.Web/sites/slots/config web 2 write:4 list:4
Microsoft.Web/sites/functions web 1.2 write:2 listKeys:3 listSecrets:1 delete:.4
Microsoft.Web/sites/functions/keys web .4 write:2 delete:.4
Microsoft.Web/sites/host web 1 listKeys:4 sync:2 listSyncStatus:.4
Microsoft.Web/sites/host/functionKeys web .3 write:2 delete:.5
Microsoft.Web/sites/hostNameBindings web 1 write:3 delete:.8
Microsoft.Web/sites/sourcecontrols web .8 write:2 delete:.5
Microsoft.Web/sites/virtualNetworkConnections web .7 write:2 delete:.5
Microsoft.Web/sites/siteextensions web .4 write:2 delete:.3
Microsoft.Web/sites/extensions web .6 write/3:3
Microsoft.Web/sites/privateAccess web .2 write:1
Microsoft.Web/sites/premieraddons web .1 write:1 delete:.2
Microsoft.Web/sites/basicPublishingCredentialsPolicies web .6 write:2
Microsoft.Web/serverfarms web 4 write/3:6 delete:.8 restartSites:1.5 Join:.2
Microsoft.Web/certificates web 1 write:3 delete:.7
Microsoft.Web/staticSites web 2 write/3:4 delete/3:.5 listsecrets:2 listAppSettings:1.5 createinvitation:.3 resetapikey:.4 listConfiguredRoles:.3
Microsoft.Web/staticSites/config web .8 write:3
Microsoft.Web/staticSites/customDomains web .5 write/3:2 delete/3:.4
Microsoft.Web/hostingEnvironments web .3 write/3:1 reboot:.5
Microsoft.Web/kubeEnvironments web .1 write/3:1
Microsoft.CertificateRegistration/certificateOrders web .2 write:1 renew:.6 reissue:.4
Microsoft.DomainRegistration/domains web .1 write:1 renew:.5
Microsoft.SignalRService/SignalR web .5 write/3:2 listKeys:2 regenerateKey/3:.3 restart/3:.3 delete/3:.2
Microsoft.SignalRService/WebPubSub web .3 write/3:2 listKeys:2 regenerateKey/3:.2
Microsoft.ApiManagement/service web 1.2 write/3:2 applyNetworkConfigurationUpdates/3:.3 backup/3:.3 restore/3:.05 getSsoToken:.6 regenerateKey:.1
Microsoft.ApiManagement/service/apis web 3 write/3:6 delete:.8
Microsoft.ApiManagement/service/apis/operations web 1.5 write:5 delete:.8
Microsoft.ApiManagement/service/apis/policies web 1.5 write:5 delete:.4
Microsoft.ApiManagement/service/products web .6 write:3 delete:.4
Microsoft.ApiManagement/service/namedValues web 1 write/3:4 delete:.6 listValue:1.5
Microsoft.ApiManagement/service/subscriptions web 1 write:3 delete:.4 listSecrets:3 regeneratePrimaryKey:.5
Microsoft.ApiManagement/service/users web .4 write:2 delete:.3 token:.2
Microsoft.ApiManagement/service/gateways web .2 write:1 listKeys:.6
Microsoft.ApiManagement/service/backends web .6 write:3 delete:.4
Microsoft.ApiManagement/service/identityProviders web .1 write:1 listSecrets:.4
Microsoft.AppConfiguration/configurationStores web 1 write/3:2 ListKeys:3 RegenerateKey:.3 delete/3:.2
Microsoft.AppConfiguration/configurationStores/keyValues web .5 write:3 delete:.5
Microsoft.Cache/redis web 1.6 write/3:3 listKeys:4 regenerateKey:.5 forceReboot/3:.4 export/3:.2 import/3:.1 delete/3:.3
Microsoft.Cache/redis/firewallRules web .4 write:2 delete:.4
Microsoft.Cache/redisEnterprise/databases web .3 write/3:2 listKeys:1.5 regenerateKey/3:.2
Microsoft.NotificationHubs/namespaces/notificationHubs web .2 write:1 debugSend:.4
Microsoft.Communication/communicationServices web .2 write/3:1 listKeys:1.5 regenerateKey:.2
Microsoft.BotService/botServices web .2 write:2 delete:.3
Microsoft.BotService/botServices/channels web .2 write:2 listChannelWithKeys:.8
Microsoft.Maps/accounts web .2 write:1 listKeys:1.5 regenerateKey:.2
Microsoft.Sql/servers sql 5 write/3:5 delete/3:.6 import/3:.2
Microsoft.Sql/servers/databases sql 10 write/3:8 delete/3:1.5 export/3:1 import/3:.3 pause/3:1 resume/3:1 failover/3:.2 move/3:.1 upgradeDataWarehouse:.05
Microsoft.Sql/servers/firewallRules sql 6 write:8 delete:3
Microsoft.Sql/servers/virtualNetworkRules sql 1 write/3:3 delete/3:.6
Microsoft.Sql/servers/elasticPools sql 1.5 write/3:4 delete/3:.5 failover/3:.1
Microsoft.Sql/servers/administrators sql .8 write/3:2 delete/3:.3
Microsoft.Sql/servers/azureADOnlyAuthentications sql .3 write/3:1
Microsoft.Sql/servers/auditingSettings sql 1 write/3:3
Microsoft.Sql/servers/extendedAuditingSettings sql .3 write/3:2
Microsoft.Sql/servers/securityAlertPolicies sql .6 write/3:2
Microsoft.Sql/servers/vulnerabilityAssessments sql .4 write:2 delete:.2
Microsoft.Sql/servers/databases/vulnerabilityAssessments/scans sql .3 initiateScan/3:2 export:1
Microsoft.Sql/servers/databases/transparentDataEncryption sql .5 write/3:2
Microsoft.Sql/servers/databases/backupShortTermRetentionPolicies sql .7 write/3:2
Microsoft.Sql/servers/databases/backupLongTermRetentionPolicies sql .5 write/3:2
Microsoft.Sql/servers/databases/auditingSettings sql .5 write:2
Microsoft.Sql/servers/databases/dataMaskingPolicies/rules sql .3 write:2 delete:.3
Microsoft.Sql/servers/failoverGroups sql .4 write/3:2 failover/3:.5 delete/3:.2
Microsoft.Sql/servers/jobAgents sql .3 write/3:1 delete/3:.2
Microsoft.Sql/servers/jobAgents/jobs sql .3 write:2 delete:.3 start/3:1
Microsoft.Sql/servers/jobAgents/credentials sql .2 write:1 delete:.2
Microsoft.Sql/servers/privateEndpointConnections sql .4 write/3:2 delete/3:.3
Microsoft.Sql/servers/syncAgents sql .1 write/3:1 generateKey:.5
Microsoft.Sql/managedInstances sql .6 write/3:3 delete/3:.2 start/3:.4 stop/3:.4
Microsoft.Sql/managedInstances/databases sql .8 write/3:3 delete/3:.6 completeRestore/3:.3
Microsoft.Sql/managedInstances/administrators sql .15 write/3:1
Microsoft.SqlVirtualMachine/sqlVirtualMachines sql .6 write/3:2 startAssessment/3:.6 delete/3:.2
Microsoft.DBforPostgreSQL/flexibleServers sql 3 write/3:4 delete/3:.4 restart/3:2 start/3:1 stop/3:1 startLtrBackup/3:.1
Microsoft.DBforPostgreSQL/flexibleServers/firewallRules sql 2 write/3:5 delete/3:1.5
Microsoft.DBforPostgreSQL/flexibleServers/configurations sql 1.5 write/3:5
Microsoft.DBforPostgreSQL/flexibleServers/databases sql .8 write/3:3 delete/3:.6
Microsoft.DBforPostgreSQL/flexibleServers/administrators sql .4 write/3:2 delete/3:.4
Microsoft.DBforMySQL/flexibleServers sql 1.2 write/3:3 delete/3:.3 restart/3:1 start/3:.5 stop/3:.5 backupAndExport/3:.1
Microsoft.DBforMySQL/flexibleServers/firewallRules sql .8 write/3:4 delete/3:1
Microsoft.DBforMySQL/flexibleServers/configurations sql .5 write/3:3
Microsoft.DataMigration/sqlMigrationServices sql .2 write/3:1 listAuthKeys:.8 listMonitoringData:.6
Microsoft.DocumentDB/databaseAccounts cosmos 6 write/3:4 delete/3:.4 listKeys:6 readonlykeys:2 listConnectionStrings:3 regenerateKey/3:.6 failoverPriorityChange/3:.2 restore/3:.05 offlineRegion/3:.03 privateEndpointConnectionsApproval:.4
Microsoft.DocumentDB/databaseAccounts/sqlDatabases cosmos 1.5 write/3:4 delete/3:.5
Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers cosmos 3 write/3:6 delete/3:1
Microsoft.DocumentDB/databaseAccounts/sqlDatabases/throughputSettings cosmos .7 write/3:3 migrateToAutoscale/3:.6
Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/throughputSettings cosmos 1 write/3:4 migrateToAutoscale/3:.4
Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions cosmos .4 write/3:2 delete/3:.2
Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments cosmos .9 write/3:4 delete/3:.5
Microsoft.DocumentDB/databaseAccounts/mongodbDatabases/collections cosmos .6 write/3:3 delete/3:.5
Microsoft.DocumentDB/databaseAccounts/mongodbUserDefinitions cosmos .2 write/3:2
Microsoft.DocumentDB/databaseAccounts/services cosmos .1 write/3:1
Microsoft.DocumentDB/mongoClusters cosmos .3 write/3:1 listConnectionStrings:1.5
Microsoft.DataFactory/factories data 4 write:2 delete:.2 getDataPlaneAccess:6 configureFactoryRepo:.5 addDataFlowDebugSession/3:1 queryPipelineRuns:3 queryTriggerRuns:2 createdataflowdebugsession/3:1 getGitHubAccessToken:.6
Microsoft.DataFactory/factories/pipelines data 5 write:6 delete:.8 createRun:6
Microsoft.DataFactory/factories/pipelineruns data 1 cancel:2 queryactivityruns:3
Microsoft.DataFactory/factories/triggers data 2 write:3 start/3:3 stop/3:3 delete:.5
Microsoft.DataFactory/factories/datasets data 3 write:5 delete:.7
Microsoft.DataFactory/factories/linkedServices data 2 write:4 delete:.5
Microsoft.DataFactory/factories/dataflows data 1.2 write:4 delete:.5
Microsoft.DataFactory/factories/integrationruntimes data 1 write:2 start/3:2 stop/3:1.5 listAuthKeys:1.5 getStatus:2 regenerateAuthKey:.3 delete:.3 getConnectionInfo:.5
Microsoft.DataFactory/factories/managedVirtualNetworks/managedPrivateEndpoints data .4 write:2 delete:.3
Microsoft.Databricks/workspaces data 3 write/3:3 delete/3:.3 refreshPermissions/3:.6 updateDenyAssignment:.1
Microsoft.Databricks/workspaces/virtualNetworkPeerings data .2 write/3:1 delete/3:.2
Microsoft.Databricks/accessConnectors data .4 write/3:2 delete/3:.2
Microsoft.Synapse/workspaces data 2 write/3:3 delete/3:.2 replaceAllIpFirewallRules/3:.4
Microsoft.Synapse/workspaces/sqlPools data 1.5 write/3:2 pause/3:4 resume/3:4 delete/3:.3
Microsoft.Synapse/workspaces/bigDataPools data .8 write/3:3 delete/3:.4
Microsoft.Synapse/workspaces/firewallRules data 1 write/3:4 delete/3:1
Microsoft.Synapse/workspaces/integrationRuntimes data .4 write/3:2 listAuthKeys:1 start/3:1 stop/3:1 getStatus:1
Microsoft.Synapse/workspaces/administrators data .2 write/3:1 delete/3:.3
Microsoft.Synapse/workspaces/managedIdentitySqlControlSettings data .1 write/3:1
Microsoft.Kusto/clusters data .8 write/3:3 start/3:2 stop/3:2 delete/3:.2 DetachFollowerDatabases/3:.1
Microsoft.Kusto/clusters/databases data .7 write/3:3 delete/3:.4
Microsoft.Kusto/clusters/databases/dataConnections data .4 write/3:3 delete/3:.4
Microsoft.Kusto/clusters/databases/principalAssignments data .5 write/3:3 delete/3:.5
Microsoft.HDInsight/clusters data .3 write/3:2 delete/3:1 resize/3:1 updateGatewaySettings/3:.3 getGatewaySettings:.8
Microsoft.StreamAnalytics/streamingjobs data .8 write/3:3 start/3:3 stop/3:2 delete/3:.3
Microsoft.StreamAnalytics/streamingjobs/inputs data .4 write:2 test/3:1
Microsoft.Purview/accounts data .3 write/3:1 listkeys:.5 addRootCollectionAdmin:.3
Microsoft.DataShare/accounts/shares data .2 write:1 delete/3:.2
Microsoft.PowerBIDedicated/capacities data .5 write/3:2 suspend/3:3 resume/3:3
Microsoft.Fabric/capacities data .6 write/3:2 suspend/3:3 resume/3:3
Microsoft.AnalysisServices/servers data .3 write/3:2 suspend/3:2 resume/3:2
Microsoft.MachineLearningServices/workspaces ai 3 write/3:3 delete/3:.2 listKeys:2 diagnose/3:.6 resynckeys/3:.3 listStorageAccountKeys:1 listNotebookAccessToken:2 prepareNotebook/3:.6
Microsoft.MachineLearningServices/workspaces/computes ai 4 write/3:5 delete/3:1 start/3:5 stop/3:5 restart/3:1 listKeys:.6 listNodes:1 updateIdleShutdownSetting:.4
Microsoft.MachineLearningServices/workspaces/jobs ai 2 write:5 cancel/3:1
Microsoft.MachineLearningServices/workspaces/datastores ai .8 write:3 delete:.3 listSecrets:2
Microsoft.MachineLearningServices/workspaces/onlineEndpoints ai 1 write/3:3 delete/3:.5 listkeys:2 token:1 regeneratekeys/3:.3 score:.5
Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments ai 1 write/3:4 delete/3:1 getLogs:2
Microsoft.MachineLearningServices/workspaces/connections ai .5 write:2 delete:.3 listsecrets:1
Microsoft.MachineLearningServices/workspaces/environments/versions ai .6 write:3
Microsoft.MachineLearningServices/workspaces/models/versions ai .6 write:3 delete:.4
Microsoft.MachineLearningServices/workspaces/schedules ai .3 write/3:2 delete/3:.3
Microsoft.CognitiveServices/accounts ai 4 write/3:4 delete/3:.5 listKeys:7 regenerateKey:.6
Microsoft.CognitiveServices/accounts/deployments ai 2 write/3:5 delete/3:1
Microsoft.CognitiveServices/accounts/raiPolicies ai .4 write:2 delete:.3
Microsoft.Search/searchServices ai 1.2 write/3:3 listAdminKeys:3 listQueryKeys:2 regenerateAdminKey:.3 createQueryKey:.4 delete:.2
Microsoft.BotService/botServices/connections ai .2 write:1 listWithSecrets:.3
Microsoft.KeyVault/vaults vault 9 write:9 delete:.8 deploy:.6 joinPerimeter:.05
Microsoft.KeyVault/vaults/accessPolicies vault 4 write:6
Microsoft.KeyVault/vaults/secrets vault 3 write:6
Microsoft.KeyVault/vaults/keys vault .5 write:2
Microsoft.KeyVault/vaults/privateEndpointConnections vault .5 write/3:2 delete/3:.3
Microsoft.KeyVault/checkNameAvailability vault .6 action:1
Microsoft.KeyVault/locations/deletedVaults vault .15 purge/3:1
Microsoft.KeyVault/managedHSMs vault .1 write/3:1 delete/3:.1
Microsoft.ManagedIdentity/userAssignedIdentities identity 4 write:6 delete:.8 assign:3
Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials identity 1.2 write:4 delete:.6
Microsoft.Authorization/roleAssignments identity 9 write:9 delete:3
Microsoft.Authorization/roleDefinitions identity .5 write:3 delete:.3
Microsoft.Authorization/roleAssignmentScheduleRequests identity .5 write:3
Microsoft.Authorization/roleEligibilityScheduleRequests identity .6 write:3
Microsoft.Authorization/roleManagementPolicies identity .2 write:1
Microsoft.Authorization/locks governance 1.6 write:3 delete:2
Microsoft.Authorization/policyAssignments governance 2 write:4 delete:.6
Microsoft.Authorization/policyDefinitions governance 1.2 write:4 delete:.4
Microsoft.Authorization/policySetDefinitions governance .7 write:4 delete:.2
Microsoft.Authorization/policyExemptions governance .8 write:4 delete:.5
Microsoft.PolicyInsights/remediations governance .8 write:4 cancel:.3 delete:.1
Microsoft.PolicyInsights/policyStates governance .6 triggerEvaluation/3:2
Microsoft.Management/managementGroups governance .3 write/3:2 delete/3:.2
Microsoft.Management/managementGroups/subscriptions governance .2 write:2 delete:.2
Microsoft.Subscription/aliases governance .15 write/3:2
Microsoft.Subscription governance .03 rename:2 cancel:.5
Microsoft.ManagedServices/registrationDefinitions governance .1 write/3:2 delete/3:.3
Microsoft.ManagedServices/registrationAssignments governance .1 write/3:2 delete/3:.3
Microsoft.Resources/subscriptions/resourceGroups governance 8 write:6 delete/3:2 moveResources/3:.4 validateMoveResources/3:.4 exportTemplate/3:.8
Microsoft.Resources/deployments governance 6 write/3:7 validate:4 whatIf/3:3 delete/3:.5 cancel:.2 exportTemplate:.6
Microsoft.Resources/tags governance 3 write:6 delete:.3
Microsoft.Resources/deploymentScripts governance .6 write/3:3 delete:.6
Microsoft.Resources/templateSpecs/versions governance .4 write:3 delete:.2
Microsoft.Resources/deploymentStacks governance .4 write/3:3 delete/3:.2 exportTemplate:.3
Microsoft.Resources/subscriptions/providers governance .6 register:3 unregister:.1
Microsoft.Resources/links governance .1 write:1 delete:.2
Microsoft.Features/providers/features governance .2 register:2
Microsoft.ResourceGraph/queries governance .4 write:2 delete:.4
Microsoft.Blueprint/blueprintAssignments governance .1 write/3:1 delete/3:.2
Microsoft.CostManagement/exports billing .8 write:3 run:1 delete:.3
Microsoft.CostManagement/views billing .5 write:2 delete:.4
Microsoft.CostManagement/scheduledActions billing .3 write:2 delete:.4
Microsoft.Consumption/budgets billing 1 write:4 delete:.5
Microsoft.Billing/billingAccounts billing .1 write/3:1
Microsoft.Capacity/reservationOrders billing .2 write/3:1 calculatePrice:1
Microsoft.Quota/quotas billing .3 write/3:2
Microsoft.Support/supportTickets billing 1 write/3:3
Microsoft.Support/supportTickets/communications billing .5 write/3:3
Microsoft.Insights/diagnosticSettings monitor 6 write:8 delete:1
Microsoft.Insights/metricAlerts monitor 5 write:8 delete:1.5
Microsoft.Insights/activityLogAlerts monitor 1.5 write:4 delete:.6
Microsoft.Insights/scheduledQueryRules monitor 3 write:7 delete:1
Microsoft.Insights/actionGroups monitor 3 write:6 delete:.6 createNotifications/3:.8
Microsoft.Insights/components monitor 4 write:6 delete:.6 purge:.05
Microsoft.Insights/components/ApiKeys monitor .4 action:2 delete:.4
Microsoft.Insights/components/CurrentBillingFeatures monitor .5 write:2
Microsoft.Insights/components/analyticsItems monitor .3 write:1 delete:.3
Microsoft.Insights/webtests monitor 1.2 write:4 delete:.8
Microsoft.Insights/workbooks monitor 2.5 write:8 delete:.7
Microsoft.Insights/myworkbooks monitor .2 write:1
Microsoft.Insights/autoscalesettings monitor 1.2 write:4 delete:.4
Microsoft.Insights/dataCollectionRules monitor 1.6 write:5 delete:.5
Microsoft.Insights/dataCollectionRuleAssociations monitor 1.6 write:5 delete:.6
Microsoft.Insights/dataCollectionEndpoints monitor .4 write:2 delete:.2
Microsoft.Insights/privateLinkScopes monitor .2 write:1 delete:.2
Microsoft.Insights/guestDiagnosticSettings monitor .1 write:1 delete:.2
Microsoft.AlertsManagement/actionRules monitor .8 write:4 delete:.6
Microsoft.AlertsManagement/smartDetectorAlertRules monitor .8 write:3 delete:.3
Microsoft.AlertsManagement/alerts monitor 1 changestate:4
Microsoft.OperationalInsights/workspaces monitor 3 write:3 delete:.2 sharedKeys:4 listKeys:1 regeneratesharedkey:.1 purge:.03
Microsoft.OperationalInsights/workspaces/savedSearches monitor 1.2 write:4 delete:.8
Microsoft.OperationalInsights/workspaces/tables monitor .8 write/3:3 delete:.3 migrate:.2
Microsoft.OperationalInsights/workspaces/dataExports monitor .3 write:2 delete:.3
Microsoft.OperationalInsights/workspaces/linkedServices monitor .3 write/3:2 delete/3:.3
Microsoft.OperationalInsights/workspaces/dataSources monitor .4 write:2 delete:.4
Microsoft.OperationalInsights/queryPacks/queries monitor .4 write:3 delete:.4
Microsoft.OperationsManagement/solutions monitor .5 write/3:2 delete:.2
Microsoft.Portal/dashboards monitor 3 write:8 delete:.8
Microsoft.Dashboard/grafana monitor .4 write/3:2 delete/3:.1
Microsoft.Monitor/accounts monitor .3 write/3:1
Microsoft.Security/pricings security 1 write:4
Microsoft.Security/securityContacts security .5 write:2 delete:.2
Microsoft.Security/autoProvisioningSettings security .3 write:1
Microsoft.Security/settings security .3 write:2
Microsoft.Security/automations security .8 write:3 delete:.4
Microsoft.Security/alertsSuppressionRules security .6 write:3 delete:.5
Microsoft.Security/locations/alerts security 3 dismiss:4 activate:.5 resolve:2 startHunt:.1
Microsoft.Security/assessments security 1 write:2
Microsoft.Security/assessments/governanceAssignments security .5 write:2
Microsoft.Security/standards security .2 write:1
Microsoft.Security/locations/jitNetworkAccessPolicies security 1.5 initiate/3:6 write:2 delete:.3
Microsoft.Security/advancedThreatProtectionSettings security .4 write:2
Microsoft.Security/defenderForStorageSettings security .5 write:2
Microsoft.Security/workspaceSettings security .2 write:1 delete:.1
Microsoft.Security/iotSecuritySolutions security .1 write:1
Microsoft.Security/securityConnectors security .2 write:2 delete:.2
Microsoft.SecurityInsights/incidents security 9 write:12 delete:.1 runPlaybook:1.5
Microsoft.SecurityInsights/incidents/comments security 5 write:6 delete:.2
Microsoft.SecurityInsights/incidents/tasks security .8 write:3 delete:.3
Microsoft.SecurityInsights/incidents/relations security .4 write:2 delete:.3
Microsoft.SecurityInsights/alertRules security 3 write:6 delete:.6
Microsoft.SecurityInsights/alertRules/actions security .4 write:2 delete:.3
Microsoft.SecurityInsights/automationRules security 1.2 write:4 delete:.5
Microsoft.SecurityInsights/watchlists security 1 write:3 delete:.4
Microsoft.SecurityInsights/watchlists/watchlistItems security 1.2 write:5 delete:1
Microsoft.SecurityInsights/bookmarks security 1 write:4 delete:.4 expand:.5
Microsoft.SecurityInsights/dataConnectors security .6 write:3 delete:.3 connect:.4
Microsoft.SecurityInsights/threatIntelligence security .6 write:2 createIndicator:2 query:2
Microsoft.SecurityInsights/entities security .8 runPlaybook:1 expand:2
Microsoft.SecurityInsights/huntSessions security .2 write:1
Microsoft.SecurityInsights/settings security .2 write:2
Microsoft.SecurityInsights/sourcecontrols security .1 write:1 delete:.1
Microsoft.SecurityInsights/contentPackages security .3 write:2 delete:.2
Microsoft.ServiceBus/namespaces integration 3 write/3:3 delete/3:.3 migrate:.02
Microsoft.ServiceBus/namespaces/authorizationRules integration 2 listKeys:6 write:2 regenerateKeys:.5 delete:.3
Microsoft.ServiceBus/namespaces/queues integration 3 write:5 delete:1
Microsoft.ServiceBus/namespaces/queues/authorizationRules integration .6 listKeys:3 write:2 delete:.3
Microsoft.ServiceBus/namespaces/topics integration 2 write:4 delete:.7
Microsoft.ServiceBus/namespaces/topics/subscriptions integration 2 write:5 delete:1
Microsoft.ServiceBus/namespaces/topics/subscriptions/rules integration .8 write:4 delete:1
Microsoft.ServiceBus/namespaces/networkRuleSets integration .4 write:2
Microsoft.EventHub/namespaces integration 2 write/3:3 delete/3:.3
Microsoft.EventHub/namespaces/authorizationRules integration 1.6 listKeys:6 write:2 regenerateKeys:.4 delete:.3
Microsoft.EventHub/namespaces/eventhubs integration 2 write:4 delete:.8
Microsoft.EventHub/namespaces/eventhubs/authorizationRules integration .5 listKeys:3 write:2 delete:.3
Microsoft.EventHub/namespaces/eventhubs/consumergroups integration 1 write:4 delete:.7
Microsoft.EventGrid/systemTopics integration .8 write/3:3 delete/3:.4
Microsoft.EventGrid/systemTopics/eventSubscriptions integration .8 write/3:3 delete/3:.5 getDeliveryAttributes:.5
Microsoft.EventGrid/topics integration .8 write/3:3 listKeys:3 regenerateKey/3:.3 delete/3:.3
Microsoft.EventGrid/eventSubscriptions integration .8 write/3:3 delete/3:.6 getFullUrl:.6
Microsoft.EventGrid/domains integration .2 write/3:2 listKeys:1
Microsoft.Relay/namespaces/authorizationRules integration .2 listKeys:2 write:1
Microsoft.Relay/namespaces/hybridConnections integration .2 write:2 delete:.3
Microsoft.Logic/workflows integration 5 write:8 delete:.8 enable:1.5 disable:1.5 validate:1 listCallbackUrl:1 regenerateAccessKey:.1 run:1 move:.05
Microsoft.Logic/workflows/triggers integration 2 run:4 listCallbackUrl:2 resubmit:1 reset:.2
Microsoft.Logic/workflows/runs integration 1 cancel:2
Microsoft.Logic/workflows/accessKeys integration .1 list:1 regenerate:.4
Microsoft.Logic/integrationAccounts integration .3 write:2 listCallbackUrl:.6 logTrackingEvents:.4
Microsoft.Logic/integrationAccounts/maps integration .3 write:3 delete:.3
Microsoft.Web/connections integration 2.5 write:4 delete:.6 listConsentLinks:2 confirmConsentCode:1 listConnectionKeys:.5 dynamicInvoke:1
Microsoft.Web/connections/accessPolicies integration .4 write:2 delete:.2
Microsoft.Web/connectionGateways integration .1 write:1
Microsoft.Automation/automationAccounts automation 2 write:3 delete:.2 listKeys:1.5
Microsoft.Automation/automationAccounts/runbooks automation 4 write:4 publish/3:3 delete:.5
Microsoft.Automation/automationAccounts/runbooks/draft automation 2.5 write:4 undoEdit:.3
Microsoft.Automation/automationAccounts/runbooks/draft/content automation 1 write/3:3
Microsoft.Automation/automationAccounts/runbooks/draft/testJob automation 1 write:3 stop:.5
Microsoft.Automation/automationAccounts/jobs automation 4 write:8 stop:.5 suspend:.2 runbookContent:.3 resume:.1
Microsoft.Automation/automationAccounts/jobSchedules automation 1 write:3 delete:.7
Microsoft.Automation/automationAccounts/schedules automation 1.2 write:4 delete:.6
Microsoft.Automation/automationAccounts/variables automation 1.4 write:5 delete:.5
Microsoft.Automation/automationAccounts/credentials automation .6 write:3 delete:.4
Microsoft.Automation/automationAccounts/certificates automation .3 write:2 delete:.3
Microsoft.Automation/automationAccounts/connections automation .3 write:2 delete:.3
Microsoft.Automation/automationAccounts/modules automation 1.2 write/3:4 delete:.5
Microsoft.Automation/automationAccounts/python3Packages automation .2 write:2 delete:.2
Microsoft.Automation/automationAccounts/webhooks automation .5 write:3 action:1 delete:.5
Microsoft.Automation/automationAccounts/sourceControls automation .2 write:2 delete:.2
Microsoft.Automation/automationAccounts/hybridRunbookWorkerGroups automation .3 write:2 delete:.2
Microsoft.Automation/automationAccounts/hybridRunbookWorkerGroups/hybridRunbookWorkers automation .3 write:2 delete:.3
Microsoft.Automation/automationAccounts/softwareUpdateConfigurations automation .8 write:3 delete:.4
Microsoft.Automation/automationAccounts/configurations automation .2 write:2 delete:.2
Microsoft.Automation/automationAccounts/compilationjobs automation .2 write:2
Microsoft.RecoveryServices/vaults backup 2 write/3:4 delete:.2
Microsoft.RecoveryServices/vaults/backupPolicies backup 1.6 write:4 delete:.4
Microsoft.RecoveryServices/vaults/backupconfig backup .4 write:2
Microsoft.RecoveryServices/vaults/backupstorageconfig backup .3 write:2
Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems backup 4 write:5 delete:.8
Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems backup 2 backup:4
Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints backup .8 restore:2 provisionInstantItemRecovery:.8 revokeInstantItemRecovery:.5 accessToken:.1
Microsoft.RecoveryServices/vaults/backupJobs backup .5 cancel:1
Microsoft.RecoveryServices/vaults/certificates backup .3 write:1
Microsoft.RecoveryServices/vaults/backupResourceGuardProxies backup .1 write:1 unlockDelete:.3
Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectedItems backup .6 write/3:2 testFailover/3:1.2 testFailoverCleanup/3:1 plannedFailover/3:.1 reprotect/3:.1
Microsoft.RecoveryServices/vaults/replicationRecoveryPlans backup .2 write/3:1 testFailover/3:.7 testFailoverCleanup/3:.6
Microsoft.DataProtection/backupVaults backup .5 write/3:2
Microsoft.DataProtection/backupVaults/backupInstances backup .7 write/3:3 backup/3:1.5 restore/3:.3 suspendBackups/3:.1 delete/3:.3
Microsoft.DataProtection/backupVaults/backupPolicies backup .4 write:2 delete:.2
Microsoft.DesktopVirtualization/hostPools desktop 1.6 write:4 retrieveRegistrationToken:2 delete:.3
Microsoft.DesktopVirtualization/hostPools/sessionHosts desktop 1.6 write:4 delete:2
Microsoft.DesktopVirtualization/hostPools/sessionHosts/userSessions desktop 1.4 delete:3 disconnect:2 sendMessage:2
Microsoft.DesktopVirtualization/applicationGroups desktop .8 write:3 delete:.3
Microsoft.DesktopVirtualization/applicationGroups/applications desktop .6 write:3 delete:.4
Microsoft.DesktopVirtualization/workspaces desktop .4 write:2
Microsoft.DesktopVirtualization/scalingPlans desktop .4 write:2
Microsoft.DevTestLab/labs/virtualMachines desktop .6 write/3:3 start/3:3 stop/3:2 delete/3:1 claim/3:.5
Microsoft.DevTestLab/schedules desktop .8 write:3 delete:.4
Microsoft.DevTestLab/labs/users desktop .2 write/3:1
Microsoft.LabServices/labs desktop .1 write/3:1 publish/3:.5
Microsoft.DevCenter/projects/pools desktop .3 write/3:2
Microsoft.Devices/IotHubs iot 1.4 write/3:3 listkeys:4 delete/3:.2 exportDevices:.4 importDevices:.2
Microsoft.Devices/IotHubs/IotHubKeys iot .5 listkeys:3
Microsoft.Devices/IotHubs/eventHubEndpoints/consumerGroups iot .5 write:3 delete:.4
Microsoft.Devices/IotHubs/certificates iot .2 write:2 generateVerificationCode:.4
Microsoft.Devices/provisioningServices iot .4 write/3:2 listkeys:2
Microsoft.DigitalTwins/digitalTwinsInstances iot .2 write/3:2
Microsoft.IoTCentral/iotApps iot .2 write/3:1
Microsoft.TimeSeriesInsights/environments iot .1 write/3:1
Microsoft.HybridCompute/machines hybrid 2 write:4 delete:1 addExtensions/3:.2 assessPatches/3:.8 installPatches/3:.4 UpgradeExtensions/3:.5
Microsoft.HybridCompute/machines/extensions hybrid 1.4 write/3:4 delete/3:.6
Microsoft.HybridCompute/machines/runCommands hybrid .2 write/3:1
Microsoft.HybridCompute/machines/licenseProfiles hybrid .2 write/3:1
Microsoft.HybridConnectivity/endpoints hybrid .5 write:1 listCredentials:2
Microsoft.Kubernetes/connectedClusters hybrid .6 write/3:2 listClusterUserCredential:2 delete/3:.2
Microsoft.GuestConfiguration/guestConfigurationAssignments hybrid .8 write:3 delete:.3
Microsoft.AzureStackHCI/clusters hybrid .2 write:1
Microsoft.ResourceConnector/appliances hybrid .1 write/3:1 listClusterUserCredential:.6
Microsoft.Migrate/assessmentProjects hybrid .2 write:2
Microsoft.Migrate/migrateProjects hybrid .2 write:2
Microsoft.AAD/DomainServices hybrid .05 write/3:1
Microsoft.Elastic/monitors monitor .1 write/3:1
Microsoft.Datadog/monitors monitor .1 write/3:1 listApiKeys:.2
Microsoft.LoadTestService/loadTests devtools .5 write/3:2 delete/3:.2
Microsoft.Chaos/experiments devtools .2 write/3:2 start/3:2 cancel/3:.3
Microsoft.DevOpsInfrastructure/pools devtools .3 write/3:3 delete/3:.3
Microsoft.VisualStudio/account devtools .2 write:1
Microsoft.HealthcareApis/workspaces/fhirservices data .1 write/3:2
Microsoft.MixedReality/spatialAnchorsAccounts ai .02 write:1 listkeys:.4
Microsoft.Media/mediaservices web .1 write/3:1 syncStorageKeys:.2
Microsoft.Confluent/organizations integration .1 write/3:1
Microsoft.VMwareCloudSimple/virtualMachines hybrid .03 write/3:1
Microsoft.AVS/privateClouds hybrid .05 write/3:1 listAdminCredentials:.4
Microsoft.ElasticSan/elasticSans storage .05 write/3:1
Microsoft.StorageCache/caches storage .05 write/3:1 flush/3:.2
Microsoft.Orbital/spacecrafts devtools .01 write/3:1
Microsoft.Attestation/attestationProviders security .05 write:1 delete:.2
]]

---@class simulate.Operation
---@field name string as Azure spells it
---@field type string resource type
---@field field string
---@field records integer
---@field weight number of the type within its field times of the operation within its type
---@field verb string "write", "delete" or an action's name

local function add_operation(type_, field, type_weight, word)
  local verb, rest, weight = word:match "^([%w]+)(/?%d?):([%d.]+)$"
  assert(verb, "a bad operation in the catalogue: " .. word)
  local plain = verb == "write" or verb == "delete"
  local operation = {
    name = (verb == "action" and type_ .. "/action") or (plain and type_ .. "/" .. verb)
      or type_ .. "/" .. verb .. "/action",
    type = type_, field = field, verb = verb, records = tonumber(rest:match "%d") or 2, own = tonumber(weight),
    type_weight = type_weight,
  }
  if not operations.by_name[operation.name] then
    operations.by_name[operation.name] = operation
    operations.list[#operations.list + 1] = operation
    local of_type = operations.by_type[type_] or {}
    operations.by_type[type_] = of_type
    of_type[#of_type + 1] = operation
  end
end

-- An operation's weight is its share of its type's weight.
local function share()
  for _, of_type in pairs(operations.by_type) do
    local total = 0
    for _, operation in ipairs(of_type) do total = total + operation.own end
    for _, operation in ipairs(of_type) do operation.weight = operation.type_weight * operation.own / total end
  end
end

local function by_field()
  for index, operation in ipairs(operations.list) do
    operation.index = index
    local list = operations.by_field[operation.field] or {}
    operations.by_field[operation.field] = list
    list[#list + 1] = operation
  end
end

local function load_catalogue()
  operations.by_name, operations.by_type, operations.by_field, operations.list = {}, {}, {}, {}
  for line in CATALOGUE:gmatch "[^\n]+" do
    local type_, field, weight, words = line:match "^(%S+) (%S+) (%S+) (.+)$"
    for word in words:gmatch "%S+" do add_operation(type_, field, tonumber(weight), word) end
  end
  share()
  by_field()
end

load_catalogue()

--- How many records an operation leaves that the catalogue does not have: writes of unknown types 2, known suffixes as
--- their likes.
function operations.records(name)
  local known = operations.by_name[name]
  if known then return known.records end
  if name:find "/policies/%w+/action$" then return 1 end
  return 2
end

-- ---- choosing ----

local Chooser = {}
Chooser.__index = Chooser

-- Running sums of weights, for a binary search.
local function summed(list, weight_of)
  local sums, total = {}, 0
  for i, item in ipairs(list) do
    total = total + weight_of(item)
    sums[i] = total
  end
  return { items = list, sums = sums, total = total }
end

local function pick(table_, stream)
  local at, sums = stream:real() * table_.total, table_.sums
  local lo, hi = 1, #sums
  while lo < hi do
    local mid = (lo + hi) // 2
    if sums[mid] > at then hi = mid else lo = mid + 1 end
  end
  return table_.items[lo]
end

local shared, shared_types = {}, {}

-- The operations of a field by weight; the same table for everyone.
local function field_table(field)
  shared[field] = shared[field] or summed(operations.by_field[field], function(o) return o.weight end)
  return shared[field]
end

--- A chooser over fields: { compute = 3, network = 1, … }; fields without a weight are never picked.
function operations.chooser(fields)
  local list = {}
  for field, weight in pairs(fields) do list[#list + 1] = { field, weight } end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  return setmetatable({ fields = summed(list, function(item) return item[2] end) }, Chooser)
end

--- One operation: a field by weight, then an operation of the field by weight.
function Chooser:pick(stream)
  return pick(field_table(pick(self.fields, stream)[1]), stream)
end

--- Another operation on the same type, by weight.
function operations.beside(operation, stream)
  local type_ = operation.type
  shared_types[type_] = shared_types[type_] or summed(operations.by_type[type_], function(o) return o.own end)
  return pick(shared_types[type_], stream)
end

return operations
