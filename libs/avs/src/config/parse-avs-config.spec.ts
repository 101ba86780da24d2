import { avsId, sha256 } from '@odf/protocol';
import { parseAvsConfig } from './parse-avs-config.js';

const least = `
- name: files
  plugin: kzg-da
  chain_id: 31337
  avs: 0x00000000000000000000000000000000000000A5
  reward_per_task_wei: 1000000000000000000
  source: { kind: http, token: a-token-of-length-16 }
`;
const avs = '0x00000000000000000000000000000000000000a5';

describe('parseAvsConfig', () => {
  it('fills in defaults and keeps every digit', () => {
    expect(parseAvsConfig(least)).toEqual([
      {
        name: 'files',
        plugin: 'kzg-da',
        chain_id: 31_337n,
        avs,
        avs_id: avsId(31_337n, avs, 0),
        operator_set_id: 0,
        mode: 'term',
        windows_ms: { bidding: 12_000, term: 384_000, deliver: 12_000, commit: 12_000, grace: 3_000 },
        reward_per_task_wei: 10n ** 18n,
        cap_bps: 2_500,
        pricing: 'critical',
        newcomer_bps: 500,
        verification: 'before',
        membership: 'open',
        source: {
          kind: 'http',
          token_sha256: sha256(Buffer.from('a-token-of-length-16')),
          callback_url: undefined,
          signature: 'secp256k1',
        },
        slashable_wei: 0n,
        attributor: 'none',
        claim_tail_ms: 2_592_000_000,
        risk: { veto_ms: 0, redistribution: false },
      },
    ]);
  });

  it('takes everything that can be set', () => {
    const [config] = parseAvsConfig(
      `
- name: greetings-2
  plugin: echo
  chain_id: "1"
  avs: "${avs}"
  operator_set_id: 4294967295
  mode: task
  windows_ms: { bidding: 500, deliver: 700, commit: 800, grace: 100 }
  reward_per_task_wei: 123456789012345678901
  cap_bps: 10000
  pricing: first
  verification: "off"
  membership: chain
  slashable_wei: "32000000000000000000"
  attributor: chain
  claim_tail_ms: 0
  risk: { slasher: "${avs}", veto_ms: 5, redistribution: true }
  source: { kind: http, token_env: ECHO_TOKEN, callback_url: "http://127.0.0.1:9/answers", signature: bn254 }
`,
      { ECHO_TOKEN: 'secret' },
    );
    expect(config).toMatchObject({
      chain_id: 1n,
      avs_id: avsId(1n, avs, 4_294_967_295),
      reward_per_task_wei: 123_456_789_012_345_678_901n,
      verification: 'off',
      slashable_wei: 32n * 10n ** 18n,
      source: { token_sha256: sha256(Buffer.from('secret')), signature: 'bn254' },
    });
    expect(config!.source).not.toHaveProperty('token_env');
  });

  it('takes a task manager on chain, by default the AVS itself', () => {
    const least_ = least.replace(/source: .*/, 'source: { kind: task-manager, challenge_ms: 600000 }');
    const defaults = { start_block: 0n, confirmations: 2, blocks_per_poll: 1_000, signature: 'secp256k1' };
    expect(parseAvsConfig(least_)[0]!.source).toEqual({
      kind: 'task-manager',
      address: avs,
      challenge_ms: 600_000,
      ...defaults,
    });
    const more = least_.replace('challenge_ms', `address: "0x${'0b'.repeat(20)}", start_block: 9, challenge_ms`);
    expect(parseAvsConfig(more)[0]!.source).toMatchObject({ address: `0x${'0b'.repeat(20)}`, start_block: 9n });
  });

  it('takes an empty list, and JSON', () => {
    expect(parseAvsConfig('[]')).toEqual([]);
    const entry = {
      name: 'a',
      plugin: 'echo',
      chain_id: 1,
      avs,
      reward_per_task_wei: '5',
      source: { kind: 'http', token_sha256: `0x${'AB'.repeat(32)}` },
    };
    expect(parseAvsConfig(JSON.stringify([entry]))[0]!.source).toMatchObject({ token_sha256: `0x${'ab'.repeat(32)}` });
  });

  const lines: [string, string | RegExp, string, string][] = [
    [
      'an unknown plug-in',
      'plugin: kzg-da',
      'plugin: kgz',
      'plugin: there is no plug-in "kgz"; there are: kzg-da, echo',
    ],
    ['a missing plug-in', '  plugin: kzg-da\n', '', 'plugin: there is no plug-in'],
    ['an unknown field', 'plugin: kzg-da', 'plugin: kzg-da\n  rewards: 5', '"rewards"'],
    ['a bad name', 'name: files', 'name: My Files', 'name: use lower-case letters'],
    ['a short address', '000000A5', 'A5', 'avs: expected 0x and 40 hex digits'],
    ['no chain', 'chain_id: 31337', 'chain_id: 0', 'chain_id: expected a positive integer'],
    ['a fraction of a wei', '1000000000000000000', '0.5', 'reward_per_task_wei: expected a whole number of wei'],
    [
      'wei in scientific notation',
      '1000000000000000000',
      '1e18',
      'reward_per_task_wei: expected a whole number of wei',
    ],
    ['negative wei', '1000000000000000000', '-1', 'reward_per_task_wei: expected a whole number of wei'],
    ['wei above uint256', '1000000000000000000', '9'.repeat(78), 'reward_per_task_wei: is above 2^256 - 1'],
    ['a cap above all', 'plugin: kzg-da', 'plugin: kzg-da\n  cap_bps: 10001', 'cap_bps: '],
    ['a window of nothing', 'plugin: kzg-da', 'plugin: kzg-da\n  windows_ms: { commit: 0 }', 'windows_ms.commit: '],
    [
      'grace that eats commit',
      'plugin: kzg-da',
      'plugin: kzg-da\n  windows_ms: { commit: 10, grace: 10 }',
      'windows_ms.grace: the standby must leave',
    ],
    ['no token', ', token: a-token-of-length-16', '', 'source: give exactly one of'],
    ['two tokens', 'token: a-', 'token_env: X, token: a-', 'source: give exactly one of'],
    ['a short token', 'a-token-of-length-16', 'short', 'source.token: give at least 16 characters'],
    [
      'a token of an unset variable',
      'token: a-token-of-length-16',
      'token_env: UNSET',
      'source.token_env: the variable UNSET is not set',
    ],
    ['another kind of source', 'kind: http', 'kind: carrier-pigeon', 'source.kind: '],
    [
      'a task manager without its window',
      'kind: http, token: a-token-of-length-16',
      'kind: task-manager',
      'challenge_ms',
    ],
    [
      'a task manager that signs otherwise',
      'kind: http, token: a-token-of-length-16',
      'kind: task-manager, challenge_ms: 1, signature: bn254',
      'source.signature: ',
    ],
    [
      'blocks that are believed before they are there',
      'kind: http, token: a-token-of-length-16',
      'kind: task-manager, challenge_ms: 1, confirmations: 0',
      'source.confirmations: ',
    ],
    [
      'a callback that is no web address',
      'kind: http',
      'kind: http, callback_url: "file:///etc/passwd"',
      'source.callback_url: ',
    ],
  ];
  it.each(lines)('refuses %s, naming the field', (_, from, to, message) => {
    expect(least).toMatch(from);
    expect(() => parseAvsConfig(least.replace(from, to))).toThrow(message);
    expect(() => parseAvsConfig(least.replace(from, to))).toThrow(/^entry 1/);
  });

  it('refuses twins by name and by (chain_id, avs, operator_set_id)', () => {
    expect(() => parseAvsConfig(least + least.replace('31337', '1'))).toThrow(
      'entry 2 ("files"): name: another entry has it',
    );
    expect(() => parseAvsConfig(least + least.replace('name: files', 'name: other'))).toThrow(
      'entry 2 ("other"): chain_id, avs, operator_set_id: the same as of "files"',
    );
    expect(parseAvsConfig(least + least.replace('name: files', 'name: other\n  operator_set_id: 1'))).toHaveLength(2);
  });

  it('refuses blobs for a plug-in that does not take them', () => {
    const text = least
      .replace('kzg-da', 'echo')
      .replace('kind: http, token: a-token-of-length-16', 'kind: task-manager, challenge_ms: 1');
    expect(() => parseAvsConfig(text)).toThrow('entry 1 ("files"): plugin: the inputs of a task-manager are blobs');
  });

  it('names every problem at once', () => {
    const text = least.replace('kzg-da', 'nope') + least.replace('name: files', 'name: b\n  mode: sometimes');
    expect(() => parseAvsConfig(text)).toThrow(/entry 1 \("files"\): plugin: .*\nentry 2 \("b"\): mode: /);
  });

  it.each([
    ['nothing', '', 'expected a list of AVSs'],
    ['one AVS without a list', 'name: files', 'expected a list of AVSs'],
    ['text that is no YAML', '- name: [', 'not YAML: '],
    ['a field given twice', `${least}  name: again`, 'not YAML: '],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseAvsConfig(text)).toThrow(message);
  });
});
