/** The page's settings of the web: a search service with its key, the model's own, and the private addresses. */
import { expect, test } from "bun:test";
import type { Models } from "../shared/protocol";
import { screenSizes } from "./browser";
import { browserScene } from "./scene";

const scene = browserScene();
const key = "key-that-stays-here";

test.each(["desktop", "phone"] as const)(
  "a search service is chosen, its key is saved and never shown again, and addresses are allowed (%s)",
  async (size) => {
    await using opened = await scene.open(screenSizes[size]);
    const { page } = opened;
    const web = async () => (await scene.rein.json<Models>("/api/models")).web;
    const settings = page.getByRole("button", { name: "Settings" });
    if (size === "desktop") await settings.first().click();
    else {
      await page.getByRole("button", { name: "More" }).click();
      await page.getByRole("menuitem", { name: "Settings" }).click();
    }
    const section = page.getByTestId("web");
    await section.scrollIntoViewIfNeeded();
    await section.getByRole("radio", { name: "Tavily" }).check();
    const field = section.getByLabel("Key of the service");
    await field.fill(key);
    await section.getByRole("button", { name: "Save" }).first().click();
    await section.getByRole("button", { name: "Search for “rein”" }).waitFor();
    expect(await field.inputValue()).toBe("");
    expect(await field.getAttribute("placeholder")).toBe("Saved; type to replace it");
    expect(await page.content()).not.toContain(key);
    expect((await web()).search).toEqual({ service: "tavily" });

    await section.getByRole("radio", { name: "SearXNG" }).check();
    const address = section.getByLabel("Address of SearXNG");
    await address.fill("http://user:word@search.test");
    await section.getByRole("button", { name: "Save" }).first().click();
    await section.getByText("without a user name and a password").waitFor();
    expect((await web()).search).toEqual({ service: "tavily" });

    await section.getByRole("radio", { name: "Model’s own" }).check();
    await section.getByText("it does not ask you before").waitFor();
    expect((await web()).search).toEqual({ service: "provider" });

    const list = section.getByLabel("Private addresses that fetch may reach");
    await list.fill("LocalHost:8080\nnas.local");
    await section.getByRole("button", { name: "Save" }).last().click();
    await section.getByRole("button", { name: "Save" }).waitFor({ state: "detached" });
    expect((await web()).allowedPrivate).toEqual(["localhost:8080", "nas.local"]);
    const width = () => document.documentElement.scrollWidth - window.innerWidth;
    expect(await page.evaluate(width)).toBe(0);
    const isCut = await section
      .getByRole("radiogroup")
      .evaluate((group) => group.scrollWidth > group.clientWidth);
    expect(isCut).toBe(false);
    const errors = opened.errors.filter((one) => !one.includes("400 (Bad Request)"));
    expect(errors).toEqual([]);
    await section.getByRole("radio", { name: "Off" }).check();
    await section.getByText("it does not ask you before").waitFor({ state: "detached" });
    expect((await web()).search).toBeUndefined();
    await list.fill("");
    await section.getByRole("button", { name: "Save" }).last().click();
    await section.getByRole("button", { name: "Save" }).waitFor({ state: "detached" });
  },
);
