/** What the demo says and does next: a pure function of the conversation so far. */
import { lastInterruption, markText } from "../../../shared/message-parts";
import {
  interruptionText,
  type Message,
  type Part,
  type ToolCallPart,
} from "../../../shared/protocol";
import { instructions, opening, messagesForModel } from "../../../shared/summary";
import { essay } from "./demo-essay";
import type { ModelRequest } from "../provider";

export type Line =
  | { type: "text" | "reasoning"; text: string }
  | { type: "tool-call"; name: string; input: unknown };

/**
 * The next turn, or the rest of one that was cut. A scenario is a list of turns, and the tool calls made since the user's
 * message say how far it is.
 */
export function nextTurn(request: ModelRequest): Line[] {
  const messages = messagesForModel(request.messages);
  const asked = findAsked(messages);
  const message = textOf(messages[asked]);
  if (message.startsWith(instructions)) return summaryOf(message);
  const scene = task(message) ?? scenario(message);
  const kept = acknowledgement(messages.slice(0, asked));
  const turnAfter: Scene = (calls) => {
    const lines = scene(calls);
    const missing = lines.find((line) => line.type === "tool-call" && !offers(request, line.name));
    if (missing) return [say("This scene needs a tool that this session does not have.")];
    return kept === undefined || calls.length > 0 ? lines : [say(`${kept}\n\n`), ...lines];
  };
  return restOf(
    turnAfter,
    messages.slice(asked + 1).filter(({ role }) => role === "assistant"),
  );
}

/** The user's message that is being answered: one that asks to continue an answer that was cut is part of that answer. */
function findAsked(messages: Message[]): number {
  const asked = messages.findLastIndex(({ role }) => role === "user");
  const answer = messages[asked - 1];
  const continues =
    answer && lastInterruption(answer) && /^continue\b/i.test(textOf(messages[asked]));
  return continues ? findAsked(messages.slice(0, asked)) : asked;
}

/** What these answers leave to say: the rest of the turn that the last of them was cut in, else the next turn. */
function restOf(turnAfter: Scene, answers: Message[]): Line[] {
  const calls: ToolCallPart[] = [];
  let lines = turnAfter(calls);
  let callsBefore = 0;
  for (const answer of answers) {
    calls.push(...answer.parts.filter(isWholeCall));
    const isCut = lastInterruption(answer) !== undefined;
    if (isCut) lines = unwritten(lines, answer.parts);
    if (isCut && lines.length > 0) continue;
    if (isCut && calls.length === callsBefore) return [say("That was all.")];
    lines = turnAfter(calls);
    callsBefore = calls.length;
  }
  return lines;
}

/** A call whose input was cut was lost, and is made anew. */
function unwritten(lines: Line[], parts: Part[]): Line[] {
  const rest = [...lines];
  for (const part of parts) {
    const line = rest[0];
    if (line === undefined) return [];
    if (line.type === "tool-call") {
      if (part.type === line.type && isWholeCall(part)) rest.shift();
    } else if (part.type === line.type && line.text.startsWith(part.text)) {
      const text = line.text.slice(part.text.length);
      rest.splice(0, 1, ...(text === "" ? [] : [{ ...line, text }]));
    }
  }
  return rest;
}

type Scene = (calls: ToolCallPart[]) => Line[];

function scenario(message: string): Scene {
  return scenes.find(([pattern]) => pattern.test(message))?.[1] ?? introduction;
}

/** The first that fits is played; the messages of demoSuggestions each fit one. */
const scenes: [RegExp, Scene][] = [
  [/subagent/i, threeSubagents],
  [/\bask me\b|approv|permission/i, approval],
  [/\b(write|edit|create|change)\b.*\bfile\b|\bfile edit/i, fileEdit],
  [/\b(shell|bash|terminal|command)\b/i, shellCommand],
  [/\blong\b|\bessay\b|\breasoning\b/i, longAnswer],
];

function introduction(): Line[] {
  return [
    say(
      "I am a script, not a model: I have no understanding of what you write, and I answer the same way every time. " +
        "I am here so that you can try every Stop without a key. I can show:\n\n" +
        "- **a long answer** with reasoning, a table and code\n" +
        "- **a shell command** that runs for a while\n" +
        "- **a file edit** in the working directory\n" +
        "- **three subagents** at once\n" +
        "- **an approval**: I ask before a command runs\n" +
        "- **a summary** of what came before: type `/compact`\n\n" +
        "For real answers, set `ANTHROPIC_API_KEY`, `OPENAI_API_KEY` or `GEMINI_API_KEY`, or start a local model server, and choose a model.",
    ),
  ];
}

function longAnswer(): Line[] {
  return [{ type: "reasoning", text: essay.reasoning }, say(essay.answer)];
}

function shellCommand([shell]: ToolCallPart[]): Line[] {
  if (shell?.state === "failed") return [say(summary(shell))];
  if (shell)
    return [say(`${summary(shell)} No process of it is left, the one in the background included.`)];
  return [
    say(
      "I start a real command: it has a child in the background and prints a line every half second. Stop it whenever you like.\n\n",
    ),
    run(
      'sleep 300 & echo "a child in the background: pid $!"\n' +
        'for i in $(seq 1 60); do echo "line $i of 60, $(date +%T)"; sleep 0.5; done',
    ),
  ];
}

function fileEdit(calls: ToolCallPart[]): Line[] {
  const path = "rein-demo.md";
  const last = calls.at(-1);
  if (last && last.state !== "done") return [say(summary(last))];
  const turns: Line[][] = [
    [
      say(`I write \`${path}\` into the working directory, change a line, and read it back.\n\n`),
      call("write", { path, content: "# A file from the demo\n\nstatus: written\n" }),
    ],
    [call("edit", { path, oldText: "status: written", newText: "status: edited" })],
    [call("read", { path })],
  ];
  return (
    turns[calls.length] ?? [
      say(
        `\`${path}\` now says \`status: edited\`. Each of the two changes was one rename: a stop can come before or after it, and never leaves half a file.`,
      ),
    ]
  );
}

function approval([asked]: ToolCallPart[]): Line[] {
  const command = 'echo "You allowed this, at $(date +%T)."';
  if (!asked)
    return [
      say(
        "The next command runs only if you allow it (unless this session already allows everything).\n\n",
      ),
      run(command),
    ];
  const reply = asked.approval?.reply;
  if (reply?.decision !== "deny") return [say(summary(asked))];
  const word = reply.message ? ` Your message to me: “${reply.message}”.` : "";
  return [say(`You denied it, so nothing was run.${word}`)];
}

function threeSubagents(calls: ToolCallPart[]): Line[] {
  if (calls.length === 0)
    return [
      say(
        "I start three subagents at once. Each has its own Stop button; the main Stop ends them all.\n\n",
      ),
      ...subagents.map(({ role, title, task }) => call("subagent", { role, title, task })),
    ];
  const lines = calls.map((one) => `- **${titleOf(one)}**: ${summary(one)}`);
  return [say(`The subagents have settled:\n\n${lines.join("\n")}`)];
}

const subagents: { role: string; title: string; task: string; scene: Scene }[] = [
  {
    role: "simple",
    title: "Count in a shell",
    task: "Demo task: count to thirty in a shell, slowly.",
    scene: ([counted]) =>
      counted
        ? [say(summary(counted))]
        : [
            say("I count in a shell of my own.\n\n"),
            run('for i in $(seq 1 30); do echo "$i"; sleep 0.5; done'),
          ],
  },
  {
    role: "complex",
    title: "Explain the stop",
    task: "Demo task: explain how a stop travels.",
    scene: () => [{ type: "reasoning", text: essay.plan }, say(essay.travel)],
  },
  {
    role: "researcher",
    title: "Look around",
    task: "Demo task: look around in the working directory.",
    scene: ([looked]) =>
      looked
        ? [
            say(
              `Lines that came back from the search: ${countLines(looked.output)}.\n\n${essay.limits}`,
            ),
          ]
        : [say("I look at what is here.\n\n"), call("glob", { pattern: "*" })],
  },
];

function task(message: string): Scene | undefined {
  return subagents.find((one) => message.startsWith(one.task))?.scene;
}

/** What came before is in the question, as text. */
function summaryOf(question: string): Line[] {
  const count = (pattern: RegExp) =>
    question.slice(instructions.length).match(pattern)?.length ?? 0;
  const [yours, mine] = [count(/^User:$/gm), count(/^Assistant:$/gm)];
  const cut = count(/\[interrupted/g);
  return [
    say(
      "*This summary is scripted.* A model would write here what you want and what you ruled out, what was done and found " +
        "out, what was stopped and how it was left, and what was to come next.\n\n" +
        `I can only count: your messages (${yours}), mine (${mine}), and interruptions (${cut}).\n\n` +
        "From here on a model is sent this text in place of all that, so that there is room again. You keep " +
        "the whole conversation, and can undo the summary.",
    ),
  ];
}

/** Shows that a model sees what an interruption kept, or a summary: one line before the next answer. */
function acknowledgement(earlier: Message[]): string | undefined {
  if (textOf(earlier.at(-1)).startsWith(opening))
    return "(I was sent a summary of what came before.)";
  const answers = earlier.slice(earlier.findLastIndex(({ role }) => role === "user") + 1);
  const parts = answers.flatMap((answer) => answer.parts);
  const interruption = parts.find((part) => part.type === "interruption");
  if (!interruption) return undefined;
  const kept = parts.reduce((sum, part) => sum + wordsIn(part), 0);
  const marker = markText(interruption);
  return `(I see \`${marker}\` in my last answer; the ${kept} words before it are kept.)`;
}

function wordsIn(part: Part): number {
  if (part.type === "interruption" || part.type === "file" || part.type === "plan") return 0;
  const text = part.type === "tool-call" ? part.output : part.text;
  return text.match(/\S+/g)?.length ?? 0;
}

/** How a call ended, in a sentence that names what was kept. */
function summary(call: ToolCallPart): string {
  const count = countLines(call.output);
  const lines = count === 1 ? "1 line of output" : `${count} lines of output`;
  if (call.state === "done") return `It ran to its end, with ${lines}.`;
  const why = call.stop
    ? `\`${interruptionText(call.stop.by)}\``
    : (call.error ?? "no reason given");
  return call.state === "stopped"
    ? `It was stopped (${why}); ${lines} ${count === 1 ? "is" : "are"} kept.`
    : `It failed: ${why}`;
}

function titleOf(call: ToolCallPart): string {
  const title = (call.input as { title?: unknown } | undefined)?.title;
  return typeof title === "string" ? title : call.name;
}

function countLines(text: string): number {
  return text.trim() === "" ? 0 : text.trim().split("\n").length;
}

function textOf(message: Message | undefined): string {
  return message?.parts.map((part) => (part.type === "text" ? part.text : "")).join("\n") ?? "";
}

function isWholeCall(part: Part): part is ToolCallPart {
  return part.type === "tool-call" && part.input !== undefined;
}

function offers({ tools }: ModelRequest, name: string): boolean {
  return tools.some((tool) => tool.name === name);
}

function say(text: string): Line {
  return { type: "text", text };
}

function run(command: string): Line {
  return call("bash", { command });
}

function call(name: string, input: unknown): Line {
  return { type: "tool-call", name, input };
}
