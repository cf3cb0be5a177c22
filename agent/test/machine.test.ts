/** What this machine allows is found by the server, has one shape, and is said with what to do: by the route and by `rein doctor`. */
import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandFindings } from "../server/http/machine/command-findings";
import { commandFor } from "../server/http/machine/install-command";
import { engineFindings, providerFindings } from "../server/http/machine/model-findings";
import type {
  CommandsAnswer,
  EngineInfo,
  Finding,
  MachineAnswer,
  ProviderInfo,
  Sentence,
} from "../shared/protocol";
import { defaultLimits } from "../shared/protocol";
import { apiScene } from "./api-scene";
import { startCommand } from "./command-line";

const { rein } = apiScene();

const machine = () => rein.json<MachineAnswer>("/api/machine");
const finding = ({ findings }: MachineAnswer, about: string): Finding =>
  findings.find((one) => one.about === about)!;

test("the route says what this machine allows for everything that Rein uses of it", async () => {
  const answer = await machine();
  const about = new Set(answer.findings.map((one) => one.about));
  for (const name of ["Rein", "Saving", "Stop", "Sandbox", "Limits", "git", "MCP", "Web search"])
    expect([name, about.has(name)]).toEqual([name, true]);
  expect(finding(answer, "Saving")).toMatchObject({
    about: "Saving",
    state: "ok",
    words: "everything is saved",
  });
  for (const one of answer.findings) expect(one.words).not.toBe("");
});

test("the configuration of a directory is that of the directory that is named", async () => {
  const directory = join(rein.cwd, "project");
  mkdirSync(directory);
  writeFileSync(join(directory, ".mcp.json"), "{");
  const path = `/api/machine?cwd=${encodeURIComponent(directory)}`;
  const named = await rein.json<MachineAnswer>(path);
  expect(finding(named, "MCP").state).toBe("broken");
  expect(finding(await machine(), "MCP").state).toBe("ok");
});

test("rein doctor prints the same, in one screen, and whole lines for a script", async () => {
  const doctor = startCommand(rein, ["doctor"]);
  const text = await doctor.stdout;
  expect({ code: await doctor.exited, text }).toEqual({ code: 0, text });
  for (const { about, words } of (await machine()).findings)
    expect(text).toContain(`${about.padEnd(10)} ${words}`);
  const folded = text.split("\n").reduce((lines, line) => lines + Math.ceil(line.length / 80), 0);
  expect(folded).toBeLessThanOrEqual(40);
  const json = startCommand(rein, ["doctor", "--json"]);
  const { findings } = JSON.parse(await json.stdout) as MachineAnswer;
  expect(findings.map(({ about }) => about)).toContain("Server");
});

test("rein doctor of a remote server speaks of that machine, and not of the directory here", async () => {
  const remote = startCommand(rein, ["doctor", "--server", rein.url]);
  const text = await remote.stdout;
  expect({ code: await remote.exited, text }).toEqual({ code: 0, text });
  expect(text).toContain(`Server     ${rein.url}`);
});

const commands: CommandsAnswer = {
  sandbox: "auto",
  network: "on",
  environment: [],
  ...defaultLimits,
  proof: "supervisor and cgroup",
  sandboxWorks: true,
  sandboxed: true,
  withheld: [],
  limits: {
    enforced: { memory: true, processes: true, cpu: true },
    each: { memoryBytes: 4 * 1024 ** 3, processes: 4096 },
    all: { memoryBytes: 6 * 1024 ** 3, processes: 9000 },
  },
};

const of = (changed: Partial<CommandsAnswer>, about: string, fallen?: Sentence): Finding =>
  commandFindings({ ...commands, ...changed }, fallen).find((one) => one.about === about)!;

test("limits that hold are said with their amounts, and those that do not with why and the command that mends it", () => {
  expect(of({}, "Limits")).toMatchObject({
    about: "Limits",
    state: "ok",
    words: "a command: 4 GB of memory, 4,096 processes; all commands: 6 GB of memory",
  });
  const none = { memory: false, processes: false, cpu: false };
  const command = "systemd-run --user --scope -p Delegate=yes rein serve";
  const limits = { enforced: none, each: {}, lack: "no cgroup was delegated", advice: command };
  expect(of({ limits }, "Limits")).toMatchObject({
    state: "missing",
    words: "nothing limits what a command takes (no cgroup was delegated)",
    command,
  });
});

test("a proof that has fallen to none is broken on Linux, where it can be had", () => {
  expect(of({}, "Stop").state).toBe("ok");
  const expected = process.platform === "linux" ? "broken" : "missing";
  const fallen = { text: "No supervisor works here (it may not be run)." };
  expect(of({ proof: "none" }, "Stop", fallen).state).toBe(expected);
});

test("why a supervisor is a lesser one than this machine can run is said, with what to do", () => {
  const text = "The supervisor of jobs is a script: the compiled one may not be run.";
  expect(of({}, "Stop", { text })).toMatchObject({
    about: "Stop",
    state: "missing",
    words: `proven by a supervisor and a cgroup per command. ${text}`,
    advice: "Allow programs in the data directory to run (no noexec)",
  });
});

test("a sandbox that is asked for and does not work is broken, one that could be there is missing", () => {
  const lack = { sandboxWorks: false, sandboxed: false, noSandbox: "bubblewrap is not installed" };
  expect(of({ ...lack, sandbox: "on" }, "Sandbox").state).toBe("broken");
  expect(of(lack, "Sandbox").state).toBe("missing");
});

test.each([
  ["ID=debian\n", false, "sudo apt-get install bubblewrap"],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', true, "apt-get install bubblewrap"],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', true, "dnf install bubblewrap"],
  ["ID=alpine\n", true, "apk add bubblewrap"],
  ["ID=arch\n", false, "sudo pacman -S bubblewrap"],
  ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', false, "sudo zypper install bubblewrap"],
  ["ID=nixos\n", false, undefined],
])("%j installs by its own package manager", (release, isRoot, command) => {
  expect(commandFor(release, "bubblewrap", isRoot)).toBe(command);
});

test("engines and providers that are not set up are named in one line each", () => {
  const missing = (name: string) => ({ name, state: "missing" }) as EngineInfo;
  expect(engineFindings(["A", "B"].map(missing))).toMatchObject([
    { about: "Engines", state: "missing", words: "not installed: A, B" },
  ]);
  const provider = (name: string, state: ProviderInfo["state"], reason?: string) =>
    ({ name, state, reason, ready: state === "ready", models: [] }) as unknown as ProviderInfo;
  const providers = [
    provider("A", "ready"),
    provider("B", "not-set-up"),
    provider("C", "not-set-up"),
    provider("D", "refused" as ProviderInfo["state"], "The key was refused."),
  ];
  expect(providerFindings({ providers })).toMatchObject([
    { about: "Providers", state: "ok", words: "A: 0 models" },
    { about: "Provider", state: "broken", words: "D: The key was refused." },
    { about: "Providers", state: "missing", words: "not set up: B, C" },
  ]);
});
