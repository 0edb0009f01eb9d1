@export()
@description('An alert channel. Its secrets stay in the Key Vault: the deployment only knows their names.')
@discriminator('type')
type channelType = webhookType | emailType

@description('A webhook, signed as Standard Webhooks says when it has a secret.')
type webhookType = {
  @description('As endpoints name it; letters, digits and underscores.')
  @minLength(1)
  @maxLength(40)
  name: string

  type: 'webhook'

  @description('Where to POST. Leave it out when urlSecretName holds the address.')
  url: string?

  @description('Name of the Key Vault secret that holds the address, for addresses that are secrets themselves.')
  urlSecretName: string?

  @description('Name of the Key Vault secret that holds the signing secret (whsec_…). Leave it out to send unsigned.')
  secretName: string?
}

@description('E-mail: through Communication Services (parameter email), or any SMTP server that url names.')
type emailType = {
  @description('As endpoints name it; letters, digits and underscores.')
  @minLength(1)
  @maxLength(40)
  name: string

  type: 'email'

  @description('The recipients, separated by commas.')
  to: string

  @description('For SMTP: smtp://user@host:587 or smtps://user@host:465. Its sender is the setting Email__sender.')
  url: string?

  @description('Name of the Key Vault secret that holds that address.')
  urlSecretName: string?

  @description('Name of the Key Vault secret that holds the SMTP password.')
  secretName: string?
}

@export()
@description('Instances of one scale group that are always running: http, durable or function:NAME.')
type alwaysReadyType = {
  name: string
  @minValue(0)
  @maxValue(1000)
  instanceCount: int
}

@export()
@description('Who deploys, for role assignments: samples that assume User break in CI.')
type principalTypeType = 'User' | 'ServicePrincipal' | 'Group'
