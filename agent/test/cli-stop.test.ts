/** What stops the run that a `rein` command waits for: signals, a reader that is gone; and a server that is gone. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { startCommand } from "./command-line";
import { isAlive, pidsWith, untilFile } from "./machine-facts";
import { startRein } from "./rein";
import { hang, text, toolCall } from "./upstream/upstream";
import { until } from "./within";

// Longer than any test: what cleans up without end is ended by a hard stop alone.
const endless = { REIN_GRACE_MS: "3600000" };
const { upstream, rein } = apiScene({
  environment: (one) => ({ ...chatCompletionsOnly(one), ...endless }),
});

const ask = ["--provider", "openai-chat", "--model", "local-model", "--permissions", "all"];

/** A daemon in a session of its own besides the command that runs. */
const daemon = (cookie: string) =>
  `setsid sh -c 'sleep 300.${cookie}' & touch ready; exec sleep 300.${cookie}`;

/** A number by which the processes of a test are found. */
const newCookie = () => String(Math.random()).slice(2, 11);

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s stops the run by name: its processes are dead when the command exits with 130",
  async (name) => {
    const cookie = newCookie();
    upstream.script([toolCall("bash", { command: daemon(cookie) })]);
    await using command = startCommand(rein, ["-p", ...ask, "Wait for me"]);
    await untilFile(join(rein.cwd, "ready"));
    await until(() => pidsWith(`300.${cookie}`).length >= 2, "two processes");
    command.signal(name);
    expect(await command.exited).toBe(130);
    expect(pidsWith(`300.${cookie}`)).toEqual([]);
    expect(await command.stdout).toBe("");
    expect(await command.stderr).toMatch(
      /^Stopping…\nStopped in .* while a command ran · \d processes ended\n$/,
    );
    const { stops } = await rein.json<{ stops: object[] }>("/api/stops");
    expect(stops).toMatchObject([{ stop: { by: "user", from: "terminal" } }]);
  },
);

test("a second signal is the hard stop", async () => {
  const command = `trap 'touch cleaning; while :; do sleep 1; done' TERM; echo $$ > ready; while :; do sleep 1; done`;
  upstream.script([toolCall("bash", { command })]);
  await using line = startCommand(rein, [...ask, "Wait for me"]);
  await untilFile(join(rein.cwd, "ready"));
  const pid = () => Number(readFileSync(join(rein.cwd, "ready"), "utf8"));
  await until(() => pid() > 0, "its pid");
  line.signal("SIGINT");
  await untilFile(join(rein.cwd, "cleaning"));
  line.signal("SIGINT");
  expect(await line.exited).toBe(130);
  expect(isAlive(pid())).toBe(false);
});

test("a signal while the model is silent stops the run, and what was written is printed", async () => {
  upstream.script([text("So far"), hang]);
  await using command = startCommand(rein, [...ask, "Talk to me"]);
  const request = await upstream.request(0);
  await command.until(/So far/);
  command.signal("SIGINT");
  expect(await command.exited).toBe(130);
  expect(await request.ended).toBe("client");
  expect(await command.stdout).toBe("So far\n");
});

test("a signal before the first answer of the model stops the run", async () => {
  upstream.script([hang]);
  await using command = startCommand(rein, ["--json", ...ask, "Talk to me"]);
  const request = await upstream.request(0);
  command.signal("SIGTERM");
  expect(await command.exited).toBe(130);
  expect(await request.ended).toBe("client");
  expect(JSON.parse(await command.stdout)).toMatchObject({ outcome: "stopped", text: "" });
});

test.each([["-p"], ["--json"], ["--stream-json"], []])(
  "a reader of its output that is gone stops the run, though nothing is written (%p)",
  async (...flags) => {
    const cookie = newCookie();
    upstream.script([text("One"), toolCall("bash", { command: daemon(cookie) })]);
    await using command = startCommand(rein, [...flags, ...ask, "Talk to me"]);
    await untilFile(join(rein.cwd, "ready"));
    await command.closeOutput();
    expect(await command.exited).toBe(130);
    expect(pidsWith(`300.${cookie}`)).toEqual([]);
  },
);

test("a server that dies in the middle of the run is an error, and the exit code is 1", async () => {
  await using server = await startRein({ environment: chatCompletionsOnly(upstream) });
  upstream.script([text("So far"), hang]);
  await using command = startCommand(server, [...ask, "Talk to me"]);
  await command.until(/So far/);
  server.signal("SIGKILL");
  expect(await command.exited).toBe(1);
  expect(await command.stderr).toContain("connection");
});

test("a server that shuts down settles the run, and the command says that it did", async () => {
  await using server = await startRein({ environment: chatCompletionsOnly(upstream) });
  upstream.script([text("So far"), hang]);
  await using command = startCommand(server, [...ask, "Talk to me"]);
  await command.until(/So far/);
  await using end = startCommand(server, ["shutdown"]);
  expect(await command.exited).toBe(130);
  expect(await command.stderr).toContain("server stopped");
  expect(await end.exited).toBe(0);
  expect(await server.exited).toBe(0);
});
