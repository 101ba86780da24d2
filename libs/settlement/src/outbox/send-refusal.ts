import { BaseError } from 'viem';

/**
 * What a node makes of a signed transaction: it has it, now or already (`taken`), it offers too little for a gas
 * (`underpriced`), its nonce is spent, the account cannot pay for it, or the node may have it or not (`unknown`).
 */
export const sendAnswers = ['taken', 'underpriced', 'spent', 'unfunded', 'unknown'] as const;
export type SendAnswer = (typeof sendAnswers)[number];

/** By what nodes say: geth, nethermind, reth and anvil each have their own words. */
const WORDS: readonly [RegExp, SendAnswer][] = [
  [/already (known|imported)|known transaction|alreadyknown/i, 'taken'],
  [/nonce (is )?too low|oldnonce|invalid nonce; got/i, 'spent'],
  [/underpriced|less than (the )?block base fee|max fee per gas less|feetoolow|fee too low/i, 'underpriced'],
  [/insufficient funds|insufficientfunds|gas required exceeds allowance/i, 'unfunded'],
];

/** Reads why a node did not take a transaction; viem's own classes mistake "already imported" for a low nonce. */
export function sendAnswerOf(error: unknown): SendAnswer {
  const said = nodeWords(error);
  return WORDS.find(([words]) => words.test(said))?.[1] ?? 'unknown';
}

/** The node's own words of an error, without the request that viem prints with it. */
export function nodeWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const details: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    details.push(at instanceof BaseError ? at.details : at.message);
  }
  return details.find((text) => text) ?? error.name;
}
