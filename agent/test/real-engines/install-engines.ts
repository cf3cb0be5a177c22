/** The programs of real engines: from npm into a temporary folder, or from a folder that has them. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineRow } from "./engine-rows";

/** By the id of the engine: where its program is, or why there is none. */
export type FoundPrograms = Record<string, { path: string } | { missing: string }>;

/**
 * `folder` has programs, as node_modules/.bin has them. Without one they are installed (2 GB for all), each by itself, so
 * that one that fails leaves the others; the folder is removed when this process exits.
 */
export function findPrograms(
  rows: readonly EngineRow[],
  folder: string | undefined,
): FoundPrograms {
  const programs = new Map(rows.map((row) => [row.id, row]));
  const found = [...programs].map(([id, row]) => [
    id,
    folder ? programIn(folder, row) : install(row),
  ]);
  return Object.fromEntries(found) as FoundPrograms;
}

function install(row: EngineRow): FoundPrograms[string] {
  const directory = mkdtempSync(join(tmpdir(), "rein-engine-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  console.log(`Installing ${row.package} …`);
  const npm = Bun.which("npm");
  if (npm === null) return { missing: "it needs npm" };
  const { exitCode, stderr } = Bun.spawnSync(
    [npm, "install", "--no-audit", "--no-fund", "--prefix", directory, row.package],
    { cwd: directory, stdin: "ignore", stdout: "ignore", timeout: 10 * 60_000 },
  );
  if (exitCode !== 0) {
    const said = stderr.toString().trim().split("\n").slice(-3).join(" ");
    return { missing: `npm could not install ${row.package}: ${said}` };
  }
  return programIn(join(directory, "node_modules/.bin"), row);
}

function programIn(folder: string, { id, program }: EngineRow): FoundPrograms[string] {
  const path = [join(folder, program), ...(id === "claude" ? nativeClaude(folder) : [])].find(
    (one) => existsSync(one),
  );
  return path === undefined ? { missing: `no program ${program} in ${folder}` } : { path };
}

/** The Agent SDK brings the program of Claude Code along, but no command of that name. */
function nativeClaude(folder: string): string[] {
  const scope = join(folder, "../@anthropic-ai");
  if (!existsSync(scope)) return [];
  return readdirSync(scope)
    .filter((name) => name.startsWith("claude-agent-sdk-"))
    .map((name) => join(scope, name, "claude"));
}
