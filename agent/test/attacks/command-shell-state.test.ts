/** A command cannot make the server read, write or wait elsewhere through the state of its shell, nor change what others run. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createJobs } from "../../server/processes/create-jobs";
import { testJobs } from "../processes-bench";
import { Shells } from "../../server/tools/bash/shells";
import { Caller, ToolBench } from "../tools-bench";

const shellsOf = (bench: ToolBench): string => join(bench.dataDir, "shells/session");

test("links in the folder of the shells lead no write of the server elsewhere", async () => {
  using bench = new ToolBench();
  const victim = join(bench.cwd, "victim");
  writeFileSync(victim, "as it was");
  const plant = `for folder in ${shellsOf(bench)} ${shellsOf(bench)}/*/; do
    for name in saved restore session.json; do ln -sf ${victim} $folder/$name; done
  done`;
  await bench.call("bash", { command: `x=1; ${plant}` });
  await bench.call("bash", { command: "x=2" });
  expect(readFileSync(victim, "utf8")).toBe("as it was");
  expect((await bench.call("bash", { command: "echo $x" })).text).toBe("2\n");
});

for (const [what, make] of [
  ["a FIFO", "mkfifo"],
  ["a link to an endless device", "ln -s /dev/zero"],
  ["a directory", "mkdir"],
] as const)
  test(`${what} in the place of a shell's state does not hold up the next command`, async () => {
    using bench = new ToolBench();
    const state = join(shellsOf(bench), "session.json");
    await bench.call("bash", { command: `rm -f ${state}; ${make} ${state}` });
    const next = bench.call("bash", { command: "echo runs" });
    expect((await next).text).toStartWith("runs\n");
  });

test("a report that is malformed, endless or cut leaves the state as it was", async () => {
  using bench = new ToolBench();
  await bench.call("bash", { command: "x=1" });
  const reports = [
    "head -c 20000000 /dev/zero >&61",
    "large=$(head -c 5000000 /dev/zero | tr '\\0' x)",
    "exec 61>&-",
    String.raw`printf 'directory\n/\0variable x\nx=3' >&61; kill -9 $$`,
    String.raw`printf '\0whole\0\0whole\0' >&61`,
    "yes whole | tr '\\n' '\\0' | head -c 6000000 >&61",
  ];
  for (const report of reports) {
    await bench.call("bash", { command: `x=2; ${report}` });
    const { text } = await bench.call("bash", { command: "echo x is $x ${#large}; x=1" });
    expect(text).toStartWith("x is 1 0\n");
  }
});

test("what is more than a changed directory counts as a changed shell, however it is written", async () => {
  using bench = new ToolBench();
  const { cwd } = bench;
  const shells = new Shells(join(bench.dataDir, "shells"));
  await bench.call("bash", { command: "cd /; cd -" });
  const look = async (script?: string) => {
    const path = join(shellsOf(bench), "session.json");
    if (script !== undefined) writeFileSync(path, JSON.stringify({ cwd, directory: cwd, script }));
    return (await shells.look({ sessionId: "session", cwd })).state;
  };
  expect(await look()).toBeUndefined();
  expect(await look('declare -x OLDPWD="/a b"')).toBeUndefined();
  for (const script of [
    "declare -- OLDPWD=x; npm() { echo evil; }",
    'declare -- OLDPWD="$(touch evil)"',
    'declare -- OLDPWD="x"; npm() { :; }',
  ])
    expect(await look(script)).toBeString();
});

const { sandboxWorks: sandbox } = await testJobs().capabilities();

test.skipIf(!sandbox)(
  "a sandboxed command cannot change the script by which another one restores its state",
  async () => {
    using bench = new ToolBench();
    const jobs = createJobs({ dataDir: bench.dataDir, sandbox: { network: true } });
    const caller = new Caller(bench.tools, { ...bench.context, jobs });
    const { text } = await caller.call("bash", {
      command: `for script in $(find ${shellsOf(bench)} -type f); do
  echo found; echo 'echo injected' >>$script; rm $script; mv $script $script.old; ln -sf /dev/null $script
done 2>/dev/null; echo '{}' >${shellsOf(bench)}/session.json; x=1`,
    });
    expect(text).toStartWith("found\n");
    const next = caller.beside();
    expect((await next.call("bash", { command: "echo $x" })).text).toBe("1\n");
  },
);
