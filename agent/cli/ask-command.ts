/** `rein` without the name of a command: opens the face for people, or sends a message. */
import { hasTerminalPackages, installTerminalPackages, StepFailed } from "../prepare";
import { NotUnpacked, unpackProgram } from "../server/unpack-program";
import { terminalText } from "../shared/terminal-safe";
import { askFlags, type Chosen, chosenOf } from "./ask-flags";
import { checkPaths, withFiles } from "./attached-paths";
import { callersDirectory } from "./called-from";
import { findSession, newestSession } from "./choose-session";
import { type Call, type Command, UsageError } from "./command";
import type { Connection } from "./connect";
import { readPipedInput } from "./piped-input";
import type { AnswerForm } from "./print-answer";
import { sendTyped } from "./typed-message";

export const askCommand: Command = {
  name: "",
  summary: "Talk with the agent in this directory",
  usage: '[COMMAND | "MESSAGE"] [options]',
  positionals: Infinity,
  options: askFlags,
  run: ask,
};

async function ask(call: Call): Promise<number> {
  const chosen = chosenOf(call);
  const form = formOf(call);
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const words = call.positionals.join(" ").trim();
  const named = call.all("attach");
  if (words === "" && form === undefined && isTerminal && named.length === 0)
    return openFace(call, chosen);
  const piped = process.stdin.isTTY ? "" : (await readPipedInput()).trim();
  if (words === "" && piped === "" && named.length === 0) throw new UsageError(nothingAsked);
  const paths = await checkPaths(named);
  const { rein } = await call.connect("terminal");
  const begun = await withSession(rein, call, chosen);
  const request = await withFiles(rein, begun, paths);
  if (request === undefined) {
    process.stderr.write("Stopped before the files were uploaded: nothing was sent.\n");
    return 130;
  }
  // What is only piped in comes from a script.
  const asText = form ?? (words === "" ? "text" : undefined);
  if (asText !== undefined) {
    const { printAnswer } = await import("./print-answer");
    return sendTyped(words, piped, (said) =>
      printAnswer(rein, { ...request, ...said }, asText, call.has("verbose")),
    );
  }
  const { showRun } = await import("./line-face");
  return sendTyped(words, piped, (said) => showRun(rein, { ...request, ...said }));
}

const nothingAsked =
  'Nothing is asked: neither a message nor standard input has any text. For example: rein -p "What does this project do?"';

function formOf(call: Call): AnswerForm | undefined {
  if (call.has("json") && call.has("stream-json"))
    throw new UsageError("Choose one of --json and --stream-json.");
  if (call.has("stream-json")) return "stream-json";
  if (call.has("json")) return "json";
  return call.has("print") ? "text" : undefined;
}

/** With the session that --session or --continue means. */
async function withSession(rein: Connection["rein"], call: Call, chosen: Chosen): Promise<Chosen> {
  const { sessionId } = chosen;
  if (sessionId !== undefined)
    return { ...chosen, sessionId: (await findSession(rein, sessionId)).id };
  if (!call.has("continue")) return chosen;
  return { ...chosen, sessionId: (await newestSession(rein, directoryOf(call, chosen))).id };
}

/** That of a new session. With a server elsewhere, this machine's directories mean nothing there. */
function directoryOf(call: Call, { cwd }: Chosen): string | undefined {
  return cwd ?? (call.isRemote ? undefined : callersDirectory());
}

/** The full screen, or lines of text where a terminal cannot show it or its packages cannot be installed. */
async function openFace(call: Call, chosen: Chosen): Promise<number> {
  const connection = await call.connect("terminal");
  const begun = await withSession(connection.rein, call, chosen);
  if (!call.has("plain") && process.env["TERM"] !== "dumb" && installScreen(call.dataDir)) {
    const { openScreen } = await import("./open-screen");
    const end = await openScreen(connection, begun, call);
    if (typeof end === "number") return end;
    process.stderr.write(`${terminalText(noScreenWords(end.lack))}\n`);
  }
  const { openLineFace } = await import("./line-face");
  return openLineFace(connection.rein, begun, () => directoryOf(call, chosen));
}

function noScreenWords(lack: string): string {
  return `rein: The full screen cannot be drawn here: ${lack}. Here are plain lines; “rein --plain” asks for them.`;
}

/** Whether the packages of the full screen are there now, or its files in the single binary. */
function installScreen(dataDir: string): boolean {
  const say = (words: string) => process.stderr.write(`${words}\n`);
  try {
    installTerminalPackages(say);
    unpackProgram(dataDir);
    if (!hasTerminalPackages()) say(noScreenWords("it is not in this binary"));
    return hasTerminalPackages();
  } catch (error) {
    if (!(error instanceof StepFailed || error instanceof NotUnpacked)) throw error;
    if (error instanceof StepFailed) process.stderr.write(terminalText(error.output));
    say(`rein: ${error.message} Here are plain lines; “rein --plain” asks for them.`);
    return false;
  }
}
