/** Firefox without a window, through the BiDi socket that it opens itself. */
import { findFirefox } from "../browser-places";
import { within } from "../within";
import { actions, type Driver, type Engine, overJson } from "./driver";
import { startProgram } from "./program";

/** Without a window it has no pointer at all: here a mouse, which is precise and hovers. */
const preferences = ["primary", "all"]
  .map((which) => `user_pref("ui.${which}PointerCapabilities", 6);\n`)
  .join("");

export async function launchFirefox(): Promise<Engine> {
  await using started = new AsyncDisposableStack();
  const browser = startProgram(
    [findFirefox()!, "--headless", "--no-remote", "--profile", ".", "--remote-debugging-port=0"],
    { MOZ_CRASHREPORTER_DISABLE: "1" },
    { "user.js": preferences },
  );
  // Also when it does not come up.
  started.defer(() => browser.end());
  const [, address] = await browser.printed(/BiDi listening on (ws:\/\/\S+)/);
  const socket = await connect(`${address}/session`);
  started.defer(() => socket.close());
  const { send } = socket;
  const { capabilities } = await send<{ capabilities: Record<string, string> }>("session.new", {
    capabilities: {},
  });
  await send("session.subscribe", { events: ["log.entryAdded"] });
  const running = started.move();
  return {
    name: "Firefox",
    version: `${capabilities["browserName"]} ${capabilities["browserVersion"]}`,
    async open() {
      const { context } = await send<{ context: string }>("browsingContext.create", {
        type: "window",
      });
      return createDriver(context, socket);
    },
    close: () => running.disposeAsync(),
  };
}

interface Socket {
  send: <T = unknown>(method: string, params: object) => Promise<T>;
  /** Each context's errors. */
  errors: Record<string, string[]>;
  close(): void;
}

interface Answer {
  type: "success" | "error" | "event";
  id?: number;
  result?: unknown;
  message?: string;
  params?: { level: string; text: string; source?: { context?: string } };
}

async function connect(address: string): Promise<Socket> {
  const socket = new WebSocket(address);
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const errors: Record<string, string[]> = {};
  let lastId = 0;
  socket.addEventListener("message", (event) => {
    const answer = JSON.parse(String(event.data)) as Answer;
    const waiter = waiting.get(answer.id ?? 0);
    if (answer.type === "success") waiter?.resolve(answer.result);
    else if (answer.type === "error") waiter?.reject(new Error(`Firefox: ${answer.message}`));
    else if (answer.params?.level === "error")
      errors[answer.params.source?.context ?? ""]?.push(answer.params.text);
  });
  await within(
    "Firefox accepts the connection",
    new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    }),
  );
  return {
    send<T>(method: string, params: object) {
      const waiter = Promise.withResolvers<unknown>();
      waiting.set(++lastId, waiter);
      socket.send(JSON.stringify({ id: lastId, method, params }));
      return within(`Firefox answers ${method}`, waiter.promise as Promise<T>);
    },
    errors,
    close: () => socket.close(),
  };
}

function createDriver(context: string, { send, errors }: Socket): Driver {
  const perform = async (list: object[]) =>
    void (await send("input.performActions", { context, actions: list }));
  return {
    goto: async (url) =>
      void (await send("browsingContext.navigate", { context, url, wait: "complete" })),
    reload: async () => void (await send("browsingContext.reload", { context, wait: "complete" })),
    async evaluate(call, argument) {
      const answer = await send<{ result?: { value: string }; exceptionDetails?: object }>(
        "script.callFunction",
        {
          functionDeclaration: overJson(call),
          arguments: [{ type: "string", value: JSON.stringify(argument) }],
          target: { context },
          awaitPromise: true,
        },
      );
      if (!answer.result) throw new Error(JSON.stringify(answer.exceptionDetails));
      return JSON.parse(answer.result.value) ?? undefined;
    },
    click: (x, y) => perform(actions.click(x, y)),
    press: (...keys) => perform(actions.press(keys)),
    resize: async (width, height) =>
      void (await send("browsingContext.setViewport", { context, viewport: { width, height } })),
    async screenshot() {
      const { data } = await send<{ data: string }>("browsingContext.captureScreenshot", {
        context,
      });
      return Buffer.from(data, "base64");
    },
    errors: (errors[context] ??= []),
  };
}
