using '../../../infra/main.bicep'

param environmentName = 'test'
param location = 'westeurope'
param principalId = 'dddddddd-0000-0000-0000-000000000000'
param principalType = 'ServicePrincipal'
param email = true
param emailDataLocation = 'Europe'
param channels = [
  { name: 'ops', type: 'webhook', url: 'https://alerts.example.com/mcpprobe', secretName: 'ops-signing' }
  { name: 'chat', type: 'webhook', urlSecretName: 'chat-address' }
  { name: 'people', type: 'email', to: 'oncall@example.com' }
  {
    name: 'relay'
    type: 'email'
    to: 'noc@example.com'
    url: 'smtp://alerts@mail.example.com:587'
    secretName: 'smtp-password'
  }
]
param vaultSettings = { DEMO_TOKEN: 'demo-token' }
param settings = { TZ_NAME: 'Europe/Amsterdam' }
param messageConcurrency = 4
param httpConcurrency = 32
