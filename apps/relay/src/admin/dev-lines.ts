import { OdfError, type Hex } from '@odf/protocol';
import { DevRegistrar, isDevelopmentChain, type DevAvs, type DevRegistration } from '@odf/settlement';
import type { RelayChain } from '../core/relay-chain.js';

/** How long the mirror may take to see what was sent, ms. */
const PATIENCE_MS = 30_000;

/** Opens cover lines on a development chain, one for each AVS that the relay serves and the hub lists. */
export class DevLines {
  constructor(
    private readonly chain: RelayChain,
    private readonly avsIds: readonly Hex[],
  ) {}

  /**
   * Registers a key for its owner with a line of that cover per AVS, and waits until the mirror has it confirmed.
   *
   * @returns the line of the first AVS.
   * @throws {OdfError} DEV_DISABLED where the chain holds real money, or the hub lists none of the AVSs.
   */
  async open(registration: DevRegistration): Promise<{ line_id: Hex }> {
    const { client, deployment, rpcUrl } = this.chain;
    if (!(await isDevelopmentChain(client))) throw new OdfError('DEV_DISABLED', 'The chain is no development chain.');
    const registrar = new DevRegistrar(client, deployment, rpcUrl);
    await this.#confirm(registrar);
    const [lineId] = await registrar.register(registration, await this.#avss());
    await this.#confirm(registrar);
    return { line_id: lineId! };
  }

  /** Confirms what is on the chain, where no blocks come by themselves, and waits until the mirror has it. */
  async #confirm(registrar: DevRegistrar): Promise<void> {
    const { client, loop, confirmations } = this.chain;
    await registrar.mine(confirmations - 1);
    await loop.reached(await client.getBlockNumber(), AbortSignal.timeout(PATIENCE_MS));
  }

  async #avss(): Promise<DevAvs[]> {
    const { reader, deployment } = this.chain;
    const oracles = await this.#oracles();
    const avss: DevAvs[] = [];
    for (const id of this.avsIds) {
      const terms = await reader.newest('avs', id);
      if (!terms?.listed) continue;
      const own = [terms.avs, terms.acceptance];
      // An AVS that tells accepted responses tells slashed ones too; slashes are proved by somebody else.
      const attributor = oracles.find((each) => own.includes(each)) ?? oracles[0];
      const oracle = oracles.find((each) => !own.includes(each)) ?? oracles[0];
      if (oracle && attributor) avss.push({ avs: terms.avs, operatorSetId: terms.operator_set_id, oracle, attributor });
    }
    if (avss.length === 0) throw new OdfError('DEV_DISABLED', `The hub ${deployment.hub} lists no AVS of this relay.`);
    return avss;
  }

  /** Allowed oracles, in the order in which the hub named them. */
  async #oracles(): Promise<Hex[]> {
    const { reader, deployment } = this.chain;
    const all = await reader.all('oracle', deployment.hub);
    return all.filter(({ head }) => head.allowed).map(({ id }) => id);
  }
}
