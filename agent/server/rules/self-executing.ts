/** Paths that ask each time: edits of what another program runs by itself, later, and any look at Rein's own data. */
import { realpathSync } from "node:fs";
import { foldCase, isWithin, type PathAccess } from "../../shared/rules";
import { programFolder, programParts } from "../program-files";

/** A directory of the installation itself, absolute and without links, and why its files are not just files. */
export interface OwnPath {
  path: string;
  because: string;
  /** Reading asks too, also where everything is allowed. */
  isSecret?: boolean;
}

/** Rein's own: its data, and its code, with what runs from there. */
export function ownPaths(dataDir: string): OwnPath[] {
  const because = "Rein itself runs from this directory.";
  return [
    {
      path: realpathSync(dataDir),
      because: "Rein’s sessions, keys and rules are in this directory.",
      isSecret: true,
    },
    ...[programFolder(), ...programParts()].map((path) => ({ path: realpathSync(path), because })),
  ];
}

/** Whether this path, absolute and without links, is in what only Rein reads. */
export function isSecret(path: string, own: readonly OwnPath[]): boolean {
  return own.some((one) => one.isSecret && isWithin(foldCase(path), foldCase(one.path)));
}

/** Why this asks each time, whatever allows it. The output of background processes is there to be read. */
export function whySecret(access: PathAccess, own: readonly OwnPath[]): string | undefined {
  const path = foldCase(access.path);
  return own.find((one) => {
    const secret = foldCase(one.path);
    const isOutput = access.kind === "read" && isWithin(path, `${secret}/processes`);
    const isIn = isWithin(path, secret) && !isOutput;
    return one.isSecret && (isIn || (access.isSearch && isWithin(secret, path)));
  })?.because;
}

/**
 * Why an edit of this path asks each time, as a sentence; undefined when it need not. The path is absolute and without links:
 * that the working directory itself is inside such a directory counts too. Upper and lower case are the same.
 */
export function whySelfExecuting(
  { path, configuresGit }: PathAccess,
  own: readonly OwnPath[],
): string | undefined {
  const folded = foldCase(path);
  if (configuresGit) return "Git runs programs that this file names, or the file itself.";
  const found = own.find((one) => isWithin(folded, foldCase(one.path)));
  return found?.because ?? table.find(([pattern]) => pattern.test(folded))?.[1];
}

/** Matches these names: of a file or of a directory with all that is in it, wherever it is. */
function anywhere(names: string): RegExp {
  const alternatives = names
    .split(" ")
    .map((name) => RegExp.escape(name).replaceAll("\\*", "[^/]*"));
  return new RegExp(`/(?:${alternatives.join("|")})(?:/|$)`);
}

/** Lower case; a `*` is a part of a name. What runs only when a person installs, builds or tests is in it too. */
const table: [RegExp, string][] = [
  [
    anywhere("*.git .gitconfig .gitmodules .config/git hooks/pre-commit .husky .githooks"),
    "Git runs hooks, and programs that its configuration names.",
  ],
  [anywhere(".hg .svn"), "A version control program runs what this file names."],
  [
    /\/head$/,
    "A directory with this file can be a git repository, whose configuration names programs.",
  ],
  [
    anywhere(".pre-commit-config.y*ml .pre-commit-hooks.y*ml lefthook* .lefthook* lint-staged.*"),
    "A git hook runs what this file says.",
  ],
  [
    anywhere(
      ".bash_* .profile .*profile .zshenv .zlogin .zlogout .login .config/fish .xsession .config/autostart " +
        ".config/systemd .config/environment.d launchagents launchdaemons profile.d bash.bashrc crontab cron.d .ssh " +
        ".tmux.conf .pam_environment .local/bin .local/share/applications .renviron .ipython",
    ),
    "A shell or the system runs what this file says when it starts.",
  ],
  [
    anywhere(
      ".vscode .idea .fleet .zed .cursor .helix .vs .theia .vim .nvim* .config/nvim .config/helix .emacs .emacs.d " +
        ".dir-locals*.el *.sublime-* *.code-workspace .devcontainer* .gdbinit .lldbinit .project .classpath .settings " +
        "hie.y*ml",
    ),
    "An editor or a debugger runs what this file says when it opens the directory.",
  ],
  [
    anywhere(
      ".env .env.* mise.toml mise.*.toml .mise .mise.* .config/mise .tool-versions direnvrc .config/direnv",
    ),
    "The shell or a program takes its environment from this file, which can name programs to run.",
  ],
  [
    anywhere(
      ".github .gitlab *.gitlab-ci.y*ml .circleci .travis.y*ml .drone.y*ml .ci .buildkite .woodpecker* .forgejo .gitea " +
        "jenkinsfile* azure-pipelines*.y*ml bitbucket-pipelines.y*ml .cirrus.y*ml appveyor.y*ml .appveyor.y*ml netlify.toml",
    ),
    "A CI service runs what this file says.",
  ],
  [
    anywhere(
      // JavaScript
      "package.json package-lock.json npm-shrinkwrap.json pnpm-lock.y*ml bun.lockb .pnpmfile.*js pnpm-workspace.y*ml " +
        "bunfig.toml deno.json deno.jsonc .yarn .pnp.* node_modules *.config.*js *.config.*ts *.conf.*js gulpfile* " +
        "gruntfile* binding.gyp .storybook " +
        // Python and Ruby
        "pyproject.toml setup.py setup.cfg conftest.py pytest.ini noxfile.py tox.ini mypy.ini .mypy.ini pylintrc " +
        "sitecustomize.py usercustomize.py *.pth pipfile requirements*.txt gemfile rakefile *.rake *.gemspec .bundle " +
        ".rubocop* .rspec " +
        // Rust, Go, Zig, Swift, Haskell, Elixir, PHP
        "build.rs cargo.toml .cargo rust-toolchain* go.mod go.sum go.work build.zig* package.swift stack.y*ml *.cabal " +
        "setup.hs mix.exs .formatter.exs .credo.exs .iex.exs config/*.exs composer.json " +
        // Java, .NET
        "build.gradle* settings.gradle* init.gradle* gradle.properties gradlew* gradle/wrapper buildsrc .mvn mvnw* pom.xml " +
        "*.sbt directory.build.* *.*proj *.sln *.slnx *.props *.targets nuget.config " +
        // Others
        "*.lock makefile makefile.am makefile.in makefile.pl gnumakefile *.mk justfile .justfile taskfile*.y*ml " +
        "cmakelists.txt *.cmake cmakepresets.json build.ninja meson.build *.bazel *.bzl sconstruct *.nix ansible.cfg " +
        "dockerfile* *.dockerfile containerfile* compose*.y*ml docker-compose*.y*ml vagrantfile procfile",
    ),
    "A package manager, a build or a test runs what this file says.",
  ],
  [
    anywhere(
      "agents.md agents.*.md claude.md claude.*.md gemini.md .claude .mcp.json .codex .gemini .aider* .cursorrules " +
        ".windsurf* .clinerules* .kiro .roo* .opencode opencode.json* .config/opencode .agents .rein .config/rein",
    ),
    "Agents follow what this file says.",
  ],
  [anywhere(".*rc .*rc.*"), "A program reads this file when it starts, and may run what it says."],
];
