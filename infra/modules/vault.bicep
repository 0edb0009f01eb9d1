metadata description = 'The Key Vault: the two generated keys, and the secrets of channels and endpoints that people put in. Who reads what is logged.'

@minLength(3)
@maxLength(24)
param name string
param location string
param tags object
param publicNetworkAccess bool
@description('Nobody can empty the vault before its 7 days are over. It cannot be switched off again.')
param purgeProtection bool
param workspaceName string
param apiKeySecretName string
@description('Becomes the API key only when the vault has none yet.')
@secure()
param newApiKey string
param readKeySecretName string
@description('Becomes the key that reads only when the vault has none yet.')
@secure()
param newReadKey string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    // The service refuses false.
    enablePurgeProtection: purgeProtection ? true : null
    publicNetworkAccess: publicNetworkAccess ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: publicNetworkAccess ? 'Allow' : 'Deny'
    }
  }
}

// Written once: a second deployment must not change the key that people and pipelines hold. At the top level, since Bicep before
// 0.40.2 compiles the condition of a nested resource to a template that Azure refuses (Azure/bicep issue 18603).
@onlyIfNotExists()
resource apiKey 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: apiKeySecretName
  properties: {
    value: newApiKey
    contentType: 'MCPPROBE_API_KEY'
  }
}

@onlyIfNotExists()
resource readKey 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: readKeySecretName
  properties: {
    value: newReadKey
    contentType: 'MCPPROBE_READ_KEY'
  }
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: workspaceName
}

resource readers 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: workspace.id
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

output id string = vault.id
output name string = vault.name
