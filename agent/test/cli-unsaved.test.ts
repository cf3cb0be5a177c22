/** A conversation that cannot be saved is said to be so by the command that holds it, and by what ends the server. */
import { expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { everyWire } from "./api-scene";
import { machine } from "./command-machine";
import { startUpstream, text } from "./upstream/upstream";

test("rein -p and rein shutdown say that the conversation is not saved", async () => {
  const upstream = startUpstream();
  await using _closing = { [Symbol.asyncDispose]: () => upstream.close() };
  await using here = await machine(everyWire(upstream));
  expect(await here.run(["sessions"])).toMatchObject({ code: 0 });
  upstream.script([text("Yes.")]);
  const other = new Database(join(here.dataDir, "rein.db"));
  other.run("BEGIN IMMEDIATE");
  const answer = await here.run(["-p", "Hello"]);
  expect(answer.stdout).toBe("Yes.\n");
  expect(answer.stderr).toContain("Another program holds its lock");
  const end = await here.run(["shutdown"]);
  other.close();
  expect(end).toMatchObject({ stdout: "", code: 1 });
  expect(end.stderr).toContain("has ended without having saved all of its conversations");
});
