metadata description = 'A private DNS zone for one kind of private endpoint, known to every virtual network of the deployment.'

param name string
param tags object
param networkNames string[]

resource networks 'Microsoft.Network/virtualNetworks@2024-07-01' existing = [
  for network in networkNames: { name: network }
]

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: name
  location: 'global'
  tags: tags

  resource links 'virtualNetworkLinks' = [
    for (network, i) in networkNames: {
      name: network
      location: 'global'
      tags: tags
      properties: {
        registrationEnabled: false
        virtualNetwork: { id: networks[i].id }
      }
    }
  ]
}
