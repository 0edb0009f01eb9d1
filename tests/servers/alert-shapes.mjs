// What the receivers of alerts publish about their messages, asked by the tests. Takes a JSON array of questions on stdin and
// prints a JSON array of answers, each a list of strings:
//   {kind: 'slack' | 'discord' | 'pagerduty', payload}  mistakes against the published types
//   {kind: 'teams', payload}                            mistakes that the adaptive cards library finds in the card
//   {kind: 'webhook', secret, headers, body}            the mistake of the standardwebhooks library, if it does not verify
//   {kind: 'discord-text', text}                        what Discord's Markdown makes of a text: each node that is more than text and emoji characters
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';

const require = createRequire(import.meta.url);
const ts = require('typescript');

const prelude = `
import type { KnownBlock } from '@slack/types';
import type { RESTPostAPIWebhookWithTokenJSONBody } from 'discord-api-types/v10';
import type { EventPayloadV2 } from '@pagerduty/pdjs/build/src/events';
type slack = { text: string; mrkdwn: boolean; unfurl_links: boolean; unfurl_media: boolean; blocks: KnownBlock[] };
type discord = RESTPostAPIWebhookWithTokenJSONBody;
// The two are documented, and missing in the package's type.
type pagerduty = EventPayloadV2 & { client?: string; client_url?: string };
`;

/** One compilation for all of them: a line each, so that a diagnostic's line says which one it is about. */
function typeMistakes(questions) {
  const name = fileURLToPath(new URL('./alert-shapes-check.ts', import.meta.url));
  const lines = questions.map(({ kind, payload }, i) => `export const payload${i}: ${kind} = ${JSON.stringify(payload)};`);
  const first = prelude.split('\n').length - 1;
  const options = {
    strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === name || fileExists(file);
  host.getSourceFile = (file, version, ...rest) =>
    file === name ? ts.createSourceFile(file, prelude + lines.join('\n'), version) : getSourceFile(file, version, ...rest);
  const program = ts.createProgram([name], options, host);
  const mistakes = questions.map(() => []);
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program, program.getSourceFile(name))) {
    const message = ts.flattenDiagnosticMessageText(messageText, ' ');
    const line = file.getLineAndCharacterOfPosition(start).line - first;
    // A mistake in the prelude is a mistake in everything.
    for (const list of line < 0 ? mistakes : [mistakes[line]]) list.push(message);
  }
  return mistakes;
}

async function cardMistakes({ payload }) {
  const { AdaptiveCard, SerializationContext, Version } = require('adaptivecards/dist/adaptivecards.js');
  if (payload.type !== 'message' || payload.attachments?.length !== 1) return ['not a message with one attachment'];
  const [{ contentType, content }] = payload.attachments;
  if (contentType !== 'application/vnd.microsoft.card.adaptive') return [`the attachment is ${contentType}`];
  const context = new SerializationContext(Version.parse(content.version, new SerializationContext()));
  const card = new AdaptiveCard();
  card.parse(content, context);
  const mistakes = [];
  for (let i = 0; i < context.eventCount; i++) mistakes.push(context.getEventAt(i).message);
  for (const { message } of card.validateProperties().validationEvents) mistakes.push(message);
  // What the library did not know, it left out.
  const elements = (value) =>
    value && typeof value === 'object'
      ? Object.values(value).reduce((sum, each) => sum + elements(each), typeof value.type === 'string' ? 1 : 0)
      : 0;
  if (elements(card.toJSON()) !== elements(content)) mistakes.push(`${elements(content)} elements were written, ${elements(card.toJSON())} were read`);
  return mistakes;
}

function webhookMistakes({ secret, headers, body }) {
  try {
    new Webhook(secret).verify(body, headers);
    return [];
  } catch (error) {
    return [error.message];
  }
}

async function discordNodes({ text: source }) {
  const { parse } = (await import('discord-markdown-parser')).default;
  const found = [];
  const walk = (node) => {
    if (Array.isArray(node)) return node.forEach(walk);
    if (!node || typeof node !== 'object') return;
    if (!['text', 'twemoji', 'br', 'newline'].includes(node.type)) found.push(node.target ? `${node.type} ${node.target}` : node.type);
    walk(node.content);
  };
  walk(parse(source, 'extended'));
  return found;
}

const questions = JSON.parse(await text(process.stdin));
const typed = questions.filter(({ kind }) => ['slack', 'discord', 'pagerduty'].includes(kind));
const ofTypes = new Map(typed.length > 0 ? typeMistakes(typed).map((mistakes, i) => [typed[i], mistakes]) : []);
const answers = [];
for (const question of questions) {
  if (ofTypes.has(question)) answers.push(ofTypes.get(question));
  else if (question.kind === 'teams') answers.push(await cardMistakes(question));
  else if (question.kind === 'webhook') answers.push(webhookMistakes(question));
  else if (question.kind === 'discord-text') answers.push(await discordNodes(question));
  else throw new Error(`no such kind: ${question.kind}`);
}
console.log(JSON.stringify(answers));
