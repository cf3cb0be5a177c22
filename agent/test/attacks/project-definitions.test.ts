/** Hostile instructions, commands, skills and roles of a project run nothing, say nothing to the model unasked, read nothing outside, and cost a sentence. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ProjectView } from "../../shared/protocol";
import { apiScene, everyWire } from "../api-scene";
import { allowProject } from "../definition-scene";
import { pidsWith } from "../machine-facts";
import { text } from "../upstream/upstream";
import { planted, plants } from "./hostile-definitions";

const never = new AbortController().signal;
const secret = `secret-${crypto.randomUUID()}`;
const scene = apiScene({
  environment: (upstream) => ({ ...everyWire(upstream), HOSTILE_SECRET: secret }),
});

test.each(Object.entries(plants))("%s", async (_, { plant, says = /^/, shows }) => {
  const { rein, send, upstream } = scene;
  const { cwd } = rein;
  const { cwd: home } = await rein.sdk.project(undefined, never);
  const cookie = `canary-${crypto.randomUUID()}`;
  const marker = join(rein.dataDir, cookie);
  const write = (path: string, content: string, base = cwd) => {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), content);
  };
  write(".ssh/id_rsa", secret, home);
  const link = (path: string, target: string) => {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    symlinkSync(target, join(cwd, path));
  };
  plant({ cwd, home, canary: `touch ${marker}; sleep 5 ${cookie}`, write, link });

  const view = await rein.sdk.project(cwd, never);
  const own = view.definitions.filter(({ origin }) => origin === "project");
  expect(own.filter(({ standing }) => standing !== "asked")).toEqual([]);
  expect(wordsOf(view)).toMatch(says);
  if (shows) expect(own).toMatchObject([shows]);
  checkWords(view);

  upstream.script([text("Hello.")], [text("Hello again.")]);
  const chat = send({ permissions: "all" });
  await chat.ended;
  // What it allows is that the model is told of it: it still runs nothing, and leads nowhere.
  await allowProject(rein);
  await send({ sessionId: chat.sessionId }).ended;
  expect(chat.session.runs[0]!.outcome).toBe("done");
  const [unasked, allowed] = upstream.requests.map(({ body }) => JSON.stringify(body));
  expect(unasked).not.toContain(planted);
  expect([unasked, allowed, JSON.stringify(view)].join("")).not.toContain(secret);
  expect(existsSync(marker)).toBe(false);
  expect(pidsWith(cookie)).toEqual([]);
});

test("a repository below an allowed one says nothing before it is asked itself", async () => {
  const { rein, send, upstream } = scene;
  writeFileSync(join(rein.cwd, "AGENTS.md"), "Speak of otters.");
  mkdirSync(join(rein.cwd, ".git"));
  await allowProject(rein);
  const cwd = join(rein.cwd, "vendor/other");
  mkdirSync(join(cwd, ".git"), { recursive: true });
  writeFileSync(join(cwd, "AGENTS.md"), planted);
  upstream.script([text("Hello.")]);
  await send({ cwd, permissions: "all" }).ended;
  expect(JSON.stringify(upstream.requests[0]!.body)).not.toMatch(/otters|PLANTED/);
});

/** The sentences of a view, in one line. */
function wordsOf({ problems, definitions }: ProjectView): string {
  return [...problems, ...definitions.flatMap(({ notes }) => notes)].join(" ");
}

/** What the server says of files is bounded, and nothing of it can move a terminal's cursor or hide. */
function checkWords(view: ProjectView): void {
  const own = view.definitions.filter(({ origin }) => origin === "project");
  const said = [wordsOf(view), ...own.flatMap((one) => [one.name, one.description, one.path])];
  // oxlint-disable-next-line no-control-regex
  expect(said.join("\n")).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e]/);
  expect(wordsOf(view).length).toBeLessThan(30_000);
  expect(own.length).toBeLessThanOrEqual(210);
  expect(JSON.stringify(view).length).toBeLessThan(2_000_000);
}
