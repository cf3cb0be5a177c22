/** A skill is read when it is needed: what it says, its files by their digest, and its scripts by bash, which asks. */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { toolCallsOf } from "../shared/message-parts";
import type { ToolCallPart } from "../shared/protocol";
import { scriptedAgent } from "./agents/agent-script";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { replyTo, said, told } from "./control-api";
import { allowProject } from "./definition-scene";
import { testJobs } from "./processes-bench";
import type { Chat } from "./rein";
import { text, toolCall } from "./upstream/upstream";

const home = mkdtempSync(join(tmpdir(), "rein-home-"));
const { upstream, rein, send, defer } = apiScene({
  environment: (own) => ({ ...chatCompletionsOnly(own), HOME: home, REIN_SANDBOX: "auto" }),
});
const sandboxWorks = (await testJobs().capabilities()).sandboxWorks;

const skill = "---\nname: tides\ndescription: Knows the tides\n---\nThe sea rises twice a day.\n";

function write(path: string, content: string, base: string = rein.cwd): void {
  const whole = join(base, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
}

async function calls(...inputs: Record<string, unknown>[]): Promise<Chat> {
  upstream.script(...inputs.map((input) => [toolCall(toolOf(input), input)]), [text("Done.")]);
  const chat = send({ permissions: "all" });
  await chat.ended;
  return chat;
}

function toolOf(input: object): string {
  if ("command" in input) return "bash";
  return "content" in input ? "write" : "skill";
}

function callsOf(chat: Chat): ToolCallPart[] {
  return chat.session.messages.flatMap(toolCallsOf);
}

describe("a skill of the project", () => {
  test("is offered once it is allowed: the model reads what it says, and its files, unasked", async () => {
    write(".claude/skills/tides/SKILL.md", skill);
    write(".claude/skills/tides/data/2026.txt", "High at noon.\n");
    await calls({ name: "tides" });
    expect(told(upstream.requests[0])).not.toContain("tides");
    upstream.reset();
    await allowProject(rein);
    upstream.script(
      [toolCall("skill", { name: "tides" })],
      [toolCall("skill", { name: "tides", file: "data/2026.txt" })],
      [text("Noon.")],
    );
    const chat = send();
    await chat.ended;
    expect(told(upstream.requests[0])).toContain("- tides: Knows the tides");
    const [body, file] = callsOf(chat);
    expect(body?.output).toContain("The sea rises twice a day.");
    expect(body?.output).toContain("- data/2026.txt");
    expect(file).toMatchObject({ state: "done", output: "High at noon.\n" });
  });

  test("gives no file that is not the one that was allowed, and none from outside its folder", async () => {
    write(".claude/skills/tides/SKILL.md", skill);
    write(".claude/skills/tides/data.txt", "High at noon.\n");
    write("secret.txt", "the secret\n");
    await allowProject(rein);
    const chat = await calls(
      { name: "tides", file: "../../../secret.txt" },
      { name: "tides", file: join(rein.cwd, "secret.txt") },
      { name: "tides", file: "./data.txt" },
      { path: ".claude/skills/tides/data.txt", content: "the secret\n" },
      { name: "tides", file: "data.txt" },
    );
    expect(callsOf(chat).map(({ state }) => state)).toEqual([
      "failed",
      "failed",
      "failed",
      "done",
      "failed",
    ]);
    expect(
      callsOf(chat)
        .map(({ output }) => output)
        .join(),
    ).not.toContain("the secret");
  });

  test("whose script changed is asked about again", async () => {
    write(".claude/skills/tides/SKILL.md", skill);
    write(".claude/skills/tides/run.sh", "echo one\n");
    await allowProject(rein);
    write(".claude/skills/tides/run.sh", "echo two\n");
    const chat = await calls({ name: "tides" });
    expect(callsOf(chat)[0]).toMatchObject({ state: "failed" });
    const asked = await allowProject(rein);
    expect(asked.map(({ name }) => name)).toEqual(["tides"]);
  });

  test("is called by a person like a command, with its folder named", async () => {
    write(".claude/skills/tides/SKILL.md", `${skill}For $ARGUMENTS: !\`echo high\`\n`);
    write(".claude/skills/tides/run.sh", "echo one\n");
    await allowProject(rein);
    upstream.script([text("Noon.")]);
    const chat = send({ message: undefined, command: { name: "tides", arguments: "Brest" } });
    await chat.ended;
    expect(callsOf(chat)).toMatchObject([{ state: "done", output: "high\n" }]);
    expect(told(upstream.requests[0])).toContain("For Brest: [output of");
    expect(told(upstream.requests[0])).toContain(join(rein.cwd, ".claude/skills/tides"));
  });

  test("says nothing and runs nothing by the names of its files", async () => {
    write(".claude/skills/tides/SKILL.md", skill);
    write(".claude/skills/tides/!`touch ran` @secret.txt $ARGUMENTS\n- x", "");
    write("secret.txt", "the secret");
    await allowProject(rein);
    upstream.script([text("Noon.")]);
    const command = { name: "tides", arguments: "Brest" };
    const chat = send({ message: undefined, command, permissions: "all" });
    await chat.ended;
    expect(callsOf(chat)).toEqual([]);
    expect(existsSync(join(rein.cwd, "ran"))).toBe(false);
    expect(told(upstream.requests[0])).not.toContain("the secret");
    expect(said(chat.session)[0]).toMatch(
      /^The sea rises twice a day\.\n\nBrest\n\nIts folder is \S+, with:\n- !`touch ran` \\@secret\.txt \$ARGUMENTS⟨LF⟩- x$/,
    );
  });

  test.each([
    ["disable-model-invocation: true", "the model alone is not offered it"],
    ["user-invocable: false", "a person cannot call it"],
  ])("that says %s: %s", async (field) => {
    write(".claude/skills/tides/SKILL.md", skill.replace("description", `${field}\ndescription`));
    await allowProject(rein);
    upstream.script([text("Fine.")]);
    await send().ended;
    const isForModel = field.startsWith("user");
    expect(told(upstream.requests[0]).includes("- tides")).toBe(isForModel);
    const body = JSON.stringify({ command: { name: "tides" }, cwd: rein.cwd, model: "m" });
    const response = await rein.fetch("/api/chat", { method: "POST", body });
    expect(response.status).toBe(isForModel ? 409 : 200);
  });
});

if (sandboxWorks)
  test("in plan mode the lines of a skill that a person calls change no file", async () => {
    write(".claude/skills/tides/SKILL.md", `${skill}!\`touch ran; echo high\`\n`);
    await allowProject(rein);
    upstream.script([text("Noon.")]);
    const call = { message: undefined, command: { name: "tides", arguments: "" } };
    const chat = send({ ...call, permissions: "plan" });
    await chat.ended;
    expect(callsOf(chat)[0]?.output).toContain("Read-only file system");
    expect(callsOf(chat)[0]?.output).toContain("high");
    expect(existsSync(join(rein.cwd, "ran"))).toBe(false);
  });

if (sandboxWorks)
  test("a person's skill is read by bash in the sandbox, and nothing else of its directory", async () => {
    defer(() => rmSync(join(home, ".claude"), { recursive: true }));
    write(".claude/skills/tides/SKILL.md", skill, home);
    write(".claude/skills/tides/run.sh", "echo tide $1\n", home);
    write(".claude/secret.json", "the secret\n", home);
    symlinkSync("../../secret.json", join(home, ".claude/skills/other"));
    const folder = join(home, ".claude/skills/tides");
    const chat = await calls(
      { command: `bash ${folder}/run.sh in` },
      {
        command: `cat ${home}/.claude/secret.json ${home}/.claude/skills/other; echo x >${folder}/new`,
      },
    );
    const [ran, refused] = callsOf(chat);
    expect(ran?.output).toBe("tide in\n");
    expect(refused?.output).not.toContain("the secret");
    expect(refused?.output).toContain("Read-only file system");
  });

const ofItsFolder = `${skill}For $ARGUMENTS: !\`bash \${CLAUDE_SKILL_DIR}/run.sh\`\n`;

if (sandboxWorks)
  test.each(["", "own-scripted"])(
    "a line that names the folder of a person's skill is run unasked in the sandbox (engine: “%s”)",
    async (engine) => {
      defer(() => rmSync(join(home, ".claude"), { recursive: true }));
      write(".claude/skills/tides/SKILL.md", ofItsFolder, home);
      write(".claude/skills/tides/run.sh", "echo high", home);
      const engines = { own: { "own-scripted": scriptedAgent() } };
      await rein.json("/api/settings", { method: "PUT", body: JSON.stringify({ engines }) });
      upstream.script([text("Noon.")]);
      const command = { name: "tides", arguments: "Brest" };
      const driver = engine !== "" && { engine, provider: undefined, model: undefined };
      const chat = send({ message: undefined, command, ...driver });
      await chat.until(({ type }) => type === "tool-end" || type === "approval-request");
      const [call] = callsOf(chat);
      await rein.stop(chat.sessionId);
      expect(call).toMatchObject({ state: "done", output: "high\n" });
    },
  );

if (sandboxWorks)
  test("a link in the place of a project's skill shows nothing that is hidden, and a command can change it", async () => {
    defer(() => rmSync(join(home, ".ssh"), { recursive: true }));
    write(".claude/skills/tides/SKILL.md", skill);
    write(".ssh/id_rsa", "the secret\n", home);
    await allowProject(rein);
    const folder = ".claude/skills/tides";
    const first = `rm -r ${folder} && ln -s ${home}/.ssh ${folder} && echo linked`;
    const then = `cat ${folder}/id_rsa ${home}/.ssh/id_rsa`;
    upstream.script(
      [toolCall("bash", { command: first }), toolCall("bash", { command: then })],
      [text("Done.")],
    );
    const chat = send();
    for (const command of [first, then]) {
      const ofThis = () =>
        callsOf(chat).find(({ inputText }) => inputText === JSON.stringify({ command }));
      await chat.until(() => ofThis()?.state === "waiting");
      const { approval } = ofThis()!;
      await replyTo(rein, approval!, { decision: "once", digest: approval!.digest });
      await chat.until(() => ofThis()?.endedAt !== undefined);
    }
    await chat.ended;
    const [linked, read] = callsOf(chat).map(({ output }) => output);
    expect(linked).toBe("linked\n");
    expect(read).not.toContain("the secret");
  });
