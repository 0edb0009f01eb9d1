// Records the catalogues of published MCP servers for the labelled corpus: releases.json names packages and versions.
//   node record.mjs SCRATCH-FOLDER [PACKAGE…]
// Each version is installed from npm into the scratch folder (without its scripts), started over stdio with dummy keys, and read by
// `mcpprobe snapshot`. Of two neighbouring versions the tools that are equal are left out, but for the first: fixtures stay small, and
// no tool is ever cut. A version that does not start is named, and its pairs are skipped.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const cli = resolve(here, "../../../../src/McpProbe.Cli/bin/Debug/net10.0/McpProbe.Cli.dll");
const mcpprobe = process.env.MCPPROBE ? [process.env.MCPPROBE] : ["dotnet", cli];
const [scratch, ...only] = process.argv.slice(2);
if (!scratch) throw new Error("usage: node record.mjs SCRATCH-FOLDER [PACKAGE…]");

for (const release of JSON.parse(readFileSync(join(here, "releases.json"), "utf8"))) {
  if (only.length > 0 && !only.includes(release.package)) continue;
  const read = release.versions.map(version => [version, snapshot(release, version)]);
  for (let i = 1; i < read.length; i++) {
    const [[older, before], [newer, after]] = [read[i - 1], read[i]];
    if (before && after) write(release.package, older, before, newer, after);
  }
}

function snapshot({ package: name, args = [], env = {} }, version) {
  const folder = resolve(scratch, `${name}@${version}`.replaceAll("/", "+"));
  const file = join(folder, "snapshot.json");
  try {
    if (!existsSync(file)) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "package.json"), "{}");
      run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", `${name}@${version}`], folder);
      const root = join(folder, "node_modules", name);
      const { bin, main } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
      const entry = typeof bin === "string" ? bin : bin ? Object.values(bin)[0] : main;
      const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
      const command = ["env", ...variables, "node", join(root, entry), ...args].join(" ");
      run(mcpprobe[0], [...mcpprobe.slice(1), "snapshot", "--stdio", command, "--samples", "1", "--timeout", "60s", "-o", file], folder);
    }

    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    console.error(`${name} ${version}: ${(error.stderr?.toString() || error.message).split("\n").slice(0, 3).join(" ")}`);
    return null;
  }
}

function run(command, args, cwd) {
  execFileSync(command, args, { cwd, stdio: ["ignore", "ignore", "pipe"], timeout: 180_000 });
}

function write(name, older, before, newer, after) {
  const equal = before.tools.filter(tool => after.tools.some(other => JSON.stringify(other) === JSON.stringify(tool)));
  const kept = tools => tools.filter(tool => !equal.some(other => other.name === tool.name) || tool.name === equal[0].name);
  const side = (version, { protocolVersion, server, tools }) => ({ version, protocolVersion, server, tools: kept(tools) });
  const pair = { package: name, before: side(older, before), after: side(newer, after) };
  const file = `${name.replace(/^@/, "").replaceAll("/", "-")}-${older}-${newer}.json`;
  writeFileSync(join(here, "releases", file), JSON.stringify(pair, null, 1) + "\n");
  console.log(`${file}: ${before.tools.length} -> ${after.tools.length} tools, ${equal.length} equal`);
}
