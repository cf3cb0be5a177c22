/** Puts together who may ask a server, and what is told of credentials that end. */
import { defined } from "../../shared/defined";
import type { Asker, Stop } from "../../shared/protocol";
import { ApiKeys } from "../access/api-keys";
import { People } from "../access/known-people";
import { OidcSignIn } from "../access/oidc-sign-in";
import type { OpenEntries } from "../access/shared-entries";
import { SignIns } from "../access/sign-ins";
import { WrongTokens } from "../access/wrong-tokens";
import type { Config } from "../config/config";
import { log } from "../log";
import type { ProxyAccounts } from "../unix-users/proxy-accounts";
import { type Access, keyCredential, personCredential } from "./who-asks";

/**
 * `onEnded`: is told the id of each credential that has ended, or gives something else than before; `onRemoved`, before that,
 * the name of each person whom an admin removes. `proxyAccounts`: where people have Unix accounts. Throws an Error that says what to change.
 */
export function createAccess(
  {
    token,
    hosts,
    people: names,
    givenByFront,
  }: Pick<Config, "hosts" | "people" | "givenByFront"> & { token: string },
  openEntries: OpenEntries,
  {
    onEnded,
    onRemoved,
    proxyAccounts,
  }: {
    onEnded: (credentialId: string) => void;
    onRemoved: (name: string, stop: Stop) => void;
    proxyAccounts: ProxyAccounts | undefined;
  },
): Access {
  const hasPeople = names !== undefined;
  const signIns = new SignIns({ openEntries, hasPeople, onRemoved: onEnded });
  const keys = new ApiKeys({
    openEntries,
    hasPeople,
    onRemoved: (id) => onEnded(keyCredential(id)),
  });
  const wrongTokens = new WrongTokens();
  const ofFront = givenByFront && { signIns: new Set(givenByFront.signIns) };
  const access: Access = { token, hosts, signIns, keys, wrongTokens, ...defined({ ofFront }) };
  if (names === undefined) return access;
  const people = new People(openEntries, names.admins, (name) => {
    const removal = people.removalOf(name);
    // Before their streams end: a run that ends with its stream says so.
    if (removal) onRemoved(name, removal);
    for (const { id, user } of signIns.list()) if (user === name) onEnded(id);
    for (const { id, user } of keys.list()) if (user === name) onEnded(keyCredential(id));
    onEnded(personCredential(name));
  });
  const { header, proxies } = names;
  const oidc = names.oidc && new OidcSignIn(names.oidc, openEntries, token);
  return {
    ...access,
    people,
    oidc,
    ...(header &&
      proxies && {
        proxy: { header, trusted: proxies, accounts: proxyAccounts },
      }),
  };
}

/** To be called once the entries are read. */
export function warnWithoutAdmin({ people }: Access): void {
  if (people?.hasAdmin === false)
    log.warn(
      "Nobody is an admin of this server but who has its token: name some in REIN_ADMINS, or make one in the settings of a browser that was signed in with the printed address",
    );
}

/** Who has signed in; undefined when the sign-in has ended, or the person was removed. */
export function askerOfSignIn(access: Access, signInId: string): Asker | undefined {
  const { signIns, people, ofFront } = access;
  if (ofFront !== undefined) return ofFront.signIns.has(signInId) ? { role: "admin" } : undefined;
  if (!signIns.has(signInId)) return undefined;
  const user = signIns.userOf(signInId);
  return user === undefined ? { role: "admin" } : people?.asker(user);
}
