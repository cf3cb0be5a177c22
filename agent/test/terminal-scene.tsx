/** @jsxImportSource @opentui/solid */
/**
 * The terminal face on a real server, drawn into a test's own screen. Import it dynamically, after
 * "@opentui/solid/preload": only then can its components be read.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestRenderer, type TestRendererSetup } from "@opentui/core/testing";
import { render } from "@opentui/solid";
import { type Client, ClientProvider, createClient } from "../client/state/client";
import { keepCredential } from "../client/state/credential";
import { provideHost } from "../client/state/host";
import { Screen } from "../terminal/Screen";
import { createServerAddress, createTerminalHost } from "../terminal/terminal-host";
import { untilAsync } from "./within";

export interface TerminalScene extends AsyncDisposable, TestRendererSetup {
  /** What is painted, once it holds this text. */
  shows: (text: string | RegExp) => Promise<string>;
  /** What is painted, once it does not hold this text. */
  hides: (text: string) => Promise<string>;
  /** What is painted now. */
  frame: () => Promise<string>;
  press: (key: keyof typeof sequences) => void;
  /** Selects the last card, or the one above the selected one. */
  select: () => void;
}

/** As a terminal sends them. */
const sequences = { PageUp: "\x1b[5~", PageDown: "\x1b[6~", Home: "\x1b[H", End: "\x1b[F" };

export interface TerminalSceneOptions {
  url: string;
  token: string;
  sessionId?: string;
  width?: number;
  height?: number;
  /** The state that the face is given, made of the real one. */
  change?: (client: Client) => Client;
}

export async function openScreen(options: TerminalSceneOptions): Promise<TerminalScene> {
  const { url, token, sessionId, width = 80, height = 24, change = (client) => client } = options;
  const dataDir = mkdtempSync(join(tmpdir(), "rein-terminal-"));
  const setup = await createTestRenderer({
    width,
    height,
    exitOnCtrlC: false,
    // A listener to SIGPIPE that is removed leaves the signal deadly in Bun, and other files are tested by this process.
    exitSignals: [],
    useMouse: true,
  });
  const server = createServerAddress(url);
  provideHost(createTerminalHost({ renderer: setup.renderer, server, dataDir, sessionId }));
  keepCredential(token);
  await render(
    () => (
      <ClientProvider value={change(createClient())}>
        <Screen begun={{ cwd: dataDir }} exit={() => {}} suspend={() => {}} />
      </ClientProvider>
    ),
    setup.renderer,
  );
  async function frame(): Promise<string> {
    await setup.renderOnce();
    return setup.captureCharFrame();
  }
  const has = (painted: string, text: string | RegExp) =>
    typeof text === "string" ? painted.includes(text) : text.test(painted);
  async function once(isPainted: (painted: string) => boolean): Promise<string> {
    let painted = "";
    await untilAsync(
      async () => isPainted((painted = await frame())),
      () => `the text is painted. Painted is:\n${painted}`,
    );
    return painted;
  }
  return {
    ...setup,
    frame,
    press: (key) => setup.mockInput.pressKey(sequences[key]),
    select: () => setup.mockInput.pressArrow("up", { meta: true }),
    shows: (text) => once((painted) => has(painted, text)),
    hides: (text) => once((painted) => !has(painted, text)),
    [Symbol.asyncDispose]: async () => {
      setup.renderer.destroy();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
