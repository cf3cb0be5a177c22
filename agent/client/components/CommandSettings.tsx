/** How commands are confined: the sandbox, the network, what they may use, and the variables that they get. */
import { createMemo, createResource, createSignal, For, Show } from "solid-js";
import { defined } from "../../shared/defined";
import type { CommandsAnswer } from "../../shared/protocol";
import type { CommandsRequest } from "../../shared/requests";
import { reasonWords } from "../../shared/sentences";
import { t, tn } from "../../shared/translation";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { settingsTitles } from "../state/settings-sections";
import textStyles from "../styles/text-styles.module.css";
import { JobLimitSettings } from "./JobLimitSettings";
import { ListForm } from "./ListForm";
import { Segments } from "./Segments";
import styles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";

const sandboxes = () =>
  [
    { id: "auto", name: t("Auto") },
    { id: "on", name: t("Always") },
    { id: "off", name: t("Off") },
  ] as const;

const networks = () =>
  [
    { id: "on", name: t("On") },
    { id: "off", name: t("Off") },
    { id: "list", name: t("Domains") },
  ] as const;

export function CommandSettings() {
  const { notices } = useClient();
  const [problem, setProblem] = createSignal("");
  const [commands, { mutate }] = createResource(() => api.commands(requestTimeout()));

  /** "Domains" is chosen; the list is saved by its own button, since an empty one would cut the network off. */
  const [isListing, setListing] = createSignal(false);
  /** The last list that was saved. */
  const domains = createMemo<string[]>((last) => {
    const network = commands.state === "ready" ? commands().network : undefined;
    return Array.isArray(network) ? network : last;
  }, []);

  /** Resolves with whether the server took it. */
  async function save(change: CommandsRequest): Promise<boolean> {
    try {
      mutate(await api.saveCommands(change, requestTimeout()));
      setProblem("");
      notices.toast(t("Saved"));
      return true;
    } catch (error) {
      setProblem(wordsFor(error));
      return false;
    }
  }

  return (
    <SheetSection
      title={settingsTitles.commands}
      isReady={!commands.loading}
      data-testid="commands"
    >
      <Show when={commands.state === "errored"}>
        <p class={styles.note}>
          {t("They could not be loaded: {reason}", { reason: wordsFor(commands.error) })}
        </p>
      </Show>
      <Show when={commands.state === "ready" && commands()}>
        {(answer) => (
          <>
            <p class={styles.note}>{stateWords(answer())}</p>
            <p class={styles.note}>{proofWords[answer().proof]()}</p>
            <div class={styles.setting}>
              <span aria-hidden="true">{t("Sandbox")}</span>
              <Segments
                label={t("Sandbox")}
                choices={sandboxes()}
                chosen={answer().sandbox}
                choose={async (sandbox) => void (await save({ sandbox }))}
              />
            </div>
            <div class={styles.setting}>
              <span aria-hidden="true">{t("Network")}</span>
              <Segments
                label={t("Network")}
                choices={networks()}
                chosen={isListing() ? "list" : networkChoice(answer())}
                choose={async (choice) => {
                  if (choice === "list") setListing(true);
                  else if (await save({ network: choice })) setListing(false);
                }}
              />
            </div>
            {/* Hidden, it keeps what was typed. */}
            <div hidden={!isListing() && networkChoice(answer()) !== "list"}>
              <ListForm
                label={t("Domains that commands reach")}
                note={t("One a line: example.com, *.example.com, or example.com:8080.")}
                list={domains()}
                isUnsaved={isListing() && networkChoice(answer()) !== "list"}
                save={(network) => save({ network })}
              />
            </div>
            <JobLimitSettings answer={answer()} save={save} />
            <ListForm
              label={t("Further variables for commands")}
              note={t(
                "One a line: a name, or PREFIX_*. Keys and tokens are passed only if you name them.",
              )}
              list={answer().environment}
              save={(environment) => save({ environment })}
            />
            <details class={styles.withheld}>
              <summary>
                {tn(
                  answer().withheld.length,
                  "{count} variables of the server are not passed",
                  "{count} variables of the server are not passed",
                )}
              </summary>
              <ul>
                <For each={answer().withheld}>{(name) => <li>{name}</li>}</For>
              </ul>
            </details>
          </>
        )}
      </Show>
      <Show when={problem()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
    </SheetSection>
  );
}

function stateWords({
  sandbox,
  sandboxed,
  sandboxWorks,
  noSandbox,
  noSandboxSaid,
}: CommandsAnswer): string {
  const reason = reasonWords(defined({ reason: noSandbox, said: noSandboxSaid }));
  const lack =
    reason === undefined ? "" : ` ${t("No sandbox works on this machine: {reason}.", { reason })}`;
  if (!sandboxed)
    return `${t("Commands run without a sandbox: they can read and change whatever your user can.")}${lack}`;
  if (!sandboxWorks) return `${t("Commands are refused.")}${lack}`;
  const when =
    sandbox === "auto"
      ? t("Auto: where a sandbox works, as here.")
      : t("Always: no command runs without it.");
  return `${t("Commands write only in the working directory, in temporary files and in caches of their own.")} ${when}`;
}

const proofWords: Record<CommandsAnswer["proof"], () => string> = {
  supervisor: () =>
    t("A supervisor for each command proves that a stop has killed all of its processes."),
  "supervisor and cgroup": () =>
    t(
      "A supervisor and a cgroup for each command prove that a stop has killed all of its processes.",
    ),
  none: () =>
    t(
      "A stop kills the processes that are found, and sees them dead. This system cannot prove that it has found them all.",
    ),
};

function networkChoice({ network }: CommandsAnswer): "on" | "off" | "list" {
  return Array.isArray(network) ? "list" : network;
}
