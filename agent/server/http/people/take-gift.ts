/** Of a person's server: takes what its front gives from now on. */
import type { Handler } from "hono";
import { changingGift, type ChangingGift } from "../../config/given-by-front";
import { body } from "../body";
import { askerOf } from "../check-role";
import { httpError } from "../http-error";

/** To stand behind the guard. Only the front itself asks for nobody. */
export function takeGift(take: (given: ChangingGift) => void): Handler {
  return async (c) => {
    if (askerOf(c).name !== undefined)
      throw httpError(404, "route", `There is no ${c.req.method} ${c.req.path}.`);
    take(changingGift.parse(await body(c)));
    return c.json({ taken: true });
  };
}
