/** Random numbers that come again: the same seed gives the same ones. */

/** From 0 up to 1. */
export type Random = () => number;

/** A linear congruential generator (Numerical Recipes): good enough to choose with. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
