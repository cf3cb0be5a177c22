/** Prompts and resources of MCP servers on the page: completed, put into the message field, edited and sent. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { browserScene } from "./scene";
import { text } from "./upstream/upstream";

const scene = browserScene();
const server = {
  type: "stdio" as const,
  command: process.execPath,
  args: [join(import.meta.dir, "agents", "offering-mcp-server.ts"), "/dev/null"],
};

async function open() {
  const body = JSON.stringify({ mcp: { servers: { offers: { server, isOn: true } } } });
  await scene.rein.json("/api/settings", { method: "PUT", body });
  const opened = await scene.open();
  opened.page.setDefaultTimeout(8000);
  const { page } = opened;
  return { opened, page, input: page.getByLabel("Message", { exact: true }) };
}

test("a prompt’s text is put into the message field, is edited there, and only then sent", async () => {
  const { opened, page, input } = await open();
  await using _opened = opened;
  await input.pressSequentially("/off");
  const choice = page.getByRole("option", { name: "/offers:greet" });
  await choice.waitFor();
  expect(await choice.textContent()).toContain("⟨ESC⟩[31msomebody (name, [tone])");
  const odd = page.getByRole("option", { name: "/offers:odd" });
  expect(await odd.locator("[data-mark]").count()).toBe(1);
  expect(await odd.textContent()).not.toContain("\u202e");
  await input.press("Enter");
  expect(await input.inputValue()).toBe("/offers:greet ");
  await input.press("Enter");
  await page.getByText("/offers:greet needs name").waitFor();
  await input.fill("/offers:greet Ada tone=warm");
  await input.press("Enter");
  await page.waitForFunction(() =>
    document
      .querySelector<HTMLTextAreaElement>("textarea[name=message]")
      ?.value.startsWith("Greet"),
  );
  expect(await input.inputValue()).toBe("Greet Ada, warm.⟨ESC⟩[2J");
  await input.fill("Greet Ada, cold.");
  scene.upstream.script([text("Hello, Ada.")]);
  await input.press("Enter");
  await page.getByText("Hello, Ada.").waitFor();
  const { body } = await scene.upstream.request(0);
  expect(JSON.stringify(body)).toContain("Greet Ada, cold.");
  expect(opened.errors).toEqual([]);
});

test("Escape cuts the wait for a prompt, and what was typed is in the field again", async () => {
  const { opened, page, input } = await open();
  await using _opened = opened;
  await input.fill("/offers:hang");
  await page.getByRole("option", { name: "/offers:hang" }).waitFor();
  const [request] = await Promise.all([page.waitForRequest(/prompts\/get/), input.press("Enter")]);
  const failed = page.waitForEvent("requestfailed", (one) => one === request);
  await page.getByText("Asking offers for its text").waitFor();
  await input.press("Escape");
  await failed;
  expect(await input.inputValue()).toBe("/offers:hang");
  await page.getByText("Asking offers for its text").waitFor({ state: "detached" });
  expect(opened.errors).toEqual([]);
});

test("files of a prompt are attached, and @server: completes its resources", async () => {
  const { opened, page, input } = await open();
  await using _opened = opened;
  await input.fill("/offers:files");
  await page.getByRole("option", { name: "/offers:files" }).waitFor();
  await input.press("Enter");
  await page.getByText("note://embedded").waitFor();
  expect(await input.inputValue()).toBe("[user]\nLook at these.\n\n[assistant]\nI will.");
  await input.fill("See ");
  await input.pressSequentially("@offers:note://o");
  await page.getByRole("option", { name: "offers:note://one" }).waitFor();
  await input.press("Tab");
  expect(await input.inputValue()).toBe("See @offers:note://one ");
  scene.upstream.script([text("Seen.")]);
  await input.press("Enter");
  await page.getByText("Seen.").waitFor();
  const { body } = await scene.upstream.request(0);
  expect(JSON.stringify(body)).toMatch(/read 1.*|embedded/);
  expect(opened.errors).toEqual([]);
});
