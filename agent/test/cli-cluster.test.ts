/** A cluster on the command line and in the terminal: machines are named, chosen, and said to be away. */
import { describe, expect, test } from "bun:test";
import { clusterScene } from "./cluster-scene";
import { type CommandLine, spawnCommand } from "./command-line";
import { lacksPostgres } from "./postgres";
import { openScreen, screenTest } from "./terminal-screen";
import { hang, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a", "b"] });
const node = (name: string) => cluster.node(name);

describe.skipIf(lacksPostgres !== "")(`of a cluster${lacksPostgres}`, () => {
  test("the machines are listed, a new session goes to the named one, and the list says where it is", async () => {
    cluster.upstream.script([text("I am here.")]);
    const listed = await run(["nodes"]);
    expect(listed.stdout).toMatch(/^MACHINE +STATE .*\na +here .*\nb +alive /);
    const words = ["--node", "b", "-p", "--provider", "openai-chat", "-m", "local-model"];
    expect(await run([...words, "Where are you?"])).toMatchObject({
      code: 0,
      stdout: "I am here.\n",
    });
    const sessions = await run(["sessions"]);
    expect(sessions.stdout).toMatch(/^ID +MACHINE .*\n\S+ +b +done .*Where are you\?/);
    expect((await run(["--node", "z", "-p", "x"])).stderr).toBe(
      "rein: There is no machine “z”; there are: a, b.\n",
    );
  });

  test("a stop of everything fails while a machine was not reached, which the doctor names too", async () => {
    cluster.upstream.script([hang]);
    const chat = node("a").send();
    await chat.until(({ type }) => type === "run-start");
    await node("b").kill();
    const stopped = await run(["stop", "--all"]);
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toContain("rein: Machine b was not reached: what runs there may go on.");
    await chat.ended;
    const told = await run(["doctor"]);
    expect(told.stdout).toMatch(/✗ Cluster +machine “b” does not answer: /);
    expect(await run(["nodes"])).toMatchObject({ code: 1 });
    expect((await run(["nodes", "remove", "a"])).stderr).toContain(
      "is the machine that answers this",
    );
    expect(await run(["nodes", "remove", "b"])).toMatchObject({
      code: 0,
      stdout: "Removed b; 0 sessions of it can still be read, and deleted.\n",
    });
    expect(await run(["nodes"])).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining("b "),
    });
  });

  test("a hard stop of everything ends what the other machines have, though one is silent, and says so", async () => {
    const call = toolCall("bash", { command: "sleep 300", background: true });
    cluster.upstream.script([call], [text("It runs.")]);
    await node("a").send({ permissions: "all" }).ended;
    cluster.upstream.script([text("One "), hang]);
    const chat = node("b").send();
    await chat.until(({ type }) => type === "part-delta");
    await untilAsync(
      async () => (await listed(chat.sessionId))?.runId !== undefined,
      "a lists the run of b",
    );
    node("b").freeze();
    const stopped = await run(["stop", "--all", "--hard"]);
    expect(stopped.stdout).toBe("1 background process ended\n");
    expect(stopped.stderr).toContain("rein: Machine b was not reached: what runs there may go on.");
    expect(stopped.code).toBe(1);
  });

  test("Ctrl+C of a run on a machine that is silent says that its stop was not acknowledged", async () => {
    cluster.upstream.script([text("One "), hang]);
    const { url, token, cwd } = node("a").rein;
    const words = ["Do it", "--node", "b", "--plain", "--provider", "openai-chat"];
    await using command = spawnCommand([...words, "-m", "local-model"], {
      cwd,
      environment: { REIN_SERVER: url, REIN_TOKEN: token },
    });
    await command.until(/One/);
    node("b").freeze();
    command.signal("SIGINT");
    expect(await command.stderr).toMatch(/rein: The stop was not acknowledged by “b”/);
    expect(await command.exited).toBe(1);
  });

  screenTest("the terminal chooses the machine of a new session, and names it", async () => {
    cluster.upstream.script([text("I am here.")]);
    const { url, cwd, token } = node("a").rein;
    const args = ["--provider", "openai-chat", "-m", "local-model"];
    await using screen = await openScreen({ url, cwd, token }, { args, width: 100 });
    await screen.until("on a");
    await screen.type("/machine");
    await screen.press("Enter");
    await screen.until(/Machine[^]*b +0 sessions/);
    await screen.press("Down", "Enter");
    await screen.until("on b");
    await screen.type("Where are you?");
    await screen.press("Enter");
    await screen.until("I am here.");
    const [session] = (await node("a").rein.sdk.sessions(AbortSignal.timeout(10_000))).sessions;
    expect(session).toMatchObject({ node: "b", cwd: node("b").rein.cwd });
  });
});

async function listed(sessionId: string) {
  const { sessions } = await node("a").rein.sdk.sessions(AbortSignal.timeout(10_000));
  return sessions.find(({ id }) => id === sessionId);
}

async function run(args: string[]) {
  const { url, token, cwd } = node("a").rein;
  const environment = { REIN_SERVER: url, REIN_TOKEN: token };
  await using command: CommandLine = spawnCommand(args, { cwd, environment });
  const [stdout, stderr, code] = [command.stdout, command.stderr, command.exited];
  return { stdout: await stdout, stderr: await stderr, code: await code };
}
