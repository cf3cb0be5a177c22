/** @jsxImportSource @opentui/solid */
/** An MCP server in full, before it can be allowed, and the keys that do something with it. */
import { useRenderer } from "@opentui/solid";
import { For, Show } from "solid-js";
import { useClient } from "../../client/state/client";
import { hostOf, type McpPanel } from "../../client/state/mcp-panel";
import {
  changedRows,
  type McpRow,
  mcpRows,
  mcpStateWords,
  toolWords,
} from "../../client/state/mcp-words";
import type { McpEntry } from "../../shared/protocol";
import { Words } from "../conversation/Words";
import { usePanelSize } from "./PanelFrame";
import { ReviewBox, type ReviewKey } from "./ReviewBox";

export interface McpReviewProps {
  entry: McpEntry;
  servers: McpPanel;
  showTools: () => void;
  close: () => void;
}

/** To be drawn anew when what is started changes: nothing that was seen of the one before counts for it. */
export function McpReview(props: McpReviewProps) {
  const { servers } = props;
  const name = () => props.entry.name;
  const shown = () => servers.viewOf(props.entry);
  const isSigningIn = () => servers.isSigningIn(name());
  const canAllow = () => props.entry.origin === "project" && props.entry.standing !== "on";
  const allow: ReviewKey = {
    key: "a",
    words: "allow",
    isForSeen: true,
    when: canAllow,
    run: () => void servers.reply(props.entry, "allow"),
  };

  return (
    <ReviewBox
      keys={[allow, ...createReviewKeys(props)]}
      note={servers.busy() === name() && !isSigningIn() ? "A moment…" : undefined}
      waits={isSigningIn() ? "Waits for your sign-in" : undefined}
      close={() => (isSigningIn() ? servers.endSignIn(name()) : props.close())}
    >
      <Words
        pieces={[
          { text: name(), exact: true, bold: true },
          { text: ` · ${mcpStateWords[shown()?.state ?? "not-started"]}`, color: "muted" },
        ]}
      />
      <Show when={shown()?.reason}>
        {(reason) => <Words pieces={[{ text: reason(), color: "warning" }]} />}
      </Show>
      <SignIn name={name()} servers={servers} />
      <Rows rows={mcpRows(props.entry.server)} />
      <For each={props.entry.warnings}>
        {(words) => <Words pieces={[{ text: words, exact: true, color: "warning" }]} />}
      </For>
      <Show when={props.entry.before}>
        <Words
          pieces={[
            { text: "It has changed since you allowed it. Before, it had:", color: "warning" },
          ]}
        />
        <Rows rows={changedRows(props.entry)} />
      </Show>
      <Show when={shown()?.tools.length ? shown() : undefined}>
        {(one) => (
          <Words pieces={[{ text: toolWords(one(), props.entry.offTools), color: "muted" }]} />
        )}
      </Show>
    </ReviewBox>
  );
}

/** But for the one that allows. */
function createReviewKeys(props: McpReviewProps): ReviewKey[] {
  const renderer = useRenderer();
  const { notices } = useClient();
  const { servers } = props;
  const name = () => props.entry.name;
  const isOn = () => props.entry.standing === "on";
  const isOfProject = () => props.entry.origin === "project";
  const isSignedIn = () => props.entry.signIn?.since !== undefined;
  const isFree = () => !servers.isSigningIn(name());
  const state = () => servers.viewOf(props.entry)?.state;

  function copy(): void {
    const address = servers.addressOf(name()) ?? "";
    const isCopied = address !== "" && renderer.copyToClipboardOSC52(address);
    notices.toast(isCopied ? "Copied" : "This terminal lets no program write its clipboard");
  }

  const refuseWords = () => (isOn() ? "no longer allow" : "refuse");
  const switchWords = () => (isOn() ? "switch off" : "switch on");
  return [
    {
      key: "d",
      get words() {
        return refuseWords();
      },
      when: () => isFree() && isOfProject() && props.entry.standing !== "refused",
      run: () => void servers.reply(props.entry, "refuse"),
    },
    {
      key: "s",
      words: "sign in",
      when: () => isFree() && isOn() && !isSignedIn() && state() === "sign-in",
      run: () => void servers.signIn(name()),
    },
    {
      key: "u",
      words: "sign out",
      when: () => isFree() && isOn() && isSignedIn(),
      run: () => void servers.signOut(name()),
    },
    {
      key: "c",
      words: "copy the address",
      when: () => servers.addressOf(name()) !== undefined,
      run: copy,
    },
    {
      key: "t",
      words: "tools",
      when: () => isFree() && (servers.viewOf(props.entry)?.tools.length ?? 0) > 0,
      run: props.showTools,
    },
    {
      key: "o",
      get words() {
        return switchWords();
      },
      when: () => isFree() && props.entry.origin === "settings",
      run: () => void servers.switchServer(props.entry, !isOn()),
    },
    {
      key: "r",
      words: "start anew",
      when: () => isFree() && isOn(),
      run: () => void servers.restart(name()),
    },
  ];
}

function SignIn(props: { name: string; servers: McpPanel }) {
  return (
    <Show when={props.servers.addressOf(props.name)}>
      {(address) => (
        <>
          <Words
            pieces={[
              { text: "Open this address in a browser, to sign in at ", color: "accent" },
              { text: hostOf(address()), exact: true, color: "accent" },
              { text: ":", color: "accent" },
            ]}
          />
          <Words pieces={[{ text: address(), exact: true }]} wrap="char" />
        </>
      )}
    </Show>
  );
}

/** What does not fit beside its label is indented below it: no row of it can pass for another one. */
function Rows(props: { rows: McpRow[] }) {
  const size = usePanelSize();
  const fits = ({ label, text }: McpRow) =>
    text === null || (/^[ -~]*$/.test(text) && label.length + text.length + 4 < size.width());
  return (
    <For each={props.rows}>
      {(row) => (
        <Show
          when={fits(row)}
          fallback={
            <>
              <Words pieces={[{ text: `${row.label}:`, exact: true, color: "muted" }]} />
              <box paddingLeft={2} flexShrink={0}>
                <Words pieces={[{ text: row.text ?? "", exact: true }]} wrap="char" />
              </box>
            </>
          }
        >
          <Words
            pieces={[
              { text: `${row.label}: `, exact: true, color: "muted" },
              row.text === null ? { text: "set", color: "muted" } : { text: row.text, exact: true },
            ]}
          />
        </Show>
      )}
    </For>
  );
}
