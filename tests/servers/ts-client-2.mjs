// The official TypeScript client of the second generation as a judge: speaks to the MCP endpoint whose URL is given, in each era, and
// writes a line of each: {"version","tools","endpoints","status"}, or {"error"}. It is installed beside the packages that need it.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

for (const mode of ['legacy', 'auto']) {
  const client = new Client({ name: 'mcpprobe-tests', version: '1.0.0' }, { versionNegotiation: { mode } });
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2])));
    const { tools } = await client.listTools();
    const called = await client.callTool({ name: 'list_endpoints', arguments: {} });
    const read = await client.readResource({ uri: 'mcpprobe://reports/status' });
    console.log(JSON.stringify({
      version: client.getNegotiatedProtocolVersion(),
      tools: tools.map(tool => tool.name),
      endpoints: called.structuredContent.endpoints.map(endpoint => endpoint.id),
      status: read.contents[0].text,
    }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error?.message ?? error) }));
  } finally {
    await client.close();
  }
}

process.exit(0);
