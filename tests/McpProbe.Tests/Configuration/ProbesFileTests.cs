using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CsCheck;
using McpProbe.Configuration;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Testing;
using McpProbe.Text;

namespace McpProbe.Tests.Configuration;

public class ProbesFileTests
{
    private static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Endpoints", name);

    private static ProbesDocument Valid(Parsed<ProbesDocument> parsed)
    {
        Assert.Empty(parsed.Errors);
        return parsed.Value!;
    }

    // Each fixture, and line:column: path: message of everything that is wrong with it.
    public static TheoryData<string, string[]> Mistakes => new()
    {
        {
            "alerts.yaml", [
                "4:13: defaults.alerts: unknown key 'remindEvry'; did you mean 'remindEvery'?",
                "4:65: defaults.alerts.escalate[0].channels[0]: there is no channel 'opps'; did you mean 'ops'?",
                "9:20: endpoints[0].alerts.remindEvery: 299s is too short; the least is 5m",
                "11:20: endpoints[0].alerts.escalate[0].after: 0s is too short; the least is 1s",
                "12:41: endpoints[0].alerts.escalate[1].channels[1]: the channel 'ops' stands twice",
                "12:46: endpoints[0].alerts.escalate[1].channels[2]: 'Ops' is not an id: 1 to 63 of a-z, 0-9, '.' and '-', beginning with a letter or digit",
                "13:20: endpoints[0].alerts.escalate[2].after: a step after 30m stands before; put the channels of both into one",
                "13:38: endpoints[0].alerts.escalate[2].channels[0]: there is no channel 'pager'; known are ops",
                "14:11: endpoints[0].alerts.escalate[3]: has no 'after'; say how long an incident is open when these channels hear of it, such as 30m",
                "14:23: endpoints[0].alerts.escalate[3].channels: is empty; say who hears of it then, or remove the step",
                "15:11: endpoints[0].alerts.escalate[4]: has no 'channels'; say who hears of it then",
                "15:24: endpoints[0].alerts.escalate[4]: unknown key 'chanels'; did you mean 'channels'?",
                "16:28: endpoints[0].alerts.flapping.changes: 1 is not a whole number from 2 to 1000",
                "16:39: endpoints[0].alerts.flapping.within: 0s is too short; the least is 1m",
                "16:43: endpoints[0].alerts.flapping: unknown key 'of'; known are changes, within",
                "17:14: endpoints[0].alerts.drift: 'major' is not one of info, warning, breaking, never",
                "18:19: endpoints[0].alerts.suspicious: 'none' is not one of soft, hard, never",
                "19:28: endpoints[0].alerts.certificateDays[1]: 0 is not a whole number from 1 to 1000",
                "19:35: endpoints[0].alerts.certificateDays[3]: 7 stands twice; remove one",
                "19:38: endpoints[0].alerts.certificateDays[4]: is text, and must be a whole number from 1 to 1000",
                "20:17: endpoints[0].alerts.degraded: is text, and must be true or false",
                "21:26: endpoints[0].alerts.latency.factor: 1 is not a number above 1, at most 1000",
                "21:38: endpoints[0].alerts.latency.atLeast: 0ms is too short; the least is 1ms",
                "22:14: endpoints[0].alerts.gated: is a number, and must be true or false",
                "23:15: endpoints[0].alerts.quorum: 0 is not a whole number from 1 to 1000",
                "26:28: endpoints[1].alerts.remindEvery: '-5m' is not a duration such as 500ms, 10s, 1m or 24h, at most 168h",
                "26:43: endpoints[1].alerts.escalate: is a mapping, and must be a list of steps, such as [{ after: 30m, channels: [oncall] }]",
                "26:68: endpoints[1].alerts.flapping: must be a mapping such as { changes: 6, within: 1h }, or false for never; left out, it is that",
                "26:91: endpoints[1].alerts.certificateDays: is a number, and must be a list of days such as [21, 7, 1], or [] for never",
                "26:114: endpoints[1].alerts.latency.factor: is text, and must be a number above 1, at most 1000",
                "26:128: endpoints[1].alerts.latency.atLeast: '-1s' is not a duration such as 500ms, 10s, 1m or 24h, at most 168h",
                "26:143: endpoints[1].alerts.quorum: -1 is not a whole number from 1 to 1000",
                "26:163: endpoints[1].alerts.unwatchedAfter: 59s is too short; the least is 1m",
                "29:36: endpoints[2].alerts.flapping.changes: -6 is not a whole number from 2 to 1000",
                "29:61: endpoints[2].alerts.latency.factor: .inf is not a number above 1, at most 1000",
                "29:87: endpoints[2].alerts.certificateDays[0]: -1 is not a whole number from 1 to 1000",
                "32:13: endpoints[3].alerts: is text, and must be a mapping of keys to values",
            ]
        },
        {
            "alias.yaml", [
                "3:10: aliases (*name) are not read here; write the value out, or put it under 'defaults'",
            ]
        },
        {
            "anchor.yaml", [
                "1:11: anchors (&name) are not read here; write the value out, or put it under 'defaults'",
            ]
        },
        {
            "bad-durations.yaml", [
                "4:15: endpoints[0].interval: 60 has no unit; write a duration such as 500ms, 10s, 1m or 24h",
                "5:14: endpoints[0].timeout: '10 seconds' is not a duration such as 500ms, 10s, 1m or 24h, at most 168h",
            ]
        },
        {
            "bad-id.yaml", [
                "2:9: endpoints[0].id: 'My_Server' is not an id: 1 to 63 of a-z, 0-9, '.' and '-', beginning with a letter or digit",
            ]
        },
        {
            "bad-reference.yaml", [
                "4:13: endpoints[0].bearer: holds '${' that begins no reference; write ${env:NAME}",
                "5:24: endpoints[0].headers.X-Team: holds '${' that begins no reference; write ${env:NAME}",
            ]
        },
        {
            "channel-email.yaml", [
                "2:5: channels[0]: has no 'url'; write the mail server's, such as smtp://user@mail.example.com:587",
                "2:5: channels[0]: names no recipients; write 'to' with 1 to 50 addresses, such as oncall@example.com",
                "2:5: channels[0]: has no 'from'; write the address that the mail comes from, such as mcpprobe@example.com",
                "3:34: channels[1].url: holds a password; take it out, put it into a variable and write 'secret: ${env:NAME}'",
                "3:81: channels[1].to: is text, and must be a list of e-mail addresses",
                "3:102: channels[1].from: 'McpProbe <a@example.com>' is not an e-mail address; write it plainly, such as oncall@example.com, without a name before it",
                "4:5: channels[2]: has no 'secret', but a user in 'url'; put the user's password into a variable and write ${env:NAME}, or take the user out",
                "4:73: channels[2].to: names no recipients; write 'to' with 1 to 50 addresses, such as oncall@example.com",
                "5:86: channels[3].to[1]: 'A@EXAMPLE.com' stands twice; remove one",
                "5:101: channels[3].to[2]: 'a b@example.com' is not an e-mail address; write it plainly, such as oncall@example.com, without a name before it",
                "5:120: channels[3].to[3]: 'a@-x.com' is not an e-mail address; write it plainly, such as oncall@example.com, without a name before it",
                "5:130: channels[3].to[4]: 'a@example.com\\u{a}Bcc: b@example.com' is not an e-mail address; write it plainly, such as oncall@example.com, without a name before it",
                "5:197: channels[3].secret: is the password of a user, and 'url' names none; write smtp://user@…, or remove it",
                "6:34: channels[4].url: is not a mail server, such as smtp://user@mail.example.com:587 or smtps://user@mail.example.com:465; write an '@' within the user as %40, and a '%' as %25",
                "7:34: channels[5].url: is not a mail server, such as smtp://user@mail.example.com:587 or smtps://user@mail.example.com:465; write an '@' within the user as %40, and a '%' as %25",
                "7:126: channels[5].secret: holds a literal secret; use ${env:NAME} and set that variable to the user's password",
                "8:34: channels[6].url: has no user that can be read, such as smtp://user@mail.example.com:587 or smtps://user@mail.example.com:465; write an '@' within the user as %40, and a '%' as %25",
                "9:34: channels[7].url: holds more than a server; write it such as smtp://user@mail.example.com:587 or smtps://user@mail.example.com:465",
                "10:34: channels[8].url: is a number, and must be an address; put it in quotes",
            ]
        },
        {
            "channel-types.yaml", [
                "2:5: channels[0]: has no 'url'; write where to POST, an http or https URL",
                "2:42: channels[0].secret: holds a literal secret; use ${env:NAME} and set that variable to whsec_ and the base64 of 24 to 64 random bytes",
                "2:61: channels[0].to: is for e-mail, and this channel is of type webhook; remove it",
                "2:85: channels[0].limit: is for channels that people read; one of type webhook is read by a program, which gets every transition by itself; remove it",
                "3:41: channels[1].url: is not an absolute http or https URL, such as https://example.com/mcp",
                "3:70: channels[1].from: is for e-mail, and this channel is of type webhook; remove it",
                "4:38: channels[2].url: is a literal address, with which whoever reads it can post; put it into a variable and write ${env:NAME}",
                "4:88: channels[2].secret: is not for slack, whose secret is the address itself; remove it",
                "5:5: channels[3]: has no 'url'; put the webhook's address into a variable, for it is a secret, and write ${env:NAME}",
                "6:42: channels[4].url: a URL holds no white space",
                "6:95: channels[4].limit: names no limit; write { perMinute: 5, perHour: 60 } or one of them, or remove it",
                "7:5: channels[5]: has no 'secret'; put the integration's routing key into a variable and write ${env:NAME}",
                "7:93: channels[5].limit: is for channels that people read; one of type pagerduty is read by a program, which gets every transition by itself; remove it",
                "8:47: channels[6].secret: holds a literal secret; use ${env:NAME} and set that variable to the integration's routing key",
                "9:36: channels[7].url: is not a server and one topic (1 to 64 letters, digits, '-' and '_'), such as https://ntfy.sh/my-topic",
                "9:61: channels[7].secret: holds a literal secret; use ${env:NAME} and set that variable to the access token",
                "10:38: channels[8].url: is not a server and one topic (1 to 64 letters, digits, '-' and '_'), such as https://ntfy.sh/my-topic",
                "10:88: channels[8].limit.perMinute: 0 is not a whole number from 1 to 1000",
                "10:91: channels[8].limit: unknown key 'perDay'; known are perMinute, perHour",
                "11:38: channels[9].url: is not a server and one topic (1 to 64 letters, digits, '-' and '_'), such as https://ntfy.sh/my-topic",
                "11:79: channels[9].from: is for e-mail, and this channel is of type ntfy; remove it",
            ]
        },
        {
            "channel.yaml", [
                "2:11: channels[0].name: 'Ops' is not an id: 1 to 63 of a-z, 0-9, '.' and '-', beginning with a letter or digit",
                "3:11: channels[0].type: 'pager' is not one of webhook, slack, teams, discord, pagerduty, ntfy, email",
                "7:10: channels[1].url: a URL holds no user or password; put what is secret of it into a variable and write ${env:NAME}",
                "8:11: channels[2].name: the name 'b' stands twice; it is first on line 5",
                "10:10: channels[2].url: holds '${' that begins no reference; write ${env:NAME}",
                "11:5: channels[2]: unknown key 'colour'; known are name, type, url, secret, to, from, limit",
            ]
        },
        {
            "choices.yaml", [
                "4:16: endpoints[0].transport: 'websocket' is not one of auto, http, sse",
                "5:17: endpoints[0].visibility: 'Public' is not one of private, public",
                "6:15: endpoints[0].protocol: '2025-11-26' is not a protocol version; known are 2026-07-28, 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05",
                "7:35: endpoints[0].conditions.expectProtocol: 'latest' is not a protocol version; known are 2026-07-28, 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05",
                "7:64: endpoints[0].conditions.requireTools[1]: is a number, and must be text; put it in quotes",
                "7:68: endpoints[0].conditions: unknown key 'allow'; known are allowEmpty, toolsUsable, requireTools, forbidTools, requireLists, expectProtocol, expectServer, expectServerVersion, budgets, certificateDays, specification, maxTokens",
            ]
        },
        {
            "command-of-numbers.yaml", [
                "3:21: endpoints[0].command[1]: is a number, and must be text; put it in quotes",
            ]
        },
        {
            "command-with-headers.yaml", [
                "4:5: endpoints[0].headers: says how to reach a 'url', and this endpoint has a 'command'; remove one of them",
                "5:5: endpoints[0].insecure: says how to reach a 'url', and this endpoint has a 'command'; remove one of them",
            ]
        },
        {
            "command-with-url-conditions.yaml", [
                "5:5: endpoints[0].oauth: says how to reach a 'url', and this endpoint has a 'command'; remove one of them",
                "6:5: endpoints[0].tls: says how to reach a 'url', and this endpoint has a 'command'; remove one of them",
                "7:30: endpoints[0].conditions.budgets.dns: is a phase of reaching a 'url', and this endpoint has a 'command'; remove it",
                "7:56: endpoints[0].conditions.certificateDays: is about a 'url', and this endpoint has a 'command'; remove it",
            ]
        },
        {
            "conditions.yaml", [
                "7:27: endpoints[0].conditions.forbidTools[1]: the tool 'write' is required too; remove it from one of the lists",
                "8:33: endpoints[0].conditions.requireLists[1]: 'tools' is not one of resources, prompts",
                "9:21: endpoints[0].conditions.expectServer: is empty; write the name that the server gives itself, or remove the key",
                "10:28: endpoints[0].conditions.expectServerVersion: '^1.2' is no version; write an exact one, or comparators such as >=1.2 <2",
                "11:29: endpoints[0].conditions.budgets.handshake: the budget for handshake (6s) is longer than the timeout (5s), so it is never exceeded; shorten it, or allow the probe more time",
                "11:42: endpoints[0].conditions.budgets.catalog: 0ms is too short; the least is 1ms",
                "11:54: endpoints[0].conditions.budgets.smoke: 5 has no unit; write a duration such as 500ms, 10s, 1m or 24h",
                "11:57: endpoints[0].conditions.budgets: unknown key 'conect'; did you mean 'connect'?",
                "12:24: endpoints[0].conditions.certificateDays: -1 is not a whole number from 0 to 1000",
            ]
        },
        {
            "connect-to-port.yaml", [
                "4:16: endpoints[0].connectTo: '::1:3001' is not host:port, such as 10.0.0.7:3001 or [::1]:3001",
            ]
        },
        {
            "connect-to.yaml", [
                "4:16: endpoints[0].connectTo: '127.0.0.1' is not host:port, such as 10.0.0.7:3001 or [::1]:3001",
            ]
        },
        {
            "default-budgets.yaml", [
                "6:14: endpoints[0]: the budget for total (4s) is longer than the timeout (3s), so it is never exceeded; shorten it, or allow the probe more time (see 'defaults')",
                "7:5: endpoints[1]: the budget for total (4s) is longer than the timeout (2s), so it is never exceeded; shorten it, or allow the probe more time (see 'defaults')",
            ]
        },
        {
            "default-id.yaml", [
                "1:13: defaults: unknown key 'id'; known are transport, protocol, headers, bearer, oauth, connectTo, insecure, tls, interval, timeout, conditions, smoke, canary, coldStart, driftPolicy, failureThreshold, successThreshold, channels, alerts, slo, maintenance, group, tags, visibility, hideUrl, metrics, traceContext, deep, clients, paused",
            ]
        },
        {
            "default-interval.yaml", [
                "3:53: endpoints[0].interval: the timeout (20s) is longer than the interval (15s); a probe must end before the next begins",
                "4:53: endpoints[1].interval: the timeout (20s) is longer than the interval (5s); a probe must end before the next begins",
            ]
        },
        {
            "default-timeout.yaml", [
                "1:22: defaults.timeout: the timeout (90s) is longer than the interval (80s); a probe must end before the next begins",
            ]
        },
        {
            "duplicate-id.yaml", [
                "5:9: endpoints[1].id: the id 'a' stands twice; it is first on line 2",
            ]
        },
        {
            "duplicate-key.json", [
                "2:62: endpoints[0]: unknown key 'é'; known are id, name, notes, url, command, environment, transport, protocol, headers, bearer, oauth, connectTo, insecure, tls, interval, timeout, conditions, smoke, canary, coldStart, driftPolicy, failureThreshold, successThreshold, channels, alerts, slo, maintenance, group, tags, visibility, hideUrl, metrics, traceContext, deep, clients, paused, imported",
                "2:70: endpoints[0].id: the key stands twice; it is first on line 2",
            ]
        },
        {
            "duplicate-key.yaml", [
                "5:5: endpoints[0].group: the key stands twice; it is first on line 4",
            ]
        },
        {
            "empty-command.yaml", [
                "3:14: endpoints[0].command: is empty; write the executable and its arguments",
            ]
        },
        {
            "ftp-url.yaml", [
                "3:10: endpoints[0].url: is not an absolute http or https URL, such as https://example.com/mcp",
            ]
        },
        {
            "header-names.yaml", [
                "4:16: endpoints[0].headers: 'X Team' is not a header name",
                "4:29: endpoints[0].headers: the header 'Mcp-Session-Id' is set by the probe itself; remove it",
                "4:56: endpoints[0].headers.x-a: the header stands twice; header names ignore case",
                "4:69: endpoints[0].headers.X-B: holds a control character, which no header may",
            ]
        },
        {
            "huge-interval.yaml", [
                "4:15: endpoints[0].interval: '169h' is not a duration such as 500ms, 10s, 1m or 24h, at most 168h",
            ]
        },
        {
            "interval-under-timeout.yaml", [
                "5:15: endpoints[0].interval: the timeout (20s) is longer than the interval (15s); a probe must end before the next begins",
            ]
        },
        {
            "list-key.yaml", [
                "1:3: a list or mapping cannot be a key here; quote the key if it is text",
            ]
        },
        {
            "literal-bearer.yaml", [
                "4:13: endpoints[0].bearer: holds a literal credential; use ${env:NAME} and set that variable, so that no secret is in the file",
            ]
        },
        {
            "literal-headers.yaml", [
                "5:22: endpoints[0].headers.Authorization: holds a literal credential; use ${env:NAME} and set that variable, so that no secret is in the file",
                "6:18: endpoints[0].headers.X-Api-Key: holds a literal credential; use ${env:NAME} and set that variable, so that no secret is in the file",
                "7:15: endpoints[0].headers.Cookie: holds a literal credential; use ${env:NAME} and set that variable, so that no secret is in the file",
            ]
        },
        {
            "long-id.yaml", [
                "2:9: endpoints[0].id: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…' is not an id: 1 to 63 of a-z, 0-9, '.' and '-', beginning with a letter or digit",
            ]
        },
        {
            "slo.yaml", [
                "2:8: defaults.slo: '100' is no objective: write how many of 100 probes are to be up, a number from 50 to 99.999 such as 99.9, or false for none",
                "4:48: endpoints[0].slo: '100.5' is no objective: write how many of 100 probes are to be up, a number from 50 to 99.999 such as 99.9, or false for none",
                "5:48: endpoints[1].slo: '0.999' is no objective: write how many of 100 probes are to be up, a number from 50 to 99.999 such as 99.9, or false for none",
                "6:48: endpoints[2].slo: '99.9' is no objective: write how many of 100 probes are to be up, a number from 50 to 99.999 such as 99.9, or false for none",
                "7:48: endpoints[3].slo: '-99' is no objective: write how many of 100 probes are to be up, a number from 50 to 99.999 such as 99.9, or false for none",
                "8:48: endpoints[4].slo: 'true' is no objective: write how many of 100 probes are to be up, a number from 50 to 99.999 such as 99.9, or false for none",
                "9:48: endpoints[5].slo: is a list, and must be a number above 0, at most 99.999",
            ]
        },
        {
            "reports.yaml", [
                "5:32: reports[0].timeZone: there is no time zone 'Berlin'; did you mean 'Europe/Berlin'?",
                "5:48: reports[0].groups: is empty; name the groups to report, or remove the key for every endpoint",
                "6:16: reports[1].channel: channel 'mail' gets a report already; name the groups of both in one, or another channel",
                "7:16: reports[2].channel: channel 'ops' is of type webhook, and a report goes by e-mail; name a channel of type email",
                "8:16: reports[3].channel: there is no channel 'male'; known are mail, ops",
                "9:5: reports[4]: has no 'channel'; name the e-mail channel that it goes to",
                "9:22: reports[4]: unknown key 'zone'; known are channel, timeZone, groups",
                "10:5: reports[5]: is text, and must be a mapping of keys to values",
            ]
        },
        {
            "maintenance.yaml", [
                "2:16: defaults.maintenance: is a mapping, and must be a list of windows, such as [{ cron: \"0 2 * * SUN\", duration: 2h }]",
                "7:9: endpoints[0].maintenance[0]: has no 'duration'; say how long it lasts, such as 2h",
                "8:17: endpoints[0].maintenance[1].cron: '0 0 2 * * SUN' is no cron expression of five fields; write such as '0 2 * * SUN' (minute, hour, day of the month, month, day of the week: Sundays at 2:00)",
                "8:58: endpoints[0].maintenance[1].timeZone: there is no time zone 'Berlin'; did you mean 'Europe/Berlin'?",
                "9:17: endpoints[0].maintenance[2].cron: '60 2 * * *' is no cron expression: Minutes: Value must be a number between 0 and 59 (all inclusive); write such as '0 2 * * SUN' (minute, hour, day of the month, month, day of the week: Sundays at 2:00)",
                "9:41: endpoints[0].maintenance[2].duration: 0h is too short; the least is 1s",
                "9:45: endpoints[0].maintenance[2]: unknown key 'timezone'; did you mean 'timeZone'?",
                "10:17: endpoints[0].maintenance[3].cron: '0 2 * * SUNDAY' is no cron expression: Days of week: Unexpected character 'D'; write such as '0 2 * * SUN' (minute, hour, day of the month, month, day of the week: Sundays at 2:00)",
                "10:45: endpoints[0].maintenance[3].duration: '169h' is not a duration such as 500ms, 10s, 1m or 24h, at most 168h",
                "10:61: endpoints[0].maintenance[3].timeZone: there is no time zone 'europe/berlin'; did you mean 'Europe/Berlin'?",
                "11:17: endpoints[0].maintenance[4].cron: '0 2 30 2 *' never comes: no such day is in the calendar; write such as '0 2 * * SUN' (minute, hour, day of the month, month, day of the week: Sundays at 2:00)",
                "11:41: endpoints[0].maintenance[4].duration: '-2h' is not a duration such as 500ms, 10s, 1m or 24h, at most 168h",
                "11:56: endpoints[0].maintenance[4].timeZone: there is no time zone 'Europe/Berlni'; did you mean 'Europe/Berlin'?",
                "12:17: endpoints[0].maintenance[5].cron: '@daily' is no cron expression of five fields; write such as '0 2 * * SUN' (minute, hour, day of the month, month, day of the week: Sundays at 2:00)",
                "12:37: endpoints[0].maintenance[5].duration: '2 hours' is not a duration such as 500ms, 10s, 1m or 24h, at most 168h",
                "12:56: endpoints[0].maintenance[5].timeZone: there is no time zone 'W. Europe Standard Time'; write an IANA name such as Europe/Berlin, America/New_York or UTC",
                "13:17: endpoints[0].maintenance[6].cron: is a number, and must be a cron expression such as '0 2 * * SUN' (minute, hour, day of the month, month, day of the week: Sundays at 2:00); put it in quotes",
                "13:30: endpoints[0].maintenance[6].duration: 120 has no unit; write a duration such as 500ms, 10s, 1m or 24h",
                "13:45: endpoints[0].maintenance[6].timeZone: there is no time zone '../../etc/passwd'; write an IANA name such as Europe/Berlin, America/New_York or UTC",
                "14:9: endpoints[0].maintenance[7]: has no 'cron'; say when it begins, such as '0 2 * * SUN' (minute, hour, day of the month, month, day of the week: Sundays at 2:00)",
                "14:35: endpoints[0].maintenance[7].timeZone: there is no time zone 'localtime'; write an IANA name such as Europe/Berlin, America/New_York or UTC",
                "15:9: endpoints[0].maintenance[8]: is text, and must be a mapping of keys to values",
            ]
        },
        {
            "missing-id.yaml", [
                "2:5: endpoints[0]: has no 'id'; add one, such as 'id: my-server'",
            ]
        },
        {
            "missing-url.yaml", [
                "2:5: endpoints[0]: has neither 'url' nor 'command'; say which server to probe",
            ]
        },
        {
            "no-channels.yaml", [
                "2:14: defaults.channels[0]: there is no channel 'ops': the file has no 'channels'",
            ]
        },
        {
            "oauth-with-bearer.yaml", [
                "4:5: endpoints[0]: has both 'bearer' and 'oauth'; they are the same header, so remove one",
                "9:5: endpoints[1]: has both 'oauth' and an Authorization header; they are the same header, so remove one",
            ]
        },
        {
            "oauth.yaml", [
                "4:12: endpoints[0].oauth: has no 'clientId'; OAuth client credentials are a 'clientId' and a 'clientSecret'",
                "4:14: endpoints[0].oauth: unknown key 'clientID'; did you mean 'clientId'?",
                "4:41: endpoints[0].oauth.clientSecret: holds a literal credential; use ${env:NAME} and set that variable, so that no secret is in the file",
                "4:60: endpoints[0].oauth.tokenUrl: is http, which would send the client's secret unencrypted; use https (http is for loopback addresses only)",
                "4:100: endpoints[0].oauth.issuer: an issuer has no query ('?…') (RFC 8414, 2); remove it",
                "4:138: endpoints[0].oauth.scope: is not a list of scopes: visible ASCII characters except '\"' and '\\', with one space between scopes",
                "7:24: endpoints[1].oauth.clientId: holds '${' that begins no reference; write ${env:NAME}",
                "7:48: endpoints[1].oauth.clientSecret: holds a literal credential; use ${env:NAME} and set that variable, so that no secret is in the file",
                "7:76: endpoints[1].oauth.tokenUrl: a URL holds no references; write it out",
                "7:113: endpoints[1].oauth.issuer: a URL holds no user or password; an endpoint takes credentials in 'headers' or 'bearer' as ${env:NAME}",
                "10:12: endpoints[2].oauth: is text, and must be a mapping of keys to values",
            ]
        },
        {
            "open-quote.yaml", [
                "3:14: endpoints[0].command: is not a command line: the quotation mark ' at character 6 is not closed",
            ]
        },
        {
            "relative-url.yaml", [
                "3:10: endpoints[0].url: is not an absolute http or https URL, such as https://example.com/mcp",
            ]
        },
        {
            "root-is-a-list.yaml", [
                "1:1: is a list, and must be a mapping of keys to values",
            ]
        },
        {
            "short-interval.yaml", [
                "4:15: endpoints[0].interval: 999ms is too short; the least is 1s",
            ]
        },
        {
            "smoke.yaml", [
                "4:31: endpoints[0].smoke.args: is a list, and must be a mapping of keys to values",
                "4:51: endpoints[0].smoke.expectText: is a number, and must be text; put it in quotes",
                "4:71: endpoints[0].smoke.expectContent: 'total' is not a JSON pointer (RFC 6901), such as /total or /items/0/id; in a key, write ~ as ~0 and / as ~1",
                "4:81: endpoints[0].smoke.expectContent: '/a~2' is not a JSON pointer (RFC 6901), such as /total or /items/0/id; in a key, write ~ as ~0 and / as ~1",
                "4:96: endpoints[0].smoke.expectContent./b: .inf is no number in JSON; write it as such as 16 or 0.5, or in quotes if it is text",
                "4:109: endpoints[0].smoke.expectContent./c: the pointer stands twice",
                "4:131: endpoints[0].smoke.expectError: is text, and must be true or false",
                "7:14: endpoints[1].smoke.args: there is no 'tool' that they are for: the probe itself chooses one without arguments; name the tool, or remove them",
                "7:35: endpoints[1].smoke.args.city: the key stands twice; it is first on line 7",
                "7:59: endpoints[1].smoke.args.n.deep[0]: 0x10 is no number in JSON; write it as such as 16 or 0.5, or in quotes if it is text",
                "10:11: endpoints[2].smoke: has no value; write a mapping of keys to values, or remove the key",
            ]
        },
        {
            "surrogate.json", [
                "1:26: the string holds half of a surrogate pair (\\ud800 to \\udfff); write both halves or the character itself",
            ]
        },
        {
            "syntax.json", [
                "3:18: not valid JSON: The JSON object contains a trailing comma at the end which is not supported in this mode",
            ]
        },
        {
            "syntax.yaml", [
                "4:1: not valid YAML: While parsing a flow sequence, did not find expected ',' or ']'",
            ]
        },
        {
            "tab.yaml", [
                "2:1: not valid YAML: While scanning a mapping, found invalid tab as indentation",
            ]
        },
        {
            "tag.yaml", [
                "4:12: tags (tag:yaml.org,2002:str) are not read here; put the value in quotes if it is a string",
            ]
        },
        {
            "thresholds.yaml", [
                "4:23: endpoints[0].failureThreshold: -1 is not a whole number from 1 to 1000",
                "5:23: endpoints[0].successThreshold: 1.5 is not a whole number from 1 to 1000",
            ]
        },
        {
            "timeout-over-interval.yaml", [
                "5:14: endpoints[0].timeout: the timeout (6s) is longer than the interval (5s); a probe must end before the next begins",
            ]
        },
        {
            "tls-files.yaml", [
                "1:24: defaults.tls.ca: the file 'DIR/no-such-directory/ca.pem' does not exist; correct the path, which counts from the root",
                "8:11: endpoints[1].tls.ca: holds no certificate in PEM form (-----BEGIN CERTIFICATE-----); convert it, or name another source",
                "14:20: endpoints[2].tls.certificate: holds no certificate in PEM form (-----BEGIN CERTIFICATE-----); convert it, or name another source",
            ]
        },
        {
            "tls.yaml", [
                "4:16: endpoints[0].tls.ca: is neither a file's path nor one reference; write ${env:NAME} alone",
                "4:30: endpoints[0].tls.key: there is no 'certificate' that the key belongs to; add it",
                "4:49: endpoints[0].tls: unknown key 'cert'; known are ca, certificate, key",
                "8:11: endpoints[1].tls.ca: holds the PEM text itself; write a file's path, or ${env:NAME} and put the text into that variable",
                "14:5: endpoints[2].tls: is about an https 'url', and this one is http; correct the URL, or remove it",
            ]
        },
        {
            "two-authorizations.yaml", [
                "4:5: endpoints[0]: has both 'bearer' and an Authorization header; they are the same header, so remove one",
            ]
        },
        {
            "two-documents.yaml", [
                "2:1: a second document begins here; a probes file is one document, so remove the '---'",
            ]
        },
        {
            "unknown-channel.yaml", [
                "6:16: endpoints[0].channels[0]: there is no channel 'opps'; did you mean 'ops'?",
                "6:27: endpoints[0].channels[2]: the channel 'ops' stands twice",
            ]
        },
        {
            "unknown-escalation.yaml", [
                "4:51: endpoints[0].alerts.escalate[0].channels[0]: there is no channel 'oncall': the file has no 'channels'",
            ]
        },
        {
            "unknown-key.yaml", [
                "4:5: endpoints[0]: unknown key 'failure_threshold'; did you mean 'failureThreshold'?",
                "5:5: endpoints[0]: unknown key 'zzzzzzzz'; known are id, name, notes, url, command, environment, transport, protocol, headers, bearer, oauth, connectTo, insecure, tls, interval, timeout, conditions, smoke, canary, coldStart, driftPolicy, failureThreshold, successThreshold, channels, alerts, slo, maintenance, group, tags, visibility, hideUrl, metrics, traceContext, deep, clients, paused, imported",
            ]
        },
        {
            "unknown-section.yaml", [
                "1:1: unknown key 'endpoint'; did you mean 'endpoints'?",
            ]
        },
        {
            "url-and-command.yaml", [
                "4:5: endpoints[0]: has both 'url' and 'command'; a server is reached by one of them",
            ]
        },
        {
            "url-with-fragment.yaml", [
                "3:10: endpoints[0].url: a URL to send requests to has no fragment ('#…'); remove it",
            ]
        },
        {
            "url-with-password.yaml", [
                "3:10: endpoints[0].url: a URL holds no user or password; an endpoint takes credentials in 'headers' or 'bearer' as ${env:NAME}",
            ]
        },
        {
            "url-with-reference.yaml", [
                "3:10: endpoints[0].url: has a reference in its scheme, host or port, which must be written out; references may stand in its path and query",
                "5:10: endpoints[1].url: has a reference in its scheme, host or port, which must be written out; references may stand in its path and query",
                "7:10: endpoints[2].url: has a reference in its scheme, host or port, which must be written out; references may stand in its path and query",
                "9:10: endpoints[3].url: has a reference in its scheme, host or port, which must be written out; references may stand in its path and query",
                "11:10: endpoints[4].url: holds '${' that begins no reference; write ${env:NAME}",
                "13:10: endpoints[5].url: has a reference in its scheme, host or port, which must be written out; references may stand in its path and query",
                "15:10: endpoints[6].url: a URL to send requests to has no fragment ('#…'); remove it",
                "17:10: endpoints[7].url: has a reference in its scheme, host or port, which must be written out; references may stand in its path and query",
            ]
        },
        {
            "environment.yaml", [
                "4:18: endpoints[0].environment: is a list, and must be a mapping of keys to values",
                "8:7: endpoints[1].environment: '1A' is not a variable's name: letters, digits and '_', a digit not first",
                "9:7: endpoints[1].environment.MCPPROBE_API_KEY: is McpProbe's own variable, which no server may be given; name another",
                "10:10: endpoints[1].environment.B: holds '${' that begins no reference; write ${env:NAME}",
                "11:10: endpoints[1].environment.C: is a number, and must be text; put it in quotes",
                "14:5: endpoints[2].environment: is what a 'command' finds in its environment, and this endpoint has none; remove it",
            ]
        },
        {
            "own-variables.yaml", [
                "4:13: endpoints[0].bearer: names MCPPROBE_API_KEY, which is McpProbe's own and for no endpoint to use; name another",
                "6:20: endpoints[0].headers.X-Api-Key: names AzureWebJobsStorage, which is McpProbe's own and for no endpoint to use; name another",
                "8:10: endpoints[1].url: names IDENTITY_HEADER, which is McpProbe's own and for no endpoint to use; name another",
                "12:10: endpoints[2].environment.A: names Store__clientId, which is McpProbe's own and for no endpoint to use; name another",
            ]
        },
        {
            "url-with-space.yaml", [
                "3:10: endpoints[0].url: a URL holds no white space",
            ]
        },
        {
            "pages.yaml", [
                "5:11: pages[0].name: 'Public' is not an id: 1 to 63 of a-z, 0-9, '.' and '-', beginning with a letter or digit",
                "6:12: pages[0].title: is a number, and must be text; put it in quotes",
                "7:11: pages[0].logo: is neither an https address, nor a path on this server such as /logo.png, nor a data URI",
                "8:12: pages[0].color: 'red' is no colour such as \"#1d5fc4\"",
                "9:14: pages[0].groups[0]: there is no group 'platfrm' in this file; did you mean 'platform'?",
                "10:17: pages[0].endpoints[0]: there is no endpoint 'docz' in this file; did you mean 'docs'?",
                "10:23: pages[0].endpoints[1]: there is no endpoint 'of-the-api' in this file; an endpoint of the API is shown with its group",
                "11:16: pages[0].showHosts: is text, and must be true or false",
                "12:15: pages[0].embedIn[0]: 'https://www.example.com/blog' is no site such as https://www.example.com, without a path; or \"*\" for every site",
                "12:47: pages[0].embedIn[1]: 'https://a.example.com; script-src *' is no site such as https://www.example.com, without a path; or \"*\" for every site",
                "13:5: pages[1]: has no 'name'; its address is /status/{name}",
                "15:5: pages[2]: shows nothing; name 'groups' or 'endpoints'",
                "17:11: pages[3].logo: is no picture in a data URI; it is one of image/png, image/svg+xml, image/jpeg, image/webp, image/gif, such as data:image/png;base64,…",
                "18:23: pages[3].endpoints[1]: the endpoint 'docs' stands twice",
                "19:13: pages[4].name: the name 'inside' stands twice; it is first on line 16",
                "19:40: pages[4]: unknown key 'colour'; did you mean 'color'?",
            ]
        },
        {
            "tags.yaml", [
                "4:22: endpoints[0].tags[2]: the tag 'prod' stands twice",
                "4:28: endpoints[0].tags[3]: ' eu ' is no tag: one line of 1 to 50 characters, without a space at either end",
                "4:36: endpoints[0].tags[4]: is a number, and must be a tag; put it in quotes",
                "7:11: endpoints[1].tags: is text, and must be a list of tags, such as [production, eu]",
                "10:103: endpoints[2].tags[20]: there are 21 tags; the most is 20",
            ]
        },
        {
            "wrong-types.yaml", [
                "4:11: endpoints[0].name: is a number, and must be text; put it in quotes",
                "5:15: endpoints[0].insecure: is a number, and must be true or false",
                "6:23: endpoints[0].failureThreshold: is text, and must be a whole number from 1 to 1000",
                "7:15: endpoints[0].channels: is text, and must be a list of channel names",
                "8:14: endpoints[0].headers: is a list, and must be a mapping of keys to values",
                "9:17: endpoints[0].conditions: is a list, and must be a mapping of keys to values",
                "10:13: endpoints[0].paused: is text, and must be true or false",
                "11:11: endpoints[0].group: has no value; write text, or remove the key",
            ]
        },
        {
            "zero-threshold.yaml", [
                "4:23: endpoints[0].failureThreshold: 0 is not a whole number from 1 to 1000",
                "5:23: endpoints[0].successThreshold: 1001 is not a whole number from 1 to 1000",
            ]
        },
        {
            "zero-timeout.yaml", [
                "4:14: endpoints[0].timeout: 0s is too short; the least is 1ms",
            ]
        },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task ReadAsync_WrongFile_NamesEveryMistakeAndItsPlace(string file, string[] mistakes)
    {
        var parsed = await ProbesFile.ReadAsync(Fixture(Path.Combine("invalid", file)), TestContext.Current.CancellationToken);

        Assert.Null(parsed.Value);
        Assert.All(parsed.Errors, error => Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal));
        Assert.Equal(mistakes, parsed.Errors.Select(error => error.ToString()[(error.Source.Length + 1)..].Replace(Fixture("invalid") + Path.DirectorySeparatorChar, "DIR/", StringComparison.Ordinal)));
    }

    [Fact]
    public void Mistakes_Table_CoversEveryFixture() => Assert.Equal(
        Directory.GetFiles(Fixture("invalid")).Select(Path.GetFileName).Order(StringComparer.Ordinal),
        Mistakes.Select(row => row.Data.Item1).Order(StringComparer.Ordinal));

    [Fact]
    public async Task ReadAsync_FileWithEveryKey_IsWhatItSays()
    {
        var document = Valid(await ProbesFile.ReadAsync(Fixture("valid.yaml"), TestContext.Current.CancellationToken));

        Assert.Equal(
            [
                "ops webhook https://hooks.example.com/x ${env:OPS_WEBHOOK_SECRET} [] - -",
                "dev webhook ${env:DEV_HOOK} - [] - -",
                "chat slack https://hooks.slack.com/services/${env:SLACK} - [] - 3/",
                "teams teams ${env:TEAMS} - [] - 1/1000",
                "discord discord ${env:DISCORD} - [] - -",
                "pager pagerduty  ${env:PAGER} [] - -",
                "pager-eu pagerduty https://events.eu.pagerduty.com/v2/enqueue ${env:PAGER} [] - -",
                "push ntfy https://ntfy.sh/My_topic-1 - [] - -",
                "push-own ntfy http://${env:HOST}:8080/topic ${env:NTFY} [] - -",
                "mail email smtp://me%40x.com@mail.example.com:587 ${env:MAIL} [a.b+c@mail.example.com,x@localhost] mcpprobe@example.com 5/10",
                "relay email smtps://[::1]/ - [a@example.com] a@example.com -",
                "mail-later email ${env:MAIL_SERVER} ${env:MAIL} [a@example.com] a@example.com -",
            ],
            document.Channels.Select(channel =>
                $"{channel.Name} {WireNames.Of(channel.Type)} {channel.Url} {channel.Secret ?? "-"} [{string.Join(',', channel.To)}] {channel.From ?? "-"} "
                + (channel.Limit is { } limit ? $"{limit.PerMinute}/{limit.PerHour}" : "-")));
        Assert.Equal(
            [
                """{"id":"everything","name":"Everything: \u00E9 \uD83D\uDE00","url":"http://127.0.0.1:3001/mcp?a=b","transport":"sse","protocol":"2025-11-25","headers":{"X-Api-Key":"${env:KEY}","Cookie":"session=${env:SESSION}","X-Team":"a"},"bearer":"${env:TOKEN}","connectTo":"[::1]:3001","insecure":true,"interval":"24h","timeout":"500ms","conditions":{"allowEmpty":true,"toolsUsable":false,"requireTools":["echo","1"],"expectProtocol":"2025-11-25"},"failureThreshold":1,"successThreshold":5,"channels":["dev","ops"],"group":"gateway","paused":true}""",
                """{"id":"by-defaults","url":"https://example.com/mcp","transport":"http","headers":{"X-Team":"gateway"},"interval":"2m","timeout":"5s","failureThreshold":4,"channels":["ops"],"visibility":"public"}""",
                """{"id":"0.stdio","command":["node","my server.js","--x","","a b"],"interval":"2m","timeout":"5s","failureThreshold":4,"channels":["ops"],"visibility":"public"}""",
                """{"id":"listed","command":["node","server.js","","--x y"],"interval":"2m","timeout":"5s","failureThreshold":4,"visibility":"public"}""",
                """{"id":"asks","url":"https://example.com/mcp","transport":"http","headers":{"X-Team":"gateway"},"oauth":{"clientId":"a ${env:ID}","clientSecret":"${env:SECRET}","tokenUrl":"http://[::1]:8080/token","issuer":"https://login.example.com/tenant","scope":"mcp.read offline"},"tls":{"ca":"${env:CA}","certificate":"${env:CERTIFICATE}","key":"${env:KEY}"},"interval":"2m","timeout":"5s","conditions":{"forbidTools":["drop"],"requireLists":["prompts","resources"],"expectServer":"orders \u00E9","expectServerVersion":"\u003E=1.2 \u003C2","budgets":{"dns":"1ms","connect":"2ms","tls":"3ms","handshake":"4ms","catalog":"1s","smoke":"5s","total":"5s"},"certificateDays":0},"smoke":{"tool":"find","args":{"text":"4711","n":1.50,"none":null,"yes":true,"list":[1,{"é":"\"<"}]},"expectText":"x","expectContent":{"":{"a":1},"/a~1b/0":"no"},"expectError":true},"failureThreshold":4,"channels":["ops"],"visibility":"public"}""",
                """{"id":"chooses","url":"https://example.com/mcp","transport":"http","headers":{"X-Team":"gateway"},"interval":"2m","timeout":"5s","smoke":{},"failureThreshold":4,"channels":["ops"],"visibility":"public"}""",
                """{"id":"alerts","url":"https://example.com/mcp","transport":"http","headers":{"X-Team":"gateway"},"interval":"2m","timeout":"5s","failureThreshold":4,"channels":["ops"],"alerts":{"remindEvery":"5m","escalate":[{"after":"90s","channels":["chat"]},{"after":"2h","channels":["mail","pager"]}],"flapping":{"changes":2,"within":"1h"},"drift":"never","suspicious":"soft","certificateDays":[30,14,1],"degraded":false,"latency":{"factor":1.5,"atLeast":"100ms"},"gated":false,"unwatchedAfter":"90s","quorum":3},"maintenance":[{"cron":"0 2 * * SUN","duration":"2h","timeZone":"Europe/Berlin"},{"cron":"*/15 22-23,0 L * *","duration":"168h"},{"cron":"0 0 29 2 *","duration":"1s","timeZone":"America/Argentina/Buenos_Aires"}],"visibility":"public"}""",
                """{"id":"quiet","url":"https://example.com/mcp","transport":"http","headers":{"X-Team":"gateway"},"interval":"2m","timeout":"5s","failureThreshold":4,"channels":["ops"],"alerts":{"flapping":false,"certificateDays":[],"latency":false,"unwatchedAfter":false},"visibility":"public"}""",
                """{"id":"as-before","url":"https://example.com/mcp","transport":"http","headers":{"X-Team":"gateway"},"interval":"2m","timeout":"5s","failureThreshold":4,"channels":["ops"],"visibility":"public"}""",
            ],
            document.Endpoints.Select(EndpointJson.ToJson));
    }

    [Fact]
    public async Task ReadAsync_TlsFiles_AreFoundFromTheFilesDirectoryAndLookedAt()
    {
        using var directory = new TempDirectory();
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=probe", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Directory.CreateDirectory(directory.File("certs"));
        await File.WriteAllTextAsync(directory.File("certs/both.pem"), certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(directory.File("probes.yaml"), "endpoints: [{ id: a, url: 'https://x', tls: { ca: certs/both.pem, certificate: ./certs/both.pem } }]", TestContext.Current.CancellationToken);

        var document = Valid(await ProbesFile.ReadAsync(directory.File("probes.yaml"), TestContext.Current.CancellationToken));

        var both = Path.Combine(directory.Path, "certs", "both.pem");
        Assert.Equal(new TlsSettings { Ca = both, Certificate = both }, Assert.Single(document.Endpoints).Tls);
    }

    [Fact]
    public void Parse_SameDocumentAsJson_IsTheSame()
    {
        var yaml = Valid(ProbesFile.Parse("a.yaml", "channels: [{ name: ops, type: webhook, url: 'https://x' }]\nendpoints: [{ id: a, url: 'http://x/mcp', interval: 5m, channels: [ops] }]"));
        var json = Valid(ProbesFile.Parse("a.JSON", """
            { "$schema": "probes.schema.json",
              "channels": [{ "name": "ops", "type": "webhook", "url": "https://x" }],
              "endpoints": [{ "id": "a", "url": "http://x/mcp", "interval": "5m", "channels": ["ops"] }] }
            """));

        Assert.Equal(yaml.Channels, json.Channels);
        Assert.Equal(yaml.Endpoints.Select(EndpointJson.ToJson), json.Endpoints.Select(EndpointJson.ToJson));
    }

    [Theory]
    [InlineData("a.yaml", "")]
    [InlineData("a.yaml", "\uFEFF")]
    [InlineData("a.yaml", "# nothing yet\n")]
    [InlineData("a.yaml", "---\n...\n")]
    [InlineData("a.yaml", "defaults:\nchannels:\nendpoints:\n#  - id: a\n")]
    [InlineData("a.json", " \n")]
    [InlineData("a.json", "{}")]
    [InlineData("a.json", "null")]
    public void Parse_NothingInIt_IsValidAndEmpty(string source, string text)
    {
        var document = Valid(ProbesFile.Parse(source, text));

        Assert.Empty(document.Endpoints);
        Assert.Empty(document.Channels);
    }

    /// <summary>What a container's bind mount makes of a file that is not there.</summary>
    [Fact]
    public async Task ReadAsync_Directory_SaysSo()
    {
        using var temp = new McpProbe.Testing.TempDirectory();
        var path = temp.File("probes.yaml");
        Directory.CreateDirectory(path);

        Assert.StartsWith("this is a directory", Assert.Single((await ProbesFile.ReadAsync(path, TestContext.Current.CancellationToken)).Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_NoSuchFile_SaysSo()
    {
        var parsed = await ProbesFile.ReadAsync("no-such-file.yaml", TestContext.Current.CancellationToken);

        Assert.Equal("no-such-file.yaml:1:1: there is no such file; check the path", Assert.Single(parsed.Errors).ToString());
    }

    [Fact]
    public async Task ReadAsync_NotUtf8_SaysSo()
    {
        using var directory = new TempDirectory();
        await File.WriteAllBytesAsync(directory.File("a.yaml"), [0xFF, 0xFE, 0x61, 0], TestContext.Current.CancellationToken);

        var parsed = await ProbesFile.ReadAsync(directory.File("a.yaml"), TestContext.Current.CancellationToken);

        Assert.Equal("the file is not valid UTF-8; save it as UTF-8", Assert.Single(parsed.Errors).Message);
    }

    [Fact]
    public void Parse_NestedDeeply_IsAMistake()
    {
        Assert.Contains("nested deeper", Assert.Single(ProbesFile.Parse("a.yaml", new string('[', 5000)).Errors).Message, StringComparison.Ordinal);
        Assert.Contains("not valid JSON", Assert.Single(ProbesFile.Parse("a.json", new string('[', 5000)).Errors).Message, StringComparison.Ordinal);
    }

    // Cut, spliced and repeated pieces of a real file: a value or mistakes, never an exception, never a place outside the file.
    [Theory]
    [InlineData("valid.yaml", "a.yaml")]
    [InlineData("valid.yaml", "a.json")]
    [InlineData("invalid/duplicate-key.json", "a.json")]
    [InlineData("invalid/duplicate-key.json", "a.yaml")]
    public async Task Parse_MangledFile_IsAValueOrMistakesInsideTheFile(string fixture, string source)
    {
        var text = await File.ReadAllTextAsync(Fixture(fixture), TestContext.Current.CancellationToken);
        Gen.Select(Gen.Int[0, text.Length], Gen.Int[0, 40], Gen.Int[0, text.Length], Gen.Char.AlphaNumeric).Sample((at, cut, from, extra) =>
        {
            var end = Math.Min(text.Length, at + cut);
            var mangled = string.Concat(text.AsSpan(0, at), text.AsSpan(from, Math.Min(7, text.Length - from)), $"{extra}", text.AsSpan(end));

            var parsed = ProbesFile.Parse(source, mangled);

            Assert.Equal(parsed.Value is null, parsed.Errors.Count > 0);
            var lines = mangled.Split('\n').Length;
            Assert.All(parsed.Errors, error => Assert.True(error.Line >= 1 && error.Line <= lines + 1 && error.Column >= 1, error.ToString()));
        });
    }

    [Theory]
    [InlineData("", "defaults")]
    [InlineData(", alerts: { gated: false }, maintenance: []", "own")]
    public void Parse_DefaultAlerts_AreReplacedAsAWhole(string own, string whose)
    {
        var document = Valid(ProbesFile.Parse("a.yaml", $$"""
            defaults: { alerts: { remindEvery: 1h, drift: never }, maintenance: [{ cron: "0 2 * * *", duration: 1h }] }
            endpoints: [{ id: a, url: "http://x/mcp"{{own}} }]
            """));

        var endpoint = Assert.Single(document.Endpoints);
        Assert.Equal(whose == "defaults", endpoint.Alerts is { RemindEvery: not null, Drift: DriftAlert.Never, Gated: true });
        Assert.Equal(whose == "own", endpoint.Alerts is { RemindEvery: null, Drift: DriftAlert.Warning, Gated: false });
        Assert.Equal(whose == "defaults" ? [new MaintenanceWindow("0 2 * * *", TimeSpan.FromHours(1), "UTC")] : [], endpoint.Maintenance);
    }

    [Theory]
    [InlineData("interval: 5s", 5)]
    [InlineData("interval: 60s", 10)]
    [InlineData("interval: 5s, timeout: 2s", 2)]
    public void Parse_TimeoutLeftOut_IsTenSecondsOrTheShorterInterval(string times, int timeout)
    {
        var parsed = ProbesFile.Parse("probes.yaml", $"endpoints: [{{ id: a, url: \"http://127.0.0.1/mcp\", {times} }}]");

        Assert.Empty(parsed.Errors);
        Assert.Equal(TimeSpan.FromSeconds(timeout), parsed.Value!.Endpoints[0].Timeout);
    }

    [Theory]
    [InlineData("timeZone: Europe/Berlin", "Europe/Berlin", null)]
    [InlineData("timeZone:", null, null)]
    [InlineData("endpoints: []", null, null)]
    [InlineData("timeZone: Berlin", null, "1:11: timeZone: there is no time zone 'Berlin'; did you mean 'Europe/Berlin'?")]
    [InlineData("timeZone: +01:00", null, "1:11: timeZone: there is no time zone '+01:00'; write an IANA name such as Europe/Berlin, America/New_York or UTC")]
    [InlineData("timeZone: [Europe/Berlin]", null, "1:11: timeZone: is a list, and must be a time zone's IANA name, such as Europe/Berlin")]
    public void Parse_TimeZone_IsThatOfAlertsOrAMistake(string text, string? zone, string? mistake)
    {
        var parsed = ProbesFile.Parse("probes.yaml", text);

        Assert.Equal(zone, parsed.Value?.TimeZone);
        Assert.Equal(mistake is null ? [] : [$"probes.yaml:{mistake}"], parsed.Errors.Select(error => error.ToString()));
    }
}
