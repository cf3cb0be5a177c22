/** An agent that speaks ACP as an engine: found, started as a job, and its conversation opened or resumed. */
import { join } from "node:path";
import { defined } from "../../../shared/defined";
import type { Engine, EngineLook } from "../engine";
import { openOrStop } from "../engine-child";
import { clearHome, makeConfig, refusePolicies, refuseSetUps } from "../engine-home";
import { foundProgram, type Programs } from "../find-program";
import type { AcpAgent } from "./acp-agent";
import { AcpConversation, openMs } from "./acp-conversation";

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
    ...defined({ program: agent.program, userFiles, install }),
    look,
    async open(request, signal) {
      const { path, version } = foundProgram(name, await look(signal));
      const { gate, home, cwd, model, mcpServers } = request;
      const given = { gate, home, cwd, model, ...defined({ mcpServers }) };
      const command = [path, ...(agent.command?.slice(1) ?? []), ...agent.args(given)];
      const environment = await agent.environment(given);
      await refuseSetUps(name, cwd, agent.refuses ?? []);
      await refusePolicies(name, agent.policies ?? []);
      if (home !== undefined) await clearHome(home, agent.setUps ?? [], signal);
      if (request.conversationId !== undefined)
        await agent.beforeLoad?.(request.conversationId, home);
      if (home !== undefined && agent.config)
        await makeConfig(join(home, agent.config.directory), agent.config.own);
      const child = await request.start(command, environment, signal);
      const conversation = new AcpConversation(agent, child, request, version);
      await openOrStop(child, () => conversation.open(openMs, signal), signal);
      return conversation;
    },
  };
}
