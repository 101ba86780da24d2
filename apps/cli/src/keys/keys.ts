import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { createRelayClient } from '@odf/client';
import { bytes20, DelegationItem, routes, type Hex, type SigningContext } from '@odf/protocol';
import { delegation } from './delegation.js';
import { describeSecret, newSecret, readSecret, writeSecret, type KeyKind } from './secret-file.js';

const kind = () =>
  new Option('--kind <kind>', 'bls: validators, delegates, coprocessors; operator: EVM accounts').choices([
    'bls',
    'operator',
  ]);

function whole(text: string): bigint {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return BigInt(text);
}

function account(text: string): Hex {
  const parsed = bytes20.json.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('expected 0x and 40 hex digits');
  return parsed.data;
}

interface Domain {
  relay?: string;
  chainId?: bigint;
  settlement?: Hex;
}

async function contextOf({
  relay,
  chainId,
  settlement,
}: Domain): Promise<Pick<SigningContext, 'chainId' | 'settlement'>> {
  if (chainId !== undefined && settlement) return { chainId, settlement };
  if (!relay) throw new Error('give --chain-id and --settlement, or --relay to ask one for them');
  const info = await createRelayClient({ url: relay }).data(routes.info);
  return { chainId: info.chain_id, settlement: info.settlement };
}

function newCommand(): Command {
  return new Command('new')
    .description('Draws a secret key into a new file that only its owner can read.')
    .addOption(kind().makeOptionMandatory())
    .requiredOption('--out <file>', 'must not exist yet')
    .action((given: { kind: KeyKind; out: string }) => {
      const secret = newSecret(given.kind, randomBytes);
      writeSecret(given.out, secret);
      console.log(JSON.stringify({ file: given.out, ...describeSecret(given.kind, secret) }, null, 2));
    });
}

function showCommand(): Command {
  return new Command('show')
    .description('Prints the public side of a secret key file.')
    .argument('<file>')
    .addOption(kind().default('bls'))
    .action((file: string, given: { kind: KeyKind }) => {
      console.log(JSON.stringify(describeSecret(given.kind, readSecret(file)), null, 2));
    });
}

interface DelegateOptions extends Domain {
  validator: string;
  delegate: string;
  validUntil: bigint;
  nonce: bigint;
  out?: string;
}

function delegateCommand(): Command {
  return new Command('delegate')
    .description('Signs a hot key for a validator, offline; POST the answer to /relay/v1/validator/delegations.')
    .requiredOption('--validator <file>', 'BLS secret of the validator')
    .requiredOption('--delegate <file>', 'BLS secret of the hot key, which proves its possession')
    .requiredOption('--valid-until <seconds>', 'Unix time; one that is past revokes', whole)
    .requiredOption('--nonce <number>', 'higher than in any earlier delegation of this validator', whole)
    .option('--chain-id <number>', 'chain of the settlement', whole)
    .option('--settlement <address>', 'hub contract of the settlement', account)
    .option('--relay <url>', 'ask this relay for both instead')
    .option('--out <file>', 'write there instead of printing')
    .action(async (given: DelegateOptions) => {
      const item = delegation({
        validator: readSecret(given.validator),
        delegate: readSecret(given.delegate),
        validUntil: given.validUntil,
        nonce: given.nonce,
        ...(await contextOf(given)),
      });
      const text = `${JSON.stringify([DelegationItem.toJson(item)], null, 2)}\n`;
      if (given.out) writeFileSync(given.out, text);
      else process.stdout.write(text);
    });
}

/** `odf keys`: makes, shows and delegates keys. */
export function keysCommand(): Command {
  return new Command('keys')
    .description('Makes and shows keys, and signs delegations offline.')
    .addCommand(newCommand())
    .addCommand(showCommand())
    .addCommand(delegateCommand());
}
