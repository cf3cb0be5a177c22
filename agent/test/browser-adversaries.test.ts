/** The process adversaries through the whole product: the model runs them, Escape is pressed, no process survives. */
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import type { Page } from "playwright-core";
import { escapes } from "./adversaries/escapes";
import { commandOf, pidsWith } from "./machine-facts";
import type { Chat } from "./rein";
import { browserScene } from "./scene";
import { hang, toolCall } from "./upstream/upstream";
import { until } from "./within";

const scene = browserScene();

test("no adversary survives Escape, and the processes of another session keep running", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const neighbour = await startNeighbour();
  await page.getByRole("button", { name: /^Permissions/ }).click();
  await page.getByRole("menuitemradio", { name: /Allow everything/ }).click();
  let session: Chat | undefined;
  for (const adversary of escapes) {
    const { name, terminal } = adversary;
    const cookie = newCookie();
    const input = { command: adversary.script(cookie), ...(terminal && { pty: true }) };
    // The tool call, and no answer if its result is sent back.
    scene.upstream.route(({ body }) =>
      JSON.stringify((body.messages as unknown[]).at(-1)).includes(name)
        ? [toolCall("bash", input)]
        : [hang],
    );
    await send(page, name);
    session ??= await follow(page);
    await readyIn(session, name, terminal ? "" : "ready");
    await page.keyboard.press("Escape");
    await page.getByTestId("send").waitFor();
    expect([name, pidsWith(cookie)]).toEqual([name, []]);
    rmSync(`/tmp/${cookie}`, { force: true });
  }
  await session!.until(({ type }) => type === "run-end" && endsOf(session!) === escapes.length);
  session?.hangUp();
  expect(session!.session.runs.map(({ receipt }) => receipt!.survivors)).toEqual(
    escapes.map(() => []),
  );
  expect(pidsWith(neighbour.cookie)).toEqual(neighbour.pids);
}, 300_000);

/** A shell with a daemon, in another session. */
async function startNeighbour(): Promise<{ cookie: string; pids: number[] }> {
  const cookie = newCookie();
  const command = `setsid sleep 590.${cookie} & sleep 580.${cookie} & echo ready; wait`;
  scene.upstream.script([toolCall("bash", { command })]);
  const chat = scene.rein.chat({ message: "Stay", permissions: "all", onDisconnect: "continue" });
  await chat.until((event) => event.type === "part-delta" && event.field === "output");
  const isAsleep = (seconds: number) =>
    pidsWith(cookie).some((pid) => commandOf(pid).startsWith(`sleep ${seconds}.`));
  await until(() => isAsleep(580) && isAsleep(590), "the neighbour's processes");
  return { cookie, pids: pidsWith(cookie) };
}

async function follow(page: Page): Promise<Chat> {
  await page.waitForURL(/\/s\//);
  const viewer = scene.rein.follow(page.url().split("/").at(-1)!);
  await viewer.until((event) => event.type === "snapshot");
  return viewer;
}

/** Resolves when the call of this message's run has printed this word; a pager in a terminal only draws. */
async function readyIn(viewer: Chat, message: string, word: string): Promise<void> {
  const said = () => {
    const { messages } = viewer.session;
    const index = messages.findLastIndex(({ role }) => role === "user");
    const [first] = messages[index]?.parts ?? [];
    if (first?.type !== "text" || first.text !== message) return "";
    const parts = messages[index + 1]?.parts ?? [];
    return parts.flatMap((part) => (part.type === "tool-call" ? [part.output] : [])).join("");
  };
  await viewer.until(() => said() !== "" && said().includes(word));
}

async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByLabel("Message", { exact: true }).press("Enter");
}

function newCookie(): string {
  return String(Math.trunc(Math.random() * 1e9) + 1e9);
}

function endsOf(session: Chat): number {
  return session.events.filter(({ type }) => type === "run-end").length;
}
