/** Whether the people of this server are apart on its machine, or by their names only. */
import type { Finding } from "../../../shared/protocol";
import type { Services } from "../services";

/** None where one person uses the server. */
export function peopleFindings({
  access,
  unixUsers,
  account,
  cluster,
}: Pick<Services, "access" | "unixUsers" | "account" | "cluster">): Finding[] {
  const about = "People";
  if (account !== undefined)
    return [
      {
        about,
        state: "ok",
        words: `this server is one person's, and runs as the Unix account ${account}`,
      },
    ];
  if (unixUsers !== undefined)
    return [
      { about, state: "ok", words: "each person has a server of their own, as their Unix account" },
    ];
  if (access.people === undefined) return [];
  return [
    {
      about,
      state: "missing",
      words: `all share the Unix user ${userName()}: who may let Rein run commands can read the files of all in the directories of this user, and their sessions too where commands run without a sandbox`,
      advice: cluster
        ? "Give each person whom the others do not trust a Rein of their own (a node of a cluster cannot have REIN_UNIX_USERS yet)"
        : "Start Rein as root with REIN_UNIX_USERS, or give each person a Rein of their own",
    },
  ];
}

function userName(): string {
  const uid = process.getuid?.();
  return uid === 0 ? "root" : `that Rein runs as (number ${uid})`;
}
