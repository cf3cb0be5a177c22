/** What runs: Rein itself and how, and whether it can save. */
import { version } from "../../../../package.json";
import type { Finding } from "../../../shared/protocol";
import { upgradeWords } from "../../store/migrations";
import type { Store } from "../../store/store";
import { isBinary } from "../../program-files";
import { isContainer } from "../../processes/container";
import { systemName } from "./install-command";

export function reinFinding(): Finding {
  const system = systemName() ?? process.platform;
  const words = [
    `${version} ${isBinary ? "as a single binary" : "from its sources"}`,
    `Bun ${Bun.version}`,
    `${system}${isContainer() ? " in a container" : ""} (${process.platform} ${process.arch})`,
  ];
  return { about: "Rein", state: "ok", words: words.join(", ") };
}

export function savingFindings({
  storageError,
  missing,
  upgrade,
}: Pick<Store, "storageError" | "missing" | "upgrade">): Finding[] {
  const about = "Saving";
  const state = "broken" as const;
  const findings: Finding[] = [];
  if (storageError !== undefined) findings.push({ about, state, words: storageError });
  if (missing !== undefined)
    findings.push({ about, state, words: missing, advice: "Confirm it in the page (rein web)" });
  if (findings.length === 0) findings.push({ about, state: "ok", words: "everything is saved" });
  // What a server in the background prints is only in its log.
  if (upgrade !== undefined)
    findings.push({ about: "Upgrade", state: "ok", words: upgradeWords(upgrade) });
  return findings;
}
