/** What the page makes of engines: what a session can choose, how a request names it, and what a person types about an agent. */
import { describe, expect, test } from "bun:test";
import type { EngineInfo, ModelInfo, Models, ProviderInfo } from "../shared/protocol";
import {
  joinedCommand,
  newOwnId,
  splitCommandLine,
  variableChanges,
} from "../client/components/own-agent";
import {
  detailsOf,
  purposeOf,
  fromDirectory,
  shownName,
  shownSubject,
} from "../client/state/tool-input";
import {
  beginWith,
  chosenBy,
  keylessEngines,
  namedIn,
  offeredProviders,
} from "../client/state/engine-list";

const model = (provider: string, id: string): ModelInfo => ({ provider, id, name: id });
const provider = (id: string, models: string[], ready = true): ProviderInfo => ({
  id,
  name: id,
  ready,
  state: ready ? "ready" : "not-set-up",
  models: models.map((one) => model(id, one)),
});
const models: Models = {
  providers: [
    provider("anthropic", [], false),
    provider("openai", ["gpt"]),
    provider("demo", ["scripted"]),
  ],
  default: { provider: "demo", model: "scripted" },
  own: {},
  options: {},
  roles: {},
  titles: "auto",
  web: { allowedPrivate: [] },
  cwd: "/",
};
const engine: EngineInfo = {
  id: "e",
  name: "E",
  state: "ready",
  providers: ["anthropic", "openai"],
  ownLogin: true,
  gives: {
    toolOutput: "end",
    stopsSubagents: false,
    steers: false,
    keeps: { message: true, text: true, output: true },
  },
};
const of = { engine: { id: "e" } };
const byItself = { ...of, provider: "e", model: "default" };

describe("a new session with an engine begins with", () => {
  test("what is chosen, where the engine takes it", () => {
    const chosen = { provider: "openai", model: "other" };
    expect(beginWith(models, engine, chosen)).toEqual({ ...of, ...chosen });
  });
  test("else the first provider that is set up", () => {
    const first = { ...of, provider: "openai", model: "gpt" };
    expect(beginWith(models, engine, {})).toEqual(first);
    expect(beginWith(models, engine, { provider: "anthropic", model: "m" })).toEqual(first);
  });
  test("else its own log-in", () => {
    const alone = { ...engine, providers: ["anthropic"] };
    expect(beginWith(models, alone, {})).toEqual(byItself);
  });
});

test.each<[string, Parameters<typeof offeredProviders>, string[]]>([
  ["without an engine, all", [models, undefined, {}, false], ["anthropic", "openai", "demo"]],
  [
    "without a conversation, those of its engine and then its log-in",
    [models, engine, byItself, false],
    ["anthropic", "openai", "e"],
  ],
  [
    "one of a provider, no log-in later",
    [models, engine, { ...of, provider: "openai" }, true],
    ["anthropic", "openai"],
  ],
  ["one of a log-in, no provider later", [models, engine, byItself, true], ["e"]],
  ["one whose engine is gone keeps its log-in", [models, undefined, byItself, false], ["e"]],
])("what can be chosen: %s", (_title, given, ids) => {
  expect(offeredProviders(...given).map(({ id }) => id)).toEqual(ids);
});

test.each([
  [{ provider: "openai", model: "gpt" }],
  [{ engine: "e", provider: "openai", model: "gpt" }],
  [{ engine: "e" }],
  [{ engine: "e", model: "typed" }],
])("a request names %j and is read back as the same", (named) => {
  expect(namedIn(chosenBy(named))).toEqual(named);
});

test.each<[string, string[]]>([
  ["goose acp", ["goose", "acp"]],
  ["  '/opt/my agent'  --x=\"a b\" ", ["/opt/my agent", "--x=a b"]],
  [`a "it's" 'say "x"' b\\ c ''`, ["a", "it's", 'say "x"', "b c", ""]],
  ["", []],
])(
  "the command line %s is split as a shell does, and written so that it is the same again",
  (line, words) => {
    expect(splitCommandLine(line)).toEqual(words);
    expect(splitCommandLine(joinedCommand(words))).toEqual(words);
  },
);

test("a command line with an open quotation mark is no command", () => {
  expect(splitCommandLine("a 'b")).toBeUndefined();
});

test("variables: a name alone keeps its value, a line taken out removes it, and a new one needs a value", () => {
  expect(variableChanges("KEY\nMODE=a=b\n\n NEW =", ["KEY", "OLD", "MODE"])).toEqual({
    OLD: null,
    MODE: "a=b",
    NEW: "",
  });
  expect(variableChanges("KEY", [])).toBe("“KEY” has no value: write KEY=value.");
});

test("an agent's id is made of its name, and is free", () => {
  expect(newOwnId("My Agent! 2", [])).toBe("own-my-agent-2");
  expect(newOwnId("日本", [])).toBe("own-agent");
  const taken = ["own-a", "own-a-2"].map((id) => ({ ...engine, id }));
  expect(newOwnId("A", taken)).toBe("own-a-3");
});

test("without a key those engines are offered that are found and can have a log-in of their own", () => {
  const missing = { ...engine, id: "b", state: "missing" } as const;
  const keyed = { ...engine, id: "c", ownLogin: false };
  expect(keylessEngines([{ ...engine, ownLogin: true }, missing, keyed])).toMatchObject([
    { id: engine.id },
  ]);
  expect(keylessEngines(undefined)).toEqual([]);
});

test("a call of an engine is about what its input names, else its title, else the first of its input", () => {
  expect(shownSubject({ command: "ls" }, "List files")).toBe("ls");
  expect(shownSubject({ callId: 7 }, "List files\nmore")).toBe("List files");
  expect(shownSubject({ callId: 7 })).toBe("7");
  expect(detailsOf({ callId: "x" }, "List files")).toEqual([{ name: "callId", text: "x" }]);
  expect(detailsOf({ command: "ls", cwd: "/w" }, undefined, "/w")).toEqual([]);
  const elsewhere = [{ name: "directory", text: "src" }];
  const told = { description: "Lists files", command: "ls" };
  expect([purposeOf(told), detailsOf(told)]).toEqual(["Lists files", []]);
  // Of anything but a command it is an input among others.
  const issue = { title: "t", description: "It fails" };
  expect(purposeOf(issue)).toBe("");
  expect(detailsOf(issue)).toContainEqual({ name: "description", text: "It fails" });
  expect(detailsOf({ command: "ls", workdir: "/w/src" }, undefined, "/w")).toEqual(elsewhere);
});

test("tools of engines have one word for what they do, and paths in the directory are short", () => {
  expect(shownName({ name: "exec_command", kind: "execute" })).toBe("Shell");
  expect(shownName({ name: "other", kind: "other" })).toBe("Tool");
  expect(shownName({ name: "Task", kind: "think" })).toBe("Task");
  expect(shownName({ name: "bash" })).toBe("bash");
  expect(fromDirectory("/w/a/b", "/w")).toBe("a/b");
  expect(fromDirectory("/wide", "/w")).toBe("/wide");
});
