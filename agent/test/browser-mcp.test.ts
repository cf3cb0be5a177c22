/** MCP servers on the page: a project's question is shown in full and answered; those of the settings are added and switched. */
import { expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { screenSizes } from "./browser";
import { startProtectedMcp } from "./protected-mcp";
import { browserScene } from "./scene";
import { text } from "./upstream/upstream";

const scene = browserScene();

function project(args: string[]) {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), "rein-project-")));
  const write = (changed: string[]) => {
    const mcpServers = { tickets: { command: "node", args: changed, env: { MODE: "a\u202Eb" } } };
    writeFileSync(join(cwd, ".mcp.json"), JSON.stringify({ mcpServers }));
  };
  write(args);
  return { cwd, write, [Symbol.dispose]: () => rmSync(cwd, { recursive: true, force: true }) };
}

for (const device of ["desktop", "phone"] as const)
  test(`a project's server is reviewed in full, allowed, and asked again once it has changed: ${device}`, async () => {
    using place = project(["server.js", "--port 1"]);
    scene.upstream.script([text("Hello.")]);
    const chat = scene.rein.chat({ message: "Hi", cwd: place.cwd, onDisconnect: "continue" });
    await chat.ended;
    await using opened = await scene.open(screenSizes[device]);
    const { page } = opened;
    await page.goto(`${scene.rein.url}/s/${chat.sessionId}`);
    const notice = page.getByTestId("project-notice");
    await notice.getByText("This project brings 1 MCP server. None of it acts").waitFor();
    await notice.getByRole("button", { name: "Review" }).click();
    const server = page.getByTestId("mcp-tickets");
    await server.getByText("waits for your answer").waitFor();
    expect(await server.locator("dd").allTextContents()).toEqual([
      "node",
      "server.js",
      "--port 1",
      expect.not.stringContaining("\u202E"),
    ]);
    expect(await server.locator("[data-mark]").count()).toBe(1);
    // Nothing is allowed by a key that was meant for something else.
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
      "Close",
    );
    place.write(["server.js", ...Array.from({ length: 80 }, (_, at) => `--flag-${at}`)]);
    await page.getByRole("button", { name: "Close" }).click();
    await notice.getByRole("button", { name: "Review" }).click();
    await server.getByText("--flag-79").waitFor();
    const allow = server.getByRole("button", { name: "Allow" });
    // By keys alone: the focus jumps to the end, over what was not in the view.
    await allow.focus();
    await page.keyboard.press("Enter");
    await page.getByText("once all of it was on the screen").waitFor();
    await server.getByText("waits for your answer").waitFor();
    place.write(["server.js", "--port 1"]);
    await page.getByRole("button", { name: "Close" }).click();
    await notice.getByRole("button", { name: "Review" }).click();
    await server.getByText("--port 1").waitFor();
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
    while ((await focused()) !== "Allow tickets") await page.keyboard.press("Tab");
    await page.waitForFunction(
      () => document.activeElement?.getAttribute("aria-disabled") === "false",
    );
    await page.keyboard.press("Enter");
    await server.getByText("not started").waitFor();
    place.write(["other.js"]);
    await page.getByRole("button", { name: "Close" }).click();
    await notice.getByRole("button", { name: "Review" }).click();
    await server.getByText("changed since you allowed it").waitFor();
    expect(await server.locator("dl").nth(1).locator("dd").allTextContents()).toEqual([
      "server.js",
      "--port 1",
    ]);
    // It changes once more while it is shown.
    place.write(["third.js"]);
    await server.getByRole("button", { name: "Allow" }).click();
    await page.getByText("has changed since it was shown").waitFor();
    await server.getByText("third.js").waitFor();
    await server.getByRole("button", { name: "Refuse" }).click();
    await server.getByText("refused").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(
      false,
    );
    expect(opened.errors.filter((one) => !one.includes("409"))).toEqual([]);
  });

test("a server is pasted from another client's configuration, saved without its values coming back, switched and removed", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await page.getByRole("button", { name: "Settings" }).click();
  const section = page.getByTestId("mcp-settings");
  await section.getByRole("button", { name: "Add an MCP server" }).click();
  const pasted = {
    mcpServers: { git: { command: "npx", args: ["a b"], env: { TOKEN: "secret-value" } } },
  };
  await section.getByLabel("Paste the configuration").fill(JSON.stringify(pasted));
  expect(await section.getByLabel("Command or address").inputValue()).toBe("npx 'a b'");
  await section.getByRole("button", { name: "Save" }).click();
  const row = page.getByTestId("mcp-own-git");
  await row.locator("summary").click();
  expect(await row.getByLabel("Variables").inputValue()).toBe("TOKEN");
  expect(await page.content()).not.toContain("secret-value");
  await row.getByRole("button", { name: "Switch off" }).click();
  await row.locator("summary").getByText("off", { exact: true }).waitFor();
  await row.getByRole("button", { name: "Remove" }).click();
  await row.waitFor({ state: "detached" });
  expect(opened.errors).toEqual([]);
});

test("a server is tried in the settings, signed in to at a link that names its host, and its tools are switched", async () => {
  using service = startProtectedMcp();
  const server = { type: "http", url: service.mcpUrl, headers: {} };
  const mcp = { servers: { remote: { server } } };
  await scene.rein.fetch("/api/settings", { method: "PUT", body: JSON.stringify({ mcp }) });
  await using opened = await scene.open();
  const { page } = opened;
  await page.getByRole("button", { name: "Settings" }).click();
  const row = page.getByTestId("mcp-own-remote");
  await row.locator("summary").first().click();
  await row.getByRole("button", { name: "Test" }).click();
  await row.getByRole("button", { name: "Sign in" }).click();
  const link = row.getByRole("link", { name: `Sign in at ${new URL(service.url).host}` });
  await link.waitFor();
  await row.locator("summary").first().getByText("waits for your sign-in").waitFor();
  const tab = await opened.context.newPage();
  await tab.goto(service.consent((await link.getAttribute("href")) ?? ""));
  await tab.getByText("You are signed in. You can close this tab.").waitFor();
  await tab.close();
  // It is tried by itself.
  await row.getByRole("button", { name: "Sign out" }).waitFor();
  await row.getByText("1 tool").click();
  const tool = row.getByRole("checkbox", { name: "look" });
  await tool.click();
  await row.getByText("1 tool, 1 of them off").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Settings" }).click();
  await row.locator("summary").first().click();
  await row.getByRole("button", { name: "Test" }).click();
  await row.getByText("1 tool, 1 of them off").click();
  await tool.waitFor();
  expect(await tool.isChecked()).toBe(false);
  expect(opened.errors).toEqual([]);
});
