/** The one question about what a project brings: each whole, what it runs and allows, and the answers; then what the person has set for it, and all that acts here. */
import { createMemo, For, Show } from "solid-js";
import type { Definition, DefinitionKind, McpEntry } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { notShownWords } from "../state/beginning";
import { useClient } from "../state/client";
import { createMcpPanel, type McpPanel } from "../state/mcp-panel";
import { askedEntries } from "../state/mcp-words";
import { createProjectPanel, type ProjectPanel } from "../state/project-panel";
import { definitionKey, kindTitles } from "../state/project-words";
import { Button } from "./Button";
import { DefinitionList } from "./DefinitionList";
import { DefinitionQuestion } from "./DefinitionQuestion";
import ownStyles from "./Definitions.module.css";
import { McpEntryView } from "./McpEntryView";
import styles from "./McpServers.module.css";
import { Problem } from "./Problem";
import { ProjectSettings } from "./ProjectSettings";
import { createSeen } from "./seen-bands";
import settingsStyles from "./Settings.module.css";
import { Sheet } from "./Sheet";
import { SheetSection, SheetSections } from "./SheetSection";
import { createStillness } from "./stillness";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

export function ProjectSheet() {
  const client = useClient();
  const cwd = () => client.current().chosen().cwd || client.models.models()?.cwd || "";
  const panel = createProjectPanel(cwd);
  const mcp = createMcpPanel(() => ({ cwd: cwd(), id: client.current().id() }));
  const servers = createMemo(() => askedEntries(mcp.shown()));
  const answered = () => mcp.of("project").filter(({ standing }) => standing !== "asked");
  const asked = panel.asked;
  const isNone = () => asked().length + servers().length === 0;
  const kinds = Object.keys(kindTitles) as DefinitionKind[];

  return (
    <Sheet title={t("This project")} close={() => client.setPanel("none")}>
      <SheetSections data-testid="project">
        <Problem words={panel.problemOf("")} />
        <Problem words={mcp.problemOf("")} />
        <SheetSection title={t("Waits for your answer")} data-testid="project-asked">
          <p class={settingsStyles.note}>
            {tr(
              "From {directory}. None of it acts before you allow it, and an answer is for what is shown: what changes is asked again.",
              {
                directory: (
                  <code>
                    <VisibleText text={panel.shown()?.root ?? cwd()} />
                  </code>
                ),
              },
            )}
          </p>
          <For each={panel.shown()?.problems}>
            {(words) => (
              <p class={styles.warning}>
                <VisibleText text={words} exact />
              </p>
            )}
          </For>
          <Show when={!isNone()} fallback={<p class={settingsStyles.note}>{t("Nothing.")}</p>}>
            <Questions panel={panel} asked={asked()} />
            <Servers entries={servers()} panel={mcp} />
          </Show>
        </SheetSection>
        <ProjectSettings cwd={cwd()} />
        <For each={kinds}>
          {(kind) => (
            <Show when={panel.of(kind).some(({ standing }) => standing !== "asked")}>
              <SheetSection title={kindTitles[kind]} data-testid={`project-${kind}`}>
                <DefinitionList
                  panel={panel}
                  definitions={panel.of(kind).filter(({ standing }) => standing !== "asked")}
                />
              </SheetSection>
            </Show>
          )}
        </For>
        <Show when={answered().length > 0}>
          <SheetSection title={t("MCP servers")} data-testid="project-mcp">
            <Servers entries={answered()} panel={mcp} />
          </SheetSection>
        </Show>
      </SheetSections>
    </Sheet>
  );
}

/** By name: what is open in one outlives a change of another. */
function Servers(props: { entries: McpEntry[]; panel: McpPanel }) {
  return (
    <For each={props.entries.map(({ name }) => name)}>
      {(name) => (
        <Show when={props.entries.find((one) => one.name === name)}>
          {(entry) => <McpEntryView entry={entry()} panel={props.panel} isTrial={false} />}
        </Show>
      )}
    </For>
  );
}

/** Drawn anew when one of them changes: nothing that was seen of the ones before counts for it. */
function Questions(props: { panel: ProjectPanel; asked: Definition[] }) {
  const shown = createMemo(() => props.asked.map(({ digest }) => digest).join());
  return (
    <Show when={props.asked.length > 0 && shown()} keyed>
      {(_digests) => <Asked panel={props.panel} asked={props.asked} />}
    </Show>
  );
}

function Asked(props: { panel: ProjectPanel; asked: Definition[] }) {
  const { notices } = useClient();
  /** The keys of those of which a part is still folded. */
  const folded = new Set<string>();
  let all!: HTMLDivElement;
  const isSeen = createSeen(() => all);
  const isOne = () => props.asked.length === 1;

  function allow(isStill: boolean): void {
    if (folded.size > 0) notices.toast(notShownWords(), t("Show all of each first."));
    else if (!isSeen()) notices.toast(notShownWords(), t("Scroll through it first."));
    else if (isStill) void props.panel.reply(props.asked, "allow");
  }

  return (
    <>
      <div ref={all} class={styles.shown}>
        <For each={props.asked}>
          {(definition) => (
            <DefinitionQuestion
              definition={definition}
              panel={props.panel}
              isAlone={isOne()}
              setFolded={(isFolded) => {
                if (isFolded) folded.add(definitionKey(definition));
                else folded.delete(definitionKey(definition));
              }}
            />
          )}
        </For>
      </div>
      <Show when={!isOne()}>
        <div class={ownStyles.all}>
          <Button onClick={() => void props.panel.reply(props.asked, "refuse")}>
            {t("Refuse all")}
          </Button>
          <AllowAll count={props.asked.length} isSeen={isSeen()} allow={allow} />
        </div>
      </Show>
    </>
  );
}

/** A press counts once the button has been in its place for a moment. */
function AllowAll(props: { count: number; isSeen: boolean; allow: (isStill: boolean) => void }) {
  let button!: HTMLButtonElement;
  const stillness = createStillness(() => button);
  return (
    <Button
      ref={button}
      look="primary"
      aria-disabled={!props.isSeen || !stillness.isStill()}
      onClick={() => props.allow(stillness.check())}
    >
      {t("Allow all {count} as shown", { count: props.count })}
    </Button>
  );
}
