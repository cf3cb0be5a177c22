/**
 * A rolling upgrade: one node after the other is replaced by a Rein of another version, while the others work. The earlier
 * version is this source with lower numbers (of the package and of the wire): what differs is what the nodes make of that.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wireVersion } from "../../shared/protocol";
import { settledIn } from "../cluster-scene";
import type { Chat } from "../rein";
import {
  answerAtPace,
  begin,
  type Check,
  must,
  replace,
  runSeen,
  seesEnd,
  wordsSeen,
} from "./checks";
import { type Machines, nodeNames } from "./machines";

export const upgradeChecks: Check[] = [
  {
    name: "a rolling upgrade over two versions: runs elsewhere go on, stops work, other requests are refused in words",
    run: upgrade,
  },
];

async function upgrade(machines: Machines): Promise<string> {
  const { node } = machines;
  const earlier = copyAsEarlier();
  try {
    for (const each of nodeNames) {
      await node(each).stop();
      await node(each).start({
        program: [process.execPath, join(earlier, "agent/server/index.ts")],
      });
    }
    answerAtPace(machines);
    const kept = await begin(machines, "a");
    const refused = await replaceFirst(machines, kept);
    await replace(machines, "b");
    must(runSeen(kept, kept.runId)?.state === "running", "The run on a did not go on.");
    const words = wordsSeen(kept);
    await kept.until(() => wordsSeen(kept) > words);
    const ended = settledIn(machines.sql, kept.runId);
    await replace(machines, "a");
    must((await ended).stop?.by === "shutdown", "The run on a did not end with its server.");
    await stopAcross(machines, "a", "b");
    return `while c is newer: “${refused}”; the run on a saw two nodes replaced, and ended with its own`;
  } finally {
    for (const each of nodeNames) if (node(each).isRunning) await node(each).stop();
    rmSync(earlier, { recursive: true, force: true });
  }
}

/** c is newer than the others: what it says when it is asked for a session of theirs. */
async function replaceFirst(machines: Machines, kept: Chat): Promise<string> {
  const { node } = machines;
  await replace(machines, "c");
  const path = `/api/sessions/${kept.sessionId}/queue`;
  const body = JSON.stringify({ message: "One more" });
  const response = await node("c").rein.fetch(path, { method: "POST", body });
  const text = await response.text();
  must(response.status === 503, () => `${response.status} ${text}`);
  const { error } = JSON.parse(text) as { error: { message: string } };
  must(error.message.includes("version"), text);
  await stopAcross(machines, "a", "c");
  await stopAcross(machines, "c", "b");
  return error.message;
}

/** A run on `owner` is stopped at `other`. */
async function stopAcross(machines: Machines, owner: string, other: string): Promise<void> {
  const chat = await begin(machines, owner);
  const answer = await machines.node(other).rein.stop(chat.sessionId, { runId: chat.runId });
  must(answer.stopped && answer.outcome === "stopped", () => JSON.stringify(answer));
  await seesEnd(chat, chat.runId);
  must((await settledIn(machines.sql, chat.runId)).stop?.by === "user", "It has another cause.");
}

/** A copy of this source that says that it is older. Returns its directory. */
function copyAsEarlier(): string {
  const root = join(import.meta.dir, "../../..");
  const folder = mkdtempSync(join(tmpdir(), "rein-earlier-"));
  for (const name of ["agent", "package.json", "bunfig.toml"])
    cpSync(join(root, name), join(folder, name), {
      recursive: true,
      filter: (path) => !path.includes("node_modules"),
    });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const change = (path: string, from: RegExp, to: string) => {
    const text = readFileSync(join(folder, path), "utf8");
    must(from.test(text), `${path} has no ${from}.`);
    writeFileSync(join(folder, path), text.replace(from, to));
  };
  change("package.json", /"version": "[^"]+"/, '"version": "0.0.1"');
  change(
    "agent/shared/protocol/wire-version.ts",
    /wireVersion = \d+/,
    `wireVersion = ${wireVersion - 1}`,
  );
  return folder;
}
