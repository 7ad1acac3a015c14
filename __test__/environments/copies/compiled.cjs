const importDefault = (mod) => (mod && mod.__esModule ? mod : { default: mod });
const { default: client, Counter } = importDefault(require('mpmetrics'));
exports.client = client;
exports.Counter = Counter;
