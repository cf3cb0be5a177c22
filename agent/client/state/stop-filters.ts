/** The filters of the history of stops, and the query that they make. */
import { type Accessor, createMemo, createSignal } from "solid-js";
import type { stopCauses, StopRecord } from "../../shared/protocol";
import { choice } from "./choice";
import { lazyWords, t } from "../../shared/translation";

const dayMs = 24 * 60 * 60 * 1000;

export const periods = [
  choice("7", () => t("7 days")),
  choice("30", () => t("30 days")),
  choice("", () => t("All time")),
];

/** Before a person's name, among the causes. */
const personMark = "@";

export const byPerson = (name: string) => `${personMark}${name}`;

/** The person that the choice names; undefined of a cause. */
export function personOf(by: string): string | undefined {
  return by.startsWith(personMark) ? by.slice(personMark.length) : undefined;
}

export function createStopFilters() {
  /** A cause, or a person. */
  const [by, setBy] = createSignal("");
  const [point, setPoint] = createSignal("");
  const [days, setDays] = createSignal("30");
  const [survivors, setSurvivors] = createSignal(false);
  const [unproven, setUnproven] = createSignal(false);
  const query = createMemo(() => {
    const asked = new URLSearchParams();
    const person = personOf(by());
    if (person !== undefined) asked.set("user", person);
    else if (by() !== "") asked.set("by", by());
    if (point() !== "") asked.set("point", point());
    if (days() !== "") asked.set("since", String(Date.now() - Number(days()) * dayMs));
    if (survivors()) asked.set("survivors", "only");
    if (unproven()) asked.set("unproven", "only");
    const text = asked.toString();
    return text === "" ? "?" : `?${text}`;
  });
  return {
    by,
    setBy,
    point,
    setPoint,
    days,
    setDays,
    survivors,
    setSurvivors,
    unproven,
    setUnproven,
    query,
  };
}

/** Whose names were among the stops so far, by name: a filter does not take the others from the choice. */
export function createStoppers(stops: Accessor<readonly StopRecord[] | undefined>) {
  return createMemo<string[]>((before) => {
    const names = (stops() ?? []).flatMap(({ stop }) => stop.user ?? []);
    const all = [...new Set([...before, ...names])];
    return all.length === before.length ? before : all.toSorted((a, b) => a.localeCompare(b));
  }, []);
}

export const causeNames = lazyWords<(typeof stopCauses)[number]>({
  user: () => t("User"),
  disconnect: () => t("Connection lost"),
  timeout: () => t("Time limit"),
  budget: () => t("Budget"),
  shutdown: () => t("Server stopped"),
  crash: () => t("Server crashed"),
});
