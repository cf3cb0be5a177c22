/** Diagrams that a model writes are pictures: nothing in them runs, loads, takes keys, or can do without an end. */
import { expect, test } from "bun:test";
import type { Page, Request } from "playwright-core";
import { readAnswer } from "../client/markdown/diagrams";
import { browserScene } from "./scene";
import { makeGate, text } from "./upstream/upstream";

const scene = browserScene();

test("an answer of the frame that the page's own script cannot have sent is none", () => {
  const drawing = { id: 1, svg: "<svg/>", width: 10, height: 4000, title: "", kind: "pie" };
  expect(readAnswer({ ...drawing, more: 1 })).toEqual(drawing);
  expect(readAnswer({ id: 0, failure: "" })).toEqual({ id: 0, failure: "" });
  const wrong = [{ svg: "x".repeat(1_000_001) }, { width: -1 }, { height: 1e9 }, { kind: 1 }];
  const others = [{ title: undefined }, { id: "1" }, { width: NaN }];
  for (const one of [
    null,
    "text",
    {},
    ...[...wrong, ...others].map((some) => ({ ...drawing, ...some })),
  ])
    expect(readAnswer(one)).toBeUndefined();
});
const load = "https://evil.test/leak";
const fence = (source: string) => `\`\`\`mermaid\n${source}\n\`\`\`\n`;

/** All of them are drawn, harmless as they are then, or refused with a reason. */
const hostile = [
  `flowchart LR\nA-->B\nclick A "javascript:acted()"\nclick B call acted()`,
  `flowchart LR\nA-->B\nclick A href "${load}" _top`,
  `flowchart LR\nA["<img src=${load}.png onerror=acted()>"]-->B["<script>acted()</script>"]`,
  `flowchart LR\nA["<iframe src=${load}></iframe><style>@import url(${load}.css)</style>"]`,
  `%%{init: {"securityLevel": "loose", "htmlLabels": true, "flowchart": {"htmlLabels": true}}}%%\nflowchart LR\nA["<img src=${load}.png onerror=acted()>"]`,
  `%%{init: {"themeCSS": "@import url(${load}.css); * { background: url(${load}.png); cursor: url(${load}.cur) }"}}%%\nflowchart LR\nA-->B`,
  `%%{init: {"fontFamily": "x; } @font-face { font-family: y; src: url(${load}.woff) } * { font-family: y"}}%%\nflowchart LR\nA-->B`,
  `%%{init: {"themeVariables": {"primaryColor": "url(${load}.png)"}}}%%\nflowchart LR\nA-->B`,
  `%%{init: {"__proto__": {"acted": 1}, "constructor": {"prototype": {"acted": 1}}}}%%\nflowchart LR\nA-->B`,
  `flowchart LR\nA-->B\nstyle A fill:url(${load}.png),background-image:url(${load}.png)\nclassDef x fill:url(${load}.svg#x)\nclass B x`,
  `flowchart LR\nA@{ img: "${load}.png", label: "x", w: 60, h: 60 }\nB@{ icon: "fa:user" }`,
  `sequenceDiagram\nparticipant A\nlink A: Board @ javascript:acted()\nlinks A: {"x": "${load}"}\nA->>A: <img src=${load}.png>`,
  `classDiagram\nclass A\nlink A "${load}"\ncallback A "acted"\nclick A href "javascript:acted()"`,
  `gantt\ntitle x\nsection y\nclick :active, a, 2024-01-01, 1d\nclick a href "javascript:acted()"\nclick a call acted()`,
  `---\nconfig:\n  securityLevel: loose\n  layout: elk\ntitle: "<img src=${load}.png onerror=acted()>"\n---\nflowchart LR\nA-->B`,
  `block-beta\ncolumns 1\na["<img src=${load}.png onerror=acted()>"]`,
  `flowchart LR\n${Array.from({ length: 400 }, (_, i) => `a${i}-->b${i}`).join("\n")}`,
  `flowchart LR\n${"subgraph x\n".repeat(300)}`,
  `pie\n${'"x" : 1e309\n'.repeat(50)}`,
  `gantt\ndateFormat YYYY-MM-DD\nsection x\na :a1, 0001-01-01, 9999999d`,
  "x".repeat(20_000),
  // These take a browser minutes, in the page's own process where it has no other for the frame.
  "block-beta\n a space:3000000 b",
  "block-beta\ncolumns 999999999\n a space:99999999 b",
  `---\ntitle: x\n---\n%%{init: {}}%%\n%% flowchart\nblock-beta\n a space:3000000 b`,
  `flowchart TB\n${"subgraph x\n".repeat(20)}a --${"-".repeat(5000)}> b\n${"end\n".repeat(20)}`,
  `gantt\nexcludes weekends\nsection x\n${"a :2024-01-01, 9999d\n".repeat(200)}`,
];

test("hostile diagrams run nothing, load nothing and leave the page as it is", async () => {
  await using opened = await scene.open({ viewport: { width: 1280, height: 24_000 } });
  const { page, context } = opened;
  const acts: string[] = [];
  await page.exposeFunction("acted", () => acts.push("a script ran"));
  context.on("page", (other) => acts.push(`a window: ${other.url()}`));
  // What the frame's policy refuses is reported as a request that failed, and was never sent.
  const note = (request: Request) => {
    const url = request.url().replace(/^blob:/, "");
    const isOwn = url.startsWith(`${scene.rein.url}/`) && !url.includes("leak");
    if (!isOwn && request.failure()?.errorText !== "csp") acts.push(url);
  };
  context.on("requestfinished", note);
  context.on("requestfailed", note);
  const address = page.url().split("/s/")[0];
  await say(page, `${hostile.map(fence).join("\n")}\nThe end.`);
  await page.locator("figure[data-diagram=waiting]").first().waitFor({ state: "detached" });
  const states = await page
    .locator("figure[data-diagram]")
    .evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset["diagram"]));
  expect(states.length).toBe(hostile.length);
  expect(states.filter((state) => state === "drawn").length).toBeGreaterThan(10);
  expect(acts).toEqual([]);
  expect(page.url()).toStartWith(address!);
  // A frame that has the page's origin, or a place in the order of the keys, would be another matter.
  const frames = await page
    .locator("iframe")
    .evaluateAll((all) =>
      all.map((one) => [one.getAttribute("sandbox"), (one as HTMLElement).inert, one.tabIndex]),
    );
  expect(frames).toEqual([["allow-scripts", true, -1]]);
  const source = (await page.locator("iframe").getAttribute("src"))!;
  const answer = await scene.rein.fetch(source);
  const policies = [
    answer.headers.get("content-security-policy")!,
    /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(await answer.text())![1]!,
  ];
  expect(policies.map((policy) => policy.includes("default-src 'none'"))).toEqual([true, true]);
  expect(policies[0]).toContain("sandbox allow-scripts");
  expect(policies[1]).toMatch(/script-src 'sha256-[^']*' 'sha256-[^']*';/);
  await page.getByText("The end.").waitFor();
  await page.getByLabel("Message", { exact: true }).fill("still here");
}, 90_000);

test("a diagram is an image with a name, in the page's colours, beside its source, and Escape stops with the focus on it", async () => {
  await using opened = await scene.open({ colorScheme: "light" });
  const { page } = opened;
  const gate = makeGate();
  const wide = Array.from({ length: 15 }, (_, i) => `A${i}[A longer step]-->A${i + 1}`).join("\n");
  scene.upstream.script([
    text(
      `${fence(`flowchart LR\naccTitle: How it ends\n${wide}`)}\n${fence("flowchart LR\nA-->((")}\n${fence(`flowchart LR\naccTitle: Large\n${"A-->".repeat(50)}A`)}\nMore `,
      gate,
    ),
  ]);
  await page.getByLabel("Message", { exact: true }).fill("Go");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  const image = page.getByRole("img", { name: "Diagram (flowchart): How it ends" });
  await image.waitFor();
  await page.getByText(/^Not drawn: Parse error/).waitFor();
  // A large one waits for a person.
  expect(await page.locator("figure[data-diagram=drawn]").count()).toBe(1);
  await page.locator("figure[data-diagram=offered]").getByRole("button", { name: "Draw" }).click();
  await page.getByRole("img", { name: "Diagram (flowchart): Large" }).waitFor();
  const light = (await image.getAttribute("src"))!;
  expect(light).toStartWith("blob:");
  await page.emulateMedia({ colorScheme: "dark" });
  await page
    .locator(`figure img[alt="Diagram (flowchart): How it ends"]:not([src="${light}"])`)
    .waitFor();
  expect(await image.evaluate((one) => (one as HTMLImageElement).naturalWidth)).toBeGreaterThan(
    1000,
  );
  await page.getByRole("button", { name: "Source" }).first().click();
  expect(await page.locator("figure pre").first().textContent()).toContain("How it ends");
  await page.getByRole("button", { name: "Diagram", exact: true }).click();
  // It is wider than the column, so the keyboard can scroll it.
  await page.getByRole("group", { name: "Diagram" }).first().focus();
  await page.keyboard.press("Escape");
  await page.locator("[data-testid=composer][data-state=idle]").waitFor();
  gate.open();
  expect(opened.errors).toEqual([]);
});

test("a diagram that takes too long shows its source with the reason, and the next one is drawn", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await page.clock.install();
  await page.route(
    "**/assets/diagram-*.html",
    (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<script>parent.postMessage({ id: 0, failure: "" }, "*"); onmessage = () => parent.postMessage("got", "*")</script>`,
      }),
    { times: 1 },
  );
  await page.evaluate(() =>
    addEventListener("message", ({ data }) => data === "got" && (document.title = "got")),
  );
  await say(page, `${fence("flowchart LR\nA-->B")}\nBetween.\n\n${fence("flowchart LR\nC-->D")}`);
  await page.waitForFunction(() => document.title === "got");
  await page.clock.fastForward(5000);
  await page.getByText("Not drawn: it took too long").waitFor();
  await page.getByRole("img", { name: "Diagram (flowchart)" }).waitFor();
  expect(await page.getByRole("img", { name: "Diagram (flowchart)" }).count()).toBe(1);
});

async function say(page: Page, answer: string): Promise<void> {
  scene.upstream.script([text(answer)]);
  await page.getByLabel("Message", { exact: true }).fill("Go");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.locator("[data-testid=composer][data-state=idle]").waitFor();
}
