/** Who this browser is signed in as, where the server has names for people. */
import { createResource, createRoot } from "solid-js";
import type { Me } from "../../shared/protocol";
import { api, logFailure, requestTimeout } from "./api-client";
import { credential } from "./credential";

/** Asked anew for each credential. */
const [me] = createRoot(() =>
  createResource(credential, async (): Promise<Me | undefined> => {
    try {
      return await api.me(requestTimeout());
    } catch (error) {
      logFailure("Who is signed in is not known", error);
      return undefined;
    }
  }),
);

export { me };

export function hasPeople(): boolean {
  return me()?.hasPeople === true;
}

/** Whether they may change the server; everyone may where nobody has a name. */
export function isAdmin(): boolean {
  return me()?.role !== "member";
}
