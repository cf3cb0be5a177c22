/**
 * People with Unix accounts made for a test, behind a server that runs as root; and what they have the model's commands do.
 *
 *     const scene = unixPeople();
 *     scene.test("…", async () => {
 *       expect(await scene.anna.command("id -un")).toContain(scene.anna.account);
 */
import { afterAll, beforeAll, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChatRequest } from "../shared/requests";
import { isRoot } from "./ordinary-user";
import { Chat, type Rein, startRein } from "./rein";
import { startUpstream, text, toolCall, type Upstream } from "./upstream/upstream";
import { until } from "./within";

export interface UnixPerson {
  name: string;
  account: string;
  uid: number;
  home: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  json<T>(path: string, init?: RequestInit): Promise<T>;
  chat(request?: Partial<ChatRequest>): Chat;
  /** What a model's command of this person prints. */
  command(line: string): Promise<string>;
  /** What a tool answers a model of this person. */
  tool(name: string, input: Record<string, unknown>): Promise<string>;
  /** The ids of all processes of the account. */
  processes(): number[];
}

export interface UnixPeople {
  test: (title: string, body: () => Promise<void>) => void;
  readonly rein: Rein;
  readonly upstream: Upstream;
  readonly anna: UnixPerson;
  readonly bob: UnixPerson;
  /** As olga, an admin without an account. */
  admin(path: string, init?: RequestInit): Promise<Response>;
  /** Another server on a data directory of its own, with the same people. */
  start(
    environment?: Record<string, string>,
  ): Promise<{ rein: Rein; as: (one: UnixPerson) => UnixPerson }>;
}

const lack = !isRoot
  ? " (skipped: it needs root)"
  : ["useradd", "setpriv"].every((name) => Bun.which(name, { PATH: paths() }))
    ? ""
    : " (skipped: it needs useradd and setpriv)";

function paths(): string {
  return `${process.env["PATH"]}:/usr/sbin:/sbin`;
}

/** Call it at the top level of a test file. */
export function unixPeople(): UnixPeople {
  let upstream: Upstream;
  let rein: Rein;
  const people: UnixPerson[] = [];
  const cleanUp = new AsyncDisposableStack();

  const environment = () => ({
    ...upstream.environment,
    REIN_UNIX_USERS: people.map(({ name, account }) => `${name}=${account}`).join(),
    REIN_USER_HEADER: "X-Forwarded-User",
    REIN_TRUSTED_PROXIES: "127.0.0.1",
    REIN_ADMINS: "olga",
  });
  const start: UnixPeople["start"] = async (more = {}) => {
    const own = await startRein({ environment: { ...environment(), ...more } });
    const as = (one: UnixPerson) => personAt(own, upstream, one.name, one.account);
    return { rein: own, as };
  };

  if (lack === "")
    beforeAll(async () => {
      upstream = startUpstream();
      cleanUp.defer(() => upstream.close());
      for (const name of ["anna", "bob"]) {
        const account = `rein-${name}-${crypto.randomUUID().slice(0, 6)}`;
        makeAccount(account);
        cleanUp.defer(() => removeAccount(account));
        people.push({ name, account } as UnixPerson);
      }
      const started = await start();
      ({ rein } = started);
      cleanUp.use(rein);
      people.forEach((one, index) => (people[index] = started.as(one)));
    });
  afterAll(() => cleanUp.disposeAsync());

  return {
    test: (title, body) => (lack === "" ? test : test.skip)(title + lack, body),
    start,
    admin: (path, init = {}) =>
      fetch(rein.url + path, { ...init, headers: { "X-Forwarded-User": "olga" } }),
    get rein() {
      return rein;
    },
    get upstream() {
      return upstream;
    },
    get anna() {
      return people[0]!;
    },
    get bob() {
      return people[1]!;
    },
  };
}

function personAt(rein: Rein, upstream: Upstream, name: string, account: string): UnixPerson {
  const { uid, home } = lookUp(account);
  const call = (path: string, init: RequestInit = {}) =>
    fetch(rein.url + path, {
      ...init,
      headers: { "X-Forwarded-User": name, ...(init.headers as Record<string, string>) },
    });
  const chat: UnixPerson["chat"] = (request = {}) => {
    const body = JSON.stringify({
      message: "Do it",
      provider: "anthropic",
      model: "claude-sonnet-5",
      permissions: "all",
      ...request,
    });
    return new Chat((signal) => call("/api/chat", { method: "POST", body, signal }));
  };
  const tool: UnixPerson["tool"] = async (tool, input) => {
    upstream.script([toolCall(tool, input)], [text("Done.")]);
    const own = chat();
    await own.ended;
    return own.session.messages
      .flatMap(({ parts }) => parts)
      .flatMap((part) => (part.type === "tool-call" ? [part.output ?? ""] : []))
      .join("\n");
  };
  return {
    name,
    account,
    uid,
    home,
    fetch: call,
    async json(path, init) {
      const answer = await call(path, init);
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    chat,
    tool,
    command: (line) => tool("bash", { command: line }),
    processes: () => processesOf(uid),
  };
}

/** All processes of a Unix user. */
export function processesOf(uid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => statusOf(name, uid))
    .map(Number);
}

function statusOf(pid: string, uid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return new RegExp(`^Uid:\\s+${uid}\\s`, "m").test(status) && !/^State:\s+Z/m.test(status);
  } catch {
    return false; // it has ended
  }
}

function lookUp(account: string): { uid: number; home: string } {
  const { stdout } = Bun.spawnSync(["getent", "passwd", account]);
  const [, , uid, , , home = ""] = stdout.toString().trim().split(":");
  return { uid: Number(uid), home };
}

function makeAccount(account: string): void {
  const home = join(mkdtempSync(join(tmpdir(), "rein-homes-")), account);
  Bun.spawnSync(["chmod", "755", join(home, "..")]);
  run("useradd", "--create-home", "--home-dir", home, "--shell", "/bin/bash", account);
  run("chmod", "700", home);
}

async function removeAccount(account: string): Promise<void> {
  const { uid, home } = lookUp(account);
  await until(() => {
    for (const pid of processesOf(uid)) process.kill(pid, "SIGKILL");
    return processesOf(uid).length === 0;
  });
  run("userdel", account);
  rmSync(join(home, ".."), { recursive: true, force: true });
}

function run(...command: string[]): void {
  const program = Bun.which(command[0]!, { PATH: paths() })!;
  const { success, stderr } = Bun.spawnSync([program, ...command.slice(1)]);
  if (!success) throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
}

/** What the processes of a Unix user were started with. */
export function environmentsOf(uid: number): string {
  return processesOf(uid).map(environmentOf).join("\n");
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return ""; // it has ended
  }
}

/** Whether a file is there, and whose it is. */
export function ownerOf(path: string): number | undefined {
  return existsSync(path) ? statSync(path).uid : undefined;
}
