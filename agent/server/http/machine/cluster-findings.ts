/** What stands in the way of the machines that work together: one that does not answer, another version, the database. */
import type { ClusterAnswer, ClusterNode, Finding } from "../../../shared/protocol";

const about = "Cluster";

/** None where the server works alone. */
export function clusterFindings({ node, nodes, database }: ClusterAnswer): Finding[] {
  if (nodes.length === 0) return [];
  const here = nodes.find(({ state }) => state === "here");
  const faults = [
    ...(database?.state === "gone" ? [goneFinding(database)] : []),
    ...nodes.filter(({ state }) => state === "away").map(awayFinding),
    ...nodes.flatMap((one) =>
      here && one.version !== here.version ? [otherVersion(one, here)] : [],
    ),
  ];
  const others = nodes.filter(({ state }) => state === "alive").map(({ name }) => name);
  const words =
    others.length === 0
      ? `this is machine “${node}”; no other one answers`
      : `this is machine “${node}”; ${others.join(", ")} ${others.length === 1 ? "answers" : "answer"}`;
  return [{ about, state: "ok", words }, ...faults];
}

function awayFinding({ name, reason }: ClusterNode): Finding {
  return {
    about,
    state: "broken",
    words: `machine “${name}” does not answer: ${reason ?? "nothing more is known"}`,
    advice: "Its sessions can be read, and go on once it answers",
  };
}

function goneFinding({ reason }: ClusterAnswer["database"] & {}): Finding {
  return {
    about,
    state: "broken",
    words: `the shared database does not answer: ${reason ?? "nothing more is known"}`,
    advice: "What happens is kept on each machine’s own disk until it does",
  };
}

function otherVersion({ name, version }: ClusterNode, here: ClusterNode): Finding {
  return {
    about,
    state: "broken",
    words: `machine “${name}” runs ${version}, this one ${here.version}`,
    advice: "Bring all machines to the same version",
  };
}
