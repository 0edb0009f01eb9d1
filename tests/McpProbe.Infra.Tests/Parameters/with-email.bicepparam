using '../../../infra/main.bicep'

param environmentName = 'test'
param location = 'westeurope'
param principalId = 'dddddddd-0000-0000-0000-000000000000'
param principalType = 'ServicePrincipal'
param email = true
param emailDataLocation = 'Europe'
param channels = [
  { name: 'ops', type: 'webhook', url: 'https://alerts.example.com/mcpprobe', secretName: 'ops-signing' }
  { name: 'hidden', type: 'webhook', urlSecretName: 'hidden-address' }
  { name: 'chat', type: 'slack', urlSecretName: 'chat-address', limit: { perMinute: 5, perHour: 60 } }
  { name: 'teams', type: 'teams', urlSecretName: 'teams-address' }
  { name: 'discord', type: 'discord', urlSecretName: 'discord-address', limit: { perHour: 30 } }
  { name: 'oncall', type: 'pagerduty', secretName: 'routing-key' }
  {
    name: 'eu'
    type: 'pagerduty'
    secretName: 'routing-key'
    url: 'https://events.eu.pagerduty.com/v2/enqueue'
  }
  { name: 'phone', type: 'ntfy', url: 'https://ntfy.sh/my-topic', secretName: 'ntfy-token' }
  { name: 'people', type: 'email', to: 'oncall@example.com,lead@example.com' }
  {
    name: 'relay'
    type: 'email'
    to: 'noc@example.com'
    url: 'smtp://alerts@mail.example.com:587'
    secretName: 'smtp-password'
    from: 'alerts@example.com'
    limit: { perMinute: 20 }
  }
]
param vaultSettings = { DEMO_TOKEN: 'demo-token' }
param settings = {
  TZ_NAME: 'Europe/Amsterdam'
  Reports__people__timeZone: 'Europe/Amsterdam'
  Reports__people__groups: 'shop,platform'
  Pages__public__title: 'Example status'
  Pages__public__groups: 'shop'
  Pages__public__embedIn: 'https://www.example.com'
}
param messageConcurrency = 4
param httpConcurrency = 32
