metadata description = 'Keeps the store and the Key Vault from being deleted: the lock goes first.'

param storeName string
param vaultName string

resource store 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storeName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource storeLock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: store
  name: 'mcpprobe'
  properties: { level: 'CanNotDelete', notes: 'Endpoints, results and incidents of McpProbe.' }
}

resource vaultLock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: vault
  name: 'mcpprobe'
  properties: { level: 'CanNotDelete', notes: 'Secrets of McpProbe.' }
}
