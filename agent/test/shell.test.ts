/** A session's shell lasts: what a command leaves in it is there for the next one, whatever has ended it. */
import { expect, test } from "bun:test";
import { ToolBench } from "./tools-bench";

test("directory, variables, functions, aliases, options and umask are there for the next command", async () => {
  using bench = new ToolBench();
  await bench.call("bash", {
    command: `mkdir -p "odd 'dir"; cd "odd 'dir"; plain=1; export EXPORTED=2
      list=(a "b c"); declare -A map=([key]="it's"); readonly fixed=3
      lines=$'one\\ntwo'; greet() { echo "hello $1"; }; export -f greet
      alias shout='echo LOUD'; shopt -s nullglob extglob; set -o pipefail; umask 027`,
  });
  const { text } = await bench.call("bash", {
    command: `pwd; echo $plain $(printenv EXPORTED) "\${list[1]}" "\${map[key]}" $fixed "$lines"
greet you; bash -c 'greet child'
shout now
shopt -q nullglob && shopt -q extglob && shopt -qo pipefail && umask`,
  });
  expect(text).toBe(
    `${bench.cwd}/odd 'dir\n1 2 b c it's 3 one\ntwo\nhello you\nhello child\nLOUD now\n0027\n`,
  );
});

test("what a command takes away stays away", async () => {
  using bench = new ToolBench();
  await bench.call("bash", {
    command: "a=1; f() { :; }; alias g=ls; export -n HOME; unset LANG PATH",
  });
  await bench.call("bash", { command: "unset a; unset -f f; unalias g" });
  const { text } = await bench.call("bash", {
    command: "echo ${a-no a} ${LANG-no lang} ${PATH-no path}; declare -p HOME; alias; declare -F f",
  });
  expect(text.split("\n")).toEqual([
    "no a no lang no path",
    `declare -- HOME="${process.env.HOME}"`,
    "[exit code 1]",
  ]);
});
