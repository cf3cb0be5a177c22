/** What Claude Code is told besides messages: to interrupt, to stop a subagent, and with what it is to go on. */
import type { ModelOptions } from "../../../shared/protocol";
import { neverAborts } from "../../abort";
import { log } from "../../log";
import type { GivenServer } from "../engine";
import { interrupted } from "./claude-messages";
import { lackingServers, setServers } from "./claude-mcp";
import type { ClaudeWire } from "./claude-wire";

/** Each rejects with EngineError where Claude Code refuses, unless it says otherwise. */
export class ClaudeControls {
  readonly #wire: Pick<ClaudeWire, "control">;
  #effort: ModelOptions["effort"];

  constructor(wire: Pick<ClaudeWire, "control">) {
    this.#wire = wire;
  }

  /** `withQueued`: what waits behind the turn is dropped, too. Resolves at once, and never rejects. */
  interrupt(withQueued: boolean): void {
    this.#control({ subtype: "interrupt", cancel_queued: withQueued })
      .then(async (answer) => {
        if (!withQueued) return;
        // An older one leaves waiting messages alone.
        const queued = interrupted.safeParse(answer).data?.still_queued ?? [];
        for (const id of queued)
          await this.#control({ subtype: "cancel_async_message", message_uuid: id });
      })
      .catch((err: unknown) => log.debug({ err }, "Claude Code could not be interrupted"));
  }

  /** Whether it has stopped the subagent. Never rejects. */
  async stopTask(id: string): Promise<boolean> {
    try {
      await this.#control({ subtype: "stop_task", task_id: id });
      return true;
    } catch (err) {
      log.debug({ err }, "Claude Code refused");
      return false;
    }
  }

  async setModel(model: string): Promise<void> {
    await this.#control({ subtype: "set_model", model: model === "" ? null : model });
  }

  /** Once, before its first turn. Resolves with a sentence about each that did not start. */
  async setMcpServers(all: readonly GivenServer[]): Promise<string[]> {
    return lackingServers(all, await this.#control(setServers(all)));
  }

  /** Absent: as the model has it by itself. */
  async setEffort(effort: ModelOptions["effort"]): Promise<void> {
    if (effort === this.#effort) return;
    await this.#control({
      subtype: "set_max_thinking_tokens",
      max_thinking_tokens: effort === "off" ? 0 : null,
    });
    // Some models think in any case: then as little as they can.
    const effortLevel = effort === "off" ? "low" : (effort ?? null);
    await this.#control({ subtype: "apply_flag_settings", settings: { effortLevel } });
    this.#effort = effort;
  }

  #control(request: { subtype: string; [field: string]: unknown }): Promise<unknown> {
    return this.#wire.control(request, neverAborts);
  }
}
