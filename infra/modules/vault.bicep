metadata description = 'The Key Vault: the generated API key, and the secrets of channels and endpoints that people put in.'

@minLength(3)
@maxLength(24)
param name string
param location string
param tags object
param publicNetworkAccess bool
@description('Becomes the API key only when the vault has none yet.')
@secure()
param newApiKey string

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
    publicNetworkAccess: publicNetworkAccess ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: publicNetworkAccess ? 'Allow' : 'Deny'
    }
  }

  // Written once: a second deployment must not change the key that people and pipelines hold.
  @onlyIfNotExists()
  resource apiKey 'secrets' = {
    name: 'mcpprobe-api-key'
    properties: {
      value: newApiKey
      contentType: 'MCPPROBE_API_KEY'
    }
  }
}

output id string = vault.id
output name string = vault.name
output apiKeySecretName string = vault::apiKey.name
