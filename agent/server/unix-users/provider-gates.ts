/** The ways to providers that a person's server is given: through gates of this one, which keeps the keys. */
import type { Catalog } from "../catalog/catalog";
import type { GivenByFront } from "../config/given-by-front";
import type { Gate, GateTurn, OpenGate } from "../gate/gate-types";

export interface ProviderGates {
  /** As the providers are set up now. A gate that was opened stays the same, so that no request is cut. */
  providers(): GivenByFront["providers"];
  /** From then on the tokens are worth nothing. */
  close(): void;
}

type Parts = { catalog: Pick<Catalog, "shared" | "gateTarget">; gate: Gate };

/**
 * One for each provider that has a key here: its token opens requests to models and nothing else, and no key leaves this
 * process. One without a key is reached by its address.
 */
export function openProviderGates({ catalog, gate }: Parts): ProviderGates {
  /** By the provider and the form of its requests. */
  const opened = new Map<string, OpenGate>();

  function gateOf(id: string, wire: string): OpenGate {
    const name = `${id} ${wire}`;
    const known = opened.get(name);
    if (known !== undefined) return known;
    const open = gate.open(id);
    open.setTurn(anyTurn);
    opened.set(name, open);
    return open;
  }

  return {
    providers() {
      const providers: GivenByFront["providers"] = {};
      for (const { id, baseUrl, isKeyed } of catalog.shared()) {
        const target = catalog.gateTarget(id);
        if ("missing" in target) continue;
        const address = baseUrl === undefined ? {} : { baseUrl: withoutPassword(baseUrl) };
        const from = withoutPassword(target.baseUrl);
        if (!isKeyed && from === target.baseUrl) {
          providers[id] = address;
          continue;
        }
        const { url, token } = gateOf(id, target.wire).address;
        providers[id] = { ...address, gate: { from, url, token } };
      }
      return providers;
    },
    close() {
      for (const open of opened.values()) open.close();
    },
  };
}

/** The person's own server counts, limits and pauses its runs. */
const anyTurn: GateTurn = {
  beforeRequest: () => Promise.resolve(),
  onUsage() {},
  openRequest: () => ({ onBytes() {}, onWait() {}, [Symbol.dispose]() {} }),
  onClosed() {},
};

function withoutPassword(address: string): string {
  const url = URL.parse(address);
  if (url === null || (url.username === "" && url.password === "")) return address;
  url.username = "";
  url.password = "";
  return url.href.replace(/\/$/, "");
}
