metadata description = 'McpProbe on Azure: one app at home, one more for each further location, one shared store.'

targetScope = 'subscription'

import {
  addressMistakes
  alwaysReadyMistakes
  channelMistakes
  networkMistakes
  regionMistakes
  regionName
  retentionMistakes
  scheduleMistakes
  settingMistakes
} from 'modules/checks.bicep'
import { alwaysReadyType, channelType, principalTypeType } from 'modules/types.bicep'

@description('Names the resource group and, with the subscription and region, every resource.')
@minLength(1)
@maxLength(64)
param environmentName string

// azd offers exactly these. Where Azure adds a region to Flex Consumption, add it here and to flexRegions below.
@description('The home region, one with the Flex Consumption plan: the store, the timers, the pages and the probes of location "home".')
@metadata({ azd: { type: 'location' } })
@allowed([
  'australiaeast'
  'australiasoutheast'
  'brazilsouth'
  'canadacentral'
  'centralindia'
  'centralus'
  'eastasia'
  'eastus'
  'eastus2'
  'francecentral'
  'germanywestcentral'
  'italynorth'
  'japaneast'
  'koreacentral'
  'northcentralus'
  'northeurope'
  'norwayeast'
  'southafricanorth'
  'southcentralus'
  'southeastasia'
  'southindia'
  'spaincentral'
  'swedencentral'
  'switzerlandnorth'
  'uaenorth'
  'uksouth'
  'ukwest'
  'westcentralus'
  'westeurope'
  'westus'
  'westus2'
  'westus3'
])
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
@allowed([
  'Africa'
  'Asia Pacific'
  'Australia'
  'Brazil'
  'Canada'
  'Europe'
  'France'
  'Germany'
  'India'
  'Japan'
  'Korea'
  'Norway'
  'Switzerland'
  'UAE'
  'UK'
  'United States'
])
param emailDataLocation string = 'United States'

@description('Close the public endpoints of storage and Key Vault: the apps reach them through private endpoints.')
param privateNetwork bool = false

@description('For privateNetwork: leave the public endpoints open, while an app that is running moves into the network.')
param keepPublicEndpoints bool = false

@description('For privateNetwork: each region takes one /24 of it.')
param addressSpace string = '10.80.0.0/16'

@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('The most instances of one app.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances of the home app that never sleep and deliver alerts: with 0, an alert waits for a cold start.')
@minValue(0)
@maxValue(10)
param durableAlwaysReady int = 1

@description('Further instances that never sleep. At further locations only those of ProbeEndpoints and ProbePoison count.')
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

@description('Days that single results are kept.')
@minValue(1)
@maxValue(36500)
param keepResults int = 35

@description('Days that rollups by the hour are kept.')
@minValue(16)
@maxValue(36500)
param keepHourly int = 400

@description('Days that rollups by the day are kept.')
@minValue(16)
@maxValue(36500)
param keepDaily int = 1826

@description('Days that resolved incidents with their alerts, and drift, are kept.')
@minValue(1)
@maxValue(36500)
param keepIncidents int = 400

@description('What a location tries to connect to when many servers do not answer at once: host:port, separated by commas, or none.')
param controlAddresses string = 'one.one.one.one:443,dns.google:443'

@description('Which URLs POST /api/check may probe besides registered endpoints: any includes private addresses.')
@allowed(['none', 'public', 'any'])
param checkUrls string = 'public'

@description('Which settings the definitions of endpoints may name as \${env:NAME}: names, and beginnings of names with a * after them, separated by commas; or none.')
#disable-next-line secure-secrets-in-params // names of settings, no secrets
param apiSecrets string = 'SECRET_*'

@description('The address of the pages where it is not the app\'s own host name, such as https://status.example.com.')
param publicUrl string = ''

@description('What proxies in front of the app connect from, such as those of a CDN: addresses and networks, separated by commas. The platform\'s own front end needs no mention.')
param trustedProxies string = ''

@description('The IANA name of the time zone whose times alerts show beside UTC, such as Europe/Berlin.')
param timeZone string = ''

@description('The store\'s copies: within one site, across zones, or across regions.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storeRedundancy string = 'Standard_LRS'

@description('Spread apps and their host storage over zones. Before the first deployment only.')
param zoneRedundant bool = false

@description('Nobody can empty the Key Vault before its 7 days are over. It cannot be switched off again.')
param purgeProtection bool = false

@description('Keep store and Key Vault from being deleted until their locks are.')
param lock bool = false

@description('Is told by e-mail when the prober itself stops or lies behind; empty tells nobody.')
param operatorEmail string = ''

@description('Percentage of telemetry that Application Insights keeps: less than all discards errors too.')
@minValue(1)
@maxValue(100)
param telemetrySamplingPercentage int = 100

@description('GB of telemetry a day, after which the rest of the day is dropped; -1 is no cap.')
param telemetryDailyCapGb int = 1

@description('Becomes the API key only when the Key Vault has none yet. Leave it to its default.')
@secure()
param newApiKey string = newGuid()

@description('Becomes the key that reads only when the Key Vault has none yet. Leave it to its default.')
@secure()
param newReadKey string = newGuid()

var tags = { 'azd-env-name': environmentName }
var token = uniqueString(subscription().subscriptionId, environmentName, location)
var deploymentContainer = 'app-package'

// The home app comes first in every list over regions; a location's name is its region's.
var regions = concat([location], map(furtherRegions, region => regionName(region)))
var locations = concat(['home'], skip(regions, 1))
var tokens = map(
  regions,
  (region, i) => i == 0 ? token : uniqueString(subscription().subscriptionId, environmentName, location, region)
)
var identityNames = map(tokens, t => 'mcpprobe-${t}')
var hostStorageNames = map(tokens, t => 'mcphost${t}')
var networkNames = map(tokens, t => 'vnet-mcpprobe-${t}')

var flexRegions = [
  'australiaeast'
  'australiasoutheast'
  'brazilsouth'
  'canadacentral'
  'centralindia'
  'centralus'
  'eastasia'
  'eastus'
  'eastus2'
  'francecentral'
  'germanywestcentral'
  'italynorth'
  'japaneast'
  'koreacentral'
  'northcentralus'
  'northeurope'
  'norwayeast'
  'southafricanorth'
  'southcentralus'
  'southeastasia'
  'southindia'
  'spaincentral'
  'swedencentral'
  'switzerlandnorth'
  'uaenorth'
  'uksouth'
  'ukwest'
  'westcentralus'
  'westeurope'
  'westus'
  'westus2'
  'westus3'
]

// Timers, durable functions and pages live at home; a further location only works on its queue.
var homeFunctions = ['ScheduleProbes', 'SweepAlerts', 'RollUp', 'DeliverTransition', 'Deliver', 'CheckNow', 'Web']
var queueFunctions = ['ProbeEndpoints', 'ProbePoison']
var disabledSettings = toObject(homeFunctions, name => 'AzureWebJobs.${name}.Disabled', name => 'true')

// What settings and vaultSettings cannot replace.
var ownSettings = [
  'ProbeLocation'
  'ProbeLocations'
  'ProbeQueue'
  'ProbePoisonQueue'
  'ProbeSchedule'
  'SweepSchedule'
  'RollUpSchedule'
  'Shards'
  'EndpointsPerMessage'
  'KeepResults'
  'KeepHourly'
  'KeepDaily'
  'KeepIncidents'
  'ControlAddresses'
  'MCPPROBE_API_KEY'
  'MCPPROBE_READ_KEY'
  'MCPPROBE_TRUSTED_PROXIES'
  'TimeZone'
  'MCPPROBE_CHECK_URLS'
  'MCPPROBE_API_SECRETS'
  'PublicUrl'
  'AzureWebJobsDisableHomepage'
]

// All of them at once, and before anything is made: every resource is in this group.
var mistakes = concat(
  regionMistakes(location, skip(regions, 1), flexRegions),
  channelMistakes(channels, email),
  settingMistakes(
    objectKeys(settings),
    objectKeys(vaultSettings),
    map(items(vaultSettings), each => each.value),
    ownSettings
  ),
  addressMistakes(controlAddresses, publicUrl),
  scheduleMistakes(probeSchedule),
  retentionMistakes(keepResults, keepHourly, keepDaily, keepIncidents),
  privateNetwork ? networkMistakes(addressSpace, length(regions)) : [],
  alwaysReadyMistakes(map(alwaysReady, each => each.name), concat(homeFunctions, queueFunctions)),
  empty(operatorEmail) || contains(operatorEmail, '@') ? [] : ['operatorEmail "${operatorEmail}" is no e-mail address']
)
var groupName = empty(mistakes)
  ? 'rg-${environmentName}'
  : fail('Nothing was deployed. Wrong in the parameters (${length(mistakes)}): ${join(mistakes, '. ')}.')

func secretReference(vault string, secret string) string =>
  '@Microsoft.KeyVault(VaultName=${vault};SecretName=${secret})'

var storeName = 'mcpstore${token}'
var vaultName = 'kv-mcp-${token}'
var workspaceName = 'log-mcpprobe-${token}'
var insightsName = 'appi-mcpprobe-${token}'
var communicationName = 'acs-mcpprobe-${token}'

var channelSettings = reduce(
  map(
    channels,
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
    KeepResults: string(keepResults)
    KeepHourly: string(keepHourly)
    KeepDaily: string(keepDaily)
    KeepIncidents: string(keepIncidents)
    ControlAddresses: controlAddresses
    MCPPROBE_CHECK_URLS: checkUrls
    MCPPROBE_API_SECRETS: apiSecrets
  },
  messageConcurrency == null
    ? {}
    : {
        AzureFunctionsJobHost__extensions__queues__batchSize: string(messageConcurrency)
        AzureFunctionsJobHost__extensions__queues__newBatchThreshold: '0'
      }
)

// Which app reads which secrets: an endpoint's credentials everywhere, the keys and the channels' secrets at home alone.
var apiKeySecret = 'mcpprobe-api-key'
var readKeySecret = 'mcpprobe-read-key'
var probeSecrets = union(map(items(vaultSettings), each => each.value), [])
var channelSecrets = filter(
  flatten(map(channels, channel => [channel.?secretName ?? '', channel.?urlSecretName ?? ''])),
  each => !empty(each)
)
var homeSecrets = union([apiKeySecret, readKeySecret], channelSecrets, probeSecrets)

var closed = privateNetwork && !keepPublicEndpoints
var everReady = concat(
  durableAlwaysReady > 0 && !contains(map(alwaysReady, each => toLower(each.name)), 'durable')
    ? [{ name: 'durable', instanceCount: durableAlwaysReady }]
    : [],
  alwaysReady
)

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: groupName
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: workspaceName
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
    publicNetworkAccess: !closed
    purgeProtection: purgeProtection
    workspaceName: workspaceName
    apiKeySecretName: apiKeySecret
    newApiKey: newApiKey
    readKeySecretName: readKeySecret
    newReadKey: newReadKey
  }
  dependsOn: [monitoring]
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
    tables: ['endpoints', 'state', 'baselines', 'rollups', 'incidents', 'drift', 'deliveries', 'schedule', 'audit']
    publicNetworkAccess: !closed
  }
}

module hostStorages 'modules/storage.bicep' = [
  for (region, i) in regions: {
    scope: group
    params: {
      name: hostStorageNames[i]
      location: region
      tags: tags
      sku: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'
      containers: [deploymentContainer]
      publicNetworkAccess: !closed
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
      #disable-next-line what-if-short-circuiting // An assignment is named after the identity's id: see modules/storage-access.bicep.
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
      #disable-next-line what-if-short-circuiting // An assignment is named after the identity's id: see modules/storage-access.bicep.
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
      #disable-next-line what-if-short-circuiting // An assignment is named after the identity's id: see modules/storage-access.bicep.
      principalId: identities[i].outputs.principalId
      insightsName: insightsName
      communicationName: email && i == 0 ? communicationName : ''
    }
    dependsOn: [monitoring, emailService]
  }
]

module appSecretAccess 'modules/secret-access.bicep' = [
  for (region, i) in regions: {
    scope: group
    params: {
      vaultName: vaultName
      secretNames: i == 0 ? homeSecrets : probeSecrets
      #disable-next-line what-if-short-circuiting // As above.
      principalId: identities[i].outputs.principalId
    }
    dependsOn: [vault]
  }
]

module deployerStoreAccess 'modules/storage-access.bicep' = if (!empty(principalId)) {
  scope: group
  params: {
    accountName: storeName
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
    alwaysReady: everReady
    zoneRedundant: zoneRedundant
    httpConcurrency: httpConcurrency
    subnetId: privateNetwork ? networks[0]!.outputs.appSubnetId : null
    insightsConnectionString: monitoring.outputs.connectionString
    publicUrl: publicUrl
    settings: union(
      commonSettings,
      channelSettings,
      {
        MCPPROBE_API_KEY: secretReference(vaultName, apiKeySecret)
        MCPPROBE_READ_KEY: secretReference(vaultName, readKeySecret)
        MCPPROBE_TRUSTED_PROXIES: trustedProxies
        TimeZone: timeZone
        ProbeLocation: 'home'
        ProbeQueue: 'probes-home'
        ProbePoisonQueue: 'probes-home-poison'
      },
      email ? { Email__endpoint: emailService!.outputs.endpoint, Email__sender: emailService!.outputs.sender } : {}
    )
  }
  // Roles and ways in first: the app reads its package, its secrets and its queue as soon as it starts.
  dependsOn: [appHostAccess, appStoreAccess, appSecretAccess, appAccess, storeEndpoints, vaultEndpoint, hostEndpoints]
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
      alwaysReady: filter(
        alwaysReady,
        each => contains(map(queueFunctions, name => 'function:${toLower(name)}'), toLower(each.name))
      )
      zoneRedundant: zoneRedundant
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
      appSecretAccess
      appAccess
      peeringsOut
      peeringsBack
      storeEndpoints
      vaultEndpoint
      hostEndpoints
    ]
  }
]

module watch 'modules/watch.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    insightsId: monitoring.outputs.insightsId
    operatorEmail: operatorEmail
  }
}

module locks 'modules/locks.bicep' = if (lock) {
  scope: group
  params: {
    storeName: storeName
    vaultName: vaultName
  }
  dependsOn: [store, vault]
}

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_KEY_VAULT_NAME string = vault.outputs.name
output MCPPROBE_URL string = home.outputs.url
@description('Answers 503 with the reason until the home app can work: the hook after a deployment waits for it.')
output MCPPROBE_HEALTH_URL string = home.outputs.healthUrl
output MCPPROBE_HOME_APP string = home.outputs.name
output MCPPROBE_STORE string = store.outputs.name
@description('The apps of further locations, separated by spaces: where the deployed package goes too.')
output MCPPROBE_FURTHER_APPS string = join(map(skip(tokens, 1), t => 'mcpprobe-${t}'), ' ')
@description('For firewalls in front of the probed servers; empty without a private network.')
output MCPPROBE_OUTBOUND_ADDRESSES string[] = [
  for (region, i) in regions: privateNetwork ? networks[i]!.outputs.outboundAddress : ''
]
