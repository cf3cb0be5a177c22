/** `rein doctor`: what the server's machine allows and what to do about the rest, in one screen. */
import { version } from "../../package.json";
import { hasTerminalPackages } from "../prepare";
import { ApiError } from "../sdk/create-rein";
import type { Finding, FindingState } from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { wrapped } from "../terminal/wrapped-text";
import { answerMs, type Call, CommandFailed } from "./command";
import type { Connection } from "./connect";
import { jsonLine, writeOutput } from "./standard-output";

/** Resolves with 1 when something is broken. It starts the server: only that can say what it finds. */
export async function printDoctor(call: Call): Promise<number> {
  const findings = await ofServer(call);
  findings.push(ofTerminal());
  if (call.has("json")) await writeOutput(jsonLine({ findings }));
  else await writeOutput(`${findings.flatMap(linesOf).join("\n")}\n`);
  return findings.some(({ state }) => state === "broken") ? 1 : 0;
}

const marks: Record<FindingState, string> = { ok: "✓", missing: "–", broken: "✗" };
const [red, plain] = ["\x1b[31m", "\x1b[39m"];

/** For the mark and the name. */
const indent = 13;
const widest = 100;

function linesOf({ about, state, words, advice, command }: Finding): string[] {
  const [first = "", ...rest] = folded(words);
  const head = `${marks[state]} ${about.padEnd(indent - 3)} ${first}`;
  const isRed = state === "broken" && process.stdout.isTTY && !process.env["NO_COLOR"];
  const next = [advice, command].filter((one) => one !== undefined).join(": ");
  const [hint, ...more] = next === "" ? [] : folded(next, 2);
  return [
    isRed ? `${red}${head}${plain}` : head,
    ...rest.map((line) => " ".repeat(indent) + line),
    ...(hint === undefined ? [] : [`${" ".repeat(indent)}→ ${hint}`]),
    ...more.map((line) => " ".repeat(indent + 2) + line),
  ];
}

/** Only for a person: a script gets whole lines. */
function folded(words: string, hanging = 0): string[] {
  const text = terminalLine(words);
  if (!process.stdout.isTTY) return [text];
  return wrapped(text, Math.min(process.stdout.columns, widest) - indent - hanging);
}

/** What only this command knows. */
function ofTerminal(): Finding {
  const about = "Terminal";
  if (hasTerminalPackages())
    return { about, state: "ok", words: "the packages of the full screen are installed" };
  return {
    about,
    state: "missing",
    words: "the packages of the full screen are not installed yet",
    advice: "“rein” installs them when it first opens",
  };
}

async function ofServer(call: Call): Promise<Finding[]> {
  let connection: Connection;
  try {
    connection = await call.connect("terminal");
  } catch (error) {
    if (!(error instanceof CommandFailed || error instanceof ApiError)) throw error;
    return [
      { about: "Rein", state: "ok", words: `${version}, Bun ${Bun.version}` },
      { about: "Server", state: "broken", words: error.message },
    ];
  }
  const { rein, url } = connection;
  const cwd = call.isRemote ? undefined : process.cwd();
  const { findings } = await rein.machine(cwd, AbortSignal.timeout(answerMs));
  return [{ about: "Server", state: "ok", words: url }, ...findings];
}
