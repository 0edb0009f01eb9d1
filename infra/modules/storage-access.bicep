metadata description = 'Lets one principal read and write the blobs, queues and tables of one storage account.'

param accountName string
param principalId string
param principalType string
@description('Owner is what the Functions host asks for on its own storage; Contributor is enough for data.')
param blobOwner bool = false

var roles = {
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor
  queueContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
  tableContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
}

var granted = [
  blobOwner ? roles.blobOwner : roles.blobContributor
  roles.queueContributor
  roles.tableContributor
]

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: accountName
}

// The principal's id, not its name, is part of the names: Azure keeps the assignments of a deleted identity, and refuses to give
// one of them to its successor of the same name.
resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in granted: {
    scope: account
    name: guid(account.id, principalId, role)
    properties: {
      principalId: principalId
      principalType: principalType
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]
