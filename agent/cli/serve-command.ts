/** `rein serve`: the server in the foreground, until a signal or “rein shutdown” ends it. */
import { makeDataDir } from "../server/config/make-data-dir";
import { options } from "../server/config/options";
import { unpackProgram } from "../server/unpack-program";
import { type Call, type Command, type FlagSpec, UsageError } from "./command";
import { withDataDir } from "./data-directory";

const flags: Record<string, FlagSpec> = Object.fromEntries(
  Object.values(options).map(({ flag, value, help, variable, default: normal }) => [
    flag,
    { type: "string", value, help: `${help} (${variable}; ${normal})` },
  ]),
);

export const serveCommand: Command = {
  name: "serve",
  summary: "Run the server here, in the foreground",
  usage: "[options]",
  options: flags,
  run: serve,
};

async function serve(call: Call): Promise<number> {
  if (call.text("server") !== undefined)
    throw new UsageError("“rein serve” is a server of this machine; leave --server out.");
  withDataDir(call.dataDir, makeDataDir);
  unpackProgram(call.dataDir);
  // Its log may be full, or its reader gone: the server goes on.
  for (const stream of [process.stdout, process.stderr])
    stream.removeAllListeners("error").on("error", () => {});
  const { runServer } = await import("../server/run-server");
  const given = Object.keys(flags).flatMap((name) => {
    const text = call.text(name);
    return text === undefined ? [] : [`--${name}=${text}`];
  });
  const server = await runServer(given);
  await server.warmUp();
  return new Promise(() => {}); // the process exits with the server
}
