import {
  Award,
  AwardLeaf,
  Header,
  Receipt,
  ReceiptBatch,
  RECEIPTS_DEPTH,
  REGISTRY_DEPTH,
  signingRoot,
  verifyBranch,
  type AwardProof,
  type Container,
  type Hex,
  type Signed,
  type SignedHeader,
  type SignedReceipt,
  type SigningContext,
} from '@odf/protocol';

/** Who signs: `BlsKey` of `@odf/bls`, or a remote signer's local half. */
export interface MessageSigner {
  readonly pubkey: Hex;
  sign(signingRoot: Hex): Hex;
}

/** `verifySignature` of `@odf/bls`, or another implementation. */
export type SignatureCheck = (pubkey: Hex, signingRoot: Hex, signature: Hex) => boolean;

/** What is wrong with a proof; null when nothing is. */
export type ProofFault = 'SIGNATURE_INVALID' | 'BRANCH_INVALID';

/** Signs a message in the domain of its container. */
export function signMessage<M>(
  container: Container<M>,
  message: M,
  key: MessageSigner,
  context: SigningContext,
): Signed<M> {
  return { message, signature: key.sign(signingRoot(container, message, context)) };
}

/** Whether a message is signed by `pubkey` in the domain of its container. */
export function verifySigned<M>(
  container: Container<M>,
  signed: Signed<M>,
  pubkey: Hex,
  context: SigningContext,
  check: SignatureCheck,
): boolean {
  return check(pubkey, signingRoot(container, signed.message, context), signed.signature);
}

/** Whether a header is signed by the relay. */
export function verifyHeader(
  header: SignedHeader,
  relayPubkey: Hex,
  context: SigningContext,
  check: SignatureCheck,
): boolean {
  return verifySigned(Header, header, relayPubkey, context, check);
}

/** Checks that a receipt stands in a batch that the relay signed; returns what is wrong, or null. */
export function verifyReceipt(
  signed: SignedReceipt,
  relayPubkey: Hex,
  context: SigningContext,
  check: SignatureCheck,
): ProofFault | null {
  const { receipts_root, count } = signed.batch.message;
  const stands =
    lengthOf(signed.branch) === BigInt(count) &&
    verifyBranch({
      root: receipts_root,
      leafRoot: Receipt.root(signed.receipt),
      index: signed.index,
      branch: signed.branch,
      depth: RECEIPTS_DEPTH,
    });
  if (!stands) return 'BRANCH_INVALID';
  return verifySigned(ReceiptBatch, signed.batch, relayPubkey, context, check) ? null : 'SIGNATURE_INVALID';
}

/** Checks that a leaf stands under an award that the relay signed, and that the award counts its leaves rightly; returns what is wrong, or null. */
export function verifyAwardProof(
  proof: AwardProof,
  relayPubkey: Hex,
  context: SigningContext,
  check: SignatureCheck,
): ProofFault | null {
  if (!verifySigned(Award, proof.award, relayPubkey, context, check)) return 'SIGNATURE_INVALID';
  const { award_root, units } = proof.award.message;
  const stands =
    lengthOf(proof.branch) === BigInt(units) &&
    verifyBranch({
      root: award_root,
      leafRoot: AwardLeaf.root(proof.leaf),
      index: proof.index,
      branch: proof.branch,
      depth: REGISTRY_DEPTH,
    });
  return stands ? null : 'BRANCH_INVALID';
}

/** The list's length as its last chunk says; `verifyBranch` checks that the chunk belongs to the root. */
function lengthOf(branch: readonly Hex[]): bigint | undefined {
  const chunk = branch.at(-1);
  return chunk && Buffer.from(chunk.slice(2), 'hex').readBigUInt64LE(0);
}
