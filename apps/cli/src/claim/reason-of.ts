import { BaseError } from 'viem';

/** What went wrong, without the URL and the calldata that viem prints with it: a URL may hold a key. */
export function reasonOf(error: unknown): string {
  if (error instanceof BaseError) return [error.shortMessage, error.details].filter(Boolean).join(' ').split('\n')[0]!;
  return error instanceof Error ? error.message : String(error);
}
