/** Who has asked whose server is known to the next front, and of no server more than a thousand. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { ServerGuests } from "../server/unix-users/server-guests";
import { temporaryDirectory } from "./temporary-directory";

test("guests of each server are kept, without its own person", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "server-guests.json");
  const guests = new ServerGuests(path);
  for (const guest of ["bob", "anna", "bob", "carl"]) guests.note("anna", guest);
  guests.note("bob", "anna");
  const next = new ServerGuests(path);
  expect([next.of("anna"), next.of("bob"), next.of("carl")]).toEqual([
    ["bob", "carl"],
    ["anna"],
    [],
  ]);
});

test("of more than a thousand the first are forgotten", () => {
  using directory = temporaryDirectory();
  const guests = new ServerGuests(join(directory.path, "server-guests.json"));
  for (let each = 0; each < 1002; each++) guests.note("anna", `guest ${each}`);
  expect(guests.of("anna")).toHaveLength(1000);
  expect(guests.of("anna")[0]).toBe("guest 2");
});
