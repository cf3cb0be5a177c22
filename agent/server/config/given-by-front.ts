/** What a person's server is given by the front that has started it: its account, the ways to providers, and the person's browsers. */
import { z } from "zod";
import { stopClients } from "../../shared/protocol";

/** The stop of an admin who has removed a person, as the admin asked for it. */
const removal = z.strictObject({
  by: z.literal("user"),
  from: z.enum([...stopClients, "server"]),
  user: z.string().optional(),
  askedAt: z.number(),
});

/** What may change while it runs. */
export const changingGift = z.strictObject({
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
  /** The ids of the person's sign-ins. */
  signIns: z.array(z.string()),
  /** Of those who have asked this server, each whom an admin has removed: the stop of what they have begun. */
  removed: z.array(z.strictObject({ name: z.string(), stop: removal })),
});

const schema = changingGift.extend({
  /** The Unix account that it runs as. */
  account: z.string(),
});

export type ChangingGift = z.infer<typeof changingGift>;
export type GivenByFront = z.infer<typeof schema>;

/** Where the front tells its server what has changed of it, by PUT. */
export const giftPath = "/api/front";

export const frontVariable = "REIN_FRONT";

/** Takes it out of the environment: nothing that the server starts gets it. Throws where it is not what a front writes. */
export function takeFromFront(
  environment: Record<string, string | undefined>,
): GivenByFront | undefined {
  const text = environment[frontVariable];
  delete environment[frontVariable];
  return text ? schema.parse(JSON.parse(text)) : undefined;
}
