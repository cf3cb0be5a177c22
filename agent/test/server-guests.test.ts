/** Who has asked whose server is known to the next front, and of each server those who were there last. */
import { expect, test } from "bun:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
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

test("of too many the one who was there last the longest ago is forgotten, and who comes again costs no write", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "server-guests.json");
  const guests = new ServerGuests(path, 3);
  for (const guest of ["bob", "carl", "dora"]) guests.note("anna", guest);
  rmSync(path);
  guests.note("anna", "bob");
  expect(existsSync(path)).toBe(false);
  guests.note("anna", "emma");
  expect(guests.of("anna")).toEqual(["dora", "bob", "emma"]);
  expect(new ServerGuests(path, 3).of("anna")).toEqual(["dora", "bob", "emma"]);
});

test("a thousand and more guests of one server are kept", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "server-guests.json");
  const many = Array.from({ length: 1500 }, (_, index) => `guest ${index}`);
  writeFileSync(path, JSON.stringify({ anna: many }));
  const guests = new ServerGuests(path);
  guests.note("anna", "bob");
  expect(guests.of("anna")).toEqual([...many, "bob"]);
});
