import { ClaimRequest, routes, zeroHex, type Claim, type Hex, type SignedClaimRequest } from '@odf/protocol';
import {
  collateralVaultAbi,
  fraudClaimsAbi,
  mockAllocationManagerAbi,
  odfHubAbi,
  receiptOracleAbi,
  type Deployment,
} from '@odf/settlement';
import { signedBy, testEnrollment, testPolicy, testValidator, waitFor, type TestValidator } from '@odf/testing';
import { maxUint256, parseEventLogs, stringToHex, type Abi } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { DaWorld, OPERATOR_SET, STAKE, type Lie, type Member } from '../../libs/settlement/test/da-world.js';
import { settleDa } from '../../libs/settlement/test/settle-da.js';
import { devAccount, GUARDIAN, VETO } from '../../libs/settlement/src/local-chain/dev-account.js';
import { avsEntry } from '../support/avs.js';
import { queryDatabase } from '../support/database.js';
import { Market, type Bidder } from '../support/market.js';
import { odf } from '../support/odf.js';
import { startRelay, type RelayProcess } from '../support/relay-process.js';

jest.setTimeout(240_000);

const ETHER = 10n ** 18n;
/** A slash takes a quarter of the stake, of which the line covers nine tenths. */
const COVERED = (STAKE * 9n) / 40n;
const COVER_PER_UNIT = 16n * ETHER;
const DAY_S = 86_400;
const policy = testPolicy({
  slashable_wei: STAKE,
  tiers: [
    { collateral: { kind: 1, assets: [], cover_bps: 5_000 }, min_reputation_bps: 0, assurance: 0, discount_bps: 0 },
  ],
});

/** A validator whose operator is in the AVS. */
interface Operated {
  validator: TestValidator;
  member: Member;
}

/** Where a slash stands. */
type Slash = Pick<ClaimRequest, 'slash_tx' | 'log_index'>;

let world: DaWorld;
let deployment: Deployment;
let oracle: Hex;
let relay: RelayProcess;
let market: Market;
let coprocessor: Bidder;
/** Responds what was attested. */
let victim: Operated;
/** Responds something else that is as wrong. */
let other: Operated;
let taskId: Hex;
let attestation_root: Hex;

beforeAll(async () => {
  world = await DaWorld.start();
  ({ deployment, oracle } = await settleDa(world));
  [victim, other] = [await operated(0), await operated(1)];
  await startRelayOnChain();
  await sellLie();
});
afterAll(() => world.stop());

async function operated(number: number): Promise<Operated> {
  const member = await world.member();
  const operator = privateKeyToAccount(member.secret);
  return { member, validator: { ...testValidator(number), operator, account: member.operator } };
}

/** Another validator, whoever its operator is. */
const keysOf = ({ operator: _, account: _account, ...keys }: TestValidator) => keys;

async function startRelayOnChain(): Promise<void> {
  const account = generatePrivateKey();
  await world.node.setBalance({ address: privateKeyToAccount(account).address, value: ETHER });
  const source = {
    ...{ kind: 'task-manager', address: world.manager, start_block: Number(world.startBlock) },
    ...{ confirmations: 1, challenge_ms: 300_000 },
  };
  const entry = avsEntry('da', 0, {
    ...{ avs: world.manager, operator_set_id: OPERATOR_SET, source, attributor: 'chain', oracle_contract: oracle },
    risk: { slasher: world.manager },
    windows_ms: { bidding: 4_000, term: 3_600_000, deliver: 60_000, commit: 120_000 },
  });
  const env = {
    CHAIN_RPC_URL: world.chain.rpcUrl,
    CHAIN_CONFIRMATIONS: '1',
    ODF_SETTLEMENT: deployment.hub,
    CHAIN_ACCOUNT_KEY: account,
  };
  relay = await startRelay({ avs: [entry], env });
  market = await Market.of(relay);
}

/** A coprocessor attests a wrong response, and both validators buy it. */
async function sellLie(): Promise<void> {
  const { avs_id } = market.avs('da');
  const both = [victim.validator, other.validator];
  coprocessor = await market.coprocessor(0, 4n * COVER_PER_UNIT);
  const items = both.map((validator) => testEnrollment(validator, { avs_id, policy }, market.context));
  await market.client.data(routes.enrol, { body: await Promise.all(items) });
  const steps = [{ fee_share_bps: 1_000, units: 2 }];
  await market.bid(coprocessor, 'da', { steps, cover_wei_per_unit: COVER_PER_UNIT });
  const { auction_id } = await market.openAuction('da', 0);
  await market.auctionIn('da', auction_id, ['running']);
  taskId = await world.task();
  const task = await waitFor(() => market.announced(taskId), { timeoutMs: 60_000, what: 'the task to be announced' });
  await market.deliver(coprocessor, 'da', task, attestedLie());
  for (const validator of both) {
    const header = await market.header(validator, taskId);
    ({ attestation_root } = header.message);
    await market.client.data(routes.commit, { body: await market.commitmentTo(validator, header) });
  }
}

const attestedLie = (): Lie => world.lie(0);

/** Responds a lie, is challenged and slashed. */
async function slashed({ member }: Operated, lie: Lie): Promise<Slash> {
  await world.respond(taskId, member, lie.result);
  const opened = world.opening(taskId, member.operator, lie);
  const { logs, transactionHash: slash_tx } = await world.ask('challengeLeaf', opened);
  const [log] = parseEventLogs({ abi: mockAllocationManagerAbi, eventName: 'OperatorSlashed', logs });
  return { slash_tx, log_index: log!.logIndex };
}

const claimBy = ({ validator }: Operated, slash: Slash, members: Partial<ClaimRequest> = {}): SignedClaimRequest => {
  const message = { task_id: taskId, validator: validator.pubkey, attestation_root, amount: maxUint256, ...slash };
  return signedBy(validator.key, ClaimRequest, { ...message, ...members }, market.context);
};
const post = (claim: SignedClaimRequest) => market.client.data(routes.postClaim, { body: claim });
const claimOf = (claim_id: Hex): Promise<Claim> => market.client.data(routes.getClaim, { params: { claim_id } });

/** Waits until the claim is in a state. */
function claimIn(state: Claim['state'], claimId: Hex): Promise<Claim> {
  const find = async () => {
    const claim = await claimOf(claimId);
    // The contract's event may be read before the relay's own look at its transaction.
    const isTold = claim.transactions.every(({ hash, block_number }) => hash !== null && block_number !== null);
    return claim.state === state && isTold ? claim : undefined;
  };
  return waitFor(find, { timeoutMs: 60_000, what: `the claim to be ${state}` });
}

/** How often an event was emitted since the settlement is there. */
async function emitted(abi: Abi, address: Hex, eventName: string): Promise<number> {
  return (await world.client.getContractEvents({ abi, address, eventName, fromBlock: 0n })).length;
}

/** Kills the relay once its database shows a row, and starts it again. */
async function killOnce(sql: string): Promise<void> {
  await waitFor(async () => (await queryDatabase(relay, sql)).length > 0, { timeoutMs: 60_000, everyMs: 5, what: sql });
  await relay.killAndRestart();
}
const sentOf = (kind: string) => `select from claim_transactions where kind = '${kind}'`;

describe('a relay with an account on the chain', () => {
  let slash: Slash;
  let slashOfOther: Slash;
  let claimId: Hex;

  it('lets the victim leave, and another validator enrol with its operator', async () => {
    const { avs_id } = market.avs('da');
    const now = BigInt(Math.floor(Date.now() / 1000));
    const leaving = { avs_id, policy, nonce: 2n, valid_until: now };
    const heir = { ...victim.validator, ...keysOf(testValidator(2)) };
    const items = [
      await testEnrollment(victim.validator, leaving, market.context),
      await testEnrollment(heir, { avs_id, policy }, market.context),
    ];
    const answers = await market.client.data(routes.enrol, { body: items });
    expect(answers).toMatchObject([{ state: 'exited' }, { state: 'live', validator: heir.pubkey }]);
  });

  it('anchors every slash under cover and keeps the coprocessor out, without being asked, killed on the way', async () => {
    slash = await slashed(victim, attestedLie());
    slashOfOther = await slashed(other, world.lie(7));
    await world.node.setIntervalMining({ interval: 1 });
    await killOnce('select from slashes');
    await killOnce(sentOf('anchor'));
    const isDone = async () => {
      const slashes = await queryDatabase<{ anchor: string }>(relay, 'select anchor from slashes');
      return slashes.length === 2 && slashes.every(({ anchor }) => anchor === 'done');
    };
    await waitFor(isDone, { timeoutMs: 60_000, what: 'both slashes to be anchored' });
    expect(await emitted(receiptOracleAbi, oracle, 'BlockAnchored')).toBe(2);
    const params = { pubkey: coprocessor.pubkey };
    expect(await market.client.data(routes.getCoprocessor, { params })).toMatchObject({ standing: 'suspended' });
  });

  describe('refuses, and changes nothing', () => {
    // By their keys: one that runs and says when to run again is there twice for a moment.
    const state = () =>
      queryDatabase(
        relay,
        `select (select count(*) from claims) claims, (select count(*) from claim_transactions) transactions,
           (select count(*) from chain_transactions) sent, (select json_agg(q) from quarantines q) quarantines,
           (select json_agg(s) from slashes s) slashes, (select count(distinct key) from graphile_worker.jobs) jobs`,
      );

    it.each<[string, () => SignedClaimRequest, number, string, RegExp]>([
      [
        'what was not attested',
        () => claimBy(victim, slash, { attestation_root: zeroHex(32) }),
        422,
        'CLAIM_NOT_ATTESTED',
        /./,
      ],
      ['another task', () => claimBy(victim, slash, { task_id: zeroHex(32) }), 422, 'CLAIM_NOT_ATTESTED', /./],
      [
        'a response that is not the attested one',
        () => claimBy(other, slashOfOther),
        422,
        'CLAIM_REFUSED',
        /NotAttested/,
      ],
      ['the slash of another operator', () => claimBy(victim, slashOfOther), 422, 'CLAIM_REFUSED', /Mismatch/],
      [
        'a slash in no block',
        () => claimBy(victim, { ...slash, slash_tx: zeroHex(32) }),
        409,
        'CLAIM_SLASH_UNCONFIRMED',
        /./,
      ],
      ['a log that is no slash', () => claimBy(victim, { ...slash, log_index: 999 }), 422, 'CLAIM_REFUSED', /no slash/],
      ['less than is due', () => claimBy(victim, slash, { amount: 1n }), 422, 'CLAIM_REFUSED', /AsksTooLittle/],
      [
        'a signature of somebody else',
        () => ({ ...claimBy(victim, slash), signature: claimBy(other, slash).signature }),
        400,
        'SIGNATURE_INVALID',
        /./,
      ],
    ])('%s', async (_, claim, status, code, message) => {
      const before = await state();
      const refused = post(claim());
      await expect(refused).rejects.toMatchObject({ status, code, message: expect.stringMatching(message) as string });
      expect(await state()).toEqual(before);
    });

    it('while the hub is paused', async () => {
      await world.call(odfHubAbi, deployment.hub, 'pause', [], devAccount(GUARDIAN));
      await expect(post(claimBy(victim, slash))).rejects.toMatchObject({ code: 'CLAIM_REFUSED' });
      await world.call(odfHubAbi, deployment.hub, 'resume', [], devAccount(GUARDIAN));
    });
  });

  it('takes a claim once and files it once, killed on the way', async () => {
    ({ claim_id: claimId } = await post(claimBy(victim, slash)));
    await relay.killAndRestart();
    expect(await post(claimBy(victim, slash))).toEqual({ claim_id: claimId });
    await killOnce(sentOf('file'));
    const filed = await claimIn('filed', claimId);
    expect(filed).toMatchObject({ operator: victim.member.operator, amount_wei: COVERED, paid_wei: 0n, reason: null });
    expect(filed.transactions.map(({ kind }) => kind)).toEqual(['anchor', 'file']);
    expect(await emitted(fraudClaimsAbi, deployment.claims, 'ClaimFiled')).toBe(1);
    expect(await post(claimBy(victim, slash))).toEqual({ claim_id: claimId });
    const evidence = await market.client.data(routes.getClaimEvidence, { params: { claim_id: claimId } });
    const { slash_tx: transaction, log_index } = slash;
    expect(evidence).toMatchObject({ settlement: deployment.hub, slash: { transaction, log_index } });
  });

  it('files it once more after a veto', async () => {
    const veto = [claimId, stringToHex('the spec vetoes', { size: 32 })];
    await world.call(fraudClaimsAbi, deployment.claims, 'veto', veto, devAccount(VETO));
    const isFiledAgain = async () => (await emitted(fraudClaimsAbi, deployment.claims, 'ClaimFiled')) === 2;
    await waitFor(isFiledAgain, { timeoutMs: 60_000, what: 'the claim to be filed again' });
    const filed = await claimIn('filed', claimId);
    expect(filed.transactions.map(({ kind }) => kind)).toEqual(['anchor', 'file', 'file']);
  });

  it('pays it once when it is ripe by the time of the chain, killed on the way', async () => {
    await world.node.increaseTime({ seconds: 8 * DAY_S });
    await killOnce(sentOf('finalise'));
    const paid = await claimIn('finalised', claimId);
    expect(paid).toMatchObject({ amount_wei: COVERED, paid_wei: COVERED });
    const entitlement = { abi: collateralVaultAbi, address: deployment.vault, functionName: 'entitlementOf' } as const;
    expect(await world.client.readContract({ ...entitlement, args: [victim.member.operator, zeroHex(20)] })).toBe(
      COVERED,
    );
    expect(await emitted(fraudClaimsAbi, deployment.claims, 'ClaimFinalised')).toBe(1);
    await relay.killAndRestart();
    const isCollected = async () => (await emitted(fraudClaimsAbi, deployment.claims, 'Collected')) === 1;
    await waitFor(isCollected, { timeoutMs: 60_000, what: 'the bond to come back' });
    const [claim] = await market.client.data(routes.dataClaims, { query: { limit: 10 } });
    expect(claim).toMatchObject({ claim_id: claimId, state: 'finalised', paid_wei: COVERED });
    const events = await queryDatabase<{ data: string }>(
      relay,
      `select data from events where topic = 'claim' order by id`,
    );
    const states = events.map(({ data }) => (JSON.parse(data) as { state: string }).state);
    expect([states[0], states.at(-1), new Set(states)]).toEqual([
      'queued',
      'finalised',
      new Set(['queued', 'filed', 'vetoed', 'finalised']),
    ]);
  });

  it('is stated to both sides with what the chain holds: the fee void, the claim paid', async () => {
    const chain = ['--chain-rpc-url', world.chain.rpcUrl];
    const state = (...args: string[]) => odf('statement', '--relay', relay.url, ...chain, '--json', ...args);
    const runs = [await state('--operator', victim.member.operator), await state('--owner', coprocessor.owner)];
    for (const { code, stdout } of runs) {
      const { terms, totals, ...statement } = JSON.parse(stdout) as {
        terms: { fees: { validator: Hex; state: string; outcome: string }[]; claims: unknown[] }[];
        totals: Record<string, string>;
      };
      expect([code, statement]).toMatchObject([0, { agrees: true, contradictions: [], chain: { chain_id: '31337' } }]);
      expect(totals).toMatchObject({
        due_wei: '0',
        paid_wei: '0',
        claims_held_wei: '0',
        claims_paid_wei: String(COVERED),
      });
      expect(totals['void_wei']).toBe(totals['committed_wei']);
      const row = { validator: victim.validator.pubkey, state: 'void', outcome: 'slashed' };
      expect(terms[0]!.fees).toEqual(expect.arrayContaining([expect.objectContaining(row)]));
      expect(terms[0]!.claims).toMatchObject([{ claim_id: claimId, state: 'finalised', paid_wei: String(COVERED) }]);
    }
  });

  it('is told apart from what the relay makes up', async () => {
    await queryDatabase(relay, `update fees set state = 'due', fee_wei = fee_wei + 1`);
    const args = ['--relay', relay.url, '--chain-rpc-url', world.chain.rpcUrl, '--owner', coprocessor.owner];
    const { code, stdout } = await odf('statement', ...args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/contradiction: FEE_DIFFERS, fee of 0x.*\n {2}expected +\d+ wei/);
  });
});
