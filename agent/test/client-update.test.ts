/** When the server was updated, the page says that it is out of date, keeps working, and loses no typed text. */
import { expect, test } from "bun:test";
import { wireHeader, wireVersion } from "../shared/protocol";
import type { Rein } from "./rein";
import { browserScene } from "./scene";
import { makeGate, text } from "./upstream/upstream";

const scene = browserScene();

test("every API response carries the wire version, including errors, streams and responses to requests without a token", async () => {
  const { rein } = scene;
  scene.upstream.script([text("Hello.")]);
  const chat = rein.chat({ message: "hi" });
  const answers = [
    await chat.response,
    await rein.fetch("/api/models"),
    await rein.fetch("/api/events"),
    await rein.fetch("/api/no-such-route"),
    await fetch(`${rein.url}/api/sessions`),
  ];
  expect(answers.map(({ headers }) => headers.get(wireHeader))).toEqual(
    answers.map(() => String(wireVersion)),
  );
  await chat.ended;
  await answers[2]!.body!.cancel();
});

test("a page whose server was updated asks for a reload, works until then, and keeps the typed text", async () => {
  await using later = startLaterVersion(scene.rein);
  await using opened = await scene.open();
  const { page } = opened;
  const gate = makeGate();
  scene.upstream.script([text("The answer is ", gate, "forty-two.")]);
  const { hash } = new URL(await scene.rein.signInAddress());
  await page.goto(`${later.url}/${hash}`);
  const notice = page.getByTestId("notice").filter({ hasText: "Rein was updated." });
  await notice.waitFor();
  await page.getByLabel("Message", { exact: true }).fill("Do it");
  await page.keyboard.press("Enter");
  await page.getByText("The answer is").waitFor();
  gate.open();
  await page.getByText("forty-two.").waitFor();
  await page.locator("[data-testid=composer][data-state=idle]").waitFor();
  await page.getByLabel("Message", { exact: true }).fill("half a thought");
  later.endWithReload();
  await notice.getByRole("button", { name: "Reload", exact: true }).click();
  await notice.waitFor({ state: "detached" });
  await page.getByText("forty-two.").waitFor();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("half a thought");
  expect(opened.errors).toEqual([]);
});

/**
 * A proxy that makes the server look like a later version: another wire version, and events of unknown types on every
 * stream.
 */
function startLaterVersion(rein: Rein) {
  let isLater = true;
  let endsWithReload = false;
  const proxy = Bun.serve({
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      if (endsWithReload && headers.get("sec-fetch-dest") === "document") isLater = false;
      headers.delete("host");
      if (headers.has("origin")) headers.set("origin", rein.url);
      const { method, body, signal } = request;
      const answer = await fetch(rein.url + pathname + search, {
        method,
        body,
        signal,
        headers,
        redirect: "manual",
        decompress: false,
      });
      if (isLater && answer.headers.has(wireHeader))
        answer.headers.set(wireHeader, String(wireVersion + 1));
      const isStream = answer.headers.get("content-type")?.startsWith("text/event-stream");
      const isChanged = isLater && isStream;
      return new Response(
        isChanged ? answer.body!.pipeThrough(withUnknown()) : answer.body,
        answer,
      );
    },
  });
  return {
    url: proxy.url.origin,
    /** From the next document on requests go to the server unchanged. */
    endWithReload: () => void (endsWithReload = true),
    [Symbol.asyncDispose]: () => proxy.stop(true),
  };
}

function withUnknown() {
  const events = [{ type: "weather" }, { type: "weather", seq: 0.5 }];
  const frames = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  return new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(frames)),
  });
}
