type Handler = (message: string) => void;

/** Publishes to subscribers of this process, each message after the publisher's own turn and in order. */
export class Topics {
  // A subscription is an object of its own, so that one handler may subscribe twice.
  readonly #subscriptions = new Map<string, Set<{ handler: Handler }>>();

  constructor(private readonly onHandlerError: (topic: string, error: unknown) => void) {}

  publish(topic: string, message: string): void {
    for (const subscription of this.#subscriptions.get(topic) ?? []) {
      queueMicrotask(() => {
        if (!this.#subscriptions.get(topic)?.has(subscription)) return;
        try {
          subscription.handler(message);
        } catch (error) {
          this.onHandlerError(topic, error);
        }
      });
    }
  }

  subscribe(topic: string, handler: Handler): () => void {
    const subscription = { handler };
    const subscriptions = this.#subscriptions.get(topic) ?? new Set();
    this.#subscriptions.set(topic, subscriptions.add(subscription));
    return () => {
      subscriptions.delete(subscription);
      if (subscriptions.size === 0 && this.#subscriptions.get(topic) === subscriptions)
        this.#subscriptions.delete(topic);
    };
  }

  clear(): void {
    this.#subscriptions.clear();
  }
}
