/** Signing in to an MCP server whose answer comes to the front: it reaches the server of whoever began, once, and by no look. */
import { expect } from "bun:test";
import type { McpSignInAddress } from "../shared/protocol";
import { startProtectedMcp } from "./protected-mcp";
import { unixPeople } from "./unix-people";

const scene = unixPeople();
const { test } = scene;

test("a look at the address to which the service answers does not use the answer up", async () => {
  using service = startProtectedMcp();
  const { anna } = scene;
  const server = { type: "http", url: service.mcpUrl, headers: {} };
  await anna.json("/api/settings", {
    method: "PUT",
    body: JSON.stringify({ mcp: { servers: { protected: { server } } } }),
  });
  const { url } = await anna.json<McpSignInAddress>("/api/mcp/sign-in", {
    method: "POST",
    body: JSON.stringify({ name: "protected" }),
  });
  const address = service.consent(url);
  expect((await fetch(address, { method: "HEAD" })).status).toBe(200);
  const answer = await fetch(address);
  expect([answer.status, await answer.text()]).toEqual([
    200,
    "You are signed in. You can close this tab.",
  ]);
  expect((await fetch(address)).status).toBe(400);
});
