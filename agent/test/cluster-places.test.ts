/** Every route of the API is answered somewhere in a cluster: a new one cannot be forgotten. */
import { expect, test } from "bun:test";
import { bytesRoutes, readFromDatabase, routePlaces } from "../server/http/cluster/route-places";
import { operations } from "../server/http/openapi/subjects";

const names = operations.map(({ name }) => name).toSorted();

test("the table has every route of the API, and no other", () => {
  expect(Object.keys(routePlaces).toSorted()).toEqual(names);
});

test("what is read from the database is of one session, and changes nothing", () => {
  for (const name of readFromDatabase) {
    expect(name).toStartWith("GET ");
    expect(routePlaces[name]).toBe("path");
  }
});

test("what has no session in its path, query or body is not said to have one", () => {
  const has = (name: string, key: "query" | "body") => {
    const { operation } = operations.find((one) => one.name === name)!;
    return JSON.stringify(fieldsOf(operation[key])).includes("sessionId");
  };
  for (const [name, place] of Object.entries(routePlaces)) {
    if (place === "path") expect(name).toMatch(/ \/api\/(sessions|chat)\/:id/);
    else expect(name).not.toMatch(/\/sessions\/:id/);
    if (place === "query" || place === "body")
      expect([name, has(name, place)]).toEqual([name, true]);
    if (place === "node")
      expect([name, has(name, "query"), has(name, "body")]).toEqual([name, false, false]);
  }
});

test("the bodies that pass as they come are those that are no JSON", () => {
  const bytes = operations.filter(({ operation }) => operation.body === "bytes");
  expect([...bytesRoutes].toSorted()).toEqual(bytes.map(({ name }) => name).toSorted());
});

/** Those of an object's schema. */
function fieldsOf(schema: unknown): string[] {
  return typeof schema === "object" && schema !== null && "shape" in schema
    ? Object.keys(schema.shape as object)
    : [];
}
