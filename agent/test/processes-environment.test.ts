/** No key of a provider and no setting of the server reaches a command. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { providerEntries } from "../server/catalog/provider-entries";
import type { CapabilityCeiling } from "../server/processes/capabilities";
import { probe } from "./environment-probe";
import { startShell, testJobs } from "./processes-bench";

const keys = providerEntries.flatMap(({ keyVariable }) => keyVariable ?? []);
const secrets = [...keys, "GOOGLE_API_KEY", "REIN_TOKEN", "REIN_DATA_DIR", "PORT", "HOST"];
test("no process of a job sees the server's keys and settings", async () => {
  const environment = Object.fromEntries(secrets.map((name) => [name, "a-secret-of-the-server"]));
  const command = "env; cat /proc/self/environ 2>/dev/null | tr '\\0' '\\n'";
  const printed = await probe("job", command, environment);
  expect(keys.length).toBeGreaterThan(3);
  expect(printed).toContain("PATH=");
  expect(printed).not.toContain("a-secret-of-the-server");
});

test("no program is looked for in the directory of a job", async () => {
  const directory = mkdtempSync(join(tmpdir(), "rein-path-"));
  try {
    writeFileSync(join(directory, "env"), "#!/bin/sh\necho of the directory\n", { mode: 0o755 });
    const PATH = `:.:node_modules/.bin:${process.env["PATH"]}:`;
    const printed = await probe("job", `cd ${directory}; env`, { PATH });
    expect(printed).toContain(`PATH=${process.env["PATH"]}\n`);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a job gets the variables of its request, and no pager waits for a key", async () => {
  const shell = startShell('echo "$MINE $GIT_PAGER $GIT_TERMINAL_PROMPT"', {
    env: { MINE: "added" },
  });
  await shell.end;
  expect(shell.text()).toBe("added cat 0\n");
});

test("neither kind of supervisor adds a variable of its own", async () => {
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

test("a job has no file descriptors but its own three", async () => {
  for (const supervisor of ["compiled", "script", "none"] as const) {
    const shell = startShell("ls /proc/self/fd | wc -l", {}, testJobs({ ceiling: { supervisor } }));
    await shell.end;
    expect(shell.text().trim()).toBe("4"); // the fourth is the directory that ls reads
  }
});

test("Bun settings in a job's directory affect neither the job nor its supervisor", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "rein-environment-"));
  writeFileSync(join(cwd, ".env"), "FROM_FILE=1\n");
  writeFileSync(join(cwd, "bunfig.toml"), 'preload = ["./nowhere.ts"]\n');
  const jobs = testJobs({ ceiling: { supervisor: "script" } });
  const shell = startShell('echo "file: $FROM_FILE"', { cwd }, jobs);
  await shell.end;
  rmSync(cwd, { recursive: true });
  expect(shell.text()).toBe("file: \n");
});

test("no key of a provider reaches an engine, and it asks this machine itself past every proxy", async () => {
  using gate = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("the gate") });
  const script = `env | grep -E '_API_KEY|^CHOSEN|^no_proxy|^NO_PROXY' | sort; curl -sS --max-time 5 http://127.0.0.1:${gate.port}/`;
  const printed = await probe("engine", script, {
    ANTHROPIC_API_KEY: "a key of Rein",
    OPENAI_API_KEY: "a key for commands",
    CHOSEN: "chosen",
    http_proxy: "http://127.0.0.1:9",
    no_proxy: "intranet, localhost",
  });
  const direct = "intranet,localhost,127.0.0.1,::1";
  expect(printed.trim().split("\n")).toEqual([
    "CHOSEN=chosen",
    `NO_PROXY=${direct}`,
    `no_proxy=${direct}`,
    "the gate",
  ]);
});
