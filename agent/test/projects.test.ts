/** Projects: what a person sets for one and for all of them, the ones used last, and the directories to choose from. */
import { describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiError } from "../sdk/create-rein";
import { play, scriptedAgent } from "./agents/agent-script";
import { apiScene } from "./api-scene";
import { told } from "./control-api";
import { text } from "./upstream/upstream";

const { rein, upstream, send, defer, dataDir, restart } = apiScene();
const { signal } = new AbortController();

function directory(...paths: string[]): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "rein-projects-")));
  defer(() => rmSync(root, { recursive: true, force: true }));
  for (const path of paths) mkdirSync(join(root, path), { recursive: true });
  return root;
}

/** Of the settings as they are now. */
const digestIn = async (cwd: string) => (await rein.sdk.projectSettings(cwd, signal)).digest;

async function refusal(call: Promise<unknown>): Promise<{ status: number; code: string }> {
  const error = await call.then(
    () => new Error("expected a refusal"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw error;
  return { status: error.status, code: error.code };
}

describe("what is set for a project", () => {
  test("holds for each new session in it, below its root too, and for no other one", async () => {
    const root = directory(".git", "packages/page");
    const inside = join(root, "packages/page");
    const before = await rein.sdk.projectSettings(inside, signal);
    expect(before).toEqual({ root, digest: before.digest });
    const set = { instructions: "Say “moin”.", permissions: "edits" } as const;
    const saved = await rein.sdk.changeProject(
      { cwd: root, digest: before.digest, ...set },
      signal,
    );
    expect(saved).toMatchObject({ root, ...set });
    upstream.script([text("Moin.")], [text("Hello.")], [text("Moin.")]);
    const chat = send({ cwd: inside });
    await chat.ended;
    expect(chat.session.permissions).toBe("edits");
    expect(told(upstream.requests.at(-1))).toContain(
      JSON.stringify("Instructions of the person, for this project:\nSay “moin”.").slice(1, -1),
    );
    const other = send({ cwd: rein.cwd });
    await other.ended;
    expect(other.session.permissions).toBe("ask");
    expect(told(upstream.requests.at(-1))).not.toContain("moin");
    const asked = send({ cwd: root, permissions: "ask" });
    await asked.ended;
    expect(asked.session.permissions).toBe("ask");
  });

  test("its model is that of a session that names none, while there is such a provider", async () => {
    const root = directory(".git");
    const model = { provider: "openai-chat", model: "of-the-project" };
    await rein.sdk.changeProject({ cwd: root, digest: await digestIn(root), model }, signal);
    upstream.script([text("Hello.")]);
    const chat = rein.chat({ message: "Hi", cwd: root, onDisconnect: "continue" });
    await chat.ended;
    expect(chat.session).toMatchObject(model);
    const unknown = { provider: "nobody", model: "x" };
    const digest = await digestIn(root);
    expect(
      await refusal(rein.sdk.changeProject({ cwd: root, digest, model: unknown }, signal)),
    ).toEqual({ status: 400, code: "provider" });
  });

  test("of two that change the same settings, the second is refused and nothing of it is saved", async () => {
    const root = directory(".git");
    const digest = await digestIn(root);
    const answers = await Promise.allSettled(
      ["First", "Second"].map((instructions) =>
        rein.sdk.changeProject({ cwd: root, digest, instructions }, signal),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const won = answers.find(({ status }) => status === "fulfilled") as PromiseFulfilledResult<{
      instructions?: string;
    }>;
    const { instructions } = await rein.sdk.projectSettings(root, signal);
    expect(instructions).toBe(won.value.instructions);
    const again = rein.sdk.changeProject({ cwd: root, digest, permissions: "all" }, signal);
    expect(await refusal(again)).toEqual({ status: 409, code: "digest" });
  });

  test("every page learns that it has changed; it outlives the server, and is its owner’s alone", async () => {
    const root = directory(".git");
    const file = join(dataDir(), "projects.json");
    upstream.script([text("Hello.")]);
    const chat = send({ cwd: root });
    await chat.ended;
    const events = await rein.fetch("/api/events?list=1");
    const reader = events.body!.getReader();
    await rein.sdk.changeProject(
      { cwd: root, digest: await digestIn(root), permissions: "plan" },
      signal,
    );
    let seen = "";
    while (!seen.includes('"projects-changed"')) {
      const { value, done } = await reader.read();
      if (done) throw new Error("the stream has ended");
      seen += new TextDecoder().decode(value);
    }
    await reader.cancel();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    rein.signal("SIGKILL");
    await rein.exited;
    await restart();
    expect(await rein.sdk.projectSettings(root, signal)).toMatchObject({ permissions: "plan" });
    const taken = { cwd: root, digest: await digestIn(root), permissions: null };
    expect(await rein.sdk.changeProject(taken, signal)).not.toHaveProperty("permissions");
    expect(readFileSync(file, "utf8")).not.toContain(root);
  });
});

test("the directories that were worked in are listed once, the one used last first", async () => {
  const [first, second] = [directory(), directory()];
  for (const cwd of [first, second, first]) {
    upstream.script([text("Hello.")]);
    await send({ cwd }).ended;
  }
  const set = directory(".git");
  await rein.sdk.changeProject(
    { cwd: set, digest: await digestIn(set), permissions: "all" },
    signal,
  );
  const { projects } = await rein.sdk.projects(signal);
  const own = projects.map(({ cwd }) => cwd).filter((cwd) => [first, second, set].includes(cwd));
  expect(own).toEqual([first, second, set]);
});

describe("the directories to choose from", () => {
  test("are those in a directory by name, hidden ones last, with links as links, and no file", async () => {
    const root = directory("folder10/.git", "folder2", ".hidden", ".git");
    writeFileSync(join(root, "file"), "");
    symlinkSync("/", join(root, "link"));
    symlinkSync(join(root, "link2"), join(root, "link2"));
    expect(await rein.sdk.directories({ path: `${root}/folder2/..` }, signal)).toMatchObject({
      path: root,
      isRepository: true,
      directories: [
        { name: "folder2" },
        { name: "folder10", isRepository: true },
        { name: "link", isLink: true },
        { name: "link2", isLink: true },
        { name: ".git" },
        { name: ".hidden" },
      ],
    });
    const through = await rein.sdk.directories({ path: join(root, "link") }, signal);
    expect(through.path).toBe("/");
    const found = await rein.sdk.directories({ path: root, find: "DER1" }, signal);
    expect(found.directories.map(({ name }) => name)).toEqual(["folder10"]);
  });

  test("of more than 500 the first are listed, and the others are found by their letters", async () => {
    const names = Array.from({ length: 520 }, (_, at) => `d${at}`);
    const root = directory(...names.toReversed(), ".hidden");
    const all = await rein.sdk.directories({ path: root }, signal);
    expect(all).toMatchObject({ isCut: true, path: root });
    expect(all.directories.map(({ name }) => name)).toEqual(names.slice(0, 500));
    const found = await rein.sdk.directories({ path: root, find: "d519" }, signal);
    expect(found.directories).toEqual([{ name: "d519" }]);
  });

  test("names that would look otherwise come as they are, and those that are no text do not come", async () => {
    const root = directory("\u202Etxt", "a\nb", "<img src=x onerror=alert(1)>");
    mkdirSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe])]));
    const { directories } = await rein.sdk.directories({ path: root }, signal);
    expect(directories.map(({ name }) => name).toSorted()).toEqual(
      ["\u202Etxt", "a\nb", "<img src=x onerror=alert(1)>"].toSorted(),
    );
  });

  test("what cannot be listed is refused with the reason", async () => {
    const root = directory();
    writeFileSync(join(root, "file"), "");
    symlinkSync("loop", join(root, "loop"));
    for (const path of ["none", "file", "loop"])
      expect(await refusal(rein.sdk.directories({ path: join(root, path) }, signal))).toEqual({
        status: 400,
        code: "directory",
      });
    const kernel = await rein.sdk.directories({ path: "/proc/self" }, signal);
    expect(kernel.directories.every((one) => one.isRepository === undefined)).toBe(true);
  });
});

describe("the person’s own instructions", () => {
  /** As the running server has it. */
  async function file(): Promise<string> {
    const { home } = await rein.sdk.directories({ path: "/" }, signal);
    defer(() => rmSync(join(home, ".config/rein"), { recursive: true, force: true }));
    return join(home, ".config/rein/AGENTS.md");
  }

  test("are kept in their file, told in every session, and replaced only as they were shown", async () => {
    const path = await file();
    const none = await rein.sdk.instructions(signal);
    expect(none).toMatchObject({ path: "~/.config/rein/AGENTS.md", text: "" });
    const saved = await rein.sdk.saveInstructions(
      { digest: none.digest, text: "Be kind.\n" },
      signal,
    );
    expect(readFileSync(path, "utf8")).toBe("Be kind.\n");
    upstream.script([text("Hello.")]);
    await send({ cwd: rein.cwd }).ended;
    expect(told(upstream.requests.at(-1))).toContain("Be kind.");
    writeFileSync(path, "Another program’s.");
    const stale = rein.sdk.saveInstructions({ digest: saved.digest, text: "Mine." }, signal);
    expect(await refusal(stale)).toEqual({ status: 409, code: "digest" });
    expect(readFileSync(path, "utf8")).toBe("Another program’s.");
    const { digest } = await rein.sdk.instructions(signal);
    const both = await Promise.allSettled(
      ["One", "Two"].map((words) => rein.sdk.saveInstructions({ digest, text: words }, signal)),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(readFileSync(path, "utf8")).toBe(both[0]!.status === "fulfilled" ? "One" : "Two");
  });

  test("an engine is told them and the project’s once a conversation, and again when they have changed, over a stop and a crash", async () => {
    await file();
    const root = directory(".git");
    const put = {
      method: "PUT",
      body: JSON.stringify({
        engines: { own: { "own-scripted": scriptedAgent({ home: join(root, "conversations") }) } },
      }),
    };
    await rein.json("/api/settings", put);
    const all = async (words: string) => {
      const { digest } = await rein.sdk.instructions(signal);
      await rein.sdk.saveInstructions({ digest, text: words }, signal);
    };
    const here = async (instructions: string) =>
      rein.sdk.changeProject({ cwd: root, digest: await digestIn(root), instructions }, signal);
    let sessionId: string | undefined;
    const say = (message: string) =>
      rein.chat({
        message,
        ...(sessionId ? { sessionId } : { engine: "own-scripted", cwd: root }),
      });
    /** All that the engine has been told by its user. */
    const heard = async (): Promise<string[]> => {
      const chat = say(play({ recall: true }));
      await chat.ended;
      sessionId ??= chat.sessionId;
      const said = chat.session.messages.at(-1)!.parts.find((part) => part.type === "text");
      return JSON.parse(said!.text) as string[];
    };
    await all("Be kind.");
    await here("Say “moin”.");
    expect((await heard())[0]).toMatch(/Be kind\.\n[^]*Say “moin”\.\n[^]*play \[/);
    expect((await heard())[1]).toStartWith("play [");
    await here("Say “hello”.");
    const cut = say(play({ text: "I begin." }, { hang: true }));
    await cut.until((event) => event.type === "part-delta");
    await rein.json("/api/stop", { method: "POST", body: "{}" });
    await cut.ended;
    // It may not have kept the message of a turn that was stopped.
    expect((await heard()).at(-1)).toContain("Say “hello”.");
    await all("");
    expect((await heard()).at(-1)).not.toContain("Be kind.");
    rein.signal("SIGKILL");
    await rein.exited;
    await restart();
    expect((await heard()).at(-1)).toStartWith("play [");
    await here("");
    expect((await heard()).at(-1)).toContain("taken back");
    const { messages } = await rein.session(sessionId!);
    expect(JSON.stringify(messages[0])).not.toContain("Be kind.");
  });

  test("a link to another file stays one; what is too long, no text or no file is shown with the reason and not replaced", async () => {
    const path = await file();
    const root = directory();
    const real = join(root, "dotfiles.md");
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(real, "From my repository.");
    symlinkSync(real, path);
    const { digest, text: shown } = await rein.sdk.instructions(signal);
    expect(shown).toBe("From my repository.");
    await rein.sdk.saveInstructions({ digest, text: "Changed." }, signal);
    expect(readFileSync(real, "utf8")).toBe("Changed.");
    for (const content of ["x".repeat(64_001), Buffer.from([0x66, 0xff])]) {
      writeFileSync(real, content);
      const fixed = await rein.sdk.instructions(signal);
      expect(fixed.problem).toBeString();
      const call = rein.sdk.saveInstructions({ digest: fixed.digest, text: "" }, signal);
      expect(await refusal(call)).toEqual({ status: 409, code: "digest" });
    }
    rmSync(path);
    mkdirSync(path);
    expect((await rein.sdk.instructions(signal)).problem).toBe("The file is a directory.");
  });
});
