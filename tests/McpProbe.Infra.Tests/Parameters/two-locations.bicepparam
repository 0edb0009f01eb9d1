using '../../../infra/main.bicep'

param environmentName = 'test'
param location = 'westeurope'
param principalId = 'dddddddd-0000-0000-0000-000000000000'
param furtherRegions = ['East US 2', 'japaneast']
param alwaysReady = [
  { name: 'http', instanceCount: 1 }
  { name: 'function:ProbeEndpoints', instanceCount: 2 }
]
