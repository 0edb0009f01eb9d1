metadata description = 'One function app on a Flex Consumption plan of its own, with its own host storage.'

import { alwaysReadyType } from 'types.bicep'

param name string
param planName string
param location string
param tags object
@description('Tags of the site alone: azd finds the app that it deploys to by one.')
param siteTags object = {}
param identityId string
param clientId string
param hostStorageName string
param deploymentContainer string
@allowed([512, 2048, 4096])
param instanceMemoryMB int
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int
param alwaysReady alwaysReadyType[]
@description('HTTP requests that one instance serves at once; null leaves it to the platform.')
param httpConcurrency int?
@description('Null for no virtual network.')
param subnetId string?
param insightsConnectionString string
@description('What this app reads besides the host\'s own settings.')
param settings object
@description('Spreads the instances over the zones of the region: each group that is always ready then has two.')
param zoneRedundant bool
@description('The address of the pages, in alerts; empty for this app\'s own host name.')
param publicUrl string

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostStorageName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, siteTags)
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: subnetId
    siteConfig: { minTlsVersion: '1.2' }
    functionAppConfig: {
      runtime: { name: 'dotnet-isolated', version: '10.0' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.properties.primaryEndpoints.blob}${deploymentContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
        triggers: httpConcurrency == null ? null : { http: { perInstanceConcurrency: httpConcurrency! } }
      }
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(settings, {
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: clientId
      AzureWebJobsStorage__blobServiceUri: hostStorage.properties.primaryEndpoints.blob
      AzureWebJobsStorage__queueServiceUri: hostStorage.properties.primaryEndpoints.queue
      AzureWebJobsStorage__tableServiceUri: hostStorage.properties.primaryEndpoints.table
      AzureWebJobsDisableHomepage: 'true'
      APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${clientId};Authorization=AAD'
      Store__clientId: clientId
      PublicUrl: empty(publicUrl) ? 'https://${site.properties.defaultHostName}' : publicUrl
    })
  }

  // Publishing with a user name and password is off: azd and az sign in with Entra.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

output name string = site.name
@description('Its own host name, whatever the address of the pages.')
output healthUrl string = 'https://${site.properties.defaultHostName}/api/health'
output url string = empty(publicUrl) ? 'https://${site.properties.defaultHostName}' : publicUrl
