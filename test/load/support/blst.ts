import blst from '@chainsafe/blst';
import { fromHex, type Hex } from '@odf/protocol';

/** A signature to check. */
export interface Claim {
  pubkey: Hex;
  signingRoot: Hex;
  signature: Hex;
}

/** Sets of one native call, as the relay batches them. */
const BATCH = 128;

type Prepared = { msg: Uint8Array; key: blst.PublicKey; pubkey: Uint8Array; sig: Uint8Array };

const prepare = ({ pubkey, signingRoot, signature }: Claim): Prepared => ({
  msg: fromHex(signingRoot),
  key: blst.PublicKey.fromBytes(fromHex(pubkey), true),
  pubkey: fromHex(pubkey),
  sig: fromHex(signature),
});

/** What a limit costs. */
export interface Rate {
  perSecond: number;
  /** CPU milliseconds of one signature, all threads together; says more than the rate where others use the machine too. */
  cpuMs: number;
}

/** Runs `step` over the list again and again for some seconds. */
function rateOf<T>(list: readonly T[], seconds: number, step: (item: T) => number): Rate {
  const begin = performance.now();
  const cpu = process.cpuUsage();
  let done = 0;
  for (let at = 0; performance.now() - begin < seconds * 1000; at++) done += step(list[at % list.length]!);
  const perSecond = done / ((performance.now() - begin) / 1000);
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond, cpuMs: (user + system) / 1000 / done };
}

/**
 * What the machine can check at most: random linear combinations of 128 signatures by the native library on all cores, keys
 * decompressed and checked before, signatures decompressed and checked in it, nothing else done.
 */
export function batchedRate(claims: readonly Claim[], seconds: number): Rate {
  const prepared = claims.map(prepare);
  const batches = Array.from({ length: Math.floor(prepared.length / BATCH) }, (_, index) =>
    prepared.slice(index * BATCH, (index + 1) * BATCH),
  );
  return rateOf(batches, seconds, (batch) => {
    const sets = batch.map(({ msg, key, sig }) => ({ msg, pk: key, sig: blst.Signature.fromBytes(sig) }));
    if (!blst.verifyMultipleAggregateSignatures(sets, false, true))
      throw new Error('a batch of good signatures failed');
    return batch.length;
  });
}

/** One signature after the other as relays do it that check each as it comes: key and signature decompressed and checked, then verified. */
export function oneByOneRate(claims: readonly Claim[], seconds: number): Rate {
  return rateOf(claims.map(prepare), seconds, ({ msg, pubkey, sig }) => {
    const key = blst.PublicKey.fromBytes(pubkey, true);
    if (!blst.verify(msg, key, blst.Signature.fromBytes(sig), false, true)) throw new Error('a good signature failed');
    return 1;
  });
}
