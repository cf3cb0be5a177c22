/** In which order sections that are loaded at the same time are shown: from the top on, so that none moves one that is shown. */
import { type Accessor, createContext, createSignal, onCleanup, useContext } from "solid-js";

export interface SectionOrder {
  /** The heading of the section that is brought to the top. */
  wanted: Accessor<string | undefined>;
  /** Comes after those that have joined before. Returns whether it is shown, which stays so. */
  join: (isReady: Accessor<boolean>) => Accessor<boolean>;
  areAllShown: Accessor<boolean>;
}

export const SectionOrderContext = createContext<SectionOrder>();

export function createSectionOrder(wanted: Accessor<string | undefined>): SectionOrder {
  let areAllShown: Accessor<boolean> = () => true;
  return {
    wanted,
    join(isReady) {
      const areEarlierShown = areAllShown;
      let isShown = false;
      areAllShown = () => (isShown ||= areEarlierShown() && isReady());
      return areAllShown;
    },
    areAllShown: () => areAllShown(),
  };
}

/** Inside a component: one that is gone holds nothing back. Always shown where there is no order. */
export function joinSections(isReady: Accessor<boolean>): Accessor<boolean> {
  const [isGone, setGone] = createSignal(false);
  onCleanup(() => setGone(true));
  return useContext(SectionOrderContext)?.join(() => isGone() || isReady()) ?? (() => true);
}
