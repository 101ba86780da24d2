import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Script } from 'node:vm';
import { parse } from 'yaml';
import { relayEnvironment } from '../apps/relay/src/relay.config.js';

const ROOT = resolve(__dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Service {
  image: string;
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  privileged?: boolean;
  environment: Record<string, string>;
  ports?: string[];
  build?: { context: string; dockerfile: string };
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
}

const composeText = read('docker/compose.yaml');
const compose = parse(composeText, { merge: true }) as { services: Record<string, Service> };
const services = Object.entries(compose.services);
const relay = compose.services['relay']!;

/** Instructions of a Dockerfile, continuation lines joined, comments left out. */
function instructions(path: string): [keyword: string, rest: string][] {
  return read(path)
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => [line.split(' ')[0]!, line.slice(line.indexOf(' ') + 1).trim()]);
}

const dockerfile = instructions('docker/relay.Dockerfile');
const lastStage = dockerfile.slice(dockerfile.findLastIndex(([keyword]) => keyword === 'FROM'));
const ofLastStage = (keyword: string): string[] =>
  lastStage.filter(([found]) => found === keyword).map(([, rest]) => rest);

/** Names set by the example file, in order. */
const exampleNames = [...read('docker/relay.env.example').matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name!);
/** Variables that compose reads from the env file, and those that it refuses to start without. */
const readNames = [...composeText.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name!);
const requiredNames = [...composeText.matchAll(/\$\{([A-Z0-9_]+):\?/g)].map(([, name]) => name!);

/** Whether an image reference is pinned to a version. */
const isPinned = (image: string): boolean => /:[^:/]*\d|:local$|@sha256:/.test(image) && !image.endsWith(':latest');

describe('docker/relay.Dockerfile', () => {
  it('starts every stage from a pinned image', () => {
    const images = dockerfile.filter(([keyword]) => keyword === 'FROM').map(([, rest]) => rest.split(' ')[0]!);
    expect(images).toEqual(Array(images.length).fill('node:20-bookworm-slim'));
    expect(images.every(isPinned)).toBe(true);
  });

  it('runs the relay as an ordinary user, by number so that orchestrators can tell', () => {
    expect(ofLastStage('USER')).toEqual(['1000:1000']);
    expect(JSON.parse(ofLastStage('CMD')[0]!)).toEqual(['node', 'dist/apps/relay/src/main.js']);
    expect(ofLastStage('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('asks the relay whether it lives', () => {
    const [check] = ofLastStage('HEALTHCHECK');
    const command = JSON.parse(check!.slice(check!.indexOf('CMD ') + 4)) as string[];
    expect(command.slice(0, 2)).toEqual(['node', '-e']);
    expect(command[2]).toContain('/livez');
    expect(() => new Script(command[2]!)).not.toThrow();
  });

  it('takes its packages from an install without development ones', () => {
    const copied = ofLastStage('COPY').find((rest) => rest.endsWith('node_modules node_modules'))!;
    const stage = /--from=(\w+)/.exec(copied)![1]!;
    const start = dockerfile.findIndex(([keyword, rest]) => keyword === 'FROM' && rest.endsWith(` AS ${stage}`));
    const length = dockerfile.slice(start + 1).findIndex(([keyword]) => keyword === 'FROM');
    const runs = dockerfile.slice(start, start + 1 + length).filter(([keyword]) => keyword === 'RUN');
    expect(runs.map(([, rest]) => rest).join()).toContain('npm ci --omit=dev');
  });

  it('copies only what is there and what its ignore file lets in', () => {
    const allowed = [...read('docker/relay.Dockerfile.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path!);
    const copied = dockerfile
      .filter(([keyword, rest]) => keyword === 'COPY' && !rest.startsWith('--from'))
      .flatMap(([, rest]) => rest.split(/\s+/).slice(0, -1));
    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect([...new Set(copied)].sort()).toEqual(allowed.sort());
  });
});

describe('docker/compose.yaml', () => {
  it.each(services)('%s is pinned, not root, and has no rights to spare', (_name, service) => {
    expect(isPinned(service.image)).toBe(true);
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toContain('no-new-privileges:true');
    expect(service.privileged).toBeUndefined();
  });

  it('builds the relay from its Dockerfile and starts it once Postgres is ready', () => {
    expect(existsSync(join(ROOT, 'docker', relay.build!.context, relay.build!.dockerfile))).toBe(true);
    expect(relay.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect(compose.services['postgres']!.healthcheck!.test).toContain('pg_isready');
  });

  it('opens ports to its own host only, and none of Postgres', () => {
    expect(services.flatMap(([, { ports }]) => ports ?? [])).toEqual(['127.0.0.1:18550:18550']);
  });

  it('holds no secret, and refuses to start without one', () => {
    for (const name of ['RELAY_SECRET_KEY', 'ODF_ESCROW_KEY', 'ODF_ADMIN_TOKENS', 'POSTGRES_PASSWORD']) {
      expect(requiredNames).toContain(name);
      expect(read('docker/relay.env.example')).toMatch(new RegExp(`^${name}=$`, 'm'));
    }
    expect(relay.environment['DATABASE_URL']).toContain('${POSTGRES_PASSWORD:?');
  });

  it('reads what the example file sets, no more and no less', () => {
    expect([...new Set(readNames)].sort()).toEqual([...exampleNames].sort());
  });

  it('sets nothing that the relay does not know', () => {
    const known = [...Object.keys(relayEnvironment.shape), ...Object.keys(compose.services['postgres']!.environment)];
    const ofImage = ofLastStage('ENV').flatMap((rest) => [...rest.matchAll(/([A-Z_]+)=/g)].map(([, name]) => name!));
    const given = [...Object.keys(relay.environment), ...ofImage, ...exampleNames];
    expect(given.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('gives the relay a configuration that it accepts, once the example is filled in', () => {
    const secret = `0x${'5a'.repeat(32)}`;
    const filled: Record<string, string> = {
      ...Object.fromEntries(
        [...read('docker/relay.env.example').matchAll(/^([A-Z]\w*)=(.*)$/gm)].map(([, name, value]) => [name, value]),
      ),
      POSTGRES_PASSWORD: 'ab12',
      RELAY_SECRET_KEY: secret,
      ODF_ESCROW_KEY: secret,
      ODF_ADMIN_TOKENS: 'operator:0123456789abcdef',
    };
    const environment = Object.fromEntries(
      Object.entries(relay.environment).map(([name, text]) => [
        name,
        text.replace(/\$\{(\w+):[?-][^}]*\}/g, (_, variable: string) => filled[variable] ?? ''),
      ]),
    );
    expect(environment['DATABASE_URL']).toBe('postgres://odf:ab12@postgres:5432/odf');
    expect(relayEnvironment.safeParse({ ...environment, NODE_ENV: 'production' }).error).toBeUndefined();
  });
});
