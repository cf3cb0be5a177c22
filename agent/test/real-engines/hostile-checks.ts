/** What a hostile directory must not gain through a real engine: a check resolves with a remark, and throws when it has. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { toolCallsOf } from "../../shared/message-parts";
import { text, toolCall } from "../upstream/upstream";
import { within } from "../within";
import { EngineScene, realKey, token, type EngineLab } from "./engine-lab";
import type { EngineRow } from "./engine-rows";
import { makeRepository, plant, ranIn, type Traps } from "./hostile-directory";
import { lastError } from "./measured-stop";

export type HostileCheck = (lab: EngineLab, row: EngineRow) => Promise<string | void>;

export const hostileChecks: Record<string, HostileCheck> = {
  "a hostile directory gains nothing": (lab, row) => attack(lab, row, ""),
  "a hostile repository gains nothing in a directory below its root": (lab, row) =>
    attack(lab, row, "packages/one"),
  "nothing outside is read without a question": readsOutside,
  "instructions of the directory are read, through a link within it too": readsItsOwn,
};

/** Outside of the directory, by its path and by a link; and instructions beside a file that is read inside. */
async function readsOutside(lab: EngineLab, row: EngineRow): Promise<string> {
  await using ground = openGround(lab);
  const { root, traps } = ground;
  symlinkSync(traps.outside, join(root, "linked.md"));
  symlinkSync(dirname(traps.outside), join(root, "linked"));
  mkdirSync(join(root, "below"));
  writeFileSync(join(root, "below/file.md"), "Inside.\n");
  for (const name of ["AGENTS.md", "CLAUDE.md", "GEMINI.md"])
    symlinkSync(traps.outside, join(root, "below", name));
  const scene = new EngineScene(lab, row, root);
  await checkTools(scene);
  const { file, directory } = row.reads;
  const reads = [
    ...file.flatMap((tool) => [
      [tool, join(root, "below/file.md")] as const,
      [tool, traps.outside] as const,
      [tool, join(root, "linked.md")] as const,
    ]),
    ...directory.flatMap((tool) => [
      [tool, dirname(traps.outside)] as const,
      [tool, join(root, "linked")] as const,
    ]),
  ];
  let asked = 0;
  const faults: string[] = [];
  for (const [tool, path] of reads) {
    if (await isAsked(scene, tool, path, { decision: "deny", message: "No" })) asked++;
    const found = ground.faults();
    if (found.length > faults.length) faults.push(`${tool[0]} of ${path}: ${found.join(", ")}`);
  }
  if (faults.length > 0) throw new Error(faults.join("; "));
  return `${reads.length} reads, ${asked} asked`;
}

/** Rejects when its model has a tool that it must not have, or one of the row's reads nothing inside: what it lacks cannot fail. */
async function checkTools(scene: EngineScene): Promise<void> {
  const { file, directory } = scene.row.reads;
  await scene.turn("FIRST", [text("Hello.")]);
  const first = toldLast(scene);
  const withheld = (scene.row.withheld ?? []).filter((name) => first.includes(name));
  if (withheld.length > 0) throw new Error(`its model has ${withheld.join(", ")}`);
  for (const tool of [...file, ...directory]) {
    const place = join(scene.cwd, `inside-${token()}`);
    const [name, content] = [`${token()}.md`, token()];
    mkdirSync(place);
    writeFileSync(join(place, name), `The secret ${content}.\n`);
    const isFile = file.includes(tool);
    await isAsked(scene, tool, isFile ? join(place, name) : place, { decision: "once" });
    const told = toldLast(scene);
    if (told.includes(content) || (!isFile && told.includes(name))) continue;
    throw new Error(`its ${tool[0]} reads nothing inside`);
  }
}

/** Has its model call the tool, and gives the reply to a question about it. Resolves at the end of the turn. */
async function isAsked(
  scene: EngineScene,
  [name, input]: EngineRow["reads"]["file"][number],
  path: string,
  reply: Parameters<EngineScene["reply"]>[1],
): Promise<boolean> {
  scene.script([toolCall(name, input(path))], [text("Done.")], [text("Done.")]);
  const chat = scene.send("READ", { permissions: "ask" });
  await scene.begun(chat);
  let asked = false;
  const replied = scene.reply(chat, reply).then(() => (asked = true));
  await within("a question or the end", Promise.race([replied, chat.ended]));
  await chat.ended;
  scene.lab.upstream.forget(scene.mark);
  return asked;
}

function toldLast(scene: EngineScene): string {
  return JSON.stringify(scene.asked().at(-1)?.body);
}

async function readsItsOwn(lab: EngineLab, row: EngineRow): Promise<string> {
  if (row.instructions === undefined) return "– (it reads none of a directory that is not trusted)";
  // Signs of a pattern in the name of a directory are none.
  const scene = new EngineScene(lab, row, join(lab.directory, `own-${token()} [a-b] (c)`));
  mkdirSync(join(scene.cwd, "docs"), { recursive: true });
  writeFileSync(join(scene.cwd, "docs/rules.md"), "The INSTRUCTED-WORD.\n");
  symlinkSync("docs/rules.md", join(scene.cwd, row.instructions));
  const chat = await scene.turn("READ", [text("Done.")]);
  const told = JSON.stringify(scene.asked().at(-1)?.body).includes("INSTRUCTED-WORD");
  if (!told) throw new Error(`they are not in its request: ${lastError(chat.session)}`);
  return "read";
}

async function attack(lab: EngineLab, row: EngineRow, below: string): Promise<string> {
  await using ground = openGround(lab);
  const { root, traps } = ground;
  const cwd = join(root, below);
  mkdirSync(cwd, { recursive: true });
  makeRepository(root, traps);
  plant(root, traps, row.refused ?? []);
  const scene = new EngineScene(lab, row, cwd);
  const made = join(traps.ran, "the-command-without-a-question");
  scene.script([row.shell(`touch ${made}`)], [text("Done.")], [text("Done.")]);
  const chat = scene.send("DO IT", { permissions: "ask" });
  await scene.begun(chat);
  const asked = scene.reply(chat, { decision: "deny", message: "No" });
  const ended = chat.ended.then(() => "ended" as const);
  const first = await within("a question or the end", Promise.race([asked, ended]));
  await chat.ended;
  const calls = chat.session.messages.flatMap(toolCallsOf);
  scene.lab.upstream.forget(scene.mark);
  const faults = [
    ...(first === "ended" ? [`no question was asked: ${lastError(chat.session)}`] : []),
    ...(calls.length === 1 ? [] : [`${calls.length} calls`]),
    ...ground.faults(),
  ];
  if (faults.length > 0) throw new Error(faults.join("; "));
  return `asked ${scene.asked().length} times; nothing ran, nothing was led elsewhere or read outside`;
}

interface Ground extends AsyncDisposable {
  root: string;
  traps: Traps;
  faults(): string[];
}

/** A directory of its own, with the traps outside of it. */
export function openGround(lab: EngineLab): Ground {
  const place = join(lab.directory, `hostile-${token()}`);
  const [root, ran] = [join(place, "root"), join(place, "ran")];
  for (const path of [root, ran]) mkdirSync(path, { recursive: true });
  const outside = join(place, "outside/outside.md");
  mkdirSync(dirname(outside));
  const [secret, listed] = [`secret-${token()}`, `listed-${token()}`];
  writeFileSync(outside, `The ${secret}.\n`);
  writeFileSync(join(dirname(outside), listed), "");
  const led: string[] = [];
  const listener = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      led.push(new URL(request.url).pathname);
      return new Response("", { status: 418 });
    },
  });
  const before = lab.upstream.server.requests.length;
  return {
    root,
    traps: { ran, outside, elsewhere: `http://127.0.0.1:${listener.port}` },
    faults() {
      const requests = lab.upstream.server.requests.slice(before);
      const told = requests.filter(({ body }) => {
        const all = JSON.stringify(body);
        return all.includes(secret) || all.includes(listed);
      });
      const keys = new Set(requests.map(({ key }) => key).filter((key) => key !== realKey));
      return [
        ...ranIn({ ran } as Traps).map((name) => `${name} has run`),
        ...led.map((path) => `led elsewhere: ${path}`),
        ...(told.length > 0 ? [`a file outside is in ${told.length} requests`] : []),
        ...[...keys].map((key) => `another key: ${key}`),
      ];
    },
    async [Symbol.asyncDispose]() {
      await listener.stop(true);
    },
  };
}
