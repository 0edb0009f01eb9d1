metadata description = 'What one app may do besides its storage and its secrets: send telemetry and, where e-mail is on, send e-mail.'

param principalId string
param insightsName string
@description('Empty where the app sends no e-mail.')
param communicationName string

var roles = {
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  communicationAndEmailServiceOwner: '09976791-48a7-449e-bb21-39d1a415f350'
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

// Names are evaluated even where a condition is false, so there must be one.
resource communication 'Microsoft.Communication/communicationServices@2026-03-18' existing = {
  name: empty(communicationName) ? 'none' : communicationName
}

resource sendTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, principalId, roles.monitoringMetricsPublisher)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.monitoringMetricsPublisher
    )
  }
}

resource sendEmail 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(communicationName)) {
  scope: communication
  name: guid(communication.id, principalId, roles.communicationAndEmailServiceOwner)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.communicationAndEmailServiceOwner
    )
  }
}
