/** Which diagrams are drawn. A browser may draw them in the page's own process, where nothing can end it: so only those are whose cost their text bounds. */
import { t } from "../../shared/translation";

/** What is handed to Mermaid. `isLarge`: it may take seconds, so a person decides. */
export type DiagramPlan = { source: string; isLarge: boolean } | { refusal: string };

/** Each piece of the text makes a bounded number of things to draw. Others take counts: `block` draws as many as a number says. */
const kinds =
  /^(?:flowchart|graph|sequenceDiagram|classDiagram(?:-v2)?|stateDiagram(?:-v2)?|erDiagram|gantt|pie|gitGraph|journey|timeline|quadrantChart|xychart(?:-beta)?)(?=[\s;:]|$)/;

/** Firefox draws the costliest of each kind within these in less than half a second (the first row), or in some seconds. */
const small = {
  length: 4000,
  words: 800,
  statements: 100,
  edges: 45,
  nested: 20,
  nestedEdges: 150,
};
const large = {
  length: 10_000,
  words: 2400,
  statements: 300,
  edges: 120,
  nested: 60,
  nestedEdges: 480,
};

/** Takes time in proportion to the text. What comes before the diagram, and could set anything, is taken away but for its title. */
export function planDiagram(text: string): DiagramPlan {
  if (text.length > large.length) return { refusal: t("it is too long") };
  const { title, rest } = takeTitle(text.replace(/\r\n?/g, "\n"));
  const body = withoutDirectives(rest)
    ?.replace(/^[^\S\n]*%%[^\n]*\n?/gm, "")
    .trim();
  if (body === undefined) return { refusal: t("its directives cannot be read") };
  const kind = kinds.exec(body)?.[0];
  if (kind === undefined) return { refusal: t("this kind of diagram is not supported") };
  if (kind === "gantt" && !isShortGantt(body))
    return { refusal: t("it excludes days from too long a time") };
  const weight = weigh(body, kind);
  if (!isWithin(weight, large)) return { refusal: t("it is too large") };
  const head = title === undefined ? "" : `---\ntitle: ${JSON.stringify(title)}\n---\n`;
  return { source: `${head}${body}\n`, isLarge: !isWithin(weight, small) };
}

/** Front matter stands between two lines of `---`. */
function takeTitle(text: string): { title?: string; rest: string } {
  const lines = text.trimStart().split("\n");
  if (lines[0]!.trim() !== "---") return { rest: text };
  const end = lines.findIndex((line, index) => index > 0 && line.trim() === "---");
  const rest = lines.slice(end + 1).join("\n");
  const title = lines.slice(1, end).find((line) => line.startsWith("title:"));
  if (end < 0 || title === undefined) return { rest };
  return {
    title: title
      .slice("title:".length)
      .trim()
      .replace(/^(["'])(.*)\1$/, "$2"),
    rest,
  };
}

/** Undefined when one has no end, or what is left makes another one. */
function withoutDirectives(text: string): string | undefined {
  const [first, ...directives] = text.split("%%{");
  const ends = directives.map((directive) => directive.indexOf("}%%"));
  if (ends.includes(-1)) return undefined;
  const rest = [first, ...directives.map((one, index) => one.slice(ends[index]! + 3))].join("");
  return rest.includes("%%{") ? undefined : rest;
}

type Weight = typeof small;

function weigh(body: string, kind: string): Weight {
  const edges = body.match(/[-=.~]{2,}[>xo]?/g) ?? [];
  // A longer arrow goes over more rows. `A -- words --> B` is one arrow.
  const lengths = edges.map((edge) =>
    /^(?:flowchart|graph)/.test(kind) && /^(?:--|==|-\.)$/.test(edge)
      ? 0
      : Math.max(1, edge.length - 2),
  );
  // `A & B --> C & D` are four.
  const joined = count(body, /\s&(?=\s)/g);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const sum = lengths.reduce((all, length) => all + length, 0) + longest * joined ** 2;
  const nested = count(body, kind.startsWith("state") ? /\{/g : /\b(?:subgraph|namespace)\b/g);
  return {
    length: body.length,
    words: wordsOf(body, kind),
    statements: count(body, /[\n;]|\s:\s|<br|\\n/gi),
    edges: sum,
    nested,
    // Each edge is as many times longer as what it is in is deep.
    nestedEdges: sum * nested,
  };
}

/** As many as they cost, in words of a label. */
function wordsOf(body: string, kind: string): number {
  // Two are an attribute of an entity.
  if (kind === "erDiagram") return count(body, /\s+/g) * 4;
  if (kind !== "timeline") return count(body, /\s+/g);
  // Each line is broken anew at each of its words.
  const lengths = body.split(/[\n:]/).map((label) => count(label, /\s+/g));
  return lengths.reduce((sum, length) => sum + length ** 2 / 4, 0);
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

function isWithin(weight: Weight, bounds: Weight): boolean {
  return (Object.keys(bounds) as (keyof Weight)[]).every((key) => weight[key] <= bounds[key]);
}

/** Where days are excluded, each day of each task is looked at. */
function isShortGantt(body: string): boolean {
  const excluding = count(body, /excludes/gi);
  if (excluding === 0) return true;
  if (excluding > 2 || count(body, /excludes[^\n]{0,100}(?:\n|$)/gi) !== excluding) return false;
  const durations = [...body.matchAll(/(\d[\d.]*)(ms|[Mdhmswy])/g)];
  const days = durations.reduce(
    (sum, [, number, unit]) => sum + Number(number) * daysOf[unit!]!,
    0,
  );
  return days <= 1000;
}

const daysOf: Record<string, number> = {
  ms: 1 / 86_400_000,
  s: 1 / 86_400,
  m: 1 / 1440,
  h: 1 / 24,
  d: 1,
  w: 7,
  M: 31,
  y: 366,
};
