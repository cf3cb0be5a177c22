/** A message in a hostile directory runs nothing of it, waits for nothing in it, and can be undone. */
import { expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiScene, everyWire } from "../api-scene";
import type { Changes } from "../../shared/protocol";
import type { Chat } from "../rein";
import { text, toolCall, type UpstreamRequest } from "../upstream/upstream";
import { hostileRepositories, makeRepository } from "./hostile-repositories";

const atATime = 6;
const realGit = Bun.which("git")!;

/** The server finds these programs first: a git that records how it is called, and no sandbox, in which a canary would be silent. */
function programs(at: string): string {
  const bin = join(at, "bin");
  mkdirSync(bin);
  mkdirSync(join(at, "calls"));
  const scripts = {
    git: `{ env | grep ^GIT_; echo "args=$*"; } > '${at}/calls/'$$; exec ${realGit} "$@"`,
    bwrap: "exit 1",
  };
  for (const [name, body] of Object.entries(scripts)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}

const { upstream, rein, send, start, defer, dataDir } = apiScene({
  starts: false,
  request: { permissions: "all" },
});

/** Every tool that looks into the directory; a search would wait a minute for a pipe, until it is cut off. */
function answer({ body }: UpstreamRequest) {
  const messages = body.messages as { role: string; content: string }[];
  if (messages.at(-1)?.role === "tool") return [text("Done.")];
  const isSearch = !/pipes? as ignore rules/.test(JSON.stringify(messages));
  return [
    toolCall("write", { path: "file", content: "after\n" }),
    ...(isSearch ? searches : []),
    toolCall("bash", { command: "ls >/dev/null; cat file" }),
  ];
}

const searches = [
  toolCall("grep", { pattern: "after", path: "." }),
  toolCall("glob", { pattern: "**/*" }),
];

function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), "rein-hostile-"));
  defer(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function undo(chat: Chat): Promise<void> {
  const path = `/api/sessions/${chat.sessionId}/runs/${chat.runId}/undo`;
  await rein.json(path, { method: "POST", body: "{}" });
}

test("nothing of a hostile directory runs, the receipt lists the change, and undo takes it back", async () => {
  const base = temporary();
  const fired = join(base, "fired");
  mkdirSync(fired);
  const environment = {
    ...everyWire(upstream),
    PATH: `${programs(base)}:${process.env.PATH}`,
    // The environment that the server was started in cannot lead its git elsewhere either.
    GIT_DIR: base,
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "core.fsmonitor",
    GIT_CONFIG_VALUE_0: `touch '${fired}/environment'`,
    GIT_EXTERNAL_DIFF: `touch '${fired}/environment'`,
  };
  await start({ environment });
  upstream.route(answer);
  const results: Record<string, string> = {};
  const waiting = Object.entries(hostileRepositories);
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, plant] = next;
      const [cwd, elsewhere] = [temporary(), temporary()];
      makeRepository(cwd);
      const mark = join(fired, name);
      plant({ cwd, elsewhere, canary: `touch '${mark}'` });
      // What the planting itself has set off does not count.
      rmSync(mark, { force: true });
      results[name] = await changeAndUndo(cwd, name).catch(String);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  const expected = Object.keys(hostileRepositories).map((name) => [name, "changed and undone"]);
  expect(results).toEqual(Object.fromEntries(expected));
  expect(readdirSync(fired)).toEqual([]);
  const calls = readdirSync(join(base, "calls")).map((name) =>
    readFileSync(join(base, "calls", name), "utf8"),
  );
  expect(calls.length).toBeGreaterThan(100);
  for (const call of calls) expectOwn(call);
}, 120_000);

async function changeAndUndo(cwd: string, message: string): Promise<string> {
  const chat = send({ cwd, message });
  await chat.ended;
  const changes = await changesOf(chat);
  const paths = changes.files.map(({ path, kind }) => `${kind} ${path}`).join(", ");
  if (paths !== "changed file") return `${changes.state}: ${paths} ${changes.reason}`;
  await undo(chat);
  return readFileSync(join(cwd, "file"), "utf8") === "before\n"
    ? "changed and undone"
    : "not undone";
}

/** On a busy machine they are known only after the run. */
async function changesOf({ sessionId }: Chat): Promise<Changes> {
  const viewer = rein.follow(sessionId);
  const changes = (): Changes | undefined => viewer.session.runs.at(-1)?.changes;
  await viewer.until(() => changes() !== undefined && changes()?.state !== "pending");
  viewer.hangUp();
  return changes()!;
}

/** One of Rein's own calls of git: no variable leads it to a place that is not Rein's. */
function expectOwn(call: string): void {
  const variables = Object.fromEntries(
    call
      .split("\n")
      .filter((line) => line.startsWith("GIT_"))
      .map((line) => line.split(/=(.*)/s)),
  ) as Record<string, string>;
  const { GIT_DIR, GIT_COMMON_DIR, GIT_INDEX_FILE, GIT_OBJECT_DIRECTORY, GIT_WORK_TREE, ...rest } =
    variables;
  for (const path of [GIT_DIR, GIT_COMMON_DIR, GIT_INDEX_FILE, GIT_OBJECT_DIRECTORY])
    expect(path).toStartWith(join(dataDir(), "undo/"));
  expect(GIT_WORK_TREE).toBeDefined();
  expect(rest).toEqual({
    GIT_ALLOW_PROTOCOL: "",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_PAGER: "cat",
    GIT_TERMINAL_PROMPT: "0",
  });
}
