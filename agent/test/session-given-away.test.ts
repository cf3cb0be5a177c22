/** A session that another node has taken over leaves this one with nothing of it running: nobody could stop that here afterwards. */
import { expect, test } from "bun:test";
import { neverAborts } from "../server/abort";
import type { SharedDatabase } from "../server/cluster/cluster-types";
import { OwnSessions } from "../server/cluster/own-sessions";
import { emptySession } from "../shared/empty-session";
import { until } from "./within";

const session = emptySession({ id: "s", title: "t", cwd: "/", provider: "p", model: "m" });

test("a run that begins while its session is read elsewhere is ended before the session goes", async () => {
  const happened: string[] = [];
  const read = Promise.withResolvers<typeof session>();
  let run: object | undefined;
  const start = (name: string) => {
    const settled = Promise.withResolvers<void>();
    const abort = () => {
      happened.push(`${name} ended`);
      run = undefined;
      settled.resolve();
    };
    run = { abort, settled: settled.promise };
  };
  const own = new OwnSessions({
    node: "a",
    sessions: {
      getReadable: () => ({ session }),
      giveAway: () => void happened.push("given away"),
    },
    runs: { active: { ofSession: () => run } },
  } as unknown as ConstructorParameters<typeof OwnSessions>[0]);
  const database = {
    state: { name: "joined" },
    onState: () => () => {},
    reader: { session: () => read.promise },
  } as unknown as SharedDatabase;
  own.attend(database, neverAborts);
  start("the first");
  database.onForeign(["s"]);
  await Bun.sleep(0);
  start("the second");
  read.resolve(session);
  await until(() => happened.includes("given away"), "the session is given away");
  expect(run).toBeUndefined();
  expect(happened.at(-1)).toBe("given away");
  expect(happened).toContain("the second ended");
});
