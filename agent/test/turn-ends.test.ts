/** No answer ends in silence: whatever is missing is said, or asked for again, and the next message works. */
import { describe, expect, test } from "bun:test";
import { markText } from "../shared/message-parts";
import { requireWhole } from "../server/agent/turn-ends";
import type { Turn } from "../server/agent/turn-types";
import { ProviderError } from "../server/providers/provider";
import { loopScene } from "./loop-scene";
import { type ProviderCase, providerCases } from "./provider-wires";
import { upstreamScene } from "./upstream-scene";
import { finish, other, reasoning, type Step, text, toolCall } from "./upstream/upstream";

const [anthropic, , , gemini] = providerCases;

const upstream = upstreamScene();

const call = (path: string) => [toolCall("bash", { command: `cat ${path}` })];

describe.each(providerCases)("on the wire of $wire", (one) => {
  test.each<[string, Step[]]>([
    ["nothing", []],
    ["blank text", [text(" \n")]],
    ["thoughts alone", [reasoning("Hm.")]],
  ])("an answer of %s is said, and the next message works", async (_what, steps) => {
    const scene = loopScene(one, upstream);
    upstream.script(steps);
    const end = await scene.run("Hello.");
    expect(end).toMatchObject({ outcome: "failed", error: { code: "empty-answer" } });
    expect(end.error?.message).toStartWith("The model answered nothing.");
    await works(scene);
  });

  test("an empty answer after tools is asked for once more, visibly", async () => {
    const scene = loopScene(one, upstream);
    upstream.script(call("a"), [], [text("Two files.")]);
    expect(await scene.run("List.")).toEqual({ outcome: "done" });
    const mark = scene.answers()[1]!.parts.at(-1)!;
    expect(mark.type === "interruption" && markText(mark)).toBe(
      "[The model answered nothing, and is asked once more]",
    );
    expect(JSON.stringify(upstream.requests[2]!.body)).toContain("You answered nothing.");
    await works(scene);
  });

  test("a second empty answer after tools is said, and so is the first after other tools", async () => {
    const scene = loopScene(one, upstream);
    upstream.script(call("a"), [], call("b"), [], []);
    const end = await scene.run("List.");
    expect(end).toMatchObject({ outcome: "failed", error: { code: "empty-answer" } });
    expect(upstream.requests.length).toBe(5);
    await works(scene);
  });
});

test("an answer that the service paused goes on with another request", async () => {
  const scene = loopScene(anthropic, upstream);
  const search = { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} };
  const found = { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] };
  upstream.script(
    [text("Searching."), other(search), finish("pause")],
    [other(found), text("One more.\n"), finish("pause")],
    [text("Found.")],
  );
  expect(await scene.run("Search.")).toEqual({ outcome: "done" });
  expect(upstream.requests.length).toBe(3);
  await works(scene);
});

test("a service that pauses for ever is left, with words", async () => {
  const scene = loopScene(anthropic, upstream);
  upstream.route(() => [text("Searching."), finish("pause")]);
  const end = await scene.run("Search.");
  expect(end).toMatchObject({ outcome: "failed", error: { code: "turn-limit" } });
  expect(end.error?.message).toContain("paused");
  expect(upstream.requests.length).toBe(11);
});

test.each<[ProviderCase, Parameters<typeof finish>[0], string]>([
  [anthropic, "refusal", "It asks for malware. (cyber)"],
  [anthropic, "context-full", "/compact"],
  [gemini, "content-filter", "It was found unsafe."],
])("the words for an early end say why and what to do (%#)", async (one, reason, says) => {
  const scene = loopScene(one, upstream);
  upstream.script([text("I "), finish(reason)]);
  const end = await scene.run("Do it.");
  expect(end).toMatchObject({ outcome: "failed", error: { code: reason } });
  expect(end.error?.message).toContain(says);
  await works(scene);
});

test("an answer that reached the chosen maximum output says which, and where to choose more", () => {
  const words = (options: object) => {
    const turn = { finish: "length", request: { options } } as unknown as Turn;
    expect(() => requireWhole(turn)).toThrow(ProviderError);
    try {
      requireWhole(turn);
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(words({ maxOutputTokens: 20 })).toContain("maximum output of 20 tokens");
  expect(words({ maxOutputTokens: 20 })).toContain("at the model’s name");
  expect(words({})).toContain("the model’s length limit");
});

async function works(scene: ReturnType<typeof loopScene>): Promise<void> {
  upstream.script([text("Still here.")]);
  expect(await scene.run("And now?")).toEqual({ outcome: "done" });
  expect(upstream.requests.every(({ refusal }) => refusal === undefined)).toBe(true);
}
