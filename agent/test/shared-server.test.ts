/** The tests of a file keep their server when what they changed is changed back: else each would pay for a start. */
import { expect, test } from "bun:test";
import { anthropicOn } from "./scene";
import { startShared } from "./shared-server";

test("a server is kept after its limits and rules are gone again, and not while a rule is left", async () => {
  await using server = await startShared(anthropicOn);
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> =>
    server.rein.json<T>(path, { method, ...(body && { body: JSON.stringify(body) }) });
  const rule = { kind: "tool", match: "tool", tool: "write" };
  const addRule = () =>
    ask<{ rules: { id: string }[] }>("POST", "/api/rules", { effect: "deny", rule });
  await ask("PUT", "/api/limits", { run: { turns: 1 } });
  const { rules } = await addRule();
  await ask("DELETE", `/api/rules/${rules[0]!.id}`);
  expect(await server.clear()).toBe(true);
  await addRule();
  expect(await server.clear()).toBe(false);
});
