/** The duration of a stop: from the call, or the key, until the upstream's socket is closed. */
import { launchBrowser, openPage } from "../test/browser";
import { type Rein, startRein } from "../test/rein";
import {
  hang,
  makeGate,
  startUpstream,
  type Step,
  text,
  type Upstream,
  type UpstreamRequest,
} from "../test/upstream/upstream";
import { now, printFigures, printValue } from "./statistics";

const rounds = 200;
const browserRounds = 60;
const floodRounds = 20;

/** Stops by name over the API and by hanging up, until the upstream's socket is closed. */
export async function benchApiStop(): Promise<void> {
  const upstream = startUpstream();
  await using rein = await startOn(upstream);
  for (const way of ["stop by name", "hang-up"] as const) {
    const toClosed: number[] = [];
    const toAnswer: number[] = [];
    for (let round = 0; round < rounds; round++) {
      upstream.script([held()]);
      const onDisconnect = way === "hang-up" ? "stop" : "continue";
      const chat = rein.chat({ message: "Go", onDisconnect });
      await chat.until((event) => event.type === "part-delta");
      const closed = closedAt(await upstream.request(upstream.requests.length - 1));
      const stoppedAt = now();
      if (way === "hang-up") chat.hangUp();
      else {
        await rein.stop(chat.sessionId);
        toAnswer.push(now() - stoppedAt);
      }
      toClosed.push((await closed) - stoppedAt);
    }
    printFigures(`${way}: upstream socket closed`, toClosed, "p50 2, p99 10");
    if (toAnswer.length > 0) printFigures(`${way}: settled, with the receipt`, toAnswer);
  }
  await upstream.close();
}

/** Stops a model that sends as fast as the socket allows, and counts the tokens that are read after the stop. */
export async function benchFlood(): Promise<void> {
  const upstream = startUpstream();
  await using rein = await startOn(upstream);
  let afterStop = 0;
  let read = 0;
  for (let round = 0; round < floodRounds; round++) {
    upstream.script([text(...Array.from({ length: 20_000 }, () => "word ")), hang]);
    const chat = rein.chat({ message: "Go", onDisconnect: "continue" });
    await chat.until((event) => event.type === "part-delta");
    await rein.stop(chat.sessionId);
    await chat.ended;
    const stopping = chat.events.findIndex((event) => event.type === "run-stopping");
    const isToken = (event: { type: string }) => event.type === "part-delta";
    read += chat.events.slice(0, stopping).filter(isToken).length;
    afterStop += chat.events.slice(stopping).filter(isToken).length;
  }
  printValue(
    "tokens read before, after the stop",
    `${read}, ${afterStop} (n = ${floodRounds})`,
    "0 after",
  );
  await upstream.close();
}

/** Escape in Chromium: until "Stopping…" is painted, and until the upstream's socket is closed. */
export async function benchEscape(): Promise<void> {
  const upstream = startUpstream();
  await using rein = await startOn(upstream);
  const browser = await launchBrowser();
  const opened = await openPage(browser, rein);
  const { page } = opened;
  const painted: number[] = [];
  const closed: number[] = [];
  for (let round = 0; round < browserRounds; round++) {
    upstream.script([held()]);
    const field = page.getByLabel("Message", { exact: true });
    await field.fill("Go");
    await field.press("Enter");
    await page.locator("[data-testid=composer][data-state=running]").waitFor();
    const request = await upstream.request(round);
    await page.getByTestId("message").last().getByText("A few words").waitFor();
    const over = closedAt(request);
    await page.evaluate(watchForPaint);
    await page.keyboard.press("Escape");
    const { pressed, shown } = await page.evaluate(() => window.reinPaint);
    painted.push(shown - pressed);
    closed.push((await over) - pressed);
    await page.getByTestId("send").waitFor();
  }
  printFigures("Escape to “Stopping…” painted", painted, "p95 under 50");
  printFigures("Escape to upstream socket closed", closed, "p50 5, p95 25");
  await opened[Symbol.asyncDispose]();
  await browser.close();
  await upstream.close();
}

declare global {
  interface Window {
    reinPaint: Promise<{ pressed: number; shown: number }>;
  }
}

/** Runs in the page: the time of the key, and of the first frame after the button shows the stop. */
function watchForPaint(): void {
  const composer = document.querySelector<HTMLElement>("[data-testid=composer]")!;
  const pressed = new Promise<number>((resolve) => {
    const onKey = (event: KeyboardEvent) => resolve(performance.timeOrigin + event.timeStamp);
    window.addEventListener("keydown", onKey, { capture: true, once: true });
  });
  const shown = new Promise<number>((resolve) => {
    const observer = new MutationObserver(() => {
      if (composer.dataset.state !== "stopping") return;
      observer.disconnect();
      // A message posted in a frame's callback is handled when that frame has been painted.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.addEventListener("message", () =>
          resolve(performance.timeOrigin + performance.now()),
        );
        port1.start();
        port2.postMessage("");
      });
    });
    observer.observe(composer, { attributes: true });
  });
  window.reinPaint = Promise.all([pressed, shown]).then(([at, then]) => ({
    pressed: at,
    shown: then,
  }));
}

function startOn(upstream: Upstream): Promise<Rein> {
  const environment = {
    ANTHROPIC_API_KEY: "scripted-key",
    ANTHROPIC_BASE_URL: upstream.baseUrls.anthropic,
  };
  return startRein({ environment });
}

/** A few words, and then silence on an open socket. */
function held(): Step {
  return text("A few words ", makeGate());
}

async function closedAt(request: UpstreamRequest): Promise<number> {
  if ((await request.ended) !== "client") throw new Error("The upstream ended before the stop.");
  return now();
}
