/** What runs: Rein itself and how, and whether it can save. */
import { version } from "../../../../package.json";
import type { Finding } from "../../../shared/protocol";
import { sentence } from "../../../shared/sentences";
import { upgradeSentence } from "../../store/migrations";
import type { Store } from "../../store/store";
import { isBinary } from "../../program-files";
import { isContainer } from "../../processes/container";
import { finding } from "./finding";
import { systemName } from "./install-command";

export function reinFinding(): Finding {
  const system = systemName() ?? process.platform;
  const made = isBinary
    ? sentence("{version} as a single binary", { version })
    : sentence("{version} from its sources", { version });
  const place = isContainer() ? sentence("{system} in a container", { system }) : system;
  const words = sentence("{made}, Bun {bun}, {place} ({platform})", {
    made,
    bun: Bun.version,
    place,
    platform: `${process.platform} ${process.arch}`,
  });
  return finding({ about: "Rein", state: "ok", words });
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
  if (missing !== undefined) {
    const advice = sentence("Confirm it in the page (rein web)");
    findings.push(finding({ about, state, words: missing, advice }));
  }
  if (findings.length === 0)
    findings.push(finding({ about, state: "ok", words: sentence("everything is saved") }));
  // What a server in the background prints is only in its log.
  if (upgrade !== undefined)
    findings.push(finding({ about: "Upgrade", state: "ok", words: upgradeSentence(upgrade) }));
  return findings;
}
