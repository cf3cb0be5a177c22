/** What a screen reader is told of the page as it stands, read from the browser's own accessibility tree: faults in names, headings, landmarks. */
import type { CDPSession, Page } from "playwright-core";

/** The part of the DevTools protocol's `Accessibility.AXNode` that is read here. */
interface Node {
  nodeId: string;
  childIds?: string[];
  ignored: boolean;
  role?: { value: string };
  name?: { value: string };
  properties?: { name: string; value: { value: unknown } }[];
  /** Outermost first. */
  ancestors: Node[];
}

/** A line for each finding; none means that every control can be told from every other by its role and name alone. */
export async function nameFaults(page: Page): Promise<string[]> {
  const client = await page.context().newCDPSession(page);
  const tree = await readTree(client);
  await client.detach();
  return [
    ...tree.flatMap(faultsOfName),
    ...faultsOfPairs(tree),
    ...faultsOfHeadings(tree),
    ...faultsOfLandmarks(tree),
  ];
}

/** In the order of reading, without what the browser leaves out. */
async function readTree(client: CDPSession): Promise<Node[]> {
  const { nodes } = await client.send("Accessibility.getFullAXTree");
  const byId = new Map((nodes as Node[]).map((node) => [node.nodeId, node]));
  const read = (id: string, ancestors: Node[]): Node[] => {
    const node = byId.get(id);
    if (node === undefined) return [];
    const below = (node.childIds ?? []).flatMap((child) => read(child, [...ancestors, node]));
    return node.ignored ? below : [{ ...node, ancestors }, ...below];
  };
  return read(nodes[0]!.nodeId, []);
}

const roleOf = (node: Node) => node.role?.value ?? "";
const nameOf = (node: Node) => node.name?.value.trim() ?? "";
const has = (node: Node, property: string) =>
  node.properties?.find(({ name }) => name === property)?.value.value;

/** What is pressed, chosen or typed into. */
const controls = new Set(
  "button link textbox searchbox checkbox radio combobox listbox option menuitem menuitemradio menuitemcheckbox slider spinbutton switch tab DisclosureTriangle disclosureTriangle".split(
    " ",
  ),
);
/** What is announced by its name when it is entered. */
const named = new Set([..."dialog alertdialog menu radiogroup image img".split(" "), ...controls]);

function faultsOfName(node: Node): string[] {
  if (!named.has(roleOf(node))) return [];
  const name = nameOf(node);
  if (name === "") return [`${roleOf(node)} has no name`];
  return looksLikeCode.test(name) ? [`${roleOf(node)} is called “${name}”`] : [];
}

/** An id, an icon's symbol, a value that was never meant to be read. */
const looksLikeCode = /^[^\p{L}\p{N}]+$|^(?=.*\d)[\w-]{20,}$|undefined|\bnull\b|NaN|\[object/u;

/** Two controls of one role and name in one place: a person who hears their list cannot tell which is which. */
function faultsOfPairs(tree: Node[]): string[] {
  const told = tree.filter((node) => controls.has(roleOf(node)) && !isApart.has(roleOf(node)));
  const groups = Map.groupBy(told, (node) => `${roleOf(node)} “${nameOf(node)}” ${scopeOf(node)}`);
  return [...groups].flatMap(([words, { length }]) =>
    length > 1 ? [`${length} times ${words}`] : [],
  );
}

/** Read with its list; and links of one name are sessions of one title, or lead to the same. */
const isApart = new Set(["option", "link"]);

/** What is read together with the name: the group of a choice, the form, the dialog, the row of a run, the code with its buttons. */
function scopeOf(node: Node): string {
  const within = roleOf(node) === "radio" ? ["radiogroup"] : scopes;
  const scope = node.ancestors.findLast(
    (one) => within.includes(roleOf(one)) && (roleOf(one) !== "group" || nameOf(one) !== ""),
  );
  if (scope === undefined) return "";
  // They stand in a text, which is read around them: two of one name are at two places of it.
  const place = ["group", "figure"].includes(roleOf(scope)) ? ` ${scope.nodeId}` : "";
  return `in “${nameOf(scope)}”${place}`;
}

const scopes = ["form", "dialog", "alertdialog", "group", "figure"];

function faultsOfHeadings(tree: Node[]): string[] {
  const levels = tree
    .filter((node) => roleOf(node) === "heading")
    .map((node) => ({ level: Number(has(node, "level")), name: nameOf(node) }));
  return levels.flatMap(({ level, name }, index) => {
    const before = levels[index - 1]?.level ?? 0;
    if (name === "") return [`a heading of level ${level} is empty`];
    return index > 0 && level > before + 1
      ? [`heading “${name}” skips from ${before} to ${level}`]
      : [];
  });
}

function faultsOfLandmarks(tree: Node[]): string[] {
  // While it is open, the rest of the page is not there.
  if (tree.some((node) => has(node, "modal") === true)) return [];
  const count = (role: string) => tree.filter((node) => roleOf(node) === role).length;
  const faults: string[] = [];
  if (count("main") !== 1) faults.push(`${count("main")} main landmarks`);
  // A sheet covers the input and, on a phone, the way to the sessions.
  if (tree.some((node) => nameOf(node) === "Message")) {
    const isDrawer = tree.some((node) => roleOf(node) === "button" && nameOf(node) === "Sessions");
    if (count("form") === 0) faults.push("no form landmark");
    if (count("navigation") === 0 && !isDrawer) faults.push("no navigation landmark");
  }
  if (!tree.some((node) => ["status", "alert", "log"].includes(roleOf(node)) || has(node, "live")))
    faults.push("no live region");
  return faults;
}
