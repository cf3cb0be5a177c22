/** MCP servers of an editor with a real engine: each use asks, a stop ends them with it, and nothing of them is stored. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toolCallsOf } from "../../shared/message-parts";
import { isAlive, pidsWith } from "../machine-facts";
import { type Step, text, toolCall } from "../upstream/upstream";
import { until, within } from "../within";
import { token } from "./engine-lab";
import type { Check } from "./real-checks";

const script = join(import.meta.dir, "../agents/scripted-mcp-server.ts");
const resource = { server: "files", uri: "scripted://one" };

export const mcpChecks: Record<string, Check> = {
  async "MCP servers of an editor"(scene) {
    const { lab, row } = scene;
    if (!lab.info(row).gives.takesMcpServers || !row.mcp) return "– (it is given none)";
    const secret = `secret-${token()}`;
    const log = join(scene.cwd, "mcp.log");
    const read = () => (existsSync(log) ? readFileSync(log, "utf8").split("\n") : []);
    const used = () => read().filter((line) => /"(tools\/call|resources\/read)"/.test(line));
    const mcpServers = [
      {
        type: "stdio" as const,
        name: "files",
        command: process.execPath,
        args: [script, log],
        env: { SCRIPTED_SECRET: secret },
      },
    ];
    const ask = async (name: string, step: () => Step, decision: "once" | "deny") => {
      lab.upstream.forget(scene.mark);
      scene.script([step()], [text("I see.")]);
      const chat = scene.send("MCP", { permissions: "ask", mcpServers });
      await scene.begun(chat);
      const reply = decision === "once" ? { decision } : { decision, message: "No." };
      await within(`a question about ${name}`, scene.reply(chat, reply));
      const asked = chat.session.messages.flatMap(toolCallsOf).find((one) => one.name === name);
      if (asked === undefined) throw new Error(`no call is named ${name}`);
      return chat;
    };
    const uses: [string, () => Step][] = [
      ["mcp__files__echo", () => row.mcp!("files", "echo", { word: "w" })],
    ];
    if (row.id === "claude")
      uses.push(["ReadMcpResourceTool", () => toolCall("ReadMcpResourceTool", resource)]);
    for (const [name, step] of uses) {
      const before = used().length;
      await (
        await ask(name, step, "deny")
      ).ended;
      if (used().length > before) throw new Error(`${name} was used though it was denied`);
      const allowed = await ask(name, step, "once");
      await allowed.ended;
      const call = allowed.session.messages.flatMap(toolCallsOf).at(-1);
      if (call?.state !== "done" || used().length !== before + 1)
        throw new Error(`${name} is ${call?.state}: ${call?.output}`);
    }
    const before = used().length;
    await ask("mcp__files__hang", () => row.mcp!("files", "hang", { word: "w" }), "once");
    await until(() => used().length > before, "the call that hangs");
    // A sandbox has process ids of its own.
    const pids = pidsWith(log);
    if (pids.length === 0) throw new Error("the server is not found among the processes");
    const stopped = await scene.stop();
    lab.upstream.forget(scene.mark);
    if (!stopped.stopped || stopped.receipt?.proof !== "proven" || pids.some(isAlive))
      throw new Error("the server has survived");
    const data = join(lab.directory, "data");
    const { stdout } = Bun.spawnSync(["grep", "-rla", secret, data, join(lab.directory, "home")]);
    if (stdout.length > 0) throw new Error(`its secret is in ${stdout.toString()}`);
    return "each use asks, by its name; dead after the stop; nothing stored";
  },
};
