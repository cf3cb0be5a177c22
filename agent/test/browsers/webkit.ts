/** WebKitGTK's small browser on a display of its own, through its WebDriver. */
import { createServer, type AddressInfo } from "node:net";
import { findWebKit } from "../browser-places";
import { untilAsync } from "../within";
import { actions, type Driver, type Engine, overJson } from "./driver";
import { startProgram } from "./program";

export async function launchWebKit(): Promise<Engine> {
  await using started = new AsyncDisposableStack();
  const display = startProgram([
    "Xvfb",
    "-displayfd",
    "1",
    "-screen",
    "0",
    "1600x1200x24",
    "-nolisten",
    "tcp",
  ]);
  // Also when the browser does not come up.
  started.defer(() => display.end());
  const [number] = await display.printed(/\d+/);
  const port = await freePort();
  const driver = startProgram(["WebKitWebDriver", `--port=${port}`], {
    DISPLAY: `:${number}`,
    // Software drawing, and no sound, messages or settings of this machine.
    LIBGL_ALWAYS_SOFTWARE: "1",
    GDK_BACKEND: "x11",
    GSETTINGS_BACKEND: "memory",
    NO_AT_BRIDGE: "1",
  });
  started.defer(() => driver.end());
  await untilListening(port);
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { value: T };
    if (!response.ok) throw new Error(`WebKit, ${path}: ${JSON.stringify(value)}`);
    return value;
  };
  const options = { binary: findWebKit(), args: ["--automation"] };
  const session = await call<{ sessionId: string; capabilities: Record<string, string> }>(
    "POST",
    "/session",
    { capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } } },
  );
  const at = `/session/${session.sessionId}`;
  started.defer(() => call<void>("DELETE", at).catch(() => undefined));
  const windows = new Windows(at, call);
  const { browserName, browserVersion } = session.capabilities;
  let isFirst = true;
  const running = started.move();
  return {
    name: "WebKit",
    version: `${browserName} ${browserVersion}`,
    async open() {
      const handle = isFirst
        ? await call<string>("GET", `${at}/window`)
        : (await call<{ handle: string }>("POST", `${at}/window/new`, { type: "window" })).handle;
      isFirst = false;
      return windows.driver(handle);
    },
    close: () => running.disposeAsync(),
  };
}

type Call = <T>(method: string, path: string, body?: object) => Promise<T>;

/** The driver has one current window for all: each command is for one window, and runs after the one before. */
class Windows {
  #current = "";
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly at: string,
    readonly call: Call,
  ) {}

  driver(handle: string): Driver {
    const post = <T>(path: string, body: object = {}) =>
      this.#in(handle, () => this.call<T>("POST", `${this.at}/${path}`, body));
    return {
      goto: (url) => post("url", { url }),
      reload: () => post("refresh"),
      async evaluate(call, argument) {
        const script = `return (${overJson(call)})(arguments[0])`;
        const args = [JSON.stringify(argument)];
        return JSON.parse(await post<string>("execute/sync", { script, args })) ?? undefined;
      },
      click: (x, y) => post("actions", { actions: actions.click(x, y) }),
      press: (...keys) => post("actions", { actions: actions.press(keys) }),
      resize: (width, height) => post("window/rect", { width, height }),
      screenshot: () =>
        this.#in(handle, async () => {
          const png = await this.call<string>("GET", `${this.at}/screenshot`);
          return Buffer.from(png, "base64");
        }),
      errors: [],
    };
  }

  #in<T>(handle: string, command: () => Promise<T>): Promise<T> {
    const next = this.#last.then(async () => {
      if (this.#current !== handle) await this.call("POST", `${this.at}/window`, { handle });
      this.#current = handle;
      return command();
    });
    this.#last = next.catch(() => undefined);
    return next;
  }
}

/** The driver cannot choose one by itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port: number): Promise<void> {
  const isListening = () =>
    fetch(`http://127.0.0.1:${port}/status`).then(
      ({ ok }) => ok,
      () => false,
    );
  await untilAsync(isListening, "WebKitWebDriver listens");
}
