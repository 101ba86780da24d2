import type { Hex } from '@odf/protocol';
import { AbiEventSignatureNotFoundError, decodeEventLog, type Abi } from 'viem';
import type { Deployment } from '../chain/deployment.js';
import {
  collateralVaultAbi,
  coprocessorRegistryAbi,
  coverLinesAbi,
  feeEscrowAbi,
  fraudClaimsAbi,
  odfHubAbi,
} from '../contracts/index.js';
import type { Change, EventPlace } from './change.js';
import { claimChanges } from './projections/claims.js';
import { escrowChanges } from './projections/escrow.js';
import { hubChanges } from './projections/hub.js';
import { linesChanges } from './projections/lines.js';
import { registryChanges } from './projections/registry.js';
import { vaultChanges } from './projections/vault.js';

/** An event as the chain gives it, with its block's time. */
export interface RawEvent extends EventPlace {
  topics: readonly Hex[];
  data: Hex;
}

type Decode = (event: RawEvent) => Change[];

/** What events of the settlement's contracts change. */
export class ContractEvents {
  readonly #byAddress: ReadonlyMap<Hex, Decode>;

  constructor(deployment: Deployment) {
    this.#byAddress = new Map([
      [deployment.hub, decoder(odfHubAbi, hubChanges)],
      [deployment.registry, decoder(coprocessorRegistryAbi, registryChanges)],
      [deployment.vault, decoder(collateralVaultAbi, vaultChanges)],
      [deployment.lines, decoder(coverLinesAbi, linesChanges)],
      [deployment.escrow, decoder(feeEscrowAbi, escrowChanges)],
      [deployment.claims, decoder(fraudClaimsAbi, claimChanges)],
    ]);
  }

  /** The contracts whose events count. */
  get addresses(): Hex[] {
    return [...this.#byAddress.keys()];
  }

  /** What an event changes; nothing for events that the mirror does not follow. */
  changesOf(event: RawEvent): Change[] {
    return this.#byAddress.get(event.address)?.(event) ?? [];
  }
}

function decoder<const A extends Abi>(abi: A, changes: (event: never, place: EventPlace) => Change[]): Decode {
  return (event) => {
    const decoded = decodeOrNull(abi, event);
    return decoded === null ? [] : changes(decoded as never, event);
  };
}

function decodeOrNull(abi: Abi, { topics, data }: RawEvent): unknown {
  try {
    return decodeEventLog({ abi, data, topics: topics as [Hex, ...Hex[]] });
  } catch (error) {
    // The claims contract emits events that no projection asks for.
    if (error instanceof AbiEventSignatureNotFoundError) return null;
    throw error;
  }
}
