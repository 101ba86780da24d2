import type { Hex } from '@odf/protocol';
import { createPublicClient, custom, decodeFunctionData, encodeFunctionResult, parseAbi } from 'viem';
import { AllocationManagerMembership, allocationManagerAbi } from './allocation-manager.js';

const operator: Hex = `0x${'0b'.repeat(20)}`;
const stranger: Hex = `0x${'0c'.repeat(20)}`;
const avsId: Hex = `0x${'af'.repeat(32)}`;
const strategy: Hex = `0x${'57'.repeat(20)}`;
const BEACON: Hex = '0xbeac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0';
const strategyAbi = parseAbi(['function sharesToUnderlyingView(uint256 shares) view returns (uint256)']);
const allocated = {
  avs_id: avsId,
  allocationManager: `0x${'a1'.repeat(20)}`,
  avs: `0x${'a4'.repeat(20)}`,
  operatorSetId: 7,
} as const;

/** An AllocationManager with one member, 20 shares of beacon ETH and 10 shares of a token worth three wei each. */
function manager() {
  const node = { calls: 0, fails: false, block: 100n };
  const client = createPublicClient({
    transport: custom(
      {
        request: async ({ method, params }: { method: string; params: [{ to: Hex; data: Hex }] }) => {
          if (node.fails) throw new Error('the node is away');
          if (method === 'eth_blockNumber') return '0x64';
          node.calls += 1;
          return answerTo(params[0]);
        },
      },
      { retryCount: 0 },
    ),
  });
  return { node, source: new AllocationManagerMembership(client, [allocated], () => node.block) };
}

function answerTo({ to, data }: { to: Hex; data: Hex }): Hex {
  if (to.toLowerCase() === strategy) {
    const [shares] = decodeFunctionData({ abi: strategyAbi, data }).args;
    return encodeFunctionResult({ abi: strategyAbi, result: shares * 3n });
  }
  const { functionName, args } = decodeFunctionData({ abi: allocationManagerAbi, data });
  if (functionName === 'isMemberOfOperatorSet') {
    const isMember = args[0].toLowerCase() === operator && args[1].id === 7;
    return encodeFunctionResult({ abi: allocationManagerAbi, functionName, result: isMember });
  }
  if (functionName === 'getStrategiesInOperatorSet') {
    return encodeFunctionResult({ abi: allocationManagerAbi, functionName, result: [BEACON, strategy] });
  }
  return encodeFunctionResult({ abi: allocationManagerAbi, functionName, result: [[20n, 10n]] });
}

it.each<[string, Hex, bigint, string | null]>([
  ['exactly enough stake over all strategies', operator, 50n, null],
  ['too little stake', operator, 51n, 'Slashable stake 50 wei is below 51 wei.'],
  ['no membership', stranger, 0n, `${stranger} is not in the operator set.`],
])('judges an operator of %s', async (_, of, slashableWei, reason) => {
  const { source } = manager();
  expect(await source.membership(avsId, of, slashableWei)).toEqual(
    reason === null ? { live: true } : { live: false, reason },
  );
});

it('knows nobody of an AVS without an AllocationManager', async () => {
  const { source, node } = manager();
  expect(await source.membership(`0x${'ff'.repeat(32)}`, operator, 0n)).toMatchObject({ live: false });
  expect(node.calls).toBe(0);
});

it('asks once a block, whatever stake is asked for', async () => {
  const { source, node } = manager();
  await Promise.all([1n, 2n, 51n].map((wei) => source.membership(avsId, operator, wei)));
  const once = node.calls;
  await source.membership(avsId, operator, 3n);
  expect(node.calls).toBe(once);
  node.block += 1n;
  await source.membership(avsId, operator, 3n);
  expect(node.calls).toBe(2 * once);
});

it('remembers no failure', async () => {
  const { source, node } = manager();
  node.fails = true;
  await expect(source.membership(avsId, operator, 1n)).rejects.toThrow('the node is away');
  node.fails = false;
  expect(await source.membership(avsId, operator, 1n)).toEqual({ live: true });
});
