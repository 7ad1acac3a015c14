/** Configuration of Jest, without transforms. */
module.exports = {
  transform: {},
  testMatch: ['**/*.test.cjs'],
  moduleFileExtensions: ['cjs', 'js', 'json'],
  maxWorkers: 2,
};
