using '../../../infra/main.bicep'

param environmentName = 'test'
param location = 'westeurope'
param principalId = 'dddddddd-0000-0000-0000-000000000000'
param furtherRegions = ['northeurope']
param vaultSettings = { SEARCH_TOKEN: 'search-token', OTHER_TOKEN: 'search-token' }
param channels = [
  { name: 'ops', type: 'webhook', url: 'https://alerts.example.com/mcpprobe', secretName: 'ops-signing' }
  { name: 'chat', type: 'slack', urlSecretName: 'chat-address' }
]
param privateNetwork = true
param keepPublicEndpoints = true
param zoneRedundant = true
param storeRedundancy = 'Standard_ZRS'
param purgeProtection = true
param lock = true
param operatorEmail = 'operator@example.com'
param durableAlwaysReady = 0
