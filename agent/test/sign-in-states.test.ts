/** Of sign-ins to MCP servers the front keeps whose each is, and nobody who begins many takes a place from another. */
import { expect, test } from "bun:test";
import { SignInStates } from "../server/unix-users/sign-in-states";

const urlOf = (state: string) => `https://service.example/authorize?state=${state}`;

test("a sign-in is its person's however many another one begins, and their own oldest are forgotten", () => {
  const states = new SignInStates();
  states.note(urlOf("of-anna"), "anna");
  for (let each = 0; each < 2000; each++) states.note(urlOf(`bob-${each}`), "bob");
  expect([states.take("bob-1899"), states.take("bob-1900"), states.take("of-anna")]).toEqual([
    undefined,
    "bob",
    "anna",
  ]);
});

test("an answer that comes again is nobody's, and who has begun a sign-in first has it", () => {
  const states = new SignInStates();
  states.note(urlOf("one"), "anna");
  states.note(urlOf("one"), "bob");
  expect([states.take("one"), states.take("one")]).toEqual(["anna", undefined]);
});
