/**
 * A Node.js program and a Rust program that count into the same segment:
 *
 *     MPMETRICS_SEGMENT=/dev/shm/shop.heap node examples/shared-with-rust.mjs 1000000
 *     MPMETRICS_SEGMENT=/dev/shm/shop.heap cargo run --release --example count -- 1000000
 *
 * Run both in any order, or at once. Each prints what both have counted so far. The Rust program is
 * crates/mpmetrics-core/examples/count.rs.
 */
import { Counter, Histogram, register } from 'mpmetrics';

if (process.env.MPMETRICS_SEGMENT === undefined) {
  throw new Error('MPMETRICS_SEGMENT must be the absolute path of a segment');
}
const rounds = Number(process.argv[2] ?? 1_000_000);

// Both programs declare the same names, help texts, labels and buckets, so these are the same families.
const jobs = new Counter({ name: 'jobs_total', help: 'Jobs that were done', labelNames: ['by'] });
const seconds = new Histogram({
  name: 'job_seconds',
  help: 'How long jobs took',
  labelNames: ['by'],
});

const end = seconds.startTimer({ by: 'node' });
for (let i = 0; i < rounds; i++) jobs.inc({ by: 'node' });
end();

process.stdout.write(await register.metrics());
