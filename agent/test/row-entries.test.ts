/** What all nodes share about who may come in, while the database is gone: an answer comes in a moment, whatever the clock says. */
import { expect, setSystemTime, test } from "bun:test";
import { z } from "zod";
import { EntriesGoneError, FileEntries } from "../server/access/shared-entries";
import { type EntriesDatabase, RowEntries } from "../server/cluster/row-entries";
import { SharedWith } from "../server/cluster/shared-with";
import { temporaryDirectory } from "./temporary-directory";

const kind = { name: "kinds", schema: z.strictObject({ id: z.string() }) };

test("a clock that was set back since the database went holds up nobody", async () => {
  using directory = temporaryDirectory();
  const database = {
    state: { name: "gone", since: Date.now(), reason: "It is away." },
    onState: () => () => {},
    onNotice: () => () => {},
  } as unknown as EntriesDatabase;
  const cache = new FileEntries(kind, undefined);
  const sharedWith = new SharedWith(directory.path);
  const entries = new RowEntries({ kind, database, cache, sharedWith });
  setSystemTime(Date.now() - 60 * 60_000);
  try {
    const found = entries.find({ id: "unknown" });
    expect(await found.catch((error: unknown) => error)).toBeInstanceOf(EntriesGoneError);
  } finally {
    setSystemTime();
  }
});
