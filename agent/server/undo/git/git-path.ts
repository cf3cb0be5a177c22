/** File names as bytes: one character for each, for a name need not be UTF-8, and what git says comes as text. */

/** Relative to the root of a working tree, with `/` between its parts; every character is one byte (latin1). */
export type Name = string;

/** The name in a line of git's: plain, or quoted as a C string when anything in it is not plain ASCII. */
export function unquote(text: string): Name {
  if (!text.startsWith('"')) return text;
  return text
    .slice(1, -1)
    .replaceAll(/\\(?:([0-7]{3})|(.))/g, (_, octal: string | undefined, letter: string) =>
      octal === undefined
        ? (escapes[letter] ?? letter)
        : String.fromCharCode(Number.parseInt(octal, 8)),
    );
}

const escapes: Record<string, string> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The name as git reads it from a list, in plain ASCII. */
export function quote(name: Name): string {
  const inside = name.replaceAll(
    // Everything but printable ASCII, and what means something between quotes.
    /[^ !#-[\]-~]/g,
    (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
  return `"${inside}"`;
}

/** As the file system takes it. */
export function pathOf(root: string, name: Name): string | Buffer {
  const path = `${root}/${shown(name)}`;
  // A name that is UTF-8 comes back from it unchanged.
  if (isAscii(name) || nameOf(shown(name)) === name) return path;
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name, "latin1")]);
}

/** The directories down to a name, and the last part of it, as `Directory` takes them. */
export function entriesOf(name: Name): { parents: Buffer[]; entry: Buffer } {
  const parts = name.split("/").map((part) => Buffer.from(part, "latin1"));
  return { parents: parts.slice(0, -1), entry: parts.at(-1)! };
}

/** As people read it, and as it stands on the wire. */
export function shown(name: Name): string {
  if (isAscii(name)) return name;
  return Buffer.from(name, "latin1").toString("utf8");
}

export function nameOf(text: string): Name {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The name below a directory of the tree; "" is the root itself. */
export function below(directory: Name, name: Name): Name {
  return directory === "" ? name : `${directory}/${name}`;
}

export function parentOf(name: Name): Name {
  return name.slice(0, Math.max(0, name.lastIndexOf("/")));
}

/** The directories above a name, innermost first; the root is not among them. */
export function parentsOf(name: Name): Name[] {
  const parts = name.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
}

function isAscii(name: Name): boolean {
  return !/[\x80-\xff]/.test(name);
}
