const { Counter, register } = require('mpmetrics');
exports.counter = new Counter({ name: 'c_total', help: 'c' });
exports.register = register;
