/** Whether the people of this server are apart on its machine, or by their names only. */
import type { Finding } from "../../../shared/protocol";
import { sentence } from "../../../shared/sentences";
import type { Services } from "../services";
import { finding } from "./finding";

/** None where one person uses the server. */
export function peopleFindings({
  access,
  unixUsers,
  account,
  cluster,
}: Pick<Services, "access" | "unixUsers" | "account" | "cluster">): Finding[] {
  const about = "People";
  if (account !== undefined) {
    const words = sentence("this server is one person's, and runs as the Unix account {account}", {
      account,
    });
    return [finding({ about, state: "ok", words })];
  }
  if (unixUsers !== undefined) {
    const words = sentence("each person has a server of their own, as their Unix account");
    return [finding({ about, state: "ok", words })];
  }
  if (access.people === undefined) return [];
  return [
    finding({
      about,
      state: "missing",
      words: sentence(
        "all share the Unix user {user}: who may let Rein run commands can read the files of all in the directories of this user, and their sessions too where commands run without a sandbox",
        { user: userName() },
      ),
      advice: cluster
        ? sentence(
            "Give each person whom the others do not trust a Rein of their own (a node of a cluster cannot have REIN_UNIX_USERS yet)",
          )
        : sentence(
            "Start Rein as root with REIN_UNIX_USERS, or give each person a Rein of their own",
          ),
    }),
  ];
}

function userName() {
  const uid = process.getuid?.();
  if (uid === 0) return "root";
  return sentence("that Rein runs as (number {uid})", { uid: String(uid) });
}
