/** Runs inside the virtual machine, at each of its two boots: every check is a line that the outside counts. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Run, StreamEvent, ToolCallPart } from "../../shared/protocol";
import { pidsWith } from "../machine-facts";
import { startUpstream, text, toolCall } from "../upstream/upstream";
import { until } from "../within";
import {
  active,
  ada,
  addSettings,
  as,
  bob,
  client,
  install,
  type Installed,
  property,
  sh,
  systemctl,
  unitFolder,
} from "./installed-service";

const upstream = startUpstream();
const never = new AbortController().signal;
const marker = "/opt/rein/first-boot-done";
const only = readFileSync("/opt/rein/only", "utf8");
const levelWithLimits =
  "a supervisor and a cgroup with limits of memory, processes, processors per job";

try {
  if (existsSync(marker)) await secondBoot();
  else await firstBoot();
} catch (error) {
  say(`FAILED the checks: ${String(error)}`);
}
if (existsSync(marker)) {
  say("complete");
  sh("systemctl poweroff");
} else {
  writeFileSync(marker, "");
  sh("systemctl reboot");
}

async function firstBoot(): Promise<void> {
  const environment = `Environment=OPENAI_COMPATIBLE_BASE_URL=${upstream.baseUrls["openai-chat"]} REIN_TITLES=off`;
  say(`systemd: ${sh("systemctl --version | head -1")}`);
  for (const one of [ada, bob]) {
    const of = one.manager === "user" ? "a user’s service" : "a service of the system with User=";
    await check(`${of} is active once it serves, and says where`, () => {
      install(one, one === bob ? [environment, "User=bob"] : [environment]);
      expectIn(property(one, "ActiveState"), "active");
      expectIn(property(one, "StatusText"), `At http://127.0.0.1:${one.port}`);
      expectIn(sh(`ps -o user= -p ${property(one, "MainPID")}`), one.user);
    });
    await check(`${of} has ${levelWithLimits}, and the sandbox`, async () => {
      await until(() => property(one, "StatusText").includes("Processes: "));
      expectIn(property(one, "StatusText"), levelWithLimits);
      expectIn(journal(one), "Commands run in a sandbox");
    });
    await check(`${of}: a job over its memory limit is ended alone`, () => overLimit(one));
    await check(`${of}: killed, it is there again, and its jobs are dead`, async () => {
      const cut = await startJob(one);
      process.kill(Number(property(one, "MainPID")), "SIGKILL");
      await active(one, 1);
      await expectCut(one, cut);
    });
    await check(`${of}: one that hangs is started again by the watchdog`, async () => {
      const cut = await startJob(one);
      process.kill(Number(property(one, "MainPID")), "SIGSTOP");
      await active(one, 2);
      await expectCut(one, cut);
      expectIn(systemJournal(), "Watchdog timeout");
    });
    await check(`${of} is stopped in order, within the time`, () => stopInOrder(one));
    await check(`${of}: systemd-analyze verify finds nothing`, () => {
      const manager = one.manager === "user" ? "--user" : "--system";
      const command = `systemd-analyze verify ${manager} ${unitFolder(one)}/rein.service 2>&1`;
      expectSame(one.manager === "user" ? as(one.user, command) : sh(command), "");
    });
  }
  await check("a job can use sudo, where the sandbox is off", () => rootInJob(ada, "0"));
  for (const one of [ada, bob])
    await check(
      `rein-strict.conf: no sudo in ${one.user}’s jobs, the sandbox and the level as before`,
      async () => {
        say(
          `security ${sh(`systemd-analyze security --offline=true ${unitFolder(one)}/rein.service | tail -1`)}`,
        );
        addSettings(one, "strict", strictLines());
        systemctl(one, "daemon-reload");
        systemctl(one, "restart rein");
        await until(() => property(one, "StatusText").includes(levelWithLimits));
        await until(() => journal(one).includes("Commands run in a sandbox"));
        if (one === ada) await rootInJob(one, "no new privileges");
      },
    );
  for (const one of [ada, bob])
    writeFileSync(`/opt/rein/session-${one.user}`, (await startJob(one)).sessionId);
}

/** Nobody has logged in. */
async function secondBoot(): Promise<void> {
  for (const one of [ada, bob]) {
    await check(
      `after a reboot ${one.user}’s service is there again, with its sessions`,
      async () => {
        await active(one, 0);
        const sessionId = readFileSync(`/opt/rein/session-${one.user}`, "utf8");
        const run = await lastRun(one, sessionId);
        expectSame(`${run?.state} by ${run?.stop?.by}`, "settled by shutdown");
        await until(() => property(one, "StatusText").includes(levelWithLimits));
      },
    );
  }
}

interface Cut {
  sessionId: string;
  cookie: string;
  ended: Promise<void>;
}

/** A run with a job that stays, and a daemon of it. */
async function startJob(one: Installed): Promise<Cut> {
  const cookie = newCookie();
  const command = `setsid sleep 900.${cookie} & sleep 800.${cookie} & echo ready; wait`;
  const { sessionId, ended } = await runCommand(
    one,
    command,
    (event) => event.type === "part-delta" && event.field === "output",
  );
  await until(() => pidsWith(cookie).length >= 2, "the processes of the job");
  return { sessionId, cookie, ended };
}

/** Has the model run it; resolves once this holds of an event. */
async function runCommand(one: Installed, command: string, holds: (event: StreamEvent) => boolean) {
  upstream.reset();
  upstream.script([toolCall("bash", { command })], [text("There.")]);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let sessionId = "";
  const read = async () => {
    for await (const event of client(one).chat(
      {
        message: "Do it",
        provider: "openai-chat",
        model: "local-model",
        permissions: "all",
        cwd: `/home/${one.user}`,
        onDisconnect: "continue",
      },
      never,
    )) {
      if (event.type === "run-start") ({ sessionId } = event);
      if (holds(event)) resolve(sessionId);
    }
  };
  // A server that is killed ends it; the session says then what came of it.
  const ended = read().then(
    () => reject(new Error("the run ended before")),
    (error: unknown) => reject(error),
  );
  return { sessionId: await promise, ended };
}

/** It says so itself, the server lives, and so does the service. */
async function overLimit(one: Installed): Promise<void> {
  const before = property(one, "MainPID");
  const rein = client(one);
  await rein.saveCommands({ jobMemory: 64 * 1024 ** 2 }, never);
  const hog = "head -c 400000000 /dev/zero | tail > /dev/null";
  const { sessionId, ended } = await runCommand(
    one,
    `echo ready; ${hog}; echo "tail: $?"`,
    (event) => event.type === "run-start",
  );
  await ended;
  await rein.saveCommands({ jobMemory: "auto" }, never);
  expectIn(sh("dmesg"), "Memory cgroup out of memory");
  const call = await callOf(one, sessionId);
  expectIn(call?.error ?? "", "Ended: it needed more than 64 MB of memory.");
  expectSame(property(one, "MainPID"), before);
  expectSame(property(one, "ActiveState"), "active");
}

async function expectCut(one: Installed, { cookie, sessionId }: Cut): Promise<void> {
  expectSame(pidsWith(cookie).join(), "");
  const run = await lastRun(one, sessionId);
  expectSame(`${run?.state} by ${run?.stop?.by}`, "settled by crash");
}

async function stopInOrder(one: Installed): Promise<void> {
  const { cookie, sessionId } = await startJob(one);
  const before = performance.now();
  systemctl(one, "stop rein");
  say(`  stopped in ${Math.round(performance.now() - before)} ms`);
  expectSame(property(one, "Result"), "success");
  expectSame(pidsWith(cookie).join(), "");
  systemctl(one, "start rein");
  const run = await lastRun(one, sessionId);
  expectSame(`${run?.state} by ${run?.stop?.by}`, "settled by shutdown");
}

async function rootInJob(one: Installed, expected: string): Promise<void> {
  const rein = client(one);
  await rein.saveCommands({ sandbox: "off" }, never);
  const { sessionId, ended } = await runCommand(
    one,
    "sudo -n id -u",
    (event) => event.type === "run-start",
  );
  await ended;
  await rein.saveCommands({ sandbox: "auto" }, never);
  expectIn(await outputOf(one, sessionId), expected);
}

async function outputOf(one: Installed, sessionId: string): Promise<string> {
  return (await callOf(one, sessionId))?.output ?? "";
}

async function callOf(one: Installed, sessionId: string): Promise<ToolCallPart | undefined> {
  const { session } = await client(one).session(sessionId, never);
  return session.messages
    .flatMap(({ parts }) => parts)
    .find((part): part is ToolCallPart => part.type === "tool-call");
}

function newCookie(): string {
  return String(Math.trunc(Math.random() * 1e9) + 1e9);
}

async function lastRun(one: Installed, sessionId: string): Promise<Run | undefined> {
  const { session } = await client(one).session(sessionId, never);
  return session.runs.at(-1);
}

function strictLines(): string[] {
  const [, lines = ""] = readFileSync("/opt/rein/rein-strict.conf", "utf8").split("[Service]\n");
  return lines.trim().split("\n");
}

/** Of the process that serves now. */
function journal(one: Installed): string {
  return sh(`journalctl -b --no-pager -o cat _PID=${property(one, "MainPID")}`);
}

function systemJournal(): string {
  return sh("journalctl -b --no-pager -o cat");
}

async function check(name: string, act: () => void | Promise<void>): Promise<void> {
  if (!new RegExp(only).test(name) && !name.endsWith("says where")) return;
  const before = performance.now();
  try {
    await act();
    say(`ok ${name} (${Math.round(performance.now() - before)} ms)`);
  } catch (error) {
    say(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`);
    console.log(sh("journalctl --no-pager -n 150 -o short -t env -t systemd"));
  }
}

function expectIn(text: string, part: string): void {
  if (!text.includes(part)) throw new Error(`expected “${part}” in “${text}”`);
}

function expectSame(found: string, expected: string): void {
  if (found !== expected) throw new Error(`expected “${expected}”, found “${found}”`);
}

function say(words: string): void {
  console.log(`\nCHECK ${words.trim()}`);
}
