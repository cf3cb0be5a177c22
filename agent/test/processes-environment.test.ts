/** No key of a provider and no setting of the server reaches a command. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { providerEntries } from "../server/entries";
import { startShell } from "./processes-bench";

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
