/** Paths that ask each time: edits of what another program runs by itself, later, and any look at Rein's own data. */
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { foldCase, isWithin, type PathAccess } from "../../shared/rules";

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
      because: "Rein's sessions, keys and rules are in this directory.",
      isSecret: true,
    },
    { path: realpathSync(join(import.meta.dir, "../../..")), because },
  ];
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
 * Why an edit of this path asks each time, as a sentence; undefined when it need not. `path` is absolute and without links:
 * that the working directory itself is inside such a directory counts too. Upper and lower case are the same.
 */
export function whySelfExecuting(path: string, own: readonly OwnPath[]): string | undefined {
  const folded = foldCase(path);
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

/** Lower case; a `*` is a part of a name. */
const table: [RegExp, string][] = [
  [
    anywhere(".git .gitconfig .gitmodules .config/git hooks/pre-commit .husky .githooks"),
    "Git runs hooks, and programs that its configuration names.",
  ],
  [
    anywhere(
      ".pre-commit-config.yaml .pre-commit-hooks.yaml lefthook*.yml .lefthook*.yml .lintstagedrc*",
    ),
    "A git hook runs what this file says.",
  ],
  [
    anywhere(
      ".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile .zlogin .zlogout " +
        ".kshrc .cshrc .tcshrc .login .inputrc .config/fish .xprofile .xinitrc .xsession .config/autostart " +
        ".config/systemd .config/environment.d launchagents launchdaemons profile.d bash.bashrc crontab cron.d .ssh " +
        ".tmux.conf .screenrc .pam_environment",
    ),
    "A shell or the system runs what this file says when it starts.",
  ],
  [
    anywhere(
      ".vscode .idea .fleet .zed .cursor .vim .vimrc .gvimrc .exrc .nvimrc .nvim .config/nvim .emacs .emacs.d " +
        ".dir-locals.el .sublime-project *.code-workspace .devcontainer .devcontainer.json .gdbinit .lldbinit",
    ),
    "An editor or a debugger runs what this file says when it opens the directory.",
  ],
  [
    anywhere(".envrc .env .env.* .mise.toml mise.toml .tool-versions .direnvrc"),
    "The shell or a program takes its environment from this file, which can name programs to run.",
  ],
  [
    anywhere(
      ".github .gitlab-ci.yml .gitlab .circleci .travis.yml .drone.yml .ci .buildkite .woodpecker .forgejo .gitea " +
        "jenkinsfile* azure-pipelines.yml bitbucket-pipelines.yml .cirrus.yml appveyor.yml .appveyor.yml",
    ),
    "A CI service runs what this file says.",
  ],
  [
    anywhere(
      "package.json .npmrc .yarnrc* .pnpmfile.cjs pnpm-workspace.yaml bunfig.toml deno.json deno.jsonc .yarn node_modules " +
        "makefile gnumakefile *.mk justfile .justfile taskfile.yml taskfile.yaml cmakelists.txt build.ninja meson.build " +
        "pyproject.toml setup.py setup.cfg conftest.py noxfile.py tox.ini sitecustomize.py usercustomize.py *.pth " +
        "build.rs cargo.toml .cargo gemfile rakefile *.gemspec build.gradle* settings.gradle* gradlew .mvn mvnw pom.xml " +
        "build.sbt mix.exs composer.json dockerfile* docker-compose*.yml compose.yml compose.yaml vagrantfile procfile",
    ),
    "A package manager, a build or a test runs what this file says.",
  ],
  [
    anywhere(
      "agents.md claude.md gemini.md .claude .mcp.json .codex .gemini .aider* .cursorrules .windsurfrules",
    ),
    "Agents follow what this file says.",
  ],
];
