// The official TypeScript client as a judge: for each line of standard input, the URL of an MCP endpoint (Streamable HTTP), it
// connects, lists every page of the tools, and writes one line: {"tools":[name…]} or {"error":"…"}.
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

async function list(url) {
  const client = new Client({ name: 'mcpprobe-tests', version: '1.0.0' });
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    const tools = [];
    let cursor;
    do {
      const page = await client.listTools(cursor === undefined ? {} : { cursor });
      tools.push(...page.tools.map(tool => tool.name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return { tools };
  } catch (error) {
    return { error: String(error?.message ?? error) };
  } finally {
    await client.close();
  }
}

// Ajv warns of formats that it does not know.
console.warn = () => {};
for await (const url of createInterface({ input: process.stdin })) console.log(JSON.stringify(await list(url)));
process.exit(0);
