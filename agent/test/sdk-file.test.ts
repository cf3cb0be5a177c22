/** The SDK as one file: programs outside of this repository check their types against it, and run with it in Node and in Bun. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSdk } from "../build-sdk";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { temporaryDirectory } from "./temporary-directory";
import { makeGate, text } from "./upstream/upstream";
import { within } from "./within";

const { upstream, rein } = apiScene({ environment: chatCompletionsOnly });

const directory = temporaryDirectory();
const at = (name: string) => join(directory.path, name);
const packages = join(import.meta.dir, "../../node_modules");

/** Its arguments: the server, its token, a working directory, and a server that never answers a stop. */
const program = `
import { ApiError, apply, type ChatRequest, ConnectionLost, createRein, type Session, type StreamEvent } from "./rein-sdk.mjs";

const [url = "", credential = "", cwd = "", frozenUrl = ""] = process.argv.slice(2);
const rein = createRein({ url, credential });
const request: ChatRequest = { message: "Do it", provider: "openai-chat", model: "local-model", cwd };

async function read(events: AsyncIterable<StreamEvent>, act: (event: StreamEvent) => void = () => {}) {
  let session: Session | undefined;
  let end: Extract<StreamEvent, { type: "run-end" }> | undefined;
  for await (const event of events) {
    if (event.type === "snapshot") session = event.session;
    else if (session) apply(session, event);
    if (event.type === "run-end") end = event;
    act(event);
  }
  return { session, end };
}
const failureOf = (promise: Promise<unknown>) => promise.then(() => undefined, (error: unknown) => error);
const nameOf = (error: unknown) => (error instanceof Error ? error.name : String(error));

const never = new AbortController().signal;
const done = await read(rein.chat(request, never));

const stop = new AbortController();
const stopped = await read(rein.chat(request, stop.signal), (event) => {
  if (event.type === "part-delta") stop.abort();
});
stop.abort();

let left = "";
for await (const event of rein.chat(request, never)) {
  if (event.type === "run-start") left = event.sessionId;
  if (event.type === "part-delta") break;
}
const following = new AbortController();
const follow = rein.events(left, undefined, following.signal);
let by: string | undefined;
for await (const event of follow) {
  const runs = event.type === "snapshot" ? event.session.runs : [];
  by = event.type === "run-end" ? event.receipt?.stop?.by : runs.at(-1)?.receipt?.stop?.by;
  if (by) break;
}
following.abort();

const missing = await failureOf(rein.pause("missing", {}, never));
const early = await failureOf(read(rein.chat(request, AbortSignal.abort("at once"))));

const frozen = createRein({ url: frozenUrl, credential: null });
// Twenty seconds, at once.
AbortSignal.timeout = () => AbortSignal.abort(new DOMException("too late", "TimeoutError"));
const giveUp = new AbortController();
const unconfirmed = failureOf(read(frozen.chat(request, giveUp.signal)));
giveUp.abort();
const lost = await unconfirmed;

console.log(JSON.stringify({
  done: done.end?.outcome,
  said: done.session?.messages.at(-1)?.parts.map((part) => (part.type === "text" ? part.text : part.type)),
  stopped: stopped.end?.receipt?.stop?.by,
  by,
  missing: missing instanceof ApiError && missing.status,
  early,
  lost: lost instanceof ConnectionLost && lost.message,
  lostName: nameOf(lost),
}));
`;

const pageProgram = `
import { createRein } from "./rein-sdk.mjs";
const rein = createRein({ url: "", credential: null });
export const stops = rein.stops("?limit=1", new AbortController().signal).then(({ stops }) => stops[0]?.sessionId);
// @ts-expect-error: a message is text
rein.chat({ message: 7 }, new AbortController().signal);
// @ts-expect-error: a signal is needed
rein.limits();
`;

beforeAll(async () => {
  await buildSdk(directory.path);
  writeFileSync(at("program.mts"), program);
  writeFileSync(at("program.mjs"), new Bun.Transpiler({ loader: "ts" }).transformSync(program));
  writeFileSync(at("page.mts"), pageProgram);
});
afterAll(() => directory[Symbol.dispose]());

/** What a strict program of today chooses, and what one that Node runs by itself needs. */
const strict = {
  module: "nodenext",
  target: "es2022",
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
};

test.each([
  [
    "of Node",
    { lib: ["es2022"], types: ["node"], typeRoots: [join(packages, "@types")] },
    "program.mts",
  ],
  ["of a page", { lib: ["es2022", "dom", "dom.iterable"], types: [] }, "page.mts"],
  [
    "of a bundler",
    { module: "esnext", moduleResolution: "bundler", lib: ["es2022", "dom"], types: [] },
    "page.mts",
  ],
] as const)("the types are those of a program %s", (_of, options, file) => {
  const compilerOptions = { ...strict, ...options };
  writeFileSync(at("tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
  const checked = Bun.spawnSync([join(packages, ".bin/tsc"), "-p", directory.path]);
  expect(checked.stdout.toString()).toBe("");
});

test("it is one file that imports nothing, and its types are another", () => {
  expect(readdirSync(directory.path).filter((name) => name.startsWith("rein-sdk"))).toEqual([
    "rein-sdk.d.mts",
    "rein-sdk.mjs",
  ]);
  for (const name of ["rein-sdk.mjs", "rein-sdk.d.mts"])
    expect(readFileSync(at(name), "utf8")).not.toMatch(/^import |\bfrom "|\bimport\(|\brequire\(/m);
});

const runtimes = ["node", "bun"].flatMap((name) => {
  const path = Bun.which(name);
  return path === null ? [] : [[name, path] as const];
});

test.each(runtimes)(
  "a program runs in %s: to the end, to a receipt, and to plain errors",
  async (name, path) => {
    upstream.script([text("There.")], [text("So far."), makeGate()], [text("So far."), makeGate()]);
    using frozen = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Promise<Response>(() => {}),
    });
    const file = at(name === "bun" || runsTypes(path) ? "program.mts" : "program.mjs");
    const argv = [path, file, rein.url, rein.token, rein.cwd, frozen.url.origin];
    await using child = Bun.spawn(argv, { stdout: "pipe", stderr: "pipe" });
    const output = Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    const [printed, errors, code] = await within(`the end of the program in ${name}`, output);
    // A rejection that nothing handles would end it.
    expect([errors, code]).toEqual(["", 0]);
    expect(JSON.parse(printed)).toEqual({
      done: "done",
      said: ["There."],
      stopped: "user",
      by: "disconnect",
      missing: 404,
      early: "at once",
      lost: "Rein’s server has not confirmed the stop within 20 seconds.",
      lostName: "ConnectionLost",
    });
  },
);

/** Whether this Node runs TypeScript as it is. */
function runsTypes(node: string): boolean {
  const printed = Bun.spawnSync([node, "-p", "process.features.typescript"]).stdout.toString();
  return printed.trim() === "strip";
}
