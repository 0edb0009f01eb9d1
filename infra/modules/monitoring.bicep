metadata description = 'Where the apps log to: Application Insights without local authentication, over a Log Analytics workspace with a daily cap.'

param workspaceName string
param insightsName string
param location string
param tags object
@description('Percentage of telemetry that is kept on ingestion.')
@minValue(1)
@maxValue(100)
param samplingPercentage int
@description('GB a day after which the workspace drops telemetry until the next day; -1 is no cap.')
param dailyCapGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
    workspaceCapping: { dailyQuotaGb: dailyCapGb }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
    SamplingPercentage: samplingPercentage
  }
}

output insightsName string = insights.name
output insightsId string = insights.id
@description('An address, not a secret: with local authentication off it lets nobody write.')
output connectionString string = insights.properties.ConnectionString
