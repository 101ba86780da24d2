import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BlsKey } from '@odf/bls';
import { createRelayClient, RelayError, signMessage, type RelayClient } from '@odf/client';
import { keyRoot, ProofOfPossession, routes, sha256, type Hex, type RelayInfo } from '@odf/protocol';
import { builtDir } from '../paths.js';
import { Children, type Child } from './children.js';
import { avsConfig, LINE_WEI, type DemoCoprocessor, type DemoValidator } from './fleet.js';
import type { Workspace } from './workspace.js';

const READY_MS = 90_000;

/** A process of the fleet with the server that shows how it does. */
export interface Served {
  name: string;
  url: string;
}

/** Starts the processes of a demo and waits until they are ready. */
export class FleetStarter {
  constructor(
    private readonly workspace: Workspace,
    private readonly children: Children,
  ) {}

  /** Starts the relay; its answer names its key. */
  async relay(
    callbackUrl: string,
    validators: number,
    coprocessors: number,
  ): Promise<{ url: string; info: RelayInfo }> {
    const { workspace } = this;
    const { avs_token, admin_token } = workspace.state;
    const config = workspace.path('avs.yaml');
    workspace.write(config, avsConfig(callbackUrl, sha256(Buffer.from(avs_token)), validators, coprocessors));
    const port = await workspace.port('relay', 18_550);
    const env = {
      ODF_PORT: String(port),
      ODF_HOST: '127.0.0.1',
      ODF_DATA_DIR: workspace.path('relay'),
      ODF_AVS_CONFIG: config,
      ODF_ADMIN_TOKENS: `operator:${admin_token}`,
      ODF_DEV: '1',
      LOG_LEVEL: 'info',
    };
    this.#start('relay', 'relay', [], env);
    const origin = `http://127.0.0.1:${port}`;
    await this.#ready('relay', origin);
    const info = await createRelayClient({ url: origin }).data(routes.info);
    return { url: `http://${info.pubkey}@127.0.0.1:${port}`, info };
  }

  /** Registers a coprocessor with test cover. */
  async cover(relay: { url: string; info: RelayInfo }, coprocessor: DemoCoprocessor): Promise<void> {
    const client: RelayClient = createRelayClient({ url: relay.url, token: this.workspace.state.admin_token });
    const known = await client
      .data(routes.getCoprocessor, { params: { pubkey: coprocessor.pubkey } })
      .catch((error: unknown) => {
        if (error instanceof RelayError && error.code === 'COPROCESSOR_UNKNOWN') return undefined;
        throw error;
      });
    if (known && known.lines.length > 0) return;
    const { chain_id, settlement, pubkey } = relay.info;
    const context = { chainId: chain_id, settlement, relayRoot: keyRoot(pubkey) };
    const proof: ProofOfPossession = {
      key: coprocessor.pubkey,
      owner_root: `0x${'00'.repeat(12)}${coprocessor.owner.slice(2)}`,
    };
    const possession = signMessage(ProofOfPossession, proof, BlsKey.fromHex(coprocessor.secret), context).signature;
    const body = { pubkey: coprocessor.pubkey, possession, owner: coprocessor.owner, cover_wei: LINE_WEI };
    await client.data(routes.registerDevCoprocessor, { body });
  }

  /** Starts a coprocessor; it is ready when it has found its cover line. */
  async coprocessor(
    relayUrl: string,
    { name, dir, keyFile, strategyFile }: DemoCoprocessor,
    index: number,
  ): Promise<Served> {
    const port = await this.workspace.port(name, 18_560 + index);
    const args = ['--relay', relayUrl, '--strategy', strategyFile, '--key', keyFile];
    args.push('--data-dir', dir, '--addr', `127.0.0.1:${port}`, '--workers', '1');
    this.#start(name, 'coprocessor', args, {});
    return { name, url: `http://127.0.0.1:${port}` };
  }

  /** Starts a validator's sidecar. */
  async validator(relayUrl: string, { name, dir, policyFile }: DemoValidator, index: number): Promise<Served> {
    const port = await this.workspace.port(name, 18_570 + index);
    const args = [
      '--relay',
      relayUrl,
      '--policy',
      policyFile,
      '--data-dir',
      join(dir, 'data'),
      '--addr',
      `127.0.0.1:${port}`,
    ];
    this.#start(name, 'sidecar', args, {});
    return { name, url: `http://127.0.0.1:${port}` };
  }

  /** Waits until all are ready. */
  async ready(served: readonly Served[]): Promise<void> {
    await Promise.all(served.map(({ name, url }) => this.#ready(name, url)));
  }

  #start(name: string, app: string, args: readonly string[], env: Record<string, string>): Child {
    const log = join(this.workspace.folder('logs'), `${name}.log`);
    return this.children.start(name, join(builtDir, 'apps', app, 'src', 'main.js'), args, env, log);
  }

  async #ready(name: string, origin: string): Promise<void> {
    let last = 'it does not answer';
    for (let waited = 0; waited < READY_MS; waited += 100) {
      const answer = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(
        (error: Error) => error,
      );
      if (answer instanceof Response) {
        if (answer.ok) return;
        last = await answer.text();
      }
      await delay(100);
    }
    throw new Error(
      `${name} is not ready after ${READY_MS / 1000} s: ${last}; its log is ${this.workspace.path('logs', `${name}.log`)}`,
    );
  }
}

/** Addresses of validators' operators. */
export function operatorsOf(validators: readonly DemoValidator[]): ReadonlySet<Hex> {
  return new Set(validators.map(({ operator }) => operator));
}
