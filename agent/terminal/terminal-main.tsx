/** @jsxImportSource @opentui/solid */
/** The terminal face: the state that the page has, drawn in a terminal. */
import { createCliRenderer } from "@opentui/core";
import { render } from "@opentui/solid";
import { ClientProvider, createClient } from "../client/state/client";
import { keepCredential } from "../client/state/credential";
import { provideHost } from "../client/state/host";
import { Screen } from "./Screen";
import { createTerminalHost } from "./terminal-host";
import type { TerminalOptions } from "./terminal-options";
import { followTerminalTheme } from "./theme";

/** Resolves with the exit code, when the terminal is as it was before. */
export async function runTerminal(options: TerminalOptions): Promise<number> {
  const { url, token, dataDir, sessionId } = options;
  const renderer = await createCliRenderer({
    exitOnCtrlC: false,
    exitSignals: [],
    targetFps: 60,
    consoleMode: "disabled",
    openConsoleOnError: false,
  });
  followTerminalTheme(renderer, process.env);
  provideHost(createTerminalHost({ renderer, url, dataDir, sessionId }));
  keepCredential(token);
  const ended = Promise.withResolvers<number>();
  await render(
    () => (
      <ClientProvider value={createClient()}>
        <Screen cwd={options.cwd} exit={ended.resolve} />
      </ClientProvider>
    ),
    renderer,
  );
  const code = await ended.promise;
  renderer.destroy();
  return code;
}
