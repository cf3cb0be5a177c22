/** HAProxy in front of the nodes, with the configuration that the compose example has. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Need } from "../system-packages";
import { untilAsync } from "../within";

export const proxyNeed: Need = {
  name: "HAProxy",
  packages: ["haproxy"],
  isThere: () => program() !== null,
};

export interface FrontProxy extends AsyncDisposable {
  url: string;
}

/** Only the addresses differ from the example's. Resolves once it has an answer of a node. */
export async function startFrontProxy(
  folder: string,
  command: string[],
  address: string,
  nodes: { name: string; host: string; port: number }[],
): Promise<FrontProxy> {
  const example = readFileSync(
    join(import.meta.dir, "../../packaging/cluster.haproxy.cfg"),
    "utf8",
  );
  const servers = nodes.map(({ name, host, port }) => `    server ${name} ${host}:${port}\n`);
  const configuration = example
    .replace("bind :80", `bind ${address}:80`)
    .replace(/(^ +server \S+ \S+\n)+/m, servers.join(""));
  const file = join(folder, "haproxy.cfg");
  writeFileSync(file, configuration);
  const child = Bun.spawn([...command, program()!, "-db", "-q", "-f", file], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = `http://${address}`;
  await untilAsync(async () => {
    if (child.exitCode !== null) throw new Error(`HAProxy exited with ${child.exitCode}.`);
    return fetch(`${url}/api/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  }, "HAProxy passes a request to a node");
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}

/** Debian has it where only root's PATH looks. */
function program(): string | null {
  return Bun.which("haproxy") ?? Bun.which("haproxy", { PATH: "/usr/sbin:/usr/local/sbin" });
}
