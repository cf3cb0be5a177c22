/** The side bar's list: sessions by project, found by their title or project, with a time as short as it can be. */
import { expect, test } from "bun:test";
import { fullTime, shortTime } from "../client/state/format";
import {
  groupByProject,
  groupsWithin,
  mostUrgent,
  pinnedGroup,
  pinnedOf,
  searchGroups,
} from "../client/state/session-groups";
import type { SessionSummary } from "../shared/protocol";

test("a project stands where its newest session does, and its name tells it from the others", () => {
  const groups = groupByProject([
    session("/home/me/app", "Newest"),
    session("/work/app", "Other app"),
    session("/home/me/app", "Older"),
    session("/", "Root"),
    session("/home/me", "Home"),
    session("", "Damaged"),
  ]);
  expect(groups.map(({ name, sessions }) => [name, sessions.map(({ title }) => title)])).toEqual([
    ["me/app", ["Newest", "Older"]],
    ["work/app", ["Other app"]],
    ["/", ["Root"]],
    ["me", ["Home"]],
    ["Unknown directory", ["Damaged"]],
  ]);
});

test("of two projects whose whole paths end alike each keeps a name", () => {
  const groups = groupByProject([session("/app", "A"), session("/home/app", "B")]);
  expect(groups.map(({ name }) => name)).toEqual(["app", "home/app"]);
});

test("words are looked for in titles and in the names of projects", () => {
  const groups = groupByProject([
    session("/home/garden", "Plant trees"),
    session("/home/garden", "Water"),
    session("/home/app", "Plant a flag"),
  ]);
  const found = (words: string) =>
    searchGroups(groups, words).flatMap(({ sessions }) => sessions.map(({ title }) => title));
  expect(found(" PLANT ")).toEqual(["Plant trees", "Plant a flag"]);
  expect(found("gard")).toEqual(["Plant trees", "Water"]);
  expect(found("nothing like it")).toEqual([]);
  expect(found("")).toHaveLength(3);
});

test("a time is how long ago today, the day of the week in the six days before, then the date", () => {
  const now = new Date(2026, 10, 26, 14, 7, 30).getTime();
  const at = (...date: [number, number, number, number, number]) =>
    shortTime(new Date(...date).getTime(), now, "en-GB");
  expect(at(2026, 10, 26, 14, 8)).toBe("now");
  expect(at(2026, 10, 26, 14, 7)).toBe("now");
  expect(at(2026, 10, 26, 14, 5)).toBe("2m");
  expect(at(2026, 10, 26, 0, 0)).toBe("14h");
  expect(at(2026, 10, 25, 23, 59)).toBe("Wed");
  expect(at(2026, 10, 20, 0, 0)).toBe("Fri");
  expect(at(2026, 10, 19, 23, 59)).toBe("19 Nov");
  expect(at(2025, 10, 3, 12, 0)).toBe("3 Nov 2025");
  expect(fullTime(new Date(2026, 10, 3, 14, 5).getTime(), "en-GB")).toBe(
    "Tuesday, 3 November 2026 at 14:05",
  );
});

test("of many projects about fifty rows are drawn, and the project of the open session", () => {
  const all = Array.from({ length: 1000 }, (_, at) => session(`/home/p${at % 40}`, `S ${at}`));
  const groups = groupByProject(all);
  const counts = (isWhole: boolean, current?: string) =>
    groupsWithin(groups, 50, isWhole, current).map(({ name, first }) => `${name} ${first}`);
  expect(counts(false)).toHaveLength(12);
  expect(counts(false).slice(2, 4)).toEqual(["p2 8", "p3 3"]);
  expect(counts(false, "S 39").at(-1)).toBe("p39 3");
  expect(counts(true)).toEqual(["p0 50", "p1 25"]);
});

test("those that are pinned are a group of their own, of which all are drawn", () => {
  const all = ["A", "B", "C"].map((title) => session("/home/app", title));
  const pinned = pinnedOf(all.map((one) => ({ ...one, pinnedAt: 1 })));
  expect(groupsWithin([...pinned, ...groupByProject(all)], 2, false, undefined)).toMatchObject([
    { cwd: pinnedGroup, first: 2 },
  ]);
  expect(pinnedOf(all)).toEqual([]);
});

test("a folded project shows the state that matters most", () => {
  expect(mostUrgent(["idle", "running", "waiting"])).toBe("waiting");
  expect(mostUrgent(["paused", "running"])).toBe("running");
  expect(mostUrgent(["idle"])).toBeUndefined();
});

function session(cwd: string, title: string): SessionSummary {
  const times = { createdAt: 0, updatedAt: 0 };
  return { id: title, title, cwd, provider: "p", model: "m", ...times, state: "idle" };
}
