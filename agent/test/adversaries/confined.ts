/** Against what the server may do: processes in namespaces, behind filters, and with the rights of another user. */
import { type Adversary, call, perl, say, sleepWith } from "./adversary";

const refuseKill = [
  [0x20, 0, 0, 0], // the call's number
  [0x15, 0, 1, call("kill")],
  [0x06, 0, 0, 0x0005_0001], // EPERM
  [0x06, 0, 0, 0x7fff_0000], // allowed
].map((words) => `pack("SCCL", ${words.join(", ")})`);

export const confined: Adversary[] = [
  {
    name: "a user namespace",
    script: (c) =>
      `unshare -U sh -c "echo ready; exec setsid -f ${sleepWith(c)}" || echo "lacks user namespaces"; ${sleepWith(c)}`,
  },
  {
    name: "a PID and a mount namespace",
    script: (c) =>
      `unshare -Urmpf --mount-proc sh -c "setsid ${sleepWith(c)} & echo ready; wait" || echo "lacks PID namespaces"`,
  },
  {
    name: "a filter that refuses kill",
    script: (c) =>
      perl(
        c,
        `my $f = join "", ${refuseKill.join(", ")}; my $p = pack "S x6 P", 4, $f; syscall(${call("prctl")}, 38, 1, 0, 0, 0); syscall(${call("prctl")}, 22, 2, $p, 0, 0) == 0 or print "lacks seccomp\\n"; exit if fork; setsid(); ${say}`,
      ),
  },
  {
    name: "a process without capabilities",
    script: (c) =>
      `setpriv --no-new-privs --inh-caps=-all sh -c "echo ready; exec setsid ${sleepWith(c)}" || echo "lacks setpriv"`,
  },
  {
    name: "a set-user-id program at its prompt",
    terminal: true,
    script: (c) =>
      `[ $EUID = 0 ] && echo "lacks an ordinary user" && exit; (while read -r name </proc/$$/comm && [ "$name" != su ]; do :; done; echo ready) & exec su root -- ${c}`,
  },
];
