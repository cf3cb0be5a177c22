/** Puts everything together and starts it: the only file that names concrete parts. */
import { join } from "node:path";
import { version } from "../../package.json";
import type { Stop } from "../shared/protocol";
import { createApp } from "./app";
import { Approvals } from "./approvals";
import { guard } from "./auth";
import { Catalog } from "./catalog";
import { type Config, readConfig } from "./config";
import { providerEntries } from "./entries";
import { hostname, isLoopback } from "./host";
import { Sessions } from "./live";
import { listen } from "./listen";
import { createPage } from "./page";
import { createJobs } from "./processes/group-jobs";

import { Runs } from "./runs";
import { SettingsFile } from "./settings";
import { Store } from "./store/store";
import { createTools } from "./tools/builtin";

const shutdownMs = 2000;

async function start(config: Config): Promise<void> {
  const store = new Store(join(config.dataDir, "rein.db"));
  const settings = new SettingsFile(join(config.dataDir, "settings.json"));
  const sessions = new Sessions(store);
  const approvals = new Approvals();
  const catalog = new Catalog(providerEntries, settings, process.env);
  const jobs = createJobs();
  const tools = createTools();
  const runs = new Runs({ sessions, catalog, approvals, jobs, tools });
  runs.recover();

  const { token, hosts, cwd } = config;
  const page = config.dev
    ? await (await import("./dev")).createDevPage()
    : createPage(join(import.meta.dir, "../dist"));
  const app = createApp({
    guard: guard({ token, hosts, port: () => server.port }),
    sessions,
    runs,
    approvals,
    catalog,
    settings,
    cwd,
    version,
    page,
  });
  const server = listen(config, app.fetch);
  console.log(`Rein ${version} is at ${address(config, server.port)}`);
  if (!isLoopback(config.host)) console.log("Other machines can reach it: keep the token secret.");

  const shutDown = async (): Promise<void> => {
    const stop: Stop = { by: "shutdown", from: "server", askedAt: Date.now() };
    const late = Bun.sleep(shutdownMs);
    await Promise.race([runs.close(stop), late]);
    sessions.close();
    store.close();
    await Promise.race([server.stop(true), late]);
    process.exit(0);
  };
  process.once("SIGTERM", () => void shutDown());
  process.once("SIGINT", () => void shutDown());
}

function address(config: Config, port: number): string {
  const shown = config.host === "0.0.0.0" || config.host === "::" ? "localhost" : config.host;
  const host = hostname(shown).includes(":") ? `[${shown}]` : shown;
  return `http://${host}:${port}/?token=${encodeURIComponent(config.token)}`;
}

try {
  await start(readConfig(process.argv.slice(2), process.env));
} catch (error) {
  console.error(`Rein did not start. ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
