import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { isReachable, nobody, rootStore, type RunAs } from './reachable.js';

/** Where one embedded server keeps its things, and as whom it runs. */
export interface ClusterHome {
  readonly folder: string;
  /** Postgres' own data folder. */
  readonly data: string;
  readonly passwordFile: string;
  readonly portFile: string;
  readonly logFile: string;
  readonly lockFile: string;
  /** Undefined when the server runs as we do. */
  readonly runAs: RunAs | undefined;
}

/**
 * Makes the home of the server that belongs to `dataDir`.
 *
 * That is `dataDir` itself, unless we are root and `nobody` cannot pass through the folders above it (a checkout under
 * /root). Then the home is a folder of its own under /var/lib/odf-relay, and the file `location` in `dataDir` names it:
 * other people's folders keep their modes, and removing `dataDir` still means to start afresh.
 *
 * @throws {EmbeddedPostgresError} when the folder holds a database that this user cannot serve.
 */
export function openHome(dataDir: string): ClusterHome {
  makeFolders(dataDir);
  const asked = realpathSync(dataDir);
  const isRoot = process.getuid?.() === 0;
  const folder = existsSync(join(asked, 'location')) || (isRoot && mustMove(asked)) ? movedHome(asked) : asked;
  const data = join(folder, 'data');
  return {
    folder,
    data,
    passwordFile: join(folder, 'password'),
    portFile: join(folder, 'port'),
    logFile: join(folder, 'server.log'),
    lockFile: join(folder, 'start.lock'),
    runAs: isRoot ? ownerOf(data) : mustBeOurs(data),
  };
}

/** Folders that we make are passable; whoever reads the password or the data needs more than that. */
function makeFolders(dataDir: string): void {
  const first = mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  if (first === undefined) return;
  for (let folder = dataDir; ; folder = dirname(folder)) {
    chmodSync(folder, 0o711);
    if (statSync(folder).ino === statSync(first).ino || folder === dirname(folder)) return;
  }
}

function mustMove(asked: string): boolean {
  const data = join(asked, 'data');
  if (isReachable(asked, ownerOf(data))) return false;
  if (!existsSync(data)) return true;
  throw new EmbeddedPostgresError(
    `The user of the database in ${data} can no longer pass through the folders above it.`,
    `Let others pass (chmod o+x) through them, move ${asked} and set ODF_DATA_DIR, or set DATABASE_URL.`,
  );
}

function movedHome(asked: string): string {
  const pointer = join(asked, 'location');
  if (!existsSync(pointer)) {
    const draft = `${pointer}.${randomBytes(8).toString('hex')}`;
    writeFileSync(draft, join(rootStore, `data-${randomBytes(8).toString('hex')}`));
    linkUnlessThere(draft, pointer);
  }
  const folder = readFileSync(pointer, 'utf8').trim();
  if (dirname(folder) !== rootStore) {
    throw new EmbeddedPostgresError(`${pointer} names ${folder}, which is not in ${rootStore}.`);
  }
  makeFolders(folder);
  return folder;
}

/** Of several starters the first one's content stays; the draft goes. */
export function linkUnlessThere(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}

/** Root serves a database that an ordinary user made as that user, and any other as `nobody`. */
function ownerOf(data: string): RunAs {
  const { uid, gid } = existsSync(data) ? statSync(data) : nobody;
  return uid === 0 ? nobody : { uid, gid };
}

function mustBeOurs(data: string): undefined {
  if (!existsSync(data) || statSync(data).uid === process.getuid?.()) return undefined;
  throw new EmbeddedPostgresError(
    `The database in ${data} belongs to another user (uid ${statSync(data).uid}).`,
    'Start as the user that made it (root can serve any), set ODF_DATA_DIR to another folder, or set DATABASE_URL.',
  );
}
