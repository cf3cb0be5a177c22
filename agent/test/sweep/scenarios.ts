/** The scripted conversations in which the sweep intervenes. */
import type { CommandCall, Hook, Permissions } from "../../shared/protocol";
import type { ChatRequest } from "../../shared/requests";
import { definitionScenarios } from "./definition-scenarios";
import { engineIds, engineScenarios, type EngineScript } from "./engine-scenarios";
import { hookScenarios } from "./hook-scenarios";
import { planScenarios } from "./plan-scenarios";
import { type McpTransport, slowTool } from "./scripted-mcp";
import { scheduleScenarios } from "./schedule-scenarios";
import type { ScriptedSite } from "./scripted-site";
import { failure, reasoning, type Step, text, toolCall, type WireName } from "../upstream/upstream";

/** How a conversation reaches its model: on a wire of Rein's, or by an engine, with its own log-in or through the gate. */
export type Way = WireName | EngineWay;
export type EngineWay = "own log-in" | "gate";

export interface Scenario {
  name: string;
  permissions: Permissions;
  /** The person's reply to each approval: "once" by default, or every command that begins like this one. */
  allow?: "session";
  /** The upstream's answers to the session's own requests, in order. `site`: the origin of the scripted website. */
  answers: Step[][] | ((site: string) => Step[][]);
  /** Its answers to the subagents, by their titles. */
  subagents?: Record<string, Step[][]>;
  /** An engine drives it: the scripted ACP agent. */
  engine?: EngineScript;
  /** In the place of the first words. */
  command?: CommandCall;
  /** The settings have the scripted MCP server. */
  mcp?: McpTransport;
  /** Those of the settings. */
  hooks?: Hook[];
  /** The settings have the scripted language server, which is allowed in the project. */
  languageServer?: true;
  /** The wires on which it is tried; all of them by default. */
  wires?: readonly WireName[];
  /** A schedule begins it. */
  isScheduled?: true;
}

export const models: Record<WireName, string> = {
  anthropic: "claude-of-tomorrow",
  openai: "gpt-5.4",
  "openai-chat": "local-model",
  gemini: "gemini-3.1-pro",
  ollama: "usual:8b",
};

export function waysOf({ engine, wires }: Scenario): readonly Way[] {
  return wires ?? engine?.ways ?? (Object.keys(models) as WireName[]);
}

export function answersOf({ answers }: Scenario, { origin }: ScriptedSite): Step[][] {
  return typeof answers === "function" ? answers(origin) : answers;
}

/** What a first message chooses. */
export function choiceOf(way: Way): Pick<ChatRequest, "engine" | "provider" | "model"> {
  if (way === "own log-in") return { engine: engineIds[way] };
  const provider = way === "gate" ? "anthropic" : way;
  const model = models[provider];
  return { provider, model, ...(way === "gate" && { engine: engineIds[way] }) };
}

const bash = (command: string) => toolCall("bash", { command }, { pieceLength: 24 });
const subagent = (title: string) =>
  toolCall("subagent", { role: "simple", title, task: `Be ${title}.` }, { pieceLength: 64 });

const threeFiles = (kind: "Add" | "Update", ...lines: string[]) =>
  [
    "*** Begin Patch",
    ...["a", "b", "c"].flatMap((name) => [`*** ${kind} File: ${name}.txt`, ...lines]),
    "*** End Patch",
  ].join("\n");

export const scenarios: Scenario[] = [
  { name: "text", permissions: "ask", answers: [[text("The answer ", "is forty", "-two.")]] },
  {
    name: "reasoning, then text",
    permissions: "ask",
    answers: [[reasoning("Let me ", "think."), text("I have ", "thought.")]],
  },
  {
    name: "one tool",
    permissions: "all",
    answers: [
      // Long enough for an intervention to meet the process and its child alive.
      [text("I look."), bash("echo begun; sleep 0.02; echo over")],
      [text("I have looked.")],
    ],
  },
  {
    name: "three tools side by side",
    permissions: "all",
    // The model of the other one writes by patches.
    wires: ["anthropic", "openai-chat", "gemini", "ollama"],
    answers: [
      [
        bash("echo first; sleep 0.02"),
        toolCall("write", { path: "kept.txt", content: "kept" }, { pieceLength: 64 }),
        bash("echo third"),
      ],
      [text("All three.")],
    ],
  },
  {
    name: "a patch of three files, beside a command",
    permissions: "ask",
    wires: ["openai"],
    answers: [
      [
        toolCall("apply_patch", { input: threeFiles("Add", "+one") }, { pieceLength: 64 }),
        bash("echo beside"),
      ],
      [toolCall("apply_patch", { input: threeFiles("Update", "@@", "-one", "+two") })],
      [text("All changed.")],
    ],
  },
  {
    name: "an input in many pieces",
    permissions: "all",
    answers: [
      [toolCall("bash", { command: "echo in many pieces" }, { pieceLength: 3 })],
      [text("Piece by piece.")],
    ],
  },
  {
    name: "an approval",
    permissions: "ask",
    answers: [[text("May I?"), bash("echo allowed")], [text("Thank you.")]],
  },
  {
    name: "a rule of the session",
    permissions: "ask",
    allow: "session",
    answers: [
      [bash("echo allowed at first")],
      [bash("echo allowed once more")],
      [text("Thank you.")],
    ],
  },
  {
    name: "a retry",
    permissions: "ask",
    answers: [
      [failure("overloaded", { headers: { "retry-after": "0" } })],
      [text("At the ", "second try.")],
    ],
  },
  {
    name: "a failure in the middle, continued",
    permissions: "all",
    answers: [[text("The answer ", "is "), failure("overloaded")], [text("forty-two.")]],
  },
  {
    name: "a refused conversation, sent again as plain text",
    permissions: "all",
    answers: [
      [text("I look."), toolCall("glob", { pattern: "*" }, { pieceLength: 64 })],
      [failure("invalid-request")],
      [text("It is ", "plain.")],
    ],
  },
  {
    name: "summing up, because the service says it was too much",
    permissions: "all",
    answers: [
      [text("I look."), toolCall("glob", { pattern: "*" }, { pieceLength: 64 })],
      [failure("context-length")],
      [text("In short: ", "it looked.")],
      [text("It is ", "done.")],
    ],
  },
  {
    name: "three subagents, one of them with a tool",
    permissions: "all",
    answers: [
      [subagent("one"), subagent("two"), subagent("three")],
      [text("All three ", "reported.")],
    ],
    subagents: {
      one: [[text("One has ", "looked.")]],
      two: [[text("Two looks."), bash("echo of two; sleep 0.02")], [text("Two has looked.")]],
      three: [[reasoning("I am three."), text("Three is ", "here.")]],
    },
  },
  ...(["stdio", "http"] as const).map((mcp): Scenario => ({
    name: `a call of an MCP server over ${mcp}`,
    permissions: "all",
    mcp,
    wires: [mcp === "stdio" ? "anthropic" : "openai"],
    answers: [[text("I look."), toolCall(slowTool, {})], [text("I have looked.")]],
  })),
  {
    name: "two fetches, one of a page",
    permissions: "all",
    wires: ["gemini"],
    answers: (site) => [
      ["a.txt", "b.html"].map((path) => toolCall("fetch", { url: `${site}/${path}` })),
      [text("I have read them.")],
    ],
  },
  ...hookScenarios,
  ...definitionScenarios,
  ...planScenarios,
  ...scheduleScenarios,
  ...engineScenarios,
];
