/** The filters of the history of stops, and the query that they make. */
import { createMemo, createSignal } from "solid-js";
import type { stopCauses } from "../../shared/protocol";

const dayMs = 24 * 60 * 60 * 1000;

export const periods = [
  { id: "7", name: "7 days" },
  { id: "30", name: "30 days" },
  { id: "", name: "All time" },
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

export const causeNames: Record<(typeof stopCauses)[number], string> = {
  user: "User",
  disconnect: "Connection lost",
  timeout: "Time limit",
  budget: "Budget",
  shutdown: "Server stopped",
  crash: "Server crashed",
};
