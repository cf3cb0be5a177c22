/** What a person's server is given by the front that has started it: its account, and the ways to providers. */
import { z } from "zod";

const schema = z.strictObject({
  /** The Unix account that it runs as. */
  account: z.string(),
  /** By the id of the provider. */
  providers: z.record(
    z.string(),
    z.strictObject({
      /** Where the service is, if that was entered: no password is in it. */
      baseUrl: z.string().optional(),
      /**
       * The front's gate, which has the key, and its token, which stands for the key; `from`: the address of the service
       * whose requests go there.
       */
      gate: z.strictObject({ from: z.string(), url: z.string(), token: z.string() }).optional(),
    }),
  ),
});

export type GivenByFront = z.infer<typeof schema>;

export const frontVariable = "REIN_FRONT";

/** Takes it out of the environment: nothing that the server starts gets it. Throws where it is not what a front writes. */
export function takeFromFront(
  environment: Record<string, string | undefined>,
): GivenByFront | undefined {
  const text = environment[frontVariable];
  delete environment[frontVariable];
  return text ? schema.parse(JSON.parse(text)) : undefined;
}
