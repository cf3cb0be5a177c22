/** `rein stdio`: its flags, and the standard input, output and signals of the process. */
import { id } from "../../shared/requests/value-schemas";
import { callersDirectory } from "../called-from";
import { type Call, type Command, UsageError } from "../command";
import { watchReader } from "../output-reader";
import { writeOutput } from "../standard-output";

export const stdioCommand: Command = {
  name: "stdio",
  summary: "Talk by lines of JSON on standard input and output",
  usage: "[--session ID] [--detach] [--schema]",
  options: {
    session: { type: "string", value: "ID", help: "Go on with this session" },
    detach: { type: "boolean", help: "What it has started goes on when the input ends" },
    schema: { type: "boolean", help: "Print the JSON Schemas of the lines, and exit" },
  },
  run,
};

async function run(call: Call): Promise<number> {
  const sessionId = call.text("session");
  if (sessionId !== undefined && !id.safeParse(sessionId).success)
    throw new UsageError(`“${sessionId}” is no id of a session; “rein sessions” lists them.`);
  if (call.has("schema")) return printSchemas();
  const { rein } = await call.connect("api");
  const { runStdio } = await import("./run-stdio");
  const { stdout } = process;
  // Its writes say so too.
  stdout.on("error", () => {});
  return runStdio({
    rein,
    cwd: callersDirectory(),
    sessionId,
    detach: call.has("detach"),
    input: Bun.stdin.stream(),
    output: stdout,
    watchReader,
    onSignal,
  });
}

async function printSchemas(): Promise<number> {
  const { schemaDocument } = await import("./schema-document");
  await writeOutput(`${JSON.stringify(schemaDocument(), undefined, 2)}\n`);
  return 0;
}

const endSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function onSignal(listener: () => void): () => void {
  for (const name of endSignals) process.on(name, listener);
  return () => {
    for (const name of endSignals) process.off(name, listener);
  };
}
