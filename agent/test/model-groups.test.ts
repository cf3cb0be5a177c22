/** What the menu of models offers of each provider, whatever its list is. */
import { expect, test } from "bun:test";
import { groupOf, typedGroup, withModels } from "../client/state/model-groups";
import { keepTypedModel, typedModels } from "../client/state/typed-models";
import type { ProviderInfo } from "../shared/protocol";

const none = { provider: "", model: "" };

test("a provider without a model stays, says why, and offers to type a name; the search looks in its names only", () => {
  for (const state of ["empty", "no-list", "no-api", "silent", "failed", "unreachable"] as const) {
    const { title, reason, choices, hidden } = groupOf(provider({ state }), "", none);
    expect([title, reason, hidden]).toEqual(["One", "It says why.", 0]);
    expect(choices).toEqual([
      { provider: "one", id: "", name: "Type a model’s name…", asksName: true },
    ]);
    expect(groupOf(provider({ state }), "na", none)).toMatchObject({ choices: [] });
  }
  // The demo has no names, and one that is ready needs none.
  expect(groupOf(provider({ id: "demo", state: "empty" }), "", none).choices).toEqual([]);
});

test("of 400 models the first 40 are offered and the session's own, which stays when no list has it", () => {
  const models = Array.from({ length: 400 }, (_, at) => model(`model-${at}`));
  const own = { provider: "one", model: "model-300" };
  const { choices, hidden } = groupOf(provider({ models, state: "ready" }), "", own);
  expect([choices.length, choices.at(-1)?.id, hidden]).toEqual([41, "model-300", 359]);
  const vanished = withModels(provider({ models }), { provider: "one", model: "gone" });
  expect(vanished.models[0]).toEqual(model("gone"));
  expect(withModels(provider({ models }), { provider: "two", model: "gone" }).models).toBe(models);
});

test("a name that was typed is offered again for its provider, the newest first, and no more than a few are kept", () => {
  for (let at = 0; at < 20; at++) keepTypedModel("one", `typed-${at}`);
  keepTypedModel("one", "typed-15");
  expect(typedModels("two")).toEqual([]);
  expect([typedModels("one").length, typedModels("one")[0]]).toEqual([12, "typed-15"]);
  const shown = withModels(provider({ models: [model("typed-15")] }), none).models;
  expect(shown.filter(({ id }) => id === "typed-15").length).toBe(1);
});

test("a typed name is offered for each provider that takes names and does not list it, the session's first", () => {
  const all = [
    provider({ id: "a" }),
    provider({ id: "b", models: [model("name")] }),
    provider({ id: "c", ready: false }),
    provider({ id: "demo" }),
    provider({ id: "e" }),
  ];
  expect(typedGroup(all, "name", "e").choices.map((one) => one.provider)).toEqual(["e", "a"]);
  expect(typedGroup(all, "", "e").choices).toEqual([]);
});

function provider(more: Partial<ProviderInfo>): ProviderInfo {
  const id = more.id ?? "one";
  const base = { id, name: "One", ready: true, state: "empty", models: [] } as const;
  return { ...base, models: [], reason: "It says why.", ...more };
}

function model(id: string) {
  return { provider: "one", id, name: id };
}
