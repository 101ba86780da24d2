import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import * as containers from './containers.js';
import type { Container } from './codec.js';
import { openPayload, sealPayload } from './ciphertext.js';
import { builderDomain, domainOf, domainTypes, keyRoot, signingRoot, type SignedMessageName } from './domains.js';
import { isSignedByAccount, typedDigest } from './eip712.js';
import { fromHex, toHex, type Hex } from './hex.js';
import { auctionId, avsId, nativeRef32, sha256, taskId } from './ids.js';
import { ListTree, RECEIPTS_DEPTH, REGISTRY_DEPTH, verifyBranch } from './merkle.js';

/* The vectors' own shapes are the subject of the test, so they are read as loosely as JSON is. */
type Json = any; // eslint-disable-line @typescript-eslint/no-explicit-any
const vectors: Json = JSON.parse(readFileSync(new URL('../../../test/vectors/protocol.json', import.meta.url), 'utf8'));
/** Named rows for `it.each`. */
const named = (rows: Json[], name: (row: Json, index: number) => string): [string, Json][] =>
  rows.map((row, index) => [name(row, index), row]);
const byName = containers as unknown as Record<string, Container<unknown>>;
const network = { chainId: 31337n, settlement: vectors.network.settlement, relayRoot: vectors.network.relay_root };

describe('containers of the protocol vectors', () => {
  for (const [name, { instances }] of Object.entries<Json>(vectors.containers)) {
    for (const instance of instances) {
      it(`${name}: ${instance.name}`, () => {
        const container = byName[name]!;
        const value = container.fromJson(instance.json);
        expect(container.toJson(value)).toEqual(instance.json);
        expect(toHex(container.serialize(value))).toBe(instance.ssz);
        expect(container.deserialize(fromHex(instance.ssz))).toEqual(value);
        expect(container.root(value)).toBe(instance.hash_tree_root);
        if (!instance.signing_root) return;
        const context = { ...network, relayRoot: instance.relay_root };
        expect(domainOf(name as SignedMessageName, context)).toBe(instance.domain);
        expect(signingRoot(container, value, context)).toBe(instance.signing_root);
        if (!instance.signed_ssz) return;
        const both = containers.signed(container);
        const signedValue = { message: value, signature: instance.signature as Hex };
        const carrier = name === 'Commitment' ? containers.SignedCommitment : both;
        const decoded = carrier.deserialize(fromHex(instance.signed_ssz));
        expect(decoded).toMatchObject(signedValue);
        expect(toHex(carrier.serialize(decoded as never))).toBe(instance.signed_ssz);
      });
    }
  }
});

describe('domains and identifiers', () => {
  it('has every domain type', () => {
    expect(Object.fromEntries(Object.entries(domainTypes).map(([name, { type }]) => [name, type]))).toEqual(
      vectors.domain_types,
    );
  });
  it.each(named(vectors.domains, (row) => row.chain_id))('domains on chain %s', (_, row: Json) => {
    const context = { chainId: BigInt(row.chain_id), settlement: row.settlement, relayRoot: row.relay_root };
    for (const [name, domain] of Object.entries(row.domains)) {
      expect(domainOf(name as SignedMessageName, context)).toBe(domain);
    }
  });
  it('key roots', () => {
    for (const row of vectors.key_root) expect(keyRoot(row.pubkey)).toBe(row.key_root);
  });
  it('avs, task and auction ids', () => {
    for (const row of vectors.avs_id)
      expect(avsId(BigInt(row.chain_id), row.avs, Number(row.operator_set_id))).toBe(row.avs_id);
    for (const row of vectors.task_id) {
      expect(nativeRef32(row.native_ref)).toBe(row.native_ref_32);
      expect(taskId(row.avs_id, row.native_ref)).toBe(row.task_id);
    }
    for (const row of vectors.auction_id) {
      const id = { avs: row.avs_id, termStartMs: BigInt(row.term_start_ms), round: Number(row.round) };
      expect(auctionId({ ...id, task: row.task_id ?? undefined })).toBe(row.auction_id);
    }
  });
});

describe('list roots and branches', () => {
  const kinds = [
    ['award_roots', containers.AwardLeaf, REGISTRY_DEPTH],
    ['receipts_roots', containers.Receipt, RECEIPTS_DEPTH],
    ['bids_roots', null, REGISTRY_DEPTH],
    ['members_roots', containers.Member, REGISTRY_DEPTH],
  ] as const;
  it.each(kinds)('%s', (part, container, depth) => {
    for (const row of vectors[part]) {
      const roots = row.leaves.map((leaf: Json) => leaf.leaf_root);
      if (container) {
        const typed = container as Container<unknown>;
        expect(row.leaves.map((leaf: Json) => typed.root(typed.fromJson(leaf.leaf)))).toEqual(roots);
      }
      const tree = ListTree.of(roots, depth);
      expect(tree.root).toBe(row.root);
      row.leaves.forEach((leaf: Json, index: number) => {
        expect(tree.branch(index).branch).toEqual(leaf.branch);
        expect(verifyBranch({ root: row.root, leafRoot: roots[index], index, branch: leaf.branch, depth })).toBe(true);
      });
    }
  });
  it.each(named(vectors.negative.branches, (row) => row.name))('refuses %s', (_, row: Json) => {
    const depth = row.list.includes('4096') ? RECEIPTS_DEPTH : REGISTRY_DEPTH;
    const proof = { root: row.root, leafRoot: row.leaf_root, index: BigInt(row.index), branch: row.branch, depth };
    expect(verifyBranch(proof)).toBe(row.valid);
  });
  it('derives the vrf seed from the signature on BidsFrozen', () => {
    for (const row of vectors.bids_roots) expect(sha256(fromHex(row.frozen.signature))).toBe(row.vrf_seed);
  });
});

describe('ciphertexts', () => {
  const vector = vectors.ciphertext;
  it('seals and opens the payload byte for byte', () => {
    const payload = containers.Payload.fromJson(vector.payload);
    expect(toHex(containers.Payload.serialize(payload))).toBe(vector.payload_ssz);
    expect(containers.Payload.root(payload)).toBe(vector.payload_hash_tree_root);
    const sealed = sealPayload(payload, fromHex(vector.key), fromHex(vector.nonce));
    expect(toHex(sealed)).toBe(vector.ciphertext);
    expect(sha256(sealed)).toBe(vector.ciphertext_root);
    expect(sealed.length).toBe(Number(vector.ciphertext_size));
    expect(sha256(fromHex(vector.key))).toBe(vector.key_hash);
    expect(openPayload(sealed, fromHex(vector.key))).toEqual(payload);
    expect(sha256(payload.result)).toBe(vector.result_root);
    expect(sha256(payload.witness)).toBe(vector.witness_root);
  });
  it.each(named(vectors.negative.ciphertexts, (row) => row.name))('refuses %s', (_, row: Json) => {
    expect(() => openPayload(fromHex(row.ciphertext), fromHex(row.key))).toThrow(RangeError);
  });
});

describe('EIP-712', () => {
  it.each(named(vectors.eip712.instances, (row, index) => `${row.primary_type} ${index}`))(
    '%s',
    async (_, row: Json) => {
      const message = Object.fromEntries(
        Object.entries<string>(row.message).map(([key, text]) => [key, /^[0-9]+$/.test(text) ? BigInt(text) : text]),
      );
      const digest = typedDigest(row.primary_type, message as never, network);
      expect(digest).toBe(row.digest);
      expect(await isSignedByAccount(digest, row.signature, row.signer)).toBe(true);
      expect(await isSignedByAccount(digest, row.signature, vectors.evm_keys[3].address)).toBe(
        row.signer === vectors.evm_keys[3].address,
      );
    },
  );
});

describe('requests', () => {
  const { requests } = vectors;
  it('reads the items as they travel', () => {
    const enrollment = containers.EnrollmentItem.fromJson(requests.enrollment_item);
    expect(containers.TrustPolicy.root(enrollment.policy)).toBe(enrollment.message.policy_root);
    expect(containers.EnrollmentItem.toJson(enrollment)).toEqual(requests.enrollment_item);
    expect(containers.DelegationItem.toJson(containers.DelegationItem.fromJson(requests.delegation_item))).toEqual(
      requests.delegation_item,
    );
    const succession = containers.SignedKeySuccession.fromJson(requests.key_succession);
    expect(containers.SignedKeySuccession.toJson(succession)).toEqual(requests.key_succession);
  });
  it('reads deliveries in JSON and SSZ', () => {
    for (const row of requests.deliveries) {
      const delivery = containers.Delivery.fromJson(row.json);
      expect(toHex(containers.Delivery.serialize(delivery))).toBe(row.ssz);
      expect(containers.Delivery.deserialize(fromHex(row.ssz))).toEqual(delivery);
    }
  });
  it('reads builder registrations in JSON and SSZ', () => {
    const { builder_registrations: registrations } = vectors;
    for (const { genesis_fork_version, domain } of registrations.domains)
      expect(builderDomain(genesis_fork_version)).toBe(domain);
    const records = fromHex(registrations.list_ssz);
    registrations.instances.forEach((row: Json, index: number) => {
      const record = records.subarray(index * 180, (index + 1) * 180);
      const value = containers.SignedValidatorRegistrationV1.deserialize(record);
      expect(containers.ValidatorRegistrationV1.toJson(value.message)).toEqual(row.json);
      expect(value.signature).toBe(row.signature);
      expect(containers.ValidatorRegistrationV1.root(value.message)).toBe(row.hash_tree_root);
    });
  });
});

describe('strict parsing', () => {
  it.each(named(vectors.negative.json, (row) => row.name))('refuses %s', (_, row: Json) => {
    expect(() => byName[row.container]!.fromJson(row.json_text ? JSON.parse(row.json_text) : row.json)).toThrow();
  });
  it.each(named(vectors.negative.json_accepted, (row) => row.name))('accepts %s', (_, row: Json) => {
    const both = byName[row.container] as Container<containers.Signed<containers.Bid>>;
    expect(containers.Bid.root(both.fromJson(row.json).message)).toBe(row.hash_tree_root);
  });
  it.each(named(vectors.negative.ssz, (row) => `${row.container}: ${row.name}`))('refuses %s', (_, row: Json) => {
    expect(() => byName[row.container]!.deserialize(fromHex(row.ssz))).toThrow(RangeError);
  });
  it('takes the one known scheme and no other', () => {
    const [row] = vectors.negative.json_accepted;
    expect(containers.SignedBid.fromJson({ ...row.json, scheme: 'odf' })).not.toHaveProperty('scheme');
    expect(() => containers.SignedBid.fromJson({ ...row.json, scheme: 'commit_boost' })).toThrow();
  });
  it('sha256 of nothing is what it is everywhere', () => {
    expect(sha256(new Uint8Array())).toBe(`0x${createHash('sha256').digest('hex')}`);
  });
});
