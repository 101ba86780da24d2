import { decodeFunctionData, erc20Abi } from 'viem';
import type { Hex } from '@odf/protocol';
import { collateralVaultAbi } from '../contracts/index.js';
import { approveCall, depositCall, registerCall, withdrawCall } from './index.js';

const vault: Hex = `0x${'0a'.repeat(20)}`;
const token: Hex = `0x${'0b'.repeat(20)}`;
const owner: Hex = `0x${'0c'.repeat(20)}`;

describe('calls about collateral', () => {
  it('approve a token where the token is, for the vault', () => {
    const call = approveCall({ vault }, token, 5n);
    expect([call.to, call.value]).toEqual([token, 0n]);
    expect(decodeFunctionData({ abi: erc20Abi, data: call.data }).args).toEqual([vault, 5n].map(checksummed));
  });

  it('send no ether along with a token, and none less than a native deposit', () => {
    const native: Hex = `0x${'00'.repeat(20)}`;
    expect(depositCall({ vault }, owner, token, 5n).value).toBe(0n);
    expect(depositCall({ vault }, owner, native, 5n).value).toBe(5n);
  });

  it('withdraw an asset to an account', () => {
    const { functionName, args } = decodeFunctionData({
      abi: collateralVaultAbi,
      data: withdrawCall({ vault }, token, owner).data,
    });
    expect([functionName, args]).toEqual(['withdraw', [token, owner].map(checksummed)]);
  });
});

it('refuses a key that is no point before it burns gas', () => {
  const terms = { pubkey: `0x${'ff'.repeat(48)}`, possession: `0x${'ff'.repeat(96)}`, owner, bond_wei: 0n } as const;
  expect(() => registerCall({ registry: vault }, terms)).toThrow(/BLST|encoding/i);
});

function checksummed(value: Hex | bigint): unknown {
  return typeof value === 'bigint' ? value : expect.stringMatching(new RegExp(`^${value}$`, 'i'));
}
