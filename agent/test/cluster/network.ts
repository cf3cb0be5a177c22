/** Machines as network namespaces on one switch, whose cables a test can pull. Nothing of the host's own network changes. */
import { existsSync } from "node:fs";
import type { Need } from "../system-packages";

export const networkNeed: Need = {
  name: "iproute2 and nsenter",
  packages: ["iproute2", "util-linux"],
  isThere: () => Bun.which("ip") !== null && Bun.which("nsenter") !== null,
};

export interface Network extends Disposable {
  /** Put before a program, it runs on this machine. It replaces itself with the program. */
  on(machine: string): string[];
  addressOf(machine: string): string;
  /** The link goes down: what is sent to the machine, and by it, is lost without a word. */
  pull(machine: string): void;
  plug(machine: string): void;
  /** What one sends to the other is lost, both ways. All others reach both. */
  separate(one: string, other: string): void;
  join(one: string, other: string): void;
}

/** `name` starts the names of its namespaces. Throws where this process may not make them. */
export function makeNetwork(name: string, machines: string[]): Network {
  const network = openNetwork(name, machines);
  try {
    ip("netns", "add", `${name}-switch`);
    ip(
      "-n",
      `${name}-switch`,
      "link",
      "add",
      "name",
      "bridge",
      "type",
      "bridge",
      "forward_delay",
      "0",
    );
    ip("-n", `${name}-switch`, "link", "set", "bridge", "up");
    for (const machine of machines) {
      const space = `${name}-${machine}`;
      ip("netns", "add", space);
      const peer = ["type", "veth", "peer", "name", "eth0", "netns", space];
      ip("-n", `${name}-switch`, "link", "add", "name", machine, ...peer);
      ip("-n", `${name}-switch`, "link", "set", "dev", machine, "master", "bridge", "up");
      ip("-n", space, "address", "add", `${network.addressOf(machine)}/24`, "dev", "eth0");
      ip("-n", space, "link", "set", "eth0", "up");
      ip("-n", space, "link", "set", "lo", "up");
    }
    return network;
  } catch (error) {
    network[Symbol.dispose]();
    throw error;
  }
}

/** One that another process has made. */
export function openNetwork(name: string, machines: string[]): Network {
  const addressOf = (machine: string) => {
    const index = machines.indexOf(machine);
    if (index === -1) throw new Error(`There is no machine "${machine}".`);
    return `10.77.20.${index + 10}`;
  };
  const each = (one: string, other: string, act: (space: string, to: string) => string[]) => {
    ip(...act(`${name}-${one}`, addressOf(other)));
    ip(...act(`${name}-${other}`, addressOf(one)));
  };
  const link = (machine: string, state: "up" | "down") =>
    ip("-n", `${name}-switch`, "link", "set", "dev", machine, state);
  return {
    on: (machine) => ["nsenter", `--net=/run/netns/${name}-${machine}`],
    addressOf,
    pull: (machine) => link(machine, "down"),
    plug: (machine) => link(machine, "up"),
    separate: (one, other) =>
      each(one, other, (space, to) => {
        const nobody = ["lladdr", "02:00:00:00:00:01", "nud", "permanent"];
        return ["-n", space, "neigh", "replace", to, ...nobody, "dev", "eth0"];
      }),
    join: (one, other) =>
      each(one, other, (space, to) => ["-n", space, "neigh", "del", to, "dev", "eth0"]),
    [Symbol.dispose]() {
      for (const machine of [...machines, "switch"])
        if (existsSync(`/run/netns/${name}-${machine}`)) ip("netns", "del", `${name}-${machine}`);
    },
  };
}

function ip(...args: string[]): void {
  const result = Bun.spawnSync(["ip", ...args], { stdin: "ignore" });
  if (!result.success) throw new Error(`ip ${args.join(" ")}: ${result.stderr.toString().trim()}`);
}
