metadata description = 'One direction of a peering between two virtual networks.'

param fromName string
param toName string

resource from 'Microsoft.Network/virtualNetworks@2024-07-01' existing = {
  name: fromName

  resource peering 'virtualNetworkPeerings' = {
    name: 'to-${toName}'
    properties: {
      remoteVirtualNetwork: { id: to.id }
      allowVirtualNetworkAccess: true
    }
  }
}

resource to 'Microsoft.Network/virtualNetworks@2024-07-01' existing = {
  name: toName
}
