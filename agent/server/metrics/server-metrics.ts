/** What an operator can watch: how runs end, how long stops take, tokens, failures, and what is alive now. */
import { tokensByKind } from "../../shared/cost";
import type { EventBody, Pause, Session, Usage } from "../../shared/protocol";
import { findMessage, findRun, findToolCall } from "../../shared/session-lookup";
import { MetricsRegistry } from "./metrics-registry";

/** What is alive now, counted when the metrics are read. */
export interface LiveCounts {
  activeRuns: number;
  sessions: number;
  viewers: number;
  jobs: number;
  engines: number;
  schedules: number;
}

const stopBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** A message may fail by these without its provider having failed. */
const ownErrors = new Set(["internal", "repetition"]);

export class ServerMetrics {
  readonly #registry = new MetricsRegistry();
  readonly #runsEnded = this.#registry.counter(
    "rein_runs_ended_total",
    "Runs that ended, by outcome and, if stopped, by who stopped them.",
  );
  readonly #stopSeconds = this.#registry.histogram(
    "rein_stop_duration_seconds",
    "From a stop until its run had settled.",
    stopBounds,
  );
  readonly #proofs = this.#registry.counter(
    "rein_run_processes_total",
    "Runs that started processes, by what was known of these at the end: proven dead, seen dead, unseen, or alive.",
  );
  readonly #tokens = this.#registry.counter(
    "rein_tokens_total",
    "Tokens by kind and provider, each in one kind only; estimated where an answer was cut.",
  );
  readonly #costUsd = this.#registry.counter(
    "rein_cost_usd_total",
    "US dollars by provider, of tokens with a known price.",
  );
  readonly #unpricedTokens = this.#registry.counter(
    "rein_unpriced_tokens_total",
    "Tokens of models without a known price, by provider.",
  );
  readonly #limitsReached = this.#registry.counter(
    "rein_limits_reached_total",
    "Limits that held a run (ask) or stopped it (stop).",
  );
  readonly #providerErrors = this.#registry.counter(
    "rein_provider_errors_total",
    "Model requests that failed, by provider and code, those that were retried included.",
  );
  readonly #requestsFailed = this.#registry.counter(
    "rein_http_requests_failed_total",
    "Requests that were refused or failed, by status.",
  );

  constructor(version: string, counts: () => LiveCounts) {
    const registry = this.#registry;
    registry.gauge("rein_active_runs", "Runs that have not settled.", () => counts().activeRuns);
    registry.gauge("rein_live_sessions", "Sessions in memory.", () => counts().sessions);
    registry.gauge("rein_viewers", "Open event streams.", () => counts().viewers);
    registry.gauge("rein_jobs", "Commands that run, in the background too.", () => counts().jobs);
    registry.gauge("rein_engines", "Engines that are open.", () => counts().engines);
    registry.gauge("rein_schedules", "Schedules with a time that comes.", () => counts().schedules);
    registry.gauge("process_resident_memory_bytes", "Resident memory of the server.", () =>
      process.memoryUsage.rss(),
    );
    registry.gauge("process_uptime_seconds", "Since the server was started.", () =>
      process.uptime(),
    );
    registry.gauge("rein_build_info", "The version that runs.", () => 1, { version });
  }

  /** An event, and its session as it was before it. */
  event(session: Session, event: EventBody): void {
    switch (event.type) {
      case "run-end": {
        const { outcome, receipt } = event;
        const stop = findRun(session, event.runId)?.stop;
        const known = receipt && receipt.survivors.length > 0 ? "alive" : receipt?.proof;
        if (known !== undefined) this.#proofs({ known });
        this.#runsEnded({ outcome, stopped_by: stop?.by ?? "" });
        // How long a crash took to settle is unknown.
        if (stop && receipt && stop.by !== "crash") this.#stopSeconds(receipt.settledMs / 1000);
        return;
      }
      case "message-end": {
        const provider = findMessage(session, event)?.provider ?? session.provider;
        if (event.usage) this.#countUsage(provider, event.usage);
        if (event.error && !ownErrors.has(event.error.code))
          this.#providerErrors({ provider, code: event.error.code });
        return;
      }
      case "session-title":
        return this.#countUsage(event.provider, event.usage);
      case "retry-start":
        return this.#providerErrors({
          provider: providerOf(session, event.agentId),
          code: event.retry.error.code,
        });
      case "run-pause":
        if (event.pause?.reached && !findRun(session, event.runId)?.pause)
          this.#limitsReached({ action: "ask", cause: causeOf(event.pause.reached) });
        return;
      case "run-stopping":
        if (event.stop.by === "budget" || event.stop.by === "timeout")
          this.#limitsReached({ action: "stop", cause: event.stop.by });
    }
  }

  #countUsage(provider: string, usage: Usage): void {
    const kinds = tokensByKind(usage);
    this.#tokens({ kind: "input", provider }, kinds.input);
    this.#tokens({ kind: "cache_read", provider }, kinds.cacheRead);
    this.#tokens({ kind: "cache_write", provider }, kinds.cacheWrite);
    this.#tokens({ kind: "output", provider }, kinds.output);
    this.#costUsd({ provider }, usage.costUsd ?? 0);
    this.#unpricedTokens({ provider }, usage.unpricedTokens ?? 0);
  }

  /** One of an engine, which then may send it again. */
  modelRequestFailed(provider: string, code: string): void {
    this.#providerErrors({ provider, code });
  }

  requestFailed(status: number): void {
    this.#requestsFailed({ status });
  }

  /** In Prometheus' text format. */
  text(): string {
    return this.#registry.text();
  }
}

function providerOf(session: Session, agentId: string | undefined): string {
  const subagent = agentId === undefined ? undefined : findToolCall(session, agentId)?.subagent;
  return subagent?.provider ?? session.provider;
}

/** In the words of a stop: it does not say which limit of its kind was reached. */
function causeOf({ kind }: NonNullable<Pause["reached"]>): "budget" | "timeout" {
  return kind === "minutes" ? "timeout" : "budget";
}
