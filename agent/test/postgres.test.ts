/** The PostgreSQL of the tests does what the tests believe: it survives a kill, and leaves nothing. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./machine-facts";
import { lacksPostgres, sharedPostgres } from "./postgres";
import { until } from "./within";

test.skipIf(lacksPostgres !== "")(
  `what was committed is there after SIGKILL, and connections end with it${lacksPostgres}`,
  async () => {
    const postgres = await sharedPostgres();
    const url = await postgres.createDatabase();
    await using sql = new Bun.SQL(url, { max: 1 });
    await sql`CREATE TABLE words (word TEXT)`;
    await sql`INSERT INTO words VALUES ('kept')`;
    await postgres.kill();
    expect(await sql`SELECT 1`.catch(() => "gone")).toBe("gone");
    await postgres.start();
    await using again = new Bun.SQL(url, { max: 1 });
    expect([...(await again`SELECT word FROM words`)]).toEqual([{ word: "kept" }]);
  },
);

test.skipIf(lacksPostgres !== "")(
  `a connection is cut by its application name, and a database can be copied${lacksPostgres}`,
  async () => {
    const postgres = await sharedPostgres();
    const template = await postgres.createDatabase();
    await using named = new Bun.SQL(`${template}?application_name=one`, { max: 1 });
    await named`CREATE TABLE marks (mark INT)`;
    expect(await postgres.cut(template, "another")).toBe(0);
    expect(await postgres.cut(template, "one")).toBe(1);
    const url = await postgres.createDatabase(template);
    await using copy = new Bun.SQL(url, { max: 1 });
    expect([...(await copy`SELECT mark FROM marks`)]).toEqual([]);
  },
);

test.skipIf(lacksPostgres !== "")(
  `it ends with the process that started it, though that is killed${lacksPostgres}`,
  async () => {
    const source = `
      const { startPostgres } = await import(${JSON.stringify(join(import.meta.dir, "postgres.ts"))});
      const postgres = await startPostgres();
      console.log(postgres.pid);
      setInterval(() => {}, 1000);`;
    const child = Bun.spawn([process.execPath, "-e", source], {
      env: { ...process.env, TMPDIR: tmpdir() },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let pid = 0;
    for await (const bytes of child.stdout) {
      pid = Number(new TextDecoder().decode(bytes));
      break;
    }
    expect(isAlive(pid)).toBe(true);
    const data = /-D\0([^\0]+)/.exec(await Bun.file(`/proc/${pid}/cmdline`).text())![1]!;
    expect(existsSync(data)).toBe(true);
    child.kill("SIGKILL");
    await until(() => !isAlive(pid) && !existsSync(join(data, "..")));
  },
);
