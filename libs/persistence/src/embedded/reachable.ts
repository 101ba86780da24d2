import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The user and group a server runs as; undefined for our own. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody`: Postgres refuses to run as root. */
export const nobody: RunAs = { uid: 65_534, gid: 65_534 };

/** Where root keeps what `nobody` must reach: only root can write there, and no cleaner of temporary files comes by. */
export const rootStore = '/var/lib/odf-relay';

/** Whether this user may pass through the folder and all folders above it. */
export function isReachable(folder: string, user: RunAs): boolean {
  const { uid, mode } = statSync(folder);
  if (!(mode & (uid === user.uid ? 0o100 : 0o001))) return false;
  const parent = dirname(folder);
  return parent === folder || isReachable(parent, user);
}
