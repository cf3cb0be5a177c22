/** The corpus of hostile directories: each would run a command, wait for ever, or lead git elsewhere. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { shell } from "../undo-scene";

/** Where a repository is planted. */
export interface Ground {
  /** A repository with one commit of `file`, unless the plant is made of another one. */
  cwd: string;
  /** A directory outside of it, for what the repository leads to. */
  elsewhere: string;
  /** A shell command that reports that it has run. */
  canary: string;
}

/** By what each tries. */
export const hostileRepositories: Record<string, (ground: Ground) => void> = {
  "an fsmonitor command": ({ cwd, canary }) => configure(cwd, "core.fsmonitor", canary),
  "an fsmonitor hook"({ cwd, canary }) {
    hook(cwd, "fsmonitor-watchman", canary);
    configure(cwd, "core.fsmonitor", ".git/hooks/fsmonitor-watchman");
  },
  "a clean and smudge filter"({ cwd, canary }) {
    writeFileSync(join(cwd, ".gitattributes"), "* filter=evil diff=evil merge=evil\n");
    for (const key of ["clean", "smudge", "process"]) configure(cwd, `filter.evil.${key}`, canary);
    configure(cwd, "filter.evil.required", "true");
  },
  "attributes of the repository alone"({ cwd, canary }) {
    writeFileSync(join(cwd, ".git/info/attributes"), "* filter=evil\n");
    configure(cwd, "filter.evil.clean", canary);
  },
  "every hook"({ cwd, canary }) {
    for (const name of hookNames) hook(cwd, name, canary);
  },
  "another folder of hooks"({ cwd, canary }) {
    mkdirSync(join(cwd, "hooks"));
    for (const name of hookNames) script(join(cwd, "hooks", name), canary);
    configure(cwd, "core.hooksPath", "hooks");
  },
  "a pager, an alias, an editor, a diff and a signing program"({ cwd, canary }) {
    for (const key of ["core.pager", "pager.ls-files", "pager.diff", "core.editor"])
      configure(cwd, key, canary);
    for (const name of ["ls-files", "update-index", "write-tree", "diff-tree", "check-ignore"])
      configure(cwd, `alias.${name}`, `!${canary}`);
    for (const key of ["gpg.program", "sequence.editor", "core.askPass", "diff.external"])
      configure(cwd, key, canary);
    configure(cwd, "commit.gpgSign", "true");
  },
  "a text conversion"({ cwd, canary }) {
    writeFileSync(join(cwd, ".gitattributes"), "* diff=evil\n");
    for (const key of ["textconv", "command"]) configure(cwd, `diff.evil.${key}`, canary);
  },
  "an included configuration"({ cwd, canary }) {
    writeFileSync(join(cwd, "more"), configurationOf(canary));
    configure(cwd, "include.path", "../more");
    configure(cwd, "includeIf.gitdir:/**.path", "../more");
  },
  "the configuration of a worktree"({ cwd, canary }) {
    configure(cwd, "extensions.worktreeConfig", "true");
    writeFileSync(join(cwd, ".git/config.worktree"), configurationOf(canary));
  },
  "a partial clone"({ cwd, canary, elsewhere }) {
    partialClone(cwd);
    configure(cwd, "remote.origin.url", elsewhere);
    configure(cwd, "remote.origin.uploadpack", canary);
  },
  "a partial clone over ssh"({ cwd, canary }) {
    partialClone(cwd);
    configure(cwd, "remote.origin.url", "ssh://host.invalid/repository");
    configure(cwd, "core.sshCommand", canary);
  },
  "a partial clone with a transport of its own"({ cwd, canary }) {
    partialClone(cwd);
    configure(cwd, "remote.origin.url", `ext::sh -c "${canary}"`);
    configure(cwd, "protocol.ext.allow", "always");
  },
  "a partial clone over http with a credential helper"({ cwd, canary }) {
    partialClone(cwd);
    configure(cwd, "remote.origin.url", "http://127.0.0.1:9/repository");
    configure(cwd, "credential.helper", `!${canary}`);
  },
  "objects elsewhere"({ cwd, canary, elsewhere }) {
    shell(elsewhere, "mkfifo pipe");
    writeFileSync(join(elsewhere, "config"), configurationOf(canary));
    const alternates = join(cwd, ".git/objects/info/alternates");
    writeFileSync(alternates, `${elsewhere}\n${elsewhere}/pipe\n`);
  },
  "a submodule with an update command"({ cwd, canary }) {
    nest(cwd, "module", canary);
    shell(cwd, "git add module 2>/dev/null");
    writeFileSync(
      join(cwd, ".gitmodules"),
      `[submodule "module"]\n\tpath = module\n\turl = ./module\n\tupdate = ${JSON.stringify(`!${canary}`)}\n`,
    );
    configure(cwd, "submodule.module.update", `!${canary}`);
    configure(cwd, "submodule.recurse", "true");
  },
  "a working tree elsewhere"({ cwd, canary, elsewhere }) {
    configure(cwd, "core.worktree", elsewhere);
    configure(cwd, "core.fsmonitor", canary);
  },
  "a .git file"({ cwd, canary, elsewhere }) {
    configure(cwd, "core.fsmonitor", canary);
    renameSync(join(cwd, ".git"), join(elsewhere, "git"));
    writeFileSync(join(cwd, ".git"), `gitdir: ${elsewhere}/git\n`);
  },
  "a .git link"({ cwd, canary, elsewhere }) {
    configure(cwd, "core.fsmonitor", canary);
    renameSync(join(cwd, ".git"), join(elsewhere, "git"));
    symlinkSync(join(elsewhere, "git"), join(cwd, ".git"));
  },
  "a second worktree"({ cwd, canary, elsewhere }) {
    shell(elsewhere, "git init -q . && git commit -q --allow-empty -m first");
    shell(elsewhere, `rm -rf ${cwd}/.git; git worktree add -qf --no-checkout ${cwd}/tree`);
    renameSync(join(cwd, "tree/.git"), join(cwd, ".git"));
    configure(elsewhere, "core.fsmonitor", canary);
  },
  "a common directory elsewhere"({ cwd, canary, elsewhere }) {
    configure(cwd, "core.fsmonitor", canary);
    shell(cwd, `cp -r .git ${elsewhere}/git && rm .git/config`);
    writeFileSync(join(cwd, ".git/commondir"), `${elsewhere}/git\n`);
  },
  "an embedded bare repository"({ cwd, canary }) {
    shell(cwd, "git init -q --bare bare && touch bare/file");
    appendFileSync(join(cwd, "bare/config"), configurationOf(canary));
  },
  "a bare repository as the directory itself"({ cwd, canary }) {
    shell(cwd, "rm -rf .git && git init -q --bare bare && mv bare/* .");
    appendFileSync(join(cwd, "config"), configurationOf(canary));
  },
  "nested repositories at several depths"({ cwd, canary }) {
    for (const path of ["a", "b/c", "a/d/e/f"]) {
      nest(cwd, path, canary);
      partialClone(join(cwd, path));
      configure(join(cwd, path), "remote.origin.url", cwd);
      configure(join(cwd, path), "remote.origin.uploadpack", canary);
    }
  },
  "a hundred repositories, each in the one before"({ cwd }) {
    let path = cwd;
    for (let depth = 0; depth < 100; depth++) {
      path = join(path, "n");
      mkdirSync(join(path, ".git/objects"), { recursive: true });
      mkdirSync(join(path, ".git/refs"));
      writeFileSync(join(path, ".git/HEAD"), "ref: refs/heads/main\n");
      writeFileSync(join(path, "f"), "");
    }
  },
  "a pipe as HEAD of a nested repository"({ cwd, canary }) {
    nest(cwd, "nested", canary);
    shell(cwd, "rm nested/.git/HEAD; mkfifo nested/.git/HEAD");
  },
  "a pipe as .git of a nested repository": ({ cwd }) =>
    void shell(cwd, "mkdir nested; mkfifo nested/.git; touch nested/f"),
  "a common directory without end"({ cwd, canary }) {
    nest(cwd, "nested", canary);
    symlinkSync("/dev/zero", join(cwd, "nested/.git/commondir"));
  },
  "a pipe as .git": ({ cwd }) => void shell(cwd, "rm -rf .git; mkfifo .git"),
  "pipes as ignore rules": ({ cwd }) =>
    void shell(
      cwd,
      "mkdir d; touch d/f; mkfifo .gitignore d/.gitignore; rm -f .git/info/exclude; mkfifo .git/info/exclude",
    ),
  "links to devices as ignore rules": ({ cwd }) =>
    void shell(cwd, "ln -s /dev/zero .gitignore; ln -sf /dev/zero .git/info/exclude"),
  "a pipe as the file of excludes"({ cwd, elsewhere }) {
    shell(elsewhere, "mkfifo pipe");
    configure(cwd, "core.excludesFile", join(elsewhere, "pipe"));
    configure(cwd, "core.attributesFile", join(elsewhere, "pipe"));
  },
  "pipes and sockets among the files": ({ cwd }) =>
    void shell(
      cwd,
      "mkfifo pipe; mkdir d; mkfifo d/pipe; ln -s pipe link; ln -s . loop; ln -s /dev/zero zero",
    ),
  "a pipe as index": ({ cwd }) => void shell(cwd, "rm .git/index; mkfifo .git/index"),
  "an index without end": ({ cwd }) => void shell(cwd, "ln -sf /dev/zero .git/index"),
  "a damaged index"({ cwd }) {
    const path = join(cwd, ".git/index");
    writeFileSync(path, readFileSync(path).fill(0xff, 12));
  },
  "an index that claims four thousand million entries"({ cwd }) {
    const path = join(cwd, ".git/index");
    const index = readFileSync(path);
    index.writeUInt32BE(0xffff_ffff, 8);
    writeFileSync(path, index);
  },
  "a huge index": ({ cwd }) => void shell(cwd, "truncate -s 8G .git/index"),
  "a split index, with a cache and a monitor"({ cwd, canary }) {
    shell(cwd, "git update-index --split-index --untracked-cache --force-write-index");
    configure(cwd, "core.fsmonitor", canary);
  },
  "an index with names that lead out"({ cwd, elsewhere }) {
    writeFileSync(join(elsewhere, "secret"), "secret");
    const names = [
      "../secret",
      "/etc/passwd",
      ".git/config",
      "a/../../secret",
      ".GIT/x",
      "link/secret",
    ];
    symlinkSync(elsewhere, join(cwd, "link"));
    writeFileSync(join(cwd, ".gitignore"), "*\n");
    writeFileSync(join(cwd, ".git/index"), indexOf([...names, "file"].toSorted()));
  },
  "names that look like options, path specifications and .git"({ cwd }) {
    const names = [
      "--help",
      "-n",
      ":(exclude)file",
      ":!file",
      "a\nb",
      '"',
      "\u202egnp",
      "é",
      "*",
      "\\",
    ];
    for (const name of [...names, "git~1", ".git ", ".git.", ".git\u200c"])
      writeFileSync(join(cwd, name), "");
    writeFileSync(Buffer.concat([Buffer.from(`${cwd}/`), Buffer.from([0xff, 0xfe])]), "");
    for (let at = 0; at < 25; at++) {
      mkdirSync(join(cwd, `${at}/.GIT`), { recursive: true });
      writeFileSync(join(cwd, `${at}/.GIT/config`), "");
      symlinkSync("file", join(cwd, `${at}/.gitmodules`));
    }
  },
};

const hookNames = ["post-index-change", "pre-commit", "post-checkout", "reference-transaction"];
hookNames.push("post-commit", "pre-auto-gc", "update", "fsmonitor-watchman", "post-rewrite");

/** A repository with one commit, in a directory that is there. */
export function makeRepository(cwd: string): void {
  writeFileSync(join(cwd, "file"), "before\n");
  shell(cwd, "git init -q . && git add . && git commit -qm first");
}

function configure(cwd: string, key: string, value: string): void {
  shell(
    cwd,
    `git config --file "$(cd -P . && git rev-parse --git-dir)/config" ${quoted(key)} ${quoted(value)}`,
  );
}

function configurationOf(canary: string): string {
  return `[core]\n\tfsmonitor = ${JSON.stringify(canary)}\n`;
}

function hook(cwd: string, name: string, canary: string): void {
  mkdirSync(join(cwd, ".git/hooks"), { recursive: true });
  script(join(cwd, ".git/hooks", name), canary);
}

function script(path: string, command: string): void {
  writeFileSync(path, `#!/bin/sh\n${command}\n`);
  chmodSync(path, 0o755);
}

function nest(cwd: string, path: string, canary: string): void {
  const directory = join(cwd, path);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "inner"), "");
  makeRepository(directory);
  hook(directory, "post-index-change", canary);
  configure(directory, "core.fsmonitor", canary);
}

/** A git that needs the ignore rules, which are tracked and not there, has to fetch them. */
function partialClone(cwd: string): void {
  writeFileSync(join(cwd, ".gitignore"), "*.log\n");
  shell(
    cwd,
    `git add .gitignore && git commit -qm rules && git update-index --skip-worktree .gitignore
     rm -f .git/objects/$(git rev-parse :.gitignore | sed 's,^..,&/,') .gitignore`,
  );
  configure(cwd, "core.repositoryFormatVersion", "1");
  configure(cwd, "extensions.partialClone", "origin");
  configure(cwd, "remote.origin.promisor", "true");
}

/** An index of version 2 with these names, each an empty file; git would not write it. */
function indexOf(names: string[]): Uint8Array {
  const entries = names.map((name) => {
    const entry = Buffer.alloc((62 + name.length + 8) & ~7);
    entry.writeUInt32BE(0o100644, 24);
    entry.write("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", 40, "hex");
    entry.writeUInt16BE(name.length, 60);
    entry.write(name, 62, "latin1");
    return entry;
  });
  const header = Buffer.from("DIRC\0\0\0\x02\0\0\0\0", "latin1");
  header.writeUInt32BE(names.length, 8);
  const content = Buffer.concat([header, ...entries]);
  return Buffer.concat([content, new Bun.CryptoHasher("sha1").update(content).digest()]);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
