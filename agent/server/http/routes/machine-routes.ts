/** GET /api/machine: what this machine allows, what is missing, and what to do about it. `rein doctor` and the page show it. */
import { Hono } from "hono";
import type { MachineAnswer } from "../../../shared/protocol";
import { machineQuery } from "../../../shared/requests";
import { commandsAnswer } from "../commands-answer";
import { listEngines } from "../engine-info";
import { clusterFindings } from "../machine/cluster-findings";
import { commandFindings } from "../machine/command-findings";
import {
  engineFindings,
  mcpFinding,
  providerFindings,
  searchFinding,
} from "../machine/model-findings";
import { peopleFindings } from "../machine/people-finding";
import { reinFinding, savingFindings } from "../machine/server-findings";
import type { Services } from "../services";
import { checkDirectory } from "../session-options";

export function createMachineRoutes(services: Services): Hono {
  const { catalog, mcpConfiguration, store, cwd: base } = services;
  const app = new Hono();

  app.get("/api/machine", async (c) => {
    const { cwd = base } = machineQuery.parse(c.req.query());
    const directory = await checkDirectory(cwd, base);
    const [commands, { fallenSaid }, engines, models, mcp, cluster] = await Promise.all([
      commandsAnswer(services),
      services.jobs.capabilities(),
      listEngines(services),
      catalog.list(base),
      mcpConfiguration.entries(directory, c.req.raw.signal),
      services.cluster?.look(c.req.raw.signal),
    ]);
    const answer: MachineAnswer = {
      findings: [
        reinFinding(),
        ...savingFindings(store),
        ...peopleFindings(services),
        ...clusterFindings(cluster ?? { nodes: [] }),
        ...commandFindings(commands, fallenSaid),
        ...providerFindings(models),
        ...engineFindings(engines),
        mcpFinding(mcp),
        searchFinding(models),
      ],
    };
    return c.json(answer);
  });

  return app;
}
