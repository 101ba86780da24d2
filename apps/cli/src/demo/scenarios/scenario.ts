import type { Casting } from '../casting.js';
import type { Running, Stage } from '../stage.js';
import type { TaskSource } from '../avs-side.js';
import type { Story } from './story.js';

/** A scenario on the stage. */
export interface Scene {
  stage: Stage;
  running: Running;
  story: Story;
  /** Blobs to make tasks of. */
  sources: readonly TaskSource[];
  signal: AbortSignal;
}

/** A play that ends with checks of what must hold. */
export interface Scenario {
  /** One line for `--help`. */
  summary: string;
  /** How many tasks it needs. */
  tasks: number;
  cast(published: string): Casting;
  play(scene: Scene): Promise<void>;
}
