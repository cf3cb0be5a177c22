/** What can happen to the machines of a cluster: each fault breaks something for a while, and mends it. */
import type { SeededRandom } from "../seeded-random";
import { type Machines, nodeNames } from "./machines";

export interface Fault {
  /** For the journal: `node b killed, started again after 3 s`. */
  name: string;
  happen(machines: Machines): Promise<void>;
}

/** Each lasts for some seconds; never two at once. */
export function chooseFault(random: SeededRandom): Fault {
  const node = random.pick(nodeNames);
  const other = random.pick(nodeNames.filter((each) => each !== node));
  const seconds = 1 + random.below(12);
  const lasting = (what: string, begin: Act, end: Act): Fault => ({
    name: `${what} for ${seconds} s`,
    async happen(machines) {
      await begin(machines);
      await Bun.sleep(seconds * 1000);
      await end(machines);
    },
  });
  const faults: (() => Fault)[] = [
    () => lasting(`node ${node} killed`, (on) => on.node(node).kill(), start(node)),
    () => lasting(`node ${node} stopped`, (on) => on.node(node).stop(), start(node)),
    () =>
      lasting(
        `node ${node} frozen`,
        (on) => on.node(node).freeze(),
        (on) => on.node(node).resume(),
      ),
    () =>
      lasting(
        `the cable of ${node} pulled`,
        (on) => on.network.pull(node),
        (on) => on.network.plug(node),
      ),
    () =>
      lasting(
        `${node} and the database out of reach of each other`,
        (on) => on.network.separate(node, "database"),
        (on) => on.network.join(node, "database"),
      ),
    () =>
      lasting(
        `${node} and ${other} out of reach of each other`,
        (on) => on.network.separate(node, other),
        (on) => on.network.join(node, other),
      ),
    () =>
      lasting(
        "the cable of the database pulled",
        (on) => on.network.pull("database"),
        (on) => on.network.plug("database"),
      ),
    () =>
      lasting(
        "PostgreSQL killed",
        (on) => on.postgres.kill(),
        (on) => on.postgres.start(),
      ),
    () => ({ name: "PostgreSQL restarted", happen: (on) => on.postgres.restart() }),
  ];
  return random.pick(faults)();
}

type Act = (machines: Machines) => void | Promise<void>;

function start(node: string): Act {
  return async (on) => void (await on.node(node).start());
}
