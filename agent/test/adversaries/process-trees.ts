/** Against the walk: trees that are wide, deep, half dead, or made by other calls than fork. */
import { type Adversary, call, chain, perl, say, trick } from "./adversary";

const [sigchld, cloneParent] = [17, 0x8000];
/** As fork, with these flags. */
const clone = (flags: number): string => `syscall(${call("clone")}, ${flags}, 0, 0, 0, 0)`;

export const processTrees: Adversary[] = [
  { name: "a tree 400 wide", needs: "cc", script: trick("wide") },
  { name: "a tree 200 deep", needs: "cc", script: trick("deep") },
  { name: "four hundred zombies of a living parent", needs: "cc", script: trick("zombies") },
  { name: "children of a thread", needs: "cc", script: trick("thread-children") },
  { name: "a thread whose leader has exited", needs: "cc", script: trick("dead-leader") },
  {
    name: "a chain of processes that become their parent's siblings",
    script: (c) => perl(c, chain(50, 0.005, "", clone(cloneParent | sigchld))),
  },
  {
    name: "a daemon that gives no signal when it exits",
    script: (c) => perl(c, `exit if ${clone(0)}; setsid(); exit if ${clone(0)}; ${say}`),
  },
  { name: "a daemon in its parent's memory", needs: "cc", script: trick("shared-memory") },
  { name: "a parent that waits in vfork", needs: "cc", script: trick("vfork") },
];
