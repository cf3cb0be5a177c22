/** What a person enters about engines is checked, kept in the settings file, and changed or removed one at a time. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { providerEntries } from "../server/catalog/provider-entries";
import { SettingsFile } from "../server/config/settings-file";
import { createEngines } from "../server/engines/engines";
import type { Jobs } from "../server/processes/jobs";
import type { EngineSettings } from "../shared/protocol";
import { type SettingsRequest, settingsRequest } from "../shared/requests";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rein-settings-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function change(engines: NonNullable<SettingsRequest["engines"]>) {
  const path = join(directory, "settings.json");
  new SettingsFile(path).update(settingsRequest.parse({ engines }));
  return new SettingsFile(path).get().engines;
}

test("paths and agents outlive a restart, and what a change does not name stays", () => {
  const goose = { name: "Goose", command: ["/opt/goose", "acp"] };
  change({ paths: { codex: "/opt/codex" } });
  const before = change({
    own: { "own-goose": { ...goose, environment: { KEY: "1", MODE: "a" } } },
  });
  expect(before).toEqual({
    paths: { codex: "/opt/codex" },
    own: { "own-goose": { ...goose, environment: { KEY: "1", MODE: "a" } } },
  });

  const writable = ["~/.config/goose"];
  const changed = { ...goose, name: "The goose", environment: { MODE: null, MORE: "2" } };
  expect(change({ own: { "own-goose": { ...changed, writable } } }).own).toEqual({
    "own-goose": { ...changed, environment: { KEY: "1", MORE: "2" }, writable },
  });
  expect(change({ own: { "own-goose": goose } }).own["own-goose"]?.writable).toEqual(writable);
  expect(change({ paths: { codex: null }, own: { "own-goose": null } })).toEqual({
    paths: {},
    own: {},
  });
});

const agent = { name: "Mine", command: ["mine"] };

test.each<[title: string, engines: object]>([
  ["a path that is not absolute", { paths: { codex: "bin/codex" } }],
  ["a path with a NUL", { paths: { codex: "/bin/co\0dex" } }],
  ["an id that is not an own agent's", { own: { codex: agent } }],
  ["an id with a path in it", { own: { "own-../x": agent } }],
  ["a command without a program", { own: { "own-a": { ...agent, command: [] } } }],
  ["a program without a name", { own: { "own-a": { ...agent, command: [" ", "acp"] } } }],
  ["an argument with a NUL", { own: { "own-a": { ...agent, command: ["a", "b\0"] } } }],
  ["too many arguments", { own: { "own-a": { ...agent, command: Array(101).fill("a") } } }],
  ["a name of control characters", { own: { "own-a": { ...agent, name: "a\nb" } } }],
  ["a variable without a name", { own: { "own-a": { ...agent, environment: { "": "1" } } } }],
  ["a variable with a = in it", { own: { "own-a": { ...agent, environment: { "A=B": "1" } } } }],
  [
    "a variable of too many characters",
    { own: { "own-a": { ...agent, environment: { A: "x".repeat(10_001) } } } },
  ],
  ["a folder that is not absolute", { own: { "own-a": { ...agent, writable: [".a"] } } }],
  ["the root as a folder", { own: { "own-a": { ...agent, writable: ["//"] } } }],
  ["the home as a folder", { own: { "own-a": { ...agent, writable: ["~/"] } } }],
  ["an unknown field", { own: { "own-a": { ...agent, shell: true } } }],
])("%s is refused", (_title, engines) => {
  expect(settingsRequest.safeParse({ engines }).success).toBe(false);
});

test("an agent is the same engine until it is changed or removed", () => {
  const agent = { name: "Mine", command: ["mine"], environment: {} };
  let own: EngineSettings["own"] = { "own-a": agent };
  const settings = () => ({ paths: {}, own });
  const engines = createEngines({ jobs: {} as Jobs, settings, searchPath: "" });
  const first = engines.find("own-a");
  own = { "own-b": agent, "own-a": { ...agent } };
  expect(engines.find("own-a")).toBe(first);
  expect(engines.find("own-b")).not.toBe(first!);
  own = { "own-a": { ...agent, command: ["other"] } };
  expect(engines.find("own-a")).not.toBe(first!);
  own = { "own-a": agent };
  const again = engines.find("own-a");
  own = {};
  expect(engines.find("own-a")).toBeUndefined();
  own = { "own-a": agent };
  expect(engines.find("own-a")).not.toBe(again!);
});

test("no engine has the id of a provider: a session with that would go out by the engine's own log-in", () => {
  const settings = () => ({ paths: {}, own: {} });
  const engines = createEngines({ jobs: {} as Jobs, settings, searchPath: "" });
  const ids = engines.all().map(({ id }) => id);
  expect(ids).toContain("codex");
  expect(providerEntries.filter(({ id }) => ids.includes(id))).toEqual([]);
});

test.each([
  ["/opt/bin/gemini", ["~/.gemini"]],
  ["codex-acp", ["~/.codex"]],
  ["geminix", []],
])(
  "an own agent with the program %s can write %j, unless folders were entered",
  (program, usual) => {
    const own: EngineSettings["own"] = {
      "own-a": { name: "A", command: [program, "acp"], environment: {} },
      "own-b": { name: "B", command: [program], environment: {}, writable: ["~/b"] },
    };
    const settings = () => ({ paths: {}, own });
    const engines = createEngines({ jobs: {} as Jobs, settings, searchPath: "" });
    expect(["own-a", "own-b"].map((id) => engines.find(id)?.userFiles)).toEqual([usual, ["~/b"]]);
  },
);
