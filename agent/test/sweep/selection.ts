/** Which injection points to try: all of them, a share, or those that match filters; as command-line options. */
import { parseArgs } from "node:util";
import { nameOf } from "./injection-point";
import type { InjectionPoint } from "./scenario-runner";

/** A point is in share k of n when its name's hash leaves the remainder k: each time the same points. */
export interface Share {
  k: number;
  n: number;
}

export interface Selection {
  share: Share;
  /** Only these conversations, k/n: each of them is run once only to count its points. */
  conversations?: string | undefined;
  /** The beginning of its name. */
  scenario?: string | undefined;
  wire?: string | undefined;
  /** The beginning of its name. */
  intervention?: string | undefined;
  at?: string | undefined;
  transport?: string | undefined;
  sandbox?: string | undefined;
  /** Only at another node of a cluster; without it only at a server that works alone. */
  atOtherNode?: boolean | undefined;
  /** Of the points of an engine or a face only every so many: each starts a program. */
  thin?: string | undefined;
}

const text = { type: "string" } as const;
const filters = {
  conversations: text,
  scenario: text,
  wire: text,
  intervention: text,
  at: text,
  transport: text,
  sandbox: text,
  thin: text,
};

const otherNode = "other-node";

/** Reads `--share 0/120 --conversations 0/2 --scenario … --wire … --intervention … --at … --transport … --sandbox … --thin 8 --other-node`. Throws on anything else. */
export function readSelection(args: string[]): Selection {
  const options = { share: text, ...filters, [otherNode]: { type: "boolean" } } as const;
  const { [otherNode]: atOtherNode, ...values } = parseArgs({ args, options }).values;
  return { ...values, atOtherNode, share: readShare(values.share) };
}

function readShare(value = "0/1"): Share {
  const [k, n] = value.split("/").map(Number);
  if (!Number.isInteger(k) || !Number.isInteger(n) || k! < 0 || k! >= n!)
    throw new Error(`${value}: expected a share k/n with k from 0 to n - 1`);
  return { k: k!, n: n! };
}

/** The same as options. */
export function optionsOf({ share, atOtherNode, ...rest }: Selection): string[] {
  const named = Object.entries(rest).filter(([, value]) => value !== undefined);
  return [
    "--share",
    `${share.k}/${share.n}`,
    ...(atOtherNode ? [`--${otherNode}`] : []),
    ...named.flatMap(([name, value]) => [`--${name}`, value]),
  ];
}

/** Parts that together select the same points: of each conversation a share. */
export function splitPoints(selection: Selection, parts: number): Selection[] {
  const { k, n } = selection.share;
  return Array.from({ length: parts }, (_, part) => ({
    ...selection,
    share: { k: k + n * part, n: n * parts },
  }));
}

/** The same by whole conversations, which some parts then have more of. */
export function splitConversations(selection: Selection, parts: number): Selection[] {
  return Array.from({ length: parts }, (_, part) => ({
    ...selection,
    conversations: `${part}/${parts}`,
  }));
}

export function matchesConversation(
  { scenario, wire, conversations }: Selection,
  names: { scenario: string; wire: string },
): boolean {
  const { k, n } = readShare(conversations);
  return (
    names.scenario.startsWith(scenario ?? "") &&
    (wire ?? names.wire) === names.wire &&
    Bun.hash.xxHash32(`${names.scenario}, ${names.wire}`) % n === k
  );
}

export function isSelected(selection: Selection, point: InjectionPoint): boolean {
  const { share, at = String(point.at) } = selection;
  const startsProgram = point.scenario.engine !== undefined || point.intervention.face?.isProcess;
  const each = startsProgram ? Number(selection.thin ?? 1) : 1;
  const hash = Bun.hash.crc32(nameOf(point));
  return (
    point.intervention.name.startsWith(selection.intervention ?? "") &&
    at === String(point.at) &&
    (selection.transport ?? point.transport) === point.transport &&
    (selection.sandbox ?? point.sandbox) === point.sandbox &&
    hash % share.n === share.k &&
    Math.floor(hash / share.n) % each === 0
  );
}
