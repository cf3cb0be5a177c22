/** A session's shell persists: its state after a command is restored for the next one, whatever ended the command. */
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, type Mock, spyOn, test } from "bun:test";
import { log } from "../server/log";
import { createTools } from "../server/tools/builtin";
import { Shells } from "../server/tools/bash/shells";
import { type KeptShell, probe } from "./environment-probe";
import { untilFile } from "./machine-facts";
import { testJobs } from "./processes-bench";
import { Caller, ToolBench } from "./tools-bench";
import { until } from "./within";

test("directory, variables, functions, aliases, options and umask persist", async () => {
  using bench = new ToolBench();
  await bench.call("bash", {
    command: `mkdir -p "odd 'dir"; cd "odd 'dir"; plain=1; export EXPORTED=2
      list=(a "b c"); declare -A map=([key]="it's"); readonly fixed=3
      lines=$'one\\ntwo'; greet() { echo "hello $1"; }; export -f greet
      alias shout='echo LOUD'; shopt -s nullglob extglob; set -o pipefail; umask 027`,
  });
  const { text } = await bench.call("bash", {
    command: `pwd; echo $plain $(printenv EXPORTED) "\${list[1]}" "\${map[key]}" $fixed "$lines"
greet you; bash -c 'greet child'
shout now
shopt -q nullglob && shopt -q extglob && shopt -qo pipefail && umask`,
  });
  expect(text).toBe(
    `${bench.cwd}/odd 'dir\n1 2 b c it's 3 one\ntwo\nhello you\nhello child\nLOUD now\n0027\n`,
  );
});

test("variables, functions and aliases that a command unsets stay unset", async () => {
  using bench = new ToolBench();
  await bench.call("bash", {
    command: "a=1; f() { :; }; alias g=ls; export -n HOME; unset LANG PATH",
  });
  await bench.call("bash", { command: "unset a; unset -f f; unalias g" });
  const { text } = await bench.call("bash", {
    command: "echo ${a-no a} ${LANG-no lang} ${PATH-no path}; declare -p HOME; alias; declare -F f",
  });
  expect(text.split("\n")).toEqual([
    "no a no lang no path",
    `declare -- HOME="${process.env.HOME}"`,
    "[exit code 1]",
  ]);
});

describe("the shell's state persists, and the next command runs", () => {
  const ends: Record<string, [command: string, text: string]> = {
    "an end by exit": ["x=1; exit 3", "[exit code 3]"],
    "an exit inside a function": ["f() { x=1; exit 3; }; f", "[exit code 3]"],
    "a failure under set -e": ["set -e; x=1; false; x=2", "[exit code 1]"],
    "a failure under set -eu with pipefail": [
      "set -euo pipefail; x=1; echo $nothing; x=2",
      "bash: line 1: nothing: unbound variable\n[exit code 1]",
    ],
    "a syntax error in a later line": [
      "x=1\n)",
      "bash: -c: line 2: syntax error near unexpected token `)'\nbash: -c: line 2: `)'\n[exit code 2]",
    ],
    "an EXIT trap of its own": ["trap 'echo bye $?' EXIT; x=1", "bye 0\n"],
    "an EXIT trap that exits": [
      "trap 'echo bye $?; exit 4' EXIT; x=1; exit 3",
      "bye 3\n[exit code 4]",
    ],
    "an EXIT trap that was reset": ["trap 'echo bye' EXIT; trap - EXIT; x=1", "[no output]"],
    "traps on errors and on every command": [
      "set -ET; trap 'echo failed' ERR; trap 'true' DEBUG; x=1; false; true",
      "failed\n",
    ],
    "a trace": ["set -x; x=1", "+ x=1\n"],
    "a standard output that was redirected": ["exec >/dev/null; x=1", "[no output]"],
    "an unusual IFS, no globbing and no clobbering": ["x=1; IFS=x1; set -fC", "[no output]"],
  };
  for (const [name, [command, text]] of Object.entries(ends))
    test(`after ${name}`, async () => {
      using bench = new ToolBench();
      expect((await bench.call("bash", { command })).text).toBe(text);
      expect((await bench.call("bash", { command: 'set +x; echo "x is $x"' })).text).toContain(
        "x is 1\n",
      );
    });
});

test("set -e and traps apply only to their call", async () => {
  using bench = new ToolBench();
  await bench.call("bash", { command: "set -e; trap 'echo bye' EXIT; trap 'echo failed' ERR" });
  expect((await bench.call("bash", { command: "false; echo on" })).text).toBe("on\n");
});

test("set -n applies only to its call", async () => {
  using bench = new ToolBench();
  await bench.call("bash", { command: "set -n; echo ignored" });
  expect((await bench.call("bash", { command: "echo run" })).text).toBe("run\n");
});

test("exec replaces the shell, and the state from before the call is kept", async () => {
  using bench = new ToolBench();
  await bench.call("bash", { command: "x=1" });
  expect((await bench.call("bash", { command: "x=2; exec echo gone" })).text).toBe("gone\n");
  expect((await bench.call("bash", { command: "echo $x" })).text).toBe("1\n");
});

test("a stop keeps the state from before the command, and the session continues", async () => {
  using bench = new ToolBench();
  await bench.call("bash", { command: "mkdir a; cd a; x=1; f() { echo f; }" });
  const failure = bench.failure("bash", { command: "cd ..; x=2; touch here; sleep 300" });
  await untilFile(join(bench.cwd, "here"));
  bench.controller.abort("the reason");
  expect(await failure).toBe("the reason");
  const next = bench.beside();
  expect((await next.call("bash", { command: "pwd; echo $x; f" })).text).toBe(
    `${bench.cwd}/a\n1\nf\n`,
  );
});

test("the time limit keeps the state from before the command", async () => {
  using bench = new ToolBench();
  await bench.call("bash", { command: "x=1" });
  await bench.failure("bash", { command: "x=2; sleep 300", timeoutSeconds: 0.1 });
  expect((await bench.call("bash", { command: "echo $x" })).text).toBe("1\n");
});

test("the model is shown that the shell's directory has changed, or no longer exists", async () => {
  using bench = new ToolBench();
  const { text } = await bench.call("bash", { command: "mkdir -p a; cd a" });
  expect(text).toBe(`[the shell is now in ${bench.cwd}/a]`);
  expect((await bench.call("bash", { command: "true" })).text).toBe("[no output]");
  rmdirSync(join(bench.cwd, "a"));
  expect((await bench.call("bash", { command: "pwd" })).text).toBe(
    `${bench.cwd}\n[the shell is now in ${bench.cwd}]`,
  );
});

test("a symbolic link in the session's directory is not resolved", async () => {
  using bench = new ToolBench();
  mkdirSync(join(bench.cwd, "real/inner"), { recursive: true });
  symlinkSync("real", join(bench.cwd, "link"));
  const linked = bench.beside({ cwd: join(bench.cwd, "link") });
  expect((await linked.call("bash", { command: "pwd" })).text).toBe(`${bench.cwd}/link\n`);
  expect((await linked.call("bash", { command: "cd inner; cd ..; cd -" })).text).toBe(
    `${bench.cwd}/link/inner\n[the shell is now in ${bench.cwd}/link/inner]`,
  );
  expect((await linked.call("bash", { command: "cd -" })).text).toBe(
    `${bench.cwd}/link\n[the shell is now in ${bench.cwd}/link]`,
  );
});

test("when the session's directory changes, the shell starts there with its variables", async () => {
  using bench = new ToolBench();
  mkdirSync(join(bench.cwd, "other"));
  await bench.call("bash", { command: "x=1; cd /" });
  const other = bench.beside({ cwd: join(bench.cwd, "other") });
  expect((await other.call("bash", { command: "pwd; echo $x" })).text).toBe(
    `${bench.cwd}/other\n1\n[the shell is now in ${bench.cwd}/other]`,
  );
});

test("a subagent has a shell of its own", async () => {
  using bench = new ToolBench();
  const subagent = bench.beside({ subagentId: "helper" });
  await subagent.call("bash", { command: "cd /; x=1" });
  expect((await bench.call("bash", { command: "pwd; echo ${x-unset}" })).text).toBe(
    `${bench.cwd}\nunset\n`,
  );
  expect((await subagent.call("bash", { command: "pwd; echo $x" })).text).toBe("/\n1\n");
});

test("a command that changes nothing does not undo what another one changed meanwhile", async () => {
  using bench = new ToolBench();
  const beside = bench.beside();
  const looking = beside.call("bash", {
    command: "touch begun; until [ -e go ]; do sleep 0.01; done",
  });
  await untilFile(join(bench.cwd, "begun"));
  await bench.call("bash", { command: "x=1; touch go" });
  await looking;
  expect((await bench.call("bash", { command: "echo $x" })).text).toBe("1\n");
});

test("variables of the machine's environment are not saved", async () => {
  const environment = { MACHINE_SECRET: "of the machine" };
  const printed = await probe("shell", "export ADDED=of-a-command", environment);
  const { files, modes, state } = JSON.parse(printed) as KeptShell;
  expect(files).toEqual(["session.json", "tmp"]);
  expect(state).toContain("of-a-command");
  expect(state).not.toContain("of the machine");
  expect(modes).toEqual(["700", "600"]);
});

test("the variables that set up the shell do not leak into commands", async () => {
  using bench = new ToolBench();
  const { text } = await bench.call("bash", {
    command: "env | grep -E 'BASH_ENV|REIN' || bash -c 'echo clean'",
  });
  expect(text).toBe("clean\n");
});

const sandboxed = testJobs({ sandbox: { network: true } });

test.skipIf(!(await sandboxed.capabilities()).sandboxWorks)(
  "a shell persists in a sandbox too",
  async () => {
    using bench = new ToolBench();
    // Not in the temporary directory, which is writable in the sandbox.
    const root = mkdtempSync("/var/tmp/rein-shells-");
    const tools = createTools({
      shells: new Shells(root),
      background: bench.background,
      web: () => bench.web,
      proxies: () => ({}),
    });
    const caller = new Caller(tools, { ...bench.context, jobs: sandboxed });
    await caller.call("bash", { command: "x=1" });
    const { text } = await caller.call("bash", { command: `echo $x; touch ${root}/no || true` });
    expect(text).toMatch(/^1\ntouch: .*Read-only file system\n$/);
    rmSync(root, { recursive: true });
  },
);

test("a state that cannot be saved does not fail the command, and is reported", async () => {
  using bench = new ToolBench();
  const path = join(bench.dataDir, "shells/session/session.json");
  const { text } = await bench.call("bash", {
    command: `x=1; echo done; mkdir -p ${path}/in-the-way`,
  });
  expect(text).toMatch(/^done\n\[the shell's new state could not be saved: .+\]$/);
});

describe("shell files that cannot be removed", () => {
  let logged: Mock<typeof log.error>;
  beforeEach(() => (logged = spyOn(log, "error").mockImplementation(() => {})));
  afterEach(() => {
    expect(logged).toHaveBeenCalled();
    logged.mockRestore();
  });
  // Nothing can be removed below a file, not even by root.
  const block = (bench: ToolBench): string => {
    const home = join(bench.dataDir, "shells/session");
    return `rm -r ${home}; touch ${home}`;
  };

  test("do not fail a foreground command", async () => {
    using bench = new ToolBench();
    const { text } = await bench.call("bash", { command: `echo done; ${block(bench)}` });
    expect(text).toBe("done\n");
  });

  test("do not end the server when a background command ends", async () => {
    using bench = new ToolBench();
    await bench.call("bash", { command: block(bench), background: true });
    const [handle] = bench.background.list("session");
    await handle!.settled;
    await until(() => logged.mock.calls.length > 0);
    expect(handle!.record).toMatchObject({ state: "done" });
  });
});

test("a state that is damaged on disk is dropped, and the session continues", async () => {
  using bench = new ToolBench();
  await bench.call("bash", { command: "x=1" });
  writeFileSync(join(bench.dataDir, "shells/session/session.json"), '{"cwd":"/');
  expect((await bench.call("bash", { command: "echo ${x-unset}" })).text).toBe("unset\n");
});
