/** Guessing a token is slow, and gets slower, whatever the clock says. */
import { expect, setSystemTime, spyOn, test } from "bun:test";
import { WrongTokens } from "../server/access/wrong-tokens";

test("a clock that is set on does not make a peer's wrong tokens forgotten", async () => {
  using sleep = spyOn(Bun, "sleep").mockResolvedValue(undefined);
  const wrong = new WrongTokens();
  const guess = async (times: number) => {
    for (let time = 0; time < times; time++) await wrong.delay("peer");
  };
  try {
    await guess(5);
    setSystemTime(Date.now() + 60 * 60_000);
    await guess(1);
  } finally {
    setSystemTime();
  }
  expect(sleep.mock.calls.map(([ms]) => ms)).toEqual([250, 250, 250, 250, 250, 500]);
});
