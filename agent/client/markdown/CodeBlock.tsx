/** A code block with its language and buttons, highlighted once it is complete; of Mermaid, the diagram that it describes. */
import { createEffect, createMemo, createSignal, Match, onCleanup, Show, Switch } from "solid-js";
import { t } from "../../shared/translation";
import { Button } from "../components/Button";
import { createCopying } from "../components/clipboard";
import { IconButton } from "../components/IconButton";
import { visibleHtml, VisibleText } from "../components/VisibleText";
import { tr } from "../components/tr";
import { host } from "../state/host";
import styles from "./CodeBlock.module.css";
import type { Drawing } from "./diagrams";
import { createDrawing } from "./drawing";
import { highlight } from "./highlight";
import highlighted from "./highlighted.module.css";
import { watchWidths } from "./scroll-reach";

export function CodeBlock(props: { code: string; language: string; whole: boolean }) {
  let figure!: HTMLElement;
  const [isSourceWanted, setSourceWanted] = createSignal(false);
  const isDiagram = () => props.language.toLowerCase() === "mermaid";
  const diagram = createMemo(() => (isDiagram() && props.whole ? props.code : undefined));
  const [isDrawWanted, setDrawWanted] = createSignal(false);
  const drawing = createDrawing(diagram, isDrawWanted, () => figure);
  const picture = () => {
    const state = drawing();
    return state !== undefined && "svg" in state ? state : undefined;
  };
  const failure = () => {
    const state = drawing();
    return state !== undefined && "failure" in state ? state.failure : undefined;
  };
  const isOffered = () => {
    const state = drawing();
    return state !== undefined && "isLarge" in state && !isDrawWanted();
  };
  const shownPicture = () => (isSourceWanted() ? undefined : picture());
  const isOneLine = () => props.whole && !isDiagram() && !/\n./.test(props.code);
  return (
    <figure
      ref={figure}
      class={`${styles.code} ${highlighted.code}`}
      classList={{ [styles.oneLine!]: isOneLine() }}
      data-diagram={
        isDiagram()
          ? picture()
            ? "drawn"
            : failure()
              ? "failed"
              : isOffered()
                ? "offered"
                : "waiting"
          : undefined
      }
    >
      <figcaption>
        <span class={styles.label}>
          <VisibleText text={props.language} />
        </span>
        <Show when={isOffered()}>
          <Button
            look="quiet"
            title={t("It is large: the page may stand still for some seconds")}
            onClick={() => setDrawWanted(true)}
          >
            {t("Draw")}
          </Button>
        </Show>
        <Show when={picture()}>
          <Button look="quiet" onClick={() => setSourceWanted(!isSourceWanted())}>
            {isSourceWanted() ? t("Diagram") : t("Source")}
          </Button>
        </Show>
        <Show when={!shownPicture()}>
          <IconButton
            icon="wrap"
            label={t("Wrap lines")}
            aria-pressed={isWrapped()}
            onClick={() => wrap(!isWrapped())}
          />
        </Show>
        <Copy code={props.code} />
      </figcaption>
      <Switch fallback={<Source {...props} />}>
        <Match when={shownPicture()}>{(shown) => <Picture drawing={shown()} />}</Match>
      </Switch>
      <Show when={failure()}>
        {(reason) => (
          <p class={styles.failure}>
            {tr("Not drawn: {reason}", { reason: <VisibleText text={reason()} /> })}
          </p>
        )}
      </Show>
    </figure>
  );
}

/** For all code blocks, and kept by this browser. */
const [isWrapped, setWrapped] = createSignal(host().sharedStorage().getItem("rein.wrap") === "on");

function wrap(wanted: boolean): void {
  setWrapped(wanted);
  host()
    .sharedStorage()
    .setItem("rein.wrap", wanted ? "on" : "off");
}

function Copy(props: { code: string }) {
  const { state, copy } = createCopying();
  return (
    <IconButton
      icon={state() === "copied" ? "check" : "copy"}
      label={copyLabels[state()]()}
      isNews={state() !== "ready"}
      onClick={() => void copy(props.code)}
    />
  );
}

const copyLabels = {
  ready: () => t("Copy code"),
  copied: () => t("Copied"),
  refused: () => t("Not allowed"),
};

function Source(props: { code: string; language: string; whole: boolean }) {
  const [html, setHtml] = createSignal<string>();
  // The properties change with each piece of the text around, mostly to what they were.
  const complete = createMemo(() => (props.whole ? props.code : undefined));
  const language = createMemo(() => props.language);
  createEffect(() => {
    setHtml(undefined);
    const code = complete();
    if (code === undefined) return;
    let wanted = true;
    onCleanup(() => (wanted = false));
    void highlight(code, language()).then((result) => {
      if (wanted) setHtml(result);
    });
  });
  return (
    <pre tabindex="0" classList={{ [styles.wrapped!]: isWrapped() }}>
      <Show
        when={html()}
        fallback={
          <code>
            <VisibleText text={props.code} />
          </code>
        }
      >
        {(coloured) => <code innerHTML={visibleHtml(coloured())} />}
      </Show>
    </pre>
  );
}

/** It is not made smaller than this: then it scrolls in itself. */
const readable = 0.7;

function Picture(props: { drawing: Drawing }) {
  const address = createMemo(() => {
    const url = URL.createObjectURL(new Blob([props.drawing.svg], { type: "image/svg+xml" }));
    onCleanup(() => URL.revokeObjectURL(url));
    return url;
  });
  const watch = (element: HTMLElement) => onCleanup(watchWidths([element], () => t("Diagram")));
  const name = () => {
    const { kind, title } = props.drawing;
    if (title === "") return kind === "" ? t("Diagram") : t("Diagram ({kind})", { kind });
    return kind === ""
      ? t("Diagram: {title}", { title })
      : t("Diagram ({kind}): {title}", { kind, title });
  };
  return (
    <div ref={watch} class={styles.picture}>
      <img
        src={address()}
        width={props.drawing.width}
        height={props.drawing.height}
        alt={name()}
        style={{ "max-width": `max(100%, ${readable * props.drawing.width}px)` }}
      />
    </div>
  );
}
