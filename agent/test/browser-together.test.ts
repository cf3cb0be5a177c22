/** Two pages of one session act at the same time: one result follows, and both pages show it. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page, Route } from "playwright-core";
import { said } from "./control-api";
import { anthropicOn, browserScene } from "./scene";
import { makeGate, text, toolCall } from "./upstream/upstream";
import { within } from "./within";

const scene = browserScene((upstream) => ({ ...anthropicOn(upstream), REIN_GRACE_MS: "60000" }));

const orders = [
  ["first", "second"],
  ["second", "first"],
] as const;

for (const [winner, loser] of orders) {
  test(`one page pauses and the other stops: the run is stopped, even if the ${winner} arrives first`, async () => {
    scene.upstream.script([text("The answer is ", makeGate())]);
    await using pages = await openTwo("The answer is");
    const acts = {
      first: await act(pages.first, "Control+.", "pause"),
      second: await act(pages.second, "Escape", "stop"),
    };
    await acts[winner].go();
    await acts[loser].go();
    for (const page of pages.both) await untilStopped(page);
    expect(await scene.upstream.requests[0]!.ended).toBe("client");
    const { runs } = await scene.rein.session(pages.id());
    expect(runs).toMatchObject([{ state: "settled", outcome: "stopped" }]);
    expect(runs[0]!.pause).toBeUndefined();
    expect(pages.errors).toEqual([]);
  });

  test(`one page resumes and the other stops: the run is stopped, even if the ${winner} arrives first`, async () => {
    scene.upstream.script([text("The answer is ", makeGate())], [text("forty-", makeGate())]);
    await using pages = await openTwo("The answer is");
    await pages.first.keyboard.press("Control+.");
    await pages.second.getByRole("button", { name: /^Pausing/ }).click();
    for (const page of pages.both) await page.getByRole("button", { name: "Resume" }).waitFor();
    const acts = {
      first: await act(pages.first, "Control+.", "resume"),
      second: await act(pages.second, "Escape", "stop"),
    };
    await acts[winner].go();
    await acts[loser].go();
    for (const page of pages.both) await untilStopped(page);
    for (const request of scene.upstream.requests) expect(await request.ended).toBe("client");
    expect(pages.errors).toEqual([]);
  });

  test(`one page queues and the other interrupts: the queued message is sent second, even if the ${winner} arrives first`, async () => {
    scene.upstream.script([text("One ", makeGate())], [text("At once.")], [text("At last.")]);
    await using pages = await openTwo("One");
    await pages.first.getByLabel("Message", { exact: true }).fill("Queued");
    await pages.second.getByLabel("Message", { exact: true }).fill("Instead");
    const acts = {
      first: await act(pages.first, "Enter", "queue"),
      second: await act(pages.second, "Control+Shift+Enter", "chat"),
    };
    await acts[winner].go();
    await acts[loser].go();
    for (const page of pages.both) {
      await page.getByText("At last.").waitFor();
      await page.getByTestId("queue").waitFor({ state: "detached" });
      await page.getByTestId("send").waitFor();
    }
    const session = await scene.rein.session(pages.id());
    expect(said(session)).toEqual(["First", "Instead", "Queued"]);
    expect(session.runs.map(({ outcome }) => outcome)).toEqual(["stopped", "done", "done"]);
    expect(scene.upstream.requests.length).toBe(3);
    expect(pages.errors).toEqual([]);
  });
}

for (const way of ["interrupts", "stops and sends"])
  test(`one page ${way}, then the other interrupts: both messages are sent, in this order`, async () => {
    const cleaning =
      "trap 'until [ -e go ]; do sleep 0.01; done' TERM; echo on; sleep 1000 & wait; wait";
    scene.upstream.script(
      [toolCall("bash", { command: cleaning })],
      [text("At once.")],
      [text("At last.")],
    );
    await using pages = await openTwo("Allow once");
    await pages.first.getByRole("button", { name: "Allow once" }).click();
    for (const page of pages.both) await page.getByText("on", { exact: true }).waitFor();
    await pages.first.getByLabel("Message", { exact: true }).fill("Mine");
    await pages.second.getByLabel("Message", { exact: true }).fill("Ours");
    if (way === "stops and sends") {
      await pages.first.keyboard.press("Escape");
      await pages.first.getByTestId("ways").getByText("Send", { exact: false }).waitFor();
    }
    const key = way === "interrupts" ? "Control+Shift+Enter" : "Enter";
    const mine = await act(pages.first, key, "chat");
    const ours = await act(pages.second, "Control+Shift+Enter", "chat");
    await mine.go();
    await ours.go();
    for (const page of pages.both) await page.getByTestId("queued").getByText("Ours").waitFor();
    writeFileSync(join(scene.rein.cwd, "go"), "");
    for (const page of pages.both) {
      await page.getByText("At last.").waitFor();
      await page.getByTestId("queue").waitFor({ state: "detached" });
      await page.getByTestId("send").waitFor();
    }
    const session = await scene.rein.session(pages.id());
    expect(said(session)).toEqual(["First", "Mine", "Ours"]);
    expect(session.runs.map(({ outcome }) => outcome)).toEqual(["stopped", "done", "done"]);
    expect(pages.errors).toEqual([]);
  });

test("both pages retry: the run is retried once", async () => {
  scene.upstream.script([text("A first try.")], [text("A second try.")]);
  await using pages = await openTwo("A first try.");
  for (const page of pages.both)
    await page.getByRole("button", { name: "Retry", exact: true }).waitFor();
  const acts = [];
  for (const page of pages.both) acts.push(await act(page, "Retry", "chat"));
  for (const one of acts) await one.go();
  for (const page of pages.both) {
    await page.getByText("A second try.").waitFor();
    await page.getByText("2 / 2").waitFor();
    await page.getByTestId("send").waitFor();
  }
  expect((await scene.rein.session(pages.id())).runs.length).toBe(2);
});

test("both pages send the messages that a stop kept: each is sent once", async () => {
  scene.upstream.script([text("One ", makeGate())], [text("Two.")]);
  await using pages = await openTwo("One");
  await pages.first.getByLabel("Message", { exact: true }).fill("Second");
  await pages.first.keyboard.press("Enter");
  for (const page of pages.both) await page.getByTestId("queued").waitFor();
  await pages.second.keyboard.press("Escape");
  for (const page of pages.both) await page.getByRole("button", { name: "Send now" }).waitFor();
  const acts = [];
  for (const page of pages.both) acts.push(await act(page, "Send now", "queue/"));
  for (const one of acts) await one.go();
  for (const page of pages.both) {
    await page.getByText("Two.").waitFor();
    await page.getByTestId("queue").waitFor({ state: "detached" });
    expect(await page.getByTestId("toast").filter({ hasText: "not changed" }).count()).toBe(0);
  }
  expect(said(await scene.rein.session(pages.id()))).toEqual(["First", "Second"]);
});

/** The next request of a page to a route of this name is passed to `take`, and waits until it is released. */
const kept = new Map<Page, { name: string; take: (route: Route) => void }>();

/** Two pages on one session, both of which show this text. */
async function openTwo(shown: string) {
  const opened = await scene.open();
  const { page: first, context } = opened;
  await context.route(/\/api\//, async (route) => {
    const page = route.request().frame().page();
    const keeper = kept.get(page);
    if (keeper === undefined || !route.request().url().includes(`/${keeper.name}`))
      return route.continue();
    kept.delete(page);
    keeper.take(route);
  });
  // A page reliably intercepts requests only from its next document on.
  await first.reload();
  await first.getByLabel("Message", { exact: true }).fill("First");
  await first.getByTestId("send").click();
  await first.getByText(shown).first().waitFor();
  const second = await context.newPage();
  second.on("pageerror", (error) => opened.errors.push(String(error)));
  await second.goto(first.url());
  await second.getByText(shown).first().waitFor();
  return {
    ...opened,
    first,
    second,
    both: [first, second],
    id: () => first.url().split("/").at(-1)!,
  };
}

/**
 * Presses the key, or the button of that name; resolves when the page has made the request that follows. `go` releases
 * that request, and resolves when it is answered.
 */
async function act(page: Page, what: string, name: string): Promise<{ go(): Promise<void> }> {
  const { promise: made, resolve: take } = Promise.withResolvers<Route>();
  kept.set(page, { name, take });
  if (/^(Escape|Enter|Control.*)$/.test(what)) await page.keyboard.press(what);
  else await page.getByRole("button", { name: new RegExp(`^${what}(:|$)`) }).click();
  const route = await within(`the request that ${what} makes`, made);
  return {
    async go() {
      const answered = page.waitForResponse((response) => response.request() === route.request());
      await route.continue();
      await answered;
    },
  };
}

async function untilStopped(page: Page): Promise<void> {
  await page.getByTestId("receipt").waitFor();
  await page.getByTestId("send").waitFor();
}
