/** Every screen of the page, one after the other in one page: for pictures, axe, sizes and names. */
import type { Browser, BrowserContextOptions } from "playwright-core";
import { type Opened, openPage } from "../browser";
import { startRein } from "../rein";
import { anthropicOn } from "../scene";
import { startUpstream } from "../upstream/upstream";
import { writtenAnswers, settledRuns, failures } from "./answers";
import { engines } from "./engine-sessions";
import { emptyPage, panels } from "./first-screens";
import { howItWorks } from "./how-it-works";
import { everySession, mcpServers, processes } from "./lists";
import { questions } from "./questions";
import { sidePanel } from "./panel-screens";
import { approvals, runAtWork, subagents } from "./live-runs";
import type { Screen, Stage } from "./stage";

export interface Walk extends AsyncDisposable, Pick<Opened, "page"> {
  screens: AsyncGenerator<Screen>;
  /** What the page has thrown or logged as an error, but for the requests that the walk lets fail. */
  errors(): string[];
}

/** On a server of its own, so that each walk sees the same. With a touch screen it taps, and presses no key. */
export async function walkScreens(browser: Browser, options: BrowserContextOptions): Promise<Walk> {
  await using stack = new AsyncDisposableStack();
  const upstream = startUpstream();
  stack.defer(() => upstream.close());
  const rein = stack.use(await startRein({ environment: anthropicOn(upstream) }));
  const { page, errors } = stack.use(
    await openPage(browser, rein, { ...options, reducedMotion: "reduce" }),
  );
  const owned = stack.move();
  return {
    page,
    errors: () => errors.filter((error) => !error.includes("Failed to load resource")),
    screens: screens({ page, rein, upstream, isTouch: options.hasTouch === true }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Yields the screen that the page shows now; the caller looks at it, and leaves it as it is. */
async function* screens(stage: Stage): AsyncGenerator<Screen> {
  yield* emptyPage(stage);
  yield* panels(stage);
  yield* runAtWork(stage);
  yield* approvals(stage);
  yield* subagents(stage);
  yield* settledRuns(stage);
  yield* writtenAnswers(stage);
  yield* failures(stage);
  yield* engines(stage);
  yield* questions(stage);
  yield* processes(stage);
  yield* sidePanel(stage);
  yield* mcpServers(stage);
  yield* howItWorks(stage);
  yield* everySession(stage);
}
