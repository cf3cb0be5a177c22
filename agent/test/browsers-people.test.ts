/** The page of people in Chromium, Firefox and WebKit: one signs in by a service, shares by a link, and makes keys in each. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { engines } from "./browsers/all-engines";
import { Tab } from "./browsers/tab";
import { startProvider } from "./oidc-provider";
import { visitor, withPeople } from "./people-scene";
import { type SharedServer, startShared } from "./shared-server";
import { text } from "./upstream/upstream";

const provider = startProvider();
let server: SharedServer;
beforeAll(async () => {
  server = await startShared((upstream) => ({
    ...withPeople(upstream),
    REIN_OIDC_ISSUER: provider.issuer,
    REIN_OIDC_CLIENT_ID: "rein",
    REIN_OIDC_CLIENT_SECRET: "the client's secret",
  }));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

const never = new AbortController().signal;

for (const { name, found, launch } of engines)
  describe.skipIf(found === undefined)(name, () => {
    test("somebody signs in, opens a link, shares a session of their own, and makes and revokes a key", async () => {
      server.upstream.script([text("Of olga.")]);
      const olga = visitor(server.rein, { name: "olga" });
      const theirs = olga.chat({ message: `Shared in ${name}` });
      await theirs.ended;
      const { token } = await olga.sdk.share(theirs.sessionId, { role: "steer" }, never);
      const engine = await launch();
      try {
        const page = new Tab(await engine.open());
        await page.goto(server.rein.url);
        await page.click({ role: "button", name: "^Sign in with " });
        await page.arriveAt({ testId: "composer" });

        await page.goto(`${server.rein.url}/s/${theirs.sessionId}#share=${token}`);
        await page.see({ testId: "message", text: "Of olga." });
        await page.type({ role: "textbox", name: "^Message$" }, "And I");
        server.upstream.script([text("Of anna.")]);
        await page.press("Enter");
        await page.see({ testId: "message", text: "Of anna." });

        const mine = visitor(server.rein, { name: "anna@example.com" });
        server.upstream.script([text("Mine.")]);
        await mine.chat({ message: `My own in ${name}` }).ended;
        await page.click({ role: "button", name: `^More for .*My own in ${name}` });
        await page.click({ role: "menuitem", name: "^Share$" });
        await page.click({ role: "button", name: "^Make a link$" });
        await page.click({ role: "button", name: "^Revoke: " });
        await page.seeNo({ role: "button", name: "^Revoke: " });
        await page.click({ role: "button", name: "^Close$" });

        await page.click({ role: "button", name: "^Settings$" });
        await page.type({ role: "textbox", name: "^What the key is for$" }, "ci");
        await page.click({ role: "button", name: "^Make a key$" });
        await page.see({ testId: "api-keys", text: "It is shown this once." });
        expect((await mine.sdk.keys(never)).keys.map((key) => key.name)).toEqual(["ci"]);
        await page.click({ role: "button", name: "^Revoke ci$" });
        await page.seeNo({ role: "button", name: "^Revoke ci$" });
        expect((await mine.sdk.keys(never)).keys).toEqual([]);
        expect(await page.errors()).toEqual([]);
      } finally {
        await engine.close();
      }
    });
  });
