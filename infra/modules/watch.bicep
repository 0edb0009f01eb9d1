metadata description = 'Who watches the prober: two alerts over its own log. They cannot tell when Azure Monitor itself is away.'

param location string
param tags object
param insightsId string
@description('Is told by e-mail; empty tells nobody, and the alerts are seen in Azure Monitor only.')
param operatorEmail string

// The timer of ScheduleProbes writes a line every half minute, whatever is watched and however many endpoints there are.
var alerts = [
  {
    name: 'mcpprobe-schedule-stopped'
    title: 'McpProbe sends no probes'
    description: 'No line of the timer ScheduleProbes for 15 minutes: its timers have stopped, the app does not start, or its telemetry does not arrive. See "No probes are sent" in docs/azure.md.'
    query: 'traces | where message startswith "Sent " and message has "probes (late:"'
    operator: 'LessThan'
  }
  {
    name: 'mcpprobe-schedule-lags'
    title: 'McpProbe lies behind'
    description: 'Probes were not sent for minutes, or were sent and given up. See "Probes are lost" in docs/azure.md.'
    query: 'union (traces | where message startswith "The schedule lags"), (customMetrics | where name == "mcpprobe.slots.missed" and valueSum > 0)'
    operator: 'GreaterThanOrEqual'
  }
]

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(operatorEmail)) {
  name: 'mcpprobe-operators'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'mcpprobe'
    emailReceivers: [{ name: 'operator', emailAddress: operatorEmail, useCommonAlertSchema: true }]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: alert.name
    location: location
    tags: tags
    properties: {
      displayName: alert.title
      description: alert.description
      enabled: true
      severity: 1
      scopes: [insightsId]
      evaluationFrequency: 'PT15M'
      windowSize: 'PT15M'
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: alert.operator
            threshold: 1
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: empty(operatorEmail) ? [] : [operators.id] }
    }
  }
]
