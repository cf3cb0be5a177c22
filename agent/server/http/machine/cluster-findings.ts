/** What stands in the way of the machines that work together: one that does not answer, another version, the database. */
import type { ClusterAnswer, ClusterNode, Finding } from "../../../shared/protocol";
import { countSentence, sentence } from "../../../shared/sentences";
import { finding } from "./finding";

const about = "Cluster";

/** None where the server works alone. */
export function clusterFindings({ node = "", nodes, database }: ClusterAnswer): Finding[] {
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
      ? sentence("this is machine “{node}”; no other one answers", { node })
      : countSentence(
          others.length,
          "this is machine “{node}”; {others} answers",
          "this is machine “{node}”; {others} answer",
          { node, others },
        );
  return [finding({ about, state: "ok", words }), ...faults];
}

const unknown = sentence("nothing more is known");

function awayFinding({ name, reason, said }: ClusterNode): Finding {
  return finding({
    about,
    state: "broken",
    words: sentence("machine “{name}” does not answer: {reason}", {
      name,
      reason: said ?? reason ?? unknown,
    }),
    advice: sentence("Its sessions can be read, and go on once it answers"),
  });
}

function goneFinding({ reason, said }: ClusterAnswer["database"] & {}): Finding {
  return finding({
    about,
    state: "broken",
    words: sentence("the shared database does not answer: {reason}", {
      reason: said ?? reason ?? unknown,
    }),
    advice: sentence("What happens is kept on each machine’s own disk until it does"),
  });
}

function otherVersion({ name, version }: ClusterNode, here: ClusterNode): Finding {
  return finding({
    about,
    state: "broken",
    words: sentence("machine “{name}” runs {version}, this one {own}", {
      name,
      version,
      own: here.version,
    }),
    advice: sentence("Bring all machines to the same version"),
  });
}
