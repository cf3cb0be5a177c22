/**
 * The terminal face in a real terminal: a pane of a tmux server of its own, with keys, the painted screen, and the
 * terminal's settings.
 *
 *     await using screen = await openScreen(rein);
 *     await screen.type("Do it");
 *     await screen.press("Enter");
 *     await screen.until("Working");
 *     await screen.press("C-c");
 *     expect(await screen.exitCode).toBe(0);
 */
import { test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildTerminal } from "../terminal/build-terminal";
import { commandEnvironment, commandProgram } from "./command-line";
import type { Rein } from "./rein";
import { until as untilTrue, untilAsync } from "./within";

/** For tests that open it: left out where tmux is not installed, as `bun run test` says. */
export const screenTest = test.skipIf(Bun.which("tmux") === null);

export interface ScreenOptions {
  width?: number;
  height?: number;
  /** Of `rein`, which opens the face. */
  args?: string[];
  /** Its preferences are kept there, and are another's when none is given. */
  dataDir?: string;
  environment?: Record<string, string>;
  /** In the place of the face: the `rein` command with these arguments. */
  command?: string[];
  /** Whether the shell around it can suspend it, and go on with it. */
  hasJobControl?: boolean;
  /** A module that is loaded before it. */
  preload?: string;
  /** False: it does not wait for the first screen. */
  isWaited?: boolean;
}

export interface TerminalScreen extends AsyncDisposable {
  /** The process of the face. */
  pid: () => number;
  /** As tmux names keys: "Enter", "C-c", "M-Up", "Escape". */
  press: (...keys: string[]) => Promise<void>;
  /** Each character as a key. */
  type: (text: string) => Promise<void>;
  /** As a terminal pastes: in brackets where the program asked for them. */
  paste: (text: string) => Promise<void>;
  /** The rows as they are painted now. With `styled`, their colours too, as escape sequences. */
  capture: (styled?: boolean) => Promise<string>;
  /** Resolves with the rows once they have this text. */
  until: (shown: string | RegExp) => Promise<string>;
  resize: (width: number, height: number) => Promise<void>;
  /** Resolves once tmux has these of the pane: it reads what is written a moment later. */
  untilFlags: (wanted: Partial<PaneFlags>) => Promise<void>;
  /** Resolves when the face has exited, with its code. */
  exitCode: () => Promise<number>;
  /** The terminal's settings in the kernel, as `stty -g` gives them: before the face began, and after it has exited. */
  settings: () => { before: string; after: string };
  /** All bytes that the face, and the shell around it, have written to the terminal. */
  written: () => string;
  /** Ends the pane, as a window that is closed. */
  close: () => Promise<void>;
}

export interface PaneFlags {
  isAlternate: boolean;
  isCursorShown: boolean;
  hasMouse: boolean;
  title: string;
}

/** The words of the shell that the face is started from: they are on the main screen before it, and after it. */
export const shellWords = "shell before";

/** Starts the face on the server, in a pane. Resolves when its first screen is painted; with another command at once. */
export async function openScreen(
  rein: Pick<Rein, "url" | "token" | "cwd">,
  options: ScreenOptions = {},
): Promise<TerminalScreen> {
  if (options.command === undefined) buildTerminal();
  const place = mkdtempSync(join(tmpdir(), "rein-screen-"));
  const screen = await startPane(rein, options, place);
  const isWaited = options.isWaited ?? options.command === undefined;
  // The session may be there at the first painting, with a run that works or asks.
  if (isWaited) await screen.until(/Ready|Working|Waiting for your answer|cannot be reached/);
  return screen;
}

async function startPane(
  rein: Pick<Rein, "url" | "token" | "cwd">,
  options: ScreenOptions,
  place: string,
): Promise<TerminalScreen> {
  const { width = 80, height = 24, dataDir = join(place, "data"), args = [] } = options;
  const { hasJobControl = true } = options;
  const file = (name: string) => join(place, name);
  const tmux = (...words: string[]) => runTmux(file("socket"), words);
  const words = [commandProgram, ...(options.command ?? ["--data-dir", dataDir, ...args])];
  const loaded = options.preload === undefined ? [] : ["--preload", options.preload];
  const command = [process.execPath, ...loaded, ...words].map(quoted).join(" ");
  await Bun.write(
    file("start"),
    `echo '${shellWords}'
set ${hasJobControl ? "-m" : "+m"}
stty -g > ${file("before")}
sh -c 'echo $$ > ${file("pid")}; exec "$0" "$@"' ${command}
echo $? > ${file("code.part")}
stty -g > ${file("after")}
mv ${file("code.part")} ${file("code")}
`,
  );
  await Bun.write(file("inputrc"), "set enable-bracketed-paste off\n");
  const environment = Object.entries({
    ...baseEnvironment(),
    ...commandEnvironment(rein),
    // Else the modes of the shell's own prompt would be mistaken for those of the face.
    INPUTRC: file("inputrc"),
    ...options.environment,
  });
  const shell = ["bash", "--norc", "--noprofile", "-i"];
  const begun = ["env", "-i", ...environment.map(([name, value]) => `${name}=${value}`), ...shell];
  const size = ["-x", `${width}`, "-y", `${height}`, "-c", rein.cwd];
  await tmux("-f", "/dev/null", "new-session", "-d", ...size, begun.map(quoted).join(" "));
  await tmux("set-option", "-g", "focus-events", "on");
  await tmux("pipe-pane", `cat > ${file("written")}`);
  await tmux("send-keys", "-l", `. ${file("start")}`);
  await tmux("send-keys", "Enter");

  async function capture(styled = false): Promise<string> {
    return await tmux("capture-pane", "-p", ...(styled ? ["-e"] : []));
  }

  async function until(shown: string | RegExp): Promise<string> {
    let rows = "";
    const isShown = async (): Promise<boolean> => {
      rows = await capture();
      return typeof shown === "string" ? rows.includes(shown) : shown.test(rows);
    };
    try {
      await untilAsync(isShown, `${shown} on the screen`);
    } catch (error) {
      throw new Error(`${String(error)}; it shows:\n${rows}`, { cause: error });
    }
    return rows;
  }

  async function flags(): Promise<PaneFlags> {
    const format = "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{pane_title}";
    const [alternate, cursor, mouse, ...title] = (await tmux("display-message", "-p", format))
      .trimEnd()
      .split(" ");
    return {
      isAlternate: alternate === "1",
      isCursorShown: cursor === "1",
      hasMouse: mouse === "1",
      title: title.join(" "),
    };
  }

  async function untilFlags(wanted: Partial<PaneFlags>): Promise<void> {
    let found: PaneFlags | undefined;
    try {
      await untilAsync(
        async () => {
          found = await flags();
          return Bun.deepEquals({ ...found, ...wanted }, found);
        },
        `${JSON.stringify(wanted)} of the terminal`,
      );
    } catch (error) {
      throw new Error(`${String(error)}; it has ${JSON.stringify(found)}`, { cause: error });
    }
  }

  return {
    capture,
    until,
    untilFlags,
    pid: () => Number(readFileSync(file("pid"), "utf8")),
    press: async (...keys) => void (await tmux("send-keys", ...keys)),
    type: async (text) => void (await tmux("send-keys", "-l", text)),
    async paste(text) {
      await Bun.write(file("pasted"), text);
      await tmux("load-buffer", file("pasted"));
      await tmux("paste-buffer", "-p", "-r");
    },
    resize: async (columns, rows) =>
      void (await tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`)),
    async exitCode() {
      await untilTrue(() => existsSync(file("code")), "the face exits");
      return Number(readFileSync(file("code"), "utf8"));
    },
    settings: () => ({
      before: readFileSync(file("before"), "utf8"),
      after: readFileSync(file("after"), "utf8"),
    }),
    written: () => readFileSync(file("written"), "latin1"),
    close: async () => void (await tmux("kill-pane")),
    async [Symbol.asyncDispose]() {
      await tmux("kill-server").catch(() => "the pane was closed, and with it the server");
      rmSync(place, { recursive: true, force: true });
    },
  };
}

/** Nothing of the terminal that the tests are run in. */
function baseEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: process.env.HOME ?? "",
    LANG: "C.UTF-8",
    TERM: "tmux-256color",
    PS1: "$ ",
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

async function runTmux(socket: string, words: string[]): Promise<string> {
  const child = Bun.spawn(["tmux", "-u", "-S", socket, ...words], {
    env: { PATH: process.env.PATH ?? "", LANG: "C.UTF-8" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, failure, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`tmux ${words.join(" ")}: ${failure}`);
  return output;
}

/** The private modes of the terminal that are on after these bytes: mouse, paste, focus, the other screen, the cursor. */
export function modesOn(written: string): Set<number> {
  const on = new Set<number>([cursorShown]);
  // oxlint-disable-next-line no-control-regex -- what switches them
  for (const [, numbers, action] of written.matchAll(/\x1b\[\?([\d;]+)([hl])/g))
    for (const mode of (numbers ?? "").split(";").map(Number))
      if (action === "h") on.add(mode);
      else on.delete(mode);
  return on;
}

export const cursorShown = 25;
