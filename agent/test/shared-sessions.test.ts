/** Whose session was shared is known for each person's newest thousand, and nobody takes the place of others. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SharedSessions } from "../server/unix-users/shared-sessions";
import { temporaryDirectory } from "./temporary-directory";

test("who shares very many loses their own oldest, and nobody else's", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "shared.json");
  const ofBob = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`bob-${at}`, "bob"]));
  writeFileSync(path, JSON.stringify({ "anna-1": "anna", ...ofBob }));
  const shared = new SharedSessions(path);
  shared.note("bob-new", "bob");
  const read = new SharedSessions(path);
  const ids = ["anna-1", "bob-0", "bob-1", "bob-new"];
  expect(ids.map((id) => read.ownerOf(id))).toEqual(["anna", undefined, "bob", "bob"]);
  shared.note("anna-1", "bob");
  expect(shared.ownerOf("anna-1")).toBe("anna");
});
