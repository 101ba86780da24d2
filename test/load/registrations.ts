import { availableParallelism } from 'node:os';
import {
  builderDomain,
  concatBytes,
  routes,
  SignedValidatorRegistrationV1,
  signingRootOf,
  ValidatorRegistrationV1,
  type Hex,
} from '@odf/protocol';
import { testValidator, type TestValidator } from '@odf/testing';
import { oneByOneRate, type Claim } from './support/blst.js';
import { costBetween, costNow } from './support/cost.js';
import { Poster, saturate, type Shot } from './support/drive.js';
import { peakMemoryMb } from './support/processes.js';
import { BenchRelay } from './support/relay.js';
import { line, progress, reach } from './support/report.js';

const COUNT = 10_000;
const RAW_SECONDS = 3;
const RAW_SAMPLE = 1_024;
const WARM_UP = 256;

function registration({ key, pubkey }: TestValidator, domain: Hex): SignedValidatorRegistrationV1 {
  const timestamp = BigInt(Math.floor(Date.now() / 1000) - 60);
  const message: ValidatorRegistrationV1 = {
    fee_recipient: '0x00000000000000000000000000000000000000fe',
    gas_limit: 36_000_000n,
    timestamp,
    pubkey,
  };
  return { message, signature: key.sign(signingRootOf(ValidatorRegistrationV1.root(message), domain)) };
}

function shotOf(items: readonly SignedValidatorRegistrationV1[]): Shot {
  const body = concatBytes(...items.map((item) => SignedValidatorRegistrationV1.serialize(item)));
  return { body: Buffer.from(body), type: 'application/octet-stream', items: items.length };
}

async function bench(relay: BenchRelay): Promise<void> {
  const domain = builderDomain(relay.info.genesis_fork_version);
  progress(`signing ${COUNT + WARM_UP} registrations`);
  const all = Array.from({ length: COUNT + WARM_UP }, (_, index) => registration(testValidator(index), domain));
  const measured = all.slice(WARM_UP);
  const claims = measured.slice(0, RAW_SAMPLE).map(({ message, signature }): Claim => {
    const signingRoot = signingRootOf(ValidatorRegistrationV1.root(message), domain);
    return { pubkey: message.pubkey, signingRoot, signature };
  });
  const poster = new Poster(relay.client.url.origin, routes.registerValidators.path);
  const send = async (items: readonly SignedValidatorRegistrationV1[]) => {
    const outcome = await saturate(poster, [shotOf(items)], 1, 60);
    if (outcome.refused > 0) throw new Error(`the registrations were refused: ${outcome.reason}`);
    return outcome;
  };
  await send(all.slice(0, WARM_UP));
  const rawBefore = oneByOneRate(claims, RAW_SECONDS);
  const before = costNow(relay);
  progress('registering');
  const fresh = await send(measured);
  const cost = costBetween(before, costNow(relay));
  const rawAfter = oneByOneRate(claims, RAW_SECONDS);
  const again = await send(measured);
  poster.close();
  const raw = (rawBefore.perSecond + rawAfter.perSecond) / 2;
  const rawCpuMs = (rawBefore.cpuMs + rawAfter.cpuMs) / 2;
  const cpu = (name: keyof typeof cost) => `${name} ${((1000 * cost[name]) / COUNT).toFixed(2)}`;
  line('cores, fsync', `${availableParallelism()}, ${await relay.ask('show fsync')}`);
  line(
    `POST ${COUNT} new registrations, SSZ, one request`,
    `${fresh.seconds.toFixed(2)} s, ${fresh.rate.toFixed(0)} a second`,
  );
  line(
    'one-by-one blst around it, nothing else done',
    `${raw.toFixed(0)} a second, ${rawCpuMs.toFixed(2)} ms CPU each`,
  );
  line('registered / one by one', reach(fresh.rate >= 1.5 * raw, `${(fresh.rate / raw).toFixed(2)}, reach ≥ 1.5`));
  line('CPU ms a registration', `${cpu('relay')}, ${cpu('postgres')}, ${cpu('driver')}`);
  line('the same again, unchanged', `${again.seconds.toFixed(2)} s, ${again.rate.toFixed(0)} a second`);
  line('peak memory of the relay', `${peakMemoryMb(relay.pid)} MB`);
  const stored = Number(await relay.ask('select count(*) from registrations'));
  line('stored', String(stored));
  if (stored !== all.length) throw new Error(`${all.length} registrations were acknowledged, ${stored} are stored`);
}

/** Ten thousand validator registrations in one request, beside checking their signatures one by one on the same cores. */
export async function run(_args: string[]): Promise<void> {
  const relay = await BenchRelay.start([]);
  try {
    await bench(relay);
  } finally {
    await relay.stop();
  }
}
