import type { Hex } from '@odf/protocol';
import { encodeAbiParameters, parseAbiParameters, parseEventLogs, zeroAddress, type Abi, type Account } from 'viem';
import { privateKeyToAccount, generatePrivateKey } from 'viem/accounts';
import { devAccount } from '../../../src/local-chain/dev-account.js';
import type { DaWorld } from '../../../test/da-world.js';

/** ABI and creation code of Symbiotic's contracts by name, as symbiotic.mjs compiled them. */
export type Artifacts = Record<string, { abi: Abi; bytecode: Hex }>;

/** The network's subnetwork that slashes. */
export const IDENTIFIER = 7n;
const EPOCH_S = 7 * 86_400;
const UNLIMITED = 10n ** 30n;

/** A vault of real Symbiotic with an instant slasher, for one network and one operator. */
export class SymbioticCore {
  readonly #curator = devAccount(5);
  readonly middleware = devAccount(8);
  readonly network = privateKeyToAccount(generatePrivateKey());
  vault!: Hex;
  slasher!: Hex;
  #delegator!: Hex;
  #services!: Record<'networks' | 'operators' | 'middlewares' | 'vaultOptIn' | 'networkOptIn', Hex>;

  constructor(
    private readonly world: DaWorld,
    private readonly artifacts: Artifacts,
    readonly collateral: Hex,
  ) {}

  get networkAddress(): Hex {
    return this.network.address.toLowerCase() as Hex;
  }

  /** The network's address in the upper 20 bytes, the identifier in the lower 12. */
  get subnetwork(): Hex {
    return `${this.networkAddress}${IDENTIFIER.toString(16).padStart(24, '0')}`;
  }

  call(name: string, address: Hex, functionName: string, args: readonly unknown[], account: Account) {
    return this.world.call(this.artifacts[name]!.abi, address, functionName, args, account);
  }

  read<T>(functionName: string, args: readonly unknown[]): Promise<T> {
    const { abi } = this.artifacts['Vault']!;
    return this.world.client.readContract({ abi, address: this.vault, functionName, args }) as Promise<T>;
  }

  /** Deploys Symbiotic's core as its own script does, with the kinds of vault, delegator and slasher that are needed. */
  async deploy(): Promise<void> {
    const owner = this.world.anybody.address;
    const vaults = await this.#create('VaultFactory', owner);
    const delegators = await this.#create('DelegatorFactory', owner);
    const slashers = await this.#create('SlasherFactory', owner);
    const networks = await this.#create('NetworkRegistry');
    const operators = await this.#create('OperatorRegistry');
    const middlewares = await this.#create('NetworkMiddlewareService', networks);
    const vaultOptIn = await this.#create('OptInService', operators, vaults, 'OperatorVaultOptInService');
    const networkOptIn = await this.#create('OptInService', operators, networks, 'OperatorNetworkOptInService');
    this.#services = { networks, operators, middlewares, vaultOptIn, networkOptIn };
    const vault = await this.#create('Vault', delegators, slashers, vaults);
    const optIns = [vaultOptIn, networkOptIn] as const;
    const delegator = await this.#create('FullRestakeDelegator', networks, vaults, ...optIns, delegators, 0n);
    const slasher = await this.#create('Slasher', vaults, middlewares, slashers, 0n);
    await this.call('VaultFactory', vaults, 'whitelist', [vault], this.world.anybody);
    await this.call('DelegatorFactory', delegators, 'whitelist', [delegator], this.world.anybody);
    await this.call('SlasherFactory', slashers, 'whitelist', [slasher], this.world.anybody);
    await this.#createVault(await this.#create('VaultConfigurator', vaults, delegators, slashers));
  }

  /** Registers network, middleware and operator, who opts in; the vault's curator lets the network slash all of it. */
  async join(operator: Account): Promise<void> {
    const { networks, operators, middlewares, vaultOptIn, networkOptIn } = this.#services;
    const delegator = 'FullRestakeDelegator';
    await this.world.node.setBalance({ address: this.networkAddress, value: 10n ** 18n });
    await this.call('NetworkRegistry', networks, 'registerNetwork', [], this.network);
    await this.call('NetworkMiddlewareService', middlewares, 'setMiddleware', [this.middleware.address], this.network);
    await this.call('OperatorRegistry', operators, 'registerOperator', [], operator);
    await this.call('OptInService', vaultOptIn, 'optIn', [this.vault], operator);
    await this.call('OptInService', networkOptIn, 'optIn', [this.networkAddress], operator);
    await this.call(delegator, this.#delegator, 'setMaxNetworkLimit', [IDENTIFIER, UNLIMITED], this.network);
    await this.call(delegator, this.#delegator, 'setNetworkLimit', [this.subnetwork, UNLIMITED], this.#curator);
    const limit = [this.subnetwork, operator.address, UNLIMITED];
    await this.call(delegator, this.#delegator, 'setOperatorNetworkLimit', limit, this.#curator);
  }

  /** Slashes as the network's middleware, of what was at stake at `captureTimestamp`. */
  slash(operator: Hex, amount: bigint, captureTimestamp: bigint) {
    const args = [this.subnetwork, operator, amount, Number(captureTimestamp), '0x'];
    return this.call('Slasher', this.slasher, 'slash', args, this.middleware);
  }

  async #createVault(configurator: Hex): Promise<void> {
    const admin = this.#curator.address;
    const burner = '0x000000000000000000000000000000000000dEaD';
    const vaultParams = encodeAbiParameters(
      parseAbiParameters('(address,address,uint48,bool,bool,uint256,address,address,address,address,address)'),
      [[this.collateral, burner, EPOCH_S, false, false, 0n, admin, admin, admin, admin, admin]],
    );
    const delegatorParams = encodeAbiParameters(parseAbiParameters('((address,address,address),address[],address[])'), [
      [[admin, zeroAddress, admin], [admin], [admin]],
    ]);
    const slasherParams = encodeAbiParameters(parseAbiParameters('((bool))'), [[[false]]]);
    const params = {
      version: 1n,
      owner: admin,
      vaultParams,
      delegatorIndex: 0n,
      delegatorParams,
      withSlasher: true,
      slasherIndex: 0n,
      slasherParams,
    };
    const { logs } = await this.call('VaultConfigurator', configurator, 'create', [params], this.world.anybody);
    const { abi } = this.artifacts['Vault']!;
    const named = (eventName: string) => {
      const [log] = parseEventLogs({ abi, eventName, logs }) as unknown as {
        address: Hex;
        args: Record<string, Hex>;
      }[];
      return log!;
    };
    this.vault = named('SetSlasher').address.toLowerCase() as Hex;
    this.slasher = named('SetSlasher').args['slasher']!;
    this.#delegator = named('SetDelegator').args['delegator']!;
  }

  #create(name: string, ...args: unknown[]): Promise<Hex> {
    const { abi, bytecode } = this.artifacts[name]!;
    return this.world.create(abi, bytecode, args);
  }
}
