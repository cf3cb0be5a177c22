/** No key of a provider and no setting of the server reaches a command. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { providerEntries } from "../server/catalog/provider-entries";
import type { CapabilityCeiling } from "../server/processes/capabilities";
import { startShell, testJobs } from "./processes-bench";

const keys = providerEntries.flatMap(({ keyVariable }) => keyVariable ?? []);
const secrets = [...keys, "GOOGLE_API_KEY", "REIN_TOKEN", "REIN_DATA_DIR", "PORT", "HOST"];
const before: Record<string, string | undefined> = {};

beforeEach(() => {
  for (const name of secrets) {
    before[name] = process.env[name];
    process.env[name] = "a-secret-of-the-server";
  }
});

afterEach(() => {
  for (const name of secrets) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

test("a job sees none of the server's keys and settings, in no process of it", async () => {
  const shell = startShell("env; cat /proc/self/environ 2>/dev/null | tr '\\0' '\\n'");
  await shell.end;
  expect(keys.length).toBeGreaterThan(3);
  expect(shell.text()).toContain("PATH=");
  expect(shell.text()).not.toContain("a-secret-of-the-server");
});

test("a job sees what its request adds, and no pager waits for a key", async () => {
  const shell = startShell('echo "$MINE $GIT_PAGER $GIT_TERMINAL_PROMPT"', {
    env: { MINE: "added" },
  });
  await shell.end;
  expect(shell.text()).toBe("added cat 0\n");
});

test("nothing of ours is added on the way, whatever starts the job", async () => {
  const seen = async (level: CapabilityCeiling): Promise<string[]> => {
    const shell = startShell("env | grep -v '^_='", {}, testJobs({ ceiling: level }));
    await shell.end;
    return shell.text().trim().split("\n").toSorted();
  };
  const plain = await seen({ supervisor: "none" });
  expect(await seen({ supervisor: "compiled" })).toEqual(plain);
  expect(await seen({ supervisor: "script" })).toEqual(plain);
  const names = plain.map((line) => line.split("=")[0]!);
  expect(names.filter((name) => /REIN|^BUN_(?!TEST_)|NODE_CHANNEL/.test(name))).toEqual([]);
});

test("a job has no descriptors but its own three", async () => {
  for (const supervisor of ["compiled", "script", "none"] as const) {
    const shell = startShell("ls /proc/self/fd | wc -l", {}, testJobs({ ceiling: { supervisor } }));
    await shell.end;
    expect(shell.text().trim()).toBe("4"); // and the one that ls reads the directory with
  }
});

test("settings of Bun in a job's directory change nothing", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "rein-environment-"));
  writeFileSync(join(cwd, ".env"), "FROM_FILE=1\n");
  writeFileSync(join(cwd, "bunfig.toml"), 'preload = ["./nowhere.ts"]\n');
  const jobs = testJobs({ ceiling: { supervisor: "script" } });
  const shell = startShell('echo "file: $FROM_FILE"', { cwd }, jobs);
  await shell.end;
  rmSync(cwd, { recursive: true });
  expect(shell.text()).toBe("file: \n");
});
