import type { Fee, Hex, RelayInfo } from '@odf/protocol';
import { isContractSignature, readDeployment, SettlementView } from '@odf/settlement';
import { createPublicClient, http, type PublicClient } from 'viem';
import type { Progress } from '../audit/progress.js';
import { channelKey, type Acceptance, type ChainRecords, type TermClaim } from './records.js';

/** Questions that wait for the node at once; they travel in batches. */
const AT_ONCE = 50;
const REPORTED = 1_000;

/** The settlement on its chain, read at the newest block: a relay that follows it can't be ahead of what is read after it. */
export class StatementChain {
  private constructor(
    private readonly client: PublicClient,
    private readonly view: SettlementView,
    readonly chainId: bigint,
    private readonly progress: Progress,
  ) {}

  /**
   * Finds the settlement that a relay names.
   *
   * @throws {DeploymentError} when it is not there; {Error} when the node does not answer or is of another chain.
   */
  static async open(
    url: string,
    { chain_id, settlement }: Pick<RelayInfo, 'chain_id' | 'settlement'>,
    progress: Progress,
  ): Promise<StatementChain> {
    const client = createPublicClient({ transport: http(url, { batch: true }), cacheTime: 0 });
    const found = BigInt(
      await client.getChainId().catch((cause: unknown) => {
        throw new Error(`the node of --chain-rpc-url does not answer: ${(cause as Error).message.split('\n')[0]}`, {
          cause,
        });
      }),
    );
    if (found !== chain_id) {
      throw new Error(`--chain-rpc-url is chain ${found}, the relay settles on ${chain_id}: give a node of that`);
    }
    const deployment = await readDeployment(client, settlement);
    return new StatementChain(client, new SettlementView({ client, deployment, confirmations: 1 }), found, progress);
  }

  /** Whether a contract account signed (ERC-1271). */
  isContractSignature(account: Hex, digest: Hex, signature: Hex): Promise<boolean> {
    return isContractSignature(this.client, account, digest, signature);
  }

  /**
   * Everything of the chain about these records.
   *
   * @param fees of all terms; `shown` are those whose responses are looked up.
   */
  async read(fees: readonly Fee[], shown: readonly Fee[], claims: readonly TermClaim[]): Promise<ChainRecords> {
    const block = await this.client.getBlockNumber({ cacheTime: 0 });
    const pairs = new Map(fees.map((fee) => [channelKey(fee), { operator: fee.operator, owner: fee.owner }]));
    const channels = await this.#each(pairs.values(), async (pair) => {
      const [paid_wei, proved_wei] = await Promise.all([
        this.view.paidWei(pair.operator, pair.owner),
        this.view.provedWei(pair.operator, pair.owner),
      ]);
      return [channelKey(pair), { ...pair, paid_wei, proved_wei }] as const;
    });
    const listed = new Map(
      await this.#each(new Set(shown.map(({ avs_id }) => avs_id)), async (avsId) => {
        return [avsId, await this.view.isListed(avsId)] as const;
      }),
    );
    const acceptances = await this.#each(shown, async (fee) => {
      return [fee.id, listed.get(fee.avs_id) ? await this.#acceptance(fee) : 'unlisted'] as const;
    });
    const owners = await this.#each(new Set(shown.map(({ coprocessor }) => coprocessor)), async (key) => {
      return [key, await this.view.ownerOf(key)] as const;
    });
    const held = await this.#each(claims, async ({ claim_id }) => {
      return [claim_id, await this.view.claimOf(claim_id)] as const;
    });
    return {
      chain_id: this.chainId,
      block,
      channels: new Map(channels),
      acceptances: new Map(acceptances),
      claims: new Map(held),
      owners: new Map(owners),
    };
  }

  async #acceptance({ avs_id, task_id, operator }: Fee): Promise<Acceptance> {
    const accepted = await this.view.acceptedResponse(avs_id, task_id, operator);
    if (!accepted) return 'none';
    return accepted.final ? 'final' : 'accepted';
  }

  async #each<T, R>(items: Iterable<T>, ask: (item: T) => Promise<R>): Promise<R[]> {
    const all = [...items];
    const answers: R[] = [];
    for (let from = 0; from < all.length; from += AT_ONCE) {
      answers.push(...(await Promise.all(all.slice(from, from + AT_ONCE).map(ask))));
      if (answers.length % REPORTED === 0) this.progress(`asked the chain ${answers.length} of ${all.length}`);
    }
    return answers;
  }
}
