import { waitFor } from './wait-for.js';

describe('waitFor', () => {
  it('gives what the condition finds, looking again while it finds nothing or throws', async () => {
    let looks = 0;
    const found = await waitFor(
      () => {
        looks += 1;
        if (looks === 1) throw new Error('not there');
        return looks < 4 ? undefined : `after ${looks}`;
      },
      { everyMs: 1 },
    );
    expect(found).toBe('after 4');
  });

  it('gives up with the last error as cause', async () => {
    const failure = new Error('still not there');
    const waiting = waitFor(() => Promise.reject(failure), { timeoutMs: 5, everyMs: 1, what: 'the relay' });
    await expect(waiting).rejects.toMatchObject({ message: 'waited 5 ms in vain for the relay', cause: failure });
  });
});
