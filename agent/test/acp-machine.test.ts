/** `rein acp` on a machine of its own: its server ends and is started again, or cannot save. */
import { expect, test } from "bun:test";
import { startEditor } from "./acp-editor";
import { everyWire } from "./api-scene";
import { machine, serverPid } from "./command-machine";
import { lockDatabase } from "./database-scene";
import { isAlive } from "./machine-facts";
import { startUpstream, text } from "./upstream/upstream";
import { until } from "./within";

test("a prompt and a setting start a server that has ended again; one that cannot save says so in the answer", async () => {
  const upstream = startUpstream();
  await using _closing = { [Symbol.asyncDispose]: () => upstream.close() };
  const wires = everyWire(upstream);
  await using here = await machine(wires);
  await using editor = await startEditor({ url: "", token: "", cwd: here.home }, here.environment);
  const { sessionId } = await editor.newSession();
  const model = { sessionId, configId: "model", value: "openai-chat/local-model" };
  await editor.agent.request("session/set_config_option", model);
  upstream.script([text("One.")], [text("Two.")], [text("Three.")]);
  await editor.prompt(sessionId, "Go");
  const first = serverPid(here.dataDir);
  process.kill(first, "SIGKILL");
  await until(() => !isAlive(first), "its end");
  expect(await editor.prompt(sessionId, "Go on")).toMatchObject({ stopReason: "end_turn" });
  expect(editor.text(sessionId)).toContain("Two.");
  expect(await here.run(["shutdown"])).toMatchObject({ code: 0 });
  await editor.agent.request("session/set_mode", { sessionId, modeId: "all" });
  const other = lockDatabase(here.dataDir);
  expect(await editor.prompt(sessionId, "And on")).toMatchObject({ stopReason: "end_turn" });
  await editor.until(
    () => editor.text(sessionId).includes("Another program holds its lock") || undefined,
    "the word",
  );
  other.close();
});
