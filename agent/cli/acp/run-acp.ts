/** `rein acp`: speaks ACP with the editor that has started it, by lines on standard input and output. */
import { ndJsonStream } from "@agentclientprotocol/sdk";
import type { Rein } from "../../sdk/create-rein";
import { createAcpAgent } from "./acp-methods";

/** How long a stop may take once the editor is gone; then the connection to the server is closed, which stops the run too. */
const goneMs = 10_000;

/** Resolves with the exit code when the editor has closed its side and everything that it had started has ended. */
export async function runAcp(rein: Rein): Promise<number> {
  const { app, close } = createAcpAgent(rein);
  // Without a listener a write to an editor that is gone would end this process before its stops are sent.
  process.stdout.on("error", () => undefined);
  const connection = app.connect(ndJsonStream(output(), Bun.stdin.stream()));
  await connection.closed;
  const late = new Promise<void>((resolve) => setTimeout(resolve, goneMs));
  await Promise.race([close(), late]);
  return 0;
}

/** A write resolves when the editor's side has taken it: a slow editor is waited for. */
function output(): WritableStream<Uint8Array> {
  return new WritableStream({
    write: (bytes) =>
      new Promise((resolve, reject) => {
        process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
  });
}
