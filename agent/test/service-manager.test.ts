/** A service manager is told when the server serves, when it ends, and only while it does not hang. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { toolCallsOf } from "../shared/message-parts";
import { takeServiceVariables } from "../server/config/service-variables";
import { datagramsTo } from "../server/processes/linux/libc";
import { tellServiceManager } from "../server/service/service-manager";
import { Store } from "../server/store/store";
import { chatCompletionsOnly } from "./api-scene";
import { NotifySocket } from "./notify-socket";
import { type Rein, startRein } from "./rein";
import { temporaryDirectory } from "./temporary-directory";
import { startUpstream, text, toolCall } from "./upstream/upstream";
import { until } from "./within";

describe.skipIf(process.platform !== "linux")("a server under a service manager", () => {
  test.each(["a file", "an abstract name"])(
    "says on a socket of %s that it serves, where, and that it ends",
    async (kind) => {
      using directory = temporaryDirectory();
      const path = kind === "a file" ? join(directory.path, "notify") : `@${crypto.randomUUID()}`;
      using socket = new NotifySocket(path);
      await using rein = await watched(path);
      await socket.heard(/^READY=1$/m);
      await socket.heard(new RegExp(`^STATUS=At ${rein.url}\\. Processes: `, "m"));
      expect(socket.received.join("\n")).not.toContain("token");
      rein.signal("SIGTERM");
      await socket.heard(/^STOPPING=1$/m);
      expect(await rein.exited).toBe(0);
    },
  );

  test("beats while it serves, not while it is stopped, and again when it goes on", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "notify");
    using socket = new NotifySocket(path);
    await using rein = await watched(path, { WATCHDOG_USEC: "80000" });
    await socket.heard(/^WATCHDOG=1$/, 5);
    rein.signal("SIGSTOP");
    await until(() => stateOf(rein.pid) === "T");
    const { length } = socket.read();
    await Bun.sleep(400); // the time in which there would be twenty
    expect(socket.read()).toHaveLength(length);
    rein.signal("SIGCONT");
    await socket.heard(/^WATCHDOG=1$/, length + 5);
  });

  test("and its jobs have no address of it in their environment", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "notify");
    using _socket = new NotifySocket(path);
    const upstream = startUpstream();
    await using closing = new AsyncDisposableStack();
    closing.defer(() => upstream.close());
    await using rein = await watched(path, {
      ...chatCompletionsOnly(upstream),
      WATCHDOG_USEC: "1000000",
      REIN_ENVIRONMENT: "NOTIFY_SOCKET, WATCHDOG_*",
    });
    upstream.script([toolCall("bash", { command: "env" })], [text("There.")]);
    const request = { provider: "openai-chat", model: "local-model", permissions: "all" } as const;
    const chat = rein.chat({ ...request, message: "Look", cwd: rein.cwd });
    await chat.ended;
    const [call] = toolCallsOf(chat.session.messages[1]!);
    expect(call!.output).toContain("PATH=");
    expect(call!.output).not.toMatch(/NOTIFY_|WATCHDOG_/);
  });

  test("serves without one that listens, and with an address that is none", async () => {
    using directory = temporaryDirectory();
    for (const path of [join(directory.path, "nobody"), `/${"x".repeat(200)}`, "vsock:2:1234"]) {
      await using rein = await watched(path, { WATCHDOG_USEC: "10000" });
      expect((await rein.fetch("/api/health")).status).toBe(200);
    }
  });
});

describe("the beat of the watchdog", () => {
  test("stops when the database does not answer", async () => {
    let answers = true;
    const sent: string[] = [];
    const send = (text: string) => sent.push(text) > 0;
    using manager = tellServiceManager({ watchdogMs: 8, send, isAnswering: () => answers });
    await Bun.sleep(20);
    expect(sent).toEqual([]); // it does not serve yet
    manager.ready("At some place");
    await until(() => sent.length > 4);
    answers = false;
    const { length } = sent;
    await Bun.sleep(60);
    expect(sent).toHaveLength(length);
  });

  test("asks the database itself", () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "rein.db");
    const store = new Store(path);
    expect(store.isAnswering()).toBe(true);
    store.close();
    expect(store.isAnswering()).toBe(false);
  });
});

test("a message that is not taken is sent again, in its order, and given up at last", async () => {
  const sent: string[] = [];
  let refused = 3;
  const send = (text: string) => refused-- <= 0 && sent.push(text) > 0;
  using manager = tellServiceManager({ send, isAnswering: () => true });
  manager.ready("At\nsome place");
  manager.stopping();
  await until(() => sent.length === 2);
  expect(sent).toEqual(["READY=1\nSTATUS=At some place", "STOPPING=1\nSTATUS=Ending in order"]);
});

test("a socket that nothing reads is full, and does not keep the sender", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "notify");
  using socket = new NotifySocket(path);
  const send = datagramsTo(path);
  let count = 0;
  while (send("READY=1") && count < 100_000) count++;
  expect(count).toBeLessThan(100_000);
  expect(socket.read()).toHaveLength(count);
  expect(send("READY=1")).toBe(true);
});

test("the variables are those of this process, and are taken out of the environment", () => {
  const given = (more: Record<string, string>) => {
    const environment = { PATH: "/bin", ...more };
    return [takeServiceVariables(environment, 7), environment];
  };
  const none = { PATH: "/bin" };
  const socket = "/run/notify";
  expect(given({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: "3000000", WATCHDOG_PID: "7" })).toEqual([
    { socket, watchdogMs: 3000 },
    none,
  ]);
  expect(given({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: "3000000", WATCHDOG_PID: "8" })).toEqual([
    { socket },
    none,
  ]);
  for (const odd of ["", "soon", "-5", "0", "1"])
    expect(given({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: odd })).toEqual([{ socket }, none]);
  for (const odd of ["", "run/notify", "vsock:2:1", "@", "/"])
    expect(given({ NOTIFY_SOCKET: odd, WATCHDOG_USEC: "3000000" })).toEqual([undefined, none]);
});

function watched(path: string, more: Record<string, string> = {}): Promise<Rein> {
  return startRein({ environment: { NOTIFY_SOCKET: path, ...more } });
}

/** A letter of proc(5). */
function stateOf(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]![0]!;
}
