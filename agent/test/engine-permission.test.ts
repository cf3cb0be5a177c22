/** An engine's question: Rein's rules answer it, or a person, who is shown all of what it leads to. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Approvals } from "../server/agent/approvals";
import { askPerson } from "../server/agent/engine-permission";
import { PauseGate } from "../server/agent/pause-gate";
import type { EngineAccess, EngineAnswer, EngineQuestion } from "../server/engines/engine";
import { describeRule } from "../shared/rules";
import { RulesFile } from "../server/rules/rules-file";
import type {
  Approval,
  ApprovalReply,
  EventBody,
  Permissions,
  Rule,
  Session,
} from "../shared/protocol";
import { temporaryDirectory } from "./temporary-directory";

let directory: ReturnType<typeof temporaryDirectory>;
let cwd: string;
let session: Pick<Session, "cwd" | "permissions" | "allowed">;
let approvals: Approvals;
let rules: RulesFile;
let events: EventBody[];
let controller: AbortController;
let taken: number;
let isAnswered: boolean;
let last: Approval;
beforeEach(() => {
  directory = temporaryDirectory();
  const root = realpathSync(directory.path);
  cwd = join(root, "project");
  mkdirSync(join(cwd, "src"), { recursive: true });
  session = { cwd, permissions: "ask", allowed: [] };
  approvals = new Approvals();
  rules = new RulesFile(join(root, "rules.json"));
  events = [];
  taken = 0;
  controller = new AbortController();
});
afterEach(() => directory[Symbol.dispose]());

describe("a command", () => {
  test("is shown exactly as it will run, with the directory that the engine names, without links", async () => {
    symlinkSync("src", join(cwd, "link"));
    const command = "printf 'a\r\u001b[2K\u202e' > out\necho x";
    const answer = ask({ kind: "command", command, directory: "link" });
    const approval = await asked();
    expect(approval).toMatchObject({ kind: "command", subject: command, directory: "src" });
    reply({ decision: "once", digest: approval.digest });
    expect(await answer).toEqual({ allow: true });
  });

  test.each([
    ["", "empty"],
    [" \n", "empty"],
    ["echo a\0b", "NUL"],
    ["x".repeat(100_001), "100001 characters"],
  ])("that cannot be shown whole is refused: %#", async (command, words) => {
    session.permissions = "all";
    expect(refusal(await ask({ kind: "command", command }))).toContain(words);
    expect(events).toEqual([]);
  });

  test("in a directory that is gone, is too long or has control characters is refused", async () => {
    symlinkSync("circle", join(cwd, "circle"));
    const refused = ["circle/x", "a\nb", "x".repeat(5000), ""];
    for (const directory of refused) {
      const answer = await ask({ kind: "command", command: "ls", directory });
      expect(refusal(answer)).toContain("nothing was run");
    }
  });

  test("that a rule of the project denies is refused with its words, whatever the session allows", async () => {
    rules.add(cwd, "deny", { kind: "command", match: "prefix", command: "git push" });
    session.permissions = "all";
    const answer = await ask({ kind: "command", command: "cd x && git push --force" });
    expect(refusal(answer)).toContain("forbids commands that begin with `git push`");
    expect(events).toEqual([]);
  });

  test("that an allowance covers is allowed by itself; the same in another directory is asked", async () => {
    session.allowed = [allowed({ kind: "command", match: "prefix", command: "npm test" })];
    const here = { kind: "command", command: "npm test a", directory: "." } as const;
    expect(await ask(here)).toEqual({ allow: true });
    const elsewhere = ask({ kind: "command", command: "npm test a", directory: "src" });
    await asked();
    reply({ decision: "deny", message: "not there" });
    expect(refusal(await elsewhere)).toContain("They said: not there");
  });
});

test("in plan mode only reading is allowed, also of what a person has just allowed", async () => {
  session.permissions = "plan";
  session.allowed = [allowed({ kind: "command", match: "exact", command: "ls" })];
  for (const access of [
    { kind: "command", command: "ls", directory: "." },
    { kind: "edit", path: "src/a.ts" },
    { kind: "tool", tool: "WebFetch", subject: "https://a.example/" },
  ] as const)
    expect(refusal(await ask(access))).toContain("plan mode");
  expect(await ask({ kind: "read", path: "src/a.ts" })).toEqual({ allow: true });
  session.permissions = "ask";
  const answer = ask({ kind: "command", command: "pwd", directory: "." });
  const { digest } = await asked();
  session.permissions = "plan";
  reply({ decision: "once", digest });
  expect(refusal(await answer)).toContain("plan mode");
});

describe("a command of a shell whose directory the engine does not name", () => {
  const access: EngineAccess = { kind: "command", command: "npm test a" };

  test("is covered by no allowance of commands elsewhere, and says so", async () => {
    const rule: Rule = { kind: "command", match: "prefix", command: "npm test" };
    session.allowed = [allowed(rule)];
    const answer = ask(access);
    const approval = await asked();
    expect(approval).toMatchObject({ kind: "command", subject: "npm test a", anywhere: true });
    expect(approval.always.map((one) => describeRule(one))).toEqual([
      "exactly `npm test a`, wherever the engine’s shell is",
      "`npm test`, wherever the engine’s shell is, also with further names and paths inside, but no further options",
    ]);
    reply({ decision: "session", digest: approval.digest, rule: 1 });
    expect(await answer).toEqual({ allow: true });
    expect(await ask({ ...access, command: "npm test b" })).toEqual({ allow: true });
    // What was allowed wherever the engine's shell is does not cover commands of known places.
    session.allowed = session.allowed.slice(1);
    const known = ask({ ...access, directory: "." });
    await asked();
    reply({ decision: "deny" });
    expect((await known).allow).toBe(false);
  });

  test("is denied by a rule of the project like any other", async () => {
    rules.add(cwd, "deny", { kind: "command", match: "exact", command: "npm test a" });
    expect(refusal(await ask(access))).toContain("forbids");
  });
});

describe("a path", () => {
  const edit = (...[path, ...also]: string[]): EngineAccess => ({
    kind: "edit",
    path: path!,
    also,
  });

  test("inside is edited without a question where edits are allowed, and asked elsewhere", async () => {
    session.permissions = "edits";
    for (const path of ["src/a.ts", join(cwd, "new/deep/a.ts"), "./src/../b.ts"])
      expect(await ask(edit(path))).toEqual({ allow: true });
    symlinkSync("..", join(cwd, "up"));
    for (const [path, subject] of [
      ["../other", join(cwd, "../other")],
      ["up/other", join(cwd, "../other")],
      ["/etc/hosts", "/etc/hosts"],
    ]) {
      const answer = ask(edit(path!));
      expect(await asked()).toMatchObject({ kind: "edit", outside: true, subject });
      reply({ decision: "deny" });
      expect((await answer).allow).toBe(false);
    }
  });

  test("each of several counts: for what runs by itself, for a denial, and for where they are", async () => {
    session.permissions = "edits";
    const answer = ask(edit("src/a.ts", ".git/hooks/pre-commit", "src/b.ts"));
    const approval = await asked();
    expect(approval).toMatchObject({
      subject: "src/a.ts",
      alsoPaths: [".git/hooks/pre-commit", "src/b.ts"],
      always: [],
    });
    expect(approval.asksBecause).toStartWith(".git/hooks/pre-commit: Git runs hooks");
    reply({ decision: "once", digest: approval.digest });
    expect(await answer).toEqual({ allow: true });
    rules.add(cwd, "deny", { kind: "edit", match: "directory", path: "secrets" });
    expect(refusal(await ask(edit("src/a.ts", "secrets/x")))).toContain("edits inside secrets/");
  });

  test("that configures a git directory of another name asks each time, also as the second", async () => {
    session.permissions = "edits";
    mkdirSync(join(cwd, "docs"));
    writeFileSync(join(cwd, "docs/HEAD"), "");
    const answer = ask(edit("src/a.ts", "docs/config"));
    expect((await asked()).asksBecause).toContain("Git runs programs");
    reply({ decision: "deny" });
    await answer;
  });

  test("that is a link counts as where it leads and as the place that it has", async () => {
    session.permissions = "edits";
    mkdirSync(join(cwd, ".vscode"));
    symlinkSync("../src/ok.json", join(cwd, ".vscode/tasks.json"));
    const answer = ask(edit(".vscode/tasks.json"));
    expect(await asked()).toMatchObject({
      subject: "src/ok.json",
      alsoPaths: [".vscode/tasks.json"],
    });
    reply({ decision: "deny" });
    await answer;
  });

  test("that leads elsewhere after it was shown is asked again", async () => {
    symlinkSync("src", join(cwd, "link"));
    const answer = ask(edit("link/a"));
    const first = await asked();
    mkdirSync(join(cwd, "other"));
    symlinkSync("other", join(cwd, "new"));
    renameSync(join(cwd, "new"), join(cwd, "link"));
    reply({ decision: "once", digest: first.digest });
    const second = await asked();
    expect([first.subject, second.subject]).toEqual(["src/a", "other/a"]);
    reply({ decision: "deny" });
    expect((await answer).allow).toBe(false);
  });

  test.each([
    ["a\nb", "control characters"],
    ["a\u0085b", "control characters"],
    ["", "empty"],
    ["x".repeat(5000), "too long"],
    ["src/file/x", "ENOTDIR"],
  ])("that cannot be shown or followed is refused: %#", async (path, words) => {
    session.permissions = "all";
    writeFileSync(join(cwd, "src/file"), "");
    expect(refusal(await ask(edit(path)))).toContain(words);
    expect(refusal(await ask(edit("src/a", path)))).toContain(words);
  });

  test("one of more than a hundred is refused", async () => {
    session.permissions = "all";
    const paths = Array.from({ length: 101 }, (_, index) => `src/${index}`);
    expect(refusal(await ask(edit(...paths)))).toContain("101 files");
  });

  test("of a directory or a search is all that is inside", async () => {
    rules.add(cwd, "deny", { kind: "read", match: "file", path: "src/secret" });
    for (const kind of ["read", "search"] as const)
      expect(refusal(await ask({ kind: "read", path: "src" }, kind))).toContain("src/secret");
    for (const access of [
      { kind: "read", path: ".", isSearch: true },
      { kind: "read", path: "src/open", also: ["src"] },
    ] as const)
      expect(refusal(await ask(access))).toContain("src/secret");
    expect(await ask({ kind: "read", path: "src/open" })).toEqual({ allow: true });
  });
});

describe("another tool", () => {
  const fetch = { kind: "tool", tool: "WebFetch", subject: "https://a.example/" } as const;

  test("is asked, and allowed for the session by what was answered", async () => {
    const answer = ask(fetch);
    const approval = await asked();
    expect(approval).toMatchObject({
      kind: "tool",
      tool: "WebFetch",
      subject: "https://a.example/",
    });
    reply({ decision: "session", digest: approval.digest, rule: 1 });
    expect(await answer).toEqual({ allow: true });
    expect(await ask({ ...fetch, subject: "https://b.example/" })).toEqual({ allow: true });
  });

  test("that is not understood is asked each time, whatever is allowed", async () => {
    const { tool, subject } = fetch;
    for (const rule of [
      { kind: "tool", match: "tool", tool } as const,
      { kind: "tool", match: "exact", tool, subject } as const,
    ])
      rules.add(cwd, "allow", rule);
    expect(await ask(fetch)).toEqual({ allow: true });
    const answer = ask({ ...fetch, once: true });
    const { digest, always } = await asked();
    expect(always).toEqual([]);
    reply({ decision: "once", digest });
    expect(await answer).toEqual({ allow: true });
  });

  test("that a rule denies is refused, and one without a name or with a very long one", async () => {
    session.permissions = "all";
    expect(await ask(fetch)).toEqual({ allow: true });
    rules.add(cwd, "deny", { kind: "tool", match: "tool", tool: "WebFetch" });
    expect(refusal(await ask(fetch))).toContain("forbids every use of WebFetch");
    for (const tool of ["", "x".repeat(201)])
      expect(refusal(await ask({ ...fetch, tool }))).toContain("name");
    expect(refusal(await ask({ kind: "tool", tool: "x", subject: "x".repeat(100_001) }))).toContain(
      "100001 characters",
    );
  });
});

describe("a stop", () => {
  const stop = { by: "user" as const, from: "web" as const, askedAt: 1 };

  test("answers cancelled, and changes nothing more", async () => {
    const answer = ask({ kind: "command", command: "ls" });
    const { id, digest } = await asked();
    controller.abort(stop);
    expect(await answer).toEqual({ allow: false, cancelled: true });
    expect(events.length).toBe(1);
    expect(approvals.reply(id, { decision: "once", digest })).toBe("gone");
  });

  test("before the question answers cancelled without asking, also where all is allowed", async () => {
    session.permissions = "all";
    controller.abort(stop);
    const answer = await ask({ kind: "read", path: "a" });
    expect(answer).toEqual({ allow: false, cancelled: true });
    expect(events).toEqual([]);
  });
});

test("a question that its engine takes back waits no longer", async () => {
  const answer = ask({ kind: "command", command: "ls" });
  await asked();
  controller.abort(new Error("resolved elsewhere"));
  expect(await answer).toEqual({ allow: false, cancelled: true });
  expect(events.at(-1)).toMatchObject({ type: "approval-reply", reply: { decision: "deny" } });
});

test("in a run in which nobody is asked it is denied", async () => {
  const answer = await ask({ kind: "command", command: "ls" }, "other", true);
  expect(refusal(answer)).toContain("Nobody is asked in this run");
  expect(events).toEqual([]);
});

test("a working directory that was swapped is refused", async () => {
  session.permissions = "all";
  renameSync(cwd, `${cwd}-old`);
  symlinkSync(`${cwd}-old`, cwd);
  expect(refusal(await ask({ kind: "command", command: "ls" }))).toContain("another one");
  rmSync(cwd);
  expect(refusal(await ask({ kind: "command", command: "ls" }))).toContain("cannot be accessed");
});

function ask(
  access: EngineAccess,
  kind: EngineQuestion["kind"] = "other",
  unattended = false,
): Promise<EngineAnswer> {
  const by = {
    session: session as Session,
    pauseGate: new PauseGate(() => {}),
    approvals,
    rules,
    own: [],
    granted: [],
    unattended,
    remember: (rule: Rule) => session.allowed.push(allowed(rule)) > 0,
    permit: (permissions: Permissions) => void (session.permissions = permissions),
  };
  const question = { key: "k", name: "tool", kind, input: {}, access };
  const send = async (event: EventBody) => void events.push(event);
  const part = { messageId: "m", partId: "p" };
  isAnswered = false;
  return askPerson(by, question, part, send, controller.signal).finally(() => {
    isAnswered = true;
  });
}

/** The next approval that is asked for. */
async function asked(): Promise<Approval> {
  for (;;) {
    const found = events.filter((event) => event.type === "approval-request")[taken];
    if (found) {
      taken++;
      last = found.approval;
      return last;
    }
    if (isAnswered) throw new Error("It was answered without a question");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** To the approval that was asked for last. */
function reply(answer: ApprovalReply): void {
  expect(approvals.reply(last.id, answer)).toBe("accepted");
}

function refusal(answer: EngineAnswer): string {
  if (answer.allow || "cancelled" in answer)
    throw new Error(`no refusal: ${JSON.stringify(answer)}`);
  return answer.message;
}

function allowed(rule: Rule): Session["allowed"][number] {
  return { id: "a", rule, createdAt: 0 };
}
