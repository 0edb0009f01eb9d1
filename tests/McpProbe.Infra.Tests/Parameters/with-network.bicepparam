using '../../../infra/main.bicep'

param environmentName = 'test'
param location = 'westeurope'
param principalId = 'dddddddd-0000-0000-0000-000000000000'
param privateNetwork = true
param furtherRegions = ['eastus2']
