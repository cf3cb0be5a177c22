/** What an admin answers a model's question goes to the server in which it was asked, and to that of nobody else. */
import { expect } from "bun:test";
import type { SessionEvent } from "../shared/protocol";
import { unixPeople } from "./unix-people";
import { text, toolCall } from "./upstream/upstream";

const scene = unixPeople();
const { test } = scene;

type Asked = Extract<SessionEvent, { type: "approval-request" }>;

test("an admin answers a question of another's session by that session, and without it no other server is asked", async () => {
  const { rein, as } = await scene.start({ REIN_ADMINS: "bob" });
  await using _rein = rein;
  const [anna, bob] = [as(scene.anna), as(scene.bob)];
  scene.upstream.script([toolCall("bash", { command: "echo asked" })], [text("Done.")]);
  const chat = anna.chat({ permissions: "ask" });
  const { approval } = (await chat.until(({ type }) => type === "approval-request")) as Asked;
  const answer = async (query: string) => {
    const body = JSON.stringify({ decision: "deny", message: "Not now" });
    return (await bob.fetch(`/api/approvals/${approval.id}${query}`, { method: "POST", body }))
      .status;
  };
  expect(await answer("")).toBe(404);
  expect(await answer("?sessionId=another")).toBe(404);
  expect(await answer(`?sessionId=${chat.sessionId}`)).toBe(200);
  await chat.ended;
});
