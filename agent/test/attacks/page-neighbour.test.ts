/** A page on another port of the host (a dev server that the agent has started, say) gets no credential, and nothing done. */
import { expect, test } from "bun:test";
import { browserScene } from "../scene";
import { makeGate, text } from "../upstream/upstream";

const scene = browserScene();

/** What a neighbour tries on `rein`, a server's origin. Each resolves with what it got, or throws. */
const attempts: Record<string, (rein: string) => Promise<unknown>> = {
  "fetch without cors": (rein) =>
    fetch(`${rein}/api/stop`, {
      method: "POST",
      body: "{}",
      mode: "no-cors",
      credentials: "include",
    }),
  "fetch with cors": (rein) =>
    fetch(`${rein}/api/sessions`, { credentials: "include" }).then((answer) => answer.text()),
  "fetch of the page": (rein) => fetch(rein, { credentials: "include" }).then((a) => a.text()),
  "fetch of the health": (rein) => fetch(`${rein}/api/health`).then((answer) => answer.text()),
  "fetch with a header": (rein) =>
    fetch(`${rein}/api/stop`, {
      method: "POST",
      body: "{}",
      headers: { Authorization: "Bearer x" },
    }),
  "a sign-in": (rein) =>
    fetch(`${rein}/api/sign-in`, { method: "POST", body: `{"token":"x"}`, mode: "no-cors" }),
  beacon: async (rein) => navigator.sendBeacon(`${rein}/api/stop`, "{}"),
  "web socket": (rein) =>
    untilEvent(new WebSocket(`${rein.replace("http", "ws")}/api/events`), "open"),
  "event source": (rein) =>
    untilEvent(new EventSource(`${rein}/api/events`, { withCredentials: true }), "open"),
  "a script of the API": (rein) => {
    const script = document.createElement("script");
    script.src = `${rein}/api/sessions`;
    document.body.append(script);
    return untilEvent(script, "load");
  },
  "a frame": async (rein) => {
    const frame = document.createElement("iframe");
    frame.src = rein;
    document.body.append(frame);
    await untilEvent(frame, "load");
    return frame.contentDocument!.documentElement.outerHTML;
  },
  "a form": async (rein) => {
    const frame = document.createElement("iframe");
    frame.name = "target";
    const form = document.createElement("form");
    form.method = "post";
    form.enctype = "text/plain";
    form.target = "target";
    form.action = `${rein}/api/stop`;
    document.body.append(frame, form);
    form.submit();
    await untilEvent(frame, "load");
    return frame.contentDocument!.documentElement.outerHTML;
  },
  "a window": async (rein) => {
    const opened = window.open(rein)!;
    // Of another origin, and in a group of its own: it looks closed, and nothing of it can be read.
    while (opened.location.href === "about:blank")
      await new Promise((resolve) => setTimeout(resolve, 20));
    return opened.document.body.innerHTML;
  },
};

/** Resolves at the event, and rejects when the target fails. Runs in the page, as the attempts do. */
function untilEvent(target: EventTarget, event: string): Promise<string> {
  return new Promise((resolve, reject) => {
    target.addEventListener(event, () => resolve(event));
    target.addEventListener("error", () => reject(new Error("refused")));
  });
}

/** That it was sent, or an answer that is opaque to the page. */
const harmless = /^(true|\[object Response\])$/;

test("a page on another port gets no credential and no answer, and stops and starts nothing", async () => {
  await using opened = await scene.open();
  const { page, context } = opened;
  const gate = makeGate();
  scene.upstream.script([text("The answer is ", gate, "forty-two.")]);
  await page.getByLabel("Message", { exact: true }).fill("Do it");
  await page.keyboard.press("Enter");
  await page.getByText("The answer is").waitFor();
  const credential = (await page.evaluate(() => localStorage.getItem("rein.credential")))!;
  await using neighbour = startNeighbour();

  const evil = await context.newPage();
  await evil.goto(neighbour.url);
  for (const [name, attempt] of Object.entries(attempts)) {
    const got = await evil.evaluate(
      `(() => { const untilEvent = ${untilEvent.toString()};
        return (${attempt.toString()})(${JSON.stringify(scene.rein.url)}).then(String, (error) => "refused: " + error);
      })()`,
    );
    const isRefused = String(got).startsWith("refused: ");
    expect([name, isRefused || harmless.test(String(got)) || got]).toEqual([name, true]);
  }
  // A link from Rein's page to the neighbour's carries neither a Referer with a token nor a cookie.
  await page.evaluate((url) => window.open(url), neighbour.url);
  await neighbour.visits(2);
  expect(neighbour.received.join("\n")).not.toContain(credential);
  expect(neighbour.received.join("\n")).not.toContain(scene.rein.token);
  expect(await context.cookies()).toEqual([]);
  expect(await evil.evaluate(() => localStorage.getItem("rein.credential"))).toBeNull();

  const { sessions } = await scene.rein.json<{ sessions: { state: string }[] }>("/api/sessions");
  expect(sessions.map(({ state }) => state)).toEqual(["running"]);
  gate.open();
  await page.getByText("forty-two.").waitFor();
});

/** A server on another port of the same host; `received` is all that browsers have sent it. */
function startNeighbour() {
  const received: string[] = [];
  let notice = () => {};
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      received.push(JSON.stringify([request.url, ...request.headers]));
      notice();
      return new Response("<!doctype html><body>A neighbour", {
        headers: { "Content-Type": "text/html" },
      });
    },
  });
  return {
    url: server.url.href,
    received,
    async visits(count: number): Promise<void> {
      const pages = () => received.filter((line) => line.includes('"document"')).length;
      while (pages() < count)
        await new Promise<void>((resolve) => {
          notice = resolve;
        });
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
