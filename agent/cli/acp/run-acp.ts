/** `rein acp`: speaks ACP with the editor that has started it, by lines on standard input and output. */
import { MessageTooLargeError, ndJsonStream } from "@agentclientprotocol/sdk";
import { CommandFailed } from "../command";
import type { Connection } from "../connect";
import { watchReader } from "../output-reader";
import { createAcpAgent } from "./acp-methods";
import { answerBeforeEnd } from "./end-of-input";

/** How long a stop may take once the editor is gone; then the connection to the server is closed, which stops the run too. */
const goneMs = 10_000;

/**
 * `connect` finds the server again, or starts it. Resolves with the exit code when the editor has closed a side and everything that it had started has ended. Throws
 * CommandFailed when it has sent too long a line.
 */
export async function runAcp(
  connection: Connection,
  connect: () => Promise<Connection>,
): Promise<number> {
  const { app, close } = createAcpAgent(connection, connect);
  // Without a listener a write to an editor that is gone would end this process before its stops are sent.
  process.stdout.on("error", () => undefined);
  const lines = ndJsonStream(output(), Bun.stdin.stream());
  const editor = app.connect(answerBeforeEnd(lines, () => void close(), goneMs));
  const unread = Promise.withResolvers<void>();
  using _reader = watchReader(unread.resolve);
  await Promise.race([editor.closed, unread.promise]);
  const late = new Promise<void>((resolve) => setTimeout(resolve, goneMs));
  await Promise.race([close(), late]);
  const { reason } = editor.signal as { reason: unknown };
  if (reason instanceof MessageTooLargeError) throw new CommandFailed(tooLong(reason));
  return 0;
}

function tooLong({ maxMessageBytes }: MessageTooLargeError): string {
  return `The editor has sent a line of more than ${maxMessageBytes / 2 ** 20} MB, which ends the connection.`;
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
