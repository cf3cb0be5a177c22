/** The filters of the history of stops, and the query that they make. */
import { createMemo, createSignal } from "solid-js";
import type { stopCauses } from "../../shared/protocol";
import { choice } from "./choice";
import { lazyWords, t } from "../../shared/translation";

const dayMs = 24 * 60 * 60 * 1000;

export const periods = [
  choice("7", () => t("7 days")),
  choice("30", () => t("30 days")),
  choice("", () => t("All time")),
];

export function createStopFilters() {
  const [by, setBy] = createSignal("");
  const [point, setPoint] = createSignal("");
  const [days, setDays] = createSignal("30");
  const [survivors, setSurvivors] = createSignal(false);
  const [unproven, setUnproven] = createSignal(false);
  const query = createMemo(() => {
    const asked = new URLSearchParams();
    if (by() !== "") asked.set("by", by());
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

export const causeNames = lazyWords<(typeof stopCauses)[number]>({
  user: () => t("User"),
  disconnect: () => t("Connection lost"),
  timeout: () => t("Time limit"),
  budget: () => t("Budget"),
  shutdown: () => t("Server stopped"),
  crash: () => t("Server crashed"),
});
