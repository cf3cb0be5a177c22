/** What a command leaves in the background ends with it, is named, and never hangs it. */
import { afterEach, expect, test } from "bun:test";
import { lives, napping, printedPids, startShell, testJobs } from "./processes-bench";

const escaped: number[] = [];
afterEach(() => {
  for (const pid of escaped.splice(0)) if (lives(pid)) process.kill(pid, "SIGKILL");
});

test("a background child that holds the output does not hang the command, and ends with it", async () => {
  const shell = startShell(`${napping}; echo pids: $!`);
  const end = await shell.end;
  const [pid] = await printedPids(shell, 1);
  expect(end).toMatchObject({ exitCode: 0, stopped: false, ended: [], outputHeld: false });
  expect(end.leftBehind).toEqual([{ pid: pid!, command: "sleep 300" }]);
  expect(lives(pid!)).toBe(false);
});

test("a background child that let go of the output ends with the command too", async () => {
  const shell = startShell("nohup sleep 300 >/dev/null 2>&1 & echo pids: $!");
  const end = await shell.end;
  const [pid] = await printedPids(shell, 1);
  expect(end.leftBehind).toHaveLength(1);
  expect(lives(pid!)).toBe(false);
});

test("a process in a session of its own that holds the output ends with the command too", async () => {
  const shell = startShell(escaping);
  const end = await shell.end;
  const [pid] = await printedPids(shell, 1);
  expect(end).toMatchObject({ exitCode: 0, outputHeld: false, proven: true });
  expect(lives(pid!)).toBe(false);
});

test("where there is no supervisor it gets away, does not hang the command, and is told of", async () => {
  const shell = startShell(escaping, {}, testJobs({ ceiling: { supervisor: "none" } }));
  const [pid] = await printedPids(shell, 1);
  escaped.push(pid!);
  expect(await shell.end).toMatchObject({ exitCode: 0, outputHeld: true, proven: false });
});

const escaping = "read -r < <(setsid bash -c 'echo pids: $$ >&2; echo ready; exec sleep 300 >&2')";

test("what still writes when the command exits may finish its line", async () => {
  const shell = startShell("(while kill -0 $$; do :; done 2>/dev/null; echo written late) &");
  const end = await shell.end;
  expect(shell.text()).toBe("written late\n");
  expect(end.leftBehind).toEqual([]);
});
