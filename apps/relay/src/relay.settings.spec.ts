import { relayEnvironment } from './relay.config.js';
import { relayHelp, relaySettings } from './relay.settings.js';

describe('the settings of the relay', () => {
  const settings = relaySettings();

  it('are all described', () => {
    expect(settings.map(({ variable }) => variable)).toEqual(Object.keys(relayEnvironment.shape));
    expect(settings.filter(({ description }) => description.length < 10)).toEqual([]);
  });

  it('have the defaults that an empty environment gets', () => {
    const given = Object.fromEntries(settings.map(({ variable, default: preset }) => [variable, preset ?? undefined]));
    expect(relayEnvironment.parse(given)).toEqual(relayEnvironment.parse({}));
  });

  it('name what is secret', () => {
    expect(settings.filter(({ secret }) => secret).map(({ variable }) => variable)).toEqual([
      'DATABASE_URL',
      'CHAIN_RPC_URL',
      'CHAIN_ACCOUNT_KEY',
      'RELAY_SECRET_KEY',
      'ODF_ESCROW_KEY',
      'ODF_ADMIN_TOKENS',
    ]);
  });

  it('stand in --help', () => {
    for (const { variable } of settings) expect(relayHelp()).toContain(`  ${variable}`);
  });
});
