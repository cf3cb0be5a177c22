/** What language servers have said about files, for the model: errors first, within bounds. */
import { plural } from "../../shared/plural";
import { relativeTo } from "../../shared/rules";
import { ellipsized, truncate } from "../../shared/truncate";
import { visibleName } from "../../shared/visible-text";
import type { Problem } from "./lsp-schemas";

/** `problems`: absent when it has not said anything of this version in time. */
export interface FileReport {
  path: string;
  problems?: readonly Problem[];
  /** It does not say of which version of the file they are. */
  isUnsure?: boolean;
  /** Why nothing is said of it. */
  skipped?: string;
}

export interface ServerReport {
  name: string;
  /** It could not be asked: why, as a sentence. */
  failure?: string;
  files: readonly FileReport[];
}

const mostOfFile = 20;
const mostCharacters = 4_000;
const longestMessage = 500;
/** Of hints there are many, and none says that something is wrong. */
const mildest = 3;
/** Of the files of which the same is said. */
const mostNames = 5;

export function describeReports(
  reports: readonly ServerReport[],
  cwd: string,
  waitSeconds: number,
): string {
  const lines = reports.flatMap((report) => linesOf(report, cwd, waitSeconds));
  const text = lines.join("\n");
  if (text.length <= mostCharacters) return text;
  const cut = truncate(text, mostCharacters);
  return `${cut.slice(0, cut.lastIndexOf("\n"))}\n[more is left out]`;
}

function linesOf({ name, failure, files }: ServerReport, cwd: string, seconds: number): string[] {
  const shownName = visibleName(name);
  if (failure !== undefined)
    return [`[no diagnostics by ${shownName}: ${visibleName(ellipsized(failure, 300))}]`];
  const found: { worst: number; lines: string[] }[] = [];
  /** Files of which the same is said, by what is said: `filesHere` stands for them. */
  const others = new Map<string, string[]>();
  for (const { path, problems, isUnsure, skipped } of files) {
    const shown = visibleName(relativeTo(path, cwd));
    const unsure = isUnsure ? ", perhaps of the text before" : "";
    const first = problems?.filter(isTold).toSorted((a, b) => a.severity - b.severity) ?? [];
    if (first.length > 0) {
      const head = `[${shownName} finds ${plural(first.length, "problem")} in ${shown}${unsure}]`;
      found.push({ worst: first[0]!.severity, lines: [head, ...mostOf(first)] });
      continue;
    }
    const words =
      problems === undefined
        ? `[no diagnostics by ${shownName} of ${filesHere}${whyNot(skipped, seconds)}]`
        : `[${shownName} finds nothing wrong with ${filesHere}${unsure}]`;
    others.set(words, [...(others.get(words) ?? []), shown]);
  }
  return [
    ...found.toSorted((a, b) => a.worst - b.worst).flatMap(({ lines }) => lines),
    ...[...others].map(([words, names]) => words.replace(filesHere, () => listOf(names))),
  ];
}

/** No file is named so. */
const filesHere = "\0";

function isTold({ severity }: Problem): boolean {
  return severity <= mildest;
}

function mostOf(problems: readonly Problem[]): string[] {
  const rest = problems.length - mostOfFile;
  const lines = problems.slice(0, mostOfFile).map((one) => lineOf(one));
  return rest > 0 ? [...lines, `… and ${rest} more`] : lines;
}

function whyNot(skipped: string | undefined, seconds: number): string {
  if (skipped === undefined) return ` within ${plural(seconds, "second")}`;
  return `: ${visibleName(ellipsized(skipped, 300))}`;
}

function listOf(names: readonly string[]): string {
  const rest = names.length - mostNames;
  const first = names.slice(0, mostNames).join(", ");
  return rest > 0 ? `${first} and ${rest} more` : first;
}

function lineOf({ line, column, severity, message, code }: Problem): string {
  const kind = severity <= 1 ? "error" : severity === 2 ? "warning" : "remark";
  const words = ellipsized(message.replaceAll(/\s*\n\s*/g, " "), longestMessage);
  return visibleName(
    `${line}:${column} ${kind}: ${words}${code === undefined ? "" : ` (${code})`}`,
  );
}
