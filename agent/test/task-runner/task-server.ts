/**
 * A server of its own for tasks, in this process: it ends with it, and nothing that the person has is read or changed. Its
 * commands are in the sandbox and have no network; a run that reaches a limit stops.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRein, type Rein } from "../../sdk/create-rein";
import type { Config } from "../../server/config/config";
import { log } from "../../server/log";
import type { Capabilities, Jobs } from "../../server/processes/jobs";
import { startServer } from "../../server/server";
import type { SettingsRequest } from "../../shared/requests";
import { giveSupervisor } from "../given-supervisor";

export interface TaskServer extends AsyncDisposable {
  rein: Rein;
  jobs: Jobs;
  capabilities: Capabilities;
  /** A path for a directory that does not exist yet, and goes with the server. */
  newPath(): string;
}

export interface TaskServerOptions {
  /** Keys and addresses, by the names of their variables. */
  providers: Config["providers"];
  settings: SettingsRequest;
}

/** Rejects with the signal's reason. */
export async function startTaskServer(
  { providers, settings }: TaskServerOptions,
  signal: AbortSignal,
): Promise<TaskServer> {
  log.level = "error";
  const root = mkdtempSync(join(tmpdir(), "rein-tasks-"));
  const dataDir = join(root, "data");
  mkdirSync(dataDir, { mode: 0o700 });
  const token = crypto.randomUUID();
  await giveSupervisor(dataDir);
  const server = await startServer(
    {
      port: 0,
      portGiven: true,
      host: "127.0.0.1",
      hosts: [],
      token,
      dataDir,
      cwd: dataDir,
      // None of the person's own instructions, commands and skills: what is measured is Rein.
      userDirectories: { home: dataDir, configHome: dataDir },
      commands: { sandbox: "auto", network: "off" },
      titles: "off",
      providers,
      dev: false,
      connections: 256,
      searchPath: process.env["PATH"] ?? "",
    },
    () => {},
  );
  const close = async () => {
    // Its changes are recorded after a run has ended: only then its directory can go.
    await server.close();
    rmSync(root, { recursive: true, force: true });
  };
  let paths = 0;
  try {
    const rein = createRein({ url: `http://127.0.0.1:${server.port}`, credential: token });
    await rein.saveSettings(settings, signal);
    await rein.saveLimits({ atLimit: "stop" }, signal);
    const capabilities = await server.jobs.capabilities();
    return {
      rein,
      jobs: server.jobs,
      capabilities,
      newPath: () => join(root, `task-${++paths}`),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
