/** A model, or a command of it, that changes what was asked after it was shown: nothing runs but what a person allowed. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { RulesFile } from "../../server/rules/rules-file";
import { Store } from "../../server/store/store";
import type { Approval, ProjectRules, Rule, RuleEffect, ToolCallPart } from "../../shared/protocol";
import { askedOf } from "../../client/state/asked-input";
import { visibleString } from "../../shared/visible-text";
import { apiScene } from "../api-scene";
import { allowing, pause, replyTo, resume, told, untilSession } from "../control-api";
import type { Chat } from "../rein";
import { temporaryDirectory } from "../temporary-directory";
import { text, toolCall } from "../upstream/upstream";

const { upstream, rein, send, start, restart, dataDir, post } = apiScene();

describe("a reply", () => {
  test("without the digest, with another one, or for a rule that was not offered is refused, and nothing runs", async () => {
    upstream.script([toolCall("bash", { command: "touch ran" })], [text("Done.")]);
    const chat = send();
    const approval = await asked(chat);
    const digest = approval.digest.replace(/./, (first) => (first === "0" ? "1" : "0"));
    const answers = [
      await answer(approval, { decision: "once" }),
      await answer(approval, { decision: "session", rule: 0 }),
      await answer(approval, { decision: "once", digest: approval.digest.toUpperCase() }),
      await answer(approval, { decision: "once", digest }),
      await answer(approval, { decision: "session", digest, rule: 0 }),
      await answer(approval, { decision: "project", digest, rule: 0 }),
      await answer(approval, { ...allowing(approval, "session"), rule: 99 }),
      await answer(approval, { ...allowing(approval, "session"), rule: -1 }),
    ];
    expect(answers).toEqual([400, 400, 400, 409, 409, 409, 400, 400]);
    const { runs, allowed } = await rein.session(chat.sessionId);
    expect([runs[0]!.state, allowed]).toEqual(["waiting", []]);
    expect(existsSync(join(rein.cwd, "ran"))).toBe(false);
    await replyTo(rein, approval, allowing(approval));
    await chat.ended;
    expect(existsSync(join(rein.cwd, "ran"))).toBe(true);
  });

  test("to a command shows and runs every byte of it", async () => {
    const command = "printf '%s' 'a\rb\u001b[2K\u202e\u200b' > out\nprintf x >> out";
    upstream.script([toolCall("bash", { command })], [text("Done.")]);
    const chat = send();
    const approval = await asked(chat);
    expect(approval).toMatchObject({ kind: "command", subject: command });
    await replyTo(rein, approval, allowing(approval));
    await chat.ended;
    expect(readFileSync(join(rein.cwd, "out"), "utf8")).toBe("a\rb\u001b[2K\u202e\u200bx");
  });
});

test("a plan is shown whole: nothing of its bytes is dropped, and what cannot be seen is marked", async () => {
  const plan = "1. Read\u200b\n<!-- then push --force -->\n\u001b[8mhidden\u001b[0m \u202eslaer";
  upstream.script([toolCall("plan", { title: "Read\u202e", plan })]);
  const chat = send({ permissions: "plan" });
  const approval = await asked(chat);
  expect(approval).toMatchObject({ kind: "plan", subject: plan });
  const { blocks, facts } = askedOf(approval, callOf(chat));
  expect(blocks).toEqual([{ name: "Plan", text: plan }]);
  expect(facts).toEqual(["title: Read\u202e"]);
  const shown = visibleString(plan);
  expect(shown).toContain("<!-- then push --force -->");
  for (const hidden of ["\u001b", "\u200b", "\u202e"]) expect(shown).not.toContain(hidden);
});

describe("a path that leads elsewhere after it was shown asks again, and nothing is written there:", () => {
  const lead = (to: string) => {
    mkdirSync(join(rein.cwd, to), { recursive: true });
    symlinkSync(to, join(rein.cwd, "new-link"));
    renameSync(join(rein.cwd, "new-link"), join(rein.cwd, "link"));
  };
  const write = () => {
    lead("safe");
    upstream.script([toolCall("write", { path: "link/x", content: "x" })], [text("Done.")]);
  };

  test("while a person looks at it", async () => {
    write();
    const chat = send();
    const first = await asked(chat);
    expect(first.subject).toBe("safe/x");
    lead("other");
    await replyTo(rein, first, allowing(first));
    const second = await asked(chat, 1);
    expect(second.subject).toBe("other/x");
    expect(second.digest).not.toBe(first.digest);
    expect(await answer(second, allowing(first))).toBe(409);
    await replyTo(rein, second, { decision: "deny" });
    await chat.ended;
    for (const one of ["safe/x", "other/x"]) expect(existsSync(join(rein.cwd, one))).toBe(false);
  });

  test("also when it now leads to what runs by itself, and edits are allowed", async () => {
    write();
    const chat = send();
    const first = await asked(chat);
    lead(".git/hooks");
    await rein.json(`/api/sessions/${chat.sessionId}`, {
      method: "PATCH",
      body: '{"permissions":"edits"}',
    });
    const second = await asked(chat, 1);
    expect(first.asksBecause).toBeUndefined();
    expect(second).toMatchObject({ subject: ".git/hooks/x", always: [] });
    expect(second.asksBecause).toContain("Git runs hooks");
    await replyTo(rein, second, { decision: "deny" });
    await chat.ended;
    expect(existsSync(join(rein.cwd, ".git/hooks/x"))).toBe(false);
  });

  for (const isChanged of [true, false])
    test(`in a pause over a restart of the server (${isChanged ? "changed" : "unchanged: not asked again"})`, async () => {
      write();
      const { cwd } = rein;
      const chat = send({ cwd });
      const first = await asked(chat);
      await pause(rein, chat.sessionId);
      await untilSession(chat, ({ runs }) => runs.at(-1)?.pause?.state === "paused");
      await replyTo(rein, first, allowing(first));
      await untilSession(chat, () => callOf(chat).approval?.reply !== undefined);
      if (isChanged) lead("other");
      await restart();
      const before = callOf(chat).approval?.id;
      const viewer = rein.follow(chat.sessionId);
      await viewer.until(({ type }) => type === "snapshot");
      await resume(rein, chat.sessionId);
      if (isChanged) {
        await untilSession(viewer, () => callOf(viewer).approval?.id !== before);
        const { approval } = callOf(viewer);
        expect(approval).toMatchObject({ subject: "other/x" });
        await replyTo(rein, approval!, { decision: "deny" });
      }
      await untilSession(viewer, ({ runs }) => runs.at(-1)?.state === "settled");
      viewer.hangUp();
      expect(callOf(viewer).state).toBe(isChanged ? "failed" : "done");
      expect(existsSync(join(cwd, "safe/x"))).toBe(!isChanged);
      expect(existsSync(join(cwd, "other/x"))).toBe(false);
    });
});

test("a path that runs by itself asks each time under permission for edits, however it is written", async () => {
  mkdirSync(join(rein.cwd, ".git/hooks"), { recursive: true });
  symlinkSync(".git/hooks", join(rein.cwd, "docs"));
  const paths = [".git/hooks/x", "./src/../.git/hooks/x", "docs/x", join(rein.cwd, ".git/hooks/x")];
  upstream.script(
    paths.map((path) => toolCall("write", { path, content: "x" })),
    [text("Done.")],
  );
  const chat = send({ permissions: "edits" });
  for (const [index] of paths.entries()) {
    const approval = await asked(chat, index);
    expect(approval).toMatchObject({ subject: ".git/hooks/x", always: [] });
    expect(await answer(approval, allowing(approval, "session"))).toBe(400);
    await replyTo(rein, approval, { decision: "deny" });
  }
  await chat.ended;
  expect(existsSync(join(rein.cwd, ".git/hooks/x"))).toBe(false);
});

test("the shell's directory is shown with a command, and an “always” of the working directory does not cover it there", async () => {
  mkdirSync(join(rein.cwd, "deep"));
  upstream.script(
    [toolCall("bash", { command: "pwd" })],
    [toolCall("bash", { command: "cd deep" })],
    [toolCall("bash", { command: "pwd" })],
    [text("Done.")],
  );
  const chat = send();
  const first = await asked(chat);
  expect(first.directory).toBeUndefined();
  await replyTo(rein, first, allowing(first, "session"));
  const second = await asked(chat, 1);
  await replyTo(rein, second, allowing(second));
  const third = await asked(chat, 2);
  expect(third).toMatchObject({ subject: "pwd", directory: "deep" });
  expect(third.always[0]).toMatchObject({ directory: "deep" });
  await replyTo(rein, third, { decision: "deny" });
  await chat.ended;
});

test("an “always” covers a command only as long as the shell makes the same of it", async () => {
  const run = (command: string) => [toolCall("bash", { command })];
  const commands = ["ls", "cd . && ls", "ls", "ls() { touch evil; }", "ls", "unset -f ls", "ls"];
  upstream.script(...commands.map(run), [text("Done.")]);
  const chat = send();
  const first = await asked(chat);
  await replyTo(rein, first, allowing(first, "session"));
  const subjects = [first.subject];
  for (let index = 1; index < 5; index++) {
    const approval = await asked(chat, index);
    subjects.push(approval.subject);
    const isRedefined = approval.subject === "ls";
    await replyTo(rein, approval, isRedefined ? { decision: "deny" } : allowing(approval));
    if (!isRedefined) continue;
    expect(approval.always[0]).toMatchObject({ command: "ls", state: expect.any(String) });
  }
  await chat.ended;
  expect(subjects).toEqual(["ls", "cd . && ls", "ls() { touch evil; }", "ls", "unset -f ls"]);
  expect(existsSync(join(rein.cwd, "evil"))).toBe(false);
});

test("a command beyond 100,000 characters is refused with the limit, and reaches no approval", async () => {
  upstream.script([toolCall("bash", { command: `echo ${"x".repeat(200_000)}` })], [text("I see.")]);
  const chat = send();
  await chat.ended;
  expect(approvalsOf(chat)).toEqual([]);
  expect(callOf(chat)).toMatchObject({ state: "failed", error: expect.stringContaining("100000") });
});

describe("what a session allows", () => {
  const ls = { command: "echo ran" };

  test("can be taken back: the next call asks", async () => {
    upstream.script([toolCall("bash", ls)], [text("Done.")]);
    const chat = send();
    const approval = await asked(chat);
    await replyTo(rein, approval, allowing(approval, "session"));
    await chat.ended;
    const { allowed } = await rein.session(chat.sessionId);
    expect(allowed).toMatchObject([{ rule: approval.always[0]! }]);
    const path = `/api/sessions/${chat.sessionId}/allowed/${allowed[0]!.id}`;
    expect((await rein.fetch(path, { method: "DELETE" })).status).toBe(200);
    expect((await rein.fetch(path, { method: "DELETE" })).status).toBe(404);
    upstream.script([toolCall("bash", ls)], [text("Done.")]);
    const next = send({ sessionId: chat.sessionId });
    await replyTo(rein, await asked(next), { decision: "deny" });
    await next.ended;
  });

  for (const changes of ["with a message", "by itself", "while the call is asked"] as const)
    test(`holds for its directory only: that is changed ${changes}`, async () => {
      using other = temporaryDirectory();
      const write = toolCall("write", { path: "src/a", content: "x" });
      const change = (id: string) =>
        rein.json(`/api/sessions/${id}`, {
          method: "PATCH",
          body: JSON.stringify({ cwd: other.path }),
        });
      upstream.script([write], [text("Done.")]);
      const chat = send();
      const approval = await asked(chat);
      const isEarly = changes === "while the call is asked";
      if (isEarly) await change(chat.sessionId);
      await replyTo(rein, approval, allowing(approval, "session", approval.always.length - 1));
      if (isEarly) await replyTo(rein, await asked(chat, 1), { decision: "deny" });
      await chat.ended;
      if (changes === "by itself") await change(chat.sessionId);
      upstream.script([write], [text("Done.")]);
      const next = send({ sessionId: chat.sessionId, cwd: other.path });
      await replyTo(rein, await asked(next), { decision: "deny" });
      await next.ended;
      expect(existsSync(join(other.path, "src/a"))).toBe(false);
      expect((await rein.session(chat.sessionId)).allowed).toEqual([]);
    });

  test("in the words of an older version is dropped with a damaged one: it asks again, and the session is whole", async () => {
    upstream.script([toolCall("bash", ls)], [text("Done.")]);
    const chat = send();
    const approval = await asked(chat);
    await replyTo(rein, approval, allowing(approval, "session"));
    await chat.ended;
    const { allowed } = await rein.session(chat.sessionId);
    rein.signal("SIGTERM");
    await rein.exited;
    using database = new Database(join(dataDir(), "rein.db"));
    const stored = ["edit", "command:echo ran", null, { rule: { kind: "command" } }, ...allowed];
    const set = "UPDATE sessions SET data = json_set(data, '$.allowed', json(?))";
    const old =
      "UPDATE parts SET data = json_remove(json_set(data, '$.approval.always', 'x'), '$.approval.digest') WHERE data ->> '$.approval' IS NOT NULL";
    for (const [kept, value] of [
      [[], stored.slice(0, 4)],
      [[], "edit"],
      [[], null],
      [allowed, stored],
    ] as const) {
      database.run(set, [JSON.stringify(value)]);
      database.run(old);
      const store = new Store(join(dataDir(), "rein.db"));
      const session = store.load(chat.sessionId)!;
      store.close();
      expect(session.allowed).toEqual([...kept]);
      expect(session.messages.length).toBe(3);
    }
  });
});

describe("a rule of a project", () => {
  const push = { command: "git push origin" };
  const denied: Rule = { kind: "command", match: "prefix", command: "git push" };

  test("given at an approval holds in other sessions of the directory and over a restart, in a private file, until it is removed", async () => {
    const { cwd } = rein;
    upstream.script([toolCall("bash", { command: "echo ran" })], [text("Done.")]);
    const chat = send({ cwd });
    const approval = await asked(chat);
    await replyTo(rein, approval, allowing(approval, "project"));
    await chat.ended;
    const path = join(dataDir(), "rules.json");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await restart();
    upstream.script([toolCall("bash", { command: "echo ran" })], [text("Done.")]);
    const other = send({ cwd });
    await other.ended;
    expect(approvalsOf(other)).toEqual([]);
    expect(callOf(other).state).toBe("done");
    const { rules } = await rulesOf(cwd);
    expect(rules).toMatchObject([{ effect: "allow", rule: approval.always[0]! }]);
    const named = `/api/rules/${rules[0]!.id}?cwd=${encodeURIComponent(cwd)}`;
    expect((await rein.fetch(named, { method: "DELETE" })).status).toBe(200);
    expect((await rein.fetch(named, { method: "DELETE" })).status).toBe(404);
    upstream.script([toolCall("bash", { command: "echo ran" })], [text("Done.")]);
    const last = send({ cwd });
    await replyTo(rein, await asked(last), { decision: "deny" });
    await last.ended;
  });

  test("that denies fails the call under permission for everything, and tells the model which rule", async () => {
    await keep("deny", denied);
    upstream.script([toolCall("bash", push)], [text("I see.")]);
    const chat = send({ permissions: "all" });
    await chat.ended;
    expect(callOf(chat)).toMatchObject({ state: "failed" });
    expect(callOf(chat).startedAt).toBeUndefined();
    expect(told(upstream.requests[1])).toContain("commands that begin with `git push`");
  });

  test("that denies holds for a subagent", async () => {
    await keep("deny", denied);
    upstream.script(
      [toolCall("subagent", { role: "simple", title: "push", task: "Push it." })],
      [toolCall("bash", push)],
      [text("I could not.")],
      [text("Done.")],
    );
    const chat = send({ permissions: "all" });
    await chat.ended;
    const inner = callOf(chat).subagent!.messages.flatMap(({ parts }) => parts);
    expect(inner.find(({ type }) => type === "tool-call")).toMatchObject({ state: "failed" });
  });

  test("that comes while a call is asked fails it, though a person allows it", async () => {
    upstream.script([toolCall("bash", push)], [text("I see.")]);
    const chat = send();
    const approval = await asked(chat);
    await keep("deny", denied);
    await replyTo(rein, approval, allowing(approval));
    await chat.ended;
    expect(callOf(chat)).toMatchObject({ state: "failed" });
    expect(callOf(chat).startedAt).toBeUndefined();
  });

  test("that asks is asked under permission for edits, and offers no “always”", async () => {
    await keep("ask", { kind: "edit", match: "directory", path: "src" });
    upstream.script([toolCall("write", { path: "src/a", content: "x" })], [text("Done.")]);
    const chat = send({ permissions: "edits" });
    const approval = await asked(chat);
    expect(approval).toMatchObject({ subject: "src/a", always: [] });
    expect(approval.asksBecause).toContain("edits inside src/");
    await replyTo(rein, approval, allowing(approval));
    await chat.ended;
  });

  test("that denies a path denies what a link to it leads to, also when the rule names the link", async () => {
    mkdirSync(join(rein.cwd, "real"));
    symlinkSync("real", join(rein.cwd, "link"));
    const { rules } = await keep("deny", { kind: "edit", match: "directory", path: "link" });
    expect(rules).toMatchObject([{ rule: { path: "real" } }]);
    upstream.script([toolCall("write", { path: "link/x", content: "x" })], [text("I see.")]);
    const chat = send({ permissions: "all" });
    await chat.ended;
    expect(existsSync(join(rein.cwd, "real/x"))).toBe(false);
  });

  test("that is not one is refused, and kept nowhere", async () => {
    const path = join(dataDir(), "rules.json");
    const kept = () => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
    const before = kept();
    const file = { kind: "edit", match: "file", path: "a" };
    const bodies = [
      { effect: "allow", rule: { kind: "command", match: "prefix", command: "bash -c" } },
      { effect: "allow", rule: { kind: "command", match: "prefix", command: "/usr/bin/env" } },
      { effect: "allow", rule: { kind: "command", match: "prefix", command: "python3.11 x" } },
      { effect: "allow", rule: { kind: "command", match: "prefix", command: "bun" } },
      { effect: "deny", rule: { kind: "command", match: "prefix", command: "git push; rm" } },
      { effect: "allow", rule: { kind: "edit", match: "directory", path: "../other" } },
      { effect: "allow", rule: { kind: "edit", match: "directory", path: "a//b" } },
      { effect: "allow", rule: { kind: "edit", match: "directory", path: "a\u0000" } },
      { effect: "allow", rule: { kind: "edit", match: "file", path: "x".repeat(5000) } },
      { effect: "permit", rule: file },
      { effect: "allow", rule: { kind: "edit", match: "glob", path: "*" } },
      { effect: "allow", rule: file, cwd: "/no/such/place" },
      { effect: "allow", rule: file, more: 1 },
    ];
    for (const body of bodies) {
      const init = { method: "POST", body: JSON.stringify(body) };
      expect([body, (await rein.fetch("/api/rules", init)).status]).toEqual([body, 400]);
    }
    expect((await rulesOf(rein.cwd)).rules).toEqual([]);
    expect(kept()).toBe(before);
  });

  test("in a damaged file refuses the start, and the file is not changed", async () => {
    const path = join(dataDir(), "rules.json");
    rein.signal("SIGTERM");
    await rein.exited;
    for (const damaged of ["{ broken", '{"projects":{"/a":[{"effect":"maybe"}]}}', "[]"]) {
      writeFileSync(path, damaged);
      expect(() => new RulesFile(path)).toThrow("The rules file");
      expect(readFileSync(path, "utf8")).toBe(damaged);
    }
    const words = await start().then(
      () => "it started",
      (error: Error) => error.message,
    );
    expect(words).toContain("The rules file");
  });
});

/** The approval of the n-th request. */
async function asked(chat: Chat, index = 0): Promise<Approval> {
  await chat.until(() => approvalsOf(chat).length > index);
  return approvalsOf(chat)[index]!;
}

function approvalsOf(chat: Chat): Approval[] {
  return chat.events.flatMap((event) => (event.type === "approval-request" ? event.approval : []));
}

/** The status of any reply. */
async function answer({ id }: Approval, body: object): Promise<number> {
  const init = { method: "POST", body: JSON.stringify(body) };
  return (await rein.fetch(`/api/approvals/${id}`, init)).status;
}

function callOf(chat: Chat): ToolCallPart {
  const parts = chat.session.messages.flatMap((message) => message.parts);
  return parts.find((part) => part.type === "tool-call")!;
}

function keep(effect: RuleEffect, rule: Rule): Promise<ProjectRules> {
  return post("/api/rules", { cwd: rein.cwd, effect, rule });
}

function rulesOf(cwd: string): Promise<ProjectRules> {
  return rein.json(`/api/rules?cwd=${encodeURIComponent(cwd)}`);
}
