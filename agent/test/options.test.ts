/** The options: one table defines the flags, the variables, the help and the error for a wrong value. */
import { expect, test } from "bun:test";
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { readConfig } from "../server/config/config";
import { options, providerVariables } from "../server/config/options";
import { temporaryDirectory } from "./temporary-directory";

test("a flag overrides its variable, and a variable overrides the default", () => {
  using directory = temporaryDirectory();
  const environment = { REIN_DATA_DIR: directory.path, PORT: "4000", REIN_LOG: "warn" };
  const config = readConfig(["--port", "5000"], environment);
  expect(config).toMatchObject({
    port: 5000,
    portGiven: true,
    logLevel: "warn",
    graceMs: undefined,
  });
  expect(readConfig([], { ...environment, PORT: "" })).toMatchObject({
    port: 3000,
    portGiven: false,
  });
});

test("the sandbox, the grace period and further host names are read", () => {
  using directory = temporaryDirectory();
  const read = (environment: Record<string, string>) =>
    readConfig([], { REIN_DATA_DIR: directory.path, ...environment });
  expect(read({}).commands).toEqual({});
  expect(read({ REIN_SANDBOX: "on", REIN_NETWORK: "off" }).commands).toEqual({
    sandbox: "on",
    network: "off",
  });
  expect(
    read({ REIN_NETWORK: "*.Example.com, localhost:80", REIN_ENVIRONMENT: "MINE,MY_*" }).commands,
  ).toEqual({ network: ["*.example.com", "localhost:80"], environment: ["MINE", "MY_*"] });
  expect(read({ REIN_GRACE_MS: "0" }).graceMs).toBe(0);
  expect(read({ REIN_HOSTS: "One.example, two.example" }).hosts).toEqual([
    "127.0.0.1",
    "one.example",
    "two.example",
  ]);
});

test("a database and a key make a node of it, and nothing that it starts gets them", () => {
  using directory = temporaryDirectory();
  const environment: Record<string, string> = {
    REIN_DATA_DIR: directory.path,
    DATABASE_URL: "postgres://rein:secret@db/rein",
    REIN_CLUSTER_KEY: "0123456789abcdef",
    REIN_NODE: "one",
    REIN_TOKEN: "a token of 16 letters",
    HOST: "10.0.0.1",
  };
  expect(readConfig([], environment)).toMatchObject({
    portGiven: true,
    cluster: {
      node: "one",
      address: "http://10.0.0.1:3000",
      key: "0123456789abcdef",
      databaseUrl: "postgres://rein:secret@db/rein",
    },
  });
  expect(Object.keys(environment)).not.toContain("DATABASE_URL");
  expect(Object.keys(environment)).not.toContain("REIN_CLUSTER_KEY");
});

test("a DATABASE_URL of a project makes no node, and stays for what is started", () => {
  using directory = temporaryDirectory();
  const environment = { REIN_DATA_DIR: directory.path, DATABASE_URL: "mysql://db/shop" };
  expect(readConfig([], environment).cluster).toBeUndefined();
  expect(environment.DATABASE_URL).toBe("mysql://db/shop");
});

const clustered = { DATABASE_URL: "postgres://db/rein", REIN_CLUSTER_KEY: "0123456789abcdef" };

test.each([
  [{ REIN_CLUSTER_KEY: clustered.REIN_CLUSTER_KEY }, "needs DATABASE_URL"],
  [{ REIN_NODE: "a" }, "needs DATABASE_URL (the PostgreSQL that the nodes share) and REIN_CLUSTER"],
  [{ ...clustered, REIN_CLUSTER_KEY: "short" }, "at least 16 characters, the same on every node"],
  [{ ...clustered, DATABASE_URL: "mysql://db/rein" }, "DATABASE_URL cannot be used"],
  [{ ...clustered, REIN_NODE: "a b" }, "REIN_NODE is “a b”"],
  [clustered, "Set REIN_NODE_ADDRESS"],
  [{ ...clustered, REIN_NODE_ADDRESS: "10.0.0.1" }, "such as http://10.0.0.1:3000"],
  [{ ...clustered, REIN_NODE_ADDRESS: "http://10.0.0.1/rein" }, "without a path"],
])("a node that is not described whole is refused with what to set %#", (environment, words) => {
  using directory = temporaryDirectory();
  const all = { REIN_DATA_DIR: directory.path, ...environment };
  expect(() => readConfig([], all)).toThrow(words);
});

test.each([
  ["REIN_JOB_MEMORY", "4G", { jobMemory: 4 * 1024 ** 3 }],
  ["REIN_JOB_MEMORY", "1.5GiB", { jobMemory: 1.5 * 1024 ** 3 }],
  ["REIN_JOB_MEMORY", "none", { jobMemory: "none" }],
  ["REIN_JOB_PROCESSES", "500", { jobProcesses: 500 }],
  ["REIN_JOB_CPUS", "1.5", { jobCpus: 1.5 }],
])("%s=%s is a limit of each command", (variable, value, expected) => {
  using directory = temporaryDirectory();
  const { commands } = readConfig([], { REIN_DATA_DIR: directory.path, [variable]: value });
  expect(commands).toEqual(expected as object);
});

test.each(["REIN_JOB_MEMORY", "REIN_JOB_PROCESSES", "REIN_JOB_CPUS"])(
  "the error for %s=off says to write none",
  (variable) => {
    expect(() => readConfig([], { [variable]: "off" })).toThrow("Write none, or leave it out");
  },
);

test("providers get their own variables of the environment and nothing else", () => {
  using directory = temporaryDirectory();
  const config = readConfig([], {
    REIN_DATA_DIR: directory.path,
    OPENAI_API_KEY: "key",
    XAI_API_KEY: "",
    HOME: "/",
  });
  expect(config.providers).toEqual({ OPENAI_API_KEY: "key" });
});

test.each([
  ["PORT", "70000"],
  ["HOST", "http://here"],
  ["REIN_HOSTS", "http://here"],
  ["REIN_CWD", "/no/such/place"],
  ["REIN_SANDBOX", "maybe"],
  ["REIN_NETWORK", "https://example.com"],
  ["REIN_NETWORK", "127.0.0.1"],
  ["REIN_NETWORK", "2130706433:80"],
  ["REIN_NETWORK", "[::1]:80"],
  ["REIN_NETWORK", "localhost"],
  ["REIN_NETWORK", "*"],
  ["REIN_NETWORK", "*.com:0"],
  ["REIN_ENVIRONMENT", "*"],
  ["REIN_ENVIRONMENT", "A=b"],
  ["REIN_JOB_MEMORY", "4"],
  ["REIN_JOB_MEMORY", "1M"],
  ["REIN_JOB_PROCESSES", "3"],
  ["REIN_JOB_CPUS", "many"],
  ["REIN_GRACE_MS", "a while"],
  ["REIN_LOG", "loud"],
])(
  "the error for a wrong %s repeats it, with the expected value and what to do",
  (variable, value) => {
    const option = Object.values(options).find((one) => one.variable === variable)!;
    expect(() => readConfig([], { [variable]: value })).toThrow(
      `${variable} is “${value}”; expected ${option.expected}. Change it, or leave it out`,
    );
    expect(() => readConfig([`--${option.flag}`, value], {})).toThrow(
      `--${option.flag} is “${value}”`,
    );
  },
);

test.each([
  ["1", "Write on,"],
  ["Offline", "Write on, with REIN_NETWORK=off,"],
  ["0", "Write off,"],
])("the error for REIN_SANDBOX=%s says what to write instead", (value, advice) => {
  expect(() => readConfig([], { REIN_SANDBOX: value })).toThrow(
    `${advice} or leave it out (the default: auto, which is on where bubblewrap works).`,
  );
});

test("the token leaves the environment when it was read: what the server starts does not get it", () => {
  using directory = temporaryDirectory();
  const environment = {
    REIN_TOKEN: "a-token-of-sixteen-characters",
    REIN_DATA_DIR: directory.path,
  };
  expect(readConfig([], environment).token).toBe("a-token-of-sixteen-characters");
  expect(environment).toEqual({ REIN_DATA_DIR: directory.path } as typeof environment);
});

test("options are read without making a token: two first starts at once would each make one", () => {
  using directory = temporaryDirectory();
  expect(readConfig([], { REIN_DATA_DIR: directory.path }).token).toBeUndefined();
  expect(readdirSync(directory.path)).toEqual([]);
});

test("the error for a wrong token does not repeat the token", () => {
  expect(() => readConfig([], { REIN_TOKEN: "too short" })).toThrow(
    /^REIN_TOKEN cannot be used; expected a random text of at least 16 characters/,
  );
});

test.each(["--help", "-h"])(
  "%s lists every flag and variable, and works with nothing installed",
  (flag) => {
    const { text, exitCode } = startBare(flag);
    expect(exitCode).toBe(0);
    for (const option of Object.values(options)) {
      expect(text).toContain(`--${option.flag} `);
      expect(text).toContain(` ${option.variable} `);
      expect(text).toContain(`${option.help} (${option.default})`);
    }
    for (const name of providerVariables) expect(text).toContain(name);
  },
);

test("--version prints the version and nothing else", () => {
  expect(startBare("--version")).toEqual({ text: `${version}\n`, exitCode: 0 });
});

/** What `bun start` does in a copy that holds no package, no page, and no more of the server than this needs. */
function startBare(flag: string): { text: string; exitCode: number } {
  using directory = temporaryDirectory();
  const root = join(import.meta.dir, "../..");
  const server = [
    ..."config log.ts program-files.ts unpack-program.ts store/data-dir-lock.ts".split(" "),
    "processes/inspect",
    "processes/linux/libc.ts",
  ];
  const needed = [
    "start.ts",
    "prepare.ts",
    "launchers.ts",
    "shared/error-code.ts",
    "shared/protocol/job-limits.ts",
  ].concat(server.map((path) => `server/${path}`));
  for (const path of ["package.json", ...needed.map((path) => `agent/${path}`)])
    cpSync(join(root, path), join(directory.path, path), { recursive: true });
  const command = [process.execPath, "agent/start.ts", flag];
  const options = { cwd: directory.path, env: {}, stdin: "ignore" } as const;
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, options);
  return { text: stdout.toString() + stderr.toString(), exitCode };
}
