// Bytes a token of the recorded tools, for docs/pages.md: npm install --no-save gpt-tokenizer@4.0.0 && node build/tokens.mjs
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';

const directory = new URL('../tests/servers/catalogues/', import.meta.url);
const ratios = [];
let bytes = 0, tokens = 0, servers = 0;
for (const file of readdirSync(directory).filter(name => name.endsWith('.gz'))) {
  const { takes } = JSON.parse(gunzipSync(readFileSync(new URL(encodeURIComponent(file), directory))));
  const tools = takes[0].pages.flatMap(page => JSON.parse(page).tools);
  servers += tools.length > 0;
  for (const { name, description, inputSchema } of tools) {
    const json = JSON.stringify({ name, description, inputSchema });
    const [size, count] = [Buffer.byteLength(json), encode(json).length];
    bytes += size; tokens += count;
    ratios.push(size / count);
  }
}
ratios.sort((a, b) => a - b);
const at = share => ratios[Math.floor(share * ratios.length)].toFixed(2);
console.log(`${ratios.length} tools of ${servers} servers: ${(bytes / tokens).toFixed(2)} bytes a token; p5 ${at(.05)}, p50 ${at(.5)}, p95 ${at(.95)}`);
