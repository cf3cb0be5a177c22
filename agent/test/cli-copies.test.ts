/** `rein search`, `export`, `import`, and what `rein sessions` does with one session. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiScene } from "./api-scene";
import { commandEnvironment, commandProgram, startCommand } from "./command-line";
import type { Chat } from "./rein";
import { hang, text } from "./upstream/upstream";
import { until, within } from "./within";

const scene = apiScene();
const { upstream, rein, send, stop } = scene;

async function run(args: string[], input?: string) {
  const command = startCommand(rein, args, input);
  const [stdout, stderr, code] = await Promise.all([
    command.stdout,
    command.stderr,
    command.exited,
  ]);
  return { stdout, stderr, code };
}

async function say(message: string): Promise<Chat> {
  upstream.script([text("Yes, the harbour.")]);
  const chat = send(message);
  await chat.ended;
  return chat;
}

test("search lists titles and messages, newest first, and nothing in them acts on a terminal", async () => {
  const chat = await say("Where is \u001b[31m Anna?");
  const found = await run(["search", "harb"]);
  expect(found).toMatchObject({ stderr: "", code: 0 });
  expect(found.stdout).toContain(chat.sessionId);
  expect(found.stdout).toMatch(/model .*Yes, the harbour\./);
  expect((await run(["search", "anna"])).stdout).toMatch(/ title .* you /s);
  expect((await run(["search", "anna"])).stdout).not.toContain("\u001b");
  expect(JSON.parse((await run(["search", "--json", "harbour"])).stdout)).toMatchObject({
    messages: [{ sessionId: chat.sessionId, text: "Yes, the harbour." }],
  });
  expect((await run(["search", "nowhere"])).stdout).toBe("Nothing was found.\n");
  expect(await run(["search"])).toMatchObject({ stdout: "", code: 2 });
});

test("a table is printed whole on a terminal that has not been told its width", async () => {
  const title = `Where is ${"the harbour ".repeat(20)}`;
  const { sessionId } = await say(title);
  let shown = "";
  await using terminal = new Bun.Terminal({
    cols: 400,
    data: (_, bytes) => void (shown += Buffer.from(bytes).toString()),
  });
  const script = `stty cols 0; exec "$0" "$@"`;
  const child = Bun.spawn(
    ["sh", "-c", script, process.execPath, commandProgram, "search", "harbour"],
    { cwd: rein.cwd, env: { ...process.env, ...commandEnvironment(rein) }, terminal },
  );
  try {
    expect(await within(() => `the end of the table: ${shown}`, child.exited)).toBe(0);
  } finally {
    child.kill("SIGKILL");
  }
  // What it has written may be read only after its end.
  await until(() => shown.includes(`${sessionId}  now`), "the whole row on the terminal");
});

test("export prints a session that import takes again, from a file and from standard input", async () => {
  const chat = await say("Where is Anna?");
  const markdown = await run(["export", chat.sessionId.slice(0, 12)]);
  expect(markdown.stdout).toContain("## You");
  const json = await run(["export", "--json", chat.sessionId]);
  const file = join(rein.cwd, "export.json");
  writeFileSync(file, json.stdout);
  for (const [args, input] of [
    [["import", file], undefined],
    [["import", "/dev/stdin"], json.stdout],
    [["import", "-"], markdown.stdout],
  ] as const) {
    const { stdout, code } = await run([...args], input);
    expect(code).toBe(0);
    const session = await rein.session(stdout.split(" ")[0]!);
    expect(session.messages).toHaveLength(2);
    expect(session.importedAt).toBeGreaterThan(0);
  }
  const wrong = await run(["import"], '{"conversations":[]}');
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("no export of Rein")]);
  expect((await run(["import", join(rein.cwd, "nothing")])).code).toBe(1);
  expect((await run(["import", rein.cwd])).code).toBe(1);
});

test("sessions pins, archives, copies, deletes and brings back; one at work is stopped first", async () => {
  const { sessionId } = await say("Where is Anna?");
  const sessions = async (...args: string[]) => (await run(["sessions", ...args])).stdout;
  expect(await sessions("pin", sessionId)).toBe("Pinned Where is Anna?\n");
  expect((await rein.session(sessionId)).pinnedAt).toBeGreaterThan(0);
  await sessions("archive", sessionId);
  expect(await sessions()).not.toContain(sessionId);
  expect(await sessions("--archived")).toContain(sessionId);
  await sessions("unarchive", sessionId);
  const [copy] = (await sessions("fork", sessionId)).split(" ");
  expect((await rein.session(copy!)).forkedFrom?.sessionId).toBe(sessionId);
  expect(await sessions("delete", sessionId)).toContain(`rein sessions restore ${sessionId}`);
  expect(await sessions()).not.toContain(sessionId);
  expect(await sessions("--deleted")).toContain(sessionId);
  expect(await sessions("restore", sessionId)).toContain("Back in the list");
  expect(await sessions()).toContain(sessionId);
  upstream.script([hang]);
  const running = send("wait", { sessionId });
  await running.until(({ type }) => type === "message-start");
  const refused = await run(["sessions", "delete", sessionId]);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining(`rein stop ${sessionId}`),
  ]);
  await stop(running);
  await running.ended;
  expect((await run(["sessions", "drop", sessionId])).code).toBe(2);
});
