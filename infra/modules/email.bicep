metadata description = 'Communication Services with a domain that Azure manages: 5 e-mails a minute, 10 an hour.'

param emailServiceName string
param communicationName string
param tags object
@description('Where the service keeps its data at rest, such as Europe or United States.')
param dataLocation string

resource emailService 'Microsoft.Communication/emailServices@2026-03-18' = {
  name: emailServiceName
  location: 'global'
  tags: tags
  properties: { dataLocation: dataLocation }

  resource domain 'domains' = {
    name: 'AzureManagedDomain'
    location: 'global'
    tags: tags
    properties: { domainManagement: 'AzureManaged' }
  }
}

resource communication 'Microsoft.Communication/communicationServices@2026-03-18' = {
  name: communicationName
  location: 'global'
  tags: tags
  properties: {
    dataLocation: dataLocation
    disableLocalAuth: true
    linkedDomains: [emailService::domain.id]
  }
}

output communicationName string = communication.name
output endpoint string = 'https://${communication.properties.hostName}'
output sender string = 'DoNotReply@${emailService::domain.properties.mailFromSenderDomain}'
