import { BaseError } from 'viem';

/** What went wrong, without the URL that viem prints with it, which may hold a key. */
export function reasonOf(error: unknown): string {
  if (error instanceof BaseError) return `${error.name}: ${error.details || error.shortMessage}`.split('\n')[0]!;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
