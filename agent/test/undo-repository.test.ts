/** Snapshots and undo only read the user's own repository, and do not change a byte of it. */
import { beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesIn, sharedUndoScene, repositoryIn, shell, without } from "./undo-scene";

const scene = sharedUndoScene();
let cwd: string;
beforeEach(() => {
  cwd = scene.rein.cwd;
});

/** Two commits, staged and unstaged changes, a stash, and a rebase that has stopped at a conflict. */
const messyRepository = `
git init -q -b main . && echo base > file && echo keep > kept && git add . && git commit -qm base
git checkout -qb topic && echo topic > file && git commit -qam topic
git checkout -q main && echo main > file && git commit -qam main
echo stashed > kept && git stash -q
git checkout -q topic
git rebase main >/dev/null 2>&1 && exit 1
echo staged > staged && git add staged && echo unstaged >> staged && echo loose > loose
`;

test("staged changes, a stash and a running rebase are not changed by a run and its undo", async () => {
  shell(cwd, messyRepository);
  expect(existsSync(join(cwd, ".git/rebase-merge"))).toBe(true);
  const repository = repositoryIn(cwd);
  const before = filesIn(cwd);
  const chat = await scene.run("sed -i s/staged/STAGED/ staged; rm loose; echo resolved > file");
  expect(repositoryIn(cwd)).toEqual(repository);
  await scene.undo(chat);
  expect(filesIn(cwd)).toEqual(before);
  expect(repositoryIn(cwd)).toEqual(repository);
});

test("what a run does to the repository stays, and the files that its checkout changed are restored", async () => {
  shell(cwd, messyRepository);
  shell(cwd, "git rebase --abort; git checkout -q main -- . ; git checkout -qf main");
  const files = without(filesIn(cwd), ".git/");
  const chat = await scene.run("git checkout -qf topic && echo new > new");
  expect(readFileSync(join(cwd, "file"), "utf8")).toBe("topic\n");
  const repository = repositoryIn(cwd);
  await scene.undo(chat);
  expect(without(filesIn(cwd), ".git/")).toEqual(files);
  expect(repositoryIn(cwd)).toEqual(repository);
  expect(shell(cwd, "git symbolic-ref --short HEAD").trim()).toBe("topic");
});

test("a commit of the run stays, and its files are undone only in the working tree", async () => {
  shell(cwd, "git init -q . && echo a > a && git add . && git commit -qm a");
  const identity = "git -c user.name=Agent -c user.email=agent@localhost";
  const chat = await scene.run(`echo b > b && git add b && ${identity} commit -qm b`);
  await scene.undo(chat);
  expect(existsSync(join(cwd, "b"))).toBe(false);
  expect(shell(cwd, "git log --format=%s").trim()).toBe("b\na");
});

test("files of a nested repository are undone, and its git directory is not changed", async () => {
  mkdirSync(join(cwd, "nested/deeper"), { recursive: true });
  shell(join(cwd, "nested"), "git init -q . && echo n > n && git add . && git commit -qm n");
  shell(join(cwd, "nested/deeper"), "git init -q . && echo d > d && git add . && git commit -qm d");
  writeFileSync(join(cwd, "outer"), "outer");
  const before = filesIn(cwd);
  const chat = await scene.run(
    "echo x >> nested/n; echo new > nested/new; rm nested/deeper/d; git init -q fresh; echo f > fresh/f",
  );
  expect(chat.session.runs[0]!.changes?.files.map(({ path }) => path)).toEqual([
    "fresh/f",
    "nested/deeper/d",
    "nested/n",
    "nested/new",
  ]);
  await scene.undo(chat);
  expect(without(filesIn(cwd), "fresh/.git/")).toEqual(before);
});

test("git directories that a run makes or removes are told: an undo leaves them so", async () => {
  shell(
    cwd,
    "git init -q . && git init -q a && git init -q kept && echo x > a/x && echo k > kept/k",
  );
  const chat = await scene.run("rm -rf a .git; git init -q b; echo y > b/y; cd kept; git add k");
  const unseen = chat.session.runs[0]!.changes!.unseen.filter((one) => one.startsWith("Git"));
  const told = unseen.map((one) => one.replace(/^[^:]*: /, ""));
  expect(told).toEqual(["b/.git.", ".git, a/.git."]);
  await scene.undo(chat);
  const left = Object.keys(filesIn(cwd)).filter((name) => !name.includes("/.git/"));
  expect(left.toSorted()).toEqual(["a/x", "kept/k"]);
  expect(existsSync(join(cwd, "b/.git"))).toBe(true);
});

test("in a subdirectory of a repository its ignore rules apply, and nothing outside the subdirectory is changed", async () => {
  shell(cwd, "git init -q . && echo '*.log' > .gitignore && mkdir -p app && echo top > top");
  const app = join(cwd, "app");
  writeFileSync(join(app, "a"), "a");
  const chat = await scene.run(
    "echo x > a; echo x > x.log; echo x > ../top; mkdir s; echo s > s/s",
    {
      cwd: app,
    },
  );
  expect(chat.session.runs[0]!.changes?.files.map(({ path }) => path)).toEqual(["a", "s/s"]);
  await scene.undo(chat);
  expect(Object.keys(filesIn(app)).toSorted()).toEqual(["a", "x.log"]);
  expect(readFileSync(join(app, "a"), "utf8")).toBe("a");
  expect(readFileSync(join(cwd, "top"), "utf8")).toBe("x\n");
});

test("a directory that its enclosing repository ignores is recorded like one outside any repository", async () => {
  shell(cwd, "git init -q . && echo '/scratch/' > .gitignore && mkdir scratch");
  const chat = await scene.run("echo x > x", { cwd: join(cwd, "scratch") });
  expect(chat.session.runs[0]!.changes?.files.map(({ path }) => path)).toEqual(["x"]);
});

test("a tracked file that matches an ignore rule is undone like any other", async () => {
  shell(
    cwd,
    "git init -q . && echo '*.lock' > .gitignore && echo one > a.lock && git add -f . && git commit -qm a",
  );
  const before = without(filesIn(cwd), ".git/");
  await scene.undo(await scene.run("echo two > a.lock; echo other > b.lock"));
  const { "b.lock": other, ...rest } = without(filesIn(cwd), ".git/");
  expect(rest).toEqual(before);
  expect(other).toBeDefined();
});

test("the project's attributes, hooks and filters do not affect the snapshots", async () => {
  shell(
    cwd,
    `git init -q . && git config filter.loud.clean 'touch ran; tr a-z A-Z' && git config filter.loud.smudge 'touch ran; cat'
     printf '* text=auto eol=crlf ident filter=loud\\n*.u working-tree-encoding=UTF-16\\n' > .gitattributes
     printf 'one\\r\\ntwo\\n$Id$\\n' > mixed; printf 'plain' > a.u`,
  );
  const before = filesIn(cwd);
  await scene.undo(await scene.run("rm mixed; echo x > a.u"));
  expect(filesIn(cwd)).toEqual(before);
});
