import { metricsRegistry, stageBuckets } from './metrics.js';

describe('metricsRegistry', () => {
  it('exposes what its builders made, each app its own', async () => {
    const metrics = metricsRegistry({ process: false });
    metrics
      .counter({ name: 'odf_bids_accepted_total', help: 'Bids accepted.', labels: ['avs'] })
      .inc({ avs: 'kzg' }, 2);
    metrics.histogram({ name: 'odf_bids_stage_seconds', help: 'Time by stage.', buckets: stageBuckets }).observe(0.002);
    metrics.gauge({ name: 'odf_queue_count', help: 'Waiting.', collect: (gauge) => gauge.set(7) });
    const text = await metrics.registry.metrics();
    expect(text).toContain('odf_bids_accepted_total{avs="kzg"} 2');
    expect(text).toContain('odf_bids_stage_seconds_bucket{le="0.0025"} 1');
    expect(text).toContain('# HELP odf_queue_count Waiting.\n# TYPE odf_queue_count gauge\nodf_queue_count 7');
    expect(await metricsRegistry({ process: false }).registry.metrics()).not.toContain('odf_');
  });

  it('brings the metrics of the process', async () => {
    expect(await metricsRegistry().registry.metrics()).toContain('process_cpu_seconds_total');
  });

  it.each(['odf_bids', 'bids_total', 'odf_Bids_total', 'odf_bids_seconds'])('refuses a counter named %s', (name) => {
    expect(() => metricsRegistry({ process: false }).counter({ name, help: 'Bids.' })).toThrow(RangeError);
  });

  it.each(['odf_bids_total', 'odf_bids_ms', 'odf_bids'])('refuses a gauge or histogram named %s', (name) => {
    const metrics = metricsRegistry({ process: false });
    expect(() => metrics.gauge({ name, help: 'Bids.' })).toThrow(RangeError);
    expect(() => metrics.histogram({ name, help: 'Bids.', buckets: [1] })).toThrow(RangeError);
  });

  it('refuses a metric without help', () => {
    expect(() => metricsRegistry({ process: false }).counter({ name: 'odf_bids_total', help: ' ' })).toThrow(
      'no help text',
    );
  });
});
