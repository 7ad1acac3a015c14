const { Counter, register } = require('mpmetrics');
const counter = new Counter({ name: 'c', help: 'c', labelNames: ['n'] });
for (let n = 0; n < 50; n++) counter.inc({ n });
register.metrics().then((text) => {
  console.log(text.match(/^c\{n="\d+"\} 1$/gm)?.length);
  if (process.argv[2] === 'crash') process.kill(process.pid, 'SIGKILL');
});
