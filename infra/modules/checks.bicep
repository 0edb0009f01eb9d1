metadata description = 'What can be wrong in the parameters, in sentences: main.bicep collects them all and fails once, before anything is made.'

import { channelType } from 'types.bicep'

var small = 'abcdefghijklmnopqrstuvwxyz0123456789'
var word = '${small}ABCDEFGHIJKLMNOPQRSTUVWXYZ'

func hasOnly(text string, characters string) bool =>
  empty(filter(range(0, length(text)), i => !contains(characters, substring(text, i, 1))))

func isNumber(text string) bool => !empty(text) && length(text) <= 5 && hasOnly(text, '0123456789')

// Each name that comes more than once, once.
func repeated(names string[]) string[] => union(filter(names, (name, i) => indexOf(names, name) != i), [])

// Names of secrets as the vault takes them; null is none.
func isSecretName(name string?) bool =>
  name == null || (length(name!) >= 1 && length(name!) <= 127 && hasOnly(name!, '${word}-'))

func startsWithAny(text string, beginnings string[]) bool =>
  !empty(filter(beginnings, beginning => startsWith(toLower(text), beginning)))

@export()
@description('The spelling that Azure itself uses: "East US 2" is eastus2.')
func regionName(region string) string => toLower(replace(region, ' ', ''))

@export()
func regionMistakes(home string, further string[], known string[]) string[] =>
  concat(
    map(
      filter(further, region => !contains(known, region)),
      region =>
        'Region "${region}" in furtherRegions is unknown, or has no Flex Consumption plan: az functionapp list-flexconsumption-locations lists those that have'
    ),
    contains(further, home) ? ['Region "${home}" in furtherRegions is the home region already: leave it out'] : [],
    map(repeated(further), region => 'Region "${region}" is named twice in furtherRegions')
  )

// Names of app settings cannot hold what endpoints' names for channels can, and those cannot hold what settings can.
@export()
func channelMistakes(channels channelType[], email bool) string[] =>
  concat(
    map(
      filter(channels, channel => !hasOnly(channel.name, small)),
      channel =>
        'Channel "${channel.name}": on Azure a channel\'s name is part of app setting names, so use lower-case letters and digits only'
    ),
    map(repeated(map(channels, channel => channel.name)), name => 'Channel "${name}" is defined twice'),
    map(
      filter(
        channels,
        channel => channel.type == 'email' && !email && !contains(channel, 'url') && !contains(channel, 'urlSecretName')
      ),
      channel =>
        'Channel "${channel.name}": there is nothing to send e-mail with. Set the parameter email, or give the channel the url of an SMTP server'
    ),
    map(
      filter(
        channels,
        channel =>
          contains(['webhook', 'ntfy'], channel.type) && !contains(channel, 'url') && !contains(
            channel,
            'urlSecretName'
          )
      ),
      channel => 'Channel "${channel.name}": give it a url, or urlSecretName where the address is a secret'
    ),
    map(
      filter(channels, channel => contains(channel, 'url') && contains(channel, 'urlSecretName')),
      channel => 'Channel "${channel.name}": give it url or urlSecretName, not both'
    ),
    map(
      filter(
        channels,
        channel =>
          !startsWithAny(
            channel.?url ?? 'https://',
            channel.type == 'email' ? ['smtp://', 'smtps://', 'https://'] : ['https://', 'http://']
          )
      ),
      channel =>
        'Channel "${channel.name}": its url is no absolute address; it begins with ${channel.type == 'email' ? 'smtp:// or smtps://' : 'https:// or http://'}'
    ),
    map(
      filter(channels, channel => !isSecretName(channel.?secretName) || !isSecretName(channel.?urlSecretName)),
      channel =>
        'Channel "${channel.name}": a secret\'s name in the Key Vault is made of letters, digits and hyphens; name the secret, never write its value here'
    )
  )

@export()
func settingMistakes(plain string[], fromVault string[], secrets string[], own string[]) string[] =>
  concat(
    map(
      filter(
        concat(plain, fromVault),
        name =>
          contains(map(own, each => toLower(each)), toLower(name)) || startsWithAny(
            name,
            ['channels__', 'store__', 'email__', 'azurewebjobsstorage', 'azurewebjobs.', 'applicationinsights_']
          )
      ),
      name => 'Setting "${name}": McpProbe sets it itself, from a parameter of its own'
    ),
    map(
      filter(concat(plain, fromVault), name => empty(name) || !hasOnly(name, '${word}_.-')),
      name => 'Setting "${name}": a name is made of letters, digits, underscores, dots and hyphens'
    ),
    map(intersection(plain, fromVault), name => 'Setting "${name}" is in both settings and vaultSettings'),
    map(
      filter(secrets, secret => !isSecretName(secret)),
      secret =>
        'A secret in vaultSettings (${length(secret)} characters) is no name of a secret: letters, digits and hyphens. Put the value into the Key Vault, and its name here'
    )
  )

@export()
func addressMistakes(controlAddresses string, publicUrl string) string[] =>
  concat(
    controlAddresses == 'none'
      ? []
      : map(
          filter(
            map(split(controlAddresses, ','), address => trim(address)),
            address => lastIndexOf(address, ':') < 1 || !isNumber(last(split(address, ':'))!)
          ),
          address =>
            'Address "${address}" in controlAddresses is not host:port: separate several with commas, or write none'
        ),
    empty(publicUrl) || startsWithAny(publicUrl, ['https://', 'http://'])
      ? []
      : ['publicUrl "${publicUrl}" is no absolute address: it begins with https://']
  )

@export()
func scheduleMistakes(schedule string) string[] =>
  length(filter(split(schedule, ' '), part => !empty(part))) == 6
    ? []
    : ['probeSchedule "${schedule}" is no NCRONTAB expression of six parts, seconds first, such as */30 * * * * *']

@export()
@description('The same rules as the head has: Retention.Read.')
func retentionMistakes(results int, hourly int, daily int, incidents int) string[] =>
  concat(
    results > hourly
      ? ['keepResults (${results}) is longer than keepHourly (${hourly}): rollups are made of results, so they cannot go first']
      : [],
    results > incidents
      ? ['keepResults (${results}) is longer than keepIncidents (${incidents}): results would tell of a failure whose incident is gone']
      : [],
    hourly > daily
      ? ['keepHourly (${hourly}) is longer than keepDaily (${daily}): the rollups of days are made of those of hours, so they cannot go first']
      : []
  )

@export()
@description('Each region takes a /24 of the space.')
func networkMistakes(space string, regions int) string[] =>
  length(split(space, '/')) != 2 || length(split(split(space, '/')[0], '.')) != 4 || !empty(filter(
      split(split(space, '/')[0], '.'),
      part => !isNumber(part)
    )) || !isNumber(last(split(space, '/'))!)
    ? ['addressSpace "${space}" is no range of IPv4 addresses, such as 10.80.0.0/16']
    : int(last(split(space, '/'))!) < 8 || int(last(split(space, '/'))!) > 24
        ? ['addressSpace "${space}" must be a /8 to a /24']
        : int(last(split(space, '/'))!) > 16 && [128, 64, 32, 16, 8, 4, 2, 1][max(int(last(split(space, '/'))!) - 17, 0)] < regions
            ? ['addressSpace "${space}" is too small: each of the ${regions} regions takes a /24 of it']
            : []

@export()
func alwaysReadyMistakes(groups string[], functions string[]) string[] =>
  concat(
    map(
      filter(
        groups,
        group =>
          !contains(concat(['http', 'durable'], map(functions, name => 'function:${toLower(name)}')), toLower(group))
      ),
      group =>
        'Group "${group}" in alwaysReady is none of http, durable${join(map(functions, name => ', function:${name}'), '')}'
    ),
    map(repeated(map(groups, group => toLower(group))), group => 'Group "${group}" is named twice in alwaysReady')
  )
