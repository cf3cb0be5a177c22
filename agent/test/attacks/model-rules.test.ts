/** A model that plays with the words of a rule: an allowance covers what it names, and nothing a shell makes more of. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { checkedCall, repliedDigest } from "../../server/agent/call-permission";
import { callDigest } from "../../server/rules/call-digest";
import { type Permission, permissionFor } from "../../server/rules/permission";
import type { ProjectRule, Rule, RuleEffect, Session, ToolCallPart } from "../../shared/protocol";
import {
  type Access,
  describeRule,
  offeredRules,
  ruleConcerns,
  ruleCovers,
} from "../../shared/rules";
import { ruleRequest } from "../../shared/requests";
import { extendsPrefix, runsItsArguments, simpleWords } from "../../shared/simple-command";
import { propertyTest } from "../sweep/property-test";

const bashPath = Bun.which("bash")!;
const cwd = "/home/person/project";

describe("a prefix covers", () => {
  const prefix: Rule = { kind: "command", match: "prefix", command: "npm test" };

  test.each(["npm test", "npm test src/a.test.ts", "npm test unit e2e"])("%j", (command) => {
    expect(ruleCovers(prefix, at(command), cwd)).toBe(true);
  });

  test.each([
    "npm test; rm -rf .",
    "npm test\nrm -rf .",
    "npm test\r\nrm",
    "npm test && rm x",
    "npm test & rm x",
    "npm test | sh",
    "npm test > x",
    "npm test < x",
    "npm test $(rm x)",
    "npm test `rm x`",
    "npm test $HOME",
    "npm test ~/x",
    "npm test *",
    "npm test {a,b}",
    "npm test [a]",
    "npm test ?",
    "npm test 'a'",
    'npm test "a"',
    "npm test a\\ b",
    "npm test #a",
    "npm test !x",
    "npm test a=b",
    "npm  test",
    " npm test",
    "npm test ",
    "npm\ttest",
    "npm\u00a0test",
    "npm\u2028test",
    "npm test\u0000x",
    "npm test\u200b",
    "npm test\u202e x",
    "npm tests",
    "npm testing x",
    "x npm test",
    "PATH=. npm test",
    "sudo npm test",
    "env npm test",
    "./npm test",
    "npm test --script-shell=x",
    "npm test -x",
    "npm test --",
    "npm test /tmp/x",
    "npm test ../x",
    "npm test a/../../x",
    "NPM test",
  ])("not %j", (command) => {
    expect(ruleCovers(prefix, at(command), cwd)).toBe(false);
  });

  test("nothing in another directory of the shell", () => {
    expect(ruleCovers(prefix, at("npm test", `${cwd}/evil`), cwd)).toBe(false);
    const there: Rule = { ...prefix, directory: "evil" };
    expect(ruleCovers(there, at("npm test", `${cwd}/evil`), cwd)).toBe(true);
    expect(ruleCovers(there, at("npm test"), cwd)).toBe(false);
  });
});

describe("what bash makes of a command that a prefix covers", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "rein-stubs-"));
    mkdirSync(join(directory, "bin"));
    mkdirSync(join(directory, "work"));
    const stub =
      '#!/bin/sh\nfor one in "${0##*/}" "$@"; do printf "%s\\n" "$one"; done >> ../log\n';
    for (const name of ["npm", "rm", "sh", "env", "a", "test"]) {
      writeFileSync(join(directory, "bin", name), stub);
      chmodSync(join(directory, "bin", name), 0o755);
    }
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  // Mostly harmless pieces, so that many commands are covered.
  const piece = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(" ", " a", " rm", " src/x.ts", " a:b", ",", "+", "@", "_"),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ..."\n\r\t;&|<>()$`\\\"'*?[]#~=%!{}^-".split(""),
        ..."\u0000 \u00a0 \u2028 \u200b \u202e é 𝒳 .. // \u0085 \ufeff".split(" "),
        "  ",
        "; rm",
        "$(rm)",
        "&& rm",
        "| sh",
        ">out",
        " -x",
        " /x",
        "\\\n",
      ),
    },
  );
  const anyCommand = fc
    .array(piece, { maxLength: 6 })
    .map((pieces) => `npm test${pieces.join("")}`);
  const numRuns = process.env.REIN_TRIES === "full" ? 20_000 : 1500;

  propertyTest(
    "is that one program with exactly these words, and no other effect",
    { file: "attacks/model-rules.test.ts", seed: 10, numRuns, timeoutMs: 600_000 },
    fc.asyncProperty(anyCommand, async (command) => {
      if (!extendsPrefix(command, "npm test")) return;
      rmSync(join(directory, "log"), { force: true });
      const bash = Bun.spawn([bashPath, "-c", command], {
        cwd: join(directory, "work"),
        env: { PATH: join(directory, "bin") },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const printed = [bash.stdout, bash.stderr].map((stream) => new Response(stream).text());
      expect(await Promise.all(printed)).toEqual(["", ""]);
      expect(await bash.exited).toBe(0);
      const ran = readFileSync(join(directory, "log"), "utf8").trimEnd().split("\n");
      expect(ran).toEqual(simpleWords(command)!);
      expect(readdirSync(join(directory, "work"))).toEqual([]);
    }),
  );

  test("is tried with commands of which some are covered and some are not", () => {
    const commands = fc.sample(anyCommand, { seed: 10, numRuns: 1500 });
    const covered = commands.filter((command) => extendsPrefix(command, "npm test"));
    expect(covered.length).toBeGreaterThan(150);
    expect(covered.length).toBeLessThan(1400);
  });
});

describe("an “always” offers", () => {
  test.each([
    ["npm test", ["npm test", "npm test"]],
    ["npm run check src", ["npm run check src", "npm run check"]],
    ["git status --short", ["git status --short", "git status --short"]],
    ["git push", ["git push"]],
    ["npm install left-pad", ["npm install left-pad"]],
    ["npm run --prefix x", ["npm run --prefix x"]],
    ["git -c core.pager=x status", ["git -c core.pager=x status"]],
    ["npm test && rm x", ["npm test && rm x"]],
    ["npm test\nrm x", ["npm test\nrm x"]],
    ["constructor test x", ["constructor test x"]],
  ])(
    "%j: the exact command first, and a prefix only of a known program: %j",
    (command, expected) => {
      const commands = offeredRules(at(command), cwd).map(
        (rule) => rule.kind === "command" && rule.command,
      );
      expect(commands).toEqual(expected);
    },
  );

  test("no prefix of a program that runs its arguments", () => {
    for (const program of runsItsArguments)
      expect(offeredRules(at(`${program} test x`), cwd).length).toBe(1);
  });

  test("no rule that does not cover the call itself", () => {
    const calls: Access[] = [
      at("npm test"),
      at("npm run check --fix src"),
      at("ls -la", `${cwd}/src`),
      { kind: "edit", path: `${cwd}/src/deep/a.ts` },
      { kind: "edit", path: `${cwd}/a.ts` },
      { kind: "edit", path: "/etc/hosts" },
      { kind: "read", path: "/etc/hosts" },
      { kind: "read", path: "/etc", isSearch: true },
      ...toolCalls,
      { kind: "edit", path: `${cwd}/src/a.ts`, also: [{ kind: "edit", path: `${cwd}/lib/b.ts` }] },
      { kind: "edit", path: `${cwd}/src/a.ts`, also: [{ kind: "edit", path: "/etc/hosts" }] },
    ];
    for (const access of calls)
      for (const rule of offeredRules(access, cwd))
        expect([rule, ruleCovers(rule, access, cwd)]).toEqual([rule, true]);
  });

  test("words that name what it covers, one for each rule", () => {
    const inside = offeredRules({ kind: "edit", path: `${cwd}/src/deep/a.ts` }, cwd);
    expect(inside.map((rule) => describeRule(rule))).toEqual([
      "edits of src/deep/a.ts",
      "edits inside src/deep/",
      "edits inside src/",
      "all edits in the working directory",
    ]);
    const outside = offeredRules({ kind: "read", path: "/etc/hosts" }, cwd);
    expect(outside.map((rule) => describeRule(rule))).toEqual([
      "reading /etc/hosts",
      "reading inside /etc/",
    ]);
  });

  test("nothing for a command longer than a rule may be", () => {
    expect(offeredRules(at("x".repeat(10_001)), cwd)).toEqual([]);
  });
});

describe("a rule for a path covers", () => {
  const src: Rule = { kind: "edit", match: "directory", path: "src" };
  test.each([
    ["src/a.ts", true],
    ["src/deep/a.ts", true],
    ["srcs/a.ts", false],
    ["SRC/a.ts", false],
    ["a.ts", false],
  ])("%s: %p", (path, expected) => {
    expect(ruleCovers(src, { kind: "edit", path: `${cwd}/${path}` }, cwd)).toBe(expected);
  });

  test("reading only where it says reading, and a search only as a directory", () => {
    expect(ruleCovers(src, { kind: "read", path: `${cwd}/src/a.ts` }, cwd)).toBe(false);
    const file: Rule = { kind: "read", match: "file", path: "/etc" };
    expect(ruleCovers(file, { kind: "read", path: "/etc", isSearch: true }, cwd)).toBe(false);
  });
});

describe("a path that runs by itself asks each time, whatever allows edits:", () => {
  const grants = {
    permissions: "edits" as const,
    allowed: [allowed({ kind: "edit", match: "directory", path: "." })],
  };
  test.each(
    (
      ".git/hooks/pre-commit .git/config .git sub/.git/config .GIT/hooks/x .Git/config .gitmodules .bashrc home/.zshrc " +
      ".profile .vscode/tasks.json .VSCode/settings.json .idea/workspace.xml .vimrc .nvim/init.lua .config/nvim/init.lua " +
      ".emacs.d/init.el .envrc .env .env.local .github/workflows/ci.yml .gitlab-ci.yml .circleci/config.yml Jenkinsfile " +
      "JENKINSFILE .ci/run package.json packages/a/package.json PACKAGE.JSON Makefile makefile GNUmakefile justfile " +
      "pyproject.toml setup.py conftest.py build.rs Cargo.toml .cargo/config.toml Gemfile Rakefile build.gradle " +
      "build.gradle.kts bunfig.toml .npmrc .yarnrc.yml .husky/pre-commit .pre-commit-config.yaml lefthook.yml AGENTS.md " +
      "CLAUDE.md agents.md .claude/settings.json .mcp.json node_modules/a/index.js Dockerfile .ssh/authorized_keys " +
      "docker-compose.yaml docker-compose.override.yml compose.override.yml a.sublime-project .nvim.lua .dir-locals-2.el " +
      ".woodpecker.yml lefthook.toml azure-pipelines.yaml .helix/languages.toml .vs/a .project hie.yaml build.zig " +
      "Package.swift Directory.Build.targets a.csproj a.fsproj a.vbproj a.sln .formatter.exs mix.exs .pylintrc .rubocop.yml " +
      "eslint.config.mjs vite.config.ts jest.config.cjs next.config.mts .eslintrc.json .prettierrc .babelrc.js .pnp.cjs " +
      "rust-toolchain.toml gradle/wrapper/gradle-wrapper.properties buildSrc/a.kt project/plugins.sbt build.sbt " +
      ".bundle/config pytest.ini tox.ini noxfile.py ansible.cfg flake.nix shell.nix go.mod requirements-dev.txt yarn.lock " +
      "package-lock.json Cargo.lock mise.toml mise.local.toml .mise/config.toml direnvrc .Rprofile .irbrc .pdbrc " +
      ".ipython/profile_default/startup/a.py .bash_completion .local/bin/ls .local/share/applications/a.desktop .hg/hgrc " +
      ".svn/a CLAUDE.local.md AGENTS.override.md opencode.jsonc .kiro/a .clinerules/a .cursor/rules .windsurf/rules " +
      "GEMINI.md docs/HEAD mirror.git/config .rein/commands/a.md .agents/skills/a/run.sh .config/rein/AGENTS.md"
    ).split(" "),
  )("%s", (path) => {
    const access: Access = { kind: "edit", path: `${cwd}/${path}` };
    const found = decide(access, grants);
    expect(found).toMatchObject({ is: "asked", approval: { always: [] } });
    expect(found.is === "asked" && found.approval.asksBecause).toMatch(/^[A-Z].*\.$/);
    expect(decide(access, { ...grants, permissions: "all" }).is).toBe("allowed");
  });

  test.each([
    "src/a.ts",
    "README.md",
    "src/git/index.ts",
    "gitignore.ts",
    ".gitignore",
    ".editorconfig",
    "environment.ts",
    "src/makefile.ts",
    "docs/agents.md.txt",
    "src/head/index.ts",
    "src/config.ts",
    "docs/config",
    "docs/objects/x",
    "src/wake-lock.ts",
    "app.config.json",
    "src/profile.ts",
  ])("but not %s", (path) => {
    expect(decide({ kind: "edit", path: `${cwd}/${path}` }, grants).is).toBe("allowed");
  });

  test("the configuration and hooks of a git directory of any name", async () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), "rein-git-directory-")));
    mkdirSync(join(directory, "docs"));
    const { signal } = new AbortController();
    const asked = async (file: string) => {
      const edit: Access = { kind: "edit", path: join(directory, "docs", file) };
      const { access } = await checkedCall("write", {}, directory, edit, signal);
      return permissionFor(access, grants, [], directory, []).is;
    };
    const files = ["config", "CONFIG", "config.worktree", "commondir", "hooks/post-checkout"];
    const all = () => Promise.all(files.map(asked));
    expect(await all()).toEqual(files.map(() => "allowed"));
    writeFileSync(join(directory, "docs", "HEAD"), "ref: refs/heads/main\n");
    expect(await all()).toEqual(files.map(() => "asked"));
    expect(await asked("config.md")).toBe("allowed");
    rmSync(directory, { recursive: true });
  });

  test("Rein's own directories", () => {
    const own = [{ path: "/Opt/Rein", because: "Rein itself." }];
    const found = permissionFor(
      { kind: "edit", path: "/opt/rein/agent/x.ts" },
      grants,
      [],
      "/opt/rein",
      own,
    );
    expect(found).toMatchObject({
      is: "asked",
      approval: { always: [], asksBecause: "Rein itself." },
    });
  });
});

describe("Rein's own data in the working directory", () => {
  const own = [{ path: `${cwd}/.rein`, because: "Secret.", isSecret: true }];
  const granted = (permissions: Session["permissions"]) => ({
    permissions,
    allowed: [
      allowed({ kind: "read", match: "directory", path: "." }),
      allowed({ kind: "edit", match: "directory", path: "." }),
    ],
  });
  test.each<Access>([
    { kind: "read", path: `${cwd}/.rein/token` },
    { kind: "read", path: `${cwd}/.REIN/rein.db` },
    { kind: "read", path: `${cwd}/.rein`, isSearch: true },
    { kind: "read", path: cwd, isSearch: true },
    { kind: "read", path: "/", isSearch: true },
    { kind: "edit", path: `${cwd}/.rein/rules.json` },
    { kind: "edit", path: `${cwd}/.rein/processes/1.log` },
  ])("is asked each time, also where everything is allowed: own data %j", (access) => {
    for (const permissions of ["ask", "edits", "all"] as const)
      expect(permissionFor(access, granted(permissions), [], cwd, own)).toMatchObject({
        is: "asked",
        approval: { always: [], asksBecause: "Secret." },
      });
  });

  test("a rule that denies wins over the question", () => {
    const rule: Rule = { kind: "read", match: "directory", path: ".rein" };
    const access: Access = { kind: "read", path: `${cwd}/.rein/token` };
    const found = permissionFor(access, granted("all"), [project("deny", rule)], cwd, own);
    expect(found).toEqual(forbidden(rule));
  });

  test.each([
    { path: `${cwd}/.rein/processes/1.log` },
    { path: `${cwd}/src`, isSearch: true },
    { path: cwd },
  ])("but not %j", (access) => {
    const found = permissionFor({ kind: "read", ...access }, granted("edits"), [], cwd, own);
    expect(found).toEqual({ is: "allowed" });
  });
});

describe("a rule of a project", () => {
  const everything = { permissions: "all" as const, allowed: [] };
  const push: Rule = { kind: "command", match: "prefix", command: "git push" };

  test("that denies wins over one that asks, one that allows, and over permission for everything", () => {
    const rules = [project("allow", push), project("ask", push), project("deny", push)];
    expect(decide(at("git push"), everything, rules)).toEqual(forbidden(push));
  });

  test("that asks wins over one that allows, over the session's own, and over permission for edits", () => {
    const src: Rule = { kind: "edit", match: "directory", path: "src" };
    const grants = { permissions: "edits" as const, allowed: [allowed(src)] };
    const rules = [project("allow", src), project("ask", src)];
    const access: Access = { kind: "edit", path: `${cwd}/src/a.ts` };
    expect(decide(access, grants, [])).toEqual({ is: "allowed" });
    expect(decide(access, grants, rules)).toMatchObject({ is: "asked", approval: { always: [] } });
  });

  test("that allows is narrow as well", () => {
    const grants = { permissions: "ask" as const, allowed: [] };
    const rules = [project("allow", { kind: "command", match: "exact", command: "git push" })];
    expect(decide(at("git push"), grants, rules).is).toBe("allowed");
    expect(decide(at("git push --force"), grants, rules).is).toBe("asked");
  });

  test.each([
    "git push",
    "git push --force",
    "cd x && git push",
    "git add .\ngit push",
    "(git push)",
    "echo $(git push)",
    "if true; then git push; fi",
    'git "push"',
    "/usr/bin/git push",
    "GIT_SSH=x git push",
    "sudo git push",
    "env A=b git push",
    "timeout git push",
  ])("that denies a command concerns what plainly runs it: %j", (command) => {
    expect(ruleConcerns(push, at(command), cwd)).toBe(true);
  });

  test.each(["git status", "echo git push", "git pushed"])("but not %j", (command) => {
    expect(ruleConcerns(push, at(command), cwd)).toBe(false);
  });

  test("that denies a path concerns it in each spelling, and searches of what holds it", () => {
    const secrets: Rule = { kind: "read", match: "directory", path: "secrets" };
    for (const path of ["secrets", "secrets/key", "SECRETS/key"])
      expect(ruleConcerns(secrets, { kind: "read", path: `${cwd}/${path}` }, cwd)).toBe(true);
    expect(ruleConcerns(secrets, { kind: "read", path: cwd, isSearch: true }, cwd)).toBe(true);
    expect(ruleConcerns(secrets, { kind: "read", path: `${cwd}/src`, isSearch: true }, cwd)).toBe(
      false,
    );
  });
});

describe("a rule for a tool", () => {
  const fetch: Access = { kind: "tool", tool: "WebFetch", subject: "https://a.example/" };
  const every: Rule = { kind: "tool", match: "tool", tool: "WebFetch" };
  const exact: Rule = { ...every, match: "exact", subject: "https://a.example/" };
  const grants = { permissions: "edits" as const, allowed: [] };

  test("is offered for what it is about, and for every use", () => {
    const found = decide(fetch, grants);
    expect(found).toEqual({
      is: "asked",
      approval: {
        kind: "tool",
        tool: "WebFetch",
        subject: "https://a.example/",
        always: [exact, every],
      },
    });
    expect([exact, every].map((rule) => describeRule(rule))).toEqual([
      "WebFetch with exactly `https://a.example/`",
      "every use of WebFetch",
    ]);
    expect(offeredRules({ ...fetch, subject: "" }, cwd)).toEqual([every]);
    expect(offeredRules({ ...fetch, subject: "x".repeat(10_001) }, cwd)).toEqual([every]);
    expect(offeredRules({ ...fetch, tool: "x".repeat(201) }, cwd)).toEqual([]);
  });

  test("covers that tool, and with a subject exactly that", () => {
    for (const rule of [every, exact]) {
      expect(ruleCovers(rule, fetch, cwd)).toBe(true);
      expect(ruleCovers(rule, { ...fetch, tool: "WebFetch2" }, cwd)).toBe(false);
      expect(ruleCovers(rule, { ...fetch, tool: "webfetch" }, cwd)).toBe(false);
    }
    const other = { ...fetch, subject: "https://a.example/x" };
    expect(ruleCovers(every, other, cwd)).toBe(true);
    expect(ruleCovers(exact, other, cwd)).toBe(false);
  });

  test("covers and concerns no call of another kind, and no rule of another kind a tool", () => {
    const rules: Rule[] = [
      every,
      { kind: "command", match: "exact", command: "WebFetch" },
      { kind: "edit", match: "directory", path: "." },
      { kind: "read", match: "directory", path: "/" },
    ];
    const calls: Access[] = [
      fetch,
      at("WebFetch"),
      { kind: "edit", path: `${cwd}/WebFetch` },
      { kind: "read", path: "/WebFetch" },
    ];
    for (const [ruleIndex, rule] of rules.entries())
      for (const [callIndex, access] of calls.entries()) {
        expect(ruleCovers(rule, access, cwd)).toBe(ruleIndex === callIndex);
        expect(ruleConcerns(rule, access, cwd)).toBe(ruleIndex === callIndex);
      }
  });

  test("that denies wins, also over permission for everything, in upper and lower case", () => {
    const rules = [project("deny", { ...every, tool: "webFETCH" })];
    const all = { permissions: "all" as const, allowed: [allowed(every)] };
    expect(decide(fetch, all, rules)).toEqual(forbidden(rules[0]!.rule));
    expect(decide(fetch, all)).toEqual({ is: "allowed" });
  });

  test("that asks wins over one that allows", () => {
    const all = { permissions: "ask" as const, allowed: [allowed(every)] };
    expect(decide(fetch, all)).toEqual({ is: "allowed" });
    expect(decide(fetch, all, [project("ask", exact)])).toMatchObject({
      is: "asked",
      approval: { always: [] },
    });
  });

  test("is a rule only with a subject where it is exact, and without one where it is not", () => {
    for (const rule of [every, exact])
      expect(ruleRequest.safeParse({ effect: "deny", rule }).success).toBe(true);
    for (const rule of [
      { ...every, subject: "x" },
      { ...every, match: "exact" },
      { ...every, tool: "" },
      { ...every, tool: "x".repeat(201) },
      { ...every, path: "." },
    ])
      expect(ruleRequest.safeParse({ effect: "deny", rule }).success).toBe(false);
  });
});

describe("a call that edits several paths", () => {
  const edit = (...paths: string[]): Access => {
    const [first, ...also] = paths.map((path) => ({
      kind: "edit" as const,
      path: path.startsWith("/") ? path : `${cwd}/${path}`,
    }));
    return { ...first!, also };
  };
  const edits = { permissions: "edits" as const, allowed: [] };

  test("is allowed when each of them is", () => {
    expect(decide(edit("a.ts", "src/b.ts"), edits)).toEqual({ is: "allowed" });
    const src: Rule = { kind: "edit", match: "directory", path: "src" };
    const ask = { permissions: "ask" as const, allowed: [allowed(src)] };
    expect(decide(edit("src/a.ts", "src/b.ts"), ask).is).toBe("allowed");
    expect(decide(edit("src/a.ts", "b.ts"), ask).is).toBe("asked");
  });

  test("is denied, asked or outside because of any of them", () => {
    const secrets: Rule = { kind: "edit", match: "directory", path: "secrets" };
    expect(decide(edit("a.ts", "secrets/b"), edits, [project("deny", secrets)]).is).toBe("denied");
    expect(decide(edit("a.ts", "secrets/b"), edits, [project("ask", secrets)]).is).toBe("asked");
    expect(decide(edit("a.ts", ".git/config"), edits)).toMatchObject({
      approval: { subject: "a.ts", alsoPaths: [".git/config"], always: [] },
    });
    expect(decide(edit("a.ts", "/etc/hosts"), edits)).toMatchObject({
      approval: { outside: true, alsoPaths: ["/etc/hosts"] },
    });
    const own = [{ path: `${cwd}/.rein`, because: "Secret.", isSecret: true }];
    const all = { permissions: "all" as const, allowed: [] };
    expect(permissionFor(edit("a.ts", ".rein/token"), all, [], cwd, own)).toMatchObject({
      is: "asked",
    });
  });
});

describe("whatever a call does", () => {
  const name = fc.constantFrom("src", "src/a.ts", "src/b.ts", "lib", ".", "/etc", "/etc/hosts");
  const absolutePath = name.map((one) =>
    one.startsWith("/") ? one : one === "." ? cwd : `${cwd}/${one}`,
  );
  const words = fc.constantFrom("npm test", "npm test a", "git push", "WebFetch", "");
  const pathKind = fc.constantFrom("read" as const, "edit" as const);
  const onePath = (kind: "read" | "edit") =>
    fc.record({ kind: fc.constant(kind), path: absolutePath });
  const anyAccess: fc.Arbitrary<Access> = fc.oneof(
    fc.record({ kind: fc.constant("command" as const), command: words, directory: absolutePath }),
    fc.record({
      kind: fc.constant("command" as const),
      command: words,
      directory: fc.constant(cwd),
      anywhere: fc.constant(true as const),
    }),
    fc.record({
      kind: fc.constant("command" as const),
      command: words,
      directory: absolutePath,
      readsOnly: fc.constant(true as const),
    }),
    fc.record({ kind: fc.constant("tool" as const), tool: words, subject: words }),
    pathKind.chain((kind) => onePath(kind)),
    pathKind.chain((kind) =>
      fc
        .tuple(onePath(kind), fc.array(onePath(kind), { minLength: 1, maxLength: 3 }))
        .map(([first, also]) => ({ ...first, also })),
    ),
    absolutePath.map((path) => ({ kind: "read" as const, path, isSearch: true })),
  );

  propertyTest(
    "an offered rule covers it, is one that may be kept, and concerns it as a denial, which nothing allows",
    { file: "attacks/model-rules.test.ts", seed: 14, numRuns: 2000, timeoutMs: 60_000 },
    fc.asyncProperty(anyAccess, anyAccess, async (access, other) => {
      for (const rule of offeredRules(access, cwd)) {
        expect(ruleCovers(rule, access, cwd)).toBe(true);
        expect(ruleConcerns(rule, access, cwd)).toBe(true);
        expect(ruleRequest.safeParse({ effect: "allow", rule }).success).toBe(
          rule.kind !== "command" || rule.command !== "",
        );
        if (ruleCovers(rule, other, cwd)) {
          expect(other.kind).toBe(rule.kind);
          expect(ruleConcerns(rule, other, cwd)).toBe(true);
        }
        const everything = { permissions: "all" as const, allowed: [allowed(rule)] };
        const denied = decide(access, everything, [project("deny", rule)]);
        expect(denied).toEqual(forbidden(rule));
      }
    }),
  );
});

describe("edits do not reach outside the directory", () => {
  test.each(["/etc/passwd", `${cwd}-other/a`, "/home/person"])("%s", (path) => {
    const grants = { permissions: "edits" as const, allowed: [] };
    expect(decide({ kind: "edit", path }, grants)).toMatchObject({
      is: "asked",
      approval: { outside: true, subject: path },
    });
  });
});

test("a digest changes with the tool, each part of its input, the working directory, and what the input leads to", () => {
  const access: Access = { kind: "edit", path: `${cwd}/a` };
  const digests = [
    callDigest("edit", { path: "a" }, cwd, access),
    callDigest("write", { path: "a" }, cwd, access),
    callDigest("edit", { path: "a", oldText: "" }, cwd, access),
    callDigest("edit", { path: "a" }, "/elsewhere", access),
    callDigest("edit", { path: "a" }, cwd, { ...access, path: `${cwd}/b` }),
    callDigest("bash", { command: "a" }, cwd, at("a")),
    callDigest("bash", { command: "a" }, cwd, at("a", "/elsewhere")),
    callDigest("edit", { path: "a" }, cwd, { ...access, also: [{ kind: "edit", path: "/b" }] }),
    ...toolCalls.map((call) => callDigest("fetch", {}, cwd, call)),
  ];
  expect(new Set(digests).size).toBe(digests.length);
  for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
});

describe("plan mode", () => {
  const everything: Rule[] = [
    { kind: "edit", match: "directory", path: "/" },
    { kind: "edit", match: "directory", path: "." },
    { kind: "tool", match: "tool", tool: "mcp__notes__list" },
    { kind: "tool", match: "tool", tool: "fetch" },
  ];
  const grants = { permissions: "plan" as const, allowed: everything.map(allowed) };
  const rules = everything.map((rule) => project("allow", rule));

  test("denies edits inside and outside, whatever allows them", () => {
    for (const path of [`${cwd}/a.ts`, "/etc/hosts", `${cwd}/.rein/token`])
      expect(decide({ kind: "edit", path }, grants, rules)).toEqual({
        is: "denied",
        because: expect.stringContaining("plan mode"),
      });
  });

  test("asks about a tool that may change something each time in plan mode, and about the web as ever", () => {
    const mcp: Access = { kind: "tool", tool: "mcp__notes__list", subject: "" };
    expect(decide(mcp, grants, rules)).toMatchObject({
      is: "asked",
      approval: { always: [], asksBecause: expect.stringContaining("each time") },
    });
    const fetch: Access = { kind: "tool", tool: "fetch", subject: "https://a.example/" };
    expect(decide(fetch, grants, rules)).toEqual({ is: "allowed" });
    expect(decide(mcp, { ...grants, permissions: "ask" }, rules)).toEqual({ is: "allowed" });
  });

  test("a plan is asked about under every permission, and offers no always", () => {
    for (const permissions of ["plan", "ask", "edits", "all"] as const)
      expect(decide({ kind: "plan", plan: "1. Go" }, { ...grants, permissions }, rules)).toEqual({
        is: "asked",
        approval: { kind: "plan", subject: "1. Go", always: [] },
      });
  });

  test("a kept reply of a plan allows no call of another kind", () => {
    const part = (kind: "plan" | "command") =>
      ({
        approval: {
          kind,
          digest: "d",
          reply: { decision: "plan", digest: "d", permissions: "all" },
        },
      }) as ToolCallPart;
    expect([part("plan"), part("command")].map(repliedDigest)).toEqual(["d", undefined]);
  });
});

const toolCalls: Access[] = [
  { kind: "tool", tool: "WebFetch", subject: "https://a.example/" },
  { kind: "tool", tool: "mcp__notes__list", subject: "" },
];

function at(command: string, directory = cwd): Access {
  return { kind: "command", command, directory };
}

function allowed(rule: Rule): Session["allowed"][number] {
  return { id: "a", rule, createdAt: 0 };
}

function project(effect: RuleEffect, rule: Rule): ProjectRule {
  return { ...allowed(rule), effect };
}

function forbidden(rule: Rule): Permission {
  return { is: "denied", because: expect.stringContaining(describeRule(rule, "deny")) };
}

function decide(
  access: Access,
  grants: Pick<Session, "permissions" | "allowed">,
  rules: ProjectRule[] = [],
): Permission {
  return permissionFor(access, grants, rules, cwd, []);
}
