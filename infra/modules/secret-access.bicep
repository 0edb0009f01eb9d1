metadata description = 'Lets one app read certain secrets of the Key Vault, and no other.'

param vaultName string
param secretNames string[]
param principalId string

var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

// People put them in before the deployment names them (docs/azure.md).
resource secrets 'Microsoft.KeyVault/vaults/secrets@2024-11-01' existing = [
  for secret in secretNames: {
    parent: vault
    name: secret
  }
]

resource readSecret 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (secret, i) in secretNames: {
    scope: secrets[i]
    name: guid(secrets[i].id, principalId, keyVaultSecretsUser)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
    }
  }
]
