/** Whether an error is the native library's refusal of a point or signature, and not a failure of ours. */
export function isBlstRefusal(error: unknown): boolean {
  // Not `instanceof Error`: native errors may belong to another realm than this module.
  return String((error as { code?: unknown } | null)?.code).startsWith('BLST_');
}

/** Runs a native check; a refused point makes it false, any other error is thrown on. */
export function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch (error) {
    if (isBlstRefusal(error)) return false;
    throw error;
  }
}
