// Records what published MCP servers list, for CatalogueFixtureTests: `node record.mjs [PACKAGE…]` from this folder, all of
// packages.json without names. Each package is installed into a scratch folder (npm install --ignore-scripts), started over stdio
// with made-up credentials, and asked for its tools by two processes in a row. A file holds what was answered, byte for byte:
// {"package","version","takes":[{"initialize":"…","pages":["…"]}]}; a second take only where it differs from the first.
// A package that does not answer within a minute is named, and leaves no file.
import { spawn, execFileSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const patience = 60_000;

/** The JSON text of the member "result" of a message: its bytes, not what a parser makes of them. */
function resultOf(line) {
  const message = JSON.parse(line);
  if (!('result' in message)) throw new Error(`answered ${line.slice(0, 200)}`);
  const raw = JSON.stringify(message.result);
  return line.includes(raw) ? raw : Promise.reject(new Error('is not written as JSON.stringify writes it'));
}

async function take(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let errors = '';
  child.stderr.on('data', chunk => { errors = (errors + chunk).slice(-400); });
  child.stdin.on('error', () => {});
  const waiting = new Map();
  let fail;
  const failed = new Promise((_, reject) => { fail = reject; });
  failed.catch(() => {});
  child.on('error', fail);
  child.on('exit', code => fail(new Error(`ended with ${code}: ${errors.trim().replace(/\s+/g, ' ')}`)));
  const timer = setTimeout(() => fail(new Error(`said nothing for a minute: ${errors.trim().replace(/\s+/g, ' ')}`)), patience);
  createInterface({ input: child.stdout }).on('line', line => {
    let id;
    try { id = JSON.parse(line).id; } catch { return; }
    waiting.get(id)?.(line);
  });
  const send = message => child.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
  const ask = (id, method, params) => {
    const answer = new Promise(resolve => waiting.set(id, resolve));
    send({ id, method, params });
    return Promise.race([answer, failed]);
  };
  try {
    const initialize = await resultOf(await ask(1, 'initialize', {
      protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'mcpprobe-record', version: '1' },
    }));
    send({ method: 'notifications/initialized' });
    const pages = [];
    let cursor;
    do {
      pages.push(await resultOf(await ask(2 + pages.length, 'tools/list', cursor === undefined ? {} : { cursor })));
      cursor = JSON.parse(pages.at(-1)).nextCursor;
    } while (cursor !== undefined && pages.length < 20);
    return { initialize, pages };
  } finally {
    clearTimeout(timer);
    try { process.kill(-child.pid, 'SIGKILL'); } catch { /* it has ended */ }
  }
}

async function record({ package: name, bin, args = [], env = {} }) {
  const folder = mkdtempSync(join(tmpdir(), 'mcpprobe-record-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', name], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000 });
    const bare = name.replace(/(?<=.)@[^@/]+$/, '');
    const installed = JSON.parse(readFileSync(join(folder, 'node_modules', bare, 'package.json'), 'utf8'));
    const bins = typeof installed.bin === 'string' ? { [bare.split('/').at(-1)]: installed.bin } : installed.bin ?? {};
    const script = bins[bin ?? bare.split('/').at(-1)] ?? Object.values(bins)[0] ?? installed.main;
    const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, NO_COLOR: '1', CI: '1', ...env } };
    const command = [process.execPath, [join(folder, 'node_modules', bare, script), ...args.map(arg => arg.replace('$FOLDER', folder))]];
    const takes = [await take(...command, options), await take(...command, options)].map(each => JSON.parse(
      // The scratch folder's name is no part of a catalogue.
      JSON.stringify(each).replaceAll(folder, '/scratch')));
    if (JSON.stringify(takes[0]) === JSON.stringify(takes[1])) takes.pop();
    const file = bare.replace('/', '+') + '.json.gz';
    writeFileSync(join(here, file), gzipSync(JSON.stringify({ package: bare, version: installed.version, takes }) + '\n', { level: 9 }));
    const tools = takes[0].pages.flatMap(page => JSON.parse(page).tools);
    console.log(`${bare} ${installed.version}: ${tools.length} tools${takes.length > 1 ? ', which differ from start to start' : ''}`);
  } catch (error) {
    console.log(`${name}: left out, ${String(error.stderr ?? error.message).trim().split('\n')[0].slice(0, 300)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const wanted = process.argv.slice(2);
for (const each of JSON.parse(readFileSync(join(here, 'packages.json'), 'utf8'))) {
  if (wanted.length === 0 || wanted.includes(each.package)) await record(each);
}
process.exit(0);
