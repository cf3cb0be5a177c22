/** Hooks: commands of the person around tools and after runs refuse, ask and tell; a stop and a kill -9 leave nothing of them. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Hook, HookRecord, ProcessLook, StopAnswer, ToolCallPart } from "../shared/protocol";
import { toolCallsOf } from "../shared/message-parts";
import { readAnswer } from "../server/hooks/hook-answer";
import { apiScene } from "./api-scene";
import { processesLeft } from "./control-api";
import { isAlive, untilFile } from "./machine-facts";
import type { Chat } from "./rein";
import { violationsOf } from "./sweep/invariants";
import { hang, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const { upstream, rein, send, stop, post, defer, dataDir, start, restart } = apiScene({
  request: { permissions: "all" },
  settings: {},
});

const write = toolCall("write", { path: "new.txt", content: "words" });

describe("a hook before a tool", () => {
  test("reads the call as Claude Code's hooks do, and its exit code 2 refuses it", async () => {
    await setHooks({
      on: "before-tool",
      tools: ["Write"],
      command: "cat > seen.json; echo Not there. >&2; exit 2",
    });
    const chat = await runs([write], [text("I see.")]);
    expect(existsSync(join(rein.cwd, "new.txt"))).toBe(false);
    const call = callOf(chat);
    expect(call).toMatchObject({ state: "failed", error: expect.stringContaining("Not there.") });
    expect(call.startedAt).toBeUndefined();
    expect(call.hooks).toMatchObject([{ outcome: "done", exitCode: 2, words: "Not there." }]);
    expect(JSON.stringify(upstream.requests.at(-1)!.body)).toContain("Not there.");
    expect(JSON.parse(readFileSync(join(rein.cwd, "seen.json"), "utf8"))).toEqual({
      session_id: chat.sessionId,
      cwd: rein.cwd,
      permission_mode: "bypassPermissions",
      hook_event_name: "PreToolUse",
      tool_name: "Write",
      tool_input: { path: "new.txt", content: "words", file_path: join(rein.cwd, "new.txt") },
      tool_use_id: call.id,
      rein: { on: "before-tool", tool: "write", runId: chat.runId },
    });
    const { receipt } = chat.session.runs[0]!;
    expect(receipt?.hooks).toMatchObject([{ name: "one", on: "before-tool", outcome: "done" }]);
    expect(receipt?.hooks?.[0]?.proof).toBeDefined();
  });

  test("that allows grants nothing: a person is asked all the same", async () => {
    await setHooks({ on: "before-tool", command: answering({ permissionDecision: "allow" }) });
    upstream.script([write], [text("Not done.")]);
    const chat = send({ permissions: "ask" });
    await chat.until(({ type }) => type === "approval-request");
    await reply(chat, "deny");
    await chat.ended;
    // It runs once the call is allowed, and it never was.
    expect(callOf(chat).hooks).toBeUndefined();
    expect(existsSync(join(rein.cwd, "new.txt"))).toBe(false);
  });

  test("that asks has a person asked under “Allow everything”, with its reason, and once", async () => {
    const asking = { permissionDecision: "ask", permissionDecisionReason: "It is Friday." };
    await setHooks({ on: "before-tool", command: answering(asking) });
    upstream.script([write], [text("Done.")]);
    const chat = send();
    await chat.until(({ type }) => type === "approval-request");
    expect(callOf(chat).approval?.asksBecause).toBe("The hook “one” asks: It is Friday.");
    await reply(chat, "once");
    await chat.ended;
    expect(callOf(chat)).toMatchObject({ state: "done", hooks: [{ outcome: "done" }] });
    expect(chat.events.filter(({ type }) => type === "approval-request")).toHaveLength(1);
  });

  test("that asks says why, also where a person has allowed the call before it ran", async () => {
    const asking = { permissionDecision: "ask", permissionDecisionReason: "It is Friday." };
    await setHooks({ on: "before-tool", command: answering(asking) });
    upstream.script([write], [text("Not done.")]);
    const chat = send({ permissions: "ask" });
    await chat.until(({ type }) => type === "approval-request");
    expect(callOf(chat).approval?.asksBecause).toBeUndefined();
    await reply(chat, "once");
    await chat.until(
      (event) => event.type === "approval-request" && event.approval.asksBecause !== undefined,
    );
    expect(callOf(chat).approval?.asksBecause).toBe("The hook “one” asks: It is Friday.");
    await reply(chat, "deny");
    await chat.ended;
    expect(existsSync(join(rein.cwd, "new.txt"))).toBe(false);
  });

  test("sees each file of a batched edit and of a patch as an edit of its own, and refuses all of it by one", async () => {
    const command = `if grep -q '"file_path":"[^"]*/\\.env"' >/dev/null; then exit 2; fi`;
    await setHooks({ on: "before-tool", name: "guard", tools: ["Edit"], command });
    const files = ["a.txt", ".env"];
    for (const name of files) await Bun.write(join(rein.cwd, name), "old\n");
    const edits = files.map((path) => ({ path, oldText: "old", newText: "new" }));
    const hunks = files.map((name) => `*** Update File: ${name}\n@@\n-old\n+new\n`).join("");
    const patch = { input: `*** Begin Patch\n${hunks}*** End Patch` };
    for (const [model, call] of [
      ["local-model", toolCall("edit", { edits })],
      ["gpt-5", toolCall("apply_patch", patch)],
    ] as const) {
      upstream.script([call], [text("I see.")]);
      const chat = send({ model });
      await chat.ended;
      expect(callOf(chat)).toMatchObject({
        state: "failed",
        hooks: [
          { name: "guard: a.txt", exitCode: 0 },
          { name: "guard: .env", exitCode: 2 },
        ],
      });
      for (const name of files) expect(readFileSync(join(rein.cwd, name), "utf8")).toBe("old\n");
    }
  });

  test("sees the file behind a link, and another one that it leads to meanwhile; not without end", async () => {
    const link = (to: string) => `ln -sfn ${to} link`;
    const call = toolCall("write", { path: "link", content: "words" });
    for (const name of ["a.txt", "b.txt"]) await Bun.write(join(rein.cwd, name), "");
    await setHooks({ on: "before-tool", command: `cat >>seen; echo >>seen; ${link("b.txt")}` });
    symlinkSync("a.txt", join(rein.cwd, "link"));
    expect(callOf(await runs([call], [text("Done.")])).state).toBe("done");
    const seen = readFileSync(join(rein.cwd, "seen"), "utf8").trim().split("\n");
    expect(seen.map((line) => JSON.parse(line).tool_input.file_path)).toEqual([
      join(rein.cwd, "a.txt"),
      join(rein.cwd, "b.txt"),
    ]);
    const turning = `[ "$(readlink link)" = a.txt ] && ${link("b.txt")} || ${link("a.txt")}`;
    await setHooks({ on: "before-tool", command: turning });
    const chat = await runs([call], [text("I see.")]);
    expect(callOf(chat)).toMatchObject({
      state: "failed",
      error: expect.stringContaining("keep changing"),
    });
  });

  test("sees in the sandbox the script that its command names, and nothing around it", async () => {
    await restart({ environment: { REIN_SANDBOX: "on" } });
    const home = join(rein.cwd, ".claude");
    const cwd = join(rein.cwd, "project");
    await Bun.write(join(cwd, "a.txt"), "");
    await Bun.write(join(home, "secret"), "");
    await Bun.write(join(home, "hooks/guard.sh"), "ls ~/.claude >&2; exit 2");
    await setHooks({ on: "before-tool", command: "sh ~/.claude/hooks/guard.sh" });
    upstream.script([write], [text("I see.")]);
    const chat = send({ cwd });
    await chat.ended;
    expect(callOf(chat)).toMatchObject({ state: "failed", hooks: [{ words: "hooks" }] });
  });

  test("is stopped with its call, which never starts, and of its children that ignore SIGTERM none lives", async () => {
    await setHooks({
      on: "before-tool",
      command: "trap '' TERM; setsid sleep 300 & (trap '' TERM; sleep 300) & touch ready; wait",
    });
    upstream.script([write]);
    const chat = send();
    await untilFile(join(rein.cwd, "ready"));
    await stop(chat);
    await chat.ended;
    expect(callOf(chat)).toMatchObject({ state: "stopped", hooks: [{ outcome: "stopped" }] });
    expect(chat.session.runs[0]!.receipt).toMatchObject({
      toolCalls: [{ outcome: "never-started" }],
      hooks: [{ outcome: "stopped" }],
    });
    expect(chat.session.runs[0]!.receipt!.processes.length).toBeGreaterThan(1);
    expect(await processesLeft(rein, chat.sessionId)).toEqual([]);
    expect(existsSync(join(rein.cwd, "new.txt"))).toBe(false);
  });

  test("that fails, floods, holds its pipes or ends late costs its time and a sentence, not the call", async () => {
    await setHooks(
      { on: "before-tool", name: "fails", command: "echo '\u001b[31mbroken\u202e' >&2; exit 1" },
      { on: "before-tool", name: "floods", command: "head -c 30000000 /dev/zero | tr '\\0' x" },
      { on: "before-tool", name: "lies", command: `echo '{"hookSpecificOutput":7}'` },
      { on: "before-tool", name: "holds", command: "setsid sleep 300 & exit 0" },
      { on: "before-tool", name: "late", command: "trap '' TERM; sleep 300", timeoutSeconds: 1 },
      { on: "before-tool", name: "off", command: "touch off", isOn: false },
      { on: "before-tool", name: "other", tools: ["bash"], command: "touch other" },
    );
    const chat = await runs([write], [text("Done.")]);
    const call = callOf(chat);
    expect(call.state).toBe("done");
    const of = Object.fromEntries(call.hooks!.map((hook) => [hook.name, hook]));
    expect(of["fails"]).toMatchObject({ outcome: "failed", words: "exit code 1. broken⟨U+202E⟩" });
    expect(of["floods"]).toMatchObject({ outcome: "done" });
    expect(of["floods"]!.words!.length).toBeLessThanOrEqual(2000);
    expect(of["lies"]).toMatchObject({ outcome: "failed" });
    expect(of["holds"]).toMatchObject({ outcome: "done" });
    const late = "It did not end within 1 s, and was ended.";
    expect(of["late"]).toMatchObject({ outcome: "failed", words: late });
    expect(Object.keys(of)).toHaveLength(5);
    expect(existsSync(join(rein.cwd, "off")) || existsSync(join(rein.cwd, "other"))).toBe(false);
    expect(await processesLeft(rein, chat.sessionId)).toEqual([]);
  });
});

describe("a hook after a tool", () => {
  test("works on what the tool has done, and what it says follows the output for the model", async () => {
    await setHooks(
      { on: "after-tool", tools: ["write"], command: "tr a-z A-Z <new.txt >x; mv x new.txt" },
      { on: "after-tool", command: "cat >seen.json" },
      { on: "after-tool", tools: ["wr*"], command: "echo 'Two words are wrong.' >&2; exit 2" },
    );
    const chat = await runs([write], [text("Done.")]);
    expect(readFileSync(join(rein.cwd, "new.txt"), "utf8")).toBe("WORDS");
    const call = callOf(chat);
    expect(call.state).toBe("done");
    expect(call.doneAt).toBeDefined();
    expect(JSON.parse(readFileSync(join(rein.cwd, "seen.json"), "utf8")).tool_response).toEqual({
      output: "Created new.txt.",
      filePath: join(rein.cwd, "new.txt"),
    });
    expect(call.output).toEndWith("\n[hook “one”: Two words are wrong.]");
    expect(JSON.stringify(upstream.requests.at(-1)!.body)).toContain("Two words are wrong.");
  });

  test("is stopped by a stop, and the call stays done", async () => {
    await setHooks({ on: "after-tool", command: "touch ready; sleep 300" });
    upstream.script([write]);
    const chat = send();
    await untilFile(join(rein.cwd, "ready"));
    await stop(chat);
    await chat.ended;
    expect(callOf(chat)).toMatchObject({ state: "done", hooks: [{ outcome: "stopped" }] });
    expect(chat.session.runs[0]).toMatchObject({ outcome: "stopped" });
    expect(violationsOf(chat.session)).toEqual([]);
    expect(await processesLeft(rein, chat.sessionId)).toEqual([]);
  });

  test("is not run for a call that failed", async () => {
    await setHooks({ on: "after-tool", command: "touch ran" });
    await runs([toolCall("read", { path: "missing.txt" })], [text("It is missing.")]);
    expect(existsSync(join(rein.cwd, "ran"))).toBe(false);
  });

  test("is swept after a kill -9, and never run again: the call is done, and the hook stopped", async () => {
    await setHooks({
      on: "after-tool",
      command: "echo >>runs; setsid sleep 300 & touch ready; sleep 300",
    });
    const directory = dataDir();
    upstream.script([write]);
    const { cwd } = rein;
    const chat = send();
    await untilFile(join(cwd, "ready"));
    await chat.until(({ type }) => type === "hook-start");
    process.kill(rein.pid, "SIGKILL");
    await rein.exited;

    const second = await start({ dataDir: directory });
    const live = second.follow(chat.sessionId);
    await live.until(() => live.session.runs[0]?.receipt?.hooks?.[0]?.proof !== undefined);
    const { session } = live;
    expect(violationsOf(session)).toEqual([]);
    expect(callOf(live)).toMatchObject({ state: "done", hooks: [{ outcome: "stopped" }] });
    expect(session.runs[0]).toMatchObject({ outcome: "stopped", stop: { by: "crash" } });
    expect(session.runs[0]!.receipt).toMatchObject({
      toolCalls: [{ outcome: "done" }],
      hooks: [{ on: "after-tool", outcome: "stopped" }],
    });
    expect(readFileSync(join(cwd, "runs"), "utf8")).toBe("\n");
    expect(await processesLeft(second, chat.sessionId, cwd)).toEqual([]);
    live.hangUp();
  });
});

describe("a hook after a run", () => {
  test("begins once the run has ended, of a stop and of an end, with the receipt on its input", async () => {
    await setHooks(
      { on: "stop", name: "stop", command: "cat >stop.json" },
      { on: "end", name: "end", command: "cat >end.json" },
    );
    upstream.script([hang]);
    const chat = send();
    await stop(chat);
    await chat.ended;
    const live = await hooksEnd(chat);
    expect(live.session.runs[0]!.hooks!.map(({ name }) => name).toSorted()).toEqual([
      "end",
      "stop",
    ]);
    const seen = JSON.parse(readFileSync(join(rein.cwd, "stop.json"), "utf8"));
    expect(seen).toMatchObject({
      hook_event_name: "Stop",
      rein: { on: "stop", outcome: "stopped", receipt: { stop: { by: "user" } } },
    });
    expect(JSON.parse(readFileSync(join(rein.cwd, "end.json"), "utf8")).rein.on).toBe("end");
  });

  test("delays no stop, is listed, and ends at the next stop of its session", async () => {
    await setHooks({
      on: "stop",
      command: "trap '' TERM; echo $$ >pid; mv pid ready; while :; do sleep 1; done",
    });
    upstream.script([hang]);
    const chat = send();
    await stop(chat);
    await chat.ended;
    await untilFile(join(rein.cwd, "ready"));
    // A look is bounded in time, and may miss it on a busy machine.
    let processes: ProcessLook[] = [];
    await untilAsync(async () => {
      ({ processes } = await rein.json<{ processes: ProcessLook[] }>(
        `/api/sessions/${chat.sessionId}/processes`,
      ));
      return processes.length > 0;
    }, "the hook is listed");
    expect(processes).toMatchObject([{ hook: true, command: "hook “one”" }]);
    const answer = await rein.stop(chat.sessionId);
    expect(answer).toEqual({ stopped: false, message: "The run was over; its hooks are stopped." });
    expect(isAlive(Number(readFileSync(join(rein.cwd, "ready"), "utf8")))).toBe(false);
    const live = await hooksEnd(chat);
    expect(live.session.runs[0]!.hooks).toMatchObject([{ outcome: "stopped" }]);
  });

  test("ends when everything is stopped, when its session is deleted, and as one of the processes", async () => {
    await setHooks({ on: "end", command: "echo $$ >pid; mv pid $REIN_RUN_ID; sleep 300" });
    for (const end of [
      () => post<{ answers: StopAnswer[] }>("/api/stop", {}),
      (id: string) => rein.fetch(`/api/sessions/${id}`, { method: "DELETE" }),
      async (id: string) => {
        const path = `/api/sessions/${id}/processes`;
        let listed: ProcessLook[] = [];
        await untilAsync(async () => {
          ({ processes: listed } = await rein.json<{ processes: ProcessLook[] }>(path));
          return listed.length === 1;
        }, "the hook in the list");
        await post(`${path}/${listed[0]!.id}/stop`, {});
      },
    ]) {
      const chat = await runs([text("Done.")]);
      await untilFile(join(rein.cwd, chat.runId));
      await end(chat.sessionId);
      const pid = Number(readFileSync(join(rein.cwd, chat.runId), "utf8"));
      expect(isAlive(pid)).toBe(false);
    }
  });

  test("that a kill -9 has cut is stopped", async () => {
    await setHooks({ on: "end", command: "touch ready; sleep 300" });
    const directory = dataDir();
    const { cwd } = rein;
    const chat = await runs([text("Done.")]);
    await untilFile(join(cwd, "ready"));
    const live = rein.follow(chat.sessionId);
    await live.until(() => live.session.runs[0]?.hooks !== undefined);
    // A request for the session list flushes pending writes.
    await rein.json("/api/sessions");
    process.kill(rein.pid, "SIGKILL");
    await rein.exited;
    const second = await start({ dataDir: directory });
    const session = await second.session(chat.sessionId);
    expect(session.runs[0]).toMatchObject({ outcome: "done", hooks: [{ outcome: "stopped" }] });
    await second.json("/api/commands");
    expect(await processesLeft(second, chat.sessionId, cwd)).toEqual([]);
  });
});

describe("the settings of hooks", () => {
  test("are read and replaced whole; nothing that a project brings runs", async () => {
    const hook = { id: "a", name: "A", on: "after-tool", command: "touch person" } as const;
    const put = (body: unknown) =>
      rein.fetch("/api/hooks", { method: "PUT", body: JSON.stringify(body) });
    expect(await (await put([hook])).json()).toEqual([{ ...hook, timeoutSeconds: 60, isOn: true }]);
    for (const wrong of [
      [{ ...hook, timeoutSeconds: 601 }],
      [{ ...hook, command: " " }],
      [hook, hook],
      [{ ...hook, tools: ["Write|Edit"] }],
      [{ ...hook, on: "end", tools: ["bash"] }],
      { hooks: [hook] },
    ])
      expect((await put(wrong)).status).toBe(400);
    expect(await rein.json<Hook[]>("/api/hooks")).toHaveLength(1);

    const own = { hooks: [{ type: "command", command: "touch project" }] };
    const settings = { hooks: { PreToolUse: [own], PostToolUse: [own], Stop: [own] } };
    await Bun.write(join(rein.cwd, ".claude/settings.json"), JSON.stringify(settings));
    await Bun.write(join(rein.cwd, ".rein/settings.json"), JSON.stringify(settings));
    await runs([write], [text("Done.")]);
    expect(existsSync(join(rein.cwd, "person"))).toBe(true);
    expect(existsSync(join(rein.cwd, "project"))).toBe(false);
    await setHooks();
  });

  test("an answer refuses, asks or tells; another input, and “continue: false”, refuse", () => {
    const read = (answer: object) =>
      readAnswer({ exitCode: 0, signalName: null, stdout: JSON.stringify(answer), stderr: "" });
    const specific = (own: object) => read({ hookSpecificOutput: own }).answer;
    expect(specific({ permissionDecision: "allow" })).toEqual({});
    expect(specific({ permissionDecision: "deny", permissionDecisionReason: "No." })).toEqual({
      refuses: "No.",
    });
    expect(read({ decision: "block", reason: "No." }).answer).toEqual({ refuses: "No." });
    expect(read({ decision: "approve" }).answer).toEqual({});
    expect(read({ continue: false, stopReason: "Enough." }).answer).toEqual({ refuses: "Enough." });
    const changed = { permissionDecision: "allow", updatedInput: { command: "true" } };
    expect(specific(changed).refuses).toContain("another input");
    expect(specific({ additionalContext: "x".repeat(20_000) }).context).toHaveLength(10_000);
    const refusal = { permissionDecision: "deny", additionalContext: null, updatedInput: null };
    const nulls = { continue: null, reason: null, hookSpecificOutput: refusal, systemMessage: 7 };
    expect(read(nulls).answer).toEqual({ refuses: "" });
    expect(read({ systemMessage: "For people." })).toMatchObject({ words: "For people." });
  });
});

type Given = Partial<Hook> & Pick<Hook, "on" | "command">;

/** Those of the server from now on, until the test is over. */
async function setHooks(...hooks: Given[]): Promise<void> {
  const save = (all: object[]) =>
    rein.json("/api/hooks", { method: "PUT", body: JSON.stringify(all) });
  await save(hooks.map((hook, index) => ({ id: `hook-${index}`, name: "one", ...hook })));
  if (hooks.length > 0)
    defer(async () => {
      // A server that was killed has its settings still, and is not used again.
      await save([]).catch(() => undefined);
    });
}

async function runs(...answers: Parameters<typeof upstream.script>): Promise<Chat> {
  upstream.script(...answers);
  const chat = send();
  await chat.ended;
  return chat;
}

function callOf(chat: Chat): ToolCallPart {
  return chat.session.messages.flatMap(toolCallsOf).at(-1)!;
}

function answering(hookSpecificOutput: object): string {
  return `echo '${JSON.stringify({ hookSpecificOutput })}'`;
}

async function reply(chat: Chat, decision: "once" | "deny"): Promise<void> {
  const { id, digest } = callOf(chat).approval!;
  const body = decision === "deny" ? { decision } : { decision, digest };
  await post(`/api/approvals/${id}`, body);
}

/** A viewer that has seen the end of all hooks after the chat's run. */
async function hooksEnd(chat: Chat): Promise<Chat> {
  const live = rein.follow(chat.sessionId);
  const hooks = (): HookRecord[] => live.session.runs[0]?.hooks ?? [];
  await live.until(() => hooks().length > 0 && hooks().every((one) => one.endedAt !== undefined));
  live.hangUp();
  return live;
}
