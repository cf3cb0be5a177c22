/** The page of a cluster in Chromium, Firefox and WebKit: a session of another machine is shown, stopped and told of in each. */
import { describe, expect, test } from "bun:test";
import { engines } from "./browsers/all-engines";
import { Tab } from "./browsers/tab";
import { clusterScene } from "./cluster-scene";
import { startFront } from "./front";
import { lacksPostgres } from "./postgres";
import { makeGate, text } from "./upstream/upstream";

const { cluster } = clusterScene({ names: ["a"] });
const node = (name: string) => cluster.node(name);

for (const { name, found, launch } of engines)
  describe.skipIf(found === undefined || lacksPostgres !== "")(name + lacksPostgres, () => {
    test("a session of another machine is stopped there, and a stop that was not delivered is sent again", async () => {
      const engine = await launch();
      try {
        await using way = startFront({
          get url() {
            return node("b").rein.url;
          },
          signInAddress: () => node("b").rein.signInAddress(),
        });
        await cluster.add("b", { environment: { REIN_NODE_ADDRESS: way.url } });
        cluster.upstream.script([text("One ", makeGate())], [text("Two ", makeGate())]);
        const first = node("b").send({ message: "Do it" });
        await first.until(({ type }) => type === "part-delta");
        const second = node("b").send({ message: "Do more" });
        const page = new Tab(await engine.open());
        await page.goto(await node("a").rein.signInAddress());
        await page.click({ role: "link", name: "^Do it.*On machine b" });
        await page.see({ testId: "message", text: "One" });
        await page.press("Escape");
        await page.see({ testId: "receipt" });
        await first.ended;

        await page.click({ role: "link", name: "^Do more.*On machine b" });
        await page.see({ testId: "message", text: "Two" });
        // Requests to b get no answer; its database and its streams stay.
        way.instead = () => new Promise<never>(() => {});
        await page.press("Escape");
        await page.see({ testId: "notice", text: "Stop of “Do more” not delivered" });
        await page.see({ testId: "notice", text: "Machine b does not answer" });
        way.instead = () => undefined;
        // The page tries by itself, too: it may be there before the click.
        const again = page.click({ role: "button", name: "^Try again: " });
        await Promise.any([again, page.seeNo({ testId: "notice" })]);
        await page.see({ testId: "receipt" });
        await page.seeNo({ testId: "notice" });
        await second.ended;
        for (const { session } of [first, second])
          expect(session.runs).toMatchObject([{ outcome: "stopped", stop: { by: "user" } }]);

        await page.click({ role: "button", name: "^Settings$" });
        const machines = await page.see({ testId: "machines", text: "answers this page" });
        for (const words of ["a", "b", "answers"]) expect(machines).toContain(words);
        // What was not delivered is a 503, which Chromium reports by itself.
        const errors = await page.errors();
        expect(errors.filter((one) => !one.includes("status of 503"))).toEqual([]);
      } finally {
        await engine.close();
      }
    }, 240_000);
  });
