/** A process that swaps a path between a file of the project and a link that leads out, as fast as it can. */
import { dlopen } from "bun:ffi";

/**
 * `exchange A B`: the two names are exchanged (renameat2, RENAME_EXCHANGE). `replace NAME REGULAR TARGET`: NAME becomes a
 * hard link to REGULAR, and a symbolic link to TARGET, whatever was made of it meanwhile. Runs until it is killed.
 */
const [how, a = "", b = "", c = ""] = process.argv.slice(2);
const { symbols: libc } = dlopen("libc.so.6", {
  renameat2: { args: ["int", "ptr", "int", "ptr", "u32"], returns: "int" },
  rename: { args: ["ptr", "ptr"], returns: "int" },
  link: { args: ["ptr", "ptr"], returns: "int" },
  symlink: { args: ["ptr", "ptr"], returns: "int" },
});
const text = (value: string) => Buffer.from(`${value}\0`);
const here = -100; // AT_FDCWD
const exchange = 2;
const names = [a, b, c].map(text) as [Buffer, Buffer, Buffer];
const [temporaryFile, temporaryLink] = [text(`${a}.swap-file`), text(`${a}.swap-link`)];

const swaps = how === "exchange" ? exchangeNames : replaceName;
if (!swaps()) throw new Error("the names cannot be swapped here");
console.log("swapping");
for (;;) swaps();

function exchangeNames(): boolean {
  return libc.renameat2(here, names[0], here, names[1], exchange) === 0;
}

function replaceName(): boolean {
  const results = [
    libc.symlink(names[2], temporaryLink),
    libc.rename(temporaryLink, names[0]),
    libc.link(names[1], temporaryFile),
    libc.rename(temporaryFile, names[0]),
  ];
  return results.every((result) => result === 0);
}
