import { Header, fromHex } from '@odf/protocol';
import { deliveryRecord, idOf, taskRecord } from '../../test/records.js';
import { headerOf, headerTopic } from './header.js';

it('shows of a delivery what a validator needs to prefetch and to commit, and nothing else', () => {
  const delivery = deliveryRecord({ sealedKey: fromHex('0xaa'), sealedAttestation: fromHex('0xbb') });
  const header = headerOf(delivery, taskRecord());
  expect(header).toEqual({
    auction_id: idOf('auction'),
    task_id: idOf('task'),
    coprocessor: delivery.coprocessor,
    role: 0,
    attestation_root: idOf('attestation'),
    ciphertext_root: idOf('ciphertext'),
    ciphertext_size: 4_124n,
    key_hash: idOf('key'),
    commit_by_ms: 3_000n,
  });
  expect(Header.deserialize(Header.serialize(header))).toEqual(header);
});

it('wakes the waiters of one task only', () => {
  expect(headerTopic(idOf('task'))).not.toBe(headerTopic(idOf('other')));
});
