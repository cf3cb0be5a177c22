/** Guards of the loop of engines and of their open conversations. */
import type { Guard } from "./guard";

const stop = { file: "server/agent/engine-stop.ts", tests: ["engine-stop.test.ts"] };
const turn = { file: "server/agent/engine-turn.ts", tests: ["engine-stop.test.ts"] };
const parts = { file: "server/agent/engine-parts.ts", tests: ["engine-parts.test.ts"] };
const open = {
  file: "server/engines/open-conversations.ts",
  tests: ["open-conversations.test.ts"],
};

export const engineLoopGuards: Guard[] = [
  {
    file: parts.file,
    tests: ["property-engine.test.ts"],
    promise: "a call that names itself as its subagent is one call",
    find: "told.agent === told.key ? undefined : told.agent",
    replace: "told.agent",
    title: "any events of an engine",
  },
  {
    file: parts.file,
    tests: ["property-engine.test.ts"],
    promise: "a size of the context that is no number is not kept",
    find: "count(event.windowTokens ?? 0) || undefined",
    replace: "event.windowTokens && count(event.windowTokens)",
    title: "any events of an engine",
  },
  {
    ...stop,
    promise: "an engine is interrupted before it is killed",
    find: "  conversation.interrupt();\n",
    replace: "",
    title: "is interrupted, is idle",
  },
  {
    ...stop,
    promise: "questions are answered before the interrupt",
    find: "if (answers.length > 0) {",
    replace: "if (false) {",
    title: "answered cancelled before",
  },
  {
    ...stop,
    promise: "a run that is over has its engine's end",
    find: "  await end();",
    replace: "  void end();",
    title: "before the job's end is proven",
  },
  {
    ...stop,
    promise: "an engine has a second to be idle, and no more",
    find: "const idleMs = 1_000;",
    replace: "const idleMs = 20_000;",
    title: "killed after a second",
  },
  {
    ...turn,
    promise: "nothing is applied once the kill has begun",
    find: "        end: () => {\n          this.#isOver = true;",
    replace: "        end: () => {",
    title: "nothing after its end",
  },
  {
    ...turn,
    promise: "the conversation's name is kept before its first message goes out",
    find: "    this.#request.keep({ id: conversation.id, ...defined({ version: conversation.version }) });\n",
    replace: "",
    title: "kept before the message goes out",
  },
  {
    ...turn,
    promise: "a broken engine is ended",
    find: "      if (this.#mustEnd) await this.#endProcess();\n",
    replace: "",
    title: "dies in the middle",
  },
  {
    ...turn,
    tests: ["engine-parts.test.ts"],
    promise: "a message that came too late for a turn is the next one",
    find: "this.late.push(message);",
    replace: "void message;",
    title: "too late",
  },
  {
    ...parts,
    tests: ["engine-stop.test.ts"],
    promise: "the failure of a call by a stop is the stop's",
    find: 'if (outcome === "failed" && this.#isStopped(call)) {',
    replace: "if (false) {",
    title: "fails by the stop was stopped",
  },
  {
    ...parts,
    promise: "what is told of a call after its end changes nothing",
    find: "if (call && !call.isEnded) await act(call);",
    replace: "if (call) await act(call);",
    title: "changed by what comes later",
  },
  {
    ...parts,
    promise: "a subagent in the background keeps its card open",
    find: "      subagent.end = end;\n      return;\n",
    replace: "",
    title: "has a card that goes on",
  },
  {
    ...parts,
    promise: "a turn has no more calls at once than can be shown",
    find: ">= turnBounds.openCalls",
    replace: ">= Infinity",
    title: "too many calls at once",
  },
  {
    ...open,
    promise: "another message shares what is being opened",
    find: "this.#open.get(setting.key) ?? this.#begin(setting)",
    replace: "this.#begin(setting)",
    title: "in the conversation that is open",
  },
  {
    ...open,
    promise: "only a conversation that is gone is begun anew",
    find: 'error.code !== "engine-conversation"',
    replace: "false",
    title: "no fresh conversation",
  },
  {
    ...open,
    promise: "a message opens no process for ever",
    find: "attempt < attempts",
    replace: "attempt < 50",
    title: "ends as soon as it is open",
  },
  {
    ...open,
    promise: "what somebody looks at stays open",
    find: "if (this.#parts.isWatched(entry.setting.sessionId)) this.#keepIdle(entry);",
    replace: "if (false) this.#keepIdle(entry);",
    title: "somebody looks at",
  },
  {
    ...open,
    promise: "nothing is opened while the server ends",
    find: '      if (this.#isClosed) throw new EngineError("engine-closed", "The server is shutting down.");\n',
    replace: "",
    title: "when the server ends",
  },
];
