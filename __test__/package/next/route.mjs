import { Counter, register } from 'mpmetrics';
const hits = new Counter({ name: 'hits_total', help: 'h', ifExists: 'reuse' });
export const dynamic = 'force-dynamic';
export async function GET() {
  hits.inc();
  return new Response(await register.metrics());
}
