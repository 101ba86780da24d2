import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRelayClient } from '@odf/client';
import { routes, sha256, type Hex, type RelayInfo } from '@odf/protocol';
import { daAvs } from '@odf/settlement';
import { builtDir } from '../paths.js';
import type { Casting } from './casting.js';
import { Children, type Child } from './children.js';
import type { Ground } from './chain/ground.js';
import { avsConfig, CHAIN_ID, secretIn, type AvsPlaces, type DemoCoprocessor, type DemoValidator } from './fleet.js';
import type { Workspace } from './workspace.js';

const READY_MS = 90_000;
const RELAY_WEI = 10n ** 20n;

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
    private readonly ground: Pick<Ground, 'rpcUrl' | 'deployment' | 'fund'>,
  ) {}

  /** Starts the relay; its answer names its key. */
  async relay(
    places: Pick<AvsPlaces, 'callbackUrl' | 'challengeMs'>,
    casting: Casting,
  ): Promise<{ url: string; info: RelayInfo }> {
    const { workspace } = this;
    const { avs_token, admin_token } = workspace.state;
    const config = workspace.path('avs.yaml');
    workspace.write(config, avsConfig({ ...places, tokenSha256: sha256(Buffer.from(avs_token)) }, casting));
    const port = await workspace.port('relay', 18_550);
    const env = {
      ODF_PORT: String(port),
      ODF_HOST: '127.0.0.1',
      ODF_DATA_DIR: workspace.path('relay'),
      ODF_AVS_CONFIG: config,
      ODF_ADMIN_TOKENS: `operator:${admin_token}`,
      CHAIN_RPC_URL: this.ground.rpcUrl,
      CHAIN_CONFIRMATIONS: '1',
      ODF_CHAIN_ID: String(CHAIN_ID),
      CHAIN_ACCOUNT_KEY_FILE: await this.#relayAccount(),
      ODF_SETTLEMENT: this.ground.deployment.hub,
      LOG_LEVEL: 'info',
    };
    this.#start('relay', 'relay', [], env);
    const origin = `http://127.0.0.1:${port}`;
    await this.#ready('relay', origin);
    const info = await createRelayClient({ url: origin }).data(routes.info);
    return { url: `http://${info.pubkey}@127.0.0.1:${port}`, info };
  }

  /** Starts a coprocessor; it is ready when it has found its cover line. */
  async coprocessor(
    relayUrl: string,
    { name, dir, keyFile, ownerFile, strategyFile, role }: DemoCoprocessor,
    index: number,
  ): Promise<Served> {
    const port = await this.workspace.port(name, 18_560 + index);
    const args = ['--relay', relayUrl, '--strategy', strategyFile, '--key', keyFile];
    args.push('--data-dir', dir, '--addr', `127.0.0.1:${port}`, '--workers', '1');
    args.push('--chain-rpc-url', this.ground.rpcUrl, '--owner-key', ownerFile, '--chain-confirmations', '1');
    this.#start(name, 'coprocessor', args, role.env);
    return { name, url: `http://127.0.0.1:${port}` };
  }

  /** Starts a validator's sidecar. */
  async validator(relayUrl: string, { name, dir, policyFile, role }: DemoValidator, index: number): Promise<Served> {
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
    args.push('--chain-rpc-url', this.ground.rpcUrl, '--settlement', this.ground.deployment.hub);
    args.push('--allocation-manager', daAvs.allocationManager, '--chain-confirmations', '1');
    args.push('--claim-relay-patience', String(role.claimRelayPatienceMs));
    this.#start(name, 'sidecar', args, {});
    return { name, url: `http://127.0.0.1:${port}` };
  }

  /** Waits until all are ready. */
  async ready(served: readonly Served[]): Promise<void> {
    await Promise.all(served.map(({ name, url }) => this.#ready(name, url)));
  }

  /** The account that anchors and files for the relay, with what gas and bonds take. */
  async #relayAccount(): Promise<string> {
    const { file, shown } = secretIn(this.workspace.dir, 'relay-account.key', 'operator');
    await this.ground.fund(shown['address'] as Hex, RELAY_WEI);
    return file;
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
