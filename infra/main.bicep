metadata description = 'McpProbe on Azure: one app at home, one more for each further location, one shared store.'

targetScope = 'subscription'

import { alwaysReadyType, channelType, principalTypeType } from 'modules/types.bicep'

@description('Names the resource group and, with the subscription and region, every resource.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('The home region: the store, the timers, the pages and the probes of location "home".')
@metadata({ azd: { type: 'location' } })
param location string

@description('Who deploys and looks after this: may read and write the data and the secrets. Empty grants nobody.')
param principalId string = deployer().objectId
param principalType principalTypeType = 'User'

@description('Regions to probe from besides home. Each becomes a location of that name, such as westeurope.')
param furtherRegions string[] = []

@description('Alert channels.')
param channels channelType[] = []

@description('App settings whose values are in the Key Vault: setting name to secret name. What endpoints mean by \${env:NAME}.')
param vaultSettings { *: string } = {}

@description('Further app settings that are no secrets.')
param settings { *: string } = {}

@description('Send e-mail through Communication Services.')
param email bool = false

@description('Where Communication Services keeps its data at rest, such as Europe or United States.')
param emailDataLocation string = 'United States'

@description('Close the public endpoints of storage and Key Vault: the apps reach them through private endpoints.')
param privateNetwork bool = false

@description('For privateNetwork: each region takes one /24 of it.')
param addressSpace string = '10.80.0.0/16'

@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('The most instances of one app.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances that never sleep. At further locations only those of ProbeEndpoints and ProbePoison count.')
param alwaysReady alwaysReadyType[] = []

@description('HTTP requests that one instance serves at once; null leaves it to the platform.')
param httpConcurrency int?

@description('Queue messages that one instance works on at once; null leaves it to host.json.')
@minValue(1)
@maxValue(32)
param messageConcurrency int?

@description('Endpoints in one queue message.')
@minValue(1)
@maxValue(500)
param endpointsPerMessage int = 50

@description('Partitions of the endpoints. Fixed once the store has been created.')
@minValue(1)
@maxValue(64)
param shards int = 4

@description('When probes are put on the queues: NCrontab with seconds, UTC.')
param probeSchedule string = '*/30 * * * * *'

@description('Months that single results are kept. Rollups stay.')
@minValue(1)
@maxValue(120)
param resultRetentionMonths int = 13

@description('What a location tries to connect to when many servers do not answer at once: host:port, separated by commas, or none.')
param controlAddresses string = 'one.one.one.one:443,dns.google:443'

@description('Which URLs POST /api/check may probe besides registered endpoints: any includes private addresses.')
@allowed(['none', 'public', 'any'])
param checkUrls string = 'public'

@description('The address of the pages where it is not the app\'s own host name, such as https://status.example.com.')
param publicUrl string = ''

@description('The store\'s copies: within one site, across zones, or across regions.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storeRedundancy string = 'Standard_LRS'

@description('Percentage of telemetry that Application Insights keeps.')
@minValue(1)
@maxValue(100)
param telemetrySamplingPercentage int = 10

@description('GB of telemetry a day, after which the rest of the day is dropped; -1 is no cap.')
param telemetryDailyCapGb int = 1

@description('Becomes the API key only when the Key Vault has none yet. Leave it to its default.')
@secure()
param newApiKey string = newGuid()

var tags = { 'azd-env-name': environmentName }
var token = uniqueString(subscription().subscriptionId, environmentName, location)
var deploymentContainer = 'app-package'

// The home app comes first in every list over regions; a location's name is its region's.
var regions = concat([location], map(furtherRegions, region => toLower(replace(region, ' ', ''))))
var locations = concat(['home'], skip(regions, 1))
var tokens = map(
  regions,
  (region, i) => i == 0 ? token : uniqueString(subscription().subscriptionId, environmentName, location, region)
)
var identityNames = map(tokens, t => 'mcpprobe-${t}')
var hostStorageNames = map(tokens, t => 'mcphost${t}')
var networkNames = map(tokens, t => 'vnet-mcpprobe-${t}')

// Names of app settings cannot hold what endpoints' names for channels can, and those cannot hold what settings can.
var badChannels = filter(
  channels,
  channel =>
    toLower(channel.name) != channel.name || !empty(filter(['-', '.', '_', ' '], each => contains(channel.name, each)))
)
var lostMail = filter(
  channels,
  channel => channel.type == 'email' && !email && !contains(channel, 'url') && !contains(channel, 'urlSecretName')
)
var checkedChannels = !empty(badChannels)
  ? fail('Channel "${badChannels[0].name}": on Azure a channel\'s name is part of app setting names, so use lower-case letters and digits only')
  : !empty(lostMail)
      ? fail('Channel "${lostMail[0].name}": there is nothing to send e-mail with. Set the parameter email, or give the channel the url of an SMTP server')
      : channels

func secretReference(vault string, secret string) string =>
  '@Microsoft.KeyVault(VaultName=${vault};SecretName=${secret})'

var storeName = 'mcpstore${token}'
var vaultName = 'kv-mcp-${token}'
var insightsName = 'appi-mcpprobe-${token}'
var communicationName = 'acs-mcpprobe-${token}'

var channelSettings = reduce(
  map(
    checkedChannels,
    channel =>
      union(
        { 'Channels__${channel.name}__type': channel.type },
        contains(channel, 'url') ? { 'Channels__${channel.name}__url': channel.?url } : {},
        contains(channel, 'urlSecretName')
          ? { 'Channels__${channel.name}__url': secretReference(vaultName, channel.?urlSecretName ?? '') }
          : {},
        contains(channel, 'secretName')
          ? { 'Channels__${channel.name}__secret': secretReference(vaultName, channel.?secretName ?? '') }
          : {},
        contains(channel, 'to') ? { 'Channels__${channel.name}__to': channel.?to } : {},
        contains(channel, 'from') ? { 'Channels__${channel.name}__from': channel.?from } : {},
        channel.?limit.?perMinute == null
          ? {}
          : { 'Channels__${channel.name}__limit__perMinute': string(channel.?limit.?perMinute) },
        channel.?limit.?perHour == null
          ? {}
          : { 'Channels__${channel.name}__limit__perHour': string(channel.?limit.?perHour) }
      )
  ),
  {},
  (all, next) => union(all, next)
)

// What every app reads. AzureWebJobsStorage, telemetry and PublicUrl are added by the app's own module.
var commonSettings = union(
  settings,
  mapValues(vaultSettings, secret => secretReference(vaultName, secret)),
  {
    Store__credential: 'managedidentity'
    Store__tableServiceUri: store.outputs.tableUri
    Store__queueServiceUri: store.outputs.queueUri
    Store__blobServiceUri: store.outputs.blobUri
    ProbeLocations: join(locations, ',')
    ProbeSchedule: probeSchedule
    SweepSchedule: '0 * * * * *'
    RollUpSchedule: '0 5 * * * *'
    Shards: string(shards)
    EndpointsPerMessage: string(endpointsPerMessage)
    ResultRetentionMonths: string(resultRetentionMonths)
    ControlAddresses: controlAddresses
    MCPPROBE_API_KEY: secretReference(vaultName, vault.outputs.apiKeySecretName)
    MCPPROBE_CHECK_URLS: checkUrls
    TaskHub: 'mcpprobe'
  },
  messageConcurrency == null
    ? {}
    : {
        AzureFunctionsJobHost__extensions__queues__batchSize: string(messageConcurrency)
        AzureFunctionsJobHost__extensions__queues__newBatchThreshold: '0'
      }
)

// Timers, durable functions and pages live at home; a further location only works on its queue.
var homeFunctions = ['ScheduleProbes', 'SweepAlerts', 'RollUp', 'DeliverTransition', 'Deliver', 'CheckNow', 'Web']
var locationFunctions = ['function:probeendpoints', 'function:probepoison']
var disabledSettings = toObject(homeFunctions, name => 'AzureWebJobs.${name}.Disabled', name => 'true')

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-mcpprobe-${token}'
    insightsName: insightsName
    location: location
    tags: tags
    samplingPercentage: telemetrySamplingPercentage
    dailyCapGb: telemetryDailyCapGb
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    name: vaultName
    location: location
    tags: tags
    publicNetworkAccess: !privateNetwork
    newApiKey: newApiKey
  }
}

module emailService 'modules/email.bicep' = if (email) {
  scope: group
  params: {
    emailServiceName: 'email-mcpprobe-${token}'
    communicationName: communicationName
    tags: tags
    dataLocation: emailDataLocation
  }
}

// The app itself makes one table of results a month.
module store 'modules/storage.bicep' = {
  scope: group
  params: {
    name: storeName
    location: location
    tags: tags
    sku: storeRedundancy
    containers: ['catalogs']
    queues: flatten(map(locations, name => ['probes-${name}', 'probes-${name}-poison']))
    tables: ['endpoints', 'state', 'baselines', 'rollups', 'incidents', 'drift', 'deliveries', 'schedule']
    publicNetworkAccess: !privateNetwork
  }
}

module hostStorages 'modules/storage.bicep' = [
  for (region, i) in regions: {
    scope: group
    params: {
      name: hostStorageNames[i]
      location: region
      tags: tags
      sku: 'Standard_LRS'
      containers: [deploymentContainer]
      publicNetworkAccess: !privateNetwork
    }
  }
]

module identities 'modules/identity.bicep' = [
  for (region, i) in regions: {
    scope: group
    params: {
      name: identityNames[i]
      location: region
      tags: tags
    }
  }
]

module appHostAccess 'modules/storage-access.bicep' = [
  for (region, i) in regions: {
    scope: group
    params: {
      accountName: hostStorageNames[i]
      principalName: identityNames[i]
      principalId: identities[i].outputs.principalId
      principalType: 'ServicePrincipal'
      blobOwner: true
    }
    dependsOn: [hostStorages]
  }
]

module appStoreAccess 'modules/storage-access.bicep' = [
  for (region, i) in regions: {
    scope: group
    params: {
      accountName: storeName
      principalName: identityNames[i]
      principalId: identities[i].outputs.principalId
      principalType: 'ServicePrincipal'
    }
    dependsOn: [store]
  }
]

module appAccess 'modules/app-access.bicep' = [
  for (region, i) in regions: {
    scope: group
    params: {
      principalName: identityNames[i]
      principalId: identities[i].outputs.principalId
      vaultName: vaultName
      insightsName: insightsName
      communicationName: email && i == 0 ? communicationName : ''
    }
    dependsOn: [vault, monitoring, emailService]
  }
]

module deployerStoreAccess 'modules/storage-access.bicep' = if (!empty(principalId)) {
  scope: group
  params: {
    accountName: storeName
    principalName: principalId
    principalId: principalId
    principalType: principalType
  }
  dependsOn: [store]
}

module deployerHostAccess 'modules/storage-access.bicep' = [
  for (region, i) in regions: if (!empty(principalId)) {
    scope: group
    params: {
      accountName: hostStorageNames[i]
      principalName: principalId
      principalId: principalId
      principalType: principalType
    }
    dependsOn: [hostStorages]
  }
]

module deployerVaultAccess 'modules/vault-access.bicep' = if (!empty(principalId)) {
  scope: group
  params: {
    vaultName: vaultName
    principalId: principalId
    principalType: principalType
  }
  dependsOn: [vault]
}

module networks 'modules/network.bicep' = [
  for (region, i) in regions: if (privateNetwork) {
    scope: group
    params: {
      name: networkNames[i]
      location: region
      tags: tags
      addressPrefix: cidrSubnet(addressSpace, 24, i)
    }
  }
]

// A further location reaches the shared store through the home network.
module peeringsOut 'modules/peering.bicep' = [
  for (region, i) in skip(regions, 1): if (privateNetwork) {
    scope: group
    params: {
      fromName: networkNames[0]
      toName: networkNames[i + 1]
    }
    dependsOn: [networks]
  }
]

module peeringsBack 'modules/peering.bicep' = [
  for (region, i) in skip(regions, 1): if (privateNetwork) {
    scope: group
    params: {
      fromName: networkNames[i + 1]
      toName: networkNames[0]
    }
    dependsOn: [networks]
  }
]

var storageServices = [
  for service in ['blob', 'queue', 'table']: {
    group: service
    zone: 'privatelink.${service}.${environment().suffixes.storage}'
  }
]
var vaultService = { group: 'vault', zone: 'privatelink.vaultcore.azure.net' }

module zones 'modules/dns-zone.bicep' = [
  for service in concat(storageServices, [vaultService]): if (privateNetwork) {
    scope: group
    params: {
      name: service.zone
      tags: tags
      networkNames: networkNames
    }
    dependsOn: [networks]
  }
]

module storeEndpoints 'modules/private-endpoints.bicep' = if (privateNetwork) {
  scope: group
  params: {
    targetName: storeName
    targetId: store.outputs.id
    location: location
    tags: tags
    networkName: networkNames[0]
    services: storageServices
  }
  dependsOn: [zones]
}

module vaultEndpoint 'modules/private-endpoints.bicep' = if (privateNetwork) {
  scope: group
  params: {
    targetName: vaultName
    targetId: vault.outputs.id
    location: location
    tags: tags
    networkName: networkNames[0]
    services: [vaultService]
  }
  dependsOn: [zones]
}

module hostEndpoints 'modules/private-endpoints.bicep' = [
  for (region, i) in regions: if (privateNetwork) {
    scope: group
    params: {
      targetName: hostStorageNames[i]
      targetId: hostStorages[i].outputs.id
      location: region
      tags: tags
      networkName: networkNames[i]
      services: storageServices
    }
    dependsOn: [zones]
  }
]

module home 'modules/app.bicep' = {
  scope: group
  params: {
    name: 'mcpprobe-${token}'
    planName: 'plan-mcpprobe-${token}'
    location: location
    tags: tags
    siteTags: { 'azd-service-name': 'api' }
    identityId: identities[0].outputs.id
    clientId: identities[0].outputs.clientId
    hostStorageName: hostStorageNames[0]
    deploymentContainer: deploymentContainer
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReady: alwaysReady
    httpConcurrency: httpConcurrency
    subnetId: privateNetwork ? networks[0]!.outputs.appSubnetId : null
    insightsConnectionString: monitoring.outputs.connectionString
    publicUrl: publicUrl
    settings: union(
      commonSettings,
      channelSettings,
      {
        ProbeLocation: 'home'
        ProbeQueue: 'probes-home'
        ProbePoisonQueue: 'probes-home-poison'
      },
      email ? { Email__endpoint: emailService!.outputs.endpoint, Email__sender: emailService!.outputs.sender } : {}
    )
  }
  // Roles and ways in first: the app reads its package, its secrets and its queue as soon as it starts.
  dependsOn: [appHostAccess, appStoreAccess, appAccess, storeEndpoints, vaultEndpoint, hostEndpoints]
}

module further 'modules/app.bicep' = [
  for (region, i) in skip(regions, 1): {
    scope: group
    params: {
      name: 'mcpprobe-${tokens[i + 1]}'
      planName: 'plan-mcpprobe-${tokens[i + 1]}'
      location: region
      tags: tags
      identityId: identities[i + 1].outputs.id
      clientId: identities[i + 1].outputs.clientId
      hostStorageName: hostStorageNames[i + 1]
      deploymentContainer: deploymentContainer
      instanceMemoryMB: instanceMemoryMB
      maximumInstanceCount: maximumInstanceCount
      alwaysReady: filter(alwaysReady, group => contains(locationFunctions, toLower(group.name)))
      subnetId: privateNetwork ? networks[i + 1]!.outputs.appSubnetId : null
      insightsConnectionString: monitoring.outputs.connectionString
      publicUrl: home.outputs.url
      settings: union(commonSettings, disabledSettings, {
        ProbeLocation: region
        ProbeQueue: 'probes-${region}'
        ProbePoisonQueue: 'probes-${region}-poison'
      })
    }
    dependsOn: [
      appHostAccess
      appStoreAccess
      appAccess
      peeringsOut
      peeringsBack
      storeEndpoints
      vaultEndpoint
      hostEndpoints
    ]
  }
]

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_KEY_VAULT_NAME string = vault.outputs.name
output MCPPROBE_URL string = home.outputs.url
output MCPPROBE_STORE string = store.outputs.name
@description('The apps of further locations, separated by spaces: where the deployed package goes too.')
output MCPPROBE_FURTHER_APPS string = join(map(skip(tokens, 1), t => 'mcpprobe-${t}'), ' ')
@description('For firewalls in front of the probed servers; empty without a private network.')
output MCPPROBE_OUTBOUND_ADDRESSES string[] = [
  for (region, i) in regions: privateNetwork ? networks[i]!.outputs.outboundAddress : ''
]
