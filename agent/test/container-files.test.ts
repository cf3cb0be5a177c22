/** The image is built by the Bun of this repository, and compose.yaml gives the container no more than it needs. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageManager } from "../../package.json";

const read = (name: string) => readFileSync(join(import.meta.dir, "../packaging", name), "utf8");

test("the image is built by the Bun of package.json", () => {
  const [, version] = packageManager.split("@");
  expect(read("Dockerfile")).toContain(`\nFROM docker.io/oven/bun:${version} AS build\n`);
});

test("the container writes nothing but its volumes and /tmp, has no capabilities, and is reached from this machine alone", () => {
  const { services } = Bun.YAML.parse(read("compose.yaml")) as { services: { rein: object } };
  expect(services.rein).toMatchObject({
    read_only: true,
    user: "1000:1000",
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    ports: ["127.0.0.1:3000:3000"],
  });
});
