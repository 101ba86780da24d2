import { sha256, type Hex } from '@odf/protocol';

/** Repeatable chance: the same label gives the same draws on every machine (sfc32, seeded by SHA-256 of the label). */
export class Random {
  readonly #state = new Uint32Array(4);

  constructor(readonly label: string) {
    const digest = Buffer.from(sha256(Buffer.from(label)).slice(2), 'hex');
    for (let at = 0; at < 4; at++) this.#state[at] = digest.readUInt32LE(4 * at);
  }

  /** A stream of its own, whatever was drawn here before. */
  fork(label: string): Random {
    return new Random(`${this.label}/${label}`);
  }

  /** Evenly from [0, 1). */
  unit(): number {
    const state = this.#state;
    const drawn = (state[0]! + state[1]! + state[3]!) >>> 0;
    state[3]!++;
    state[0] = state[1]! ^ (state[1]! >>> 9);
    state[1] = state[2]! + (state[2]! << 3);
    state[2] = ((state[2]! << 21) | (state[2]! >>> 11)) + drawn;
    return drawn / 2 ** 32;
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  /** A standard normal number (Box–Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit());
  }

  /** Bytes of a name: the same for the same label and name. */
  bytes(length: number, name: string): Hex {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, at) =>
      sha256(Buffer.from(`${this.label}/${name}/${at}`)).slice(2),
    );
    return `0x${blocks.join('').slice(0, 2 * length)}`;
  }
}
