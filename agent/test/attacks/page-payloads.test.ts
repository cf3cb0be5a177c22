/** Nothing that a model, a service, a command or a directory writes runs in the page, loads anything or leads away from it. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Page } from "playwright-core";
import type { Opened } from "../browser";
import { type AgentStep, scriptedAgent } from "../agents/agent-script";
import { allowProject } from "../definition-scene";
import { browserScene } from "../scene";
import { failure, makeGate, reasoning, text, toolCall } from "../upstream/upstream";
import { payloads } from "./payloads";

const scene = browserScene();
const all = payloads.join("\n\n");
/** In a comment of a command: on one line, so that none of it is a command itself. */
const comment = all.replaceAll(/[\r\n\0\p{Cs}]/gu, " ");
const short = payloads.filter((payload) => payload.length <= 80);

test("413 payloads as text, names, inputs, outputs, titles and errors do nothing in the page", async () => {
  expect(payloads.length).toBe(413);
  await using opened = await scene.open();
  const { page } = opened;
  const acts = await watch(opened);
  await Bun.write(join(scene.rein.cwd, "payloads.txt"), all);
  await Bun.write(join(scene.rein.cwd, "AGENTS.md"), all);
  await allowProject(scene.rein);
  const names = short.map((one) => one.replaceAll(/[/\0\ud800-\udfff]/g, "")).slice(0, 60);
  const isWanted = (body: unknown, task: string) => JSON.stringify(body).includes(task);
  scene.upstream.route(({ body }) =>
    isWanted(body.messages, "Be one.") && !isWanted(body.messages, "payloads.txt")
      ? [text(all)]
      : undefined,
  );
  const calls = [
    toolCall("bash", { command: `cat payloads.txt # ${comment}` }, { pieceLength: 20_000 }),
    toolCall(
      "bash",
      { command: `sleep 1000 # ${comment}`, background: true },
      { pieceLength: 20_000 },
    ),
    ...names
      .slice(0, 20)
      .map((path) =>
        toolCall("write", { path, content: all.slice(0, 500) }, { pieceLength: 1000 }),
      ),
    ...short
      .slice(20, 30)
      .map((title) => toolCall("subagent", { role: "simple", title, task: "Be one." })),
    ...short.slice(30, 50).map((name) => toolCall(name, { [name]: name })),
    toolCall("grep", { pattern: comment }, { pieceLength: 20_000 }),
  ];
  const gate = makeGate();
  // Every request after the first, those of subagents too.
  const refused = failure("invalid-request", { message: payloads.slice(0, 150).join("\n") });
  scene.upstream.route(() => (scene.upstream.requests.length > 1 ? [refused] : undefined));
  scene.upstream.script([
    reasoning(all),
    text(all.slice(0, 30_000), gate, all.slice(30_000)),
    ...payloads.map((one) => text(one)),
    ...calls,
  ]);
  const chat = scene.rein.chat({ message: all, permissions: "all", onDisconnect: "continue" });
  await chat.until((event) => event.type === "run-start");
  await scene.rein.json(`/api/sessions/${chat.sessionId}`, {
    method: "PATCH",
    body: JSON.stringify({ title: short.join(" ").slice(0, 200) }),
  });
  await page.goto(`${scene.rein.url}/s/${chat.sessionId}`);
  await gate.reached;
  gate.open();
  await page.getByTestId("failure").waitFor();
  await openEverything(page);
  expect(await page.getByTestId("process").count()).toBe(1);
  expect(acts).toEqual([]);
  expect(await imitations(page)).toEqual([]);
  // The page is still itself.
  await page.keyboard.press("Escape");
  await page.getByLabel("Message", { exact: true }).fill("x");
  expect(opened.errors).toEqual([]);
}, 120_000);

test("413 payloads as an engine's text, names, titles, plans, notices, outputs, diffs and errors do nothing in the page", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const acts = await watch(opened);
  const scripts = join(scene.rein.dataDir, "scripts.json");
  const groups = Array.from({ length: 10 }, (_, at) => payloads.filter((__, i) => i % 10 === at));
  const tools = groups.flatMap((group, at): AgentStep[] => {
    const [title = "x", name = "y"] = group;
    const output = group.join("\n");
    const tool = { title, name, kind: at % 2 ? "edit" : "execute", input: { command: output } };
    const diff = { type: "diff", path: title, oldText: name, newText: output };
    return [
      { tool: { id: `output ${at}`, ...tool, output } },
      { tool: { id: `diff ${at}`, ...tool, content: [diff] } },
      { tool: { id: `failed ${at}`, ...tool, output, status: "failed" } },
    ];
  });
  const steps: AgentStep[] = [
    { thought: all },
    { text: all },
    { plan: payloads.slice(0, 90).map((content) => ({ content, status: "pending" })) },
    ...payloads.slice(0, 40).map((notice) => ({ notice })),
    ...tools,
    { tool: { id: "s", title: short[3]!, name: short[4]!, kind: "think", status: "open" } },
    { text: all, parent: "s" },
    { fail: { code: -32_603, message: payloads.slice(0, 150).join(" ") } },
  ];
  await Bun.write(scripts, JSON.stringify({ Begin: steps }));
  const own = { "own-scripted": { ...scriptedAgent({ scripts }), name: short[5]! } };
  const request = { method: "PUT", body: JSON.stringify({ engines: { own } }) };
  await scene.rein.json("/api/settings", request);
  const chat = scene.rein.chat({ message: "Begin", engine: "own-scripted", permissions: "all" });
  await chat.ended;
  expect(chat.session.runs[0]).toMatchObject({ error: { code: "engine-failed" } });
  await page.goto(`${scene.rein.url}/s/${chat.sessionId}`);
  await page.getByTestId("failure").waitFor();
  await page.evaluate(() => {
    for (const button of document.querySelectorAll<HTMLElement>(
      "summary, [data-testid=tool-card] [aria-expanded=false], [data-testid=show-all]",
    ))
      button.click();
  });
  expect(await page.getByTestId("tool-card").count()).toBe(30);
  expect(acts).toEqual([]);
  expect(await imitations(page)).toEqual([]);
  expect(opened.errors).toEqual([]);
}, 120_000);

/** Whatever a payload could bring about. */
async function watch({ page, context }: Opened): Promise<string[]> {
  const acts: string[] = [];
  await page.exposeFunction("report", (what: string) => void acts.push(what));
  await page.addInitScript(() => {
    const global = globalThis as unknown as Record<string, unknown>;
    const report = global["report"] as (what: string) => void;
    global["acted"] = () => report("a script ran");
    document.addEventListener(
      "securitypolicyviolation",
      ({ violatedDirective, blockedURI, sample }) =>
        report(`refused by the policy: ${violatedDirective} ${blockedURI} ${sample}`),
    );
  });
  page.on("dialog", (dialog) => {
    acts.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on("page", (other) => acts.push(`a new window: ${other.url()}`));
  page.on("frameattached", () => acts.push("a frame"));
  page.on("framenavigated", (frame) => {
    if (!frame.url().startsWith(scene.rein.url)) acts.push(`a navigation: ${frame.url()}`);
  });
  context.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${scene.rein.url}/`) || url.includes("leak"))
      acts.push(`a request: ${url}`);
  });
  return acts;
}

/** Unfolds each card, disclosure and diff, and opens the sheet of processes. */
async function openEverything(page: Page): Promise<void> {
  // What the run changed is known some time after its end.
  await page.getByTestId("open-files").getByText("20 files").click();
  await page.evaluate(() => {
    for (const button of document.querySelectorAll<HTMLElement>(
      "summary, [data-testid=tool-card] [aria-expanded=false], [data-testid=show-all]",
    ))
      button.click();
  });
  await page.getByTestId("changed-file").first().waitFor();
  await page.evaluate(() => {
    for (const one of document.querySelectorAll<HTMLElement>("[data-testid=changed-file] summary"))
      one.click();
  });
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Processes" }).click();
  await page.getByTestId("process").getByRole("button", { expanded: false }).first().click();
  await page.getByTestId("process-output").waitFor();
}

/** What a payload has put into the page: elements and attributes that no text needs, and links that say where they do not lead. */
function imitations(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const inMessages = [...document.querySelectorAll("[data-testid=message] *")];
    const isOwn = (svg: Element) => svg.matches("[aria-hidden=true][class*=icon]");
    const faults = inMessages.filter((element) => {
      const names = element.getAttributeNames();
      const isFormula = element.closest("[data-formula]") !== null;
      if (isFormula && /^(?:math|svg)$/.test(element.localName)) return false;
      if (
        /^(?:script|style|iframe|object|embed|link|meta|base|img|video|audio|math|template|noscript|textarea)$/i.test(
          element.localName,
        )
      )
        return true;
      // KaTeX places the parts of a formula, relative to each other.
      if (isFormula && names.every((name) => !/^on|src|href/.test(name)))
        return /url|fixed|absolute|sticky/.test(element.getAttribute("style") ?? "");
      if (names.some((name) => /^(?:on|style$|src|name$|ping$|background$|formaction$)/.test(name)))
        return true;
      if (element.localName === "form" || (element.localName === "svg" && !isOwn(element)))
        return true;
      if (element.localName !== "a" || !element.hasAttribute("href")) return false;
      const link = element as HTMLAnchorElement;
      const isSafe =
        /^(?:https?|mailto):/.test(link.getAttribute("href")!) &&
        link.target === "_blank" &&
        link.rel === "noopener noreferrer";
      return !isSafe || link.title !== link.href;
    });
    return [
      ...faults.map((element) => element.outerHTML.slice(0, 300)),
      ...["root", "location", "body", "acted"].flatMap((id) =>
        document.querySelectorAll(`[id="${id}"]`).length > (id === "root" ? 1 : 0)
          ? [`an element of the id ${id}`]
          : [],
      ),
    ];
  });
}
