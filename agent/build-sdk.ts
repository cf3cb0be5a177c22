/**
 * `bun run sdk [directory]`: builds the SDK as one file without imports, and its types as another, for programs outside of this
 * repository, in Node, Bun and browsers. The sources themselves are for what resolves imports as Bun does.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const agent = import.meta.dir;
const entry = join(agent, "sdk/sdk-file");
const requests = join(agent, "shared/requests");

const banner =
  "// Rein’s client for programs, built by “bun run sdk”. MIT licence; contains eventsource-parser (MIT, Espen Hovlandsdal).";

/** Writes `rein-sdk.mjs` and `rein-sdk.d.mts` into the directory, which is made. Throws when they cannot be built. */
export async function buildSdk(directory: string): Promise<void> {
  const entrypoints = [`${entry}.ts`];
  const { outputs } = await Bun.build({ entrypoints, target: "browser", banner });
  mkdirSync(directory, { recursive: true });
  await Bun.write(join(directory, "rein-sdk.mjs"), outputs[0]!);
  await Bun.write(join(directory, "rein-sdk.d.mts"), typesText());
}

/** The declarations of all files that the entry leads to, in one scope. */
function typesText(): string {
  const directory = mkdtempSync(join(tmpdir(), "rein-sdk-"));
  try {
    const list = join(directory, "request-list");
    writeFileSync(`${list}.ts`, requestList());
    const out = compile(directory, [entry, list]);
    const read = (path: string) => readFileSync(join(out, `${path}.d.ts`), "utf8");
    const found = new Map([[list, asTypes(read(list))]]);
    collect(entry, read, found);
    const text = [...found.values()].map(withoutImports).join("");
    refuseTwice(text);
    // Without this line, what is not exported would be too.
    return `${banner}\n\n${text}export {};\n`;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * A source whose constants have the types of the requests, written out: as the schemas have them, those of zod would be needed.
 */
function requestList(): string {
  const sources = [...new Bun.Glob("*.ts").scanSync({ cwd: join(agent, "sdk") })].map((name) =>
    readFileSync(join(agent, "sdk", name), "utf8"),
  );
  const imports = /import type \{([^}]*)\} from "\.\.\/shared\/requests"/g;
  const lists = sources.flatMap((text) => [...text.matchAll(imports)].map(([, list = ""]) => list));
  const names = [...new Set(lists.flatMap((list) => list.match(/\w+/g) ?? []))];
  const plain = `type Plain<T> = T extends readonly (infer Item)[] ? Plain<Item>[]
    : T extends object ? { [Key in keyof T]: Plain<T[Key]> } : T;
  declare function plain<T>(): Plain<T>;`;
  return [
    `import type * as all from ${JSON.stringify(requests)};`,
    plain,
    ...names.map((name) => `export const ${name} = plain<all.${name}>();`),
  ].join("\n");
}

function asTypes(text: string): string {
  return text.replaceAll(/^export declare const (\w+): /gm, "export type $1 = ");
}

/** Adds the declarations that a file leads to; those of requests are in the list. */
function collect(path: string, read: (path: string) => string, found: Map<string, string>): void {
  if (found.has(path) || path.startsWith(requests)) return;
  const text = read(path);
  found.set(path, text);
  for (const [, name = ""] of text.matchAll(/ from "(\.[^"]+)"/g))
    collect(join(dirname(path), name), read, found);
}

/** Returns the directory of the declarations; each has the whole path of its source below it. */
function compile(directory: string, files: string[]): string {
  const outDir = join(directory, "out");
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    noErrorTruncation: true,
    rootDir: "/",
    outDir,
    types: [],
  };
  const sources = files.map((path) => `${path}.ts`);
  const options = { extends: join(agent, "tsconfig.json"), compilerOptions, include: [] };
  const project = join(directory, "tsconfig.json");
  writeFileSync(project, JSON.stringify({ ...options, files: sources }));
  const compiler = join(agent, "../node_modules/.bin/tsc");
  const result = Bun.spawnSync([compiler, "-p", project]);
  if (!result.success) throw new Error(`Its types cannot be built:\n${result.stdout.toString()}`);
  return outDir;
}

/** Of a file, without the sentence that opens it. Only what the entry exports is a value for programs. */
function withoutImports(text: string): string {
  return text
    .replace(/^\/\*\*[^]*?\*\/\n/, "")
    .replaceAll(/^(import|export) [^;]*? from "[^"]+";\n/gm, "")
    .replaceAll(/\bimport\("[^"]+"\)\./g, "")
    .replaceAll(/^export declare (const|function) (?!createRein\b|apply\b)/gm, "declare $1 ")
    .replaceAll(/^export declare class (?!ApiError\b|ConnectionLost\b)/gm, "declare class ");
}

/** Two files may declare the same name, which in one scope would be another type. */
function refuseTwice(text: string): void {
  const declared = /^(?:export )?(?:declare )?(?:type|interface|class|const|function) (\w+)/gm;
  const names = [...text.matchAll(declared)].map(([, name = ""]) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0) throw new Error(`Declared by two files of the SDK: ${twice.join(", ")}`);
}

if (import.meta.main) {
  const directory = process.argv[2] ?? join(agent, "dist/sdk");
  await buildSdk(directory);
  console.log(`The SDK is in ${directory}: rein-sdk.mjs, and its types in rein-sdk.d.mts.`);
}
