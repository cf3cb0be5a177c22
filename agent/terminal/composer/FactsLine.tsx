/** @jsxImportSource @opentui/solid */
/** How the session works, below the input: model, permissions, context, cost, processes. A click changes each. */
import { useTerminalDimensions } from "@opentui/solid";
import { createMemo, For } from "solid-js";
import { plural } from "../../shared/plural";
import { isLiving } from "../../shared/session-lookup";
import { costWords } from "../../shared/usage-words";
import { visibleString } from "../../shared/visible-text";
import { type Panel, useClient } from "../../client/state/client";
import { machineOf } from "../../client/state/cluster-state";
import { tokens } from "../../client/state/format";
import { createModelChoice } from "../../client/state/model-choice";
import type { OpenSession } from "../../client/state/open-session";
import { permissionWords } from "../../client/state/permission-choices";
import { contextUse } from "../../client/state/summary-requests";
import { type Colors, colors } from "../theme";

interface Fact {
  text: string;
  color: keyof Colors;
  panel: Panel;
}

const gap = 3;

export function FactsLine(props: { open: OpenSession }) {
  const client = useClient();
  const size = useTerminalDimensions();
  const choice = createModelChoice(client);

  const modelWords = () => {
    const engine = choice.isUnnamed() ? undefined : choice.engineName();
    const model = choice.name() || choice.placeholder();
    const words = [engine, model, choice.effort()].filter((one) => one !== undefined).join(" · ");
    return visibleString(words.slice(0, 80));
  };
  const permissions = () => props.open.chosen().permissions ?? "ask";
  const living = () => (props.open.session.processes ?? []).filter(isLiving).length;

  const machine = () =>
    client.cluster.isShown() ? machineOf(client.list, props.open.id()) : undefined;

  const facts = createMemo<Fact[]>(() => {
    const context = contextUse(client);
    const { usage } = props.open.session;
    const cost = costWords(usage, tokens);
    const used = usage.inputTokens + usage.outputTokens;
    const isUsed = used > 0;
    return [
      { text: modelWords(), color: "text", panel: "models" },
      {
        text: permissionWords[permissions()].name,
        color: permissions() === "all" ? "warning" : "text",
        panel: "permissions",
      },
      machine() !== undefined && {
        text: `on ${visibleString(machine()!)}`,
        color: client.cluster.away(machine()) ? "warning" : "muted",
        panel: "machines",
      },
      context && {
        text: `${Math.min(100, Math.round((context.used / context.window) * 100))}% of context`,
        color: context.isNearlyFull ? "warning" : "muted",
        panel: "options",
      },
      living() > 0 && {
        text: plural(living(), "process", "processes"),
        color: "accent",
        panel: "processes",
      },
      isUsed && cost !== undefined && { text: cost, color: "muted", panel: "limits" },
      isUsed && { text: `${tokens(used)} tokens`, color: "muted", panel: "limits" },
    ].filter((fact): fact is Fact => typeof fact === "object");
  });

  /** As many as there is room for. */
  const shown = createMemo(() => {
    let left = size().width - 2;
    return facts().filter(({ text }, index) => {
      left -= Bun.stringWidth(text) + (index === 0 ? 0 : gap);
      return index === 0 || left >= 0;
    });
  });

  return (
    <box flexDirection="row" gap={gap} height={1} paddingX={1} flexShrink={0}>
      <For each={shown()}>
        {(fact, index) => (
          <text
            fg={colors[fact.color]}
            wrapMode="none"
            truncate
            flexShrink={index() === 0 ? 1 : 0}
            selectable={false}
            onMouseDown={() => client.setPanel(fact.panel)}
          >
            {fact.text}
          </text>
        )}
      </For>
    </box>
  );
}
