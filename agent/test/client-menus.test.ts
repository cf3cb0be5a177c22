/** Menus and lists by keyboard: the arrow keys move in them, Escape closes them first, and the state is exposed to screen readers. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Models } from "../shared/protocol";
import { phone, withoutEngines } from "./browser";
import { browserScene } from "./scene";
import { hang, text, type UpstreamRequest } from "./upstream/upstream";
import { untilAsync } from "./within";

const scene = browserScene();

test("a menu opens with its first entry focused, and arrow keys, Home, End and first letters move in it", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await openByKey(page, "More", "Enter");
  await untilMarked(page, "Find anything");
  await page.keyboard.press("ArrowDown");
  await untilMarked(page, "Import a session…");
  await page.keyboard.press("End");
  await untilMarked(page, /^Stop everything/);
  await page.keyboard.press("ArrowDown");
  await untilMarked(page, "Find anything");
  await page.keyboard.press("ArrowUp");
  await untilMarked(page, /^Stop everything/);
  await page.keyboard.press("Home");
  await untilMarked(page, "Find anything");
  await page.keyboard.press("s");
  await page.keyboard.press("e");
  await untilMarked(page, "Settings");
  await page.keyboard.press("Enter");
  await page.getByTestId("settings").waitFor();
  expect(await page.getByRole("menu").count()).toBe(0);
  expect(opened.errors).toEqual([]);
});

test("a menu whose entries are loaded late opens with its first entry focused", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const asked = Promise.withResolvers<void>();
  await page.route("**/assets/header-entries-*.js", async (route) => {
    await asked.promise;
    await route.continue();
  });
  const requested = page.waitForRequest("**/assets/header-entries-*.js");
  await page.reload();
  await requested;
  await page.getByRole("button", { name: /^Model: (?!none)/ }).waitFor();
  await openByKey(page, "More", "Enter");
  await page.locator("main [aria-expanded=true]").waitFor();
  asked.resolve();
  await untilMarked(page, "Find anything");
  expect(opened.errors).toEqual([]);
});

test("Escape closes a menu without stopping the run, restores the focus and keeps the text", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("So."), hang]);
  await page.getByLabel("Message", { exact: true }).fill("Go");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.getByText("So.").waitFor();
  await page.getByLabel("Message", { exact: true }).fill("and then");
  for (const [name, role] of [
    ["More", "menu"],
    [/^Permissions/, "menu"],
    [/^Model/, "dialog"],
    ["Nudge", "dialog"],
  ] as const) {
    await openByKey(page, name, "Enter");
    await page.getByRole(role).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole(role).waitFor({ state: "detached" });
    expect(await focusedName(page)).toMatch(name);
  }
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("and then");
  await page.getByTestId("stop").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("receipt").waitFor();
  expect(opened.errors).toEqual([]);
});

test("a click on the button of an open menu closes it, and a click on another button closes it and presses that button", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("So."), hang]);
  await page.getByLabel("Message", { exact: true }).fill("Go");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.getByText("So.").waitFor();
  const more = page.locator("main").getByRole("button", { name: "More", exact: true });
  await more.click();
  await page.getByRole("menu").waitFor();
  await more.click();
  await page.getByRole("menu").waitFor({ state: "detached" });
  await more.click();
  await page.getByRole("menu").waitFor();
  await page.getByTestId("stop").click();
  await page.getByTestId("receipt").waitFor();
  expect(await page.getByRole("menu").count()).toBe(0);
  expect(opened.errors).toEqual([]);
});

test("a menu of choices marks the current one, and Enter selects another", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await openByKey(page, /^Permissions/, "ArrowDown");
  await page.getByRole("menuitemradio", { name: /^Ask first/, checked: true }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Permissions: Allow edits" }).waitFor();
  expect(await focusedName(page)).toBe("Permissions: Allow edits");
  expect(opened.errors).toEqual([]);
});

test("a menu keeps the focus while its entries change, as when another page chooses", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("So.")]);
  await page.getByLabel("Message", { exact: true }).fill("Go");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.getByText("So.").waitFor();
  await openByKey(page, /^Permissions/, "Enter");
  await untilMarked(page, "Ask first");
  const { sessions } = await scene.rein.json<{ sessions: { id: string }[] }>("/api/sessions");
  await scene.rein.json(`/api/sessions/${sessions[0]!.id}`, {
    method: "PATCH",
    body: JSON.stringify({ permissions: "edits" }),
  });
  await page.getByRole("menuitemradio", { name: /^Allow edits/, checked: true }).waitFor();
  await untilMarked(page, "Ask first");
  expect(opened.errors).toEqual([]);
});

test("the list of models opens at the selected model, and another can be selected with the keyboard alone", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await withoutEngines(page);
  await page.getByRole("button", { name: /^Model: (?!none)/ }).waitFor();
  await openByKey(page, /^Model/, "Enter");
  const chosen = page.getByRole("option", { selected: true });
  await chosen.waitFor();
  const before = await chosen.textContent();
  await page.locator("[role=option]:focus").waitFor();
  expect(await page.locator("[role=option]:focus").textContent()).toBe(before);
  // Read again by now, the list begins at the selected one anew.
  const last = page.getByRole("option").last();
  await untilAsync(async () => {
    await page.keyboard.press("End");
    return (await last.and(page.locator(":focus")).count()) === 1;
  }, "the last one has the focus");
  const name = await last.locator("span").first().textContent();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: `Model: ${name}` }).waitFor();
  expect(await focusedName(page)).toBe(`Model: ${name}`);
  expect(await page.getByRole("dialog").count()).toBe(0);
  expect(opened.errors).toEqual([]);
});

test("a list of models that is loaded late takes the focus of the panel that was opened for it", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await withoutEngines(page);
  const asked = Promise.withResolvers<void>();
  await page.route("**/assets/ModelList-*.js", async (route) => {
    await asked.promise;
    await route.continue();
  });
  await page.reload();
  await page.getByRole("button", { name: /^Model: (?!none)/ }).waitFor();
  await openByKey(page, /^Model/, "Enter");
  await page.locator("[role=dialog] :focus").waitFor();
  asked.resolve();
  await page.locator("[role=option][aria-selected=true]:focus").waitFor();
  expect(opened.errors).toEqual([]);
});

test("a list that is still awaited says nothing of a provider, and a long one shows the selected model wherever it stands", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await withoutEngines(page);
  const gate = Promise.withResolvers<void>();
  await page.route("**/api/models*", async (route) => {
    await gate.promise;
    await route.fulfill({ json: withManyModels(await scene.rein.json<Models>("/api/models")) });
  });
  await page.reload();
  await openByKey(page, "Model: none", "Enter");
  await page.locator("[role=dialog] [role=listbox]").waitFor({ state: "attached" });
  expect(await page.getByRole("dialog").textContent()).toBe("Add a provider…");
  gate.resolve();
  await page.getByRole("option", { name: "model-55", selected: true }).waitFor();
  const shown = await page.getByRole("option", { name: "model-" }).allTextContents();
  expect([shown.length, shown.at(-2), shown.at(-1)]).toEqual([41, "model-39", "model-55"]);
  // Scrolled to, though it came late.
  await untilInView(page, "model-55");
  await page.getByText("search for 19 more").waitFor();
  await page.getByRole("searchbox", { name: "Search models" }).fill("model-1");
  await page.getByRole("option", { selected: true }).waitFor({ state: "detached" });
  expect(opened.errors).toEqual([]);
});

async function untilInView(page: Page, name: string): Promise<void> {
  const option = await page.getByRole("option", { name, exact: true }).elementHandle();
  await page.waitForFunction((element) => {
    const { left, top, height } = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(left + 20, top + height / 2));
  }, option);
}

/** With 60 models of the provider, of which the session uses the 56th. */
function withManyModels(models: Models): Models {
  const provider = "anthropic";
  const names = Array.from({ length: 60 }, (_, index) => `model-${index}`);
  const many = names.map((id) => ({ provider, id, name: id }));
  const providers = models.providers.map((one) =>
    one.id === provider ? { ...one, models: many } : one,
  );
  return { ...models, providers, default: { provider, model: "model-55" } };
}

test("an effort keeps the focus while the models are listed anew", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await withoutEngines(page);
  await page.getByRole("button", { name: "Model: Claude Sonnet 4.5" }).waitFor();
  const gate = Promise.withResolvers<void>();
  await page.route("**/api/models*", async (route) => {
    await gate.promise;
    await route.fulfill({ json: withManyModels(await scene.rein.json<Models>("/api/models")) });
  });
  await openByKey(page, /^Model/, "Enter");
  await page.locator("[role=option]:focus").waitFor();
  const effort = page.getByRole("radiogroup", { name: "Effort", exact: true });
  const low = effort.getByRole("radio", { name: "Low" });
  await low.focus();
  gate.resolve();
  await page.getByRole("option", { name: "model-1", exact: true }).waitFor();
  expect(await low.and(page.locator(":focus")).count()).toBe(1);
});

test("of two choices in a row the last one counts, of the session that they were made in, however slow the server is", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const begin = async (message: string) => {
    scene.upstream.script([text("Yes.")]);
    const chat = scene.rein.chat({ message, provider: "anthropic", model: "scripted" });
    await chat.ended;
    return chat.sessionId;
  };
  const [one, other] = [await begin("One"), await begin("Other")];
  const gate = Promise.withResolvers<void>();
  await page.route("**/api/sessions/*", async (route) => {
    if (route.request().method() === "PATCH") await gate.promise;
    await route.continue();
  });
  const answered: [string, unknown][] = [];
  page.on("response", (response) => {
    const request = response.request();
    if (request.method() === "PATCH")
      answered.push([request.url().split("/").at(-1)!, request.postDataJSON()]);
  });
  await page.goto(`${scene.rein.url}/s/${one}`);
  await page.getByText("Yes.").waitFor();
  await openByKey(page, /^Permissions/, "Enter");
  await page.getByRole("menuitem", { name: /^Rules/ }).click();
  const bar = page.getByTestId("permissions").getByRole("radiogroup", { name: "Permissions" });
  for (const name of ["Allow everything", "Ask first"])
    await bar.getByRole("radio", { name }).check({ force: true });
  await page.keyboard.press("Escape");
  await page.getByRole("navigation", { name: "Sessions" }).getByText("Other").click();
  await page.waitForURL(new RegExp(`/s/${other}`));
  gate.resolve();
  await untilAsync(async () => answered.length === 2, "both are answered");
  expect(answered).toEqual([
    [one, { permissions: "all" }],
    [one, { permissions: "ask" }],
  ]);
  const saved = await Promise.all([one, other].map((id) => scene.rein.session(id)));
  expect(saved.map(({ permissions }) => permissions)).toEqual(["ask", "ask"]);
});

test("the effort is chosen with the keyboard, said at the model's name and sent; defaults and roles are in the settings", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const effort = page.getByRole("radiogroup", { name: "Effort", exact: true });
  await page.getByRole("button", { name: "Model: Claude Sonnet 4.5" }).waitFor();
  await openByKey(page, /^Model/, "Enter");
  await page.locator("[role=option]:focus").waitFor();
  await page.keyboard.press("Tab");
  await page.locator("[type=search]:focus").waitFor();
  await page.keyboard.press("Tab");
  await effort.getByRole("radio", { name: "Default", checked: true }).waitFor();
  for (const name of ["Off", "Low"]) {
    await page.keyboard.press("ArrowRight");
    await effort.getByRole("radio", { name, checked: true }).waitFor();
  }
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("spinbutton", { name: "Maximum output" }).fill("9000");
  await page.getByRole("spinbutton", { name: "Temperature" }).fill("0.5");
  await page.keyboard.press("Tab");
  await page.getByText("takes a temperature only with the effort “off”: none is sent").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Model: Claude Sonnet 4.5, effort low" }).waitFor();
  scene.upstream.script([text("Hello.")]);
  await page.getByLabel("Message", { exact: true }).fill("Hi");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.getByText("Hello.").waitFor();
  const [{ body }] = scene.upstream.requests as [UpstreamRequest];
  expect(body).toMatchObject({ max_tokens: 9000, thinking: { budget_tokens: 4000 } });
  expect(body).not.toHaveProperty("temperature");
  // The open session's choice, by its server.
  await openByKey(page, /^Model/, "Enter");
  await page.locator("[role=option]:focus").waitFor();
  await effort.getByRole("radio", { name: "Default" }).press("Space");
  await page.getByRole("button", { name: "Model: Claude Sonnet 4.5", exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Settings" }).click();
  const ofRole = page.getByRole("radiogroup", { name: "Effort of subagents for “simple”" });
  await page.getByTestId("role-simple").locator("summary").click();
  await page.getByRole("button", { name: /^Model of subagents for “simple”: The session/ }).click();
  await page.getByRole("option", { name: "Claude of Tomorrow" }).click();
  await ofRole.getByRole("radio", { name: "Medium" }).waitFor({ state: "detached" });
  await ofRole.getByRole("radio", { name: "Low" }).press("Space");
  await page.getByText("Claude of Tomorrow · low").waitFor();
  const saved = page.waitForResponse((one) => one.request().method() === "PUT");
  await page
    .getByRole("radiogroup", { name: "Effort of new sessions" })
    .getByRole("radio", { name: "High" })
    .press("Space");
  await saved;
  await page.getByRole("radio", { name: "High", checked: true }).waitFor();
  const { options, roles } = await scene.rein.json<Models>("/api/models");
  const model = { provider: "anthropic", model: "claude-of-tomorrow" };
  expect([options, roles]).toEqual([
    { effort: "high" },
    { simple: { ...model, options: { effort: "low" } } },
  ]);
  expect(opened.errors).toEqual([]);
});

test("while a command is completed the input refers to the list and to the selected option, which is in sight on a phone across", async () => {
  await using opened = await scene.open({ viewport: { width: 844, height: 390 }, hasTouch: true });
  const { page } = opened;
  const input = page.getByLabel("Message", { exact: true });
  const chosen = () =>
    input.evaluate((field) => {
      const id = field.getAttribute("aria-activedescendant");
      const option = id === null ? null : document.getElementById(id);
      if (option?.parentElement?.id !== field.getAttribute("aria-controls")) return undefined;
      const { left, top, bottom } = option.getBoundingClientRect();
      const isSeen = [top + 4, bottom - 4].every(
        (y) => document.elementFromPoint(left + 20, y)?.closest("[role=option]") === option,
      );
      return isSeen && option.getAttribute("aria-selected") === "true"
        ? option.querySelector("code")!.textContent
        : undefined;
    });
  expect(await input.getAttribute("aria-autocomplete")).toBe("list");
  await input.fill("/");
  await page.getByRole("listbox", { name: "Suggestions" }).waitFor();
  const untilChosen = (command: string) =>
    untilAsync(async () => (await chosen()) === command, `${command} is chosen and in sight`);
  await untilChosen("/stop");
  await input.press("ArrowDown");
  await untilChosen("/pause");
  await input.press("ArrowUp");
  await input.press("ArrowUp");
  await untilChosen("/help");
  await input.press("Escape");
  await page.getByRole("listbox").waitFor({ state: "detached" });
  expect(await input.getAttribute("aria-activedescendant")).toBeNull();
  expect(await input.inputValue()).toBe("/");
  expect(opened.errors).toEqual([]);
});

test("on a phone a tap on an entry presses that entry, and nothing beneath the menu", async () => {
  await using opened = await scene.open({ viewport: phone, hasTouch: true, isMobile: true });
  const { page } = opened;
  await page.getByRole("button", { name: /^Permissions/ }).tap();
  const entry = page.getByRole("menuitemradio", { name: /^Allow everything/ });
  await entry.waitFor();
  const pressed = page.evaluate(
    () =>
      new Promise((resolve) =>
        document.addEventListener(
          "click",
          ({ target }) => resolve((target as Element).closest("[role]")?.getAttribute("role")),
          { capture: true, once: true },
        ),
      ),
  );
  await entry.tap();
  expect(await pressed).toBe("menuitemradio");
  await page.getByRole("button", { name: "Permissions: Allow everything" }).waitFor();
  await page.getByRole("menu").waitFor({ state: "detached" });
  expect(opened.errors).toEqual([]);
});

async function openByKey(page: Page, name: string | RegExp, key: string): Promise<void> {
  await page.locator("main").getByRole("button", { name, exact: true }).press(key);
}

async function untilMarked(page: Page, name: string | RegExp): Promise<void> {
  await page.locator("[role^=menuitem]:focus").filter({ hasText: name }).waitFor();
}

function focusedName(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
}
