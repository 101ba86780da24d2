import { RelaySession } from './relay-session.js';
import type { SidecarPolicy } from './policy.js';
import type { Store } from './store.js';

/** Asks every relay who it is and prints a line each; returns whether any of them may be worked with. */
export async function checkRelays(
  relays: readonly string[],
  policy: SidecarPolicy,
  store: Store,
  print: (line: string) => void,
): Promise<boolean> {
  let good = false;
  for (const url of relays) {
    const session = new RelaySession(url, store, policy);
    await session.load();
    const ready = await session.connect(new AbortController().signal);
    print(ready ? `${session.origin}: ok` : `${session.origin}: ${session.reason?.code} ${session.reason?.detail}`);
    good ||= ready;
  }
  return good;
}
