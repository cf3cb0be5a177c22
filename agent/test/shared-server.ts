/** One server and upstream for the tests of a file: a start and its first answer take longer than most tests. */
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SchedulesAnswer } from "../shared/protocol";
import type { SettingsRequest } from "../shared/requests";
import { type Rein, startRein } from "./rein";
import { startUpstream, type Upstream } from "./upstream/upstream";

export interface SharedServer extends AsyncDisposable {
  upstream: Upstream;
  rein: Rein;
  dataDir: string;
  /** A test has done something to it that could reach the next one. */
  isSpent: boolean;
  /** Leaves nothing of the test's sessions, its limits, its schedules, its MCP servers and in the server's working directory; false when another server is to be started. */
  clear(): Promise<boolean>;
}

/** `change` is made to its settings before the first test. */
export async function startShared(
  environment: (upstream: Upstream) => Record<string, string>,
  change?: SettingsRequest,
): Promise<SharedServer> {
  const upstream = startUpstream();
  const rein = await startRein({ environment: environment(upstream) });
  const { dataDir } = rein;
  const put = (path: string, body: object) =>
    rein.json(path, { method: "PUT", body: JSON.stringify(body) });
  if (change) await put("/api/settings", change);
  const settings = readSettings(dataDir);
  const server: SharedServer = {
    upstream,
    rein,
    dataDir,
    isSpent: false,
    async clear() {
      if (!server.isSpent) await removeMcpServers(rein, dataDir);
      if (server.isSpent || readSettings(dataDir) !== settings) return false;
      if (existsSync(join(dataDir, "settings.json"))) await put("/api/limits", {});
      await removeSchedules(rein, dataDir);
      await rein.json("/api/stop", { method: "POST", body: "{}" });
      for (const id of await sessionsOf(rein))
        await rein.fetch(`/api/sessions/${id}`, { method: "DELETE" });
      await rein.fetch("/api/sign-ins", { method: "DELETE" });
      for (const name of readdirSync(rein.cwd))
        await rm(join(rein.cwd, name), { recursive: true, force: true });
      upstream.reset();
      return (await sessionsOf(rein)).length === 0;
    },
    async [Symbol.asyncDispose]() {
      await rein[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
  void rein.exited.then(() => (server.isSpent = true));
  return server;
}

/** The same server with a working directory for one test, which is removed after it. */
export function inDirectoryOfItsOwn(rein: Rein): Rein {
  const cwd = mkdtempSync(join(tmpdir(), "rein-work-"));
  return {
    ...rein,
    cwd,
    chat: (request, headers) =>
      rein.chat(request.sessionId === undefined ? { cwd, ...request } : request, headers),
    [Symbol.asyncDispose]: () => rm(cwd, { recursive: true, force: true }),
  };
}

/** What a test may have changed beside its sessions and limits. A file, a section or a list with nothing in it is the same as none. */
function readSettings(dataDir: string): string {
  const read = (name: string) => {
    const path = join(dataDir, name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  const readFilled = (name: string) =>
    JSON.stringify(
      JSON.parse(read(name) || "{}", (key, value: unknown) =>
        key === "limits" || (key !== "" && isEmpty(value)) ? undefined : value,
      ),
    );
  return [readFilled("settings.json"), readFilled("rules.json"), read("token")].join("\n");
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

async function removeMcpServers(rein: Rein, dataDir: string): Promise<void> {
  const path = join(dataDir, "settings.json");
  const kept: unknown = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
  const { mcp = { servers: {} } } = kept as { mcp?: { servers: object } };
  const names = Object.keys(mcp.servers);
  if (names.length === 0) return;
  const servers = Object.fromEntries(names.map((name) => [name, null]));
  await rein.fetch("/api/settings", { method: "PUT", body: JSON.stringify({ mcp: { servers } }) });
}

async function removeSchedules(rein: Rein, dataDir: string): Promise<void> {
  if (!existsSync(join(dataDir, "schedules.json"))) return;
  const { schedules } = await rein.json<SchedulesAnswer>("/api/schedules");
  for (const { id } of schedules) await rein.fetch(`/api/schedules/${id}`, { method: "DELETE" });
}

async function sessionsOf(rein: Rein): Promise<string[]> {
  const { sessions } = await rein.json<{ sessions: { id: string }[] }>(
    "/api/sessions?archived=with",
  );
  return sessions.map(({ id }) => id);
}
