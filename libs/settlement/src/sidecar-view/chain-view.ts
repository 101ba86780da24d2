import type { Hex } from '@odf/protocol';
import { SettlementView, type SettlementViewOptions } from './settlement-view.js';
import { SlashReader, type SlashPage } from './slash-reader.js';

/** Where a validator reads. */
export interface ChainViewOptions extends SettlementViewOptions {
  /** EigenLayer's contract that tells of slashes. */
  allocationManager: Hex;
}

/** What a validator reads of settlement and slashes without any relay, as of the newest confirmed block. */
export class ChainView extends SettlementView {
  readonly #slashes: SlashReader;

  constructor(options: ChainViewOptions) {
    super(options);
    this.#slashes = new SlashReader(options);
  }

  /** Slashes of these operators for tasks, after the cursor. */
  slashesOf(operators: readonly Hex[], cursor: string | undefined): Promise<SlashPage> {
    return this.#slashes.read(operators, cursor);
  }
}
