/**
 * Run by root, as a process of its own: becomes a Unix account and runs a program in its place, with nothing left of root's.
 * Arguments: the user's and the group's number, then the program and its arguments. Until then PATH and HOME are root's: by
 * the account's a file of the account's would run as root. Its own come as JSON in `accountVariable`.
 */
import { beBun } from "../../program-files";
import { accountVariable } from "../account-command";
import { delegateOwnCgroup } from "./delegate-cgroup";
import { closeAtExec, leaveKeyring } from "./libc";

const [uid = "", gid = "", ...command] = process.argv.slice(2);
const variables = Object.entries(process.env);
const given = variables.find(([name]) => name === accountVariable)?.[1] ?? "{}";
const own = JSON.parse(given) as Record<string, string>;
const kept =
  /^(HOME|USER|LOGNAME|SHELL|PATH|TZ|LANG|LANGUAGE|LC_\w+|LOCALE_ARCHIVE|(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|NIX_SSL_CERT_FILE|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|NODE_EXTRA_CA_CERTS|BUN_CONFIG_MAX_HTTP_REQUESTS|REIN_\w+)$/i;

const setpriv = Bun.which("setpriv");
if (setpriv === null) fail("there is no setpriv (util-linux)");
process.chdir("/");
process.umask(0o022);
try {
  delegateOwnCgroup({ uid: Number(uid), gid: Number(gid) });
} catch (error) {
  // Without it the program works, and says that its jobs have no limits.
  console.error(`The cgroup could not be given to the account ${uid}: ${String(error)}`);
}
try {
  leaveKeyring();
  closeAtExec();
} catch (error) {
  fail((error as Error).message);
}
// The system's own list of the account's groups, and none of root's. Its capabilities go with the user's number.
const become = [`--reuid=${uid}`, `--regid=${gid}`, groups(), "--inh-caps=-all"];
const ofRoot = variables.filter(
  ([name]) => kept.test(name) && name !== beBun && name !== accountVariable,
);
process.execve!(setpriv, ["setpriv", ...become, "--ambient-caps=-all", "--", ...command], {
  ...Object.fromEntries(ofRoot),
  ...own,
});

/** A number without a name belongs to no group but its own. */
function groups(): string {
  const { exitCode } = Bun.spawnSync(["getent", "passwd", uid], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  return exitCode === 0 ? "--init-groups" : "--clear-groups";
}

function fail(reason: string): never {
  console.error(`The account ${uid} could not be entered: ${reason}`);
  process.exit(1);
}
