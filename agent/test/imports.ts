/** The direction of imports, and the rooms that alone may do dangerous things. */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const agent = join(import.meta.dir, "..");

/** What each room may import besides itself and packages. The longest matching prefix rules. */
const mayImport: Record<string, string[]> = {
  // The wire depends on nothing.
  "shared/protocol": ["shared/protocol/"],
  "shared/": ["shared/"],
  "server/providers/": ["shared/"],
  "server/tools/": ["shared/", "server/processes/", "server/providers/provider.ts"],
  "server/processes/": ["shared/"],
  "server/store/": ["shared/"],
  "server/undo/": ["shared/", "server/processes/jobs.ts", "server/signal.ts"],
  // Small things without imports of their own, which anybody in the server may use.
  "server/id.ts": [],
  "server/signal.ts": ["shared/"],
  "server/channel.ts": [],
  "server/host.ts": [],
  "server/agent.ts": loopParts(),
  "server/turn.ts": loopParts(),
  "server/answer.ts": loopParts(),
  "server/turn-request.ts": loopParts(),
  "server/compaction.ts": loopParts(),
  "server/retry.ts": loopParts(),
  "server/subagent.ts": ["shared/", "server/tools/tool.ts", "server/turn-request.ts"],
  // Everything else in the server: no concrete parts.
  "server/": [
    "shared/",
    "server/providers/provider.ts",
    "server/tools/tool.ts",
    "server/tools/specs.ts",
    "server/tools/background.ts",
    "server/tools/shells.ts",
    "server/processes/jobs.ts",
    "server/store/store.ts",
    "server/store/summarize.ts",
    "server/store/trouble.ts",
    "server/undo/undo.ts",
    "server/undo/undo-error.ts",
    "server/undo/told.ts",
    "server/*",
  ],
  "server/entries.ts": ["server/"],
  "server/assemble.ts": ["server/", "shared/", "../package.json"],
  "server/index.ts": ["server/", "shared/", "../package.json"],
  "client/": ["shared/"],
};

/** Every import that goes the wrong way, and every spawn or kill outside the one room for it. */
export function importFaults(): string[] {
  const files = [...new Bun.Glob("{shared,server,client}/**/*.{ts,tsx}").scanSync({ cwd: agent })];
  return files.toSorted().flatMap((file) => {
    const text = readFileSync(join(agent, file), "utf8");
    return [...wrongImports(file, text), ...spawns(file, text)];
  });
}

function wrongImports(file: string, text: string): string[] {
  const rule = Object.keys(mayImport)
    .filter((prefix) => file.startsWith(prefix))
    .toSorted((a, b) => b.length - a.length)[0];
  if (rule === undefined) return [`${file}: no rule says what it may import`];
  const own = rule.endsWith("/") ? rule : `${dirname(rule)}/`;
  return importsOf(file, text)
    .filter((target) => !mayReach(target, rule, own))
    .map((target) => `${file} imports ${target}`);
}

function mayReach(target: string, rule: string, own: string): boolean {
  if (rule.endsWith("/") && rule !== "server/" && target.startsWith(own)) return true;
  return mayImport[rule]!.some((allowed) => {
    if (allowed === "server/*")
      return /^server\/[^/]+$/.test(target) && !/\/(index|assemble)\.ts$/.test(target);
    return target.startsWith(allowed);
  });
}

/** Relative imports as paths from agent/, with their ending. */
function importsOf(file: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:from|import|import\()\s*"(\.[^"]+)"/g)];
  return specifiers.map(([, specifier]) => {
    const path = relative(agent, join(agent, dirname(file), specifier!));
    return /\.[a-z]+$/.test(path) ? path : `${path}.ts`;
  });
}

/** Only processes/ starts or ends a process. */
function spawns(file: string, text: string): string[] {
  if (!file.startsWith("server/") || file.startsWith("server/processes/")) return [];
  const found = text.match(/Bun\.spawn\w*|Bun\.\$|node:child_process|process\.kill\(/);
  return found ? [`${file} uses ${found[0]}; only server/processes/ may`] : [];
}

/** The loop knows what a provider is, and none of them; no session, no store and no tool either. */
function loopParts(): string[] {
  return [
    "shared/",
    "server/providers/provider.ts",
    "server/turn.ts",
    "server/turn-request.ts",
    "server/answer.ts",
    "server/compaction.ts",
    "server/transcript.ts",
    "server/retry.ts",
    "server/repetition.ts",
    "server/estimate.ts",
    "server/brake.ts",
    "server/channel.ts",
    "server/signal.ts",
    "server/id.ts",
  ];
}
