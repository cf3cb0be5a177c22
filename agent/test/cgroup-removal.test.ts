/** A cgroup that was handed to an account is removed, whatever that account does meanwhile from elsewhere. */
import { afterAll, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { cgroupAt } from "../server/processes/linux/cgroup";
import { findOrdinaryUser } from "./ordinary-user";
import { until } from "./within";

const user = findOrdinaryUser();
const lack =
  user?.cgroup === undefined ? " (skipped: it needs root and a cgroup to hand over)" : "";
afterAll(() => user?.[Symbol.asyncDispose]());

const makeMore = (path: string) => `
  const { mkdirSync } = require("node:fs");
  for (let at = 0; ; at++)
    try { mkdirSync(${JSON.stringify(path)} + "/" + process.pid + "-" + at % 500); } catch {}`;

(lack === "" ? test : test.skip)(
  `it is removed while its owner makes others in it in a loop${lack}`,
  async () => {
    const path = user!.cgroup!;
    const command = user!.command(process.execPath, "-e", makeMore(path));
    await using programs = new AsyncDisposableStack();
    for (let at = 0; at < 3; at++) {
      const program = Bun.spawn(command, { cwd: "/", stdout: "ignore", stderr: "ignore" });
      programs.defer(async () => {
        program.kill("SIGKILL");
        await program.exited;
      });
    }
    const made = () => readdirSync(path).filter((name) => /^\d+-/.test(name));
    const makers = () => new Set(made().map((name) => name.split("-")[0])).size;
    await until(() => makers() === 3, "all three make some");
    await cgroupAt(path).remove();
    expect(existsSync(path)).toBe(false);
  },
);
