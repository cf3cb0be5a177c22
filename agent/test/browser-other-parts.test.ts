/** What a service does by itself within an answer, and an answer in which there is nothing, in a real Chromium. */
import { expect, test } from "bun:test";
import { browserScene } from "./scene";
import { desktop, phone } from "./browser";
import { other, text, toolCall } from "./upstream/upstream";

const scene = browserScene();

test("what the service did by itself is one line of the answer, and an empty answer after tools is marked", async () => {
  await using opened = await scene.open({ viewport: desktop });
  const { page } = opened;
  const search = {
    type: "server_tool_use",
    id: "srvtoolu_1",
    name: "web_search",
    input: { query: "rein\u202estop" },
  };
  const found = {
    type: "web_search_tool_result",
    tool_use_id: "srvtoolu_1",
    content: [
      {
        type: "web_search_result",
        title: "How a run is stopped, and what of it survives",
        url: "https://example.com",
      },
    ],
  };
  scene.upstream.script(
    [text("I look that up."), other(search), other(found), toolCall("glob", { pattern: "*.none" })],
    [],
    [text("Found.")],
  );
  await page.getByRole("textbox", { name: "Message" }).fill("Search.");
  await page.keyboard.press("Enter");
  await page.getByText("Found.").waitFor();
  const lines = page.getByTestId("other-part");
  expect(await lines.first().innerText()).toContain("Web search");
  // A character that would turn the text around is drawn as a mark.
  expect(await lines.first().locator("[data-mark]").count()).toBe(1);
  expect(await lines.nth(1).innerText()).toContain("How a run is stopped");
  // A long one is cut, and opens.
  await page.setViewportSize(phone);
  const isCut = () => lines.nth(1).locator("span").last().evaluate(isOverflowing);
  expect(await isCut()).toBe(true);
  await lines.nth(1).click();
  expect(await isCut()).toBe(false);
  await page.getByTestId("interruption").getByText("is asked once more").waitFor();
  expect(opened.errors).toEqual([]);
});

function isOverflowing(shown: Element): boolean {
  const line = shown.closest("summary")!.lastElementChild!;
  return line.scrollWidth > line.clientWidth;
}
