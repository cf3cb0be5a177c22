/** The terminal face where people have names: whose a session is, who has stopped, and the stops of one person. */
import "@opentui/solid/preload";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { causeNames } from "../client/state/stop-filters";
import { stopCauses } from "../shared/protocol";
import { visitor, withPeople } from "./people-scene";
import { type SharedServer, startShared } from "./shared-server";
import { makeGate, text } from "./upstream/upstream";

// After the preload: only then can the components be read.
const { openScreen } = await import("./terminal-scene");

let server: SharedServer;
beforeAll(async () => {
  server = await startShared(withPeople);
});
afterAll(() => server[Symbol.asyncDispose]());

const never = new AbortController().signal;

async function stoppedBy(name: string, message: string): Promise<void> {
  const { rein, upstream } = server;
  const asked = upstream.requests.length;
  upstream.script([text("I begin. ", makeGate())]);
  const { sdk, ...one } = visitor(rein, { name });
  const chat = one.chat({ message });
  await upstream.request(asked);
  await sdk.stopSession(chat.sessionId, {}, never);
  await chat.ended;
}

async function screenOf(name: string) {
  const { sdk } = visitor(server.rein, { name });
  const { key } = await sdk.newKey({ name: "terminal" }, never);
  const screen = await openScreen({ url: server.rein.url, token: key });
  await screen.shows("Message Rein");
  return screen;
}

test("an admin sees whose each stop was, and with B those of one person alone", async () => {
  const long = "bob.with-a-long-name@example.com";
  await stoppedBy("anna", "Rename the tables");
  await stoppedBy(long, "Move the images");
  await stoppedBy("olga", "Count the lines");
  await using screen = await screenOf("olga");
  const { mockInput } = screen;

  await mockInput.typeText("/sessions");
  mockInput.pressEnter();
  const sessions = await screen.shows(/Rename the tables +anna · /);
  expect(sessions).toMatch(/Move the images +bob\.with-a-… · .* · now /);
  // One's own needs no name.
  expect(sessions).not.toMatch(/Count the lines +olga/);
  mockInput.pressEscape();
  await screen.hides("Find a session");

  await mockInput.typeText("/stops");
  mockInput.pressEnter();
  const stops = await screen.shows(/Rename the tables +anna · .* · now /);
  expect(stops).toMatch(/Move the images +bob\.with-a-long… · .* · now /);
  expect(stops).toContain("Stopped by olga");
  // The causes come before the people.
  for (const cause of stopCauses) {
    mockInput.pressKey("b");
    await screen.shows(`Stops · 30 days · ${causeNames[cause]} ─`);
  }
  await screen.shows("No stops.");
  const each = [
    ["anna", "Rename the tables"],
    [long, "Move the images"],
    ["olga", "Count the lines"],
  ] as const;
  for (const [name, shown] of each) {
    mockInput.pressKey("B");
    await screen.shows(`Stops · 30 days · ${name} ─`);
    const rows = await screen.shows(shown);
    expect(rows).toContain(`Stopped by ${name}`);
    for (const [, other] of each) if (other !== shown) expect(rows).not.toContain(other);
  }
  mockInput.pressKey("b");
  await screen.shows("Stops · 30 days ─");
  for (const [, title] of each) await screen.shows(title);
});
