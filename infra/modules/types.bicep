@export()
@description('An alert channel. Its secrets stay in the Key Vault: the deployment only knows their names.')
@discriminator('type')
type channelType = webhookType | slackType | teamsType | discordType | pagerdutyType | ntfyType | emailType

@description('A webhook, signed as Standard Webhooks says when it has a secret.')
type webhookType = {
  @description('As endpoints name it; lower-case letters and digits.')
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

@description('A channel of Slack, by an incoming webhook.')
type slackType = {
  @description('As endpoints name it; lower-case letters and digits.')
  @minLength(1)
  @maxLength(40)
  name: string

  type: 'slack'

  @description('Name of the Key Vault secret that holds the incoming webhook\'s address: who knows it can post.')
  urlSecretName: string

  @description('Messages at most; what exceeds them is gathered into one.')
  limit: limitType?
}

@description('A channel of Microsoft Teams, by a Workflow.')
type teamsType = {
  @description('As endpoints name it; lower-case letters and digits.')
  @minLength(1)
  @maxLength(40)
  name: string

  type: 'teams'

  @description('Name of the Key Vault secret that holds the Workflow\'s address: who knows it can post.')
  urlSecretName: string

  @description('Messages at most; what exceeds them is gathered into one.')
  limit: limitType?
}

@description('A channel of Discord, by a webhook.')
type discordType = {
  @description('As endpoints name it; lower-case letters and digits.')
  @minLength(1)
  @maxLength(40)
  name: string

  type: 'discord'

  @description('Name of the Key Vault secret that holds the webhook\'s address: who knows it can post.')
  urlSecretName: string

  @description('Messages at most; what exceeds them is gathered into one.')
  limit: limitType?
}

@description('A service of PagerDuty, by the Events API v2.')
type pagerdutyType = {
  @description('As endpoints name it; lower-case letters and digits.')
  @minLength(1)
  @maxLength(40)
  name: string

  type: 'pagerduty'

  @description('Name of the Key Vault secret that holds the routing key of the integration.')
  secretName: string

  @description('https://events.eu.pagerduty.com/v2/enqueue for the service region of the EU.')
  url: string?
}

@description('A topic of ntfy.sh or of an ntfy server.')
type ntfyType = {
  @description('As endpoints name it; lower-case letters and digits.')
  @minLength(1)
  @maxLength(40)
  name: string

  type: 'ntfy'

  @description('The server and the topic, such as https://ntfy.sh/my-topic. Leave it out when urlSecretName holds them.')
  url: string?

  @description('Name of the Key Vault secret that holds them: who knows an open topic can read it.')
  urlSecretName: string?

  @description('Name of the Key Vault secret that holds an access token.')
  secretName: string?

  @description('Messages at most; what exceeds them is gathered into one.')
  limit: limitType?
}

@description('E-mail: through Communication Services (parameter email), or any SMTP server that url names.')
type emailType = {
  @description('As endpoints name it; lower-case letters and digits.')
  @minLength(1)
  @maxLength(40)
  name: string

  type: 'email'

  @description('The recipients, separated by commas.')
  to: string

  @description('For SMTP: smtp://user@host:587 or smtps://user@host:465, the user percent-encoded.')
  url: string?

  @description('Name of the Key Vault secret that holds that address.')
  urlSecretName: string?

  @description('Name of the Key Vault secret that holds the password of that user.')
  secretName: string?

  @description('For SMTP: who sends it. Leave it out for the setting Email__sender.')
  from: string?

  @description('Messages at most; what exceeds them is gathered into one.')
  limit: limitType?
}

type limitType = {
  @minValue(1)
  @maxValue(1000)
  perMinute: int?

  @minValue(1)
  @maxValue(1000)
  perHour: int?
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
