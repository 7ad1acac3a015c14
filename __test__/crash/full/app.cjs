const { Counter, register } = require('mpmetrics');
new Counter({ name: 'c', help: 'c' }).inc();
register.metrics().then((text) => console.log(JSON.stringify(text)));
