/** How the commands of models are confined and limited now, as `GET /api/commands` answers. */
import { defined } from "../../shared/defined";
import type { CommandsAnswer } from "../../shared/protocol";
import type { Services } from "./services";

export async function commandsAnswer({
  jobs,
  settings,
}: Pick<Services, "jobs" | "settings">): Promise<CommandsAnswer> {
  const { proof, sandboxWorks, noSandbox, noSandboxSaid } = await jobs.capabilities();
  return {
    ...settings.commands(),
    ...defined({ proof, sandboxWorks, noSandbox, noSandboxSaid }),
    sandboxed: (await jobs.confinement()) !== undefined,
    limits: await jobs.limits(),
    withheld: jobs.withheld(),
  };
}
