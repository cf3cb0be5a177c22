/** Stops that come before their messages: those of one person push out none of anybody else's. */
import { expect, test } from "bun:test";
import { EarlyStops } from "../server/run/early-stops";
import type { Asker, Stop } from "../shared/protocol";

test("a member with very many early stops loses the earliest of their own, and nobody else does", () => {
  const stops = new EarlyStops();
  const stop = { by: "user" } as Stop;
  const [anna, bob] = ["anna", "bob"].map((name): Asker => ({ name, role: "member" }));
  stops.add("of-anna", stop, anna);
  stops.add("of-a-script", stop);
  for (let count = 0; count <= 1000; count++) stops.add(`of-bob-${count}`, stop, bob);
  expect(stops.get("of-anna", { user: "anna" })).toBe(stop);
  expect(stops.get("of-a-script", {})).toBe(stop);
  expect(stops.get("of-bob-0", { user: "bob" })).toBeUndefined();
  expect(stops.get("of-bob-1", { user: "bob" })).toBe(stop);
  expect(stops.get("of-bob-1000", { user: "bob" })).toBe(stop);
});
