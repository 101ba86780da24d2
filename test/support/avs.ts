/** The bearer token of every AVS that tests configure. */
export const AVS_TOKEN = 'token-of-the-tested-avs';
/** What every such AVS pays for a task, wei. */
export const REWARD_WEI = 1_000_000n;

/** An entry of ODF_AVS_CONFIG: `kzg-da`, its payloads believed unchecked; `number` makes it another AVS. */
export function avsEntry(name: string, number: number, members: object = {}) {
  return {
    name,
    plugin: 'kzg-da',
    chain_id: 31337,
    avs: `0x${number.toString(16).padStart(40, '0')}`,
    reward_per_task_wei: String(REWARD_WEI),
    cap_bps: 10_000,
    // Loading the trusted setup takes a thread five seconds: only specs about real payloads ask for the check.
    verification: 'off',
    source: { kind: 'http', token: AVS_TOKEN },
    ...members,
  };
}
