/** An agent that speaks ACP as an engine: found, started as a job, and its conversation opened or resumed. */
import { defined } from "../../../shared/defined";
import type { Engine, EngineLook } from "../engine";
import { EngineError } from "../engine";
import { clearHome, refusePolicies, refuseSetUps } from "../engine-home";
import type { Programs } from "../find-program";
import type { AcpAgent } from "./acp-agent";
import { AcpConversation } from "./acp-conversation";

export function createAcpEngine(agent: AcpAgent, programs: Programs): Engine {
  const { id, name, gives, providers, ownLogin, userFiles, install } = agent;
  const look = (signal: AbortSignal): Promise<EngineLook> => {
    const { program = agent.command?.[0] ?? "", tried } = agent;
    const isAnything = agent.command && (true as const);
    return programs.look(defined({ id, program, tried, isAnything }), signal);
  };
  return {
    id,
    name,
    gives,
    providers,
    ownLogin,
    ...defined({ userFiles, install }),
    look,
    async open(request, signal) {
      const { state, path, version, reason } = await look(signal);
      if (state !== "ready" || path === undefined)
        throw new EngineError(
          `engine-${state}`,
          `${name} cannot be started. ${reason ?? ""}`.trim(),
        );
      const { gate, home, cwd, model } = request;
      const given = { gate, home, cwd, model };
      const command = [path, ...(agent.command?.slice(1) ?? []), ...agent.args(given)];
      const environment = await agent.environment(given);
      await refuseSetUps(name, cwd, agent.refuses ?? []);
      await refusePolicies(name, agent.policies ?? []);
      if (home !== undefined) await clearHome(home, agent.setUps ?? []);
      if (request.conversationId !== undefined)
        await agent.beforeLoad?.(request.conversationId, home);
      const child = await request.start(command, environment, signal);
      const conversation = new AcpConversation(agent, child, request, version);
      try {
        await conversation.open(signal);
        return conversation;
      } catch (error) {
        await child.stop("hard");
        throw error;
      }
    },
  };
}
