/** A session with an engine, in a real Chromium: entered, chosen, asked, stopped, told from Rein's own, and still there after a reload. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { play } from "./agents/agent-script";
import { desktop, withoutEngines } from "./browser";
import { browserScene } from "./scene";

const scene = browserScene();

const program = join(import.meta.dir, "agents/scripted-acp-agent.ts");

test("an agent is entered in the settings, answers in a session of its own, asks, and is stopped with all that it runs", async () => {
  await using opened = await scene.open({ viewport: desktop });
  const { page } = opened;
  const header = page.locator("main header");
  const say = async (message: string) => {
    await page.getByLabel("Message", { exact: true }).fill(message);
    await page.getByTestId("send").click();
  };

  await page.getByRole("button", { name: "Settings" }).click();
  const engines = page.getByTestId("engines");
  await engines.getByRole("button", { name: "Add an ACP agent" }).click();
  const form = engines.getByRole("form", { name: "New agent" });
  await form.getByLabel("Name").fill("Helper");
  await form.getByLabel("Command").fill(`${process.execPath} '${program}'`);
  const home = join(scene.rein.cwd, "of the agent");
  const startAfter = join(scene.rein.cwd, "may start");
  const variable = `SCRIPTED_AGENT=${JSON.stringify({ home, startAfter })}`;
  await form.getByLabel("Variables").fill(variable);
  await form.getByLabel("Folders it can write").fill("~/.helper\n");
  await form.getByRole("button", { name: "Save" }).click();
  const row = engines.getByTestId("engine-own-helper");
  await row.getByText(/^Ready/).waitFor();
  await row.locator("summary").click();
  // Its value is not sent back.
  expect(await row.getByLabel("Variables").inputValue()).toBe("SCRIPTED_AGENT");
  expect(await row.getByLabel("Folders it can write").inputValue()).toBe("~/.helper");
  await page.getByRole("button", { name: "Close" }).click();

  await header.getByRole("button", { name: /^Model/ }).click();
  await page.getByLabel("Engine", { exact: true }).selectOption("Helper");
  await header.getByRole("button", { name: "Model: Helper, engine Helper" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("engine-note").getByText("Helper answers in this session").waitFor();

  await say(
    play(
      { plan: [{ content: "Wait", status: "in_progress" }] },
      { text: "It waits." },
      {
        tool: {
          id: "a",
          name: "Shell",
          kind: "execute",
          ask: true,
          input: { command: "exec sleep 250" },
          command: "exec sleep 250",
        },
      },
    ),
  );
  await page.getByTestId("starting").getByText("Starting Helper").waitFor();
  writeFileSync(startAfter, "");
  await page.getByTestId("plan").getByText("Wait", { exact: true }).waitFor();
  expect(await page.getByTestId("starting").count()).toBe(0);
  const card = page.getByTestId("tool-card");
  await page.getByRole("button", { name: /^Allow once/ }).click();
  await card.and(page.locator("[data-state=running]")).waitFor();
  // One of its tools cannot be stopped alone.
  expect(await card.getByRole("button", { name: /^Stop/ }).count()).toBe(0);
  await page.getByTestId("stop").click();
  const receipt = page.getByTestId("receipt").first();
  // Its command may have ended by its own doing, before that could be seen.
  await receipt.getByText(/^Stopped in .* · \d process(es)? ended$/).waitFor();
  await receipt.getByTestId("open-receipt").click();
  const panel = receipt.getByTestId("run-panel");
  await panel.getByText(/^Helper itself: \d process(es)? ended/).waitFor();
  await panel.getByText("The system has confirmed that no process is left.").waitFor();

  const left = "sleep 251 > /dev/null 2>&1 &";
  const leave = {
    id: "b",
    name: "Shell",
    kind: "execute",
    input: { command: left },
    command: left,
  };
  await say(play({ tool: leave }, { text: "Still here." }));
  await page.getByTestId("message").getByText("Still here.", { exact: true }).waitFor();
  await page.getByTestId("send").waitFor();
  await header.getByText("1 process", { exact: true }).waitFor();
  await page.reload();
  await page.getByTestId("plan").waitFor();
  await header.getByRole("button", { name: "Model: Helper, engine Helper" }).click();
  await page.getByTestId("engine").getByText("fixed").waitFor();
  expect(await page.getByLabel("Engine", { exact: true }).count()).toBe(0);
  await page.keyboard.press("Escape");
  // It makes no summary.
  await header.getByRole("button", { name: "More" }).click();
  expect(await page.getByRole("menuitem", { name: "Summarize" }).count()).toBe(0);
  await page.keyboard.press("Escape");

  await page.getByLabel("Message", { exact: true }).evaluate((field) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["a"], "a.pdf", { type: "application/pdf" }));
    field.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }));
  });
  await page.getByText("a.pdf").first().waitFor();

  await page.getByRole("button", { name: "Settings" }).click();
  await row.locator("summary").click();
  await row.getByRole("button", { name: "Remove" }).click();
  await row.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Close" }).click();
  // What is gone keeps its name in the sessions that it had.
  await header.getByRole("button", { name: "Model: Helper, engine Helper" }).waitFor();
  expect(opened.errors).toEqual([]);
});

test("where no engine was found, the list of models leads to the settings that say how to get one", async () => {
  await using opened = await scene.open({ viewport: desktop });
  const { page } = opened;
  await withoutEngines(page);
  await page
    .locator("main header")
    .getByRole("button", { name: /^Model/ })
    .click();
  await page.getByRole("button", { name: "Add an engine…" }).click();
  const engines = page.getByTestId("engines");
  await engines.getByRole("button", { name: "Add an ACP agent" }).waitFor();
  // It is scrolled to the top of the sheet.
  expect((await engines.boundingBox())!.y).toBeLessThan(200);
  expect(opened.errors).toEqual([]);
});
