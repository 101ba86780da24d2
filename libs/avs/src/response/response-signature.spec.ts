import { fromHex, toHex, type Hex } from '@odf/protocol';
import { encodeAbiParameters, keccak256, parseAbiParameters, stringToHex, concat } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { bn254PublicKey } from './bn254.js';
import { responseDigest, type ResponseScheme } from './response-digest.js';
import { signResponse, verifyResponseSignature } from './response-signature.js';

const task = {
  avs_id: toHex(new Uint8Array(32).fill(1)),
  task_id: toHex(new Uint8Array(32).fill(2)),
  chain_id: 31_337n,
  avs: toHex(new Uint8Array(20).fill(0xa5)),
};
const result = Buffer.from('a result');
const secret: Hex = `0x0${'5e'.repeat(31)}d`;
const otherSecret: Hex = `0x${'00'.repeat(31)}07`;

/** EIP-712 by its definition. */
function digestByDefinition(): Hex {
  const text = (value: string): Hex => keccak256(stringToHex(value));
  const domain = keccak256(
    encodeAbiParameters(parseAbiParameters('bytes32, bytes32, bytes32, uint256, address'), [
      text('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
      text('ODF AVS'),
      text('1'),
      task.chain_id,
      task.avs,
    ]),
  );
  const message = keccak256(
    encodeAbiParameters(parseAbiParameters('bytes32, bytes32, bytes32, bytes32'), [
      text('TaskResponse(bytes32 avsId,bytes32 taskId,bytes32 resultHash)'),
      task.avs_id,
      task.task_id,
      keccak256(result),
    ]),
  );
  return keccak256(concat(['0x1901', domain, message]));
}

describe('responseDigest', () => {
  it('is the EIP-712 digest of the TaskResponse', () => {
    expect(responseDigest(task, result, 'secp256k1-eip712').digest).toBe(digestByDefinition());
  });

  it('is the same under every scheme, and another for any other task, AVS, chain or result', () => {
    const { digest } = responseDigest(task, result, 'bn254-g1');
    expect(digest).toBe(digestByDefinition());
    const others = [
      responseDigest({ ...task, avs_id: task.task_id }, result, 'bn254-g1'),
      responseDigest({ ...task, task_id: task.avs_id }, result, 'bn254-g1'),
      responseDigest({ ...task, chain_id: 1n }, result, 'bn254-g1'),
      responseDigest({ ...task, avs: toHex(new Uint8Array(20)) }, result, 'bn254-g1'),
      responseDigest(task, Buffer.from('another'), 'bn254-g1'),
    ].map((other) => other.digest);
    expect(new Set([digest, ...others]).size).toBe(6);
  });
});

describe.each<[ResponseScheme, (key: Hex) => Hex]>([
  ['secp256k1-eip712', (key) => privateKeyToAccount(key).address.toLowerCase() as Hex],
  ['bn254-g1', bn254PublicKey],
])('signatures of %s', (scheme, signerOf) => {
  const signed = responseDigest(task, result, scheme);
  const other = responseDigest(task, Buffer.from('another'), scheme);

  it('verify for their digest and signer only', async () => {
    const signature = await signResponse(signed, secret);
    expect(await verifyResponseSignature(signed, signature, signerOf(secret))).toBe(true);
    expect(await verifyResponseSignature(other, signature, signerOf(secret))).toBe(false);
    expect(await verifyResponseSignature(signed, signature, signerOf(otherSecret))).toBe(false);
  });

  it('are the same bytes each time', async () => {
    expect(await signResponse(signed, secret)).toBe(await signResponse(signed, secret));
  });

  it('fail when any part is altered, cut, long or empty', async () => {
    const signature = await signResponse(signed, secret);
    const flipped = fromHex(signature);
    flipped[40]! ^= 1;
    const broken: Hex[] = [toHex(flipped), signature.slice(0, -2) as Hex, `${signature}00`, '0x'];
    for (const one of broken) expect(await verifyResponseSignature(signed, one, signerOf(secret))).toBe(false);
  });

  it('are refused for secrets that are no keys', async () => {
    await expect(signResponse(signed, `0x${'00'.repeat(32)}`)).rejects.toThrow();
    await expect(signResponse(signed, `0x${'ff'.repeat(32)}`)).rejects.toThrow();
  });
});

describe('the scheme none', () => {
  it('signs nothing and takes nothing but that', async () => {
    const digest = responseDigest(task, result, 'none');
    expect(await signResponse(digest, secret)).toBe('0x');
    expect(await verifyResponseSignature(digest, '0x', '0x')).toBe(true);
    expect(await verifyResponseSignature(digest, '0x00', '0x')).toBe(false);
  });
});
