import { hashTypedData, recoverAddress, type TypedDataDomain } from 'viem';
import type { SigningContext } from './domains.js';
import type { Hex } from './hex.js';

/** EIP-712 types that operators sign. */
export const typedDataTypes = {
  Enrollment: [
    { name: 'validatorRoot', type: 'bytes32' },
    { name: 'operator', type: 'address' },
    { name: 'avsId', type: 'bytes32' },
    { name: 'policyRoot', type: 'bytes32' },
    { name: 'relayRoot', type: 'bytes32' },
    { name: 'validFrom', type: 'uint64' },
    { name: 'validUntil', type: 'uint64' },
    { name: 'nonce', type: 'uint64' },
  ],
  DelegatedSigner: [
    { name: 'operator', type: 'address' },
    { name: 'hotKey', type: 'address' },
    { name: 'validUntil', type: 'uint64' },
    { name: 'nonce', type: 'uint64' },
  ],
  Voucher: [
    { name: 'operator', type: 'address' },
    { name: 'owner', type: 'address' },
    { name: 'cumulativeWei', type: 'uint256' },
  ],
} as const;

/** The operator's consent to an enrollment. */
export interface EnrollmentConsent {
  validatorRoot: Hex;
  operator: Hex;
  avsId: Hex;
  policyRoot: Hex;
  relayRoot: Hex;
  validFrom: bigint;
  validUntil: bigint;
  nonce: bigint;
}
/** The operator's hot key for vouchers. */
export interface DelegatedSigner {
  operator: Hex;
  hotKey: Hex;
  validUntil: bigint;
  nonce: bigint;
}
/** A payment-channel voucher as it is signed; wei. */
export interface VoucherConsent {
  operator: Hex;
  owner: Hex;
  cumulativeWei: bigint;
}

interface TypedMessages {
  Enrollment: EnrollmentConsent;
  DelegatedSigner: DelegatedSigner;
  Voucher: VoucherConsent;
}

/** Everything a wallet needs to sign: domain, types, primary type and message. */
export function typedData<T extends keyof TypedMessages>(
  primaryType: T,
  message: TypedMessages[T],
  context: Pick<SigningContext, 'chainId' | 'settlement'>,
) {
  const domain: TypedDataDomain = {
    name: 'ODF',
    version: '1',
    chainId: context.chainId,
    verifyingContract: context.settlement,
  };
  return { domain, types: { [primaryType]: typedDataTypes[primaryType] }, primaryType, message } as const;
}

/** The EIP-712 digest. */
export function typedDigest<T extends keyof TypedMessages>(
  primaryType: T,
  message: TypedMessages[T],
  context: Pick<SigningContext, 'chainId' | 'settlement'>,
): Hex {
  return hashTypedData(typedData(primaryType, message, context) as unknown as Parameters<typeof hashTypedData>[0]);
}

const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** Whether `signature` (r ‖ s ‖ v, v 27 or 28, low s) over `digest` is by the account `signer`. */
export async function isSignedByAccount(digest: Hex, signature: Hex, signer: Hex): Promise<boolean> {
  if (!/^0x[0-9a-f]{128}1[bc]$/.test(signature)) return false;
  if (BigInt(`0x${signature.slice(66, 130)}`) > HALF_ORDER) return false;
  try {
    return (await recoverAddress({ hash: digest, signature })).toLowerCase() === signer;
  } catch {
    // A point that recovers to nothing was signed by nobody.
    return false;
  }
}
