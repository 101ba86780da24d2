/** Writes JSON that keeps bigints, as `{"$int": "…"}`; the form of the store. */
export function writeJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' ? { $int: member.toString() } : member,
  );
}

/** Reads what {@link writeJson} wrote. */
export function readJson<T>(text: string): T {
  return JSON.parse(text, (_, member: unknown) =>
    typeof member === 'object' && member !== null && '$int' in member ? BigInt(String(member.$int)) : member,
  ) as T;
}
