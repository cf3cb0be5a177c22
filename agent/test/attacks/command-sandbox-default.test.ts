/** Commands run in a sandbox unless a person has said otherwise, and where there is none that is said at once. */
import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { CommandsAnswer } from "../../shared/protocol";
import type { CommandsRequest } from "../../shared/requests";
import { apiScene } from "../api-scene";
import { pidsWith } from "../machine-facts";
import { testJobs } from "../processes-bench";
import { temporaryDirectory } from "../temporary-directory";
import { text, toolCall } from "../upstream/upstream";
import { toolOutput } from "./tool-output";

const { upstream, rein, dataDir, send, start, post, defer } = apiScene({
  request: { permissions: "all" },
  starts: false,
});

const lack = (await testJobs().capabilities()).sandboxWorks ? "" : " (bwrap does not work)";
const sandboxed = lack ? test.skip : test;

/** The server's own defaults: the fixture turns the sandbox off, and set to nothing is not set. */
const byDefault = { REIN_SANDBOX: "" };

async function run(command: string): Promise<string> {
  upstream.script([toolCall("bash", { command })], [text("Done.")]);
  const chat = send();
  await chat.ended;
  return toolOutput(chat);
}

function change(request: CommandsRequest): Promise<CommandsAnswer> {
  return rein.json("/api/commands", { method: "PUT", body: JSON.stringify(request) });
}

/** A path that every user can write and that is not within the temporary directory. */
function outside(): string {
  const parent = tmpdir() === "/var/tmp" ? homedir() : "/var/tmp";
  const path = join(parent, `.rein-outside-${crypto.randomUUID()}`);
  defer(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

sandboxed(
  `without any option a command writes in its directory and not outside${lack}`,
  async () => {
    await start({ environment: byDefault });
    const path = outside();
    const output = await run(`touch here; touch ${path}; cat ${rein.dataDir}/token`);
    expect(existsSync(join(rein.cwd, "here"))).toBe(true);
    expect(existsSync(path)).toBe(false);
    expect(output).toContain("Read-only file system");
    expect(output).not.toContain(rein.token);
    expect(rein.output()).toContain("Commands run in a sandbox, with network");
    expect(await rein.json("/api/health")).toMatchObject({ sandboxed: true });
  },
);

sandboxed(`the model is told what a command may do${lack}`, async () => {
  await start({ environment: { ...byDefault, REIN_NETWORK: "example.com" } });
  await run("true");
  const sent = JSON.stringify(upstream.requests[0]!.body);
  expect(sent).toContain("Commands run in a sandbox");
  for (const word of ["docker", "~/.ssh", "/tmp", "git cannot commit"])
    expect(sent).toContain(word);
  expect(sent).toContain("example.com");
});

sandboxed(`the shell persists where the network is a list of domains${lack}`, async () => {
  await start({ environment: { ...byDefault, REIN_NETWORK: "example.com" } });
  mkdirSync(join(rein.cwd, "sub"));
  const tell = 'echo "$X in ${PWD##*/}"';
  const inputs = [
    { command: "X=5; cd sub" },
    { command: `${tell}; X=6`, pty: true },
    { command: `${tell}; X=7; cd ..` },
    { command: `${tell}; ls /proc/self/fd | wc -l; exec sleep 300`, background: true },
  ];
  upstream.script(...inputs.map((input) => [toolCall("bash", input)]), [text("Done.")]);
  const chat = send();
  await chat.ended;
  const output = toolOutput(chat).replaceAll("\r", "");
  const real = realpathSync(rein.cwd);
  const sub = `[the shell is now in ${real}/sub]5 in sub\n6 in sub\n`;
  // Of descriptors: the usual three, the report's, and the list itself.
  const back = `[the shell is now in ${real}]7 in ${basename(real)}\n5\n[process p1 is running`;
  expect(output).toStartWith(sub + back);
});

sandboxed(
  `package managers have caches that they can write, and not the person's own${lack}`,
  async () => {
    await start({ environment: byDefault });
    const first = await run('mkdir -p "$npm_config_cache" && echo poisoned >"$XDG_CACHE_HOME/x"');
    expect(first).not.toContain("Read-only");
    // npm warns of each variable npm_config_… that it does not know.
    const names = await run("compgen -e npm_config_; echo $PNPM_HOME; touch $PNPM_HOME-made");
    expect(names).toMatch(/^npm_config_cache\n\/\S+\/pnpm\n$/);
    expect(await run('cat "$XDG_CACHE_HOME/x"')).toContain("poisoned");
    expect(existsSync(join(homedir(), ".cache/x"))).toBe(false);
    // Of one working directory: nothing of it reaches a command of another.
    using other = temporaryDirectory();
    upstream.script([toolCall("bash", { command: 'cat "$XDG_CACHE_HOME/x"' })], [text("Done.")]);
    const chat = send({ cwd: other.path });
    await chat.ended;
    expect(toolOutput(chat)).toContain("No such file");
    // They go with the last session of their directory.
    const caches = () => readdirSync(join(dataDir(), "caches")).length;
    expect(caches()).toBe(2);
    await rein.json(`/api/sessions/${chat.sessionId}`, { method: "DELETE" });
    expect(caches()).toBe(1);
  },
);

sandboxed(`a change on the settings page holds for the next command${lack}`, async () => {
  await start({ environment: byDefault });
  const path = outside();
  expect(await change({ sandbox: "off" })).toMatchObject({ sandbox: "off", sandboxed: false });
  await run(`touch ${path}`);
  expect(existsSync(path)).toBe(true);
  expect(await change({ sandbox: "on" })).toMatchObject({ sandboxed: true });
  expect(await run(`rm ${path}`)).toContain("Read-only file system");
});

sandboxed(
  `what a command leaves running in its sandbox stays, and stop ends it${lack}`,
  async () => {
    await start({ environment: byDefault });
    const cookie = `300.${process.pid}${Date.now()}`;
    const command = `sleep ${cookie} & echo started`;
    upstream.script([toolCall("bash", { command })], [text("Done.")]);
    const chat = send();
    await chat.ended;
    const [, id = ""] = /^started\n\[left running as process (\w+): /.exec(toolOutput(chat)) ?? [];
    expect(pidsWith(`sleep ${cookie}`).length).toBeGreaterThan(0);
    await post(`/api/sessions/${chat.sessionId}/processes/${id}/stop`, {});
    expect(pidsWith(`sleep ${cookie}`)).toEqual([]);
  },
);

test("an option of the start stands over the saved setting, and a change over the option", async () => {
  await start({ environment: { REIN_SANDBOX: "off" } });
  await change({ sandbox: "on" });
  rein.signal("SIGTERM");
  await rein.exited;
  await start({ environment: { REIN_SANDBOX: "off" } });
  expect(await rein.json("/api/commands")).toMatchObject({ sandbox: "off", sandboxed: false });
  // Another change does not write what only this start was given.
  await change({ environment: ["MINE"] });
  const saved: unknown = JSON.parse(readFileSync(join(rein.dataDir, "settings.json"), "utf8"));
  expect(saved).toMatchObject({ commands: { sandbox: "on", environment: ["MINE"] } });
});

test("without the sandbox, a limit of the network is refused instead of not being kept", async () => {
  await start({ environment: {} });
  const body = JSON.stringify({ network: "off" });
  const response = await rein.fetch("/api/commands", { method: "PUT", body });
  expect(response.status).toBe(400);
  rein.signal("SIGTERM");
  await rein.exited;
  const failure = await start({ environment: { REIN_SANDBOX: "off", REIN_NETWORK: "off" } }).catch(
    String,
  );
  expect(failure).toContain("Without the sandbox the network of commands cannot be limited");
});

/** A PATH with what the server needs, but without bubblewrap. */
function withoutBwrap(): string {
  const directory = temporaryDirectory();
  defer(() => directory[Symbol.dispose]());
  const folder = join(directory.path, "bin");
  mkdirSync(folder);
  for (const name of ["bash", "sh", "sleep", "git", "touch", "cat", "env", "setsid", "cc"]) {
    const found = Bun.which(name);
    if (found !== null) symlinkSync(found, join(folder, name));
  }
  return folder;
}

test("where no sandbox works, that is said at the start, to the page and to probes", async () => {
  await start({ environment: { ...byDefault, PATH: withoutBwrap() } });
  const path = outside();
  await run(`touch ${path}`);
  expect(existsSync(path)).toBe(true);
  expect(rein.output()).toContain("Commands run WITHOUT a sandbox");
  expect(await rein.json("/api/health")).toMatchObject({
    processes: { sandboxWorks: false, noSandbox: "bubblewrap is not installed" },
    sandboxed: false,
  });
  expect(await rein.json("/api/commands")).toMatchObject({ sandboxWorks: false, sandboxed: false });
});

test.each<Record<string, string>>([
  { REIN_SANDBOX: "on" },
  { REIN_SANDBOX: "", REIN_NETWORK: "off" },
])("with %j no command runs where no sandbox works", async (options) => {
  await start({ environment: { ...options, PATH: withoutBwrap() } });
  expect(await run("touch here")).not.toContain("here");
  expect(existsSync(join(rein.cwd, "here"))).toBe(false);
  expect(rein.output()).toContain("are refused: bubblewrap");
});
