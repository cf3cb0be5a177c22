/** A gate in front of the scripted upstream, or of another, with the real catalog and its settings. */
import { join } from "node:path";
import { Catalog } from "../server/catalog/catalog";
import { providerEntries } from "../server/catalog/provider-entries";
import { SettingsFile } from "../server/config/settings-file";
import { createGate } from "../server/gate/gate";
import type { ClosedRequest, Gate, GateTurn, OpenGate } from "../server/gate/gate-types";
import type { Usage } from "../shared/protocol";
import { temporaryDirectory } from "./temporary-directory";
import type { RawUpstream } from "./upstream/raw-upstream";
import { baseUrlsAt } from "./upstream/wire";
import { within } from "./within";

/** The real key: it must never be seen behind the gate. */
export const realKey = "sk-real-0123456789abcdefghijklmnop";

/** A price that tells the kinds of tokens apart. */
export const gatePrice = { input: 1, cacheRead: 0.1, cacheWrite: 2, output: 10 };

export interface GateScene extends AsyncDisposable {
  gate: Gate;
  settings: SettingsFile;
  /** As the metrics are told of them. */
  failures: string[];
  /** An address, open for a turn unless `turn` is undefined. */
  open(provider: string, turn?: GateTurn): OpenGate;
}

/** `url`: of the upstream of all providers. */
export function startGateScene(url: string): GateScene {
  const directory = temporaryDirectory();
  const settings = new SettingsFile(join(directory.path, "settings.json"));
  const urls = baseUrlsAt(url);
  settings.update({
    providers: {
      anthropic: { apiKey: realKey, baseUrl: urls.anthropic },
      openai: { apiKey: realKey, baseUrl: urls.openai },
      gemini: { apiKey: realKey, baseUrl: urls.gemini },
      openrouter: { apiKey: realKey, baseUrl: urls["openai-chat"] },
      "openai-chat": { apiKey: realKey, baseUrl: urls["openai-chat"] },
    },
    models: Object.fromEntries(
      Object.entries(gateModels).map(([id, model]) => [id, { [model]: { price: gatePrice } }]),
    ),
  });
  const failures: string[] = [];
  const gate = createGate(new Catalog(providerEntries, settings, {}), (provider, code) =>
    failures.push(`${provider}: ${code}`),
  );
  return {
    gate,
    settings,
    failures,
    open(provider, ...[turn = freeTurn()]) {
      const opened = gate.open(provider);
      opened.setTurn(turn);
      return opened;
    },
    async [Symbol.asyncDispose]() {
      await gate.close();
      directory[Symbol.dispose]();
    },
  };
}

/** One model of each provider, with `gatePrice`. */
export const gateModels = {
  anthropic: "claude-opus-5-5",
  openai: "gpt-5.4",
  gemini: "gemini-2.5-flash",
  "openai-chat": "local-model",
  openrouter: "some/model",
};

export interface RecordedTurn extends GateTurn {
  usages: Usage[];
  closed: ClosedRequest[];
  bytes: number;
  /** Resolves when `count` requests have been closed. */
  untilClosed(count: number): Promise<ClosedRequest[]>;
}

/** Lets everything pass, and keeps what it is told. */
export function freeTurn(more: Partial<GateTurn> = {}): RecordedTurn {
  const waiting: (() => void)[] = [];
  const turn: RecordedTurn = {
    usages: [],
    closed: [],
    bytes: 0,
    beforeRequest: async () => {},
    onUsage: (usage) => void turn.usages.push(usage),
    openRequest: () => ({
      onBytes: () => void turn.bytes++,
      onWait() {},
      [Symbol.dispose]() {},
    }),
    onClosed(request) {
      turn.closed.push(request);
      for (const notify of waiting) notify();
    },
    async untilClosed(count) {
      while (turn.closed.length < count) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.push(resolve);
        await within(`${count} closed requests of the gate, not ${turn.closed.length}`, promise);
      }
      return turn.closed;
    },
    ...more,
  };
  return turn;
}

/** What has come through a gate: not the lists of models that the catalog asks for by itself. */
export function passedRequests({ requests }: RawUpstream): RawUpstream["requests"] {
  return requests.filter(({ head }) => !/x-stainless/i.test(head));
}
