import { parseAvsConfig } from './config/parse-avs-config.js';
import { createPlugin } from './plugin.js';
import { pluginNames, plugins, workloadOf } from './plugins.js';
import { ChainSink } from './task-manager/chain-sink.js';
import { responseDigest } from './response/response-digest.js';

const configOf = (source: string) =>
  parseAvsConfig(`
- name: greetings
  plugin: echo
  chain_id: 7
  avs: "0x${'0a'.repeat(20)}"
  reward_per_task_wei: 1
  source: { kind: http, token: a-token-of-length-16${source} }
`)[0]!;
const taskId = `0x${'07'.repeat(32)}` as const;

describe('plug-ins', () => {
  it('are found by their own id', () => {
    for (const name of pluginNames) {
      expect(workloadOf(name)).toBe(plugins[name]);
      expect(plugins[name].meta.id).toBe(name);
    }
  });

  it('that do not exist are refused with those that do', () => {
    expect(() => workloadOf('toString')).toThrow('there is no plug-in "toString"; there are: kzg-da, echo');
  });
});

describe('createPlugin', () => {
  it.each([
    ['secp256k1', 'secp256k1-eip712'],
    ['bn254', 'bn254-g1'],
    ['none', 'none'],
  ] as const)('joins the workload to responses signed by %s', (signature, scheme) => {
    const config = configOf(`, signature: ${signature}`);
    const plugin = createPlugin(config);
    const { avs_id, chain_id, avs } = config;
    const result = Buffer.from('result');
    expect(plugin.workload).toBe(plugins.echo);
    expect(plugin.responseDigest(taskId, result)).toEqual(
      responseDigest({ avs_id, chain_id, avs, task_id: taskId }, result, scheme),
    );
  });

  it('sends responses only where the AVS gave a callback', () => {
    expect(createPlugin(configOf('')).sink).toBeUndefined();
    expect(createPlugin(configOf(', callback_url: "https://avs.example/answers"')).sink).toBeDefined();
  });

  it('responds on chain only with access to it', () => {
    const { plugin, avs_id, chain_id, avs } = configOf('');
    const config = {
      ...{ plugin, avs_id, chain_id, avs },
      source: { kind: 'task-manager', signature: 'secp256k1', address: avs },
    } as const;
    expect(createPlugin(config).sink).toBeUndefined();
    const chain = { client: { readContract: jest.fn() }, transactions: jest.fn() };
    expect(createPlugin(config, chain).sink).toBeInstanceOf(ChainSink);
  });
});
