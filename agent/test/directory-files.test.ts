/** The paths of a directory are found by a few letters, without what it ignores, and without following a link. */
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createRein } from "../sdk/create-rein";
import { createJobs } from "../server/processes/create-jobs";
import type { JobEnd, Jobs } from "../server/processes/jobs";
import { PathIndex } from "../server/tools/search/path-index";
import { createProjectPaths, listFiles } from "../server/tools/search/project-paths";
import { apiScene } from "./api-scene";
import { temporaryDirectory } from "./temporary-directory";
import { until } from "./within";

const { rein } = apiScene({ environment: () => ({ REIN_LOG: "debug" }) });
const soon = () => AbortSignal.timeout(120_000);

async function find(cwd: string, query: string, limit = 20): Promise<string[]> {
  const sdk = createRein({ url: rein.url, client: "terminal", credential: rein.token });
  return (await sdk.directoryFiles({ cwd, query, limit }, soon())).files;
}

function make(root: string, ...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), "");
  }
}

test("what git ignores is left out, hidden files and names with line breaks are found, links are not followed", async () => {
  using directory = temporaryDirectory();
  using outside = temporaryDirectory();
  const root = directory.path;
  make(outside.path, "secret/outside.ts");
  make(
    root,
    "src/app.ts",
    "src/line\nbreak \u001b[31m.ts",
    ".env.example",
    "dist/app.js",
    ".git/config",
  );
  writeFileSync(join(root, ".gitignore"), "dist\n");
  writeFileSync(Buffer.concat([Buffer.from(`${root}/bad-`), Buffer.from([0xff])]), "");
  symlinkSync(outside.path, join(root, "link"));
  symlinkSync("/dev/zero", join(root, "zero"));
  expect((await find(root, "")).toSorted()).toEqual(
    [
      ".env.example",
      ".gitignore",
      "src/",
      "src/app.ts",
      "src/line\nbreak \u001b[31m.ts",
    ].toSorted(),
  );
  expect(await find(root, "sap")).toEqual(["src/app.ts"]);
  expect(await find(root, "outside")).toEqual([]);
  expect(await find(join(root, "link"), "outside")).toEqual(["secret/outside.ts"]);
});

test("a directory that does not exist, one of the kernel, and a limit out of range", async () => {
  const status = (query: string) =>
    rein.fetch(`/api/directory/files?${query}`).then((one) => one.status);
  using directory = temporaryDirectory();
  const cwd = `cwd=${encodeURIComponent(directory.path)}`;
  expect(await find(directory.path, "")).toEqual([]);
  expect(await find("/proc", "")).toEqual([]);
  expect(await status(`cwd=${encodeURIComponent(join(directory.path, "none"))}`)).toBe(400);
  expect(await status(`${cwd}&limit=0`)).toBe(400);
  expect(await status(`${cwd}&limit=100000`)).toBe(400);
  expect(await status(`${cwd}&query=${"x".repeat(401)}`)).toBe(400);
});

function indexOf(paths: string[]): PathIndex {
  const index = new PathIndex();
  for (const path of paths) index.add(path);
  return index;
}

test("names that begin with the letters come first, then names and paths that have them, then their order alone", async () => {
  const index = indexOf([
    "lib/app/x.ts",
    "a/p/p.ts",
    "src/my-app.ts",
    "app.ts",
    "app/b",
    "sap-polish.ts",
    "zzz",
  ]);
  const found = [
    "app/",
    "app.ts",
    "lib/app/",
    "src/my-app.ts",
    "app/b",
    "lib/app/x.ts",
    "sap-polish.ts",
    "a/p/p.ts",
  ];
  expect(await index.best("App", 20, soon())).toEqual(found);
  expect(await index.best("app", 2, soon())).toEqual(found.slice(0, 2));
});

test("the beginnings of words and letters side by side count more than letters far apart", async () => {
  const best = (query: string, ...paths: string[]) => indexOf(paths).best(query, 1, soon());
  expect(await best("pi", "x/spin.ts", "x/PathIndex.ts")).toEqual(["x/PathIndex.ts"]);
  expect(await best("pix", "x/paaiaax", "x/Path-ix.ts")).toEqual(["x/Path-ix.ts"]);
  expect(await best("srcapp", "s-r-c/a-long-path-p", "src/app.ts")).toEqual(["src/app.ts"]);
  expect(await best("test", "test/a.ts", "x/y/my.test.ts")).toEqual(["test/"]);
});

test("a query that extends the last one finds what it finds alone", async () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "/", "-", "B"), maxLength: 8 });
  const paths = fc.array(
    letters.map((one) => `x${one}y`),
    { maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(paths, letters, async (files, query) => {
      const typed = indexOf(files);
      for (let length = 0; length <= query.length; length++) {
        const wanted = query.slice(0, length);
        expect(await typed.best(wanted, 3, soon())).toEqual(
          await indexOf(files).best(wanted, 3, soon()),
        );
      }
    }),
    { numRuns: 50 },
  );
});

/** In the place of ripgrep: it lists these. */
function listing(pieces: () => Iterable<string>): Pick<Jobs, "run"> {
  return {
    async run(request) {
      for (const piece of pieces()) request.onOutput?.(piece, "stdout");
      return { stopped: false, timedOut: false, exitCode: 0 } as JobEnd;
    },
  };
}

test("of a million files, and of folders without end, so many are looked at, and others have their turn", async () => {
  using directory = temporaryDirectory();
  function* million() {
    for (let number = 0; number < 1000; number++)
      yield Array.from({ length: 1000 }, (_, file) => `dir${number}/f${file}.ts\0`).join("");
  }
  function* deep() {
    for (let number = 0; number < 5000; number++) yield `${number}${"/d".repeat(2000)}/f\0`;
  }
  for (const pieces of [million, deep]) {
    let turns = 0;
    const count = setInterval(() => turns++, 1);
    const index = await listFiles(listing(pieces), directory.path, soon());
    clearInterval(count);
    expect(index.isPartial).toBe(true);
    expect(index.size).toBeLessThan(310_000);
    expect(turns).toBeGreaterThan(5);
  }
});

test("an old listing is renewed: the answer says so, and who asks for the newest has it", async () => {
  using directory = temporaryDirectory();
  let [now, files] = [0, "one\0"];
  const { promise: renewed, resolve: renew } = Promise.withResolvers<void>();
  const jobs = listing(() => [files]);
  const paths = createProjectPaths(
    {
      async run(...request) {
        if (now > 0) await renewed;
        return jobs.run(...request);
      },
    },
    () => now,
  );
  const search = (newest: boolean) =>
    paths.find(directory.path, { query: "", limit: 5, newest }, soon());
  expect(await search(false)).toEqual({ paths: ["one"], isPartial: false, isOld: false });
  [now, files] = [60_000, "one\0two\0"];
  expect(await search(false)).toEqual({ paths: ["one"], isPartial: false, isOld: true });
  const newest = search(true);
  renew();
  expect(await newest).toEqual({ paths: ["one", "two"], isPartial: false, isOld: false });
});

test("an aborted search of a large directory ends with its reason", async () => {
  const index = indexOf(Array.from({ length: 100_000 }, (_, number) => `d/${number}`));
  const controller = new AbortController();
  const search = index.best("9", 20, controller.signal);
  controller.abort(new Error("enough"));
  expect(await search.catch((error: Error) => error.message)).toBe("enough");
  expect(await index.best("", 3, soon())).toEqual(["d/", "d/0", "d/1"]);
});

test("a request that goes away ends the listing with its reason, and the next one lists anew", async () => {
  using directory = temporaryDirectory();
  using data = temporaryDirectory();
  make(directory.path, "one.ts");
  const paths = createProjectPaths(createJobs({ dataDir: data.path }));
  const controller = new AbortController();
  const search = paths.find(directory.path, { query: "", limit: 5 }, controller.signal);
  controller.abort(new Error("gone"));
  expect(await search.catch((error: Error) => error.message)).toBe("gone");
  expect((await paths.find(directory.path, { query: "", limit: 5 }, soon())).paths).toEqual([
    "one.ts",
  ]);
});

test("a listing that its client gives up is no warning in the log", async () => {
  using directory = temporaryDirectory();
  const ignored = join(directory.path, ".ignore");
  // Whatever reads it waits.
  Bun.spawnSync(["mkfifo", ignored]);
  const controller = new AbortController();
  const { signal } = controller;
  const path = `/api/directory/files?query=a&cwd=${encodeURIComponent(directory.path)}`;
  const refused = () => rein.output().split("A request was not accepted").length;
  const before = refused();
  const request = rein.fetch(path, { signal }).catch((error: unknown) => error);
  await using _listing = await open(ignored, "w");
  controller.abort();
  await request;
  await until(() => refused() > before);
  expect(rein.output()).not.toContain("could not be listed");
});
