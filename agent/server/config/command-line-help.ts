/** What `--help` and `--version` print. It needs no installed package: it answers before anything is installed. */
import { version } from "../../../package.json";
import { options, providerVariables } from "./options";

/** Undefined when neither is asked for. */
export function informationAsked(args: string[]): string | undefined {
  if (args.includes("--help") || args.includes("-h")) return helpText();
  return args.includes("--version") ? version : undefined;
}

function helpText(): string {
  const rows = [
    ...Object.values(options).map((option) => [
      `--${option.flag} ${option.value}`,
      option.variable,
      `${option.help} (${option.default})`,
    ]),
    ["--dev", "", "Serve the page from its sources, with hot reload"],
    ["--help, -h", "", "Print this and exit"],
    ["--version", "", "Print the version and exit"],
  ];
  return `Rein ${version}: a self-hosted AI agent whose Stop is real.

Usage: bun start [options]        with Node only: npx -y bun start [options]

A flag goes before its variable; the default is in brackets.

${aligned(["Flag", "Variable", "Meaning (default)"], rows)}

Keys and addresses of providers, from the environment or from the settings page:

${providerVariables.map((name) => `  ${name}`).join("\n")}`;
}

/** A table of text: every column but the last is as wide as its longest cell. */
function aligned(head: string[], rows: string[][]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd(),
    )
    .join("\n");
}
