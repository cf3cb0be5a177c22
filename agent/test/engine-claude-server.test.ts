/** Claude Code in the place of the loop, through a server: what its model is told after a stop. */
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { textOf } from "../shared/message-parts";
import { apiScene, everyWire } from "./api-scene";

const directory = mkdtempSync(join(tmpdir(), "rein-claude-program-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const script = join(import.meta.dir, "agents/scripted-claude.ts");
writeFileSync(
  join(directory, "claude"),
  `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`,
);
chmodSync(join(directory, "claude"), 0o755);

const { send, stop } = apiScene({
  environment: (upstream) => ({
    ...everyWire(upstream),
    PATH: `${directory}:${process.env["PATH"]}`,
  }),
  request: { engine: "claude", provider: "anthropic", model: "claude-sonnet-4-5" },
});

test("after a stop the engine's model is told what was ended, and not again what its own history has", async () => {
  const cut = send("hang");
  await cut.until((event) => event.type === "part-delta");
  const answer = await stop(cut);
  expect(answer).toMatchObject({
    receipt: {
      processes: [],
      survivors: [],
      engine: { id: "claude", waited: "idle", connection: "rein" },
    },
  });
  await cut.until((event) => event.type === "run-end");
  expect(cut.session.messages.at(-1)).toMatchObject({ outcome: "stopped" });

  const next = send("and now", { sessionId: cut.sessionId });
  await next.until((event) => event.type === "run-end");
  // The program answers with what it was sent.
  const told = textOf(next.session.messages.at(-1)!, "");
  expect(told).toContain("was stopped by the user");
  expect(told).toContain("and now");
  for (const known of ["hang", "One"]) expect(told).not.toContain(known);
});
