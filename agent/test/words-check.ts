/**
 * The words that people see, looked at in the code: each goes through `t`, `tn` or `tr` with its English text as it is
 * written there, those of a server that the page translates through `sentence` or `countSentence`, and each catalogue has
 * exactly those, with the same names in braces. `bun run check` enforces it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAst } from "rolldown/parseAst";
import type { Catalogue } from "../shared/translation";

const agent = join(import.meta.dir, "..");
const catalogues = join(agent, "client/words");

/** They are what is called with the texts. */
const makers = new Set([
  "shared/translation.ts",
  "shared/sentences.ts",
  "client/components/tr.tsx",
]);

/** Texts of components that are the same in every language, and why. */
const exceptions = new Map([
  ["Rein", "the name of the program"],
  ["CSV", "the name of a format"],
  ["JSON", "the name of a format"],
  ["{} (Esc)", "what a button says, with its key"],
  ["npx prettier --write .", "an example of a command"],
  ["typescript-language-server --stdio", "an example of a command"],
  ["/path/to/agent --acp", "an example of a command"],
  ["typescript", "an example of a language’s name"],
  ["*.ts, *.tsx", "an example of patterns"],
  ["~/.config/agent", "an example of a path"],
  ['{"mcpServers": {…}}', "an example of JSON"],
  ["Authorization: Bearer …", "an example of a header"],
]);

/** Elements with what a person types or presses, not with words. */
const codeElements = new Set(["code", "kbd", "pre", "samp"]);
const spokenAttributes = new Set(
  "aria-label aria-description aria-valuetext title label placeholder alt".split(" "),
);

export interface FoundWords {
  /** By its English text, which is the key: whether the text is of a count. */
  keys: Map<string, boolean>;
  faults: string[];
}

interface Node {
  type: string;
  start: number;
  [member: string]: unknown;
}

/** Every fault of the page's words, as a sentence. */
export function wordFaults(): string[] {
  const keys: FoundWords["keys"] = new Map();
  const faults = pageFiles().flatMap((file) => {
    const found = wordsIn(readFileSync(join(agent, file), "utf8"), file);
    for (const [key, isCounted] of found.keys) keys.set(key, isCounted || keys.get(key) === true);
    return found.faults;
  });
  const names = existsSync(catalogues) ? readdirSync(catalogues) : [];
  for (const name of names.filter((one) => one.endsWith(".json"))) {
    const catalogue = JSON.parse(readFileSync(join(catalogues, name), "utf8")) as Catalogue;
    faults.push(...catalogueFaults(name.replace(/\.json$/, ""), catalogue, keys));
  }
  return faults;
}

function pageFiles(): string[] {
  return [...filesOf("client"), ...filesOf("shared"), ...filesOf("server").filter(saysSentences)]
    .filter((file) => !makers.has(file))
    .toSorted();
}

function filesOf(room: string): string[] {
  return [...new Bun.Glob(`${room}/**/*.{ts,tsx}`).scanSync({ cwd: agent })];
}

function saysSentences(file: string): boolean {
  return readFileSync(join(agent, file), "utf8").includes("shared/sentences");
}

/** The texts that a file takes from the catalogues, and what is wrong with how it does. */
export function wordsIn(source: string, file: string): FoundWords {
  const found: FoundWords = { keys: new Map(), faults: [] };
  const fault = ({ start }: Node, words: string) =>
    found.faults.push(`${file}:${source.slice(0, start).split("\n").length} ${words}`);
  const program = parseAst(source, { lang: file.endsWith("x") ? "tsx" : "ts" });
  visit(program as unknown as Node, [], (node, above) => {
    if (node.type === "CallExpression") lookAtCall(node, above, found, fault);
    if (node.type.startsWith("JSX") && !isInCode(above))
      for (const [text, at] of bareTexts(node))
        if (!exceptions.has(text)) fault(at, `has a text that is in no catalogue: ${text}`);
  });
  return found;
}

type Fault = (node: Node, words: string) => void;

/** The place of the key among the arguments of each, which begin with the texts; then the values follow. */
const callees = new Map([
  ["t", { first: 0, key: 0 }],
  ["tn", { first: 1, key: 2 }],
  ["tr", { first: 0, key: 0 }],
  ["sentence", { first: 0, key: 0 }],
  ["countSentence", { first: 1, key: 2 }],
]);

/** Their words are put into the language where they are shown. */
const laterWords = new Set(["sentence", "countSentence"]);
const counted = new Set(["tn", "countSentence"]);

function lookAtCall(call: Node, above: Node[], { keys }: FoundWords, fault: Fault): void {
  const callee = call["callee"] as Node;
  const name = callee.type === "Identifier" ? String(callee["name"]) : "";
  const places = callees.get(name);
  if (places === undefined) return;
  const all = call["arguments"] as Node[];
  const texts = all.slice(places.first, places.key + 1).map(literal);
  const key = texts.at(-1);
  if (key === undefined || texts.includes(undefined))
    return fault(call, `calls ${name} with a text that is not written there as it is`);
  keys.set(key, counted.has(name) || keys.get(key) === true);
  if (!laterWords.has(name) && !above.some(isFunction))
    fault(call, `calls ${name} once and for all, when no language is chosen yet: ${key}`);
  const given = givenNames(all[places.key + 1]);
  const lacking = texts
    .flatMap((text) => namesIn(text ?? ""))
    .filter((one) => !(counted.has(name) && one === "count") && given?.has(one) === false);
  if (lacking.length > 0) fault(call, `gives no value for {${lacking[0]}}: ${key}`);
}

/** Undefined where the code does not say it. */
function givenNames(values: Node | undefined): Set<string> | undefined {
  if (values === undefined) return new Set();
  if (values.type !== "ObjectExpression") return undefined;
  const members = values["properties"] as Node[];
  if (members.some(({ type, computed }) => type !== "Property" || computed === true))
    return undefined;
  return new Set(members.map((one) => nameOf(one["key"] as Node)));
}

function nameOf(key: Node): string {
  return String(key["name"] ?? key["value"]);
}

function literal(node: Node): string | undefined {
  return node.type === "Literal" && typeof node["value"] === "string" ? node["value"] : undefined;
}

function isFunction({ type }: Node): boolean {
  return /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type);
}

function isInCode(above: Node[]): boolean {
  return above.some((node) => {
    const element = (node["openingElement"] as Node | undefined)?.["name"] as Node | undefined;
    return element !== undefined && codeElements.has(String(element["name"]));
  });
}

/** The texts that a person sees or hears of this piece of a component, as they stand there. */
function bareTexts(node: Node): [string, Node][] {
  if (node.type === "JSXText") return worded([[String(node["value"]), node]]);
  if (node.type === "JSXAttribute") {
    const value = node["value"] as Node | null;
    if (value === null || !spokenAttributes.has(nameOf(node["name"] as Node))) return [];
    return worded(textsOf(value.type === "JSXExpressionContainer" ? inner(value) : value));
  }
  if (node.type !== "JSXElement" && node.type !== "JSXFragment") return [];
  const children = node["children"] as Node[];
  return worded(
    children
      .filter(({ type }) => type === "JSXExpressionContainer")
      .flatMap((one) => textsOf(inner(one))),
  );
}

function inner(container: Node): Node {
  return container["expression"] as Node;
}

/** Of each way that the expression can go. */
function textsOf(node: Node): [string, Node][] {
  if (node.type === "ConditionalExpression")
    return [...textsOf(node["consequent"] as Node), ...textsOf(node["alternate"] as Node)];
  if (node.type === "LogicalExpression")
    return [...textsOf(node["left"] as Node), ...textsOf(node["right"] as Node)];
  if (node.type === "TemplateLiteral") {
    const pieces = (node["quasis"] as Node[]).map(({ value }) => (value as { raw: string }).raw);
    return [[pieces.join("{}"), node]];
  }
  const text = literal(node);
  return text === undefined ? [] : [[text, node]];
}

/** Those with two letters or more. */
function worded(texts: [string, Node][]): [string, Node][] {
  return texts
    .map(([text, at]): [string, Node] => [text.replaceAll(/\s+/g, " ").trim(), at])
    .filter(([text]) => (text.replaceAll(/&\w+;/g, "").match(/\p{L}/gu) ?? []).length > 1);
}

/** Calls with each node and those above it, the outermost first. */
function visit(node: Node, above: Node[], look: (node: Node, above: Node[]) => void): void {
  look(node, above);
  const path = [...above, node];
  for (const member of Object.values(node))
    for (const one of Array.isArray(member) ? (member as unknown[]) : [member])
      if (isNode(one)) visit(one, path, look);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

/** `id`: of the language. `keys`: the texts that the page has, by which of them are of a count. */
export function catalogueFaults(
  id: string,
  catalogue: Catalogue,
  keys: ReadonlyMap<string, boolean>,
): string[] {
  const lacking = [...keys.keys()].filter((key) => !Object.hasOwn(catalogue, key));
  const found = Object.entries(catalogue).flatMap(([key, words]) => {
    const isCounted = keys.get(key);
    if (isCounted === undefined) return [`has a text that nothing shows: ${key}`];
    return typeof words === "string"
      ? textFaults(id, key, words, isCounted)
      : formFaults(id, key, words, isCounted);
  });
  return [...lacking.map((key) => `lacks a text: ${key}`), ...found].map(
    (words) => `client/words/${id}.json ${words}`,
  );
}

function textFaults(id: string, key: string, text: string, isCounted: boolean): string[] {
  if (isCounted && neededForms(id).size > 1) return [`needs a form for each count: ${key}`];
  return isSame(namesIn(text), namesIn(key)) ? [] : [`has other names in braces: ${key}`];
}

function formFaults(
  id: string,
  key: string,
  forms: Exclude<Catalogue[string], string>,
  isCounted: boolean,
): string[] {
  if (!isCounted) return [`has forms for a text without a count: ${key}`];
  const known = new Set<string>(new Intl.PluralRules(id).resolvedOptions().pluralCategories);
  const faults = [
    ...[...neededForms(id)]
      .filter((form) => !Object.hasOwn(forms, form))
      .map((form) => `lacks the form ${form}`),
    ...Object.keys(forms)
      .filter((form) => !known.has(form))
      .map((form) => `has a form that the language has not, ${form}`),
  ];
  // "Every day" says its count without the number.
  const others = (text: string) => namesIn(text).filter((name) => name !== "count");
  const isOther = Object.values(forms).some(
    (text) =>
      !isSame(others(text), others(key)) ||
      namesIn(text).some((name) => !namesIn(key).includes(name)),
  );
  if (isOther) faults.push("has other names in braces");
  return faults.map((words) => `${words}: ${key}`);
}

/** Those of counts as they happen. */
function neededForms(id: string): Set<string> {
  const rules = new Intl.PluralRules(id);
  return new Set(Array.from({ length: 200 }, (_, count) => rules.select(count)));
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
}

function isSame(some: string[], others: string[]): boolean {
  return [...new Set(some)].toSorted().join() === [...new Set(others)].toSorted().join();
}
