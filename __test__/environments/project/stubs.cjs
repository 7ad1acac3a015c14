/** `node stubs.cjs <client>` prints what sinon's stubs and spies see. */
'use strict';
const sinon = require('sinon');
const client = require(process.argv[2]);

const seen = {};
sinon.stub(client, 'collectDefaultMetrics').returns('stubbed');
seen.function = client.collectDefaultMetrics();
const made = sinon.stub(client, 'Counter');
new client.Counter({ name: 'c', help: 'h' });
seen.class = made.callCount;
sinon.stub(client, 'register').value('fake');
seen.value = client.register;
const spy = sinon.spy(client, 'linearBuckets');
seen.spied = client.linearBuckets(0, 1, 3);
seen.calls = spy.callCount;
sinon.replace(client, 'Gauge', class {});
seen.replaced = Object.keys(new client.Gauge({ name: 'g', help: 'h' }));
sinon.restore();
seen.restored = new client.Counter({ name: 'c', help: 'h' }) instanceof client.Counter;

const fake = sinon.createStubInstance(client.Histogram);
fake.observe?.(1);
fake.labels('x');
seen.instance = fake.labels.callCount;

const counter = new client.Counter({ name: 'stubbed', help: 'h', labelNames: ['a'] });
const inc = sinon.stub(counter, 'inc');
counter.labels('x').inc(2);
seen.child = inc.args;
console.log(JSON.stringify(seen));
