import type { Hex } from '@odf/protocol';

/** What a task is made from. */
export interface TaskSource {
  /** As the demo names it, e.g. `task 1/8`. */
  name: string;
  label: string;
  input: Uint8Array;
}

/** The AVS's side of its tasks: where they are posted, and what became of the responses. */
export interface AvsSide {
  /** Makes a task; it is kept before anybody can be told of it, or at once after where only the chain names it. */
  post(source: TaskSource): Promise<Hex>;
  /** Whether an operator's response to a task was accepted and is right. */
  isAccepted(taskId: Hex, operator: Hex): boolean;
  /** Why an operator's last response to a task was refused. */
  refusal(taskId: Hex, operator: Hex): string | undefined;
  /** Responses accepted in all runs. */
  readonly acceptedCount: number;
}
