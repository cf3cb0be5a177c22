/** What settings and help have in common: sections with a heading, in a column of a readable width, which stand still once they are shown. */
import { createEffect, type JSX, Show, splitProps, useContext } from "solid-js";
import { t } from "../../shared/translation";
import textStyles from "../styles/text-styles.module.css";
import { scrollTo } from "./scroll-to-section";
import { createSectionOrder, joinSections, SectionOrderContext } from "./section-order";
import styles from "./SheetSection.module.css";

interface SheetSectionsProps extends JSX.HTMLAttributes<HTMLDivElement> {
  /** The heading of the section that is brought to the top. */
  wanted?: string | undefined;
}

export function SheetSections(props: SheetSectionsProps) {
  const [own, rest] = splitProps(props, ["children", "wanted"]);
  const order = createSectionOrder(() => own.wanted);
  return (
    <SectionOrderContext.Provider value={order}>
      <div data-scroller {...rest}>
        <div class={styles.column}>
          {own.children}
          <Show when={!order.areAllShown()}>
            <p class={`${textStyles.note} ${styles.loading}`}>{t("Loading…")}</p>
          </Show>
        </div>
      </div>
    </SectionOrderContext.Provider>
  );
}

interface SheetSectionProps {
  title: string;
  /** False while what it shows is not known yet: it and those below it are shown then. */
  isReady?: boolean;
  /** It is brought to the top, as the one with the wanted heading is. */
  isWanted?: boolean;
  "data-testid"?: string;
  children: JSX.Element;
}

export function SheetSection(props: SheetSectionProps) {
  const order = useContext(SectionOrderContext);
  const isShown = joinSections(() => props.isReady !== false);
  const isWanted = () => props.isWanted || order?.wanted() === props.title;
  let section!: HTMLElement;
  createEffect(() => isWanted() && isShown() && scrollTo(section));
  return (
    <section
      ref={section}
      class={styles.section}
      hidden={!isShown()}
      data-testid={props["data-testid"]}
    >
      <h3>{props.title}</h3>
      {props.children}
    </section>
  );
}

/** Holds the sections below it back until it is known whether there is one in its place. */
export function SectionGate(props: { isReady: boolean }) {
  joinSections(() => props.isReady);
  return null;
}
