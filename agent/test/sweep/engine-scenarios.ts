/** The conversations of the sweep that an engine drives: the scripted ACP agent, honest at first, then with each of its lies. */
import type { AgentStep, CancelWay } from "../agents/agent-script";
import { text } from "../upstream/upstream";
import type { EngineWay, Scenario } from "./scenarios";

export interface EngineScript {
  ways: readonly EngineWay[];
  /** What it does about the first words. `directory`: for its files. */
  steps: (directory: string) => AgentStep[];
  /** Its turn fails, if nothing intervenes. */
  fails?: true;
  /** It says everything at once: else each step waits until what came before has been read. */
  isEager?: true;
}

/** The engine of each way: one that was entered in the settings, and one that Rein knows. */
export const engineIds: Record<EngineWay, string> = {
  "own log-in": "own-scripted",
  gate: "claude-acp",
};

/** Its output comes in pieces; two processes leave its tree and outlive it. */
const command = [
  "echo begun",
  "(setsid sleep 60 >/dev/null 2>&1 &)",
  "env -i setsid -f sleep 60 >/dev/null 2>&1",
  "sleep 0.02",
  "echo over",
].join("; ");
const tool: AgentStep = { tool: { id: "a", name: "Bash", title: "Look", command, live: true } };

/** Does what it does about an interrupt while a command runs. */
const cancelled = (onCancel: CancelWay, name: string): Scenario => ({
  name: `an engine that ${name}`,
  permissions: "all",
  answers: [],
  engine: {
    ways: ["own log-in"],
    steps: () => [
      { onCancel },
      { text: "I look. " },
      tool,
      { text: "I have " },
      { text: "looked." },
    ],
  },
});

const of = (
  name: string,
  steps: AgentStep[] | EngineScript["steps"],
  more: Partial<EngineScript & Pick<Scenario, "permissions">> = {},
): Scenario => {
  const { permissions = "all", ...engine } = more;
  return {
    name: `an engine: ${name}`,
    permissions,
    answers: [[text("From ", "the model.")], [text("Once more.")]],
    engine: {
      ways: ["own log-in"],
      steps: typeof steps === "function" ? steps : () => steps,
      ...engine,
    },
  };
};

/** A question that its turn does not wait for. */
const question = JSON.stringify({
  jsonrpc: "2.0",
  id: "unanswered",
  method: "session/request_permission",
  params: {
    toolCall: { toolCallId: "q", title: "Ask", kind: "execute", rawInput: { command: "echo q" } },
    options: [{ optionId: "yes", name: "Yes", kind: "allow_once" }],
  },
});

export const engineScenarios: Scenario[] = [
  of("reasoning, text and a plan", [
    { thought: "Let me think." },
    { text: "I have ", messageId: "one" },
    { plan: [{ content: "Look", status: "in_progress" }] },
    { text: "a plan.", messageId: "two" },
    { plan: [{ content: "Look", status: "completed" }] },
  ]),
  of("a command with daemons", [{ text: "I look. " }, tool, { text: "I have looked." }], {
    ways: ["own log-in", "gate"],
  }),
  of(
    "an approval",
    [
      { text: "May I?" },
      { tool: { id: "a", name: "Bash", command: "echo allowed", ask: true } },
      { text: "Thank you." },
    ],
    { permissions: "ask" },
  ),
  of("its requests to the model", [{ model: "Say it" }, { text: " And: " }, { model: "Again" }], {
    ways: ["gate"],
  }),
  of("a subagent", [
    { tool: { id: "s", name: "Task", title: "Helper", kind: "think", status: "open" } },
    { text: "I help.", parent: "s" },
    { tool: { id: "t", name: "Bash", command: "echo helped", parent: "s" } },
    { text: "Meanwhile." },
    { update: { sessionUpdate: "tool_call_update", toolCallId: "s", status: "completed" } },
    { text: " It helped." },
  ]),
  cancelled("ignore", "ignores its interrupt"),
  cancelled("hang", "goes silent when it is interrupted"),
  cancelled("idle-first", "says that it is idle while its command runs"),
  cancelled("late", "says more after its end"),
  cancelled("done", "says that it was done when it was interrupted"),
  cancelled("error", "answers its interrupt with an error"),
  of("a death in the middle", [{ text: "So far. " }, tool, { exit: 3 }], { fails: true }),
  of(
    "a question that its turn does not wait for",
    [{ text: "May I?" }, { raw: question }, { text: " No matter." }],
    { permissions: "ask", isEager: true },
  ),
  of("a turn that nobody asked for", (directory) => [
    { text: "Done. " },
    {
      later: {
        file: directory,
        steps: [
          { text: "By the way" },
          { tool: { id: "x", command: "echo bad", ask: true } },
          { text: "and more." },
        ],
      },
    },
  ]),
  of("bad lines, wrong ids and second answers", [
    { raw: "{" },
    { raw: '{"jsonrpc":"2.0","id":999,"result":{}}' },
    { text: "Fine." },
    { update: { sessionUpdate: "tool_call" } },
    { update: { sessionUpdate: "agent_message_chunk", content: 7 } },
    { text: " Still." },
    { end: "end_turn", twice: true, wrongIdFirst: true },
  ]),
  of("everything at once", [{ thought: "Hm." }, { text: "I look. " }, tool, { text: "Over." }], {
    isEager: true,
  }),
  of("a line of 10 MB", [{ text: "Long: " }, { big: 10_000_000 }]),
  of("a line that never ends", [{ text: "Long: " }, { endless: 40_000_000 }], { fails: true }),
];
