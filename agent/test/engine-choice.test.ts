/** What may be chosen of engines, and the sentence with which anything else is refused. */
import { describe, expect, test } from "bun:test";
import type { EngineLook, Engine } from "../server/engines/engine";
import { EngineLooks } from "../server/engines/engine-looks";
import {
  checkEngineChanges,
  checkNewEngine,
  checkRole,
  checkSessionChange,
} from "../server/http/engine-choice";
import { HttpError } from "../server/http/http-error";
import { createEngineRoutes } from "../server/http/routes/engine-routes";
import type { Services } from "../server/http/services";
import type { EngineInfo, Session } from "../shared/protocol";

const gives: Engine["gives"] = {
  toolOutput: "live",
  stopsSubagents: false,
  steers: false,
  keeps: { message: true, text: true, output: true },
};

function engine(id: string, more: Partial<Engine>, look: EngineLook = { state: "ready" }): Engine {
  return {
    id,
    name: id.toUpperCase(),
    gives,
    providers: [],
    ownLogin: true,
    look: () => Promise.resolve(look),
    open: () => Promise.reject(new Error("nothing is opened here")),
    ...more,
  };
}

const known = [
  engine("both", { providers: ["openai", "anthropic"] }),
  engine("gated", { providers: ["openai"], ownLogin: false }),
  engine("own-mine", {}),
  engine("hard", { gives: { ...gives, efforts: ["low", "high"] } }),
  engine("absent", { install: "npm install -g absent" }, { state: "missing" }),
  engine("broken", {}, { state: "unusable", reason: "BROKEN needs Node 22." }),
];
const names: Record<string, string> = { openai: "OpenAI", anthropic: "Anthropic", mistral: "M" };
const parts = {
  engines: { all: () => known, find: (id: string) => known.find((one) => one.id === id) },
  engineLooks: new EngineLooks(),
  catalog: {
    has: (id: string) => id in names,
    nameOf: (id: string) => names[id] ?? id,
    lack: (id: string) => (id === "anthropic" ? "Anthropic needs a key." : undefined),
  },
};

async function refusalOf(act: () => unknown): Promise<string> {
  try {
    await act();
    return "none";
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return `${error.status} ${error.code}: ${error.message}`;
  }
}

describe("a new session", () => {
  test.each<[string, object, string]>([
    ["both", {}, "none"],
    ["both", { provider: "openai" }, "none"],
    ["own-mine", {}, "none"],
    ["nobody", {}, "400 engine: There is no engine named “nobody”."],
    ["both", { provider: "nobody" }, "400 provider: There is no provider named “nobody”."],
    [
      "both",
      { provider: "mistral" },
      "400 provider: BOTH does not work with M, but with: OpenAI, Anthropic.",
    ],
    ["both", { provider: "anthropic" }, "409 provider: Anthropic needs a key."],
    ["gated", {}, "400 provider: GATED has no log-in of its own. It works with: OpenAI."],
    [
      "own-mine",
      { provider: "openai" },
      "400 provider: OWN-MINE does not work with OpenAI, but only by its own log-in.",
    ],
    ["both", { options: { effort: "low" } }, "400 options: BOTH takes no options."],
    ["hard", { options: { effort: "low" } }, "none"],
    [
      "hard",
      { options: { effort: "off" } },
      "400 options: HARD takes one of these efforts: low, high.",
    ],
    [
      "hard",
      { options: { effort: "low", temperature: 1 } },
      "400 options: HARD takes only an effort.",
    ],
    [
      "absent",
      {},
      "409 engine-missing: ABSENT was not found on this machine. Install it with: npm install -g absent",
    ],
    ["broken", {}, "409 engine-unusable: BROKEN needs Node 22."],
  ])("with the engine %s and %j: %s", async (id, chosen, refusal) => {
    expect(await refusalOf(() => checkNewEngine(parts, id, chosen))).toBe(refusal);
  });
});

describe("a session that has begun", () => {
  const plain = { provider: "openai", model: "m" };
  const gated = { engine: { id: "both" }, provider: "openai", model: "m" };
  const unbegun = { engine: { id: "both" }, provider: "both", model: "default" };
  const byItself = { ...unbegun, engine: { id: "both", conversationId: "c" } };
  const orphan = { engine: { id: "own-gone" }, provider: "openai", model: "m" };
  const fixed = "409 engine-fixed: The engine is chosen with the first message: start a new";

  test.each<[string, object, object, string | undefined, string]>([
    ["takes another provider without one", plain, { provider: "mistral" }, undefined, "none"],
    ["takes no engine later", plain, {}, "both", `${fixed} session for BOTH.`],
    ["keeps its engine", gated, {}, "both", "none"],
    ["takes no other engine", gated, {}, "gated", `${fixed} session for GATED.`],
    ["takes no unknown one", gated, {}, "x", "400 engine: There is no engine named “x”."],
    ["takes another model", gated, { model: "n" }, undefined, "none"],
    [
      "takes only a provider of its engine",
      gated,
      { provider: "mistral" },
      undefined,
      "400 provider: BOTH does not work with M, but with: OpenAI, Anthropic.",
    ],
    [
      "takes only one that is set up",
      gated,
      { provider: "anthropic" },
      undefined,
      "409 provider: Anthropic needs a key.",
    ],
    [
      "takes no options",
      gated,
      { options: { effort: "low" } },
      undefined,
      "400 options: BOTH takes no options.",
    ],
    [
      "stays with the log-in of its engine",
      byItself,
      { provider: "openai" },
      undefined,
      "409 engine-fixed: This session uses its engine’s own log-in: start a new session for a provider.",
    ],
    [
      "changes its way before there is a conversation",
      unbegun,
      { provider: "openai" },
      undefined,
      "none",
    ],
    [
      "and back to the log-in",
      { ...unbegun, provider: "openai" },
      { provider: "both" },
      undefined,
      "none",
    ],
    ["may name that again", byItself, { provider: "both", model: "m" }, undefined, "none"],
    [
      "cannot change when its engine is gone",
      orphan,
      { provider: "anthropic" },
      undefined,
      "409 engine-missing: The engine “own-gone” is no longer known here.",
    ],
  ])("%s", async (_title, session, chosen, named, refusal) => {
    const act = () => checkSessionChange(parts, session as Session, chosen, named);
    expect(await refusalOf(act)).toBe(refusal);
  });
});

test.each<[object, string]>([
  [{}, "none"],
  [{ engine: "both" }, "none"],
  [{ engine: "absent" }, "none"],
  [{ engine: "x" }, "400 engine: There is no engine named “x”."],
  [{ engine: "gated" }, "400 provider: GATED has no log-in of its own. It works with: OpenAI."],
])("a role with %j: %s", async (role, refusal) => {
  expect(await refusalOf(() => checkRole(parts, role))).toBe(refusal);
});

test("a path is taken for a known engine only, and the number of own agents is bounded", async () => {
  const agent = { name: "Mine", command: ["mine"], environment: {} };
  const others = Array.from({ length: 29 }, (_, i) => [`own-${i}`, { ...agent, name: `M${i}` }]);
  const own = Object.fromEntries(others) as Record<string, typeof agent>;
  const settings = { get: () => ({ engines: { paths: {}, own: { ...own, "own-mine": agent } } }) };
  const check = (changes: object) =>
    refusalOf(() => checkEngineChanges({ engines: parts.engines, settings }, changes));
  expect(await check({ paths: { both: "/opt/both" } })).toBe("none");
  expect(await check({ paths: { nobody: "/opt/x" } })).toBe(
    "400 engine: There is no engine named “nobody”.",
  );
  expect(await check({ paths: { nobody: null } })).toBe("none");
  expect(await check({ paths: { "own-mine": "/opt/x" } })).toBe(
    "400 engine: “own-mine” has a command, which is changed instead of a path.",
  );
  expect(await check({ own: { "own-more": agent } })).toStartWith("400 engine: No");
  expect(await check({ own: { "own-0": null, "own-more": { ...agent, name: "More" } } })).toBe(
    "none",
  );
  // Nor is one shown as an engine that it is not.
  for (const name of ["GATED", " Gated ", "ga\u00adted", "Ｇａｔｅｄ"])
    expect(await check({ own: { "own-mine": { ...agent, name } } })).toBe(
      "400 engine: GATED is an engine that Rein knows: give the agent another name.",
    );
  // Nor as another agent.
  const more = { ...agent, name: "More" };
  expect(await check({ own: { "own-0": null, "own-more": agent } })).toBe(
    "400 engine: Another agent is named “Mine”: give this one another name.",
  );
  expect(await check({ own: { "own-0": more, "own-1": { ...agent, name: "mo\u00adre" } } })).toBe(
    "400 engine: Another agent is named “mo\u00adre”: give this one another name.",
  );
  for (const name of ["OWN-MINE", "Gated 2"])
    expect(await check({ own: { "own-mine": { ...agent, name } } })).toBe("none");
});

test("an engine is looked up once for everybody who asks at the same time, and again after a change", async () => {
  let looks = 0;
  const one = engine("one", {
    look: () => {
      looks++;
      return Promise.resolve({ state: "ready" });
    },
  });
  const all = new EngineLooks();
  await Promise.all([all.of(one), all.of(one)]);
  await all.of(one);
  expect(looks).toBe(1);
  all.expire();
  await all.of(one);
  expect(looks).toBe(2);
});

test("the list of engines says how each does and what was entered, but no value of a variable", async () => {
  const secret = "of the agent";
  const engines = {
    paths: { absent: "/opt/absent" },
    own: { "own-mine": { name: "Mine", command: ["mine", "acp"], environment: { KEY: secret } } },
  };
  const services = { ...parts, settings: { get: () => ({ engines }) } } as unknown as Services;
  const answer = await createEngineRoutes(services).request("/api/engines");
  const words = await answer.text();
  expect(words).not.toContain(secret);
  const listed = JSON.parse(words) as EngineInfo[];
  expect(listed.map(({ id, state }) => `${id} ${state}`)).toEqual([
    "both ready",
    "gated ready",
    "own-mine ready",
    "hard ready",
    "absent missing",
    "broken unusable",
  ]);
  expect(listed.find(({ id }) => id === "own-mine")).toEqual({
    id: "own-mine",
    name: "OWN-MINE",
    state: "ready",
    providers: [],
    ownLogin: true,
    gives,
    own: { command: ["mine", "acp"], variables: ["KEY"], writable: [] },
  });
  expect(listed.find(({ id }) => id === "absent")).toMatchObject({
    enteredPath: "/opt/absent",
    install: "npm install -g absent",
  });
});
