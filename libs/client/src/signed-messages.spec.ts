import { BlsKey, verifySignature } from '@odf/bls';
import {
  Award,
  AwardLeaf,
  Header,
  keyRoot,
  ListTree,
  Receipt,
  ReceiptBatch,
  RECEIPTS_DEPTH,
  REGISTRY_DEPTH,
  zeroHex,
  type AwardProof,
  type Hex,
  type SignedReceipt,
} from '@odf/protocol';
import { parseRelayUrl, signMessage, verifyAwardProof, verifyReceipt, verifySigned } from './index.js';

const relay = BlsKey.fromHex(`0x${'07'.repeat(32)}`);
const stranger = BlsKey.fromHex(`0x${'08'.repeat(32)}`);
const context = { chainId: 1n, settlement: zeroHex(20), relayRoot: keyRoot(relay.pubkey) };
const root: Hex = `0x${'ab'.repeat(32)}`;

function awardProof(): AwardProof {
  const leaves = [1n, 2n, 3n].map((fee_wei) => ({
    validator_root: root,
    operator: zeroHex(20),
    max_liability: 5n,
    fee_wei,
  }));
  const tree = ListTree.of(leaves.map(AwardLeaf.root), REGISTRY_DEPTH);
  const award: Award = {
    auction_id: root,
    avs_id: root,
    role: 0,
    coprocessor: stranger.pubkey,
    line_id: root,
    award_root: tree.root,
    units: 3,
    term_start_ms: 1n,
    term_end_ms: 2n,
  };
  return { award: signMessage(Award, award, relay, context), leaf: leaves[1]!, ...tree.branch(1) };
}

describe('verifyAwardProof', () => {
  const check = (proof: AwardProof) => verifyAwardProof(proof, relay.pubkey, context, verifySignature);

  it('passes an award of the relay', () => {
    expect(check(awardProof())).toBeNull();
  });

  it.each<[string, (proof: AwardProof) => AwardProof, string]>([
    ['another fee', (proof) => ({ ...proof, leaf: { ...proof.leaf, fee_wei: 9n } }), 'BRANCH_INVALID'],
    ['another index', (proof) => ({ ...proof, index: 2 }), 'BRANCH_INVALID'],
    ['a short branch', (proof) => ({ ...proof, branch: proof.branch.slice(1) }), 'BRANCH_INVALID'],
    ['an empty branch', (proof) => ({ ...proof, branch: [] }), 'BRANCH_INVALID'],
    [
      'units that are not the number of leaves',
      (proof) => ({ ...proof, award: signMessage(Award, { ...proof.award.message, units: 4 }, relay, context) }),
      'BRANCH_INVALID',
    ],
    [
      "a stranger's signature",
      (proof) => ({ ...proof, award: signMessage(Award, proof.award.message, stranger, context) }),
      'SIGNATURE_INVALID',
    ],
    [
      'the domain of another chain',
      (proof) => ({ ...proof, award: signMessage(Award, proof.award.message, relay, { ...context, chainId: 2n }) }),
      'SIGNATURE_INVALID',
    ],
  ])('refuses %s', (_, change, fault) => {
    expect(check(change(awardProof()))).toBe(fault);
  });
});

describe('verifyReceipt', () => {
  const receipts = [1n, 2n].map((seq) => ({
    kind: 3,
    auction_id: root,
    subject_root: root,
    signer_root: root,
    seq,
    at_ms: 1n,
  }));
  const tree = ListTree.of(receipts.map(Receipt.root), RECEIPTS_DEPTH);
  const batch = signMessage(ReceiptBatch, { receipts_root: tree.root, count: 2 }, relay, context);
  const signed: SignedReceipt = { receipt: receipts[1]!, ...tree.branch(1), batch };
  const check = (receipt: SignedReceipt) => verifyReceipt(receipt, relay.pubkey, context, verifySignature);

  it('passes a receipt of the batch', () => {
    expect(check(signed)).toBeNull();
  });

  it('refuses a changed receipt, a wrong count and a stranger', () => {
    expect(check({ ...signed, receipt: { ...signed.receipt, at_ms: 2n } })).toBe('BRANCH_INVALID');
    const counted = signMessage(ReceiptBatch, { receipts_root: tree.root, count: 3 }, relay, context);
    expect(check({ ...signed, batch: counted })).toBe('BRANCH_INVALID');
    expect(check({ ...signed, batch: { ...batch, signature: zeroHex(96) } })).toBe('SIGNATURE_INVALID');
  });
});

describe('verifySigned', () => {
  it('tells message types apart by their domains', () => {
    const header: Header = {
      auction_id: root,
      task_id: root,
      coprocessor: stranger.pubkey,
      role: 0,
      attestation_root: root,
      ciphertext_root: root,
      ciphertext_size: 1n,
      key_hash: root,
      commit_by_ms: 1n,
    };
    const signed = signMessage(Header, header, relay, context);
    expect(verifySigned(Header, signed, relay.pubkey, context, verifySignature)).toBe(true);
    const renamed = { ...Header, name: 'Award' };
    expect(verifySigned(renamed, signed, relay.pubkey, context, verifySignature)).toBe(false);
  });
});

describe('parseRelayUrl', () => {
  it('reads key, origin and query as mev-boost does', () => {
    expect(parseRelayUrl(`https://${relay.pubkey}@relay.example:8443/any/path?id=me`)).toEqual({
      origin: 'https://relay.example:8443',
      pubkey: relay.pubkey,
      relayRoot: keyRoot(relay.pubkey),
      search: '?id=me',
    });
  });

  it('takes a missing scheme for http, and a URL without a key', () => {
    expect(parseRelayUrl('localhost:18550')).toEqual({ origin: 'http://localhost:18550', search: '' });
  });

  it.each([
    ['infinity', `https://0xc0${'00'.repeat(47)}@relay`],
    ['a point off the curve', `https://0x8a${'11'.repeat(47)}@relay`],
    ['a short key', 'https://0xabcd@relay'],
    ['a password', `https://${relay.pubkey}:pw@relay`],
    ['another scheme', `ftp://${relay.pubkey}@relay`],
    ['nothing', ''],
  ])('refuses %s', (_, url) => {
    expect(() => parseRelayUrl(url)).toThrow(RangeError);
  });
});
