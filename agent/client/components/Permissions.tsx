/** What a session may do without asking: its permissions, what it was allowed, and the rules of its directory. */
import { createResource, For, Show } from "solid-js";
import { describeRule } from "../../shared/rules";
import { t } from "../../shared/translation";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient, useOpen } from "../state/client";
import { Button } from "./Button";
import { permissionChoicesFor, permissionWords } from "../state/permission-choices";
import styles from "./Permissions.module.css";
import { ProjectRules } from "./ProjectRules";
import { Segments } from "./Segments";
import { Sheet } from "./Sheet";
import { SheetSection, SheetSections } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function Permissions() {
  const client = useClient();
  return (
    <Sheet title={t("Permissions")} close={() => client.setPanel("none")}>
      <SheetSections data-testid="permissions">
        <OfSession />
        <Allowed />
        <ProjectRules />
      </SheetSections>
    </Sheet>
  );
}

function OfSession() {
  const open = useOpen();
  const chosen = () => open.chosen().permissions ?? "ask";
  return (
    <SheetSection title={t("This session")}>
      <Segments
        label={t("Permissions")}
        choices={permissionChoicesFor(open.chosen().engine !== undefined)}
        chosen={chosen()}
        choose={(permissions) => open.change({ permissions })}
      />
      <p class={styles.note}>
        {permissionWords[chosen()].words} <SandboxNote />
      </p>
    </SheetSection>
  );
}

/** Where commands run on this server. */
export function SandboxNote() {
  const [commands] = createResource(() => api.commands(requestTimeout()));
  const words = () => {
    const sandboxed = commands.state === "ready" ? commands().sandboxed : undefined;
    if (sandboxed === undefined) return "";
    return sandboxed
      ? t("On this server commands run in the sandbox.")
      : t("On this server commands run without a sandbox.");
  };
  return <>{words()}</>;
}

function Allowed() {
  const client = useClient();
  const allowed = () => client.current().session.allowed;

  async function takeBack(ruleId: string): Promise<void> {
    try {
      await api.takeBack(client.current().id() ?? "", ruleId, requestTimeout());
    } catch (error) {
      client.notices.toast(t("It is still allowed"), wordsFor(error));
    }
  }

  return (
    <SheetSection title={t("Allowed in this session")} data-testid="allowed">
      <Show
        when={allowed().length > 0}
        fallback={
          <p class={styles.note}>{t("Nothing. “Always” in an approval adds to this list.")}</p>
        }
      >
        <ul class={styles.rules}>
          <For each={allowed()}>
            {({ id, rule }) => (
              <li>
                <VisibleText text={describeRule(rule)} exact />
                <Button size="small" onClick={() => void takeBack(id)}>
                  {t("Take back")}
                </Button>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </SheetSection>
  );
}
