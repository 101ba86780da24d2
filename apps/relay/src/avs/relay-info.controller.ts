import { Controller, Inject } from '@nestjs/common';
import { routes, type RelayInfo } from '@odf/protocol';
import { RelaySigner } from '../core/relay-signer.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { Input, type InputOf } from '../http/input.decorator.js';
import { type RelayConfig } from '../relay.config.js';
import { RELAY_CONFIG } from '../relay.tokens.js';
import { RELAY_VERSION } from '../relay.version.js';

@Controller()
export class RelayInfoController {
  constructor(
    private readonly signer: RelaySigner,
    @Inject(RELAY_CONFIG) private readonly config: RelayConfig,
  ) {}

  @Endpoint(routes.info)
  info(@Input() _: InputOf<typeof routes.info>): RelayInfo {
    const { context, pubkey } = this.signer;
    return {
      pubkey,
      relay_root: context.relayRoot,
      chain_id: context.chainId,
      settlement: context.settlement,
      genesis_fork_version: this.config.genesisForkVersion,
      version: RELAY_VERSION,
      capabilities: ['bids', 'standing_bids', 'term_auctions', 'task_auctions', 'escrow', 'events', 'ssz', 'gzip'],
      key_successions: [],
    };
  }
}
