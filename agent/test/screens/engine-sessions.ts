/** The screens of engines: chosen, at work, stopped, and in the settings. The engine is the scripted ACP agent. */
import { join } from "node:path";
import type { AgentBehaviour } from "../agents/agent-script";
import {
  close,
  headerButton,
  newSession,
  openSettings,
  say,
  screen,
  type Screen,
  send,
  type Stage,
  stopRun,
  variant,
} from "./stage";

const program = join(import.meta.dir, "../agents/scripted-acp-agent.ts");

const diff = {
  type: "diff",
  path: "src/parser.ts",
  oldText: "parse()\n",
  newText: "parse(text)\n",
};

const behaviour: AgentBehaviour = {
  script: [
    { tool: { id: "1", title: "src/parser.ts", name: "Read", kind: "read", output: "parse()" } },
    { text: "The parser takes no text: I correct that." },
    {
      plan: [
        { content: "Read the failing test", status: "completed" },
        { content: "Correct the parser", status: "in_progress" },
        { content: "Run all tests again", status: "pending" },
      ],
    },
    { tool: { id: "2", title: "src/parser.ts", name: "Edit", kind: "edit", content: [diff] } },
    { tool: { id: "3", title: "https://example.com/spec", name: "Fetch", kind: "fetch" } },
    { tool: { id: "4", title: "Look for callers", name: "Task", kind: "think", status: "open" } },
    { text: "Two files call it.", parent: "4" },
    {
      tool: {
        id: "5",
        name: "Shell",
        kind: "execute",
        input: { command: "sleep 250" },
        command: "echo running; sleep 250",
        live: true,
      },
    },
  ],
};

export async function* engines(stage: Stage): AsyncGenerator<Screen> {
  const { page } = stage;
  const environment = { SCRIPTED_AGENT: JSON.stringify(behaviour) };
  const helper = { name: "Helper", command: [process.execPath, program], environment };
  const paths = { "gemini-cli": "/no/such/gemini" };
  await send(stage, "PUT", "/api/settings", { engines: { paths, own: { "own-helper": helper } } });
  await newSession(stage);
  await headerButton(page, /^Model/).click();
  await page.getByLabel("Engine", { exact: true }).selectOption("Helper");
  yield screen("engine-choice");
  await close(stage);
  await page.getByTestId("engine-note").waitFor();
  yield variant("engine-empty");
  await headerButton(page, /^Permissions/).click();
  await page.getByRole("menuitemradio", { name: /^Allow everything/ }).click();
  await say(stage, "Correct the parser");
  await page.getByTestId("subagent-card").getByText("Stops with the whole run").waitFor();
  await page.getByTestId("tool-card").filter({ hasText: "running" }).waitFor();
  yield screen("engine-at-work");
  await headerButton(page, /^Model/).click();
  await page.getByTestId("engine").waitFor();
  yield variant("engine-fixed");
  await close(stage);
  await stopRun(stage);
  await page.getByTestId("open-receipt").last().click();
  yield screen("engine-receipt");
  await openSettings(stage);
  const list = page.getByTestId("engines");
  await list.getByTestId("engine-gemini-cli").locator("summary").click();
  await list.getByTestId("engine-own-helper").locator("summary").click();
  await list.getByRole("button", { name: "Add an ACP agent" }).click();
  await list.getByRole("form", { name: "New agent" }).scrollIntoViewIfNeeded();
  yield screen("engine-settings");
  await close(stage);
}
