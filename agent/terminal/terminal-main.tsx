/** @jsxImportSource @opentui/solid */
/** The terminal face: the state that the page has, drawn in a terminal. */
import { type CliRenderer, createCliRenderer } from "@opentui/core";
import { render } from "@opentui/solid";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { wordsFor } from "../client/state/api-client";
import { type Client, ClientProvider, createClient } from "../client/state/client";
import { keepCredential } from "../client/state/credential";
import { provideHost } from "../client/state/host";
import { exitLines } from "./exit-lines";
import { Screen } from "./Screen";
import { createServerAddress, createTerminalHost } from "./terminal-host";
import { createTerminalLife } from "./terminal-life";
import { logConsole } from "./terminal-log";
import type { NoScreen, ServerPlace, TerminalOptions } from "./terminal-options";
import { followTerminalTheme } from "./theme";
import { takeTypedBefore } from "./typed-before";

/** Resolves with the exit code, when the terminal is as it was before; at once where the screen cannot be drawn. */
export async function runTerminal(options: TerminalOptions): Promise<number | NoScreen> {
  const { token, node, dataDir, cwd, sessionId, chosen, ownServer } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const endLog = logConsole(join(dataDir, "terminal.log"));
  const typedBefore = takeTypedBefore();
  joinEmojiInTmux(process.env);
  let renderer: CliRenderer;
  try {
    renderer = await createRenderer();
  } catch (error) {
    endLog();
    return { lack: wordsFor(error) };
  }
  function follow(place: ServerPlace): void {
    keepCredential(place.token);
    server.move(place.url);
  }

  let client: Client | undefined;
  const life = createTerminalLife(renderer, (error) => outlives(client, error));
  followTerminalTheme(renderer, process.env);
  const server = createServerAddress(options.url);
  provideHost(createTerminalHost({ renderer, server, node, dataDir, sessionId }));
  keepCredential(token);
  await render(() => {
    client = createClient();
    return (
      <ClientProvider value={client}>
        <Screen
          begun={{ ...chosen, cwd }}
          exit={() => life.end({ code: 0 })}
          suspend={life.suspend}
          {...(ownServer !== undefined && {
            ownServer: {
              async find() {
                const found = await ownServer.find();
                if (found !== undefined && found.url !== server.url()) follow(found);
              },
              start: async (say) => follow(await ownServer.start(say)),
            },
          })}
        />
      </ClientProvider>
    );
  }, renderer);
  if (typedBefore !== "") renderer.stdin.emit("data", Buffer.from(typedBefore));
  const { code, error } = await life.ended;
  const lines = client === undefined ? [] : exitLines(client);
  life.close();
  endLog();
  await written(lines.map((line) => `${line}\n`).join(""));
  if (error !== undefined) console.error(error);
  return code;
}

/** Rejects where the native library is not for this machine, or may not be loaded. */
function createRenderer(): Promise<CliRenderer> {
  return createCliRenderer({
    exitOnCtrlC: false,
    // The life below listens to signals, and to more of them.
    exitSignals: [],
    targetFps: 60,
    useKittyKeyboard: { disambiguate: true, alternateKeys: true, events: true },
    consoleMode: "disabled",
    openConsoleOnError: false,
  });
}

/** Resolves when the terminal has all that it was sent, at most a second later: it may be gone, or held by Ctrl+S. */
function written(text: string): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 1000);
    process.stdout.write(text, () => resolve());
  });
}

/** While a run works: its keys that stop it are worth more than a screen without a fault. */
function outlives(client: Client | undefined, error: unknown): boolean {
  const stage = client?.current().stage();
  if (client === undefined || (stage !== "running" && stage !== "stopping")) return false;
  console.error("An error that nothing has caught:", error);
  client.notices.toast("A bug of Rein", "terminal.log has the details.", "bug");
  return true;
}

/**
 * tmux does not answer the question of mode 2027, and OpenTUI then counts the columns of each code point. But tmux draws a
 * family as one emoji of two columns: what was in the other columns would stay on the screen. OPENTUI_FORCE_UNICODE would
 * count so too, but leaves mode 2027 switched on after the exit.
 */
function joinEmojiInTmux(environment: NodeJS.ProcessEnv): void {
  const isTmux = environment["TMUX"] !== undefined || environment["TERM"]?.startsWith("tmux");
  if (isTmux && environment["OPENTUI_FORCE_WCWIDTH"] === undefined)
    environment["OPENTUI_FORCE_NOZWJ"] = "1";
}
