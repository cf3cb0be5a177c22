/** A start finds a free port, serves a page in development, and prints what is needed to open it. */
import { expect, test } from "bun:test";
import { listen } from "../server/http/listen";
import { launchBrowser } from "./browser";
import { startRein } from "./rein";

test("a start uses the next free port when the default port is taken", async () => {
  const answer = () => new Response("here");
  const first = listen({ port: 0, portGiven: false, host: "127.0.0.1" }, answer);
  const { port } = first;
  const second = listen({ port, portGiven: false, host: "127.0.0.1" }, answer);
  expect(second.port).toBeGreaterThan(port);
  expect(await (await fetch(`http://127.0.0.1:${second.port}`)).text()).toBe("here");
  await Promise.all([first.stop(true), second.stop(true)]);
});

test("a server in development serves the page at its one address, and hot reload connects", async () => {
  await using rein = await startRein({ args: ["--dev"] });
  const browser = await launchBrowser();
  const page = await browser.newPage();
  const connected = page.waitForEvent("console", (message) =>
    message.text().includes("[vite] connected"),
  );
  await page.goto(rein.printedAddress);
  await page.getByTestId("composer").waitFor();
  await connected;
  await browser.close();
});
